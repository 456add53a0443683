//! The few matrices that this module needs.

use crate::error::{all_finite, same_length};
use crate::{Error, Result};

/// A dense matrix, row by row, of finite numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

impl Matrix {
    /// A matrix from its rows, all of one length.
    ///
    /// # Errors
    /// [`Error::LengthsDiffer`], [`Error::NotFinite`].
    pub fn from_rows<R: AsRef<[f64]>>(rows: &[R]) -> Result<Self> {
        let columns = rows.first().map_or(0, |row| row.as_ref().len());
        let mut values = Vec::new();
        for row in rows {
            same_length("rows", row.as_ref().len(), columns)?;
            all_finite("rows", row.as_ref())?;
            values.extend_from_slice(row.as_ref());
        }
        Ok(Self { rows: rows.len(), columns, values })
    }

    /// A matrix of zeros.
    #[must_use]
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Self { rows, columns, values: vec![0.0; rows * columns] }
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

    /// The product with a vector.
    ///
    /// # Errors
    /// [`Error::LengthsDiffer`].
    pub fn multiply_vector(&self, vector: &[f64]) -> Result<Vec<f64>> {
        same_length("vector", vector.len(), self.columns)?;
        Ok((0..self.rows).map(|row| dot(self.row(row), vector)).collect())
    }

    /// Checks that this is square and symmetric, within 1e-8 of its largest value.
    ///
    /// # Errors
    /// [`Error::LengthsDiffer`] where it is not square, [`Error::Undefined`] where it is not
    /// symmetric.
    pub fn check_symmetric(&self, argument: &'static str) -> Result<()> {
        same_length(argument, self.columns, self.rows)?;
        let largest = self.values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        for row in 0..self.rows {
            for column in 0..row {
                if (self[(row, column)] - self[(column, row)]).abs() > 1e-8 * largest {
                    let why = "it is not a symmetric matrix";
                    return Err(Error::Undefined { figure: argument, why });
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

pub(crate) fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

/// A = L Lᵀ of a symmetric positive definite matrix.
pub(crate) struct Cholesky {
    lower: Matrix,
}

impl Cholesky {
    pub(crate) fn new(matrix: &Matrix) -> Result<Self> {
        matrix.check_symmetric("matrix")?;
        let size = matrix.rows;
        let mut lower = Matrix::zeros(size, size);
        for row in 0..size {
            for column in 0..=row {
                let done = dot(&lower.row(row)[..column], &lower.row(column)[..column]);
                let left = matrix[(row, column)] - done;
                if column < row {
                    lower[(row, column)] = left / lower[(column, column)];
                } else if left > f64::EPSILON * matrix[(row, row)] * size as f64 {
                    lower[(row, row)] = left.sqrt();
                } else {
                    let why = "the matrix is not positive definite";
                    return Err(Error::Undefined { figure: "Cholesky factor", why });
                }
            }
        }
        Ok(Self { lower })
    }

    pub(crate) fn lower(&self) -> &Matrix {
        &self.lower
    }

    pub(crate) fn solve(&self, right: &[f64]) -> Result<Vec<f64>> {
        let size = self.lower.rows;
        same_length("right", right.len(), size)?;
        let mut x = right.to_vec();
        for row in 0..size {
            x[row] =
                (x[row] - dot(&self.lower.row(row)[..row], &x[..row])) / self.lower[(row, row)];
        }
        for row in (0..size).rev() {
            x[row] /= self.lower[(row, row)];
            let value = x[row];
            for (column, factor) in self.lower.row(row)[..row].iter().enumerate() {
                x[column] -= factor * value;
            }
        }
        Ok(x)
    }
}

/// A = V diag(λ) Vᵀ with λ ascending, by Jacobi's rotations (Golub and Van Loan, 8.5).
pub(crate) struct SymmetricEigen {
    values: Vec<f64>,
    vectors: Matrix,
}

const SWEEPS_MAX: usize = 60;

impl SymmetricEigen {
    pub(crate) fn new(matrix: &Matrix) -> Result<Self> {
        matrix.check_symmetric("matrix")?;
        let size = matrix.rows;
        let mut work = matrix.clone();
        let mut turned = Matrix::zeros(size, size);
        (0..size).for_each(|index| turned[(index, index)] = 1.0);
        let whole = dot(&work.values, &work.values);
        for _ in 0..SWEEPS_MAX {
            let off = (0..size).flat_map(|row| &work.row(row)[..row]).map(|x| x * x).sum::<f64>();
            if off <= whole * f64::EPSILON * f64::EPSILON {
                return Ok(Self::in_order(&work, &turned));
            }
            for low in 0..size {
                for high in low + 1..size {
                    rotate(&mut work, &mut turned, low, high);
                }
            }
        }
        Err(Error::NotConverged { method: "Jacobi's rotations", steps_max: SWEEPS_MAX })
    }

    fn in_order(work: &Matrix, turned: &Matrix) -> Self {
        let mut order: Vec<usize> = (0..work.rows).collect();
        order.sort_by(|&a, &b| work[(a, a)].total_cmp(&work[(b, b)]));
        let mut vectors = Matrix::zeros(work.rows, work.rows);
        for (to, from) in order.iter().enumerate() {
            vectors.row_mut(to).copy_from_slice(turned.row(*from));
        }
        Self { values: order.iter().map(|&index| work[(index, index)]).collect(), vectors }
    }

    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }

    /// The matrix with these eigenvectors and other eigenvalues.
    pub(crate) fn rebuild(&self, values: &[f64]) -> Result<Matrix> {
        same_length("values", values.len(), self.values.len())?;
        let size = values.len();
        let mut answer = Matrix::zeros(size, size);
        for (index, value) in values.iter().enumerate() {
            let vector = self.vectors.row(index);
            for row in 0..size {
                for column in 0..=row {
                    answer[(row, column)] += value * vector[row] * vector[column];
                }
            }
        }
        for row in 0..size {
            for column in 0..row {
                answer[(column, row)] = answer[(row, column)];
            }
        }
        Ok(answer)
    }
}

/// Makes the element (low, high) of `work` zero; rows of `turned` become eigenvectors.
fn rotate(work: &mut Matrix, turned: &mut Matrix, low: usize, high: usize) {
    let element = work[(low, high)];
    if element == 0.0 {
        return;
    }
    let ratio = (work[(high, high)] - work[(low, low)]) / (2.0 * element);
    let tangent = 1.0_f64.copysign(ratio) / (ratio.abs() + ratio.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    for index in 0..work.rows {
        let (a, b) = (work[(index, low)], work[(index, high)]);
        work[(index, low)] = cosine * a - sine * b;
        work[(index, high)] = sine * a + cosine * b;
    }
    for matrix in [&mut *work, turned] {
        for index in 0..matrix.columns {
            let (a, b) = (matrix[(low, index)], matrix[(high, index)]);
            matrix[(low, index)] = cosine * a - sine * b;
            matrix[(high, index)] = sine * a + cosine * b;
        }
    }
    // Zero by construction; rounding would leave a last digit that no further turn takes away.
    work[(low, high)] = 0.0;
    work[(high, low)] = 0.0;
}
