//! Indicators over bars: one registry describes each, and from it every one is computed, over a
//! whole series or one bar at a time.
//!
//! All functions of TA-Lib (candlestick patterns included) are there under TA-Lib's names, with its
//! formulas, parameters, defaults, warm-up and values; what it lacks is added under names of ours:
//! anchored VWAP with bands, pivots, Renko, volume profile and crossings. Formulas and sources of
//! TA-Lib's functions stand at <https://ta-lib.org/functions/>, those of ours in the description of
//! the indicator and of its module. [`all`] lists them; nothing else keeps a list.
//!
//! # Conventions
//! - Bars are numbered, not dated: bar 0 is the oldest, and what is missing is simply not there.
//! - An output has as many values as the input has bars. The first [`Study::warm_up`] of them are
//!   NaN, which is a function of the parameters alone.
//! - Leading NaN of an input (the warm-up of another indicator) are skipped, as TA-Lib's Python
//!   wrapper does: the study begins at the first bar on which all its inputs have a number. A NaN
//!   or an infinity after that is an error that names input and bar; TA-Lib would go on with NaN,
//!   or silently with a wrong number. A stream refuses such a bar and stays as it was.
//! - Numbers are at most 3e37 in size, TA-Lib's bound, so that no square of them overflows.
//! - TA-Lib's candlestick settings are its defaults, its unstable periods 0. A parameter's default
//!   is that of TA-Lib 0.8 (Bollinger over 20 bars; APO and PPO of exponential averages).
//! - A clean input gives numbers, but for indicators that say [`Indicator::may_be_undefined`]: the
//!   logarithm of 0 is what it is.
//! - Batch and stream do the same arithmetic: their answers are equal to the last bit, but for
//!   those functions whose logarithms or sines a machine may round elsewhere (within 1e-12).
//!
//! # Example
//! ```
//! use quant::indicators::{self, Input, Inputs};
//!
//! let close: Vec<f64> = (0..60).map(|day| 100.0 + f64::from(day % 7)).collect();
//! let inputs = Inputs::new().with(Input::Close, &close)?;
//! let columns = indicators::compute("RSI", &inputs, &[("time_period", 14.0)])?;
//! assert_eq!(columns.begin, 14);
//! assert!(columns.values[0][14] > 0.0 && columns.values[0][14] < 100.0);
//!
//! let mut stream = indicators::study("RSI", &[("time_period", 14.0)])?.stream();
//! for (day, &price) in close.iter().enumerate() {
//!     let row = stream.push(&[price])?;
//!     assert_eq!(row.map(|row| row[0]), (day >= 14).then(|| columns.values[0][day]));
//! }
//! # Ok::<(), quant::Error>(())
//! ```

mod bollinger;
mod crossing;
mod inputs;
mod live;
mod model;
mod own;
mod pivots;
mod registry;
mod relative_strength;
mod renko;
mod stream;
mod study;
mod talib;
mod talib_live;
mod talib_streams;
mod volume_profile;
mod vwap;

pub(crate) use crossing::Crossed;
pub use inputs::Inputs;
pub use model::{Drawing, Group, Indicator, Input, Output, OutputKind, Parameter, ParameterKind};
pub(crate) use own::real;
pub use registry::{all, find};
pub use renko::{Brick, renko};
pub use stream::{Row, Stream};
pub use study::{Columns, Study};
pub use volume_profile::{ProfileBars, ROWS_MAX, VolumeProfile, volume_profile};

use crate::Result;

/// Sets the parameters of the indicator `name`; what is not named has its default.
///
/// # Errors
/// The name is unknown, a parameter is unknown, or one is out of its bounds.
///
/// ```
/// let study = quant::indicators::study("SMA", &[("time_period", 3.0)])?;
/// assert_eq!(study.warm_up(), 2);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn study(name: &str, parameters: &[(&str, f64)]) -> Result<Study> {
    Study::new(find(name)?, parameters)
}

/// Computes the indicator `name` over whole series.
///
/// # Errors
/// Those of [`study`], and an input that the indicator reads is missing or of another length.
///
/// ```
/// use quant::indicators::{Input, Inputs, compute};
///
/// let inputs = Inputs::new().with(Input::Close, &[1.0, 2.0, 3.0, 6.0])?;
/// let columns = compute("SMA", &inputs, &[("time_period", 2.0)])?;
/// assert_eq!(columns.values[0][1..], [1.5, 2.5, 4.5]);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn compute(name: &str, inputs: &Inputs<'_>, parameters: &[(&str, f64)]) -> Result<Columns> {
    study(name, parameters)?.compute(inputs)
}
