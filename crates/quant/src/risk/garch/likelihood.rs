//! The logarithm of the likelihood and its exact gradient, in one pass over the returns.

use std::f64::consts::PI;

use super::{Innovation, Mean, Model, Specification};
use crate::moments::{Sum, mean_of};

/// How many parameters there can be, and where each stands.
pub(super) const COUNT: usize = 6;
pub(super) const MEAN: usize = 0;
pub(super) const OMEGA: usize = 1;
pub(super) const ALPHA: usize = 2;
pub(super) const GAMMA: usize = 3;
pub(super) const BETA: usize = 4;
pub(super) const FREEDOM: usize = 5;

/// E|z| of a standard normal z, √(2/π).
pub(super) const MEAN_SIZE: f64 = 0.797_884_560_802_865_4;

/// arch's start: so many returns, weighted by powers of so much.
const START_COUNT: usize = 75;
const START_DECAY: f64 = 0.94;

/// Returns over their standard deviation, so that one tolerance fits all.
pub(super) struct Sample {
    returns: Vec<f64>,
    start: f64,
    specification: Specification,
}

/// What one pass gives.
pub(super) struct Evaluation {
    pub log_likelihood: f64,
    pub gradient: [f64; COUNT],
    pub next_variance: f64,
}

/// One period, as the pass goes by.
pub(super) struct PeriodScore {
    pub variance: f64,
    pub score: [f64; COUNT],
}

impl Sample {
    pub(super) fn new(returns: &[f64], scale: f64, specification: Specification) -> Self {
        let returns: Vec<f64> = returns.iter().map(|value| value / scale).collect();
        let mean = match specification.mean {
            Mean::Zero => 0.0,
            Mean::Constant => mean_of(&returns),
        };
        let (mut weight, mut weights, mut squares) = (1.0, 0.0, 0.0);
        for value in returns.iter().take(START_COUNT) {
            squares += weight * (value - mean) * (value - mean);
            weights += weight;
            weight *= START_DECAY;
        }
        // A quiet start of equal returns has no variance; the whole sample has.
        let start = if squares > 0.0 { squares / weights } else { 1.0 };
        Self { returns, start, specification }
    }

    pub(super) fn count(&self) -> usize {
        self.returns.len()
    }

    pub(super) fn mean(&self) -> f64 {
        match self.specification.mean {
            Mean::Zero => 0.0,
            Mean::Constant => mean_of(&self.returns),
        }
    }

    /// One pass; each period is shown to `seen`. Parameters that the specification lacks must be 0.
    pub(super) fn evaluate(
        &self,
        natural: &[f64; COUNT],
        mut seen: impl FnMut(&PeriodScore),
    ) -> Evaluation {
        let density = Density::new(self.specification.innovation, natural[FREEDOM]);
        let mut state = State::first(self.specification.model, natural, self.start);
        let mut total = Sum::default();
        let mut gradient = [0.0; COUNT];
        for value in &self.returns {
            let residual = value - natural[MEAN];
            let variance = state.variance;
            let point = density.at(residual, variance);
            let mut score = [0.0; COUNT];
            for (part, slope) in score.iter_mut().zip(&state.slopes) {
                *part = point.by_variance * slope;
            }
            score[MEAN] -= point.by_residual;
            score[FREEDOM] = point.by_freedom;
            for (sum, part) in gradient.iter_mut().zip(&score) {
                *sum += part;
            }
            total.add(point.logarithm);
            seen(&PeriodScore { variance, score });
            state.step(self.specification.model, natural, residual);
        }
        Evaluation { log_likelihood: total.value(), gradient, next_variance: state.variance }
    }
}

/// The variance of one period and its derivative by each parameter.
struct State {
    variance: f64,
    slopes: [f64; COUNT],
}

impl State {
    fn first(model: Model, natural: &[f64; COUNT], start: f64) -> Self {
        let [_, omega, alpha, gamma, beta, _] = *natural;
        match model {
            Model::Garch | Model::Gjr => Self {
                variance: omega + (alpha + 0.5 * gamma + beta) * start,
                slopes: [0.0, 1.0, start, 0.5 * start, start, 0.0],
            },
            Model::Egarch => {
                let variance = (omega + beta * start.ln()).exp();
                Self { variance, slopes: [0.0, variance, 0.0, 0.0, variance * start.ln(), 0.0] }
            }
        }
    }

    fn step(&mut self, model: Model, natural: &[f64; COUNT], residual: f64) {
        match model {
            Model::Garch | Model::Gjr => self.step_variance(natural, residual),
            Model::Egarch => self.step_logarithm(natural, residual),
        }
    }

    fn step_variance(&mut self, natural: &[f64; COUNT], residual: f64) {
        let [_, omega, alpha, gamma, beta, _] = *natural;
        let square = residual * residual;
        let loss = if residual < 0.0 { 1.0 } else { 0.0 };
        let weight = alpha + gamma * loss;
        for slope in &mut self.slopes {
            *slope *= beta;
        }
        self.slopes[MEAN] -= 2.0 * weight * residual;
        self.slopes[OMEGA] += 1.0;
        self.slopes[ALPHA] += square;
        self.slopes[GAMMA] += loss * square;
        self.slopes[BETA] += self.variance;
        self.variance = omega + weight * square + beta * self.variance;
    }

    fn step_logarithm(&mut self, natural: &[f64; COUNT], residual: f64) {
        let [_, omega, alpha, gamma, beta, _] = *natural;
        let deviation = self.variance.sqrt();
        let z = residual / deviation;
        let logarithm = self.variance.ln();
        let by_z = alpha * z.signum() + gamma;
        // d ln σ² = (β − by_z z / 2) d ln σ², and z moves with the mean.
        let kept = (beta - 0.5 * by_z * z) / self.variance;
        for slope in &mut self.slopes {
            *slope *= kept;
        }
        self.slopes[MEAN] -= by_z / deviation;
        self.slopes[OMEGA] += 1.0;
        self.slopes[ALPHA] += z.abs() - MEAN_SIZE;
        self.slopes[GAMMA] += z;
        self.slopes[BETA] += logarithm;
        let next = omega + alpha * (z.abs() - MEAN_SIZE) + gamma * z + beta * logarithm;
        self.variance = next.exp();
        for slope in &mut self.slopes {
            *slope *= self.variance;
        }
    }
}

/// The logarithm of a density with its derivatives.
struct Point {
    logarithm: f64,
    by_variance: f64,
    by_residual: f64,
    by_freedom: f64,
}

enum Density {
    Normal,
    Student { freedom: f64, constant: f64, slope: f64 },
}

impl Density {
    fn new(innovation: Innovation, freedom: f64) -> Self {
        match innovation {
            Innovation::Normal => Self::Normal,
            Innovation::Student => Self::Student {
                freedom,
                constant: libm::lgamma(0.5 * (freedom + 1.0))
                    - libm::lgamma(0.5 * freedom)
                    - 0.5 * (PI * (freedom - 2.0)).ln(),
                slope: 0.5 * (digamma(0.5 * (freedom + 1.0)) - digamma(0.5 * freedom))
                    - 0.5 / (freedom - 2.0),
            },
        }
    }

    fn at(&self, residual: f64, variance: f64) -> Point {
        let square = residual * residual / variance;
        match *self {
            Self::Normal => Point {
                logarithm: -0.5 * ((2.0 * PI).ln() + variance.ln() + square),
                by_variance: 0.5 * (square - 1.0) / variance,
                by_residual: -residual / variance,
                by_freedom: 0.0,
            },
            Self::Student { freedom, constant, slope } => {
                let spread = square / (freedom - 2.0);
                let weight = (freedom + 1.0) / ((freedom - 2.0) * (1.0 + spread));
                let logarithm = spread.ln_1p();
                Point {
                    logarithm: constant - 0.5 * variance.ln() - 0.5 * (freedom + 1.0) * logarithm,
                    by_variance: 0.5 * (weight * square - 1.0) / variance,
                    by_residual: -weight * residual / variance,
                    by_freedom: slope - 0.5 * logarithm + 0.5 * weight * spread,
                }
            }
        }
    }
}

/// ψ(x) = d ln Γ(x) / dx for x > 0: stepped up to where the asymptotic series holds (DLMF 5.11.2).
fn digamma(x: f64) -> f64 {
    let (mut at, mut sum) = (x, 0.0);
    while at < 10.0 {
        sum -= 1.0 / at;
        at += 1.0;
    }
    let square = 1.0 / (at * at);
    let series = [-691.0 / 32_760.0, 1.0 / 132.0, -1.0 / 240.0, 1.0 / 252.0, -1.0 / 120.0]
        .iter()
        .fold(1.0 / 12.0 * square, |sum, term| (sum + term) * square);
    sum + at.ln() - 0.5 / at - (series + 1.0 / 12.0) * square
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digamma_equals_mpmath() {
        for (x, expected) in [(0.5, -1.963_510_026_021_423_5), (2.525, 0.715_342_348_809_695)] {
            assert!((digamma(x) - expected).abs() < 2e-14, "{x} {}", digamma(x));
        }
    }

    /// Central differences of the likelihood itself.
    #[test]
    fn gradients_are_those_of_the_likelihood() {
        let returns: Vec<f64> = (0..300_u32)
            .map(|t| (f64::from(t * 7919 % 101) / 50.0 - 0.973) * f64::from(1 + t / 60 % 3))
            .collect();
        for model in [Model::Garch, Model::Gjr, Model::Egarch] {
            for innovation in [Innovation::Normal, Innovation::Student] {
                let specification = Specification { model, mean: Mean::Constant, innovation };
                let sample = Sample::new(&returns, 1.0, specification);
                let natural = [0.02, 0.1, 0.08, 0.05, 0.8, 7.0];
                let exact = sample.evaluate(&natural, |_| ()).gradient;
                for index in 0..COUNT {
                    let mut moved = [natural, natural];
                    moved[0][index] += 1e-6;
                    moved[1][index] -= 1e-6;
                    let [up, down] = moved.map(|at| sample.evaluate(&at, |_| ()).log_likelihood);
                    let numeric = (up - down) / 2e-6;
                    let used = index != FREEDOM || innovation == Innovation::Student;
                    assert!(
                        !used || (numeric - exact[index]).abs() < 1e-5 * numeric.abs().max(10.0),
                        "{model:?} {innovation:?} {index}: {numeric} {}",
                        exact[index]
                    );
                }
            }
        }
    }
}
