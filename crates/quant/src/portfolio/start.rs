//! A first point that obeys the linear constraints, or the names of those that contradict.

use super::active_set::{ActiveSet, Place, Stop};
use super::polyhedron::{Polyhedron, Row, Variable};
use crate::algebra::{Matrix, dot};
use crate::error::{Error, Result};

/// What one unit of a missed row costs, tried in turn against half the squared distance.
const PENALTIES: [f64; 2] = [1e3, 1e7];

/// A row that is missed by less is met.
const MISSED_MIN: f64 = 1e-10;

/// How many rules an error names.
const NAMES_MAX: usize = 6;

/// The polyhedron (with a variable for each row that the first guess misses) and a point of it.
pub(super) fn feasible_point(
    mut polyhedron: Polyhedron,
    variance: &[f64],
) -> Result<(Polyhedron, Vec<f64>)> {
    let mut values = guess(&polyhedron, variance)?;
    let own = polyhedron.variables.len();
    for index in 0..polyhedron.rows.len() {
        let missed = missed_by(&polyhedron.rows[index], &values);
        if missed != 0.0 {
            add_slack(&mut polyhedron, index, missed);
            values.push(missed.abs());
        }
    }
    if values.len() == own {
        return Ok((polyhedron, values));
    }
    let identity = Matrix::identity(variance.len());
    let mut missed = Error::Infeasible { why: String::new() };
    for penalty in PENALTIES {
        let start = ActiveSet::new(&identity, 0.0, polyhedron.clone(), values.clone());
        let mut search = start.map_err(Error::from)?;
        let mut linear = polyhedron.linear(&search.weights(), -1.0, 0.0);
        linear[own..].fill(penalty);
        match search.minimise(&linear) {
            Ok(()) => {}
            Err(Stop::Singular) => continue,
            Err(stop) => return Err(stop.into()),
        }
        if search.values[own..].iter().all(|&slack| slack <= MISSED_MIN) {
            let mut values = search.values;
            values[own..].fill(0.0);
            for variable in &mut polyhedron.variables[own..] {
                variable.upper = 0.0;
            }
            return Ok((polyhedron, values));
        }
        missed = Error::Infeasible { why: contradiction(&search, own, penalty) };
    }
    Err(missed)
}

/// As near to zero as the bounds allow, then each row filled up to what it asks, the calmest asset
/// first: few assets, and for sectors and the like already a point that obeys everything.
fn guess(polyhedron: &Polyhedron, variance: &[f64]) -> Result<Vec<f64>> {
    let variables = &polyhedron.variables;
    let calm = |index: usize| variables[index].asset.map_or(f64::INFINITY, |asset| variance[asset]);
    let mut order: Vec<usize> = (0..variables.len()).collect();
    order.sort_by(|&a, &b| calm(a).total_cmp(&calm(b)));
    let mut values: Vec<f64> =
        variables.iter().map(|v| 0.0_f64.max(v.lower).min(v.upper)).collect();
    for row in polyhedron.rows.iter().skip(1) {
        fill(polyhedron, &order, row, &mut values, true);
    }
    let Some(budget) = polyhedron.rows.first() else {
        return Ok(values);
    };
    let missing = fill(polyhedron, &order, budget, &mut values, true);
    if missing == 0.0 {
        return Ok(values);
    }
    let missing = fill(polyhedron, &order, budget, &mut values, false);
    if missing.abs() > MISSED_MIN {
        let side = if missing > 0.0 { "upper" } else { "lower" };
        let why = format!("the budget cannot be reached within the {side} bounds, by {missing}");
        return Err(Error::Infeasible { why });
    }
    Ok(values)
}

/// Moves values, in order, until the row is met; what is still missing. `polite` moves push no
/// other row over its limit.
fn fill(
    polyhedron: &Polyhedron,
    order: &[usize],
    row: &Row,
    values: &mut [f64],
    polite: bool,
) -> f64 {
    let mut missing = missed_by(row, values);
    let mut sums: Vec<f64> = Vec::new();
    if polite && missing != 0.0 {
        sums = polyhedron.rows.iter().map(|other| dot(&other.coefficients, values)).collect();
    }
    for &index in order {
        let (variable, coefficient) = (&polyhedron.variables[index], row.coefficients[index]);
        if missing == 0.0 || coefficient == 0.0 {
            continue;
        }
        let mut step = missing / coefficient;
        for (other, sum) in polyhedron.rows.iter().zip(&sums) {
            let speed = other.coefficients[index] * step.signum();
            if speed != 0.0 && !std::ptr::eq(other, row) {
                let room = if speed > 0.0 { other.upper - sum } else { sum - other.lower };
                step = step.signum() * step.abs().min(room.max(0.0) / speed.abs());
            }
        }
        let wanted = values[index] + step;
        let reached = wanted.max(variable.lower).min(variable.upper);
        let moved = reached - values[index];
        for (other, sum) in polyhedron.rows.iter().zip(&mut sums) {
            *sum += other.coefficients[index] * moved;
        }
        let whole = reached == values[index] + missing / coefficient;
        missing = if whole { 0.0 } else { missing - coefficient * moved };
        values[index] = reached;
    }
    missing
}

/// What must be added to the row's sum; rounding is none.
fn missed_by(row: &Row, values: &[f64]) -> f64 {
    let sum = dot(&row.coefficients, values);
    let scale = 1e-14 * (1.0 + row.coefficients.iter().map(|c| c.abs()).sum::<f64>());
    if sum < row.lower - scale {
        row.lower - sum
    } else if sum > row.upper + scale {
        row.upper - sum
    } else {
        0.0
    }
}

fn add_slack(polyhedron: &mut Polyhedron, index: usize, missed: f64) {
    polyhedron.variables.push(Variable {
        asset: None,
        sign: missed.signum(),
        lower: 0.0,
        upper: f64::INFINITY,
        cost: 0.0,
    });
    for (at, row) in polyhedron.rows.iter_mut().enumerate() {
        row.coefficients.push(if at == index { missed.signum() } else { 0.0 });
    }
}

/// The rules that hold each other: those that the least violation presses against.
fn contradiction(search: &ActiveSet<'_>, own: usize, penalty: f64) -> String {
    let rows = &search.polyhedron.rows;
    let mut names: Vec<String> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let slack = row.coefficients[own..].iter().zip(&search.values[own..]);
        let missed: f64 = slack.map(|(c, value)| c * value).sum();
        if missed.abs() > MISSED_MIN {
            names.push(format!("{} (missed by {:.3e})", row.name, missed.abs()));
        } else if search.row_multipliers.iter().any(|(r, m)| *r == at && m.abs() > 1e-3 * penalty) {
            names.push(row.name.clone());
        }
    }
    let involved = |variable: usize| {
        let coefficient = |(row, m): &(usize, f64)| m * rows[*row].coefficients[variable];
        let pressure: f64 = search.row_multipliers.iter().map(coefficient).sum();
        pressure.abs() > 1e-3 * penalty && search.places[variable] != Place::Free
    };
    let bound: Vec<String> = (0..own)
        .filter(|&variable| involved(variable))
        .filter_map(|variable| search.polyhedron.variables[variable].asset)
        .map(|asset| asset.to_string())
        .collect();
    let more = bound.len().saturating_sub(NAMES_MAX);
    if !bound.is_empty() {
        let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
        let shown = bound[..bound.len().min(NAMES_MAX)].join(", ");
        names.push(format!("the bounds of assets {shown}{tail}"));
    }
    names.join(" against ")
}
