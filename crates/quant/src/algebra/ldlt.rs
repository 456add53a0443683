//! The factors of a positive semidefinite matrix, which may be singular.

use super::{Matrix, dot};
use crate::error::{Error, Result, same_length};

/// A pivot below this part of the largest diagonal value counts as zero.
const PIVOT_MIN: f64 = 1e-12;

/// A pivot below minus this part of the largest diagonal value is not semidefinite.
const NEGATIVE_MAX: f64 = 1e-9;

/// A = P L D Lᵀ Pᵀ with the largest remaining pivot taken first, which tells the rank.
///
/// For covariances of fewer observations than assets, and for drawing from them. Golub and Van
/// Loan, 4.2.8 (outer product form with symmetric pivoting).
#[derive(Clone, Debug, PartialEq)]
pub struct Ldlt {
    order: Vec<usize>,
    lower: Matrix,
    pivots: Vec<f64>,
}

impl Ldlt {
    /// Factors a symmetric positive semidefinite matrix, of which the lower triangle is read.
    ///
    /// # Errors
    /// [`Error::LengthsDiffer`] where it is not square, [`Error::Undefined`] where it is
    /// indefinite beyond rounding (1e-9 of its largest diagonal value).
    pub fn new(matrix: &Matrix) -> Result<Self> {
        same_length("matrix", matrix.columns(), matrix.rows())?;
        let size = matrix.rows();
        let mut rest = matrix.diagonal();
        let largest = rest.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        let mut order: Vec<usize> = (0..size).collect();
        let mut lower = Matrix::zeros(size, size);
        let mut pivots = Vec::new();
        for step in 0..size {
            let best = (step..size).fold(step, |best, index| {
                if rest[order[index]] > rest[order[best]] { index } else { best }
            });
            order.swap(step, best);
            swap_known(&mut lower, step, best);
            let pivot = rest[order[step]];
            if pivot <= PIVOT_MIN * largest {
                break;
            }
            let scaled: Vec<f64> =
                lower.row(step)[..step].iter().zip(&pivots).map(|(l, d)| l * d).collect();
            lower[(step, step)] = 1.0;
            for row in step + 1..size {
                let (high, low) = (order[step].max(order[row]), order[step].min(order[row]));
                let known = dot(&lower.row(row)[..step], &scaled);
                let value = (matrix[(high, low)] - known) / pivot;
                lower[(row, step)] = value;
                rest[order[row]] -= value * value * pivot;
            }
            pivots.push(pivot);
        }
        let answer = Self { order, lower, pivots };
        answer.check_remainder(matrix, largest)?;
        Ok(answer)
    }

    /// How many pivots are not zero.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.pivots.len()
    }

    /// The pivots, in descending order of being taken.
    #[must_use]
    pub fn pivots(&self) -> &[f64] {
        &self.pivots
    }

    /// A root R of the matrix, A = R Rᵀ, with as many columns as the rank: what turns independent
    /// draws into correlated ones.
    #[must_use]
    pub fn root(&self) -> Matrix {
        let rank = self.rank();
        let mut answer = Matrix::zeros(self.order.len(), rank);
        for (row, &original) in self.order.iter().enumerate() {
            for column in 0..rank.min(row + 1) {
                answer[(original, column)] = self.lower[(row, column)] * self.pivots[column].sqrt();
            }
        }
        answer
    }

    /// Whether what the pivots leave is no more than rounding; else there is a negative direction.
    fn check_remainder(&self, matrix: &Matrix, largest: f64) -> Result<()> {
        let rank = self.rank();
        for row in rank..self.order.len() {
            let scaled: Vec<f64> =
                self.lower.row(row)[..rank].iter().zip(&self.pivots).map(|(l, d)| l * d).collect();
            for column in rank..=row {
                let (a, b) = (self.order[row], self.order[column]);
                let known = dot(&self.lower.row(column)[..rank], &scaled);
                let left = matrix[(a.max(b), a.min(b))] - known;
                if left.abs() > NEGATIVE_MAX * largest {
                    return Err(Error::Undefined {
                        figure: "factors of the matrix",
                        why: "it is not positive semidefinite",
                    });
                }
            }
        }
        Ok(())
    }
}

/// Rows that change places take what is known of them along.
fn swap_known(lower: &mut Matrix, step: usize, best: usize) {
    for column in 0..step {
        let held = lower[(step, column)];
        lower[(step, column)] = lower[(best, column)];
        lower[(best, column)] = held;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_of_a_singular_matrix_multiplies_back() {
        let rows = [[2.0, 1.0, 3.0], [1.0, 4.0, 5.0], [3.0, 5.0, 8.0]];
        let matrix = Matrix::from_rows(&rows).unwrap();
        let factors = Ldlt::new(&matrix).unwrap();
        assert_eq!(factors.rank(), 2);
        let root = factors.root();
        let back = root.multiply(&root.transpose()).unwrap();
        for (found, expected) in back.values().iter().zip(matrix.values()) {
            assert!((found - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn zero_has_rank_zero_and_indefinite_is_refused() {
        assert_eq!(Ldlt::new(&Matrix::zeros(3, 3)).unwrap().rank(), 0);
        assert_eq!(Ldlt::new(&Matrix::zeros(0, 0)).unwrap().rank(), 0);
        for values in [[0.0, 1.0, 1.0, 0.0], [1.0, 2.0, 2.0, 1.0], [1.0, 0.0, 0.0, -1.0]] {
            let matrix = Matrix::new(2, 2, values.to_vec()).unwrap();
            assert!(matches!(Ldlt::new(&matrix), Err(Error::Undefined { .. })));
        }
    }
}
