//! GARCH(1,1), GJR and EGARCH fitted by maximum likelihood, with forecasts.
//!
//! With ε = r − μ and z = ε/σ, the variance of the next period is
//! - [`Model::Garch`] (Bollerslev 1986): σ²ₜ = ω + α ε²ₜ₋₁ + β σ²ₜ₋₁;
//! - [`Model::Gjr`] (Glosten, Jagannathan and Runkle 1993): + γ ε²ₜ₋₁ where εₜ₋₁ < 0;
//! - [`Model::Egarch`] (Nelson 1991): ln σ²ₜ = ω + α (|zₜ₋₁| − √(2/π)) + γ zₜ₋₁ + β ln σ²ₜ₋₁.
//!
//! Conventions are those of the Python package arch: before the first return stands the variance of
//! the first 75 returns, weighted by 0.94ᵏ (for EGARCH with z = 0); Student's innovations have
//! variance one and 2.05 to 500 degrees of freedom; α, α + γ, β ≥ 0 and α + γ/2 + β < 1, for EGARCH
//! |β| < 1. Unlike arch, the answer does not depend on the scale of returns: fractions or per cents
//! give the same fit, and α, β, γ and the degrees of freedom do not change.
//!
//! The likelihood's gradient is exact; a BFGS search over parameters without bounds (a softmax
//! keeps α, β, γ inside of theirs) starts from a grid. Errors are Bollerslev and Wooldridge's
//! (1992), robust against other innovations.
//!
//! ```
//! use quant::risk::garch::{Innovation, Mean, Model, Specification, fit};
//!
//! // Calm and wild spells, made by hand.
//! let returns: Vec<f64> = (0..400)
//!     .map(|t| ((t * 7919 % 101) as f64 / 50.0 - 1.0) * if t / 50 % 2 == 0 { 0.01 } else { 0.03 })
//!     .collect();
//! let specification =
//!     Specification { model: Model::Garch, mean: Mean::Constant, innovation: Innovation::Normal };
//! let fit = fit(&returns, &specification)?;
//! assert!(fit.parameters.alpha + fit.parameters.beta < 1.0);
//! let forecast = fit.forecast(10)?;
//! assert_eq!(forecast.len(), 10);
//! # Ok::<(), quant::Error>(())
//! ```

mod likelihood;
mod minimise;
mod space;

use crate::error::at_least;
use crate::moments::{Moments, check_values};
use crate::random::Random;
use crate::{Error, Result};
use likelihood::{COUNT, Sample};
use space::Space;

/// The fewest returns that are fitted.
pub const RETURNS_MIN: usize = 50;

/// The most periods of a forecast.
pub const HORIZON_MAX: usize = 10_000;

/// The most steps, periods × scenarios, of a simulation.
pub const STEPS_MAX: usize = 100_000_000;

/// How the variance moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// With the size of the last return.
    Garch,
    /// More with a loss than with a gain.
    Gjr,
    /// In its logarithm, with size and sign.
    Egarch,
}

/// The mean of returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mean {
    /// Zero.
    Zero,
    /// A constant, fitted with the rest.
    Constant,
}

/// How returns are distributed, given their variance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Innovation {
    /// Normally.
    Normal,
    /// As Student's t of variance one, its degrees of freedom fitted with the rest.
    Student,
}

/// What is fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Specification {
    /// How the variance moves.
    pub model: Model,
    /// The mean of returns.
    pub mean: Mean,
    /// How returns are distributed.
    pub innovation: Innovation,
}

/// The parameters, in units of the returns. What a specification lacks is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Parameters {
    /// μ.
    pub mean: f64,
    /// ω.
    pub omega: f64,
    /// α.
    pub alpha: f64,
    /// γ.
    pub gamma: f64,
    /// β.
    pub beta: f64,
    /// The degrees of freedom, where innovations are Student's.
    pub freedom: Option<f64>,
}

/// A model with the parameters that make the returns most likely.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// What was fitted.
    pub specification: Specification,
    /// With which parameters.
    pub parameters: Parameters,
    /// Their robust standard errors; `None` where the likelihood is flat. At a bound
    /// (α = 0) they say little.
    pub standard_errors: Option<Parameters>,
    /// The logarithm of the likelihood.
    pub log_likelihood: f64,
    /// Akaike's criterion 2k − 2 ln L.
    pub aic: f64,
    /// The Bayesian criterion k ln n − 2 ln L.
    pub bic: f64,
    /// The variance of each period, as it was known before.
    pub variances: Vec<f64>,
    /// The variance of the period after the last.
    pub next_variance: f64,
}

/// Fits `specification` to `returns`.
///
/// # Errors
/// [`Error::TooShort`] with fewer than [`RETURNS_MIN`] returns, [`Error::NotFinite`],
/// [`Error::Undefined`] if they are constant or too large for a variance, [`Error::NotConverged`].
///
/// ```
/// use quant::risk::garch::{Innovation, Mean, Model, Specification, fit};
///
/// let returns: Vec<f64> = (0..300)
///     .map(|t| ((t * 7919 % 101) as f64 / 50.0 - 1.0) * if t / 50 % 2 == 0 { 1.0 } else { 3.0 })
///     .collect();
/// let (model, mean, innovation) = (Model::Gjr, Mean::Zero, Innovation::Normal);
/// let fit = fit(&returns, &Specification { model, mean, innovation })?;
/// assert!(fit.next_variance > 0.0);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn fit(returns: &[f64], specification: &Specification) -> Result<Fit> {
    at_least("returns", returns.len(), RETURNS_MIN)?;
    check_values("returns", returns)?;
    let moments = Moments::of_finite(returns);
    let scale = (moments.square_sum / returns.len() as f64).sqrt();
    if !(scale > 0.0 && scale.is_finite() && moments.mean.abs() < 1e8 * scale) {
        let why = "the returns are constant, or too large for a variance";
        return Err(Error::Undefined { figure: "GARCH", why });
    }
    let space = Space::new(specification);
    let sample = Sample::new(returns, scale, *specification);
    let point = space.search(&sample)?;
    let natural = space.natural(&point);
    let mut variances = Vec::with_capacity(returns.len());
    let found = sample.evaluate(&natural, |period| variances.push(period.variance));
    variances.iter_mut().for_each(|variance| *variance *= scale * scale);
    let count = returns.len() as f64;
    let log_likelihood = found.log_likelihood - count * scale.ln();
    let size = space.active().count() as f64;
    let units = units_of(specification.model, scale, natural[likelihood::BETA]);
    Ok(Fit {
        specification: *specification,
        parameters: named(&units.apply(&natural), specification),
        standard_errors: space
            .errors(&sample, &natural)
            .map(|errors| named(&units.apply_to_errors(&errors), specification)),
        log_likelihood,
        aic: 2.0 * (size - log_likelihood),
        bic: size * count.ln() - 2.0 * log_likelihood,
        variances,
        next_variance: found.next_variance * scale * scale,
    })
}

impl Fit {
    /// The expected variances of the next `horizon` periods: σ²ₖ = ω + (α + γ/2 + β) σ²ₖ₋₁ after
    /// the first.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`] unless the horizon is from 1 to [`HORIZON_MAX`]; [`Error::Undefined`]
    /// for EGARCH beyond one period, where no closed form exists: [`Fit::simulate`].
    pub fn forecast(&self, horizon: usize) -> Result<Vec<f64>> {
        check_horizon(horizon)?;
        if self.specification.model == Model::Egarch && horizon > 1 {
            let why = "it has no closed form beyond one period; simulate it";
            return Err(Error::Undefined { figure: "EGARCH forecast", why });
        }
        let Parameters { omega, alpha, gamma, beta, .. } = self.parameters;
        let persistence = alpha + 0.5 * gamma + beta;
        let mut variance = self.next_variance;
        let mut path = vec![variance];
        for _ in 1..horizon {
            variance = omega + persistence * variance;
            path.push(variance);
        }
        Ok(path)
    }

    /// The mean variances of the next `horizon` periods over `scenarios` drawn from `seed`, for any
    /// model.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`] unless the horizon is from 1 to [`HORIZON_MAX`] and there are 1 to
    /// [`STEPS_MAX`] / horizon scenarios; [`Error::Undefined`] if a scenario explodes.
    pub fn simulate(&self, horizon: usize, scenarios: usize, seed: u64) -> Result<Vec<f64>> {
        check_horizon(horizon)?;
        if scenarios == 0 || scenarios > STEPS_MAX / horizon {
            let expected = format!("a whole number from 1 to {}", STEPS_MAX / horizon);
            return Err(Error::out_of_bounds("scenarios", scenarios as f64, expected));
        }
        let mut random = Random::new(seed);
        let mut sums = vec![0.0; horizon];
        for _ in 0..scenarios {
            let mut variance = self.next_variance;
            for sum in &mut sums {
                *sum += variance / scenarios as f64;
                variance = self.after(variance, self.innovation(&mut random));
            }
        }
        if sums.iter().all(|sum| sum.is_finite()) {
            return Ok(sums);
        }
        Err(Error::Undefined { figure: "simulated variance", why: "a scenario explodes" })
    }

    fn innovation(&self, random: &mut Random) -> f64 {
        let normal = random.normal();
        match self.parameters.freedom {
            Some(freedom) => normal * ((freedom - 2.0) / random.chi_square(freedom)).sqrt(),
            None => normal,
        }
    }

    /// The variance that follows on `variance` after the innovation z.
    fn after(&self, variance: f64, z: f64) -> f64 {
        let Parameters { omega, alpha, gamma, beta, .. } = self.parameters;
        match self.specification.model {
            Model::Garch | Model::Gjr => {
                let weight = if z < 0.0 { alpha + gamma } else { alpha };
                omega + (weight * z * z + beta) * variance
            }
            Model::Egarch => {
                let size = alpha * (z.abs() - likelihood::MEAN_SIZE) + gamma * z;
                (omega + size + beta * variance.ln()).exp()
            }
        }
    }
}

fn check_horizon(horizon: usize) -> Result<()> {
    if (1..=HORIZON_MAX).contains(&horizon) {
        return Ok(());
    }
    let expected = format!("a whole number from 1 to {HORIZON_MAX}");
    Err(Error::out_of_bounds("horizon", horizon as f64, expected))
}

/// From parameters of returns over their standard deviation to those of returns.
struct Units {
    mean: f64,
    omega: f64,
    omega_shift: f64,
    /// What the shift of ω takes with it for one more β.
    shift_slope: f64,
}

fn units_of(model: Model, scale: f64, beta: f64) -> Units {
    let logarithm = 2.0 * scale.ln();
    match model {
        Model::Garch | Model::Gjr => {
            Units { mean: scale, omega: scale * scale, omega_shift: 0.0, shift_slope: 0.0 }
        }
        Model::Egarch => Units {
            mean: scale,
            omega: 1.0,
            omega_shift: (1.0 - beta) * logarithm,
            shift_slope: -logarithm,
        },
    }
}

impl Units {
    fn apply(&self, natural: &[f64; COUNT]) -> [f64; COUNT] {
        let mut scaled = *natural;
        scaled[likelihood::MEAN] *= self.mean;
        scaled[likelihood::OMEGA] = natural[likelihood::OMEGA] * self.omega + self.omega_shift;
        scaled
    }

    fn apply_to_errors(&self, errors: &space::Errors) -> [f64; COUNT] {
        let mut scaled = errors.of_each;
        scaled[likelihood::MEAN] *= self.mean;
        // Var(ω + s β) = Var ω + 2 s Cov + s² Var β.
        let (omega, beta) = (errors.of_each[likelihood::OMEGA], errors.of_each[likelihood::BETA]);
        let shifted = omega * omega
            + self.shift_slope * (2.0 * errors.omega_with_beta + self.shift_slope * beta * beta);
        scaled[likelihood::OMEGA] = self.omega * shifted.max(0.0).sqrt();
        scaled
    }
}

fn named(values: &[f64; COUNT], specification: &Specification) -> Parameters {
    let student = specification.innovation == Innovation::Student;
    Parameters {
        mean: values[likelihood::MEAN],
        omega: values[likelihood::OMEGA],
        alpha: values[likelihood::ALPHA],
        gamma: values[likelihood::GAMMA],
        beta: values[likelihood::BETA],
        freedom: student.then(|| values[likelihood::FREEDOM]),
    }
}
