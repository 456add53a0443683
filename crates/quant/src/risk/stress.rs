//! What if: portfolios under shocks of factors, and through bad times of the past.
//!
//! ```
//! use quant::algebra::Matrix;
//! use quant::risk::stress::{shocked, worst_window};
//!
//! // Two positions with loadings on equity and rates; equity −20 %, rates +1 %.
//! let loadings = Matrix::from_rows(&[[1.2, 0.0], [0.1, -7.0]])?;
//! let loss = shocked(&[60_000.0, 40_000.0], &loadings, &[-0.20, 0.01])?;
//! assert!((loss.total - -18_000.0).abs() < 1e-9);
//!
//! let worst = worst_window(&[0.01, -0.05, -0.04, 0.02, -0.01], 2)?;
//! assert_eq!(worst.first, 1);
//! # Ok::<(), quant::Error>(())
//! ```

use crate::algebra::{Matrix, dot};
use crate::error::{all_finite, at_least, same_length};
use crate::moments::sum_of;
use crate::performance::returns::{check, wealth_of};
use crate::{Error, Result};

/// What a scenario does to a portfolio: positive numbers are gains.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The change of the whole portfolio.
    pub total: f64,
    /// The change of each position; they add up to the total.
    pub positions: Vec<f64>,
}

/// A stretch of the past.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// The index of its first return.
    pub first: usize,
    /// What was earned over it, compounded.
    pub growth: f64,
}

/// Positions (amounts or weights) whose returns are loadings × shocks: a row a position, a column a
/// factor, the shocks a return (or a change of rates) of each factor.
///
/// # Errors
/// [`Error::TooShort`] without positions, [`Error::LengthsDiffer`], [`Error::NotFinite`].
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::risk::stress::shocked;
///
/// let betas = Matrix::from_rows(&[[1.0], [0.5]])?;
/// let loss = shocked(&[60_000.0, 40_000.0], &betas, &[-0.20])?;
/// assert!((loss.total + 16_000.0).abs() < 1e-9);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn shocked(positions: &[f64], loadings: &Matrix, shocks: &[f64]) -> Result<Outcome> {
    at_least("positions", positions.len(), 1)?;
    all_finite("positions", positions)?;
    all_finite("shocks", shocks)?;
    same_length("loadings", loadings.rows(), positions.len())?;
    same_length("shocks", shocks.len(), loadings.columns())?;
    let change = |(index, position): (usize, &f64)| position * dot(loadings.row(index), shocks);
    let changes: Vec<f64> = positions.iter().enumerate().map(change).collect();
    outcome(changes)
}

/// Positions held unchanged through the returns of a past: a row a period, a column a position. The
/// change of each position is compounded over all rows.
///
/// # Errors
/// [`Error::TooShort`] without positions or periods, [`Error::LengthsDiffer`],
/// [`Error::OutOfBounds`] if a return is below −1, [`Error::NotFinite`], [`Error::Undefined`] if
/// growth is too large for a number.
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::risk::stress::replayed;
///
/// let crash = Matrix::from_rows(&[[-0.10, 0.01], [-0.10, 0.01]])?;
/// let made = replayed(&[100.0, 0.0], &crash)?;
/// assert!((made.total + 19.0).abs() < 1e-12);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn replayed(positions: &[f64], returns: &Matrix) -> Result<Outcome> {
    at_least("positions", positions.len(), 1)?;
    all_finite("positions", positions)?;
    same_length("returns", returns.columns(), positions.len())?;
    at_least("returns", returns.rows(), 1)?;
    let mut changes = Vec::with_capacity(positions.len());
    for (index, position) in positions.iter().enumerate() {
        let column = returns.column(index);
        check(&column)?;
        changes.push(position * (wealth_of(&column) - 1.0));
    }
    outcome(changes)
}

/// The `length` neighbouring periods over which the least was earned.
///
/// # Errors
/// [`Error::OutOfBounds`] if the length is 0 or a return is below −1, [`Error::TooShort`],
/// [`Error::NotFinite`].
///
/// ```
/// let worst = quant::risk::stress::worst_window(&[0.01, -0.05, -0.04, 0.02], 2)?;
/// assert_eq!(worst.first, 1);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn worst_window(returns: &[f64], length: usize) -> Result<Window> {
    if length == 0 {
        return Err(Error::out_of_bounds("length", 0.0, "a whole number above 0"));
    }
    at_least("returns", returns.len(), length)?;
    check(returns)?;
    let windows = returns.windows(length).enumerate();
    let windows = windows.map(|(first, values)| Window { first, growth: wealth_of(values) - 1.0 });
    let worst = windows.min_by(|left, right| left.growth.total_cmp(&right.growth));
    let too_short = Error::TooShort { argument: "returns", needed: length, found: returns.len() };
    worst.filter(|window| window.growth.is_finite()).ok_or(too_short)
}

fn outcome(positions: Vec<f64>) -> Result<Outcome> {
    let total = sum_of(positions.iter().copied());
    if total.is_finite() && positions.iter().all(|change| change.is_finite()) {
        return Ok(Outcome { total, positions });
    }
    Err(Error::Undefined { figure: "scenario", why: "a change is too large for a number" })
}
