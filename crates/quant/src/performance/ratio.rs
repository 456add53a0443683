//! Return for risk: Sharpe, Sortino, Calmar, Omega and their kin.
//!
//! | figure | formula | source |
//! | --- | --- | --- |
//! | [`volatility`] | s √m | |
//! | [`downside_deviation`] | √(mean min(r − q, 0)²) √m | Sortino and van der Meer 1991 |
//! | [`sharpe`] | mean(r − f) / s √m | Sharpe 1994 |
//! | [`sortino`] | mean(r − q) / downside √m | Sortino and Price 1994 |
//! | [`omega`] | Σ max(r − q, 0) / Σ max(q − r, 0) | Keating and Shadwick 2002 |
//! | [`calmar`] | annual growth / deepest drawdown | Young 1991, over the whole series |
//! | [`ulcer_performance`] | (annual growth − risk-free) / Ulcer index | Martin 1987 |
//! | [`probabilistic_sharpe`] | Φ(Sharpe ratio / error) | Bailey, López de Prado 2012 |
//! | [`stability`] | R² of ln(wealth) on time | empyrical |
//! | [`tail`] | 95th / 5th percentile, without sign | empyrical |
//!
//! m is the number of periods a year, f the risk-free and q the required return a period, s the
//! standard deviation with n − 1.
//!
//! ```
//! use quant::performance::{Basis, Frequency, ratio};
//!
//! let returns = [0.02, -0.01, 0.03, 0.00, -0.02, 0.04];
//! let basis = Basis::new(Frequency::MONTHLY);
//! assert!((ratio::sharpe(&returns, &basis)? - 1.464).abs() < 1e-3);
//! assert!((ratio::omega(&returns, &basis)? - 3.0).abs() < 1e-14);
//! # Ok::<(), quant::Error>(())
//! ```

use super::drawdown::{maximum_of, series, ulcer_of};
use super::returns::{annual_of, check, wealth_of};
use super::{Basis, Frequency};
use crate::distribution::normal;
use crate::error::{all_finite, at_least};
use crate::moments::{Moments, Sum, check_values, correlation, quantile_of, sorted, sum_of};
use crate::{Error, Result};

/// The standard deviation a year, s √m.
///
/// # Errors
/// [`Error::TooShort`] with fewer than two returns, [`Error::NotFinite`].
///
/// ```
/// use quant::performance::{Frequency, ratio};
///
/// let returns = [0.02, -0.01, 0.03, 0.00, -0.02, 0.01];
/// let found = ratio::volatility(&returns, Frequency::YEARLY)?;
/// assert!((found - 0.000350_f64.sqrt()).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn volatility(returns: &[f64], frequency: Frequency) -> Result<f64> {
    let moments = moments_of(returns)?;
    Ok(moments.standard_deviation()? * frequency.periods_per_year().sqrt())
}

/// The downside deviation a year, √(mean min(r − q, 0)²) √m, over all returns.
///
/// # Errors
/// [`Error::TooShort`] if there is no return, [`Error::NotFinite`].
///
/// ```
/// use quant::performance::{Basis, Frequency, ratio};
///
/// let returns = [0.02, -0.01, 0.03, 0.00, -0.02, 0.01];
/// let basis = Basis::new(Frequency::DAILY);
/// let found = ratio::downside_deviation(&returns, &basis)?;
/// assert!((found - (252.0 * 0.0005 / 6.0_f64).sqrt()).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn downside_deviation(returns: &[f64], basis: &Basis) -> Result<f64> {
    at_least("returns", returns.len(), 1)?;
    check_values("returns", returns)?;
    Ok(downside_of(returns, basis) * basis.periods().sqrt())
}

/// The Sharpe ratio, annualised.
///
/// # Errors
/// [`Error::TooShort`] with fewer than two returns, [`Error::NotFinite`], [`Error::Undefined`] if
/// the returns are constant.
///
/// ```
/// use quant::performance::{Basis, Frequency, ratio};
///
/// let returns = [0.02, -0.01, 0.03, 0.00, -0.02, 0.01];
/// let basis = Basis::new(Frequency::DAILY);
/// let found = ratio::sharpe(&returns, &basis)?;
/// assert!((found - 0.005 / 0.000350_f64.sqrt() * 252.0_f64.sqrt()).abs() < 1e-13);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn sharpe(returns: &[f64], basis: &Basis) -> Result<f64> {
    sharpe_of(&moments_of(returns)?, basis)
}

/// The Sortino ratio, annualised.
///
/// # Errors
/// [`Error::TooShort`] with fewer than two returns, [`Error::NotFinite`], [`Error::Undefined`] if
/// no return is below the required one.
///
/// ```
/// use quant::performance::{Basis, Frequency, ratio};
///
/// let returns = [0.02, -0.01, 0.03, 0.00, -0.02, 0.01];
/// let basis = Basis::new(Frequency::DAILY);
/// let found = ratio::sortino(&returns, &basis)?;
/// assert!((found - 252.0 * 0.005 / (252.0 * 0.0005 / 6.0_f64).sqrt()).abs() < 1e-13);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn sortino(returns: &[f64], basis: &Basis) -> Result<f64> {
    sortino_of(returns, &moments_of(returns)?, basis)
}

/// The Omega ratio: what was gained above the required return against what was lost below it.
///
/// # Errors
/// As [`sortino`].
///
/// ```
/// use quant::performance::{Basis, Frequency, ratio};
///
/// let returns = [0.02, -0.01, 0.03, 0.00, -0.02, 0.01];
/// let basis = Basis::new(Frequency::DAILY);
/// let found = ratio::omega(&returns, &basis)?;
/// assert!((found - 0.06 / 0.03).abs() < 1e-14);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn omega(returns: &[f64], basis: &Basis) -> Result<f64> {
    moments_of(returns)?;
    omega_of(returns, basis)
}

/// The annual growth over the deepest drawdown.
///
/// # Errors
/// As [`returns::annual`](super::returns::annual); [`Error::Undefined`] without a drawdown.
///
/// ```
/// use quant::performance::{Frequency, ratio};
///
/// let returns = [0.02, -0.01, 0.03, 0.00, -0.02, 0.01];
/// let found = ratio::calmar(&returns, Frequency::YEARLY)?;
/// let growth = (1.02 * 0.99 * 1.03 * 0.98 * 1.01_f64).powf(1.0 / 6.0) - 1.0;
/// assert!((found - growth / 0.02).abs() < 1e-12);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn calmar(returns: &[f64], frequency: Frequency) -> Result<f64> {
    check(returns)?;
    let annual = annual_of(wealth_of(returns), returns.len(), frequency);
    quotient("Calmar ratio", annual, -maximum_of(&series(returns)?), "there was no drawdown")
}

/// Martin's ratio: the annual growth less the risk-free rate over the Ulcer index. (quantstats puts
/// the growth of the whole series into the numerator.)
///
/// # Errors
/// As [`calmar`].
///
/// ```
/// use quant::performance::{Basis, Frequency, ratio};
///
/// let returns = [0.02, -0.01, 0.03, 0.00, -0.02, 0.01];
/// let basis = Basis::new(Frequency::DAILY);
/// let found = ratio::ulcer_performance(&returns, &basis)?;
/// assert!(found > 0.0);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn ulcer_performance(returns: &[f64], basis: &Basis) -> Result<f64> {
    check(returns)?;
    let annual = annual_of(wealth_of(returns), returns.len(), basis.frequency());
    let ulcer = ulcer_of(&series(returns)?);
    quotient("Martin ratio", annual - basis.risk_free(), ulcer, "there was no drawdown")
}

/// The probability that the true Sharpe ratio is above `benchmark` (annualised), given length,
/// skewness and kurtosis (unbiased, as quantstats):
/// Φ((S − S*) √(n − 1) / √(1 − γ₃ S + (γ₄ − 1)/4 S²)), S per period.
///
/// # Errors
/// [`Error::TooShort`] with fewer than four returns, else as [`sharpe`].
///
/// ```
/// use quant::performance::{Basis, Frequency, ratio};
///
/// let returns = [0.02, -0.01, 0.03, 0.00, -0.02, 0.01];
/// let basis = Basis::new(Frequency::DAILY);
/// let found = ratio::probabilistic_sharpe(&returns, 0.0, &basis)?;
/// assert!(found > 0.5 && found < 1.0);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn probabilistic_sharpe(returns: &[f64], benchmark: f64, basis: &Basis) -> Result<f64> {
    all_finite("benchmark", &[benchmark])?;
    probabilistic_of(&moments_of(returns)?, benchmark, basis)
}

/// By how much positive autocorrelation makes a volatility too small:
/// √(1 + 2 Σ (n − k)/n |ρ|ᵏ) with ρ of the first lag (quantstats' "smart" ratios divide by it).
///
/// # Errors
/// [`Error::TooShort`] with fewer than three returns, [`Error::NotFinite`], [`Error::Undefined`]
/// if the returns are constant.
///
/// ```
/// use quant::performance::ratio;
///
/// let returns = [0.02, -0.01, 0.03, 0.00, -0.02, 0.01];
/// let found = ratio::autocorrelation_penalty(&returns)?;
/// assert!(found >= 1.0);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn autocorrelation_penalty(returns: &[f64]) -> Result<f64> {
    at_least("returns", returns.len(), 3)?;
    check_values("returns", returns)?;
    penalty_of(returns)
}

/// R² of the logarithm of wealth regressed on time: 1 for steady growth.
///
/// # Errors
/// As [`calmar`], [`Error::TooShort`] with fewer than two returns; [`Error::Undefined`] if all was
/// lost or nothing ever changed.
///
/// ```
/// use quant::performance::ratio;
///
/// let returns = [0.02, -0.01, 0.03, 0.00, -0.02, 0.01];
/// let found = ratio::stability(&returns)?;
/// assert!((0.0..=1.0).contains(&found));
/// # Ok::<(), quant::Error>(())
/// ```
pub fn stability(returns: &[f64]) -> Result<f64> {
    check(returns)?;
    at_least("returns", returns.len(), 2)?;
    stability_of(returns)
}

/// The 95th percentile over the 5th, both without sign, by linear interpolation (type 7).
///
/// # Errors
/// [`Error::TooShort`] if there is no return, [`Error::NotFinite`], [`Error::Undefined`] if the 5th
/// percentile is zero.
///
/// ```
/// use quant::performance::ratio;
///
/// let returns = [0.02, -0.01, 0.03, 0.00, -0.02, 0.01];
/// let found = ratio::tail(&returns)?;
/// assert!((found - 0.0275 / 0.0175).abs() < 1e-13);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn tail(returns: &[f64]) -> Result<f64> {
    at_least("returns", returns.len(), 1)?;
    check_values("returns", returns)?;
    tail_of(&sorted(returns))
}

/// The growth of the sum of returns over the deepest drawdown, both without sign (quantstats).
///
/// # Errors
/// As [`calmar`].
///
/// ```
/// use quant::performance::ratio;
///
/// let returns = [0.02, -0.01, 0.03, 0.00, -0.02, 0.01];
/// let found = ratio::recovery_factor(&returns)?;
/// assert!((found - 0.03 / 0.02).abs() < 1e-13);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn recovery_factor(returns: &[f64]) -> Result<f64> {
    let deepest = maximum_of(&series(returns)?);
    let sum = sum_of(returns.iter().copied());
    quotient("recovery factor", sum.abs(), -deepest, "there was no drawdown")
}

pub(crate) fn moments_of(returns: &[f64]) -> Result<Moments> {
    at_least("returns", returns.len(), 2)?;
    check_values("returns", returns)?;
    Ok(Moments::of_finite(returns))
}

/// The mean excess return over the standard deviation of one period.
fn sharpe_per_period(moments: &Moments, basis: &Basis) -> Result<f64> {
    let excess = moments.mean - basis.risk_free_per_period();
    quotient("Sharpe ratio", excess, moments.standard_deviation()?, "the returns are constant")
}

pub(crate) fn sharpe_of(moments: &Moments, basis: &Basis) -> Result<f64> {
    Ok(sharpe_per_period(moments, basis)? * basis.periods().sqrt())
}

pub(crate) fn sortino_of(returns: &[f64], moments: &Moments, basis: &Basis) -> Result<f64> {
    let excess = moments.mean - basis.required_per_period();
    let why = "no return is below the required one";
    let ratio = quotient("Sortino ratio", excess, downside_of(returns, basis), why)?;
    Ok(ratio * basis.periods().sqrt())
}

/// The downside deviation of one period.
pub(crate) fn downside_of(returns: &[f64], basis: &Basis) -> f64 {
    let required = basis.required_per_period();
    let squares = returns.iter().map(|value| {
        let short = (value - required).min(0.0);
        short * short
    });
    (sum_of(squares) / returns.len() as f64).sqrt()
}

pub(crate) fn omega_of(returns: &[f64], basis: &Basis) -> Result<f64> {
    let required = basis.required_per_period();
    let (mut gains, mut losses) = (Sum::default(), Sum::default());
    for value in returns {
        let away = value - required;
        if away > 0.0 {
            gains.add(away);
        } else {
            losses.add(-away);
        }
    }
    let why = "no return is below the required one";
    quotient("Omega ratio", gains.value(), losses.value(), why)
}

pub(crate) fn probabilistic_of(moments: &Moments, benchmark: f64, basis: &Basis) -> Result<f64> {
    let ratio = sharpe_per_period(moments, basis)?;
    let kurtosis = moments.excess_kurtosis_unbiased()? + 3.0;
    let skewness = moments.skewness_unbiased()?;
    let square = 1.0 - skewness * ratio + 0.25 * (kurtosis - 1.0) * ratio * ratio;
    let error = (square.max(0.0) / (moments.count as f64 - 1.0)).sqrt();
    let away = ratio - benchmark / basis.periods().sqrt();
    let figure = "probabilistic Sharpe ratio";
    Ok(normal::cumulative(quotient(figure, away, error, "the ratio has no error")?))
}

pub(crate) fn penalty_of(returns: &[f64]) -> Result<f64> {
    let first_lag = correlation(&returns[..returns.len() - 1], &returns[1..])?.abs();
    let n = returns.len() as f64;
    let (mut power, mut sum) = (1.0, 0.0);
    for lag in 1..returns.len() {
        power *= first_lag;
        sum += (n - lag as f64) / n * power;
        if power < f64::EPSILON * 1e-3 {
            break;
        }
    }
    Ok((1.0 + 2.0 * sum).sqrt())
}

pub(crate) fn stability_of(returns: &[f64]) -> Result<f64> {
    if returns.contains(&-1.0) {
        return Err(Error::Undefined { figure: "stability", why: "all was lost" });
    }
    let mut wealth = Sum::default();
    let path = returns.iter().map(|value| {
        wealth.add(value.ln_1p());
        wealth.value()
    });
    let path: Vec<f64> = path.collect();
    let time: Vec<f64> = (0..path.len()).map(|index| index as f64).collect();
    let correlation = correlation(&time, &path)?;
    Ok(correlation * correlation)
}

pub(crate) fn tail_of(sorted: &[f64]) -> Result<f64> {
    let (high, low) = (quantile_of(sorted, 0.95), quantile_of(sorted, 0.05));
    quotient("tail ratio", high.abs(), low.abs(), "the 5th percentile is zero")
}

/// A quotient of which the bottom must be above zero.
pub(crate) fn quotient(
    figure: &'static str,
    top: f64,
    bottom: f64,
    why: &'static str,
) -> Result<f64> {
    if bottom > 0.0 {
        let value = top / bottom;
        if value.is_finite() {
            return Ok(value);
        }
        return Err(Error::Undefined { figure, why: "it is too large for a number" });
    }
    Err(Error::Undefined { figure, why })
}
