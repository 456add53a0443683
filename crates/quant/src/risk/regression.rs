//! What drives returns: least squares on factors, with errors that allow for more than chance.
//!
//! | errors | allow for | as in statsmodels |
//! | --- | --- | --- |
//! | [`Errors::Classical`] | nothing | `nonrobust` |
//! | [`Errors::White`] | unequal variances (1980) | `HC0` |
//! | [`Errors::WhiteCorrected`] | the same, times n / (n − k) | `HC1` |
//! | [`Errors::NeweyWest`] | autocorrelation too, Bartlett's weights (1987) | `HAC` |
//!
//! Classical t-values are judged by Student's distribution with n − k degrees of freedom, robust
//! ones by the normal distribution, as statsmodels does. All returns are per period; the constant
//! is the alpha of a period.
//!
//! ```
//! use quant::risk::regression::{Errors, regress};
//!
//! let market = [0.01, -0.02, 0.015, 0.03, -0.01, 0.005, 0.02, -0.015];
//! let noise = [1.0, -1.0, -1.0, 1.0, 1.0, -1.0, -1.0, 1.0];
//! let fund: Vec<f64> =
//!     market.iter().zip(noise).map(|(m, e)| 0.001 + 1.5 * m + 0.002 * e).collect();
//! let fit = regress(&fund, &[&market], Errors::NeweyWest { lags: 2 })?;
//! assert!((fit.loadings[0].estimate - 1.5).abs() < 0.1);
//! assert!(fit.loadings[0].p_value < 1e-9);
//! # Ok::<(), quant::Error>(())
//! ```

use crate::algebra::{Matrix, dot};
use crate::distribution::{SHAPE_MAX, fisher, normal, student};
use crate::error::{all_finite, at_least, same_length};
use crate::moments::{Moments, check_values, sum_of};
use crate::{Error, Result};

/// The most factors.
pub const FACTORS_MAX: usize = 200;

/// How standard errors are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errors {
    /// For residuals of one variance, independent of each other.
    Classical,
    /// For residuals of different variances.
    White,
    /// The same, times n / (n − k).
    WhiteCorrected,
    /// For residuals that depend on those up to so many periods before; [`newey_west_lags`].
    NeweyWest {
        /// How many.
        lags: usize,
    },
}

/// One coefficient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coefficient {
    /// Its least squares estimate.
    pub estimate: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Estimate / standard error.
    pub t_value: f64,
    /// How probable a t-value at least as large without sign is if the coefficient is zero.
    pub p_value: f64,
}

/// A regression with a constant.
#[derive(Clone, Debug, PartialEq)]
pub struct Regression {
    /// The constant: the return that no factor explains.
    pub alpha: Coefficient,
    /// One for each factor, in the order given.
    pub loadings: Vec<Coefficient>,
    /// What the factors leave, one for each return.
    pub residuals: Vec<f64>,
    /// The share of the variance that the factors explain.
    pub r_squared: f64,
    /// The same, corrected for their number.
    pub adjusted_r_squared: f64,
    /// The standard deviation of residuals with n − k.
    pub residual_deviation: f64,
    /// Durbin and Watson's statistic: 2 without autocorrelation of residuals.
    pub durbin_watson: f64,
    /// The p-value of the classical F test that all loadings are zero.
    pub f_p_value: f64,
}

/// Newey and West's rule of thumb: the whole part of 4 (n / 100)^(2/9).
///
/// ```
/// assert_eq!(quant::risk::regression::newey_west_lags(100), 4);
/// ```
#[must_use]
pub fn newey_west_lags(observations: usize) -> usize {
    let lags = 4.0 * (observations as f64 / 100.0).powf(2.0 / 9.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
    let whole = lags as usize;
    whole
}

/// Regresses `returns` on a constant and `factors`, each as long as the returns.
///
/// # Errors
/// [`Error::TooShort`] unless there are at least two returns more than factors,
/// [`Error::LengthsDiffer`], [`Error::NotFinite`], [`Error::OutOfBounds`] with more than
/// [`FACTORS_MAX`] factors or as many lags as returns, [`Error::Undefined`] if the factors depend
/// on each other or the returns or residuals are constant.
///
/// ```
/// use quant::risk::regression::{Errors, regress};
///
/// let market = [0.01, -0.02, 0.03, 0.00, 0.01, -0.01, 0.02];
/// let fund = [0.021, -0.040, 0.061, 0.001, 0.019, -0.020, 0.040];
/// let fit = regress(&fund, &[&market], Errors::White)?;
/// assert!((fit.loadings[0].estimate - 2.0).abs() < 0.05);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn regress(returns: &[f64], factors: &[&[f64]], errors: Errors) -> Result<Regression> {
    check(returns, factors, errors)?;
    let design = Design::new(returns.len(), factors)?;
    let estimates = design.solve(returns);
    let fitted = |row: usize| dot(design.rows.row(row), &estimates);
    let residuals: Vec<f64> =
        returns.iter().enumerate().map(|(row, value)| value - fitted(row)).collect();
    let (n, k) = (returns.len() as f64, estimates.len() as f64);
    let squares = sum_of(residuals.iter().map(|residual| residual * residual));
    let whole = Moments::of_finite(returns).square_sum;
    if whole <= 0.0 {
        return Err(Error::Undefined { figure: "regression", why: "the returns are constant" });
    }
    if squares <= f64::EPSILON * f64::EPSILON * whole * n {
        let why = "the factors explain the returns without a residual";
        return Err(Error::Undefined { figure: "standard errors", why });
    }
    let variances = design.variances(&residuals, squares / (n - k), errors)?;
    let robust = errors != Errors::Classical;
    let mut coefficients = Vec::with_capacity(estimates.len());
    for (estimate, variance) in estimates.iter().zip(variances) {
        coefficients.push(coefficient(*estimate, variance, (!robust).then_some(n - k))?);
    }
    let steps = residuals.windows(2).map(|pair| (pair[1] - pair[0]) * (pair[1] - pair[0]));
    let r_squared = 1.0 - squares / whole;
    let f_value = (whole - squares).max(0.0) / (k - 1.0) / (squares / (n - k));
    let mut coefficients = coefficients.into_iter();
    let Some(alpha) = coefficients.next() else {
        return Err(Error::TooShort { argument: "factors", needed: 1, found: 0 });
    };
    Ok(Regression {
        alpha,
        loadings: coefficients.collect(),
        r_squared,
        adjusted_r_squared: 1.0 - (1.0 - r_squared) * (n - 1.0) / (n - k),
        residual_deviation: (squares / (n - k)).sqrt(),
        durbin_watson: sum_of(steps) / squares,
        f_p_value: fisher::survival(f_value, k - 1.0, (n - k).min(SHAPE_MAX))?,
        residuals,
    })
}

fn check(returns: &[f64], factors: &[&[f64]], errors: Errors) -> Result<()> {
    at_least("factors", factors.len(), 1)?;
    if factors.len() > FACTORS_MAX {
        let expected = format!("at most {FACTORS_MAX} factors");
        return Err(Error::out_of_bounds("factors", factors.len() as f64, expected));
    }
    at_least("returns", returns.len(), factors.len() + 2)?;
    check_values("returns", returns)?;
    for factor in factors {
        same_length("factors", factor.len(), returns.len())?;
        check_values("factors", factor)?;
    }
    match errors {
        Errors::NeweyWest { lags } if lags >= returns.len() => {
            let expected = "fewer lags than returns";
            Err(Error::out_of_bounds("lags", lags as f64, expected))
        }
        _ => Ok(()),
    }
}

fn coefficient(estimate: f64, variance: f64, freedom: Option<f64>) -> Result<Coefficient> {
    let standard_error = variance.max(0.0).sqrt();
    if standard_error <= 0.0 || !standard_error.is_finite() {
        let why = "a standard error is zero or too large for a number";
        return Err(Error::Undefined { figure: "t-value", why });
    }
    let t_value = estimate / standard_error;
    let tail = match freedom {
        Some(freedom) => student::survival(t_value.abs(), freedom.min(SHAPE_MAX))?,
        None => normal::survival(t_value.abs()),
    };
    Ok(Coefficient { estimate, standard_error, t_value, p_value: (2.0 * tail).min(1.0) })
}

/// The factors with a constant, and their triangular factor by Householder's reflections (Golub and
/// Van Loan, 5.2), which lose no digits as the normal equations would.
struct Design {
    rows: Matrix,
    /// A column each: the reflection below the diagonal.
    reflections: Vec<Vec<f64>>,
    /// A column each: R above and on the diagonal.
    triangle: Vec<Vec<f64>>,
}

impl Design {
    fn new(count: usize, factors: &[&[f64]]) -> Result<Self> {
        let mut rows = Matrix::zeros(count, factors.len() + 1);
        for index in 0..count {
            let row = rows.row_mut(index);
            row[0] = 1.0;
            for (value, factor) in row[1..].iter_mut().zip(factors) {
                *value = factor[index];
            }
        }
        let mut reflections: Vec<Vec<f64>> = Vec::new();
        let mut triangle = Vec::new();
        for column in 0..=factors.len() {
            let mut values = rows.column(column);
            let size = dot(&values, &values).sqrt();
            for (step, reflection) in reflections.iter().enumerate() {
                reflect(&mut values, reflection, step);
            }
            let below = dot(&values[column..], &values[column..]).sqrt();
            // What is left of a factor without the ones before it must be more than rounding.
            if below <= 1e-12 * size || !below.is_finite() {
                let why = "a factor is constant or depends on the others";
                return Err(Error::Undefined { figure: "regression", why });
            }
            let diagonal = -below.copysign(values[column]);
            let mut reflection = values[column..].to_vec();
            reflection[0] -= diagonal;
            let length = dot(&reflection, &reflection).sqrt();
            reflection.iter_mut().for_each(|value| *value /= length);
            values.truncate(column);
            values.push(diagonal);
            reflections.push(reflection);
            triangle.push(values);
        }
        Ok(Self { rows, reflections, triangle })
    }

    fn solve(&self, returns: &[f64]) -> Vec<f64> {
        let mut values = returns.to_vec();
        for (step, reflection) in self.reflections.iter().enumerate() {
            reflect(&mut values, reflection, step);
        }
        values.truncate(self.triangle.len());
        self.back(values)
    }

    /// R⁻¹ of a vector.
    fn back(&self, mut values: Vec<f64>) -> Vec<f64> {
        for (index, column) in self.triangle.iter().enumerate().rev() {
            values[index] /= column[index];
            let value = values[index];
            for (above, factor) in values[..index].iter_mut().zip(column) {
                *above -= factor * value;
            }
        }
        values
    }

    /// R⁻ᵀ of a vector.
    fn forward(&self, values: &[f64]) -> Vec<f64> {
        let mut solved: Vec<f64> = Vec::with_capacity(values.len());
        for (value, column) in values.iter().zip(&self.triangle) {
            let done = dot(&solved, column);
            solved.push((value - done) / column[solved.len()]);
        }
        solved
    }

    /// The variance of each estimate: the diagonal of (XᵀX)⁻¹ S (XᵀX)⁻¹.
    fn variances(&self, residuals: &[f64], variance: f64, errors: Errors) -> Result<Vec<f64>> {
        let size = self.triangle.len();
        let unit = |at: usize| -> Vec<f64> {
            (0..size).map(|index| f64::from(u8::from(index == at))).collect()
        };
        let columns: Vec<Vec<f64>> =
            (0..size).map(|index| self.back(self.forward(&unit(index)))).collect();
        let n = residuals.len() as f64;
        let (lags, factor) = match errors {
            Errors::Classical => {
                let diagonal = columns.iter().enumerate();
                return Ok(diagonal.map(|(index, column)| variance * column[index]).collect());
            }
            Errors::White => (0, 1.0),
            Errors::WhiteCorrected => (0, n / (n - size as f64)),
            Errors::NeweyWest { lags } => (lags, 1.0),
        };
        // Each estimate's influence: its column of (XᵀX)⁻¹ times x u. Its long-run variance is what
        // is wanted, so that S itself is never needed.
        let mut variances = Vec::with_capacity(size);
        for column in &columns {
            let influence: Vec<f64> = residuals
                .iter()
                .enumerate()
                .map(|(row, residual)| dot(self.rows.row(row), column) * residual)
                .collect();
            variances.push(factor * long_run(&influence, lags));
        }
        all_finite("returns", &variances)?;
        Ok(variances)
    }
}

/// Σ u² + 2 Σₗ (1 − l / (L + 1)) Σ uₜ uₜ₋ₗ: never negative, by Bartlett's weights.
fn long_run(values: &[f64], lags: usize) -> f64 {
    let product = |lag: usize| {
        let later = values.get(lag..).unwrap_or_default();
        sum_of(later.iter().zip(values).map(|(now, before)| now * before))
    };
    let weight = |lag: usize| 1.0 - lag as f64 / (lags as f64 + 1.0);
    product(0) + 2.0 * (1..=lags).map(|lag| weight(lag) * product(lag)).sum::<f64>()
}

/// Mirrors what stands from `start` on at the plane of a reflection of length one.
fn reflect(values: &mut [f64], reflection: &[f64], start: usize) {
    let tail = &mut values[start..];
    let twice = 2.0 * dot(tail, reflection);
    for (value, part) in tail.iter_mut().zip(reflection) {
        *value -= twice * part;
    }
}
