//! Covariances that cannot be, made ones that can: no negative eigenvalue.
//!
//! Correlations put together from different periods or changed by hand may contradict each other.
//! [`clipped`] is quick and near; [`nearest_correlation`] is the nearest by Frobenius' norm.
//!
//! ```
//! use quant::algebra::Matrix;
//! use quant::risk::repair::nearest_correlation;
//!
//! // N. Higham, Computing the nearest correlation matrix (2002): 0.7607 and 0.1573.
//! let broken = Matrix::from_rows(&[[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])?;
//! let nearest = nearest_correlation(&broken)?;
//! assert!((nearest[(0, 1)] - 0.7607).abs() < 1e-4);
//! assert!((nearest[(0, 2)] - 0.1573).abs() < 1e-4);
//! # Ok::<(), quant::Error>(())
//! ```

use super::covariance::{correlation_of, deviations_of};
use crate::algebra::{Matrix, SymmetricEigen};
use crate::{Error, Result};

const STEPS_MAX: usize = 20_000;
const CHANGE_MAX: f64 = 1e-13;

/// The least eigenvalue of a repaired correlation, so that it stays positive when it is rounded.
const EIGENVALUE_MIN: f64 = 1e-12;

/// The covariance with its variances kept, of which the correlation's negative eigenvalues are set
/// to zero and the diagonal scaled back to one (Rebonato and Jäckel 1999; statsmodels'
/// `corr_clipped`). One that has no negative eigenvalue comes back as it is.
///
/// # Errors
/// [`Error::LengthsDiffer`] where it is not square, [`Error::Undefined`] where it is not symmetric
/// or a variance is not above 0.
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::risk::repair::{clipped, is_positive};
///
/// let broken = Matrix::from_rows(&[[1.0, 0.9, 0.0], [0.9, 1.0, 0.9], [0.0, 0.9, 1.0]])?;
/// assert!(!is_positive(&broken)? && is_positive(&clipped(&broken)?)?);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn clipped(covariance: &Matrix) -> Result<Matrix> {
    repaired(covariance, |correlation| {
        let lifted = project(correlation)?;
        correlation_of(&lifted)
    })
}

/// The covariance with its variances kept and the nearest correlation that has no negative
/// eigenvalue ([`nearest_correlation`]).
///
/// # Errors
/// As [`clipped`]; [`Error::NotConverged`].
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::risk::repair::{is_positive, nearest};
///
/// let broken = Matrix::from_rows(&[[1.0, 0.9, 0.0], [0.9, 1.0, 0.9], [0.0, 0.9, 1.0]])?;
/// assert!(!is_positive(&broken)? && is_positive(&nearest(&broken)?)?);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn nearest(covariance: &Matrix) -> Result<Matrix> {
    repaired(covariance, alternate)
}

/// The nearest correlation by Higham's alternating projections (2002) with Dykstra's correction.
///
/// # Errors
/// [`Error::LengthsDiffer`] where it is not square, [`Error::Undefined`] where it is not symmetric
/// or its diagonal is not all 1, [`Error::NotConverged`].
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::risk::repair::{is_positive, nearest_correlation};
///
/// let broken = Matrix::from_rows(&[[1.0, 0.9, 0.0], [0.9, 1.0, 0.9], [0.0, 0.9, 1.0]])?;
/// assert!(!is_positive(&broken)? && is_positive(&nearest_correlation(&broken)?)?);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn nearest_correlation(correlation: &Matrix) -> Result<Matrix> {
    correlation.check_symmetric("correlation")?;
    if (0..correlation.rows()).any(|index| correlation[(index, index)] != 1.0) {
        let why = "a correlation has ones on its diagonal";
        return Err(Error::Undefined { figure: "nearest correlation", why });
    }
    if is_sound(correlation)? {
        return Ok(correlation.clone());
    }
    alternate(correlation)
}

/// Whether no eigenvalue is below zero by more than rounding.
///
/// # Errors
/// As [`clipped`].
///
/// ```
/// use quant::algebra::Matrix;
///
/// assert!(quant::risk::repair::is_positive(&Matrix::identity(3))?);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn is_positive(covariance: &Matrix) -> Result<bool> {
    let eigen = SymmetricEigen::new(covariance)?;
    let largest = eigen.values().last().copied().unwrap_or(0.0);
    Ok(eigen.values().iter().all(|value| *value >= -1e-12 * largest.abs()))
}

fn repaired(covariance: &Matrix, repair: impl Fn(&Matrix) -> Result<Matrix>) -> Result<Matrix> {
    let deviations = deviations_of(covariance)?;
    let correlation = correlation_of(covariance)?;
    if is_sound(&correlation)? {
        return Ok(covariance.clone());
    }
    let mut answer = repair(&correlation)?;
    for row in 0..answer.rows() {
        for column in 0..answer.columns() {
            answer[(row, column)] *= deviations[row] * deviations[column];
        }
        answer[(row, row)] = covariance[(row, row)];
    }
    Ok(answer)
}

fn is_sound(correlation: &Matrix) -> Result<bool> {
    let eigen = SymmetricEigen::new(correlation)?;
    Ok(eigen.values().iter().all(|value| *value >= 0.0))
}

/// The nearest matrix without a negative eigenvalue.
fn project(matrix: &Matrix) -> Result<Matrix> {
    let eigen = SymmetricEigen::new(matrix)?;
    let lifted: Vec<f64> = eigen.values().iter().map(|value| value.max(EIGENVALUE_MIN)).collect();
    eigen.rebuild(&lifted)
}

fn alternate(correlation: &Matrix) -> Result<Matrix> {
    let mut answer = correlation.clone();
    let mut correction = Matrix::zeros(answer.rows(), answer.columns());
    for _ in 0..STEPS_MAX {
        let corrected = each(&answer, &correction, |value, by| value - by);
        let lifted = project(&corrected)?;
        correction = each(&lifted, &corrected, |to, from| to - from);
        let mut next = lifted;
        (0..next.rows()).for_each(|index| next[(index, index)] = 1.0);
        let change = each(&next, &answer, |to, from| (to - from).abs());
        answer = next;
        if change.values().iter().all(|by| *by <= CHANGE_MAX) {
            // The unit diagonal came last: one more lift, scaled back, leaves both.
            return correlation_of(&project(&answer)?);
        }
    }
    Err(Error::NotConverged { method: "the nearest correlation", steps_max: STEPS_MAX })
}

fn each(left: &Matrix, right: &Matrix, combine: impl Fn(f64, f64) -> f64) -> Matrix {
    let mut answer = left.clone();
    for row in 0..answer.rows() {
        for (value, other) in answer.row_mut(row).iter_mut().zip(right.row(row)) {
            *value = combine(*value, *other);
        }
    }
    answer
}
