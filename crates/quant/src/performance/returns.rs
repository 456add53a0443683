//! Returns of prices, and growth over many of them.
//!
//! ```
//! use quant::performance::{Frequency, returns};
//!
//! let monthly = returns::simple(&[100.0, 102.0, 99.96])?;
//! assert!((monthly[1] - -0.02).abs() < 1e-15);
//! assert!((returns::total(&monthly)? - -0.0004).abs() < 1e-15);
//! let year = returns::annual(&monthly, Frequency::MONTHLY)?;
//! assert!((year - (0.9996_f64.powi(6) - 1.0)).abs() < 1e-15);
//! # Ok::<(), quant::Error>(())
//! ```

use super::Frequency;
use crate::error::{all_finite, at_least};
use crate::moments::{Sum, check_values};
use crate::{Error, Result};

/// pᵢ / pᵢ₋₁ − 1: one value fewer than prices.
///
/// # Errors
/// [`Error::TooShort`] with fewer than two prices, [`Error::NotFinite`], [`Error::OutOfBounds`] if
/// a price is not above 0.
///
/// ```
/// let returns = quant::performance::returns::simple(&[100.0, 110.0, 99.0])?;
/// assert!((returns[0] - 0.10).abs() < 1e-15 && (returns[1] + 0.10).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn simple(prices: &[f64]) -> Result<Vec<f64>> {
    check_prices(prices)?;
    let returns: Vec<f64> = prices.windows(2).map(|pair| pair[1] / pair[0] - 1.0).collect();
    all_finite("prices", &returns)?;
    Ok(returns)
}

/// ln(pᵢ / pᵢ₋₁): adds up over time where simple returns add up over assets.
///
/// # Errors
/// As [`simple`].
///
/// ```
/// let returns = quant::performance::returns::logarithmic(&[100.0, 110.0])?;
/// assert!((returns[0] - 1.1_f64.ln()).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn logarithmic(prices: &[f64]) -> Result<Vec<f64>> {
    check_prices(prices)?;
    let returns: Vec<f64> = prices.windows(2).map(|pair| (pair[1] / pair[0]).ln()).collect();
    all_finite("prices", &returns)?;
    Ok(returns)
}

/// The growth since the start after each return: Π(1 + r) − 1.
///
/// # Errors
/// [`Error::TooShort`] if there is no return, [`Error::NotFinite`], [`Error::OutOfBounds`] if one
/// is below −1, [`Error::Undefined`] if the growth overflows.
///
/// ```
/// let growth = quant::performance::returns::cumulative(&[0.10, -0.10])?;
/// assert!((growth[1] + 0.01).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn cumulative(returns: &[f64]) -> Result<Vec<f64>> {
    check(returns)?;
    let mut wealth = 1.0;
    let path: Vec<f64> = returns
        .iter()
        .map(|value| {
            wealth *= 1.0 + value;
            wealth - 1.0
        })
        .collect();
    all_in_range(&path)?;
    Ok(path)
}

/// The growth over all returns, Π(1 + r) − 1. A sub-period's return is one value, so that this is
/// also the time-weighted return of sub-periods.
///
/// # Errors
/// As [`cumulative`].
///
/// ```
/// assert!((quant::performance::returns::total(&[0.10, -0.10])? + 0.01).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn total(returns: &[f64]) -> Result<f64> {
    check(returns)?;
    let total = wealth_of(returns) - 1.0;
    all_in_range(&[total])?;
    Ok(total)
}

/// The compound annual growth rate (Π(1 + r))^(periods a year / n) − 1.
///
/// # Errors
/// As [`cumulative`].
///
/// ```
/// use quant::performance::{Frequency, returns};
///
/// let annual = returns::annual(&[0.01; 12], Frequency::MONTHLY)?;
/// assert!((annual - (1.01_f64.powi(12) - 1.0)).abs() < 1e-14);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn annual(returns: &[f64], frequency: Frequency) -> Result<f64> {
    check(returns)?;
    let annual = annual_of(wealth_of(returns), returns.len(), frequency);
    all_in_range(&[annual])?;
    Ok(annual)
}

/// The geometric mean of a period, (Π(1 + r))^(1 / n) − 1.
///
/// # Errors
/// As [`cumulative`].
///
/// ```
/// let mean = quant::performance::returns::geometric_mean(&[0.21, 0.0])?;
/// assert!((mean - 0.10).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn geometric_mean(returns: &[f64]) -> Result<f64> {
    check(returns)?;
    let mut logarithms = Sum::default();
    returns.iter().for_each(|value| logarithms.add(value.ln_1p()));
    if returns.contains(&-1.0) {
        return Ok(-1.0);
    }
    Ok((logarithms.value() / returns.len() as f64).exp_m1())
}

/// Compounds each `length` neighbouring returns to one: days to months, say. The last group may be
/// shorter.
///
/// # Errors
/// As [`cumulative`]; [`Error::OutOfBounds`] if `length` is 0.
///
/// ```
/// let quarters = quant::performance::returns::compounded(&[0.01; 6], 3)?;
/// assert_eq!(quarters.len(), 2);
/// assert!((quarters[0] - (1.01_f64.powi(3) - 1.0)).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn compounded(returns: &[f64], length: usize) -> Result<Vec<f64>> {
    check(returns)?;
    if length == 0 {
        return Err(Error::out_of_bounds("length", 0.0, "a whole number above 0"));
    }
    let grouped: Vec<f64> = returns.chunks(length).map(|group| wealth_of(group) - 1.0).collect();
    all_in_range(&grouped)?;
    Ok(grouped)
}

/// Checks returns that are to be compounded.
pub(crate) fn check(returns: &[f64]) -> Result<()> {
    at_least("returns", returns.len(), 1)?;
    check_values("returns", returns)?;
    match returns.iter().find(|value| **value < -1.0) {
        Some(value) => Err(Error::out_of_bounds("returns", *value, "a number of at least -1")),
        None => Ok(()),
    }
}

/// Π(1 + r), rounded once a factor.
pub(crate) fn wealth_of(returns: &[f64]) -> f64 {
    returns.iter().fold(1.0, |wealth, value| wealth * (1.0 + value))
}

pub(crate) fn annual_of(wealth: f64, count: usize, frequency: Frequency) -> f64 {
    wealth.powf(frequency.periods_per_year() / count as f64) - 1.0
}

fn check_prices(prices: &[f64]) -> Result<()> {
    at_least("prices", prices.len(), 2)?;
    all_finite("prices", prices)?;
    match prices.iter().find(|price| **price <= 0.0) {
        Some(price) => Err(Error::out_of_bounds("prices", *price, "a number above 0")),
        None => Ok(()),
    }
}

/// An overflow of growth is an error, not an infinity.
pub(crate) fn all_in_range(values: &[f64]) -> Result<()> {
    if values.iter().all(|value| value.is_finite()) {
        return Ok(());
    }
    Err(Error::Undefined { figure: "growth", why: "it is too large for a number" })
}
