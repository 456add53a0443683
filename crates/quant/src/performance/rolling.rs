//! Any figure over a window that moves along the series.
//!
//! The first answer is that of the first full window; there is one for each position, so that the
//! answer at index i belongs to the values from i to i + window − 1. Windows do not share state: an
//! answer depends on its own values alone, to the last bit.
//!
//! ```
//! use quant::performance::{Basis, Frequency, ratio, rolling};
//!
//! let returns = [0.01, -0.02, 0.03, 0.01, 0.01, 0.01];
//! let basis = Basis::new(Frequency::DAILY);
//! let sharpes = rolling::each(&returns, 3, |window| ratio::sharpe(window, &basis))?;
//! assert_eq!(sharpes.len(), 4);
//! assert_eq!(sharpes[3], None); // constant returns have no Sharpe ratio
//! # Ok::<(), quant::Error>(())
//! ```

use crate::error::{at_least, same_length};
use crate::moments::check_values;
use crate::{Error, Result};

/// `figure` of each window; `None` where it has no value.
///
/// # Errors
/// [`Error::OutOfBounds`] if the window is 0, [`Error::TooShort`] if the series is shorter than the
/// window, [`Error::NotFinite`], and what `figure` answers other than [`Error::Undefined`].
///
/// ```
/// use quant::performance::{returns, rolling};
///
/// let sums = rolling::each(&[0.0, 0.10, -0.10], 2, returns::total)?;
/// assert!((sums[0].unwrap_or_default() - 0.10).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn each(
    returns: &[f64],
    window: usize,
    figure: impl Fn(&[f64]) -> Result<f64>,
) -> Result<Vec<Option<f64>>> {
    check_window(window, returns)?;
    returns.windows(window).map(|values| defined(figure(values))).collect()
}

/// `figure` of each window of two series: a rolling beta or correlation.
///
/// # Errors
/// As [`each`]; [`Error::LengthsDiffer`].
///
/// ```
/// use quant::{moments, performance::rolling};
/// let (x, y) = ([0.1, 0.2, 0.4, 0.1], [0.2, 0.4, 0.8, 0.2]);
/// let correlations = rolling::each_pair((&x, &y), 3, moments::correlation)?;
/// assert!((correlations[0].unwrap_or(0.0) - 1.0).abs() < 1e-14);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn each_pair(
    pair: (&[f64], &[f64]),
    window: usize,
    figure: impl Fn(&[f64], &[f64]) -> Result<f64>,
) -> Result<Vec<Option<f64>>> {
    let (returns, benchmark) = pair;
    same_length("benchmark", benchmark.len(), returns.len())?;
    check_window(window, returns)?;
    check_values("benchmark", benchmark)?;
    let windows = returns.windows(window).zip(benchmark.windows(window));
    windows.map(|(own, other)| defined(figure(own, other))).collect()
}

fn defined(answer: Result<f64>) -> Result<Option<f64>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(Error::Undefined { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn check_window(window: usize, returns: &[f64]) -> Result<()> {
    if window == 0 {
        return Err(Error::out_of_bounds("window", 0.0, "a whole number above 0"));
    }
    at_least("returns", returns.len(), window)?;
    check_values("returns", returns)
}
