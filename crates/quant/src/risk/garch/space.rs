//! Parameters without bounds, in which the search moves, and the way back.

use super::likelihood::{ALPHA, BETA, COUNT, FREEDOM, GAMMA, MEAN, OMEGA, Sample};
use super::minimise::minimise;
use super::{Innovation, Mean, Model, Specification};
use crate::Result;
use crate::algebra::{Cholesky, Matrix};

/// arch's bounds of the degrees of freedom.
const FREEDOM_MIN: f64 = 2.05;
const FREEDOM_MAX: f64 = 500.0;

/// How many of the starts on the grid are followed to their end.
const STARTS: usize = 2;

pub(super) struct Space {
    specification: Specification,
}

/// Standard errors, and the one covariance that a change of units needs.
pub(super) struct Errors {
    pub of_each: [f64; COUNT],
    pub omega_with_beta: f64,
}

impl Space {
    pub(super) fn new(specification: &Specification) -> Self {
        Self { specification: *specification }
    }

    /// Which parameters the specification has.
    pub(super) fn active(&self) -> impl Iterator<Item = usize> + use<> {
        let Specification { model, mean, innovation } = self.specification;
        (0..COUNT).filter(move |index| match *index {
            MEAN => mean == Mean::Constant,
            GAMMA => model != Model::Garch,
            FREEDOM => innovation == Innovation::Student,
            _ => true,
        })
    }

    /// The parameters of a point.
    pub(super) fn natural(&self, point: &[f64]) -> [f64; COUNT] {
        self.with_slopes(point).0
    }

    /// The point with the highest likelihood.
    pub(super) fn search(&self, sample: &Sample) -> Result<Vec<f64>> {
        let count = sample.count() as f64;
        let value = |point: &[f64]| {
            let (natural, slopes) = self.with_slopes(point);
            let found = sample.evaluate(&natural, |_| ());
            let by_natural = &found.gradient;
            let slope = |column: &[f64; COUNT]| -> f64 {
                column.iter().zip(by_natural).map(|(by, gradient)| by * gradient).sum()
            };
            let gradient = slopes.iter().map(|column| -slope(column) / count).collect();
            (-found.log_likelihood / count, gradient)
        };
        let mut starts: Vec<(f64, Vec<f64>)> = self
            .grid(sample.mean())
            .into_iter()
            .map(|point| (value(&point).0, point))
            .filter(|(height, _)| height.is_finite())
            .collect();
        starts.sort_by(|left, right| left.0.total_cmp(&right.0));
        let mut best: Option<Result<(f64, Vec<f64>)>> = None;
        for (_, start) in starts.into_iter().take(STARTS) {
            let found = minimise(&value, start);
            let better = match (&best, &found) {
                (Some(Ok((lowest, _))), Ok((height, _))) => height < lowest,
                (Some(Ok(_)), Err(_)) => false,
                _ => true,
            };
            if better {
                best = Some(found);
            }
        }
        let none = crate::Error::NotConverged { method: "the fit of GARCH", steps_max: 0 };
        best.unwrap_or(Err(none)).map(|(_, point)| point)
    }

    /// Starts over a range of persistence and of weight on the last return.
    fn grid(&self, mean: f64) -> Vec<Vec<f64>> {
        let mut grid = Vec::new();
        for persistence in [0.6, 0.9, 0.97, 0.99] {
            for weight in [0.02, 0.05, 0.1, 0.2] {
                let mut point = Vec::new();
                for index in self.active() {
                    let slack: f64 = 1.0 - persistence;
                    point.push(match (self.specification.model, index) {
                        (_, MEAN) => mean,
                        (_, FREEDOM) => (8.0_f64 - FREEDOM_MIN).ln() - (FREEDOM_MAX - 8.0).ln(),
                        (Model::Egarch, OMEGA) => 0.0,
                        (Model::Egarch, ALPHA) => 2.0 * weight,
                        (Model::Egarch, GAMMA) => -0.5 * weight,
                        (Model::Egarch, _) => persistence.atanh(),
                        (_, OMEGA) => slack.ln(),
                        (Model::Garch, ALPHA) => (weight / slack).ln(),
                        // Half of the weight on all returns, the other half on losses too.
                        (Model::Gjr, ALPHA) => (0.25 * weight / slack).ln(),
                        (Model::Gjr, GAMMA) => (0.75 * weight / slack).ln(),
                        (_, _) => ((persistence - weight) / slack).ln(),
                    });
                }
                grid.push(point);
            }
        }
        grid
    }

    /// The parameters of a point, and for each coordinate their derivatives.
    fn with_slopes(&self, point: &[f64]) -> ([f64; COUNT], Vec<[f64; COUNT]>) {
        let mut free = [0.0; COUNT];
        let active: Vec<usize> = self.active().collect();
        for (index, value) in active.iter().zip(point) {
            free[*index] = *value;
        }
        let mut natural = free;
        let mut slopes = [[0.0; COUNT]; COUNT];
        for (index, row) in slopes.iter_mut().enumerate() {
            row[index] = 1.0;
        }
        match self.specification.model {
            Model::Egarch => {
                natural[BETA] = free[BETA].tanh();
                slopes[BETA][BETA] = 1.0 - natural[BETA] * natural[BETA];
            }
            Model::Garch => bounded(&free, &mut natural, &mut slopes, &[(ALPHA, 1.0)]),
            Model::Gjr => gjr(&free, &mut natural, &mut slopes),
        }
        let share = 1.0 / (1.0 + (-free[FREEDOM]).exp());
        natural[FREEDOM] = FREEDOM_MIN + (FREEDOM_MAX - FREEDOM_MIN) * share;
        slopes[FREEDOM][FREEDOM] = (FREEDOM_MAX - FREEDOM_MIN) * share * (1.0 - share);
        (natural, active.iter().map(|index| slopes[*index]).collect())
    }

    /// Bollerslev and Wooldridge's errors: the inverse of the curvature around the scores'
    /// products.
    pub(super) fn errors(&self, sample: &Sample, natural: &[f64; COUNT]) -> Option<Errors> {
        let active: Vec<usize> = self.active().collect();
        let size = active.len();
        let mut curvature = Matrix::zeros(size, size);
        for (row, index) in active.iter().enumerate() {
            let step = 1e-5 * natural[*index].abs().max(1e-2);
            let moved = [step, -step].map(|by| {
                let mut at = *natural;
                at[*index] += by;
                sample.evaluate(&at, |_| ()).gradient
            });
            for (column, other) in active.iter().enumerate() {
                let slope = (moved[1][*other] - moved[0][*other]) / (2.0 * step);
                curvature[(row, column)] += 0.5 * slope;
                curvature[(column, row)] += 0.5 * slope;
            }
        }
        let factor = Cholesky::new(&curvature).ok()?;
        let mut products = Matrix::zeros(size, size);
        sample.evaluate(natural, |period| {
            for (row, left) in active.iter().enumerate() {
                for (column, right) in active.iter().enumerate() {
                    products[(row, column)] += period.score[*left] * period.score[*right];
                }
            }
        });
        let columns: Result<Vec<Vec<f64>>> = (0..size)
            .map(|index| {
                let unit: Vec<f64> = (0..size).map(|i| f64::from(u8::from(i == index))).collect();
                factor.solve(&unit)
            })
            .collect();
        let inverse = columns.ok()?;
        let covariance = |left: usize, right: usize| -> Option<f64> {
            let turned = products.multiply_vector(&inverse[right]).ok()?;
            Some(crate::algebra::dot(&inverse[left], &turned))
        };
        let mut of_each = [0.0; COUNT];
        for (row, index) in active.iter().enumerate() {
            of_each[*index] = covariance(row, row)?.max(0.0).sqrt();
        }
        let place = |wanted: usize| active.iter().position(|index| *index == wanted);
        let omega_with_beta = covariance(place(OMEGA)?, place(BETA)?)?;
        of_each.iter().all(|error| error.is_finite()).then_some(Errors { of_each, omega_with_beta })
    }
}

type Slopes = [[f64; COUNT]; COUNT];

/// ω > 0 by its logarithm; the named shares and β by a softmax, so that all are above 0 and add up
/// to less than 1. A share divided by its weight is the parameter.
fn bounded(
    free: &[f64; COUNT],
    natural: &mut [f64; COUNT],
    slopes: &mut Slopes,
    named: &[(usize, f64)],
) {
    natural[OMEGA] = free[OMEGA].exp();
    slopes[OMEGA][OMEGA] = natural[OMEGA];
    let all: Vec<(usize, f64)> = named.iter().copied().chain([(BETA, 1.0)]).collect();
    let top = all.iter().map(|(index, _)| free[*index]).fold(0.0, f64::max);
    let size = |index: usize| (free[index] - top).exp();
    let whole = (-top).exp() + all.iter().map(|(index, _)| size(*index)).sum::<f64>();
    for (index, weight) in &all {
        natural[*index] = size(*index) / whole / weight;
    }
    for (by, _) in &all {
        let share_by = size(*by) / whole;
        for (index, weight) in &all {
            let same = if by == index { 1.0 } else { 0.0 };
            slopes[*by][*index] = size(*index) / whole * (same - share_by) / weight;
        }
    }
}

/// α/2 and (α + γ)/2 are shares: what gains and what losses add to the persistence.
fn gjr(free: &[f64; COUNT], natural: &mut [f64; COUNT], slopes: &mut Slopes) {
    bounded(free, natural, slopes, &[(ALPHA, 0.5), (GAMMA, 0.5)]);
    natural[GAMMA] -= natural[ALPHA];
    for row in slopes.iter_mut() {
        row[GAMMA] -= row[ALPHA];
    }
}
