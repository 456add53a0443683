//! Linear regression by Householder's reflections, which do not square the condition.

use super::{Matrix, add_scaled, dot};
use crate::error::{Error, Result, at_least, same_length};

/// A column whose part that the others do not explain is below this of itself is collinear.
const COLLINEAR: f64 = 1e-10;

/// The coefficients b that make ‖y − X b‖² least, and what tests about them need.
///
/// Golub and Van Loan, 5.3.2. Nothing is added to X: a constant is a column of ones.
///
/// ```
/// use quant::algebra::{LeastSquares, Matrix};
///
/// let x = Matrix::from_rows(&[[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])?;
/// let fit = LeastSquares::new(&x, &[1.0, 3.0, 5.0])?;
/// assert!((fit.coefficients[1] - 2.0).abs() < 1e-12);
/// # Ok::<(), quant::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LeastSquares {
    /// One coefficient a column.
    pub coefficients: Vec<f64>,
    /// y − X b.
    pub residuals: Vec<f64>,
    /// Σ residual².
    pub residual_sum_of_squares: f64,
    /// (XᵀX)⁻¹: times the residual variance, the covariance of the coefficients.
    pub unscaled_covariance: Matrix,
}

impl LeastSquares {
    /// Fits `y` on the columns of `x`.
    ///
    /// # Errors
    /// [`Error::LengthsDiffer`] where `y` is not as long as a column, [`Error::TooShort`] where
    /// there are fewer rows than columns, [`Error::Undefined`] where columns are collinear.
    pub fn new(x: &Matrix, y: &[f64]) -> Result<Self> {
        same_length("y", y.len(), x.rows())?;
        at_least("y", y.len(), x.columns().max(1))?;
        let columns = x.columns();
        let mut basis = x.transpose();
        let mut right = y.to_vec();
        let mut upper = Matrix::zeros(columns, columns);
        for step in 0..columns {
            let (done, rest) = basis.values.split_at_mut((step + 1) * x.rows());
            let column = &mut done[step * x.rows()..];
            let all = dot(column, column).sqrt();
            for row in 0..step {
                upper[(row, step)] = column[row];
            }
            let vector = &mut column[step..];
            let length = dot(vector, vector).sqrt();
            if length.is_nan() || length <= COLLINEAR * all || length == 0.0 {
                return Err(Error::Undefined {
                    figure: "regression",
                    why: "a column is a combination of the others",
                });
            }
            let alpha = if vector[0] > 0.0 { -length } else { length };
            upper[(step, step)] = alpha;
            vector[0] -= alpha;
            let half = dot(vector, vector) / 2.0;
            for other in rest.chunks_exact_mut(x.rows()) {
                reflect(&mut other[step..], vector, half);
            }
            reflect(&mut right[step..], vector, half);
        }
        let coefficients = solve_upper(&upper, &right[..columns]);
        let fitted = x.multiply_vector(&coefficients)?;
        let residuals: Vec<f64> = y.iter().zip(&fitted).map(|(y, fit)| y - fit).collect();
        let residual_sum_of_squares = dot(&residuals, &residuals);
        let unscaled_covariance = inverse_of_gram(&upper);
        Ok(Self { coefficients, residuals, residual_sum_of_squares, unscaled_covariance })
    }
}

fn reflect(values: &mut [f64], vector: &[f64], half: f64) {
    let factor = dot(values, vector) / half;
    add_scaled(values, -factor, vector);
}

fn solve_upper(upper: &Matrix, right: &[f64]) -> Vec<f64> {
    let mut answer = right.to_vec();
    for row in (0..answer.len()).rev() {
        let known = dot(&upper.row(row)[row + 1..], &answer[row + 1..]);
        answer[row] = (answer[row] - known) / upper[(row, row)];
    }
    answer
}

/// (RᵀR)⁻¹ = R⁻¹ R⁻ᵀ.
fn inverse_of_gram(upper: &Matrix) -> Matrix {
    let size = upper.rows();
    let mut inverse = Matrix::zeros(size, size);
    for column in 0..size {
        let mut unit = vec![0.0; size];
        unit[column] = 1.0;
        let solved = solve_upper(upper, &unit);
        for row in 0..size {
            inverse[(row, column)] = solved[row];
        }
    }
    let mut answer = Matrix::zeros(size, size);
    for row in 0..size {
        for column in 0..size {
            answer[(row, column)] = dot(inverse.row(row), inverse.row(column));
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected: numpy 2.4.6, `linalg.lstsq` and `inv(X.T @ X)`.
    #[test]
    fn the_fit_is_that_of_numpy() {
        let x = Matrix::from_rows(&[[1.0, 1.0], [1.0, 2.0], [1.0, 4.0], [1.0, 7.0]]).unwrap();
        let fit = LeastSquares::new(&x, &[1.0, 3.0, 2.0, 8.0]).unwrap();
        let expected = [-0.166_666_666_666_665_85, 1.047_619_047_619_048_1];
        assert!(fit.coefficients.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-13));
        assert!((fit.residual_sum_of_squares - 5.952_380_952_380_954).abs() < 1e-12);
        let corner = fit.unscaled_covariance[(1, 1)];
        assert!((corner - 0.047_619_047_619_047_62).abs() < 1e-14);
    }

    #[test]
    fn collinear_columns_and_too_few_rows_are_refused() {
        let x = Matrix::from_rows(&[[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]]).unwrap();
        assert!(matches!(LeastSquares::new(&x, &[1.0; 3]), Err(Error::Undefined { .. })));
        let wide = Matrix::from_rows(&[[1.0, 2.0]]).unwrap();
        assert!(matches!(LeastSquares::new(&wide, &[1.0]), Err(Error::TooShort { .. })));
        assert!(LeastSquares::new(&x, &[1.0]).is_err());
    }
}
