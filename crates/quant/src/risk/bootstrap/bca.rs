//! Bias-corrected and accelerated intervals: percentiles of the draws, moved by how far the draws
//! lie to one side of the figure and by how its spread changes with its size.

use super::{Blocks, Interval, Plan, drawn_figures};
use crate::distribution::normal;
use crate::error::all_finite;
use crate::moments::{mean_of, quantile_of, sum_of};
use crate::risk::value_at_risk::check_level;
use crate::{Error, Result};

/// The BCa interval of `figure` at `level` (Efron 1987): the draws' percentiles at
/// Φ(z₀ + (z₀ + z) / (1 − a (z₀ + z))) for z = ±Φ⁻¹((1 + level) / 2).
///
/// z₀ = Φ⁻¹ of the share of draws below the figure, those that equal it by half, and
/// a = Σ dᵢ³ / (6 (Σ dᵢ²)^1.5) of how far the figure's mean over the series without block i lies
/// above its value there; blocks are of one return where those of the plan are, which is
/// scipy's `bootstrap(method="BCa")`, else of their mean length, one after the other (Götze and
/// Künsch 1996). A figure that no block moves has a = 0, where scipy has none.
///
/// # Errors
/// As [`super::interval`], with two blocks at least; [`Error::Undefined`] where all draws lie on
/// one side of the figure.
///
/// ```
/// use quant::moments::Moments;
/// use quant::risk::bootstrap::{Blocks, Plan, bca_interval, interval};
///
/// // A variance's draws lie below it: the corrected interval reaches further up.
/// let returns: Vec<f64> = (0..60).map(|t| ((t * 37 % 61) as f64 / 30.0 - 1.0).powi(3)).collect();
/// let plan = Plan { blocks: Blocks::Circular { length: 1 }, draws: 999, seed: 1 };
/// let variance = |drawn: &[f64]| Moments::of(drawn)?.variance();
/// let plain = interval(&returns, &plan, 0.9, variance)?;
/// let corrected = bca_interval(&returns, &plan, 0.9, variance)?;
/// assert!(corrected.high > plain.high);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn bca_interval(
    returns: &[f64],
    plan: &Plan,
    level: f64,
    figure: impl Fn(&[f64]) -> Result<f64>,
) -> Result<Interval> {
    check_level(level)?;
    let drawn = drawn_figures(returns, plan, &figure)?;
    let bias = bias(&drawn.sorted, drawn.estimate)?;
    let acceleration = acceleration(&without_each(returns, plan.blocks, &figure)?);
    let side = 0.5 * (1.0 - level);
    let percentile = |probability: f64| -> Result<f64> {
        let moved = bias + normal::quantile(probability)?;
        let corrected = normal::cumulative(bias + moved / (1.0 - acceleration * moved));
        Ok(quantile_of(&drawn.sorted, corrected))
    };
    let (low, high) = (percentile(side)?, percentile(1.0 - side)?);
    Ok(Interval { low, high, ..drawn.between(0.0, 1.0) })
}

/// z₀.
fn bias(sorted: &[f64], estimate: f64) -> Result<f64> {
    let below = sorted.partition_point(|value| *value < estimate);
    let not_above = sorted.partition_point(|value| *value <= estimate);
    let share = (below + not_above) as f64 / (2.0 * sorted.len() as f64);
    if share <= 0.0 || share >= 1.0 {
        let why = "all draws lie on one side of the figure";
        return Err(Error::Undefined { figure: "BCa interval", why });
    }
    normal::quantile(share)
}

/// The figure of the series without each block.
fn without_each(
    returns: &[f64],
    blocks: Blocks,
    figure: &impl Fn(&[f64]) -> Result<f64>,
) -> Result<Vec<f64>> {
    let length = match blocks {
        Blocks::Circular { length } => length,
        Blocks::Stationary { mean_length } => {
            (1..returns.len()).find(|&length| length as f64 + 0.5 > mean_length).unwrap_or(1)
        }
    };
    let mut figures = Vec::with_capacity(returns.len() / length + 1);
    let mut left = Vec::with_capacity(returns.len());
    for start in (0..returns.len()).step_by(length) {
        let end = (start + length).min(returns.len());
        left.clear();
        left.extend_from_slice(&returns[..start]);
        left.extend_from_slice(&returns[end..]);
        crate::error::at_least("returns", left.len(), 1)?;
        figures.push(figure(&left)?);
    }
    all_finite("figure", &figures)?;
    Ok(figures)
}

fn acceleration(figures: &[f64]) -> f64 {
    let mean = mean_of(figures);
    let away = || figures.iter().map(|figure| mean - figure);
    // In units of the largest, so that no power leaves the range of numbers.
    let unit = away().fold(0.0, |most: f64, away| most.max(away.abs()));
    if unit <= 0.0 {
        return 0.0;
    }
    let power = |exponent: i32| sum_of(away().map(|away| (away / unit).powi(exponent)));
    power(3) / (6.0 * power(2).powf(1.5))
}
