//! Volatility that remembers less of what is longer ago: the exponentially weighted variance of
//! RiskMetrics (1996).

use crate::error::{all_finite, at_least};
use crate::moments::check_values;
use crate::{Error, Result};

/// RiskMetrics' decay of daily returns.
pub const DAILY_DECAY: f64 = 0.94;

/// RiskMetrics' decay of monthly returns.
pub const MONTHLY_DECAY: f64 = 0.97;

/// The variance after each return, σ²ₜ = λ σ²ₜ₋₁ + (1 − λ) r²ₜ with σ²₀ = r²₀ and a mean of zero.
/// The answer at index t is the forecast for t + 1: the volatility of day t, as
/// [`filtered_historical`](super::value_at_risk::filtered_historical) wants it, is the root of the
/// answer before.
///
/// # Errors
/// [`Error::TooShort`] without returns, [`Error::NotFinite`], [`Error::OutOfBounds`] unless
/// 0 ≤ decay < 1.
///
/// ```
/// use quant::risk::volatility::{DAILY_DECAY, ewma};
/// let variances = ewma(&[0.01, -0.02], DAILY_DECAY)?;
/// assert!((variances[1] - (0.94 * 1e-4 + 0.06 * 4e-4)).abs() < 1e-18);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn ewma(returns: &[f64], decay: f64) -> Result<Vec<f64>> {
    at_least("returns", returns.len(), 1)?;
    check_values("returns", returns)?;
    if !(0.0..1.0).contains(&decay) {
        return Err(Error::out_of_bounds("decay", decay, "a number from 0, below 1"));
    }
    let mut variance = returns.first().map_or(0.0, |first| first * first);
    let path: Vec<f64> = returns
        .iter()
        .map(|value| {
            variance = decay * variance + (1.0 - decay) * value * value;
            variance
        })
        .collect();
    all_finite("returns", &path)?;
    Ok(path)
}
