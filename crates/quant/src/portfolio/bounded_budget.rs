//! Shares of risk under bounds on weights: the least of ½ ln(xᵀ Σ x) − Σ bᵢ ln xᵢ among the weights
//! that obey, by a primal-dual interior point and a last step of Newton on the bounds that it ends
//! at.
//!
//! With w = s x it is convex: ½ wᵀ Σ w − Σ bᵢ ln wᵢ over the cone lᵢ Σw ≤ wᵢ ≤ uᵢ Σw, which is how
//! skfolio puts it to its solver. Boyd and Vandenberghe, Convex Optimization (2004), 11.7.

use super::weight_bounds::WeightBounds;
use crate::algebra::{Cholesky, Matrix, dot};
use crate::error::{Error, Result};

/// Steps of the interior point.
const STEPS_MAX: usize = 200;

/// The sum of bounds times their multipliers at which it ends.
const GAP: f64 = 1e-10;

/// The slope, relative to the values, at which it ends.
const SLOPE: f64 = 1e-12;

/// A gap and a slope that are still an answer where rounding forbids the ones above.
const ACCEPTED: f64 = 1e-7;

/// The part of the way to the nearest bound that a step goes.
const STAY_INSIDE: f64 = 0.99;

/// Weights for budgets that add up to 1, under bounds that were checked.
pub(super) fn solve(
    covariance: &Matrix,
    budgets: &[f64],
    bounds: &WeightBounds,
) -> Result<Vec<f64>> {
    let (least, most) = bounds.sums();
    let room = (1.0 - least) / (most - least);
    if !(1e-12..=1.0 - 1e-12).contains(&room) {
        let only = if room < 0.5 { &bounds.lower } else { &bounds.upper };
        return Ok(if most > least { only.clone() } else { bounds.lower.clone() });
    }
    let pairs = || bounds.lower.iter().zip(&bounds.upper);
    let fixed: Vec<Option<f64>> =
        pairs().map(|(lower, upper)| (upper <= lower).then_some(*lower)).collect();
    let inside: Vec<f64> = pairs().map(|(lower, upper)| lower + room * (upper - lower)).collect();
    let problem = Problem::new(covariance, budgets, &fixed)?;
    let found = problem.minimise(&inside, Some(bounds))?;
    let weights = problem.weights(&found.values);
    // What is at a bound is taken to be exactly there, and the others are found anew.
    let mut held = fixed.clone();
    for (free, &asset) in problem.free.iter().enumerate() {
        if found.is_at(free) {
            held[asset] = Some(bounds.lower[asset]);
        } else if found.is_at(free + problem.free.len()) {
            held[asset] = Some(bounds.upper[asset]);
        }
    }
    let polished = Problem::new(covariance, budgets, &held)
        .and_then(|problem| Ok(problem.weights(&problem.minimise(&weights, None)?.values)));
    let objective = |weights: &[f64]| -> Result<f64> {
        let logarithms = weights.iter().zip(budgets).map(|(weight, budget)| budget * weight.ln());
        Ok(0.5 * covariance.quadratic_form(weights)?.ln() - logarithms.sum::<f64>())
    };
    match polished {
        Ok(polished) if bounds.hold(&polished) => {
            let is_better = objective(&polished)? <= objective(&weights)? + 1e-12;
            Ok(if is_better { polished } else { weights })
        }
        Ok(_) | Err(_) => Ok(weights),
    }
}

/// The problem over the weights that are not fixed, in values v = s x: the fixed ones are parts of
/// the sum s = Σv / (1 − Σ fixed) and leave their traces in the matrix.
struct Problem<'a> {
    matrix: Matrix,
    budgets: Vec<f64>,
    /// What the fixed ones add to the budget of the sum.
    budget_of_sum: f64,
    /// 1 / (1 − Σ fixed).
    per_free: f64,
    free: Vec<usize>,
    fixed: &'a [Option<f64>],
}

/// Where the interior point stands: values, the distances to their bounds, and the multipliers of
/// these; lower bounds first, and zero where there is none.
struct Point {
    values: Vec<f64>,
    room: Vec<f64>,
    multipliers: Vec<f64>,
}

impl Point {
    /// Whether a bound holds the answer: nearer than its multiplier is great, both as shares.
    fn is_at(&self, bound: usize) -> bool {
        let sum: f64 = self.values.iter().sum();
        let (room, multiplier) =
            (self.room.get(bound).copied(), self.multipliers.get(bound).copied());
        multiplier.unwrap_or(0.0) * sum > room.unwrap_or(0.0) / sum
    }
}

impl<'a> Problem<'a> {
    fn new(covariance: &Matrix, budgets: &[f64], fixed: &'a [Option<f64>]) -> Result<Self> {
        let free: Vec<usize> = (0..fixed.len()).filter(|&asset| fixed[asset].is_none()).collect();
        let taken: f64 = fixed.iter().flatten().sum();
        let per_free = 1.0 / (1.0 - taken);
        let shares: Vec<f64> = fixed.iter().map(|share| share.unwrap_or(0.0) * per_free).collect();
        let slopes = covariance.multiply_vector(&shares)?;
        let own = dot(&shares, &slopes);
        let mut matrix = covariance.block(&free, &free);
        for (row, &asset) in free.iter().enumerate() {
            for (column, &other) in free.iter().enumerate() {
                matrix[(row, column)] += slopes[asset] + slopes[other] + own;
            }
        }
        let of_fixed = |asset: &usize| if fixed[*asset].is_some() { budgets[*asset] } else { 0.0 };
        let budget_of_sum = (0..fixed.len()).map(|asset| of_fixed(&asset)).sum();
        let budgets = free.iter().map(|&asset| budgets[asset]).collect();
        Ok(Self { matrix, budgets, budget_of_sum, per_free, free, fixed })
    }

    /// All weights of the values of the free ones.
    fn weights(&self, values: &[f64]) -> Vec<f64> {
        let sum = self.per_free * values.iter().sum::<f64>();
        let mut weights: Vec<f64> = self.fixed.iter().map(|share| share.unwrap_or(0.0)).collect();
        for (asset, value) in self.free.iter().zip(values) {
            weights[*asset] = value / sum;
        }
        weights
    }

    /// The least, from weights inside the bounds.
    fn minimise(&self, inside: &[f64], bounds: Option<&WeightBounds>) -> Result<Point> {
        let limits = self.limits(bounds);
        let mut values: Vec<f64> = self.free.iter().map(|&asset| inside[asset]).collect();
        let scale = 1.0 / self.matrix.quadratic_form(&values)?.sqrt();
        values.iter_mut().for_each(|value| *value *= scale);
        let room = limits.room(&values);
        let count = limits.count();
        let start = |room: &f64| if *room > 0.0 { 0.1 / count / room } else { 0.0 };
        let mut point = Point { multipliers: room.iter().map(start).collect(), values, room };
        for _ in 0..STEPS_MAX {
            let gap = dot(&point.room, &point.multipliers);
            let slope = size_of(&self.slope(&point, &limits)?, &point.values);
            if gap <= GAP && slope <= SLOPE {
                return Ok(point);
            }
            let aim = if count > 0.0 { 0.1 * gap / count } else { 0.0 };
            match self.step(&point, &limits, aim)? {
                Some(next) => point = next,
                None if gap <= ACCEPTED && slope <= ACCEPTED => return Ok(point),
                None => break,
            }
        }
        let method = "risk budgets within bounds by an interior point";
        Err(Error::NotConverged { method, steps_max: STEPS_MAX })
    }

    fn limits(&self, bounds: Option<&WeightBounds>) -> Limits {
        let scaled = |values: &[f64], is_bound: fn(f64) -> bool| {
            let one =
                |&asset: &usize| is_bound(values[asset]).then_some(values[asset] * self.per_free);
            self.free.iter().map(one).collect()
        };
        match bounds {
            Some(bounds) => Limits {
                lower: scaled(&bounds.lower, |lower| lower > 0.0),
                upper: scaled(&bounds.upper, |upper| upper < 1.0),
            },
            None => {
                Limits { lower: vec![None; self.free.len()], upper: vec![None; self.free.len()] }
            }
        }
    }

    /// The slope of the function less what the multipliers push back.
    fn slope(&self, point: &Point, limits: &Limits) -> Result<Vec<f64>> {
        let of_sum = self.budget_of_sum / point.values.iter().sum::<f64>();
        let pushed = limits.pushed(&point.multipliers);
        let slopes = self.matrix.multiply_vector(&point.values)?;
        let parts = slopes.iter().zip(&self.budgets).zip(&point.values).zip(&pushed);
        let slope = parts
            .map(|(((slope, budget), value), pushed)| slope - budget / value - of_sum - pushed);
        Ok(slope.collect())
    }

    /// A step towards `aim` for each bound times its multiplier; none where rounding forbids it.
    fn step(&self, point: &Point, limits: &Limits, aim: f64) -> Result<Option<Point>> {
        let (values, sum) = (&point.values, point.values.iter().sum::<f64>());
        let stiffness: Vec<f64> = point
            .room
            .iter()
            .zip(&point.multipliers)
            .map(|(room, multiplier)| if *room > 0.0 { multiplier / room } else { 0.0 })
            .collect();
        let curved = limits.curved(&stiffness);
        let constant = curved.constant + self.budget_of_sum / (sum * sum);
        let mut curvature = Matrix::zeros(values.len(), values.len());
        for row in 0..values.len() {
            for column in 0..=row {
                let whole = self.matrix[(row, column)] + constant
                    - curved.shared[row]
                    - curved.shared[column];
                curvature[(row, column)] = values[row] * values[column] * whole;
            }
            curvature[(row, row)] +=
                self.budgets[row] + values[row] * values[row] * curved.own[row];
        }
        let Ok(factor) = Cholesky::new(&curvature) else {
            return Ok(None);
        };
        let wanted: Vec<f64> =
            point.room.iter().map(|room| if *room > 0.0 { aim / room } else { 0.0 }).collect();
        let aimed = Point { multipliers: wanted.clone(), ..point.copied() };
        let slope = self.slope(&aimed, limits)?;
        let right: Vec<f64> = slope.iter().zip(values).map(|(slope, v)| -slope * v).collect();
        let relative = factor.solve(&right)?;
        let step: Vec<f64> = relative.iter().zip(values).map(|(part, v)| part * v).collect();
        let room_step = limits.change(&step);
        let push: Vec<f64> = (0..point.room.len())
            .map(|at| wanted[at] - point.multipliers[at] - stiffness[at] * room_step[at])
            .collect();
        self.shortened(point, limits, aim, &(step, push))
    }

    /// The step, shortened until it stays inside and the equations hold better.
    fn shortened(
        &self,
        point: &Point,
        limits: &Limits,
        aim: f64,
        (step, push): &(Vec<f64>, Vec<f64>),
    ) -> Result<Option<Point>> {
        let farthest = |values: &[f64], step: &[f64]| {
            let ends =
                values.iter().zip(step).filter(|(value, step)| **value > 0.0 && **step < 0.0);
            ends.map(|(value, step)| -STAY_INSIDE * value / step).fold(1.0, f64::min)
        };
        let room_step = limits.change(step);
        let mut length = farthest(&point.values, step)
            .min(farthest(&point.multipliers, push))
            .min(farthest(&point.room, &room_step));
        let before = self.distance(point, limits, aim)?;
        while length > 1e-12 {
            let moved = |from: &[f64], by: &[f64]| -> Vec<f64> {
                from.iter().zip(by).map(|(from, by)| from + length * by).collect()
            };
            let values = moved(&point.values, step);
            let room = limits.room(&values);
            let next = Point { room, multipliers: moved(&point.multipliers, push), values };
            let is_inside =
                next.room.iter().zip(&point.room).all(|(to, from)| *to > 0.0 || *from <= 0.0);
            if is_inside && self.distance(&next, limits, aim)? <= (1.0 - 0.01 * length) * before {
                return Ok(Some(next));
            }
            length *= 0.5;
        }
        Ok(None)
    }

    /// How far the equations are from holding.
    fn distance(&self, point: &Point, limits: &Limits, aim: f64) -> Result<f64> {
        let slope = size_of(&self.slope(point, limits)?, &point.values);
        let pairs = point.room.iter().zip(&point.multipliers).filter(|(room, _)| **room > 0.0);
        let centred: f64 = pairs.map(|(room, push)| (room * push - aim).powi(2)).sum();
        Ok((slope * slope + centred).sqrt())
    }
}

impl Point {
    fn copied(&self) -> Self {
        let Self { values, room, multipliers } = self;
        Self { values: values.clone(), room: room.clone(), multipliers: multipliers.clone() }
    }
}

fn size_of(slope: &[f64], values: &[f64]) -> f64 {
    slope.iter().zip(values).map(|(slope, value)| (slope * value).powi(2)).sum::<f64>().sqrt()
}

/// Bounds as parts of the sum of the free values; none where there is no bound.
struct Limits {
    lower: Vec<Option<f64>>,
    upper: Vec<Option<f64>>,
}

/// What the bounds add to the curvature: to the diagonal, to rows and columns, everywhere.
struct Curved {
    own: Vec<f64>,
    shared: Vec<f64>,
    constant: f64,
}

impl Limits {
    fn count(&self) -> f64 {
        let bounds = self.lower.iter().chain(&self.upper).flatten();
        bounds.fold(0.0, |count, _| count + 1.0)
    }

    /// The distance from each bound.
    fn room(&self, values: &[f64]) -> Vec<f64> {
        self.change(values)
    }

    /// How the distances change with the values; they are linear, so that this is also what they
    /// are.
    fn change(&self, step: &[f64]) -> Vec<f64> {
        let sum: f64 = step.iter().sum();
        let lower = self.lower.iter().zip(step);
        let lower = lower.map(|(bound, step)| bound.map_or(0.0, |bound| step - bound * sum));
        let upper = self.upper.iter().zip(step);
        lower
            .chain(upper.map(|(bound, step)| bound.map_or(0.0, |bound| bound * sum - step)))
            .collect()
    }

    /// What multipliers of the bounds push each value by.
    fn pushed(&self, multipliers: &[f64]) -> Vec<f64> {
        let (low, high) = multipliers.split_at(self.lower.len());
        let part = |bounds: &[Option<f64>], push: &[f64]| -> f64 {
            bounds.iter().zip(push).map(|(bound, push)| bound.unwrap_or(0.0) * push).sum()
        };
        let all = part(&self.upper, high) - part(&self.lower, low);
        low.iter().zip(high).map(|(low, high)| low - high + all).collect()
    }

    fn curved(&self, stiffness: &[f64]) -> Curved {
        let (low, high) = stiffness.split_at(self.lower.len());
        let own = low.iter().zip(high).map(|(low, high)| low + high).collect();
        let bound = |bound: Option<f64>| bound.unwrap_or(0.0);
        let mut shared = Vec::with_capacity(low.len());
        let mut constant = 0.0;
        for at in 0..low.len() {
            let (lower, upper) = (bound(self.lower[at]), bound(self.upper[at]));
            shared.push(low[at] * lower + high[at] * upper);
            constant += low[at] * lower * lower + high[at] * upper * upper;
        }
        Curved { own, shared, constant }
    }
}
