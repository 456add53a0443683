//! How much to stake for the fastest growth in the long run (Kelly 1956).
//!
//! Half of the answer, or less, is what most practitioners stake: growth is flat around the
//! optimum, ruin is not, and means are never known well.
//!
//! ```
//! use quant::risk::kelly::{bet, multiple, normal};
//! use quant::algebra::Matrix;
//!
//! assert!((bet(0.6, 1.0)? - 0.2).abs() < 1e-15);
//! assert!((normal(0.08, 0.04)? - 2.0).abs() < 1e-15);
//! let covariance = Matrix::from_rows(&[[0.04, 0.0], [0.0, 0.09]])?;
//! let fractions = multiple(&[0.04, 0.045], &covariance)?;
//! assert!((fractions[0] - 1.0).abs() < 1e-15 && (fractions[1] - 0.5).abs() < 1e-15);
//! # Ok::<(), quant::Error>(())
//! ```

use crate::algebra::{Cholesky, Matrix};
use crate::error::{all_finite, at_least, same_length};
use crate::moments::{check_values, sum_of};
use crate::{Error, Result};

const STEPS_MAX: usize = 200;

/// A stake and the growth it gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stake {
    /// The part of the wealth, above 1 with credit, below 0 when sold short.
    pub fraction: f64,
    /// The mean logarithm of growth a period.
    pub growth: f64,
}

/// A bet that pays `odds` for one with a probability, else loses the stake: p − (1 − p) / odds.
/// Negative where the bet is not worth taking.
///
/// # Errors
/// [`Error::OutOfBounds`] unless 0 ≤ p ≤ 1 and the odds are a number above 0.
///
/// ```
/// // 60 % at even odds.
/// assert!((quant::risk::kelly::bet(0.6, 1.0)? - 0.2).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn bet(probability: f64, odds: f64) -> Result<f64> {
    if !(0.0..=1.0).contains(&probability) {
        return Err(Error::out_of_bounds("probability", probability, "a number from 0 to 1"));
    }
    if !(odds > 1e-300 && odds.is_finite()) {
        return Err(Error::out_of_bounds("odds", odds, "a number above 0"));
    }
    Ok(probability - (1.0 - probability) / odds)
}

/// One asset whose wealth moves continuously: excess return / variance, both of a period (Merton
/// 1969; Thorp 2006).
///
/// # Errors
/// [`Error::NotFinite`], [`Error::OutOfBounds`] unless the variance is above 0,
/// [`Error::Undefined`] if the fraction is too large for a number.
///
/// ```
/// assert!((quant::risk::kelly::normal(0.08, 0.04)? - 2.0).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn normal(excess_return: f64, variance: f64) -> Result<f64> {
    all_finite("excess_return", &[excess_return])?;
    if !(variance > 0.0 && variance.is_finite()) {
        return Err(Error::out_of_bounds("variance", variance, "a number above 0"));
    }
    let fraction = excess_return / variance;
    if fraction.is_finite() {
        return Ok(fraction);
    }
    Err(Error::Undefined { figure: "Kelly fraction", why: "it is too large for a number" })
}

/// Many assets: Σ⁻¹ μ, of excess returns and their covariance.
///
/// # Errors
/// [`Error::TooShort`] without assets, [`Error::LengthsDiffer`], [`Error::NotFinite`],
/// [`Error::Undefined`] unless the covariance is symmetric and positive definite.
///
/// ```
/// use quant::algebra::Matrix;
///
/// let covariance = Matrix::from_rows(&[[0.04, 0.0], [0.0, 0.09]])?;
/// let fractions = quant::risk::kelly::multiple(&[0.04, 0.045], &covariance)?;
/// assert!((fractions[1] - 0.5).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn multiple(excess_returns: &[f64], covariance: &Matrix) -> Result<Vec<f64>> {
    at_least("excess_returns", excess_returns.len(), 1)?;
    check_values("excess_returns", excess_returns)?;
    same_length("covariance", covariance.rows(), excess_returns.len())?;
    let fractions = Cholesky::new(covariance)?.solve(excess_returns)?;
    all_finite("excess_returns", &fractions)?;
    Ok(fractions)
}

/// The fraction that maximises the mean of ln(1 + f r) over past returns, without an assumption on
/// their distribution. It lies where no past return would have ruined.
///
/// # Errors
/// [`Error::TooShort`] with fewer than two returns, [`Error::NotFinite`], [`Error::Undefined`]
/// unless there are gains and losses: with one side alone more is always better.
///
/// ```
/// // Won as often as lost, at two to one: (p b − q) / b of the stake.
/// let stake = quant::risk::kelly::empirical(&[2.0, -1.0])?;
/// assert!((stake.fraction - 0.25).abs() < 1e-9);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn empirical(excess_returns: &[f64]) -> Result<Stake> {
    at_least("excess_returns", excess_returns.len(), 2)?;
    check_values("excess_returns", excess_returns)?;
    let worst = excess_returns.iter().copied().fold(f64::INFINITY, f64::min);
    let best = excess_returns.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if worst >= 0.0 || best <= 0.0 {
        let why = "more is always better without both gains and losses";
        return Err(Error::Undefined { figure: "Kelly fraction", why });
    }
    // Growth is concave between the fractions that ruin, and falls to minus infinity at both.
    let (mut low, mut high) = (-1.0 / best, -1.0 / worst);
    let slope = |fraction: f64| {
        let terms = excess_returns.iter().map(|r| r / (1.0 + fraction * r));
        let curve = excess_returns.iter().map(|r| (r / (1.0 + fraction * r)).powi(2));
        (sum_of(terms), -sum_of(curve))
    };
    let mut fraction = 0.0;
    for _ in 0..STEPS_MAX {
        let (value, curve) = slope(fraction);
        if value > 0.0 {
            low = fraction;
        } else {
            high = fraction;
        }
        let newton = fraction - value / curve;
        let inside = newton > low && newton < high;
        let next = if inside { newton } else { low + 0.5 * (high - low) };
        let moved = (next - fraction).abs();
        fraction = next;
        if moved <= 1e-15 * (high - low).max(fraction.abs()) {
            break;
        }
    }
    let growth = sum_of(excess_returns.iter().map(|r| (fraction * r).ln_1p()));
    let growth = growth / excess_returns.len() as f64;
    if fraction.is_finite() && growth.is_finite() {
        return Ok(Stake { fraction, growth });
    }
    Err(Error::Undefined { figure: "Kelly fraction", why: "it is too large for a number" })
}
