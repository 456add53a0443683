//! The factor L of a positive definite matrix A = L Lᵀ.
//! Blocked, so that 500 × 500 takes a few milliseconds without a library.

use super::{Matrix, dot};
use crate::error::{Error, Result, same_length};

/// Columns that are factored together before the rest of the matrix learns of them.
const PANEL: usize = 48;

/// Rows and columns of the tile that is kept in registers.
const TILE: usize = 4;

/// A pivot below this part of its diagonal value is no longer told from zero.
const PIVOT_MIN: f64 = 1e-13;

/// The lower triangle L of A = L Lᵀ.
///
/// Solves systems, gives the determinant's logarithm, and turns independent draws into correlated
/// ones. Golub and Van Loan, 4.2.
#[derive(Clone, Debug, PartialEq)]
pub struct Cholesky {
    lower: Matrix,
}

impl Cholesky {
    /// Factors a symmetric matrix, of which only the lower triangle is read.
    ///
    /// # Errors
    /// [`Error::LengthsDiffer`] where it is not square, [`Error::Undefined`] where it is not
    /// positive definite (a pivot below 1e-13 of its diagonal value counts as zero).
    pub fn new(matrix: &Matrix) -> Result<Self> {
        same_length("matrix", matrix.columns(), matrix.rows())?;
        let size = matrix.rows();
        let mut lower = matrix.clone();
        let limits: Vec<f64> = matrix.diagonal().iter().map(|value| value * PIVOT_MIN).collect();
        let mut packed = Vec::new();
        for start in (0..size).step_by(PANEL) {
            let end = (start + PANEL).min(size);
            factor_panel(&mut lower, start, end, &limits)?;
            update_rest(&mut lower, start, end, &mut packed);
        }
        for row in 0..size {
            lower.row_mut(row)[row + 1..].fill(0.0);
        }
        Ok(Self { lower })
    }

    /// The lower triangle L; above the diagonal it is zero.
    #[must_use]
    pub fn lower(&self) -> &Matrix {
        &self.lower
    }

    /// The x of A x = b.
    ///
    /// # Errors
    /// [`Error::LengthsDiffer`] where `right` is not as long as the matrix has rows.
    pub fn solve(&self, right: &[f64]) -> Result<Vec<f64>> {
        same_length("right", right.len(), self.lower.rows())?;
        let mut answer = right.to_vec();
        self.solve_lower_in_place(&mut answer);
        self.solve_upper_in_place(&mut answer);
        Ok(answer)
    }

    /// The y of L y = b.
    ///
    /// # Errors
    /// [`Error::LengthsDiffer`] where `right` is not as long as the matrix has rows.
    pub fn solve_lower(&self, right: &[f64]) -> Result<Vec<f64>> {
        same_length("right", right.len(), self.lower.rows())?;
        let mut answer = right.to_vec();
        self.solve_lower_in_place(&mut answer);
        Ok(answer)
    }

    /// The inverse of A.
    #[must_use]
    pub fn inverse(&self) -> Matrix {
        let size = self.lower.rows();
        let mut answer = Matrix::identity(size);
        for index in 0..size {
            let row = answer.row_mut(index);
            self.solve_lower_in_place(row);
            self.solve_upper_in_place(row);
        }
        answer
    }

    /// The natural logarithm of A's determinant.
    #[must_use]
    pub fn log_determinant(&self) -> f64 {
        self.lower.diagonal().iter().map(|value| 2.0 * value.ln()).sum()
    }

    fn solve_lower_in_place(&self, right: &mut [f64]) {
        for index in 0..right.len() {
            let row = self.lower.row(index);
            let known = dot(&row[..index], &right[..index]);
            right[index] = (right[index] - known) / row[index];
        }
    }

    fn solve_upper_in_place(&self, right: &mut [f64]) {
        for index in (0..right.len()).rev() {
            let row = self.lower.row(index);
            right[index] /= row[index];
            let value = right[index];
            for (to, factor) in right[..index].iter_mut().zip(row) {
                *to -= value * factor;
            }
        }
    }
}

/// Factors the columns from `start` to `end` of all rows below; what is left of them is known.
fn factor_panel(lower: &mut Matrix, start: usize, end: usize, limits: &[f64]) -> Result<()> {
    let size = lower.rows();
    let columns = lower.columns();
    for row in start..size {
        let (above, below) = lower.values.split_at_mut(row * columns);
        let current = &mut below[..columns];
        for column in start..end.min(row) {
            let other = &above[column * columns..][..columns];
            let known = dot(&current[start..column], &other[start..column]);
            current[column] = (current[column] - known) / other[column];
        }
        if row < end {
            let pivot = current[row] - dot(&current[start..row], &current[start..row]);
            if pivot.is_nan() || pivot <= limits[row].max(f64::MIN_POSITIVE) {
                return Err(Error::Undefined {
                    figure: "cholesky factor",
                    why: "the matrix is not positive definite",
                });
            }
            current[row] = pivot.sqrt();
        }
    }
    Ok(())
}

/// Subtracts what the panel's columns explain from the lower triangle behind it, tile by tile.
fn update_rest(lower: &mut Matrix, start: usize, end: usize, packed: &mut Vec<f64>) {
    let (size, columns, depth) = (lower.rows(), lower.columns(), end - start);
    for first_column in (end..size).step_by(TILE) {
        let width = TILE.min(size - first_column);
        packed.clear();
        packed.resize(depth * TILE, 0.0);
        for lane in 0..width {
            let row = &lower.row(first_column + lane)[start..end];
            for (step, &value) in row.iter().enumerate() {
                packed[step * TILE + lane] = value;
            }
        }
        for first_row in (first_column..size).step_by(TILE) {
            let height = TILE.min(size - first_row);
            let rows: [&[f64]; TILE] = std::array::from_fn(|lane| {
                let row = first_row + lane.min(height - 1);
                &lower.values[row * columns + start..row * columns + end]
            });
            let tile = multiply_tile(rows, packed);
            for lane in 0..height {
                let target = &mut lower.row_mut(first_row + lane)[first_column..][..width];
                for (to, value) in target.iter_mut().zip(tile[lane]) {
                    *to -= value;
                }
            }
        }
    }
}

/// The products of four rows with four packed columns.
fn multiply_tile(rows: [&[f64]; TILE], packed: &[f64]) -> [[f64; TILE]; TILE] {
    let mut tile = [[0.0; TILE]; TILE];
    let [first, second, third, fourth] = rows;
    let steps = first.iter().zip(second).zip(third).zip(fourth);
    for ((((a, b), c), d), column) in steps.zip(packed.chunks_exact(TILE)) {
        for lane in 0..TILE {
            tile[0][lane] += a * column[lane];
            tile[1][lane] += b * column[lane];
            tile[2][lane] += c * column[lane];
            tile[3][lane] += d * column[lane];
        }
    }
    tile
}

#[cfg(test)]
mod tests {
    use super::*;

    /// B Bᵀ + I for a B of pseudo-random values: positive definite.
    fn definite(size: usize) -> Matrix {
        let value = |index: usize| f64::from(u32::try_from(index * 7919 % 1009).unwrap()) / 1009.0;
        let values = (0..size * size).map(value).collect();
        let root = Matrix::new(size, size, values).unwrap();
        let mut matrix = root.multiply(&root.transpose()).unwrap();
        for index in 0..size {
            matrix[(index, index)] += 1.0;
        }
        matrix
    }

    #[test]
    fn the_factor_multiplies_back_at_every_size_around_the_panels() {
        for size in [0, 1, 2, 3, 4, 5, 47, 48, 49, 50, 97, 131] {
            let matrix = definite(size);
            let factor = Cholesky::new(&matrix).unwrap();
            let lower = factor.lower();
            let back = lower.multiply(&lower.transpose()).unwrap();
            for (found, expected) in back.values().iter().zip(matrix.values()) {
                assert!((found - expected).abs() < 1e-10 * (1.0 + expected.abs()));
            }
        }
    }

    #[test]
    fn solutions_satisfy_their_system() {
        let matrix = definite(61);
        let factor = Cholesky::new(&matrix).unwrap();
        let right: Vec<f64> = (0..61_u8).map(|index| f64::from(index) - 30.0).collect();
        let back = matrix.multiply_vector(&factor.solve(&right).unwrap()).unwrap();
        assert!(back.iter().zip(&right).all(|(found, wanted)| (found - wanted).abs() < 1e-9));
        let unit = matrix.multiply(&factor.inverse()).unwrap();
        for (found, wanted) in unit.values().iter().zip(Matrix::identity(61).values()) {
            assert!((found - wanted).abs() < 1e-10);
        }
        assert!(factor.solve(&[1.0]).is_err());
    }

    #[test]
    fn what_is_not_positive_definite_is_refused() {
        for values in [[1.0, 1.0, 1.0, 1.0], [1.0, 2.0, 2.0, 1.0], [0.0; 4], [-1.0, 0.0, 0.0, 1.0]]
        {
            let matrix = Matrix::new(2, 2, values.to_vec()).unwrap();
            assert!(matches!(Cholesky::new(&matrix), Err(Error::Undefined { .. })));
        }
        let four = Matrix::new(2, 2, vec![4.0, 0.0, 0.0, 9.0]).unwrap();
        assert!((Cholesky::new(&four).unwrap().log_determinant() - 36.0_f64.ln()).abs() < 1e-14);
    }
}
