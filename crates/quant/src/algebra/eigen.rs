//! Eigenvalues and eigenvectors of a symmetric matrix.
//! Householder's reduction to three diagonals, then QL with implicit shifts.

use super::{Matrix, add_scaled, dot};
use crate::error::{Error, Result};

/// Turns of QL for one eigenvalue; three suffice almost always.
const TURNS_MAX: usize = 60;

/// A = V diag(λ) Vᵀ with λ ascending.
///
/// Golub and Van Loan, 8.3; Wilkinson and Reinsch, Handbook for Automatic Computation II/2 and
/// II/3 (tred2, tql2).
#[derive(Clone, Debug, PartialEq)]
pub struct SymmetricEigen {
    values: Vec<f64>,
    vectors: Matrix,
}

impl SymmetricEigen {
    /// Decomposes a symmetric matrix, of which the lower triangle is read.
    ///
    /// # Errors
    /// [`Error::LengthsDiffer`] where it is not square, [`Error::Undefined`] where it is not
    /// symmetric, [`Error::NotConverged`] after 60 turns for one eigenvalue.
    pub fn new(matrix: &Matrix) -> Result<Self> {
        matrix.check_symmetric("matrix")?;
        let mut tridiagonal = reduce(matrix);
        tridiagonal.diagonalise()?;
        let size = matrix.rows();
        let mut order: Vec<usize> = (0..size).collect();
        order.sort_by(|&a, &b| tridiagonal.diagonal[a].total_cmp(&tridiagonal.diagonal[b]));
        let mut vectors = Matrix::zeros(size, size);
        let mut values = Vec::with_capacity(size);
        for (to, &from) in order.iter().enumerate() {
            values.push(tridiagonal.diagonal[from]);
            vectors.row_mut(to).copy_from_slice(tridiagonal.vectors.row(from));
        }
        Ok(Self { values, vectors })
    }

    /// The eigenvalues, ascending.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The eigenvector of the eigenvalue with this index, of length one.
    #[must_use]
    pub fn vector(&self, index: usize) -> &[f64] {
        self.vectors.row(index)
    }

    /// The matrix with these eigenvectors and other eigenvalues: roots, inverses, repairs.
    ///
    /// # Errors
    /// [`Error::LengthsDiffer`] where there are not as many values.
    pub fn rebuild(&self, values: &[f64]) -> Result<Matrix> {
        crate::error::same_length("values", values.len(), self.values.len())?;
        let size = values.len();
        let mut answer = Matrix::zeros(size, size);
        for (index, &value) in values.iter().enumerate() {
            let vector = self.vectors.row(index);
            for row in 0..size {
                add_scaled(&mut answer.row_mut(row)[..=row], value * vector[row], vector);
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

/// A matrix reduced to its diagonal and the one below, with the rotations (as rows) so far.
struct Tridiagonal {
    diagonal: Vec<f64>,
    below: Vec<f64>,
    vectors: Matrix,
}

/// Householder's reduction from the last row up. The reflections are applied afterwards, to rows.
fn reduce(matrix: &Matrix) -> Tridiagonal {
    let size = matrix.rows();
    let mut work = matrix.clone();
    let mut diagonal = vec![0.0; size];
    let mut below = vec![0.0; size];
    let mut reflections: Vec<(Vec<f64>, f64)> = vec![(Vec::new(), 0.0); size];
    for last in (1..size).rev() {
        let mut vector = work.row(last)[..last].to_vec();
        diagonal[last] = work[(last, last)];
        let tail: f64 = vector[..last - 1].iter().fold(0.0, |sum, value| sum + value.abs());
        if tail == 0.0 {
            below[last] = vector[last - 1];
            continue;
        }
        let scale = tail + vector[last - 1].abs();
        vector.iter_mut().for_each(|value| *value /= scale);
        let length = dot(&vector, &vector).sqrt();
        let alpha = if vector[last - 1] > 0.0 { -length } else { length };
        below[last] = scale * alpha;
        vector[last - 1] -= alpha;
        let half = dot(&vector, &vector) / 2.0;
        apply_both_sides(&mut work, &vector, half);
        reflections[last] = (vector, half);
    }
    if size > 0 {
        diagonal[0] = work[(0, 0)];
    }
    // Rows of `vectors` are eigenvectors, so that QL turns rows: Vᵀ = Hᵀ … applied to the identity.
    let mut vectors = Matrix::identity(size);
    for (vector, half) in &reflections {
        if *half > 0.0 {
            reflect_rows(&mut vectors, vector, *half);
        }
    }
    Tridiagonal { diagonal, below, vectors }
}

/// A ← H A H on the leading block, of which only the lower triangle is kept.
fn apply_both_sides(work: &mut Matrix, vector: &[f64], half: f64) {
    let size = vector.len();
    let mut product = vec![0.0; size];
    for row in 0..size {
        let values = &work.row(row)[..=row];
        product[row] += dot(values, &vector[..=row]);
        add_scaled(&mut product[..row], vector[row], &values[..row]);
    }
    product.iter_mut().for_each(|value| *value /= half);
    let shift = dot(&product, vector) / (2.0 * half);
    add_scaled(&mut product, -shift, vector);
    for row in 0..size {
        let (v, p) = (vector[row], product[row]);
        let target = &mut work.row_mut(row)[..=row];
        for ((to, a), b) in target.iter_mut().zip(&product).zip(vector) {
            *to -= v * a + p * b;
        }
    }
}

/// Every row of the matrix, reflected: row ← row − (row·v / half) v.
fn reflect_rows(matrix: &mut Matrix, vector: &[f64], half: f64) {
    for row in 0..matrix.rows() {
        let values = &mut matrix.row_mut(row)[..vector.len()];
        let factor = dot(values, vector) / half;
        add_scaled(values, -factor, vector);
    }
}

impl Tridiagonal {
    fn diagonalise(&mut self) -> Result<()> {
        let size = self.diagonal.len();
        self.below.rotate_left(usize::from(size > 0));
        for first in 0..size {
            let mut turns = 0;
            loop {
                let last = self.split_after(first);
                if last == first {
                    break;
                }
                turns += 1;
                if turns > TURNS_MAX {
                    return Err(Error::NotConverged {
                        method: "QL of a symmetric matrix",
                        steps_max: TURNS_MAX,
                    });
                }
                self.turn(first, last);
            }
        }
        Ok(())
    }

    /// The end of the block that starts at `first`: where the value below the diagonal vanishes.
    fn split_after(&self, first: usize) -> usize {
        let size = self.diagonal.len();
        (first..size.saturating_sub(1))
            .find(|&index| {
                let around = self.diagonal[index].abs() + self.diagonal[index + 1].abs();
                self.below[index].abs() <= f64::EPSILON * around
            })
            .unwrap_or(size - 1)
    }

    /// One implicit QL turn on the block from `first` to `last`.
    fn turn(&mut self, first: usize, last: usize) {
        let (d, e) = (&mut self.diagonal, &mut self.below);
        let ratio = (d[first + 1] - d[first]) / (2.0 * e[first]);
        let root = ratio.hypot(1.0);
        let mut g = d[last] - d[first] + e[first] / (ratio + root.copysign(ratio));
        let (mut sine, mut cosine, mut carried) = (1.0_f64, 1.0_f64, 0.0_f64);
        for index in (first..last).rev() {
            let f = sine * e[index];
            let b = cosine * e[index];
            let length = f.hypot(g);
            e[index + 1] = length;
            if length == 0.0 {
                d[index + 1] -= carried;
                e[last] = 0.0;
                return;
            }
            sine = f / length;
            cosine = g / length;
            g = d[index + 1] - carried;
            let r = (d[index] - g) * sine + 2.0 * cosine * b;
            carried = sine * r;
            d[index + 1] = g + carried;
            g = cosine * r - b;
            rotate_rows(&mut self.vectors, index, cosine, sine);
        }
        d[first] -= carried;
        e[first] = g;
        e[last] = 0.0;
    }
}

/// Turns two neighbouring rows by one rotation.
fn rotate_rows(matrix: &mut Matrix, row: usize, cosine: f64, sine: f64) {
    let columns = matrix.columns();
    let (above, below) = matrix.values.split_at_mut((row + 1) * columns);
    let upper = &mut above[row * columns..];
    for (low, high) in below[..columns].iter_mut().zip(upper) {
        let held = *low;
        *low = sine * *high + cosine * held;
        *high = cosine * *high - sine * held;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symmetric(size: usize) -> Matrix {
        let mut matrix = Matrix::zeros(size, size);
        for row in 0..size {
            for column in 0..=row {
                let mixed = u32::try_from((row * 31 + column * 17) * 7919 % 2003).unwrap();
                let value = f64::from(mixed) / 1000.0 - 1.0;
                matrix[(row, column)] = value;
                matrix[(column, row)] = value;
            }
        }
        matrix
    }

    #[test]
    fn the_decomposition_multiplies_back_with_orthonormal_vectors() {
        for size in [0, 1, 2, 3, 10, 60] {
            let matrix = symmetric(size);
            let eigen = SymmetricEigen::new(&matrix).unwrap();
            assert!(eigen.values().is_sorted());
            let back = eigen.rebuild(eigen.values()).unwrap();
            for (found, expected) in back.values().iter().zip(matrix.values()) {
                assert!((found - expected).abs() < 1e-11 * (1.0 + expected.abs()), "size {size}");
            }
            for a in 0..size {
                for b in 0..size {
                    let expected = if a == b { 1.0 } else { 0.0 };
                    let found = dot(eigen.vector(a), eigen.vector(b));
                    assert!((found - expected).abs() < 1e-12);
                }
            }
        }
    }

    #[test]
    fn diagonal_and_degenerate_matrices_are_themselves() {
        let ones = Matrix::new(3, 3, vec![1.0; 9]).unwrap();
        let eigen = SymmetricEigen::new(&ones).unwrap();
        let expected = [0.0, 0.0, 3.0];
        assert!(eigen.values().iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-14));
        let unit = SymmetricEigen::new(&Matrix::identity(4)).unwrap();
        assert_eq!(unit.values(), [1.0; 4]);
        let skewed = Matrix::new(2, 2, vec![1.0, 2.0, 3.0, 4.0]).unwrap();
        assert!(SymmetricEigen::new(&skewed).is_err());
    }
}
