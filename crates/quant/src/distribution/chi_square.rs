//! The chi-square distribution: the law of likelihood ratios.

use super::gamma;
use crate::Result;

/// P(X ≤ x) with `freedom` degrees of freedom, not necessarily whole.
///
/// # Errors
/// As [`gamma::lower`].
pub fn cumulative(x: f64, freedom: f64) -> Result<f64> {
    gamma::lower(0.5 * freedom, 0.5 * x)
}

/// P(X > x): the p-value of a test whose statistic is x.
///
/// # Errors
/// As [`gamma::lower`].
pub fn survival(x: f64, freedom: f64) -> Result<f64> {
    gamma::upper(0.5 * freedom, 0.5 * x)
}

/// The x with P(X ≤ x) = p.
///
/// # Errors
/// As [`gamma::quantile`].
pub fn quantile(probability: f64, freedom: f64) -> Result<f64> {
    Ok(2.0 * gamma::quantile(probability, 0.5 * freedom)?)
}
