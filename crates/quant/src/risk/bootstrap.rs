//! How sure a figure is: intervals by drawing blocks of the past again and again.
//!
//! Blocks keep what neighbouring returns have to do with each other. [`Blocks::Stationary`] draws
//! lengths at random around a mean (Politis and Romano 1994), [`Blocks::Circular`] all of one
//! length (1992); both go round at the end. [`block_length`] says how long they should be.
//! [`interval`] takes the draws' percentiles, [`bca_interval`] corrects them.
//!
//! ```
//! use quant::performance::{Basis, Frequency, ratio};
//! use quant::risk::bootstrap::{Blocks, Plan, interval};
//!
//! let returns: Vec<f64> = (0..250).map(|t| ((t * 7919 % 101) as f64 - 48.0) / 5_000.0).collect();
//! let basis = Basis::new(Frequency::DAILY);
//! let plan = Plan { blocks: Blocks::Stationary { mean_length: 5.0 }, draws: 500, seed: 1 };
//! let sharpe = interval(&returns, &plan, 0.90, |drawn| ratio::sharpe(drawn, &basis))?;
//! assert!(sharpe.low < sharpe.estimate && sharpe.estimate < sharpe.high);
//! # Ok::<(), quant::Error>(())
//! ```

mod bca;

pub use bca::bca_interval;

use crate::error::{all_finite, at_least};
use crate::moments::{Moments, check_values, mean_of, quantile_of, sum_of};
use crate::random::Random;
use crate::risk::value_at_risk::check_level;
use crate::{Error, Result};

/// The most draws of one call.
pub const DRAWS_MAX: usize = 1_000_000;

/// How blocks are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Blocks {
    /// Each of a random length: geometric, with this mean of at least 1.
    Stationary {
        /// The mean length.
        mean_length: f64,
    },
    /// Each of this length, from 1 to the number of returns.
    Circular {
        /// The length.
        length: usize,
    },
}

/// How often, how and from which seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// How blocks are drawn.
    pub blocks: Blocks,
    /// How many series are drawn, at least 2.
    pub draws: usize,
    /// One seed, one answer.
    pub seed: u64,
}

/// A figure between its bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The figure of the series itself.
    pub estimate: f64,
    /// The lower end: the percentile of draws.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The standard deviation of draws.
    pub standard_error: f64,
    /// In how many draws the figure had a value.
    pub draws: usize,
}

/// Block lengths that make the variance of a mean most exact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlockLength {
    /// Of the stationary bootstrap.
    pub stationary: f64,
    /// Of the circular one.
    pub circular: f64,
}

/// The percentile interval of `figure` at `level`: 0.9 leaves 5 % of draws on either side. Draws
/// for which the figure is [`Error::Undefined`] are left out.
///
/// # Errors
/// [`Error::TooShort`] with fewer than two returns, [`Error::NotFinite`], [`Error::OutOfBounds`]
/// for the plan's values and unless 0 < level < 1, [`Error::Undefined`] if the figure has a value
/// in fewer than two draws, and what `figure` answers.
///
/// ```
/// use quant::performance::returns;
/// use quant::risk::bootstrap::{Blocks, Plan, interval};
///
/// let returns = [0.02, -0.01, 0.03, 0.00, -0.02, 0.01];
/// let plan = Plan { blocks: Blocks::Circular { length: 2 }, draws: 200, seed: 1 };
/// let total = interval(&returns, &plan, 0.9, returns::total)?;
/// assert!(total.low <= total.estimate && total.estimate <= total.high);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn interval(
    returns: &[f64],
    plan: &Plan,
    level: f64,
    figure: impl Fn(&[f64]) -> Result<f64>,
) -> Result<Interval> {
    check_level(level)?;
    let side = 0.5 * (1.0 - level);
    Ok(drawn_figures(returns, plan, &figure)?.between(side, 1.0 - side))
}

/// A figure, and its values over the draws in ascending order.
struct Drawn {
    estimate: f64,
    sorted: Vec<f64>,
    standard_error: f64,
}

impl Drawn {
    fn between(&self, low: f64, high: f64) -> Interval {
        Interval {
            estimate: self.estimate,
            low: quantile_of(&self.sorted, low),
            high: quantile_of(&self.sorted, high),
            standard_error: self.standard_error,
            draws: self.sorted.len(),
        }
    }
}

fn drawn_figures(
    returns: &[f64],
    plan: &Plan,
    figure: &impl Fn(&[f64]) -> Result<f64>,
) -> Result<Drawn> {
    check(returns, plan)?;
    let estimate = figure(returns)?;
    all_finite("figure", &[estimate])?;
    let mut random = Random::new(plan.seed);
    let mut drawn = vec![0.0; returns.len()];
    let mut figures = Vec::with_capacity(plan.draws);
    for _ in 0..plan.draws {
        draw(returns, plan.blocks, &mut random, &mut drawn);
        match figure(&drawn) {
            Ok(value) => figures.push(value),
            Err(Error::Undefined { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    if figures.len() < 2 {
        let why = "the figure has a value in fewer than two draws";
        return Err(Error::Undefined { figure: "bootstrap interval", why });
    }
    all_finite("figure", &figures)?;
    let standard_error = Moments::of_finite(&figures).standard_deviation()?;
    figures.sort_unstable_by(f64::total_cmp);
    Ok(Drawn { estimate, sorted: figures, standard_error })
}

/// One series drawn from `returns`, as long as they are.
///
/// # Errors
/// As [`interval`].
///
/// ```
/// use quant::risk::bootstrap::{Blocks, Plan, resample};
///
/// let plan = Plan { blocks: Blocks::Circular { length: 3 }, draws: 2, seed: 1 };
/// let mut drawn = resample(&[0.1, 0.2, 0.3], &plan)?; // one block, turned
/// drawn.sort_by(f64::total_cmp);
/// assert_eq!(drawn, [0.1, 0.2, 0.3]);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn resample(returns: &[f64], plan: &Plan) -> Result<Vec<f64>> {
    check(returns, plan)?;
    let mut drawn = vec![0.0; returns.len()];
    draw(returns, plan.blocks, &mut Random::new(plan.seed), &mut drawn);
    Ok(drawn)
}

/// Politis and White's choice of the block length (2004, corrected with Patton 2009), as the
/// package arch has it.
///
/// # Errors
/// [`Error::TooShort`] with fewer than ten values, [`Error::NotFinite`], [`Error::Undefined`] if
/// they are constant.
///
/// ```
/// let values: Vec<f64> = (0..200).map(|t| f64::from(t / 10 % 2)).collect();
/// let length = quant::risk::bootstrap::block_length(&values)?;
/// assert!(length.circular > 1.0);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn block_length(values: &[f64]) -> Result<BlockLength> {
    at_least("values", values.len(), 10)?;
    check_values("values", values)?;
    let count = values.len();
    let n = count as f64;
    let mean = mean_of(values);
    let away: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let quiet_run = whole(n.log10().max(5.0));
    let lags_max = whole(n.sqrt().ceil()) + quiet_run;
    let longest = (3.0 * n.sqrt()).min(n / 3.0).ceil();
    let lags_kept = lags_max.min(count - 2);
    let covariances: Vec<f64> = (0..=lags_kept).map(|lag| lagged(&away, lag) / n).collect();
    let variance = covariances[0];
    if variance <= 0.0 {
        return Err(Error::Undefined { figure: "block length", why: "the values are constant" });
    }
    // A run of lags without a correlation that stands out ends what is remembered.
    let limit = 2.0 * (n.log10() / n).sqrt();
    let stands_out = |lag| correlation_at(&away, lag).abs() >= limit;
    let loud: Vec<bool> = (1..lags_kept).map(stands_out).collect();
    let quiet = loud.windows(quiet_run).position(|run| run.iter().all(|loud| !loud));
    let remembered = quiet.map_or(lags_max, |index| index + 1);
    let bandwidth = (2 * remembered).min(lags_max).min(lags_kept);
    let flat_top = |lag: usize| (2.0 * (1.0 - lag as f64 / bandwidth as f64)).min(1.0);
    let weighted = (1..=bandwidth).map(|lag| (lag as f64, 2.0 * flat_top(lag) * covariances[lag]));
    let (mut slope, mut long_run) = (0.0, variance);
    for (lag, part) in weighted {
        slope += lag * part;
        long_run += part;
    }
    let square = long_run * long_run;
    let length = |divisor: f64| {
        let optimal = (2.0 * slope * slope / divisor).cbrt() * n.cbrt();
        if optimal.is_finite() { optimal.min(longest) } else { longest }
    };
    Ok(BlockLength { stationary: length(2.0 * square), circular: length(4.0 / 3.0 * square) })
}

fn whole(value: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small, above 0")]
    let whole = value as usize;
    whole
}

fn lagged(away: &[f64], lag: usize) -> f64 {
    let later = away.get(lag..).unwrap_or_default();
    sum_of(later.iter().zip(away).map(|(now, before)| now * before))
}

/// The correlation of the values with those `lag` before, each side by its own size.
fn correlation_at(away: &[f64], lag: usize) -> f64 {
    let later = away.get(lag + 1..).unwrap_or_default();
    let earlier = away.get(..away.len().saturating_sub(lag + 1)).unwrap_or_default();
    let square = |values: &[f64]| sum_of(values.iter().map(|value| value * value));
    let scale = (square(later) * square(earlier)).sqrt();
    if scale > 0.0 { lagged(away, lag) / scale } else { 0.0 }
}

fn draw(returns: &[f64], blocks: Blocks, random: &mut Random, drawn: &mut [f64]) {
    let count = returns.len();
    let (mut at, mut left) = (0, 0_usize);
    for value in drawn {
        let starts = match blocks {
            Blocks::Stationary { mean_length } => left == 0 || random.uniform() * mean_length < 1.0,
            Blocks::Circular { .. } => left == 0,
        };
        if starts {
            at = random.below(count);
            left = match blocks {
                Blocks::Stationary { .. } => usize::MAX,
                Blocks::Circular { length } => length,
            };
        }
        *value = returns[at];
        at = (at + 1) % count;
        left -= 1;
    }
}

fn check(returns: &[f64], plan: &Plan) -> Result<()> {
    at_least("returns", returns.len(), 2)?;
    check_values("returns", returns)?;
    if !(2..=DRAWS_MAX).contains(&plan.draws) {
        let expected = format!("a whole number from 2 to {DRAWS_MAX}");
        return Err(Error::out_of_bounds("draws", plan.draws as f64, expected));
    }
    match plan.blocks {
        Blocks::Stationary { mean_length } if mean_length >= 1.0 && mean_length.is_finite() => {
            Ok(())
        }
        Blocks::Stationary { mean_length } => {
            Err(Error::out_of_bounds("mean_length", mean_length, "a number of at least 1"))
        }
        Blocks::Circular { length } if (1..=returns.len()).contains(&length) => Ok(()),
        Blocks::Circular { length } => {
            let expected = "a whole number from 1 to the number of returns";
            Err(Error::out_of_bounds("length", length as f64, expected))
        }
    }
}
