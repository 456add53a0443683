//! Moments, quantiles and dependence of samples, defined once for all of the crate.
//!
//! Sums are compensated (Neumaier 1974), so that a mean near zero keeps its digits whatever the
//! order of its values. All functions want finite numbers of at most [`VALUE_MAX`] in size; a
//! spread that is not above 1e-75 counts as none.
//!
//! ```
//! use quant::moments::Moments;
//!
//! let moments = Moments::of(&[0.01, -0.02, 0.03, 0.00])?;
//! assert!((moments.mean - 0.005).abs() < 1e-17);
//! assert!((moments.standard_deviation()? - 0.020816659994661327).abs() < 1e-16);
//! # Ok::<(), quant::Error>(())
//! ```

use crate::error::{all_finite, at_least, same_length};
use crate::{Error, Result};

/// The largest size of a value: its fourth power must stay a number.
pub const VALUE_MAX: f64 = 1e60;

/// Σ(x − mean)² below which a sample counts as constant: its fourth powers would no longer be
/// numbers.
const SPREAD_MIN: f64 = 1e-150;

/// The mean and the central sums Σ(x − mean)ᵏ of a sample, from which all moments follow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// How many values there are.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Σ(x − mean)².
    pub square_sum: f64,
    /// Σ(x − mean)³.
    pub cube_sum: f64,
    /// Σ(x − mean)⁴.
    pub fourth_sum: f64,
}

impl Moments {
    /// The moments of `values`, in two passes.
    ///
    /// # Errors
    /// [`Error::TooShort`] if there is none, [`Error::NotFinite`], [`Error::OutOfBounds`] beyond
    /// [`VALUE_MAX`].
    pub fn of(values: &[f64]) -> Result<Self> {
        at_least("values", values.len(), 1)?;
        check_values("values", values)?;
        Ok(Self::of_finite(values))
    }

    pub(crate) fn of_finite(values: &[f64]) -> Self {
        let mean = mean_of(values);
        let (mut squares, mut cubes, mut fourths) =
            (Sum::default(), Sum::default(), Sum::default());
        for value in values {
            let away = value - mean;
            let square = away * away;
            squares.add(square);
            cubes.add(square * away);
            fourths.add(square * square);
        }
        // A constant series has no spread, though its mean may be rounded.
        let equal = values.iter().all(|value| Some(value) == values.first());
        let flat = equal || squares.value() < SPREAD_MIN;
        let sum_of = |sum: Sum| if flat { 0.0 } else { sum.value() };
        Self {
            count: values.len(),
            mean,
            square_sum: sum_of(squares),
            cube_sum: sum_of(cubes),
            fourth_sum: sum_of(fourths),
        }
    }

    /// The unbiased variance Σ(x − mean)² / (n − 1).
    ///
    /// # Errors
    /// [`Error::TooShort`] with fewer than two values.
    pub fn variance(&self) -> Result<f64> {
        at_least("values", self.count, 2)?;
        Ok(self.square_sum / (self.count as f64 - 1.0))
    }

    /// The root of the unbiased variance.
    ///
    /// # Errors
    /// As [`Moments::variance`].
    pub fn standard_deviation(&self) -> Result<f64> {
        Ok(self.variance()?.sqrt())
    }

    /// The biased skewness m₃ / m₂^1.5 (scipy's default).
    ///
    /// # Errors
    /// [`Error::Undefined`] if all values are equal.
    pub fn skewness(&self) -> Result<f64> {
        let n = self.count as f64;
        let variance = self.spread("skewness")? / n;
        Ok(self.cube_sum / n / (variance * variance.sqrt()))
    }

    /// The skewness with Fisher's correction √(n(n−1)) / (n−2) (pandas, Excel).
    ///
    /// # Errors
    /// As [`Moments::skewness`]; [`Error::TooShort`] with fewer than three values.
    pub fn skewness_unbiased(&self) -> Result<f64> {
        at_least("values", self.count, 3)?;
        let n = self.count as f64;
        Ok(self.skewness()? * (n * (n - 1.0)).sqrt() / (n - 2.0))
    }

    /// The biased excess kurtosis m₄ / m₂² − 3 (scipy's default): 0 for the normal distribution.
    ///
    /// # Errors
    /// [`Error::Undefined`] if all values are equal.
    pub fn excess_kurtosis(&self) -> Result<f64> {
        let square_sum = self.spread("kurtosis")?;
        Ok(self.fourth_sum / square_sum * self.count as f64 / square_sum - 3.0)
    }

    /// The excess kurtosis with Fisher's correction (pandas, Excel).
    ///
    /// # Errors
    /// As [`Moments::excess_kurtosis`]; [`Error::TooShort`] with fewer than four values.
    pub fn excess_kurtosis_unbiased(&self) -> Result<f64> {
        at_least("values", self.count, 4)?;
        let n = self.count as f64;
        let biased = self.excess_kurtosis()?;
        Ok((n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * biased + 6.0))
    }

    /// Jarque and Bera's statistic n/6 (S² + K²/4), chi-square with two degrees of freedom if the
    /// values are normal (1980).
    ///
    /// # Errors
    /// [`Error::Undefined`] if all values are equal.
    pub fn jarque_bera(&self) -> Result<f64> {
        let (skewness, kurtosis) = (self.skewness()?, self.excess_kurtosis()?);
        Ok(self.count as f64 / 6.0 * (skewness * skewness + 0.25 * kurtosis * kurtosis))
    }

    fn spread(&self, figure: &'static str) -> Result<f64> {
        if self.square_sum > 0.0 {
            return Ok(self.square_sum);
        }
        Err(Error::Undefined { figure, why: "all values are equal" })
    }
}

/// The quantile of a sorted sample by linear interpolation between order statistics: numpy's and
/// Excel's default, type 7 of Hyndman and Fan (1996).
///
/// # Errors
/// [`Error::TooShort`] if there is no value, [`Error::OutOfBounds`] unless 0 ≤ p ≤ 1,
/// [`Error::NotAscending`] if the values are not sorted.
///
/// ```
/// assert_eq!(quant::moments::quantile_sorted(&[1.0, 2.0, 4.0], 0.75)?, 3.0);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn quantile_sorted(sorted: &[f64], probability: f64) -> Result<f64> {
    at_least("sorted", sorted.len(), 1)?;
    check_values("sorted", sorted)?;
    if !(0.0..=1.0).contains(&probability) {
        return Err(Error::out_of_bounds("probability", probability, "a number from 0 to 1"));
    }
    match sorted.windows(2).position(|pair| pair[1] < pair[0]) {
        Some(index) => Err(Error::NotAscending { argument: "sorted", index: index + 1 }),
        None => Ok(quantile_of(sorted, probability)),
    }
}

/// [`quantile_sorted`] of what is known to be sorted, finite and not empty.
pub(crate) fn quantile_of(sorted: &[f64], probability: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let position = probability * last as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to last")]
    let below = (position.floor() as usize).min(last);
    let fraction = position - below as f64;
    let low = sorted.get(below).copied().unwrap_or_default();
    let high = sorted.get(below + 1).copied().unwrap_or(low);
    // As numpy rounds: from the nearer end.
    if fraction < 0.5 {
        low + (high - low) * fraction
    } else {
        high - (high - low) * (1.0 - fraction)
    }
}

/// Checks that every value is a number of at most [`VALUE_MAX`] in size.
pub(crate) fn check_values(argument: &'static str, values: &[f64]) -> Result<()> {
    all_finite(argument, values)?;
    match values.iter().find(|value| value.abs() > VALUE_MAX) {
        Some(value) => {
            let expected = format!("a number from {:e} to {VALUE_MAX:e}", -VALUE_MAX);
            Err(Error::out_of_bounds(argument, *value, expected))
        }
        None => Ok(()),
    }
}

/// The values in ascending order.
pub(crate) fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// The unbiased covariance Σ(x − x̄)(y − ȳ) / (n − 1).
///
/// # Errors
/// [`Error::LengthsDiffer`], [`Error::TooShort`] with fewer than two pairs, [`Error::NotFinite`].
///
/// ```
/// assert_eq!(quant::moments::covariance(&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0])?, 2.0);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn covariance(x: &[f64], y: &[f64]) -> Result<f64> {
    check_pairs(x, y)?;
    Ok(cross_sum(x, y) / (x.len() as f64 - 1.0))
}

/// Pearson's correlation, from −1 to 1.
///
/// # Errors
/// As [`covariance`]; [`Error::Undefined`] if one of the two is constant.
///
/// ```
/// let correlation = quant::moments::correlation(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0])?;
/// assert!((correlation + 1.0).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn correlation(x: &[f64], y: &[f64]) -> Result<f64> {
    check_pairs(x, y)?;
    let (spread_x, spread_y) = (Moments::of_finite(x).square_sum, Moments::of_finite(y).square_sum);
    let scale = spread_x.sqrt() * spread_y.sqrt();
    if scale > 0.0 {
        return Ok((cross_sum(x, y) / scale).clamp(-1.0, 1.0));
    }
    Err(Error::Undefined { figure: "correlation", why: "one of the series is constant" })
}

fn check_pairs(x: &[f64], y: &[f64]) -> Result<()> {
    same_length("y", y.len(), x.len())?;
    at_least("x", x.len(), 2)?;
    check_values("x", x)?;
    check_values("y", y)
}

/// Σ(x − x̄)(y − ȳ).
pub(crate) fn cross_sum(x: &[f64], y: &[f64]) -> f64 {
    let (mean_x, mean_y) = (mean_of(x), mean_of(y));
    sum_of(x.iter().zip(y).map(|(a, b)| (a - mean_x) * (b - mean_y)))
}

/// The compensated sum.
pub(crate) fn sum_of(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut sum = Sum::default();
    values.into_iter().for_each(|value| sum.add(value));
    sum.value()
}

/// The mean of what is not empty.
pub(crate) fn mean_of(values: &[f64]) -> f64 {
    sum_of(values.iter().copied()) / values.len() as f64
}

/// Neumaier's compensated sum.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum {
    total: f64,
    lost: f64,
}

impl Sum {
    pub(crate) fn add(&mut self, value: f64) {
        let next = self.total + value;
        self.lost += if self.total.abs() >= value.abs() {
            (self.total - next) + value
        } else {
            (value - next) + self.total
        };
        self.total = next;
    }

    pub(crate) fn value(self) -> f64 {
        let whole = self.total + self.lost;
        // An overflow leaves a NaN in what was lost.
        if whole.is_nan() { self.total } else { whole }
    }
}
