//! Value at risk and expected shortfall of one series of returns.
//!
//! | method | quantile of the loss | expected shortfall |
//! | --- | --- | --- |
//! | [`historical`] | linear between order statistics (type 7) | Rockafellar and Uryasev's |
//! | [`normal`] | −(μ + z s) | −μ + s φ(z)/q |
//! | [`student`] | −(μ + s √((ν−2)/ν) t) | the integral of the same |
//! | [`cornish_fisher`] | z corrected for skewness and kurtosis | the integral of the same |
//! | [`filtered_historical`] | historical, of returns scaled to today's volatility | the same |
//!
//! q is one less the level, z = Φ⁻¹(q), s the standard deviation with n − 1.
//!
//! # Which peers this follows
//! empyrical's and numpy's quantile is ours. For the shortfall of a sample, programs differ:
//! quantstats averages what is at or below the quantile, empyrical a whole number of values.
//! Rockafellar and Uryasev (2002) weigh the last one by the part of it that belongs to the tail;
//! only that is coherent, and it is what portfolio optimisers minimise.
//!
//! ```
//! use quant::risk::value_at_risk;
//!
//! let returns = [-0.05, -0.03, -0.01, 0.0, 0.01, 0.01, 0.02, 0.02, 0.03, 0.04];
//! let risk = value_at_risk::historical(&returns, 0.9)?;
//! assert!((risk.value_at_risk - 0.032).abs() < 1e-15);
//! assert!((risk.expected_shortfall - 0.05).abs() < 1e-15);
//! # Ok::<(), quant::Error>(())
//! ```

use crate::distribution::{normal as standard_normal, student as standard_student};
use crate::error::{all_finite, at_least, same_length};
use crate::moments::{Moments, check_values, quantile_of, sorted, sum_of};
use crate::{Error, Result};

/// What is lost at a level: both are losses, positive when money is lost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TailRisk {
    /// The loss that is not exceeded with the probability of the level.
    pub value_at_risk: f64,
    /// The mean loss of the cases beyond.
    pub expected_shortfall: f64,
}

/// Returns with the volatilities that they are measured by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Filtered<'a> {
    /// The returns.
    pub returns: &'a [f64],
    /// The volatility of each return's period, as it was known before.
    pub volatilities: &'a [f64],
    /// The volatility of the period to come.
    pub next_volatility: f64,
}

/// From the sample itself.
///
/// # Errors
/// [`Error::TooShort`] if there is no return, [`Error::NotFinite`], [`Error::OutOfBounds`] unless
/// 0 < level < 1.
///
/// ```
/// use quant::risk::value_at_risk;
///
/// let returns = [-0.05, -0.03, -0.01, 0.0, 0.01, 0.01, 0.02, 0.02, 0.03, 0.04];
/// let risk = value_at_risk::historical(&returns, 0.9)?;
/// assert!((risk.value_at_risk - 0.032).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn historical(returns: &[f64], level: f64) -> Result<TailRisk> {
    check_level(level)?;
    at_least("returns", returns.len(), 1)?;
    check_values("returns", returns)?;
    Ok(historical_risk(returns, level))
}

/// From the normal distribution with the sample's mean and standard deviation.
///
/// # Errors
/// As [`historical`], with at least two returns.
///
/// ```
/// use quant::risk::value_at_risk;
///
/// let returns = [-0.05, -0.03, -0.01, 0.0, 0.01, 0.01, 0.02, 0.02, 0.03, 0.04];
/// let risk = value_at_risk::normal(&returns, 0.9)?;
/// assert!(risk.expected_shortfall > risk.value_at_risk);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn normal(returns: &[f64], level: f64) -> Result<TailRisk> {
    let moments = moments_of(returns, level, 2)?;
    normal_of(moments.mean, moments.standard_deviation()?, level)
}

/// From Student's distribution with `freedom` degrees, scaled to the sample's standard deviation.
///
/// # Errors
/// As [`normal`]; [`Error::OutOfBounds`] unless freedom is above 2.
///
/// ```
/// use quant::risk::value_at_risk;
///
/// let returns = [-0.05, -0.03, -0.01, 0.0, 0.01, 0.01, 0.02, 0.02, 0.03, 0.04];
/// let risk = value_at_risk::student(&returns, 0.99, 5.0)?;
/// assert!(risk.expected_shortfall > risk.value_at_risk);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn student(returns: &[f64], level: f64, freedom: f64) -> Result<TailRisk> {
    let moments = moments_of(returns, level, 2)?;
    if !(freedom > 2.0 && freedom <= crate::distribution::SHAPE_MAX) {
        return Err(Error::out_of_bounds("freedom", freedom, "a number above 2, at most 1e8"));
    }
    let tail = 1.0 - level;
    let scale = moments.standard_deviation()? * ((freedom - 2.0) / freedom).sqrt();
    let quantile = standard_student::quantile(tail, freedom)?;
    let density = standard_student::density(quantile, freedom)?;
    // ∫ x f(x) dx up to the quantile is −f(quantile) (ν + quantile²) / (ν − 1).
    let mean_beyond = density * (freedom + quantile * quantile) / ((freedom - 1.0) * tail);
    Ok(TailRisk {
        value_at_risk: -(moments.mean + scale * quantile),
        expected_shortfall: -moments.mean + scale * mean_beyond,
    })
}

/// From Cornish and Fisher's expansion (1938) with the sample's biased skewness γ and excess
/// kurtosis κ: z + (z² − 1) γ/6 + (z³ − 3z) κ/24 − (2z³ − 5z) γ²/36. The shortfall is the integral
/// of the same expansion over the tail (Maillard 2012).
///
/// # Errors
/// As [`normal`]; [`Error::Undefined`] if the returns are constant, or so skewed that the expansion
/// does not fall towards the tail and so is no quantile.
///
/// ```
/// use quant::risk::value_at_risk;
///
/// // Half of the days 0.5 % up or down, a tenth 3 %, the others 1 %.
/// let size = |day: usize| [0.03, 0.01, 0.01, 0.01, 0.01, 0.005][(day / 4).min(5)];
/// let sign = |day: usize| if day % 2 == 0 { 1.0 } else { -1.0 };
/// let returns: Vec<f64> = (0..40).map(|day| sign(day) * size(day)).collect();
/// let risk = value_at_risk::cornish_fisher(&returns, 0.95)?;
/// assert!(risk.value_at_risk > 0.0);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn cornish_fisher(returns: &[f64], level: f64) -> Result<TailRisk> {
    let moments = moments_of(returns, level, 2)?;
    let (skewness, kurtosis) = (moments.skewness()?, moments.excess_kurtosis()?);
    let deviation = moments.standard_deviation()?;
    let tail = 1.0 - level;
    let z = standard_normal::quantile(tail)?;
    // The expansion as a polynomial in z.
    let square = skewness * skewness / 36.0;
    let cubic = kurtosis / 24.0 - 2.0 * square;
    let linear = 1.0 - kurtosis / 8.0 + 5.0 * square;
    let quadratic = skewness / 6.0;
    if !falls_below(z, [3.0 * cubic, 2.0 * quadratic, linear]) {
        let why = "skewness and kurtosis are too large for the expansion";
        return Err(Error::Undefined { figure: "Cornish-Fisher value at risk", why });
    }
    // The means of Z, Z² − 1 and Z³ of a normal Z below z.
    let hazard = standard_normal::density(z) / tail;
    let means = (-hazard, -z * hazard, -(z * z + 2.0) * hazard);
    let at = linear * z + quadratic * (z * z - 1.0) + cubic * z * z * z;
    let beyond = linear * means.0 + quadratic * means.1 + cubic * means.2;
    Ok(TailRisk {
        value_at_risk: -(moments.mean + deviation * at),
        expected_shortfall: -(moments.mean + deviation * beyond),
    })
}

/// Historical simulation of returns that are scaled from the volatility of their day to that of the
/// next: rₜ σₙₑₓₜ / σₜ (Hull and White 1998). Volatilities come from
/// [`volatility`](super::volatility) or [`garch`](super::garch).
///
/// # Errors
/// As [`historical`]; [`Error::LengthsDiffer`], [`Error::OutOfBounds`] if a volatility is not above
/// 0.
///
/// ```
/// use quant::risk::value_at_risk::{Filtered, filtered_historical, historical};
///
/// let returns = [-0.05, -0.03, -0.01, 0.0, 0.01, 0.01, 0.02, 0.02, 0.03, 0.04];
/// // Twice as wild as the past was: twice the loss.
/// let history =
///     Filtered { returns: &returns, volatilities: &[0.01; 10], next_volatility: 0.02 };
/// let risk = filtered_historical(&history, 0.9)?;
/// let past = historical(&returns, 0.9)?;
/// assert!((risk.value_at_risk - 2.0 * past.value_at_risk).abs() < 1e-14);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn filtered_historical(history: &Filtered<'_>, level: f64) -> Result<TailRisk> {
    let Filtered { returns, volatilities, next_volatility } = *history;
    check_level(level)?;
    at_least("returns", returns.len(), 1)?;
    same_length("volatilities", volatilities.len(), returns.len())?;
    check_values("returns", returns)?;
    all_finite("volatilities", volatilities)?;
    let lowest = volatilities.iter().copied().fold(f64::INFINITY, f64::min);
    if lowest <= 0.0 {
        return Err(Error::out_of_bounds("volatilities", lowest, "a number above 0"));
    }
    if !(next_volatility > 0.0 && next_volatility.is_finite()) {
        return Err(Error::out_of_bounds("next_volatility", next_volatility, "a number above 0"));
    }
    let pairs = returns.iter().zip(volatilities);
    let scaled: Vec<f64> = pairs.map(|(value, now)| value / now * next_volatility).collect();
    check_values("returns", &scaled)?;
    Ok(historical_risk(&scaled, level))
}

pub(crate) fn check_level(level: f64) -> Result<()> {
    if level > 0.0 && level < 1.0 {
        return Ok(());
    }
    Err(Error::out_of_bounds("level", level, "a number above 0 and below 1"))
}

fn moments_of(returns: &[f64], level: f64, needed: usize) -> Result<Moments> {
    check_level(level)?;
    at_least("returns", returns.len(), needed)?;
    check_values("returns", returns)?;
    Ok(Moments::of_finite(returns))
}

pub(crate) fn historical_risk(returns: &[f64], level: f64) -> TailRisk {
    let sorted = sorted(returns);
    TailRisk {
        value_at_risk: historical_of(&sorted, level),
        expected_shortfall: expected_shortfall_of(&sorted, level),
    }
}

/// The value at risk of a sorted sample.
pub(crate) fn historical_of(sorted: &[f64], level: f64) -> f64 {
    // From zero, so that no loss is 0 and not −0.
    0.0 - quantile_of(sorted, 1.0 - level)
}

/// Rockafellar and Uryasev's expected shortfall of a sorted sample.
pub(crate) fn expected_shortfall_of(sorted: &[f64], level: f64) -> f64 {
    let (whole, part) = tail_of(sorted.len(), level);
    let beyond = sum_of(sorted.iter().take(whole).copied());
    let last = sorted.get(whole).copied().unwrap_or_default();
    0.0 - (beyond + part * last) / (whole as f64 + part)
}

/// How many of `count` sorted values lie in the tail: whole ones, and the part of the next.
pub(crate) fn tail_of(count: usize, level: f64) -> (usize, f64) {
    let size = (1.0 - level) * count as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below count")]
    let whole = (size.floor() as usize).min(count.saturating_sub(1));
    (whole, size - whole as f64)
}

pub(crate) fn normal_of(mean: f64, deviation: f64, level: f64) -> Result<TailRisk> {
    let tail = 1.0 - level;
    let z = standard_normal::quantile(tail)?;
    Ok(TailRisk {
        value_at_risk: 0.0 - (mean + z * deviation),
        expected_shortfall: 0.0 - mean + deviation * standard_normal::density(z) / tail,
    })
}

/// Whether a x² + b x + c is above zero for every x up to `end`.
fn falls_below(end: f64, [a, b, c]: [f64; 3]) -> bool {
    let at = |x: f64| (a * x + b) * x + c;
    if at(end) <= 0.0 || a < 0.0 || (a == 0.0 && b > 0.0) {
        return false;
    }
    let vertex = -b / (2.0 * a);
    !(a > 0.0 && vertex < end && at(vertex) <= 0.0)
}
