//! Portfolios by the mean of their worst scenarios.

use super::cardinality;
use super::constraints::{Constraints, Group};
use super::mean_variance::{Portfolio, as_number};
use super::search::{Fault, Search, with_ridge};
use super::tail::{Scenarios, TailSearch};
use crate::algebra::{Matrix, add_scaled};
use crate::error::{Error, Result, all_finite, at_least, same_length};

/// The most values (scenarios × assets) of one problem.
pub const SCENARIO_VALUES_MAX: usize = 50_000_000;

/// The most planes that stand for a tracking error.
const CUTS_MAX: usize = 400;

/// A tracking error beyond its limit by less than this is within it.
const TRACKING_TOLERANCE: f64 = 1e-9;

/// The portfolio of least conditional value at risk: the mean of the worst 1 − `confidence` of
/// the scenarios' losses, min over t of t + Σ max(0, lossₛ − t) / (S (1 − confidence)).
///
/// A row of `returns` is a scenario, a column an asset; `objective` is the CVaR, in the units of
/// the returns and positive for a loss. Where several portfolios have the least, one of them.
/// Rockafellar and Uryasev (2000). A tracking error is measured with the scenarios' covariance
/// and approached by planes, within 1e-9.
///
/// # Errors
/// [`Error::Infeasible`] names the rules that contradict; [`Error::Undefined`] where bounds are
/// infinite and so is the answer; [`Error::NotConverged`] beyond the limit of steps; else the
/// argument at fault: `returns` (at least two scenarios), `confidence` (0 ≤ c < 1), or one of
/// [`Constraints::check`].
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::portfolio::{Constraints, minimum_cvar};
///
/// let returns = Matrix::from_rows(&[[0.10, 0.01], [-0.20, 0.02], [0.05, -0.01]])?;
/// let answer = minimum_cvar(&returns, 0.5, &Constraints::long_only(2))?;
/// assert!(answer.objective < 0.01);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn minimum_cvar(
    returns: &Matrix,
    confidence: f64,
    constraints: &Constraints,
) -> Result<Portfolio> {
    constraints.check()?;
    at_least("returns", returns.rows(), 2)?;
    same_length("returns", returns.columns(), constraints.assets())?;
    all_finite("returns", returns.values())?;
    if returns.values().len() > SCENARIO_VALUES_MAX {
        let found = as_number(returns.values().len());
        return Err(Error::out_of_bounds("returns", found, "at most 50,000,000 values"));
    }
    if !(0.0..1.0).contains(&confidence) {
        return Err(Error::out_of_bounds("confidence", confidence, "0 to below 1"));
    }
    let covariance = scenario_covariance(returns);
    let scenarios = scenarios(returns, confidence);
    cardinality::solve(constraints, |rules| within_tracking(&scenarios, &covariance, rules))
}

/// The mean of the worst 1 − `confidence` of `losses`; the scenario at the edge counts in part.
///
/// # Errors
/// [`Error::TooShort`] without losses, [`Error::NotFinite`], [`Error::OutOfBounds`] for a
/// `confidence` outside 0 ≤ c < 1.
pub fn conditional_value_at_risk(losses: &[f64], confidence: f64) -> Result<f64> {
    at_least("losses", losses.len(), 1)?;
    all_finite("losses", losses)?;
    if !(0.0..1.0).contains(&confidence) {
        return Err(Error::out_of_bounds("confidence", confidence, "0 to below 1"));
    }
    let mut sorted = losses.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let mut left = as_number(losses.len()) * (1.0 - confidence);
    let counted = left;
    let mut sum = 0.0;
    for loss in sorted {
        let share = left.min(1.0);
        sum += share * loss;
        left -= share;
    }
    Ok(sum / counted)
}

/// Where a tracking error is limited, planes that touch its ellipsoid stand for it, one more each
/// time the answer is outside.
fn within_tracking(
    scenarios: &Scenarios<'_>,
    covariance: &Matrix,
    rules: &Constraints,
) -> Result<Portfolio> {
    let Some(tracking) = &rules.tracking else {
        return least(scenarios, covariance, rules);
    };
    let mut cut = Constraints { tracking: None, ..rules.clone() };
    for _ in 0..CUTS_MAX {
        let answer = least(scenarios, covariance, &cut).map_err(|error| match error {
            Error::Infeasible { why } => {
                Error::Infeasible { why: format!("{why} (with the tracking error)") }
            }
            other => other,
        })?;
        let error = tracking.error(&answer.weights, covariance)?;
        if error <= tracking.error_max + TRACKING_TOLERANCE {
            return Ok(answer);
        }
        let pairs = answer.weights.iter().zip(&tracking.benchmark);
        let active: Vec<f64> = pairs.map(|(weight, held)| weight - held).collect();
        let slope = covariance.multiply_vector(&active)?;
        let known: f64 = slope.iter().zip(&tracking.benchmark).map(|(s, held)| s * held).sum();
        cut.groups.push(Group {
            name: "tracking error".to_owned(),
            coefficients: slope.iter().map(|s| s / error).enumerate().collect(),
            lower: f64::NEG_INFINITY,
            upper: tracking.error_max + known / error,
        });
    }
    let method = "planes around the tracking error";
    Err(Error::NotConverged { method, steps_max: CUTS_MAX })
}

/// The least CVaR over linear rules, from the portfolio of least variance on.
fn least(scenarios: &Scenarios<'_>, covariance: &Matrix, rules: &Constraints) -> Result<Portfolio> {
    let start = with_ridge(covariance, |ridge| -> Result<_, Fault> {
        let mut search = Search::new(covariance, rules, ridge, None)?;
        search.at(&vec![0.0; rules.assets()], 0.0)?;
        Ok((search.set.polyhedron, search.set.values))
    })?;
    let (polyhedron, values) = start;
    let weights = TailSearch::new(scenarios, &polyhedron, values)?.minimise()?;
    let losses = scenarios.returns.multiply_vector(&weights)?;
    let losses: Vec<f64> = losses.iter().map(|value| -value).collect();
    let confidence = 1.0 - 1.0 / (as_number(losses.len()) * scenarios.weight);
    let objective = conditional_value_at_risk(&losses, confidence.max(0.0))?;
    Ok(Portfolio { weights, objective, gap: 0.0 })
}

fn scenarios(returns: &Matrix, confidence: f64) -> Scenarios<'_> {
    let count = as_number(returns.values().len().max(1));
    let mean = returns.values().iter().map(|value| value.abs()).sum::<f64>() / count;
    Scenarios {
        returns,
        by_asset: returns.transpose(),
        weight: 1.0 / (as_number(returns.rows()) * (1.0 - confidence)),
        unit: if mean > 0.0 { mean } else { 1.0 },
    }
}

/// The sample covariance of the columns.
fn scenario_covariance(returns: &Matrix) -> Matrix {
    let (rows, columns) = (returns.rows(), returns.columns());
    let mut means = vec![0.0; columns];
    for row in 0..rows {
        add_scaled(&mut means, 1.0 / as_number(rows), returns.row(row));
    }
    let mut covariance = Matrix::zeros(columns, columns);
    let mut centred = vec![0.0; columns];
    for row in 0..rows {
        for ((to, value), mean) in centred.iter_mut().zip(returns.row(row)).zip(&means) {
            *to = value - mean;
        }
        for asset in 0..columns {
            add_scaled(&mut covariance.row_mut(asset)[..=asset], centred[asset], &centred);
        }
    }
    let divisor = as_number(rows - 1).max(1.0);
    for row in 0..columns {
        for column in 0..=row {
            let value = covariance[(row, column)] / divisor;
            covariance[(row, column)] = value;
            covariance[(column, row)] = value;
        }
    }
    covariance
}
