//! Who earned it: allocation, selection and interaction by Brinson and Fachler (1985).
//!
//! For each segment with weights w and returns r of portfolio (P) and benchmark (B):
//! allocation (wP − wB)(rB − RB), selection wB (rP − rB), interaction (wP − wB)(rP − rB). They add
//! up to RP − RB. Over many periods they are linked by [`linking`](super::linking).
//!
//! ```
//! use quant::performance::attribution::{Segment, brinson_fachler};
//!
//! // C. Bacon, Practical Portfolio Performance Measurement and Attribution, chapter 5.
//! let segment = |weights: (f64, f64), returns: (f64, f64)| Segment {
//!     portfolio_weight: weights.0, benchmark_weight: weights.1,
//!     portfolio_return: returns.0, benchmark_return: returns.1,
//! };
//! let attribution = brinson_fachler(&[
//!     segment((0.4, 0.4), (0.20, 0.10)),
//!     segment((0.3, 0.2), (-0.05, -0.04)),
//!     segment((0.3, 0.4), (0.06, 0.08)),
//! ])?;
//! assert!((attribution.total.allocation - -0.012).abs() < 1e-15);
//! assert!((attribution.total.selection - 0.03).abs() < 1e-15);
//! assert!((attribution.total.interaction - 0.001).abs() < 1e-15);
//! # Ok::<(), quant::Error>(())
//! ```

use crate::error::{all_finite, at_least};
use crate::moments::sum_of;
use crate::{Error, Result};

/// A sector, country or asset class in one period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// Its part of the portfolio at the start; all parts add up to 1.
    pub portfolio_weight: f64,
    /// Its part of the benchmark at the start; all parts add up to 1.
    pub benchmark_weight: f64,
    /// What the portfolio earned in it.
    pub portfolio_return: f64,
    /// What the benchmark earned in it.
    pub benchmark_return: f64,
}

/// What one segment, or all of them, added to the return.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Effects {
    /// From more or less of a segment than the benchmark has.
    pub allocation: f64,
    /// From better assets within it.
    pub selection: f64,
    /// From both at once.
    pub interaction: f64,
}

impl Effects {
    /// All three together.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.allocation + self.selection + self.interaction
    }
}

/// The effects of one period.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribution {
    /// Each segment's, in the order given.
    pub segments: Vec<Effects>,
    /// All segments'.
    pub total: Effects,
    /// Σ wP rP.
    pub portfolio_return: f64,
    /// Σ wB rB.
    pub benchmark_return: f64,
}

/// By how much weights may miss 1.
pub(crate) const WEIGHTS_WITHIN: f64 = 1e-10;

/// The effects of one period.
///
/// # Errors
/// [`Error::TooShort`] without segments, [`Error::NotFinite`], [`Error::OutOfBounds`] unless the
/// weights of portfolio and benchmark each add up to 1 (within 1e-10).
///
/// ```
/// use quant::performance::attribution::{Segment, brinson_fachler};
///
/// // All in the segment that made 10 %, where the benchmark has a half: 0.5 (0.10 − 0.05).
/// let segment = |portfolio_weight, made| Segment {
///     portfolio_weight, benchmark_weight: 0.5, portfolio_return: made, benchmark_return: made,
/// };
/// let effects = brinson_fachler(&[segment(1.0, 0.10), segment(0.0, 0.00)])?;
/// assert!((effects.total.allocation - 0.05).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn brinson_fachler(segments: &[Segment]) -> Result<Attribution> {
    at_least("segments", segments.len(), 1)?;
    let each = |value: fn(&Segment) -> f64| -> Vec<f64> { segments.iter().map(value).collect() };
    check_weights("portfolio_weight", &each(|segment| segment.portfolio_weight), 1.0)?;
    check_weights("benchmark_weight", &each(|segment| segment.benchmark_weight), 1.0)?;
    all_finite("portfolio_return", &each(|segment| segment.portfolio_return))?;
    all_finite("benchmark_return", &each(|segment| segment.benchmark_return))?;
    let own = |segment: &Segment| segment.portfolio_weight * segment.portfolio_return;
    let other = |segment: &Segment| segment.benchmark_weight * segment.benchmark_return;
    let benchmark_return = sum_of(segments.iter().map(other));
    let effects_of = |segment: &Segment| {
        let more = segment.portfolio_weight - segment.benchmark_weight;
        let better = segment.portfolio_return - segment.benchmark_return;
        Effects {
            allocation: more * (segment.benchmark_return - benchmark_return),
            selection: segment.benchmark_weight * better,
            interaction: more * better,
        }
    };
    let effects: Vec<Effects> = segments.iter().map(effects_of).collect();
    let attribution = Attribution {
        total: total_of(&effects),
        segments: effects,
        portfolio_return: sum_of(segments.iter().map(own)),
        benchmark_return,
    };
    all_finite("portfolio_return", &[attribution.total.sum(), attribution.portfolio_return])?;
    Ok(attribution)
}

/// The sum of all effects.
pub(crate) fn total_of(effects: &[Effects]) -> Effects {
    let sum = |part: fn(&Effects) -> f64| sum_of(effects.iter().map(part));
    Effects {
        allocation: sum(|effects| effects.allocation),
        selection: sum(|effects| effects.selection),
        interaction: sum(|effects| effects.interaction),
    }
}

pub(crate) fn check_weights(argument: &'static str, weights: &[f64], total: f64) -> Result<()> {
    all_finite(argument, weights)?;
    let sum = sum_of(weights.iter().copied());
    if (sum - total).abs() <= WEIGHTS_WITHIN {
        return Ok(());
    }
    Err(Error::out_of_bounds(argument, sum, format!("numbers that add up to {total}")))
}
