//! Portfolios by the mean of their worst scenarios.

use super::cardinality;
use super::constraints::{Constraints, Tracking};
use super::mean_variance::{Portfolio, as_number};
use super::polyhedron::Polyhedron;
use super::scenarios::Scenarios;
use super::search::{Fault, Search, with_ridge};
use super::tail::TailSearch;
use crate::algebra::{Matrix, add_scaled, dot};
use crate::error::{Error, Result, all_finite, at_least, same_length};

/// The most values (scenarios × assets) of one problem.
pub const SCENARIO_VALUES_MAX: usize = 50_000_000;

/// The most planes that stand for a tracking error.
const CUTS_MAX: usize = 400;

/// A portfolio whose CVaR is above the least by less than this part of a return is the answer.
const CUT_GAP: f64 = 1e-7;

/// The portfolio of least conditional value at risk: the mean of the worst 1 − `confidence` of
/// the scenarios' losses, min over t of t + Σ max(0, lossₛ − t) / (S (1 − confidence)).
///
/// A row of `returns` is a scenario, a column an asset; `objective` is the CVaR, in the units of
/// the returns and positive for a loss. Where several portfolios have the least, one of them.
/// Rockafellar and Uryasev (2000). A tracking error is measured with the scenarios' covariance
/// and approached by planes: there the CVaR is the least within 1e-7 of a
/// mean absolute return.
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
    cardinality::solve(constraints, |rules| least(&scenarios, &covariance, rules))
}

/// The mean of the worst 1 − `confidence` of `losses`; the scenario at the edge counts in part.
///
/// # Errors
/// [`Error::TooShort`] without losses, [`Error::NotFinite`], [`Error::OutOfBounds`] for a
/// `confidence` outside 0 ≤ c < 1.
///
/// ```
/// let losses = [0.05, -0.01, 0.03, 0.00];
/// let mean = quant::portfolio::conditional_value_at_risk(&losses, 0.5)?;
/// assert!((mean - 0.04).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn conditional_value_at_risk(losses: &[f64], confidence: f64) -> Result<f64> {
    at_least("losses", losses.len(), 1)?;
    all_finite("losses", losses)?;
    if !(0.0..1.0).contains(&confidence) {
        return Err(Error::out_of_bounds("confidence", confidence, "0 to below 1"));
    }
    Ok(worst_mean(losses, as_number(losses.len()) * (1.0 - confidence)))
}

/// The mean of the `count` greatest losses, the last of which may count in part.
fn worst_mean(losses: &[f64], count: f64) -> f64 {
    let mut sorted = losses.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let mut left = count;
    let mut sum = 0.0;
    for loss in sorted {
        let share = left.min(1.0);
        sum += share * loss;
        left -= share;
    }
    sum / count
}

/// The least CVaR, from the portfolio of least variance or of least tracking error on.
///
/// Where a tracking error is limited, planes that touch its ellipsoid stand for it (Veinott 1967):
/// the answer over the planes is a lower bound, the point where the way there leaves the ellipsoid
/// is a portfolio, and its plane is the next. It ends when both are worth the same.
fn least(scenarios: &Scenarios<'_>, covariance: &Matrix, rules: &Constraints) -> Result<Portfolio> {
    let (mut polyhedron, mut values) = with_ridge(covariance, |attempt| -> Result<_, Fault> {
        let mut search = Search::new(covariance, rules, attempt, None)?;
        if rules.tracking.is_some() {
            search.nearest()?;
        } else {
            search.at(&vec![0.0; rules.assets()], 0.0)?;
        }
        Ok((search.set.polyhedron, search.set.values))
    })?;
    let inside = values.clone();
    for _ in 0..CUTS_MAX {
        let found = TailSearch::new(scenarios, &polyhedron, values)?.minimise()?;
        let Some(tracking) = &rules.tracking else {
            return scenarios.portfolio(polyhedron.weights(&found));
        };
        let bound = scenarios.portfolio(polyhedron.weights(&found))?;
        if tracking.error(&bound.weights, covariance)? <= tracking.error_max {
            return Ok(bound);
        }
        values = leave(tracking, covariance, &polyhedron, (&inside, &found))?;
        let answer = scenarios.portfolio(polyhedron.weights(&values))?;
        let gap = answer.objective - bound.objective;
        if gap <= CUT_GAP * scenarios.unit {
            return Ok(answer);
        }
        add_plane(&mut polyhedron, tracking, covariance, &answer.weights)?;
    }
    let method = "planes around the tracking error";
    Err(Error::NotConverged { method, steps_max: CUTS_MAX })
}

/// The last point within the tracking error on the way from `inside` to `outside`.
fn leave(
    tracking: &Tracking,
    covariance: &Matrix,
    polyhedron: &Polyhedron,
    (inside, outside): (&[f64], &[f64]),
) -> Result<Vec<f64>> {
    let at = |part: f64| -> Vec<f64> {
        let pairs = inside.iter().zip(outside);
        let mut values: Vec<f64> = pairs.map(|(a, b)| (1.0 - part) * a + part * b).collect();
        polyhedron.net_trades(&mut values);
        values
    };
    let (mut good, mut bad) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(good, bad);
        let error = tracking.error(&polyhedron.weights(&at(middle)), covariance)?;
        if error <= tracking.error_max {
            good = middle;
        } else {
            bad = middle;
        }
    }
    Ok(at(good))
}

/// The half-space of the plane that touches the ellipsoid where `weights` are.
fn add_plane(
    polyhedron: &mut Polyhedron,
    tracking: &Tracking,
    covariance: &Matrix,
    weights: &[f64],
) -> Result<()> {
    let pairs = weights.iter().zip(&tracking.benchmark);
    let active: Vec<f64> = pairs.map(|(weight, held)| weight - held).collect();
    let mut slope = covariance.multiply_vector(&active)?;
    let size = dot(&slope, &slope).sqrt();
    if size > 0.0 {
        slope.iter_mut().for_each(|value| *value /= size);
        let limit = dot(&slope, weights);
        polyhedron.add_row("tracking error", &slope, (f64::NEG_INFINITY, limit));
    }
    Ok(())
}

impl Scenarios<'_> {
    /// Weights with their CVaR.
    fn portfolio(&self, weights: Vec<f64>) -> Result<Portfolio> {
        let mut losses = self.returns.multiply_vector(&weights)?;
        losses.iter_mut().for_each(|value| *value = -*value);
        Ok(Portfolio { objective: worst_mean(&losses, 1.0 / self.weight), weights, gap: 0.0 })
    }
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
