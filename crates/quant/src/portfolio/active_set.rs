//! Quadratic programmes by the primal active set method, from one feasible point to the next.
//!
//! min ½ wᵀ Σ w + qᵀ x over a [`Polyhedron`]. Only the variables between their bounds are in the
//! equations, with a factor that grows and shrinks by one: a long-only portfolio of 40 out of 500
//! assets costs systems of 40. The last point stays, so that a neighbouring problem takes a few
//! steps. The answer is exact: it solves the equations of the final set.
//!
//! Sources: Nocedal and Wright, Numerical Optimization, 2nd edition, 16.5; Markowitz, Critical
//! Line Algorithm, for the idea that few assets are free.

use super::factor::{Factor, Singular};
use super::polyhedron::Polyhedron;
use crate::algebra::{Cholesky, Matrix, add_scaled, dot};
use crate::error::{Error, Result};

/// A multiplier below this part of the gradient counts as zero.
const MULTIPLIER_MIN: f64 = 1e-12;

/// A move below this part of one is rounding.
const MOVE_MIN: f64 = 1e-14;

/// What rounding leaves of a step whose parts cancel, as a part of them.
const CANCELLED: f64 = 1e-15;

/// A bound that rounding would carry a point over by no more than this does not end a step.
const OVERSHOT: f64 = 1e-11;

/// A row that is met within this is met.
const ROW_TOLERANCE: f64 = 1e-9;

/// Where a variable stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Lower,
    Upper,
    Free,
}

/// Why the method stopped without an answer.
#[derive(Debug)]
pub(super) enum Stop {
    /// The covariance of the free assets is singular.
    Singular,
    /// The limit of steps.
    Steps(usize),
    /// Rounding took the point off its rows, as where the covariance is nearly singular.
    Drifted,
}

impl From<Singular> for Stop {
    fn from(_: Singular) -> Self {
        Self::Singular
    }
}

impl From<Stop> for Error {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Singular => Self::Undefined {
                figure: "portfolio",
                why: "the covariance is not positive semidefinite",
            },
            Stop::Drifted => Self::NotConverged { method: "active set method", steps_max: 0 },
            Stop::Steps(steps_max) => Self::NotConverged { method: "active set method", steps_max },
        }
    }
}

/// What keeps a step from going on.
#[derive(Clone, Copy, Debug)]
enum Block {
    Variable(usize, Place),
    Row(usize, f64),
}

/// A step to the least on the active set.
#[derive(Debug)]
struct Direction {
    /// By free variable.
    step: Vec<f64>,
    /// By active row.
    multipliers: Vec<f64>,
    /// What is below this is rounding.
    noise: f64,
}

/// One point with its set of active constraints.
#[derive(Clone, Debug)]
pub(super) struct ActiveSet<'a> {
    covariance: &'a Matrix,
    /// Added to every diagonal value.
    ridge: f64,
    /// The curvature of variables that are no weights.
    own: f64,
    pub polyhedron: Polyhedron,
    pub values: Vec<f64>,
    pub places: Vec<Place>,
    free: Vec<usize>,
    factor: Factor,
    /// The rows that hold, each with the sum at which it does.
    active: Vec<(usize, f64)>,
    /// Rows that the active ones imply.
    implied: Vec<usize>,
    /// Σ w at the current point.
    gradient: Vec<f64>,
    /// The multipliers of the active rows at the last answer.
    pub row_multipliers: Vec<(usize, f64)>,
}

impl<'a> ActiveSet<'a> {
    /// Starts at `values`, which must obey bounds and rows.
    pub fn new(
        covariance: &'a Matrix,
        ridge: f64,
        polyhedron: Polyhedron,
        values: Vec<f64>,
    ) -> Result<Self, Stop> {
        let diagonal = covariance.diagonal();
        let own = diagonal.iter().fold(0.0_f64, |most, value| most.max(*value)).max(1e-300);
        let places = values.iter().zip(&polyhedron.variables).map(|(&value, variable)| {
            if value == variable.lower {
                Place::Lower
            } else if value == variable.upper {
                Place::Upper
            } else {
                Place::Free
            }
        });
        let mut answer = Self {
            covariance,
            ridge,
            own,
            places: places.collect(),
            polyhedron,
            values,
            free: Vec::new(),
            factor: Factor::default(),
            active: Vec::new(),
            implied: Vec::new(),
            gradient: Vec::new(),
            row_multipliers: Vec::new(),
        };
        answer.factor_free()?;
        answer.refresh_gradient();
        Ok(answer)
    }

    /// Goes to the least of ½ wᵀ Σ w + `linear`ᵀ x from the current point.
    pub fn minimise(&mut self, linear: &[f64]) -> Result<(), Stop> {
        let variables = self.values.len();
        let steps_max = 200 + 20 * (variables + self.polyhedron.rows.len());
        let mut still = 0;
        for _ in 0..steps_max {
            let slopes = self.slopes(linear);
            let Direction { step, multipliers, noise } = match self.direction(&slopes) {
                Some(direction) => direction,
                None => {
                    // The row that came last follows from the others: it need not be held.
                    let (row, _) = self.active.pop().ok_or(Stop::Singular)?;
                    self.implied.push(row);
                    self.direction(&slopes).ok_or(Stop::Singular)?
                }
            };
            let (length, block) = self.longest_step(&step, noise);
            let moved = self.advance(&step, length);
            still = if moved { 0 } else { still + 1 };
            match block {
                Some(Block::Variable(variable, place)) => self.fix(variable, place),
                Some(Block::Row(row, sum)) => self.active.push((row, sum)),
                None => {
                    let cautious = still > variables + self.polyhedron.rows.len();
                    let slopes = self.slopes(linear);
                    if !self.release(&slopes, &multipliers, cautious)? {
                        self.row_multipliers =
                            self.active.iter().map(|(row, _)| *row).zip(multipliers).collect();
                        self.refresh_gradient();
                        return Ok(());
                    }
                }
            }
        }
        Err(Stop::Steps(steps_max))
    }

    /// The weights of the current point.
    pub fn weights(&self) -> Vec<f64> {
        self.polyhedron.weights(&self.values)
    }

    /// The derivative by each variable.
    fn slopes(&self, linear: &[f64]) -> Vec<f64> {
        let variables = self.polyhedron.variables.iter().zip(&self.values).zip(linear);
        variables
            .map(|((variable, value), cost)| match variable.asset {
                Some(asset) => variable.sign * self.gradient[asset] + cost,
                None => self.own * value + cost,
            })
            .collect()
    }

    /// The step to the least on the active set, with the multipliers of the active rows, None where
    /// those depend on each other. It also takes back what rounding let an active row drift.
    fn direction(&self, slopes: &[f64]) -> Option<Direction> {
        let mut step: Vec<f64> = self.free.iter().map(|&variable| slopes[variable]).collect();
        self.factor.solve_lower(&mut step);
        let mut multipliers = Vec::new();
        let mut noise = MOVE_MIN / 10.0;
        if !self.active.is_empty() {
            let solved: Vec<Vec<f64>> =
                self.active.iter().map(|&(row, _)| self.solved_row(row)).collect();
            let mut alone = step.clone();
            self.factor.solve_upper(&mut alone);
            noise += CANCELLED * alone.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
            let right = self.active.iter().zip(&solved).map(|(&(row, sum), column)| {
                let drift = sum - dot(&self.polyhedron.rows[row].coefficients, &self.values);
                -dot(column, &step) - drift
            });
            multipliers = multipliers_of(&solved, right.collect())?;
            for (column, multiplier) in solved.iter().zip(&multipliers) {
                add_scaled(&mut step, *multiplier, column);
            }
            // As many rows as variables leave no way to go, whatever rounding says.
            if self.active.len() >= self.free.len() {
                step.fill(0.0);
            }
        }
        self.factor.solve_upper(&mut step);
        step.iter_mut().for_each(|value| *value = -*value);
        Some(Direction { step, multipliers, noise })
    }

    /// L⁻¹ times a row's coefficients of the free variables.
    fn solved_row(&self, row: usize) -> Vec<f64> {
        let coefficients = &self.polyhedron.rows[row].coefficients;
        let mut solved: Vec<f64> = self.free.iter().map(|&free| coefficients[free]).collect();
        self.factor.solve_lower(&mut solved);
        solved
    }

    /// How much of the step is allowed, and what stands in the way.
    fn longest_step(&self, direction: &[f64], noise: f64) -> (f64, Option<Block>) {
        let mut length = 1.0;
        let mut block = None;
        let largest = direction.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let least = noise.max(MOVE_MIN * largest);
        for (&variable, &speed) in self.free.iter().zip(direction) {
            let bounds = &self.polyhedron.variables[variable];
            let value = self.values[variable];
            let (room, place) = if speed < 0.0 {
                (value - bounds.lower, Place::Lower)
            } else {
                (bounds.upper - value, Place::Upper)
            };
            if speed.abs() <= least && speed.abs() - room <= OVERSHOT {
                continue;
            }
            let allowed = room.max(0.0) / speed.abs();
            if allowed < length {
                (length, block) = (allowed, Some(Block::Variable(variable, place)));
            }
        }
        for (index, row) in self.polyhedron.rows.iter().enumerate() {
            let is_held = self.active.iter().any(|(active, _)| *active == index);
            if is_held || self.implied.contains(&index) {
                continue;
            }
            let terms = self.free.iter().zip(direction);
            let speed: f64 = terms.map(|(&free, step)| row.coefficients[free] * step).sum();
            let size: f64 = self.free.iter().map(|&free| row.coefficients[free].abs()).sum();
            let value = dot(&row.coefficients, &self.values);
            let limit = if speed > 0.0 { row.upper } else { row.lower };
            let room = if speed > 0.0 { limit - value } else { value - limit };
            let is_noise = speed.abs() <= (1e-12 * largest + noise) * size;
            if speed == 0.0 || is_noise && speed.abs() - room <= OVERSHOT {
                continue;
            }
            let allowed = room.max(0.0) / speed.abs();
            if allowed < length {
                (length, block) = (allowed, Some(Block::Row(index, limit)));
            }
        }
        (length, block)
    }

    /// Moves, and says whether that changed anything.
    fn advance(&mut self, direction: &[f64], length: f64) -> bool {
        let mut largest = 0.0_f64;
        let mut moves: Vec<(usize, f64)> = Vec::with_capacity(direction.len());
        for (&variable, step) in self.free.iter().zip(direction) {
            let step = step * length;
            largest = largest.max(step.abs());
            let bounds = self.polyhedron.variables[variable];
            let value = self.values[variable] + step;
            self.values[variable] = value.max(bounds.lower).min(bounds.upper);
            if let Some(asset) = bounds.asset {
                moves.push((asset, bounds.sign * step));
            }
        }
        for (asset, step) in moves {
            if step != 0.0 {
                add_scaled(&mut self.gradient, step, self.covariance.row(asset));
                self.gradient[asset] += self.ridge * step;
            }
        }
        largest > MOVE_MIN
    }

    /// A variable that reached a bound stays there.
    fn fix(&mut self, variable: usize, place: Place) {
        self.implied.clear();
        if let Some(index) = self.free.iter().position(|&free| free == variable) {
            self.free.remove(index);
            self.factor.remove(index);
        }
        let bounds = self.polyhedron.variables[variable];
        self.values[variable] = if place == Place::Lower { bounds.lower } else { bounds.upper };
        self.places[variable] = place;
    }

    /// Lets go what holds the point back most; false where nothing does. A `cautious` release
    /// takes the first instead, which cannot go in circles (Bland).
    fn release(
        &mut self,
        slopes: &[f64],
        multipliers: &[f64],
        cautious: bool,
    ) -> Result<bool, Stop> {
        let mut priced = slopes.to_vec();
        for (&(row, _), multiplier) in self.active.iter().zip(multipliers) {
            add_scaled(&mut priced, *multiplier, &self.polyhedron.rows[row].coefficients);
        }
        self.implied.clear();
        let scale = slopes.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let least = MULTIPLIER_MIN * scale;
        if let Some(index) = self.worst_row(multipliers, least) {
            self.active.remove(index);
            return Ok(true);
        }
        let mut worst: Option<(usize, f64)> = None;
        for (variable, bounds) in self.polyhedron.variables.iter().enumerate() {
            let gain = match self.places[variable] {
                Place::Free => continue,
                Place::Lower => -priced[variable],
                Place::Upper => priced[variable],
            };
            let better = worst.is_none_or(|(_, most)| gain > most && !cautious);
            if gain > least && bounds.lower < bounds.upper && better && self.may_enter(variable) {
                worst = Some((variable, gain));
            }
        }
        let Some((variable, _)) = worst else {
            return Ok(false);
        };
        self.enter(variable)?;
        Ok(true)
    }

    /// The active row whose multiplier has the wrong sign.
    fn worst_row(&self, multipliers: &[f64], least: f64) -> Option<usize> {
        let mut worst: Option<(usize, f64)> = None;
        for (index, (&(row, sum), &multiplier)) in self.active.iter().zip(multipliers).enumerate() {
            let row = &self.polyhedron.rows[row];
            if row.lower == row.upper {
                continue;
            }
            let gain = if sum == row.upper { -multiplier } else { multiplier };
            if gain > least && worst.is_none_or(|(_, most)| gain > most) {
                worst = Some((index, gain));
            }
        }
        worst.map(|(index, _)| index)
    }

    /// A purchase and a sale of one asset are never both free: only their difference counts.
    fn may_enter(&self, variable: usize) -> bool {
        let variables = &self.polyhedron.variables;
        let asset = variables[variable].asset;
        let is_twin = |other: usize| {
            asset.is_some()
                && variables.get(other).is_some_and(|twin| twin.asset == asset)
                && self.places[other] == Place::Free
        };
        !(is_twin(variable + 1) || variable > 0 && is_twin(variable - 1))
    }

    fn enter(&mut self, variable: usize) -> Result<(), Stop> {
        let column = self.free.iter().map(|&free| self.curvature(variable, free)).collect();
        self.factor.append(column, self.curvature(variable, variable))?;
        self.free.push(variable);
        self.places[variable] = Place::Free;
        Ok(())
    }

    /// The second derivative by two variables.
    fn curvature(&self, left: usize, right: usize) -> f64 {
        let (a, b) = (self.polyhedron.variables[left], self.polyhedron.variables[right]);
        match (a.asset, b.asset) {
            (Some(row), Some(column)) => {
                let ridge = if row == column { self.ridge } else { 0.0 };
                a.sign * b.sign * (self.covariance[(row, column)] + ridge)
            }
            (None, None) if left == right => self.own,
            _ => 0.0,
        }
    }

    fn factor_free(&mut self) -> Result<(), Stop> {
        self.factor.clear();
        self.free.clear();
        let entering: Vec<usize> =
            (0..self.places.len()).filter(|&index| self.places[index] == Place::Free).collect();
        entering.into_iter().try_for_each(|variable| self.enter(variable))
    }

    /// Σ w anew, so that the rounding of many small moves does not add up.
    fn refresh_gradient(&mut self) {
        let weights = self.weights();
        let mut gradient = vec![0.0; weights.len()];
        for (asset, &weight) in weights.iter().enumerate() {
            if weight != 0.0 {
                add_scaled(&mut gradient, weight, self.covariance.row(asset));
                gradient[asset] += self.ridge * weight;
            }
        }
        self.gradient = gradient;
    }

    /// Whether every row is met.
    pub fn is_feasible(&self) -> bool {
        self.polyhedron.rows.iter().all(|row| {
            let value = dot(&row.coefficients, &self.values);
            let scale = 1.0 + row.lower.abs().min(row.upper.abs());
            value >= row.lower - ROW_TOLERANCE * scale && value <= row.upper + ROW_TOLERANCE * scale
        })
    }
}

/// λ of (VᵀV) λ = `right`, None where the rows depend on each other.
fn multipliers_of(solved: &[Vec<f64>], right: Vec<f64>) -> Option<Vec<f64>> {
    let size = solved.len();
    let mut gram = Matrix::zeros(size, size);
    for row in 0..size {
        for column in 0..=row {
            gram[(row, column)] = dot(&solved[row], &solved[column]);
        }
    }
    Cholesky::new(&gram).ok()?.solve(&right).ok()
}
