//! Portfolios whose assets contribute to risk by given shares.

use super::mean_variance::as_number;
use crate::algebra::{Matrix, add_scaled};
use crate::error::{Error, Result, all_finite, at_least, same_length};

/// Rounds over all assets.
const ROUNDS_MAX: usize = 20_000;

/// The greatest distance of a share from its budget.
const SHARE_TOLERANCE: f64 = 1e-13;

/// A last round that changes less than this ends where rounding forbids the tolerance above.
const CHANGE_MIN: f64 = 1e-15;

/// A distance from the budgets that is still an answer where rounding ends the rounds.
const SHARE_ACCEPTED: f64 = 1e-9;

/// Weights (long only, adding up to 1) of which each contributes `budgets` of the variance:
/// wᵢ (Σ w)ᵢ / (wᵀ Σ w) = budgetᵢ / Σ budgets.
///
/// The solution of min ½ yᵀ Σ y − Σ bᵢ ln yᵢ, scaled, one coordinate after the other. It is
/// unique, also where Σ is singular but no asset is without risk. Spinu, An Algorithm for
/// Computing Risk Parity Weights (2013); Griveau-Billion, Richard and Roncalli, A Fast Algorithm
/// for Computing High-dimensional Risk Parity Portfolios (2013).
///
/// # Errors
/// `covariance` that is not symmetric or has an asset without variance, `budgets` that are not all
/// above 0; [`Error::NotConverged`] where Σ is indefinite, or assets hedge each other perfectly.
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::portfolio::risk_budgets;
///
/// let covariance = Matrix::from_rows(&[[0.04, 0.0], [0.0, 0.01]])?;
/// let weights = risk_budgets(&covariance, &[1.0, 1.0])?;
/// assert!((weights[0] - 1.0 / 3.0).abs() < 1e-12);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn risk_budgets(covariance: &Matrix, budgets: &[f64]) -> Result<Vec<f64>> {
    check_risky(covariance)?;
    same_length("budgets", budgets.len(), covariance.rows())?;
    all_finite("budgets", budgets)?;
    if let Some(&found) = budgets.iter().find(|&&budget| budget <= 0.0) {
        return Err(Error::out_of_bounds("budgets", found, "a number above 0"));
    }
    let total: f64 = budgets.iter().sum();
    let shares: Vec<f64> = budgets.iter().map(|budget| budget / total).collect();
    let diagonal = covariance.diagonal();
    let mut values: Vec<f64> =
        diagonal.iter().zip(&shares).map(|(variance, share)| (share / variance).sqrt()).collect();
    let mut slopes = covariance.multiply_vector(&values)?;
    for _ in 0..ROUNDS_MAX {
        let mut changed = 0.0_f64;
        for asset in 0..values.len() {
            let variance = diagonal[asset];
            let others = slopes[asset] - variance * values[asset];
            let root = (others * others + 4.0 * variance * shares[asset]).sqrt();
            // The form that does not subtract two numbers of one size.
            let next = if others > 0.0 {
                2.0 * shares[asset] / (others + root)
            } else {
                (root - others) / (2.0 * variance)
            };
            let step = next - values[asset];
            changed = changed.max((step / next).abs());
            values[asset] = next;
            add_scaled(&mut slopes, step, covariance.row(asset));
        }
        let distance = distance(&values, &slopes, &shares);
        if distance <= SHARE_TOLERANCE || changed <= CHANGE_MIN && distance <= SHARE_ACCEPTED {
            let sum: f64 = values.iter().sum();
            return Ok(values.iter().map(|value| value / sum).collect());
        }
        if !distance.is_finite() {
            break;
        }
        slopes = covariance.multiply_vector(&values)?;
    }
    Err(Error::NotConverged { method: "risk budgets by coordinates", steps_max: ROUNDS_MAX })
}

/// Weights of which each contributes the same to the variance.
///
/// # Errors
/// As [`risk_budgets`]. Maillard, Roncalli and Teiletche, On the Properties of Equally-Weighted
/// Risk Contributions Portfolios (2010).
pub fn risk_parity(covariance: &Matrix) -> Result<Vec<f64>> {
    risk_budgets(covariance, &vec![1.0; covariance.rows()])
}

/// The share of the variance that each position contributes: wᵢ (Σ w)ᵢ / (wᵀ Σ w).
///
/// # Errors
/// [`Error::LengthsDiffer`] where weights do not fit, [`Error::Undefined`] without any risk.
pub fn risk_contributions(covariance: &Matrix, weights: &[f64]) -> Result<Vec<f64>> {
    let slopes = covariance.multiply_vector(weights)?;
    let variance = covariance.quadratic_form(weights)?;
    if variance.is_nan() || variance <= 0.0 {
        return Err(Error::Undefined { figure: "risk contribution", why: "there is no risk" });
    }
    Ok(weights.iter().zip(&slopes).map(|(weight, slope)| weight * slope / variance).collect())
}

/// The greatest distance of a contribution from its share.
fn distance(values: &[f64], slopes: &[f64], shares: &[f64]) -> f64 {
    let parts: Vec<f64> = values.iter().zip(slopes).map(|(value, slope)| value * slope).collect();
    let total: f64 = parts.iter().sum();
    let distances = parts.iter().zip(shares).map(|(part, share)| (part / total - share).abs());
    distances.fold(0.0, |most: f64, value| if value.is_nan() { f64::NAN } else { most.max(value) })
}

/// Checks that a covariance is symmetric and that every asset has a variance.
pub(super) fn check_risky(covariance: &Matrix) -> Result<()> {
    at_least("covariance", covariance.rows(), 1)?;
    all_finite("covariance", covariance.values())?;
    covariance.check_symmetric("covariance")?;
    if covariance.rows() > super::constraints::ASSETS_MAX {
        let found = as_number(covariance.rows());
        return Err(Error::out_of_bounds("covariance", found, "at most 5000 assets"));
    }
    match covariance.diagonal().iter().find(|&&variance| variance <= f64::MIN_POSITIVE) {
        Some(&found) => Err(Error::out_of_bounds("covariance", found, "variances above 0")),
        None => Ok(()),
    }
}
