//! The chi-square distribution: the law of likelihood ratios.

use super::gamma;
use crate::Result;

/// P(X ≤ x) with `freedom` degrees of freedom, not necessarily whole.
///
/// # Errors
/// As [`gamma::lower`].
///
/// ```
/// use quant::distribution::chi_square::cumulative;
///
/// // Two degrees of freedom are an exponential distribution: 1 − exp(−x / 2).
/// assert!((cumulative(3.0, 2.0)? - (1.0 - (-1.5_f64).exp())).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn cumulative(x: f64, freedom: f64) -> Result<f64> {
    gamma::lower(0.5 * freedom, 0.5 * x)
}

/// P(X > x): the p-value of a test whose statistic is x.
///
/// # Errors
/// As [`gamma::lower`].
///
/// ```
/// use quant::distribution::chi_square::survival;
///
/// assert!((survival(3.841458820694124, 1.0)? - 0.05).abs() < 1e-14);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn survival(x: f64, freedom: f64) -> Result<f64> {
    gamma::upper(0.5 * freedom, 0.5 * x)
}

/// The x with P(X ≤ x) = p.
///
/// # Errors
/// As [`gamma::quantile`].
///
/// ```
/// use quant::distribution::chi_square::quantile;
///
/// assert!((quantile(0.95, 1.0)? - 3.841458820694124).abs() < 1e-12);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn quantile(probability: f64, freedom: f64) -> Result<f64> {
    Ok(2.0 * gamma::quantile(probability, 0.5 * freedom)?)
}
