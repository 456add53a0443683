//! One covariance under one set of rules, searched for several objectives.

use super::active_set::{ActiveSet, Stop};
use super::constraints::Constraints;
use super::mean_variance::{Portfolio, as_number};
use super::polyhedron::Polyhedron;
use super::start::feasible_point;
use crate::algebra::Matrix;
use crate::error::{Error, Result};

/// Added to a singular covariance, as a part of its mean variance.
const RIDGE: f64 = 1e-8;

/// A tracking error that is missed by less is met.
const TRACKING_TOLERANCE: f64 = 1e-9;

/// Added to the limits of inequalities where too many meet in one point.
const SLACK: f64 = 1e-10;

/// Steps of one search for a root.
const ROOT_STEPS_MAX: usize = 200;

/// What ended a search: a fault of the caller's, or one that a ridge may cure.
pub(super) enum Fault {
    Stop(Stop),
    Error(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<Stop> for Fault {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

/// What is done to a problem that the equations alone do not settle.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Attempt {
    /// Added to the diagonal of the covariance.
    pub ridge: f64,
    /// Added to the limits of inequalities.
    pub slack: f64,
}

/// Tries as it stands, then with something on the diagonal, then with a little room as well, so
/// that not too many rules meet in one point.
pub(super) fn with_ridge<T>(
    covariance: &Matrix,
    solve: impl Fn(Attempt) -> Result<T, Fault>,
) -> Result<T> {
    let ridge = RIDGE * mean_variance_of(covariance).max(f64::MIN_POSITIVE.sqrt());
    let attempts = [(0.0, 0.0), (ridge, 0.0), (0.0, SLACK), (ridge, SLACK), (100.0 * ridge, SLACK)];
    let mut last = Error::NotConverged { method: "active set method", steps_max: 0 };
    for (ridge, slack) in attempts {
        match solve(Attempt { ridge, slack }) {
            Ok(answer) => return Ok(answer),
            Err(Fault::Error(error)) => return Err(error),
            Err(Fault::Stop(stop)) => last = stop.into(),
        }
    }
    Err(last)
}

/// One covariance and one set of rules, searched for several objectives.
pub(super) struct Search<'a> {
    covariance: &'a Matrix,
    rules: &'a Constraints,
    pub set: ActiveSet<'a>,
    /// Σ b of the benchmark.
    benchmark: Vec<f64>,
}

impl<'a> Search<'a> {
    pub fn new(
        covariance: &'a Matrix,
        rules: &'a Constraints,
        attempt: Attempt,
        least: Option<(&[f64], f64)>,
    ) -> Result<Self, Fault> {
        let mut polyhedron = Polyhedron::new(rules);
        if let Some((expected, least)) = least {
            polyhedron.add_return(expected, least);
        }
        polyhedron.relax(attempt.slack);
        let (polyhedron, values) = feasible_point(polyhedron, &covariance.diagonal())?;
        let benchmark = match &rules.tracking {
            Some(tracking) => covariance.multiply_vector(&tracking.benchmark)?,
            None => Vec::new(),
        };
        let set = ActiveSet::new(covariance, attempt.ridge, polyhedron, values)?;
        Ok(Self { covariance, rules, set, benchmark })
    }

    /// Least ½ wᵀ Σ w − `tolerance` × (expectedᵀ w − costs), within the tracking error.
    pub fn at(&mut self, expected: &[f64], tolerance: f64) -> Result<(), Fault> {
        let polyhedron = &self.set.polyhedron;
        let linear = polyhedron.linear(expected, -tolerance, tolerance);
        self.set.minimise(&linear)?;
        let Some(tracking) = &self.rules.tracking else {
            return Ok(());
        };
        let towards = self.set.polyhedron.linear(&self.benchmark, -1.0, 0.0);
        let covariance = self.covariance;
        let distance = |search: &mut Self, part: f64| -> Result<f64, Fault> {
            let mixed = linear.iter().zip(&towards).map(|(own, b)| (1.0 - part) * own + part * b);
            search.set.minimise(&mixed.collect::<Vec<f64>>())?;
            Ok(tracking.error(&search.set.weights(), covariance)? - tracking.error_max)
        };
        if tracking.error(&self.set.weights(), covariance)? <= tracking.error_max {
            return Ok(());
        }
        self.nearest()?;
        // From the benchmark's side, so that the last point is within the limit.
        self.between((1.0, 0.0), |search, part| Ok(-distance(search, part)?))
    }

    /// Goes to the least tracking error, which must be within its limit.
    pub fn nearest(&mut self) -> Result<(), Fault> {
        let towards = self.set.polyhedron.linear(&self.benchmark, -1.0, 0.0);
        self.set.minimise(&towards)?;
        let Some(tracking) = &self.rules.tracking else {
            return Ok(());
        };
        let least = tracking.error(&self.set.weights(), self.covariance)?;
        if least > tracking.error_max + TRACKING_TOLERANCE {
            let most = tracking.error_max;
            let why = format!("the least tracking error is {least}, the limit {most}");
            return Err(Error::Infeasible { why }.into());
        }
        Ok(())
    }

    pub fn portfolio(
        &self,
        objective: impl Fn(&Matrix, &[f64]) -> Result<f64>,
    ) -> Result<Portfolio, Fault> {
        let weights = self.set.weights();
        if !self.set.is_feasible() {
            return Err(Stop::Drifted.into());
        }
        let objective = objective(self.covariance, &weights)?;
        Ok(Portfolio { weights, objective, gap: 0.0 })
    }

    /// Goes to the last point from 0 on where `value` is not negative, in steps that grow from
    /// `first`; false where it still is not at `last`.
    pub fn last_not_negative(
        &mut self,
        (first, last): (f64, f64),
        mut value: impl FnMut(&mut Self, f64) -> Result<f64, Fault>,
    ) -> Result<bool, Fault> {
        let (mut good, mut next) = (0.0, first);
        while value(self, next)? >= 0.0 {
            if next >= last {
                return Ok(false);
            }
            (good, next) = (next, next * 4.0);
        }
        self.between((good, next), value)?;
        Ok(true)
    }

    /// Goes to the last point between `from` (where `value` is not negative) and `to` (where it
    /// is) where it still is not: Illinois' regula falsi with bisections, which is exact once no
    /// variable changes its place between both ends.
    fn between(
        &mut self,
        (from, to): (f64, f64),
        mut value: impl FnMut(&mut Self, f64) -> Result<f64, Fault>,
    ) -> Result<(), Fault> {
        let (mut good, mut bad) = (from, to);
        let mut good_value = value(self, good)?;
        let mut bad_value = value(self, bad)?;
        let mut good_last = None;
        for step in 0..ROOT_STEPS_MAX {
            if (good - bad).abs() <= 4.0 * f64::EPSILON * good.abs().max(bad.abs()) {
                break;
            }
            let secant = good + (bad - good) * good_value / (good_value - bad_value);
            let inside = secant > good.min(bad) && secant < good.max(bad);
            let next = if inside && step % 8 != 7 { secant } else { good + (bad - good) / 2.0 };
            if next == good || next == bad {
                break;
            }
            let found = value(self, next)?;
            if found >= 0.0 {
                if good_last == Some(true) {
                    bad_value /= 2.0;
                }
                (good, good_value, good_last) = (next, found, Some(true));
                if found == 0.0 {
                    break;
                }
            } else {
                if good_last == Some(false) {
                    good_value /= 2.0;
                }
                (bad, bad_value, good_last) = (next, found, Some(false));
            }
        }
        // Where Σ is singular another portfolio may be as good there, and not within the limit.
        if value(self, good)? < -TRACKING_TOLERANCE {
            return Err(Stop::Drifted.into());
        }
        Ok(())
    }
}

/// The mean of the variances on the diagonal.
pub(super) fn mean_variance_of(covariance: &Matrix) -> f64 {
    covariance.diagonal().iter().sum::<f64>() / as_number(covariance.rows().max(1))
}
