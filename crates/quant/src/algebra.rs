//! Small dense linear algebra: matrices, factorisations, least squares.
//! What portfolios, regressions and forecasts need of it and no more, so that the workspace carries
//! no large library: a [`Matrix`] by rows, [`Cholesky`], [`Ldlt`], [`SymmetricEigen`] and
//! [`LeastSquares`].
//!
//! What must stay true: sums are formed in one fixed order, so that an answer is the same on each
//! run; a factorisation that does not exist is an error that says so; no index can be out of range
//! once a matrix is made.
//!
//! Source: Golub and Van Loan, Matrix Computations, 4th edition.
//!
//! ```
//! use quant::algebra::{Cholesky, Matrix};
//!
//! let covariance = Matrix::from_rows(&[vec![4.0, 2.0], vec![2.0, 5.0]])?;
//! let factor = Cholesky::new(&covariance)?;
//! assert_eq!(factor.solve(&[6.0, 7.0])?, vec![1.0, 1.0]);
//! # Ok::<(), quant::Error>(())
//! ```
#![allow(clippy::needless_range_loop, reason = "rows and columns are the notation of the subject")]

mod cholesky;
mod eigen;
mod ldlt;
mod least_squares;

pub use cholesky::Cholesky;
pub use eigen::SymmetricEigen;
pub use ldlt::Ldlt;
pub use least_squares::LeastSquares;

use crate::error::{Error, Result, all_finite, same_length};

/// The most rows or columns a matrix may have: beyond, memory and time are not for one call.
pub const DIMENSION_MAX: usize = 1 << 20;

/// The most values a matrix may have (2 GiB of them).
pub const VALUES_MAX: usize = 1 << 28;

/// How far two values across the diagonal may differ, as a part of the largest value.
const ASYMMETRY_MAX: f64 = 1e-8;

/// A dense matrix, stored row by row. Every value is finite when it was made from a caller's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

impl Matrix {
    /// A matrix of `rows` × `columns` from its values, row by row.
    ///
    /// # Errors
    /// [`Error::LengthsDiffer`] where there are more or fewer values, [`Error::NotFinite`] where
    /// one is not a number.
    pub fn new(rows: usize, columns: usize, values: Vec<f64>) -> Result<Self> {
        let limit = rows.max(columns) <= DIMENSION_MAX;
        let count = rows.checked_mul(columns).filter(|&count| limit && count <= VALUES_MAX);
        let Some(count) = count else {
            return Err(too_large());
        };
        same_length("values", values.len(), count)?;
        all_finite("values", &values)?;
        Ok(Self { rows, columns, values })
    }

    /// A matrix from its rows, which must all be of one length.
    ///
    /// # Errors
    /// As [`Matrix::new`].
    pub fn from_rows<R: AsRef<[f64]>>(rows: &[R]) -> Result<Self> {
        let columns = rows.first().map_or(0, |row| row.as_ref().len());
        let mut values = Vec::with_capacity(columns.saturating_mul(rows.len()).min(VALUES_MAX));
        for row in rows {
            same_length("rows", row.as_ref().len(), columns)?;
            values.extend_from_slice(row.as_ref());
        }
        Self::new(rows.len(), columns, values)
    }

    /// A matrix of zeros, for a size that is already known to be sound.
    #[must_use]
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Self { rows, columns, values: vec![0.0; rows * columns] }
    }

    /// The identity.
    #[must_use]
    pub fn identity(size: usize) -> Self {
        let mut matrix = Self::zeros(size, size);
        for index in 0..size {
            matrix.values[index * size + index] = 1.0;
        }
        matrix
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns it has.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// All values, row by row.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// One row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }

    /// One row, to be written.
    pub fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.values[row * self.columns..(row + 1) * self.columns]
    }

    /// One column, copied.
    #[must_use]
    pub fn column(&self, column: usize) -> Vec<f64> {
        (0..self.rows).map(|row| self[(row, column)]).collect()
    }

    /// The values on the diagonal.
    #[must_use]
    pub fn diagonal(&self) -> Vec<f64> {
        (0..self.rows.min(self.columns)).map(|index| self[(index, index)]).collect()
    }

    /// Rows become columns.
    #[must_use]
    pub fn transpose(&self) -> Self {
        let mut answer = Self::zeros(self.columns, self.rows);
        for row in 0..self.rows {
            for column in 0..self.columns {
                answer[(column, row)] = self[(row, column)];
            }
        }
        answer
    }

    /// The product with a vector.
    ///
    /// # Errors
    /// [`Error::LengthsDiffer`] where the vector is not as long as a row.
    pub fn multiply_vector(&self, vector: &[f64]) -> Result<Vec<f64>> {
        same_length("vector", vector.len(), self.columns)?;
        Ok((0..self.rows).map(|row| dot(self.row(row), vector)).collect())
    }

    /// The product with another matrix.
    ///
    /// # Errors
    /// [`Error::LengthsDiffer`] where `other` has not as many rows as this has columns.
    pub fn multiply(&self, other: &Self) -> Result<Self> {
        same_length("other", other.rows, self.columns)?;
        let mut answer = Self::zeros(self.rows, other.columns);
        for row in 0..self.rows {
            for (inner, &factor) in self.row(row).iter().enumerate() {
                add_scaled(answer.row_mut(row), factor, other.row(inner));
            }
        }
        Ok(answer)
    }

    /// The block of the named rows and columns. The indices must be in range.
    #[must_use]
    pub fn block(&self, rows: &[usize], columns: &[usize]) -> Self {
        let mut answer = Self::zeros(rows.len(), columns.len());
        for (to, &row) in rows.iter().enumerate() {
            let from = self.row(row);
            for (value, &column) in answer.row_mut(to).iter_mut().zip(columns) {
                *value = from[column];
            }
        }
        answer
    }

    /// xᵀ A x, the variance of `x` where this is a covariance.
    ///
    /// # Errors
    /// [`Error::LengthsDiffer`] where the vector does not fit.
    pub fn quadratic_form(&self, vector: &[f64]) -> Result<f64> {
        same_length("vector", vector.len(), self.rows)?;
        Ok(dot(vector, &self.multiply_vector(vector)?))
    }

    /// Checks that this is square and symmetric, within 1e-8 of its largest value.
    ///
    /// # Errors
    /// [`Error::LengthsDiffer`] where it is not square, [`Error::Undefined`] where it is not
    /// symmetric; `argument` is how the caller calls it.
    pub fn check_symmetric(&self, argument: &'static str) -> Result<()> {
        same_length(argument, self.columns, self.rows)?;
        let largest = self.values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        for row in 0..self.rows {
            for column in 0..row {
                let difference = (self[(row, column)] - self[(column, row)]).abs();
                if difference > ASYMMETRY_MAX * largest {
                    return Err(Error::Undefined {
                        figure: argument,
                        why: "it is not a symmetric matrix",
                    });
                }
            }
        }
        Ok(())
    }
}

impl std::ops::Index<(usize, usize)> for Matrix {
    type Output = f64;

    fn index(&self, (row, column): (usize, usize)) -> &f64 {
        &self.values[row * self.columns + column]
    }
}

impl std::ops::IndexMut<(usize, usize)> for Matrix {
    fn index_mut(&mut self, (row, column): (usize, usize)) -> &mut f64 {
        &mut self.values[row * self.columns + column]
    }
}

/// The scalar product of the common length, summed in four lanes of a fixed order.
///
/// ```
/// assert_eq!(quant::algebra::dot(&[1.0, 2.0], &[3.0, 4.0]), 11.0);
/// ```
#[must_use]
pub fn dot(left: &[f64], right: &[f64]) -> f64 {
    let length = left.len().min(right.len());
    let (left, right) = (&left[..length], &right[..length]);
    let mut lanes = [0.0_f64; 4];
    let mut left_chunks = left.chunks_exact(4);
    let mut right_chunks = right.chunks_exact(4);
    for (a, b) in left_chunks.by_ref().zip(right_chunks.by_ref()) {
        for lane in 0..4 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    let tail = left_chunks.remainder().iter().zip(right_chunks.remainder());
    let rest: f64 = tail.map(|(a, b)| a * b).sum();
    (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]) + rest
}

/// `target += factor × values`, over the common length.
///
/// ```
/// let mut target = [1.0, 2.0];
/// quant::algebra::add_scaled(&mut target, 10.0, &[0.1, 0.2]);
/// assert_eq!(target, [2.0, 4.0]);
/// ```
pub fn add_scaled(target: &mut [f64], factor: f64, values: &[f64]) {
    for (to, value) in target.iter_mut().zip(values) {
        *to += factor * value;
    }
}

fn too_large() -> Error {
    #[expect(clippy::cast_precision_loss, reason = "a limit, shown to a reader")]
    let found = VALUES_MAX as f64;
    Error::out_of_bounds("values", found, "a matrix of at most 2^20 rows and 2^28 values")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_is_refused_where_its_values_do_not_fit() {
        let short = Matrix::new(2, 2, vec![1.0]);
        assert_eq!(short.map_err(|fault| fault.argument()), Err(Some("values")));
        let ragged = Matrix::from_rows(&[vec![1.0], vec![1.0, 2.0]]);
        assert_eq!(ragged.map_err(|fault| fault.argument()), Err(Some("rows")));
        let nan = Matrix::new(1, 1, vec![f64::NAN]);
        assert_eq!(nan, Err(Error::NotFinite { argument: "values", index: 0 }));
        assert!(Matrix::new(usize::MAX, 2, Vec::new()).is_err());
        assert!(Matrix::from_rows::<Vec<f64>>(&[]).is_ok_and(|empty| empty.rows() == 0));
    }

    #[test]
    fn products_blocks_and_transposes_are_those_of_the_definition() {
        let left = Matrix::new(2, 3, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        let product = left.multiply(&left.transpose()).unwrap();
        assert_eq!(product.values(), [14.0, 32.0, 32.0, 77.0]);
        assert_eq!(product.quadratic_form(&[1.0, -1.0]), Ok(27.0));
        assert_eq!(left.block(&[1], &[2, 0]).values(), [6.0, 4.0]);
        assert_eq!(left.multiply_vector(&[1.0, 0.0, -1.0]), Ok(vec![-2.0, -2.0]));
        assert!(left.multiply_vector(&[1.0]).is_err());
        assert!(left.check_symmetric("covariance").is_err());
        assert!(product.check_symmetric("covariance").is_ok());
    }

    #[test]
    fn the_scalar_product_takes_every_length() {
        for length in 0..12_u8 {
            let values: Vec<f64> = (0..length).map(f64::from).collect();
            let expected: f64 = values.iter().map(|value| value * value).sum();
            assert!((dot(&values, &values) - expected).abs() < 1e-12);
        }
    }
}
