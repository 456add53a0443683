//! Value at risk of a portfolio by simulation from a seed.

use super::value_at_risk::{TailRisk, check_level, historical_risk};
use crate::algebra::{Cholesky, Matrix, dot};
use crate::error::{all_finite, at_least, same_length};
use crate::random::Random;
use crate::{Error, Result};

/// The most scenarios of one call.
pub const SCENARIOS_MAX: usize = 10_000_000;

/// How scenarios are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Simulation {
    /// How many.
    pub scenarios: usize,
    /// One seed, one answer.
    pub seed: u64,
    /// Degrees of freedom of a Student distribution with the same covariance; `None` is normal.
    pub freedom: Option<f64>,
}

/// Assets with their expected returns and covariance of one period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Assets<'a> {
    /// Weights, or amounts: losses come in their unit.
    pub weights: &'a [f64],
    /// Expected returns.
    pub means: &'a [f64],
    /// The covariance of returns, positive definite.
    pub covariance: &'a Matrix,
}

impl Assets<'_> {
    pub(crate) fn check(&self) -> Result<()> {
        at_least("weights", self.weights.len(), 1)?;
        all_finite("weights", self.weights)?;
        same_length("means", self.means.len(), self.weights.len())?;
        all_finite("means", self.means)?;
        same_length("covariance", self.covariance.rows(), self.weights.len())?;
        self.covariance.check_symmetric("covariance")
    }
}

/// Draws returns of all assets, in pairs that mirror each other around the mean, and takes the
/// historical figures of the portfolio's. Student's scenarios share one chi-square number across
/// assets, so that extremes come together.
///
/// # Errors
/// [`Error::TooShort`], [`Error::LengthsDiffer`], [`Error::NotFinite`]; [`Error::OutOfBounds`]
/// unless 0 < level < 1, the scenarios are from 2 to [`SCENARIOS_MAX`] and the freedom is above 2;
/// [`Error::Undefined`] if the covariance is not symmetric and positive definite.
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::risk::monte_carlo::{Assets, Simulation, simulate};
///
/// let covariance = Matrix::from_rows(&[[0.0004, 0.0001], [0.0001, 0.0009]])?;
/// let assets = Assets { weights: &[0.6, 0.4], means: &[0.0, 0.0], covariance: &covariance };
/// let simulation = Simulation { scenarios: 20_000, seed: 1, freedom: None };
/// let risk = simulate(&assets, &simulation, 0.99)?;
/// let exact = 2.3263 * (0.36 * 0.0004 + 0.48 * 0.0001 + 0.16 * 0.0009_f64).sqrt();
/// assert!((risk.value_at_risk / exact - 1.0).abs() < 0.03);
/// assert_eq!(risk, simulate(&assets, &simulation, 0.99)?);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn simulate(assets: &Assets<'_>, simulation: &Simulation, level: f64) -> Result<TailRisk> {
    check_level(level)?;
    assets.check()?;
    let scenarios = simulation.scenarios;
    if !(2..=SCENARIOS_MAX).contains(&scenarios) {
        let expected = format!("a whole number from 2 to {SCENARIOS_MAX}");
        return Err(Error::out_of_bounds("scenarios", scenarios as f64, expected));
    }
    if let Some(freedom) = simulation.freedom
        && !(freedom > 2.0 && freedom <= crate::distribution::SHAPE_MAX)
    {
        return Err(Error::out_of_bounds("freedom", freedom, "a number above 2, at most 1e8"));
    }
    let lower = Cholesky::new(assets.covariance)?;
    // wᵀ L, so that a scenario is one product of vectors.
    let loads: Vec<f64> = (0..assets.weights.len())
        .map(|column| dot(assets.weights, &lower.lower().column(column)))
        .collect();
    let mean = dot(assets.weights, assets.means);
    let mut random = Random::new(simulation.seed);
    let mut returns = Vec::with_capacity(scenarios + 1);
    while returns.len() < scenarios {
        let shock: f64 = loads.iter().map(|load| load * random.normal()).sum();
        let scale = simulation
            .freedom
            .map_or(1.0, |freedom| ((freedom - 2.0) / random.chi_square(freedom)).sqrt());
        returns.extend([mean + shock * scale, mean - shock * scale]);
    }
    returns.truncate(scenarios);
    all_finite("weights", &returns)?;
    Ok(historical_risk(&returns, level))
}
