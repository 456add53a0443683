//! Portfolios whose assets contribute to risk by given shares.

use super::bounded_budget;
use super::mean_variance::as_number;
use super::weight_bounds::WeightBounds;
use crate::algebra::{Cholesky, Matrix, add_scaled, dot};
use crate::error::{Error, Result, all_finite, at_least, same_length};

/// Rounds over all assets, before steps of Newton.
const ROUNDS_MAX: usize = 150;

/// Steps of Newton.
const STEPS_MAX: usize = 500;

/// The greatest distance of a share from its budget.
const SHARE_TOLERANCE: f64 = 1e-13;

/// A distance that is still an answer where rounding forbids the tolerance above.
const SHARE_ACCEPTED: f64 = 1e-9;

/// Weights (long only, adding up to 1) of which each contributes `budgets` of the variance:
/// wᵢ (Σ w)ᵢ / (wᵀ Σ w) = budgetᵢ / Σ budgets.
///
/// The solution of min ½ yᵀ Σ y − Σ bᵢ ln yᵢ, scaled: one coordinate after the other, and Newton's
/// steps where that is slow. It is unique, also where Σ is singular but no mix is free of risk.
/// Spinu, An Algorithm for Computing Risk Parity Weights (2013); Griveau-Billion, Richard and
/// Roncalli, A Fast Algorithm for Computing High-dimensional Risk Parity Portfolios (2013).
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
        turn_each(covariance, &shares, &mut values, &mut slopes);
        slopes = covariance.multiply_vector(&values)?;
        if distance(&values, &slopes, &shares) <= SHARE_TOLERANCE {
            return Ok(scaled(&values));
        }
    }
    by_newton(covariance, &shares, values)
}

/// [`risk_budgets`] under bounds on the weights, as near as they allow: the least of
/// ½ ln(wᵀ Σ w) − Σ bᵢ ln wᵢ among the weights that obey, bᵢ adding up to 1.
///
/// Without bounds that bind it is the answer of [`risk_budgets`]; with them the shares of the
/// others are no longer in proportion to their budgets. Richard and Roncalli, Constrained Risk
/// Budgeting Portfolios (2019), in the form that skfolio solves: its sum of weights is a rule like
/// the bounds, where the paper's is met by the scale of the budgets alone.
///
/// # Errors
/// As [`risk_budgets`] and [`WeightBounds::check`]; [`Error::OutOfBounds`] for an `upper` of 0,
/// because what has a budget is held.
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::portfolio::{WeightBounds, risk_budgets_within};
///
/// let covariance = Matrix::from_rows(&[[0.04, 0.0], [0.0, 0.01]])?;
/// let bounds = WeightBounds::between(2, 0.0, 0.6);
/// let weights = risk_budgets_within(&covariance, &[1.0, 1.0], &bounds)?;
/// assert!((weights[0] - 0.4).abs() < 1e-12);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn risk_budgets_within(
    covariance: &Matrix,
    budgets: &[f64],
    bounds: &WeightBounds,
) -> Result<Vec<f64>> {
    bounds.check_for(covariance.rows())?;
    if let Some(&found) = bounds.upper.iter().find(|&&upper| upper <= 0.0) {
        return Err(Error::out_of_bounds("upper", found, "a number above 0"));
    }
    match risk_budgets(covariance, budgets) {
        Ok(plain) if bounds.hold(&plain) => return Ok(plain),
        // Assets that hedge each other perfectly may not be able to within the bounds.
        Ok(_) | Err(Error::NotConverged { .. }) => {}
        Err(error) => return Err(error),
    }
    let total: f64 = budgets.iter().sum();
    let shares: Vec<f64> = budgets.iter().map(|budget| budget / total).collect();
    bounded_budget::solve(covariance, &shares, bounds)
}

/// One round: each value to where its own share is right, given the others.
fn turn_each(covariance: &Matrix, shares: &[f64], values: &mut [f64], slopes: &mut [f64]) {
    for asset in 0..values.len() {
        let variance = covariance[(asset, asset)];
        let others = slopes[asset] - variance * values[asset];
        let root = (others * others + 4.0 * variance * shares[asset]).sqrt();
        // The form that does not subtract two numbers of one size.
        let next = if others > 0.0 {
            2.0 * shares[asset] / (others + root)
        } else {
            (root - others) / (2.0 * variance)
        };
        add_scaled(slopes, next - values[asset], covariance.row(asset));
        values[asset] = next;
    }
}

/// Damped Newton steps, for assets that hedge each other so well that rounds hardly move: the
/// function is self-concordant, so that the damping of its theory always arrives.
fn by_newton(covariance: &Matrix, shares: &[f64], mut values: Vec<f64>) -> Result<Vec<f64>> {
    let least = shares.iter().copied().fold(f64::INFINITY, f64::min);
    let mut best = (f64::INFINITY, values.clone());
    for _ in 0..STEPS_MAX {
        let slopes = covariance.multiply_vector(&values)?;
        let found = distance(&values, &slopes, shares);
        if found < best.0 {
            best = (found, values.clone());
        }
        if found <= SHARE_TOLERANCE {
            break;
        }
        // In relative steps u, value (1 + u): the curvature is YΣY + B, never near singular.
        let mut curvature = Matrix::zeros(values.len(), values.len());
        for row in 0..values.len() {
            for column in 0..=row {
                curvature[(row, column)] = values[row] * covariance[(row, column)] * values[column];
            }
            curvature[(row, row)] += shares[row];
        }
        let pairs = values.iter().zip(&slopes).zip(shares);
        let slope: Vec<f64> = pairs.map(|((value, slope), share)| value * slope - share).collect();
        let Ok(factor) = Cholesky::new(&curvature) else {
            break;
        };
        let step = factor.solve(&slope)?;
        let size = (dot(&step, &slope).max(0.0) / least).sqrt();
        for (value, step) in values.iter_mut().zip(&step) {
            *value *= 1.0 - step / (1.0 + size);
        }
    }
    if best.0 <= SHARE_ACCEPTED {
        return Ok(scaled(&best.1));
    }
    Err(Error::NotConverged { method: "risk budgets by Newton's steps", steps_max: STEPS_MAX })
}

fn scaled(values: &[f64]) -> Vec<f64> {
    let sum: f64 = values.iter().sum();
    values.iter().map(|value| value / sum).collect()
}

/// Weights of which each contributes the same to the variance.
///
/// # Errors
/// As [`risk_budgets`]. Maillard, Roncalli and Teiletche, On the Properties of Equally-Weighted
/// Risk Contributions Portfolios (2010).
///
/// ```
/// use quant::algebra::Matrix;
///
/// let covariance = Matrix::from_rows(&[[0.04, 0.0], [0.0, 0.01]])?;
/// let weights = quant::portfolio::risk_parity(&covariance)?;
/// assert!((weights[1] - 2.0 / 3.0).abs() < 1e-12);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn risk_parity(covariance: &Matrix) -> Result<Vec<f64>> {
    risk_budgets(covariance, &vec![1.0; covariance.rows()])
}

/// The share of the variance that each position contributes: wᵢ (Σ w)ᵢ / (wᵀ Σ w).
///
/// # Errors
/// [`Error::LengthsDiffer`] where weights do not fit, [`Error::Undefined`] without any risk.
///
/// ```
/// use quant::algebra::Matrix;
///
/// let covariance = Matrix::from_rows(&[[0.04, 0.0], [0.0, 0.01]])?;
/// let shares = quant::portfolio::risk_contributions(&covariance, &[0.5, 0.5])?;
/// assert!((shares[0] - 0.8).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
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
