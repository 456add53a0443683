//! Covariance and correlation of many assets, plain and shrunk.
//!
//! Returns come as a [`Matrix`] with a row a period and a column an asset.
//!
//! | estimator | shrinks to | as in |
//! | --- | --- | --- |
//! | [`sample`] | nothing, divides by n − 1 | numpy |
//! | [`ledoit_wolf`] | the mean variance on the diagonal | sklearn, skfolio |
//! | [`oracle_approximating`] | the mean variance on the diagonal | sklearn, skfolio |
//! | [`ledoit_wolf_correlation`] | one correlation for all pairs | the paper's own code |
//!
//! Shrunk covariances start from variances that divide by n, as their authors and peers do.
//!
//! ```
//! use quant::risk::covariance::{ledoit_wolf, sample};
//! use quant::algebra::Matrix;
//!
//! let returns = Matrix::from_rows(&[[0.01, 0.02], [-0.01, 0.00], [0.02, 0.01], [0.00, -0.02]])?;
//! let (plain, shrunk) = (sample(&returns)?, ledoit_wolf(&returns)?);
//! assert!((0.0..=1.0).contains(&shrunk.intensity));
//! assert!(shrunk.covariance[(0, 1)].abs() < plain[(0, 1)].abs());
//! # Ok::<(), quant::Error>(())
//! ```

use crate::algebra::{Matrix, dot};
use crate::error::at_least;
use crate::moments::{check_values, mean_of};
use crate::{Error, Result};

/// A covariance between the sample's and a target.
#[derive(Clone, Debug, PartialEq)]
pub struct Shrunk {
    /// (1 − intensity) · sample + intensity · target.
    pub covariance: Matrix,
    /// From 0 (the sample's) to 1 (the target).
    pub intensity: f64,
}

/// Which of the covariances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Estimator {
    /// [`sample`].
    #[default]
    Sample,
    /// [`ledoit_wolf`].
    LedoitWolf,
    /// [`oracle_approximating`].
    OracleApproximating,
}

/// The covariance by an estimator that is chosen.
///
/// # Errors
/// As [`sample`].
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::risk::covariance::{Estimator, estimate, sample};
///
/// let returns = Matrix::from_rows(&[[0.01, 0.02], [-0.01, 0.00], [0.02, 0.01]])?;
/// assert_eq!(estimate(&returns, Estimator::Sample)?, sample(&returns)?);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn estimate(returns: &Matrix, estimator: Estimator) -> Result<Matrix> {
    match estimator {
        Estimator::Sample => sample(returns),
        Estimator::LedoitWolf => Ok(ledoit_wolf(returns)?.covariance),
        Estimator::OracleApproximating => Ok(oracle_approximating(returns)?.covariance),
    }
}

/// The unbiased covariance.
///
/// # Errors
/// [`Error::TooShort`] with fewer than two periods or no asset.
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::risk::covariance::sample;
///
/// let returns = Matrix::from_rows(&[[0.01, 0.02], [-0.01, 0.00], [0.02, 0.01], [0.00, -0.02]])?;
/// assert!((sample(&returns)?[(0, 0)] - 0.0005 / 3.0).abs() < 1e-17);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn sample(returns: &Matrix) -> Result<Matrix> {
    check(returns)?;
    Ok(Centred::new(returns).covariance(returns.rows() as f64 - 1.0))
}

/// Pearson's correlation of every pair, the diagonal exactly 1.
///
/// # Errors
/// As [`sample`]; [`Error::Undefined`] if an asset's returns are constant.
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::risk::covariance::correlation;
///
/// let returns = Matrix::from_rows(&[[0.01, 0.02], [-0.01, 0.00], [0.02, 0.01], [0.00, -0.02]])?;
/// assert_eq!(correlation(&returns)?[(1, 1)], 1.0);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn correlation(returns: &Matrix) -> Result<Matrix> {
    correlation_of(&sample(returns)?)
}

/// The correlation that a covariance implies.
///
/// # Errors
/// [`Error::Undefined`] if the matrix is not symmetric or a variance is not above 0.
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::risk::covariance::correlation_of;
///
/// let covariance = Matrix::from_rows(&[[0.04, 0.01], [0.01, 0.01]])?;
/// assert!((correlation_of(&covariance)?[(0, 1)] - 0.5).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn correlation_of(covariance: &Matrix) -> Result<Matrix> {
    let deviations = deviations_of(covariance)?;
    let mut answer = covariance.clone();
    for row in 0..answer.rows() {
        for column in 0..answer.columns() {
            answer[(row, column)] = if row == column {
                1.0
            } else {
                (covariance[(row, column)] / deviations[row] / deviations[column]).clamp(-1.0, 1.0)
            };
        }
    }
    Ok(answer)
}

/// Ledoit and Wolf's shrinkage to the mean variance on the diagonal ("A well-conditioned estimator
/// for large-dimensional covariance matrices", 2004).
///
/// # Errors
/// As [`sample`].
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::risk::covariance::ledoit_wolf;
///
/// let returns = Matrix::from_rows(&[[0.01, 0.02], [-0.01, 0.00], [0.02, 0.01], [0.00, -0.02]])?;
/// assert!((0.0..=1.0).contains(&ledoit_wolf(&returns)?.intensity));
/// # Ok::<(), quant::Error>(())
/// ```
pub fn ledoit_wolf(returns: &Matrix) -> Result<Shrunk> {
    check(returns)?;
    let centred = Centred::new(returns);
    let n = returns.rows() as f64;
    let plain = centred.covariance(n);
    let size = plain.rows() as f64;
    let mean_variance = trace(&plain) / size;
    let squares = dot(plain.values(), plain.values());
    // Σ (x xᵀ − S)² over all periods and pairs is Σ |x|⁴ − n |S|².
    let fourth = (0..centred.rows.rows()).map(|row| {
        let length = dot(centred.rows.row(row), centred.rows.row(row));
        length * length
    });
    let noise = (fourth.sum::<f64>() / n - squares) / n;
    let distance = squares - size * mean_variance * mean_variance;
    let intensity = if distance > 0.0 { (noise.min(distance) / distance).max(0.0) } else { 0.0 };
    Ok(to_identity(plain, mean_variance, intensity))
}

/// The oracle approximating shrinkage to the mean variance on the diagonal (Chen, Wiesel, Eldar and
/// Hero 2010, as sklearn has it: without the 2/p terms).
///
/// # Errors
/// As [`sample`].
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::risk::covariance::oracle_approximating;
///
/// let returns = Matrix::from_rows(&[[0.01, 0.02], [-0.01, 0.00], [0.02, 0.01], [0.00, -0.02]])?;
/// assert!((0.0..=1.0).contains(&oracle_approximating(&returns)?.intensity));
/// # Ok::<(), quant::Error>(())
/// ```
pub fn oracle_approximating(returns: &Matrix) -> Result<Shrunk> {
    check(returns)?;
    let n = returns.rows() as f64;
    let plain = Centred::new(returns).covariance(n);
    let size = plain.rows() as f64;
    let mean_variance = trace(&plain) / size;
    let alpha = dot(plain.values(), plain.values()) / (size * size);
    let top = alpha + mean_variance * mean_variance;
    let bottom = (n + 1.0) * (alpha - mean_variance * mean_variance / size);
    let intensity = if bottom > 0.0 { (top / bottom).min(1.0) } else { 1.0 };
    Ok(to_identity(plain, mean_variance, intensity))
}

/// Ledoit and Wolf's shrinkage to the sample's variances with its mean correlation ("Honey, I
/// shrunk the sample covariance matrix", 2004).
///
/// # Errors
/// As [`sample`], with at least two assets; [`Error::Undefined`] if an asset's returns are
/// constant.
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::risk::covariance::ledoit_wolf_correlation;
///
/// let returns = Matrix::from_rows(&[[0.01, 0.02], [-0.01, 0.00], [0.02, 0.01], [0.00, -0.02]])?;
/// let shrunk = ledoit_wolf_correlation(&returns)?;
/// assert!((0.0..=1.0).contains(&shrunk.intensity));
/// # Ok::<(), quant::Error>(())
/// ```
pub fn ledoit_wolf_correlation(returns: &Matrix) -> Result<Shrunk> {
    check(returns)?;
    at_least("assets", returns.columns(), 2)?;
    let centred = Centred::new(returns);
    let n = returns.rows() as f64;
    let plain = centred.covariance(n);
    let target = constant_correlation(&plain)?;
    let noise = centred.noise(&plain, &target)?;
    let distance: f64 = plain
        .values()
        .iter()
        .zip(target.covariance.values())
        .map(|(own, other)| (own - other) * (own - other))
        .sum();
    let intensity = if distance > 0.0 { (noise / distance / n).clamp(0.0, 1.0) } else { 0.0 };
    let mut covariance = plain;
    for row in 0..covariance.rows() {
        let aim = target.covariance.row(row);
        for (value, to) in covariance.row_mut(row).iter_mut().zip(aim) {
            *value = (1.0 - intensity) * *value + intensity * to;
        }
    }
    Ok(Shrunk { covariance, intensity })
}

/// Variances of the sample with one correlation.
struct Target {
    covariance: Matrix,
    correlation: f64,
    deviations: Vec<f64>,
}

fn constant_correlation(plain: &Matrix) -> Result<Target> {
    let deviations = deviations_of(plain)?;
    let size = plain.rows();
    let mut sum = 0.0;
    for row in 0..size {
        for column in 0..row {
            sum += plain[(row, column)] / (deviations[row] * deviations[column]);
        }
    }
    let correlation = 2.0 * sum / (size * (size - 1)) as f64;
    let mut covariance = plain.clone();
    for row in 0..size {
        for column in (0..size).filter(|column| *column != row) {
            covariance[(row, column)] = correlation * deviations[row] * deviations[column];
        }
    }
    Ok(Target { covariance, correlation, deviations })
}

/// Returns less their means.
struct Centred {
    rows: Matrix,
}

impl Centred {
    fn new(returns: &Matrix) -> Self {
        let mut rows = returns.clone();
        for column in 0..returns.columns() {
            let values = returns.column(column);
            // A constant has no spread, though its mean may be rounded.
            let flat = values.iter().all(|value| Some(value) == values.first());
            let mean = if flat { values[0] } else { mean_of(&values) };
            for row in 0..rows.rows() {
                rows[(row, column)] -= mean;
            }
        }
        Self { rows }
    }

    fn covariance(&self, divisor: f64) -> Matrix {
        let size = self.rows.columns();
        let mut answer = Matrix::zeros(size, size);
        for period in 0..self.rows.rows() {
            let values = self.rows.row(period);
            for (row, own) in values.iter().enumerate() {
                for (sum, other) in answer.row_mut(row)[..=row].iter_mut().zip(values) {
                    *sum += own * other;
                }
            }
        }
        for row in 0..size {
            for column in 0..=row {
                answer[(row, column)] /= divisor;
                answer[(column, row)] = answer[(row, column)];
            }
        }
        answer
    }

    /// π − ρ of the paper: how uncertain the sample is, less what it shares with its target.
    fn noise(&self, plain: &Matrix, target: &Target) -> Result<f64> {
        let (n, size) = (self.rows.rows() as f64, plain.rows());
        let (mut all, mut diagonal, mut shared) = (0.0, 0.0, 0.0);
        let columns: Vec<Vec<f64>> = (0..size).map(|column| self.rows.column(column)).collect();
        for row in 0..size {
            let (own, variance) = (&columns[row], plain[(row, row)]);
            for column in 0..size {
                let (other, covariance) = (&columns[column], plain[(row, column)]);
                let (mut spread, mut tied) = (0.0, 0.0);
                for (x, y) in own.iter().zip(other) {
                    let away = x * y - covariance;
                    spread += away * away;
                    tied += (x * x - variance) * away;
                }
                all += spread / n;
                if row == column {
                    diagonal += spread / n;
                } else {
                    let ratio = target.deviations[column] / target.deviations[row];
                    shared += target.correlation * ratio * tied / n;
                }
            }
        }
        let noise = all - diagonal - shared;
        if noise.is_finite() {
            return Ok(noise);
        }
        Err(Error::Undefined { figure: "shrinkage", why: "the returns are too large" })
    }
}

fn to_identity(mut plain: Matrix, mean_variance: f64, intensity: f64) -> Shrunk {
    for row in 0..plain.rows() {
        for value in plain.row_mut(row) {
            *value *= 1.0 - intensity;
        }
        plain[(row, row)] += intensity * mean_variance;
    }
    Shrunk { covariance: plain, intensity }
}

fn trace(matrix: &Matrix) -> f64 {
    (0..matrix.rows()).map(|index| matrix[(index, index)]).sum()
}

/// The roots of the diagonal.
pub(crate) fn deviations_of(covariance: &Matrix) -> Result<Vec<f64>> {
    covariance.check_symmetric("covariance")?;
    let diagonal = (0..covariance.rows()).map(|index| covariance[(index, index)]);
    let deviations: Vec<f64> = diagonal.map(f64::sqrt).collect();
    if deviations.iter().all(|deviation| *deviation > 0.0) {
        return Ok(deviations);
    }
    Err(Error::Undefined { figure: "correlation", why: "a variance is not above 0" })
}

fn check(returns: &Matrix) -> Result<()> {
    at_least("returns", returns.rows(), 2)?;
    at_least("assets", returns.columns(), 1)?;
    check_values("returns", returns.values())
}
