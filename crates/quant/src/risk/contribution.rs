//! Where risk comes from: marginal and component values that add up to the whole.
//!
//! ```
//! use quant::risk::contribution::normal;
//! use quant::algebra::Matrix;
//! use quant::risk::monte_carlo::Assets;
//!
//! let covariance = Matrix::from_rows(&[[0.04, 0.006], [0.006, 0.09]])?;
//! let assets = Assets { weights: &[0.7, 0.3], means: &[0.0, 0.0], covariance: &covariance };
//! let risk = normal(&assets, 0.95)?;
//! let sum: f64 = risk.components.iter().sum();
//! assert!((sum - risk.total).abs() < 1e-15);
//! # Ok::<(), quant::Error>(())
//! ```

use super::monte_carlo::Assets;
use super::value_at_risk::{check_level, tail_of};
use crate::algebra::{Matrix, dot};
use crate::distribution::normal as standard_normal;
use crate::error::{all_finite, at_least};
use crate::moments::sum_of;
use crate::{Error, Result};

/// A risk figure and its parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
    /// The figure of the whole portfolio, a loss.
    pub total: f64,
    /// By how much it grows with one more unit of each weight.
    pub marginal: Vec<f64>,
    /// Weight × marginal: each position's part of the total, by Euler's theorem.
    pub components: Vec<f64>,
}

/// The normal value at risk −z σ − wᵀμ, its marginals −z (Σw)ᵢ/σ − μᵢ and components (Jorion,
/// Value at Risk, chapter 7).
///
/// # Errors
/// As [`simulate`](super::monte_carlo::simulate); [`Error::Undefined`] if the portfolio has no
/// variance.
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::risk::contribution::normal;
/// use quant::risk::monte_carlo::Assets;
///
/// let covariance = Matrix::from_rows(&[[0.04, 0.0], [0.0, 0.01]])?;
/// let assets = Assets { weights: &[0.5, 0.5], means: &[0.0, 0.0], covariance: &covariance };
/// let risk = normal(&assets, 0.99)?;
/// assert!((risk.components[0] / risk.total - 0.8).abs() < 1e-14);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn normal(assets: &Assets<'_>, level: f64) -> Result<Contribution> {
    check_level(level)?;
    assets.check()?;
    let products = assets.covariance.multiply_vector(assets.weights)?;
    let variance = dot(assets.weights, &products);
    if variance <= 0.0 || !variance.is_finite() {
        let why = "the portfolio has no positive variance";
        return Err(Error::Undefined { figure: "component value at risk", why });
    }
    let factor = -standard_normal::quantile(1.0 - level)? / variance.sqrt();
    let pairs = products.iter().zip(assets.means);
    let marginal: Vec<f64> = pairs.map(|(product, mean)| factor * product - mean).collect();
    Ok(Contribution::of(assets.weights, marginal))
}

/// The historical expected shortfall of a portfolio that keeps its weights, and each asset's mean
/// loss in the same cases. `returns` has a row a period and a column an asset.
///
/// # Errors
/// [`Error::TooShort`], [`Error::LengthsDiffer`], [`Error::NotFinite`], [`Error::OutOfBounds`]
/// unless 0 < level < 1.
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::risk::contribution::historical;
///
/// let returns = Matrix::from_rows(&[[-0.10, 0.02], [0.05, 0.01], [0.02, 0.00], [0.01, 0.01]])?;
/// let risk = historical(&[0.5, 0.5], &returns, 0.75)?;
/// assert!((risk.total - 0.04).abs() < 1e-15 && (risk.components[1] + 0.01).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn historical(weights: &[f64], returns: &Matrix, level: f64) -> Result<Contribution> {
    check_level(level)?;
    at_least("weights", weights.len(), 1)?;
    all_finite("weights", weights)?;
    at_least("returns", returns.rows(), 1)?;
    let portfolio = returns.multiply_vector(weights)?;
    all_finite("returns", &portfolio)?;
    let mut order: Vec<usize> = (0..portfolio.len()).collect();
    order.sort_by(|&a, &b| portfolio[a].total_cmp(&portfolio[b]));
    let (whole, part) = tail_of(portfolio.len(), level);
    let size = whole as f64 + part;
    let share = |rank: usize| if rank < whole { 1.0 / size } else { part / size };
    let tail = order.iter().take(whole + 1).enumerate();
    let tail: Vec<(usize, f64)> = tail.map(|(rank, &period)| (period, share(rank))).collect();
    let loss_of = |asset: usize| {
        -sum_of(tail.iter().map(|(period, share)| share * returns[(*period, asset)]))
    };
    let marginal = (0..weights.len()).map(loss_of).collect();
    Ok(Contribution::of(weights, marginal))
}

impl Contribution {
    fn of(weights: &[f64], marginal: Vec<f64>) -> Self {
        let components: Vec<f64> = weights.iter().zip(&marginal).map(|(w, m)| w * m).collect();
        Self { total: sum_of(components.iter().copied()), marginal, components }
    }

    /// Each part as a fraction of the total.
    ///
    /// # Errors
    /// [`Error::Undefined`] if the total is zero.
    pub fn shares(&self) -> Result<Vec<f64>> {
        if self.total == 0.0 {
            return Err(Error::Undefined { figure: "share of risk", why: "the total is zero" });
        }
        Ok(self.components.iter().map(|part| part / self.total).collect())
    }
}
