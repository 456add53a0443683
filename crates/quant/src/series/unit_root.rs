//! Whether a series has a unit root: three tests that ask it differently.
//!
//! Dickey-Fuller and Phillips-Perron presume a unit root, KPSS presumes none. P values of the first
//! two are MacKinnon's (1994), critical values MacKinnon's (2010); those of KPSS lie between 1 and
//! 10 % by the table of its authors.

use super::ets::{VALUES_MAX, as_number};
use super::mackinnon::{critical_values, p_value};
use crate::algebra::{LeastSquares, Matrix};
use crate::error::{Error, Result, all_finite, at_least};

/// What a series is allowed to do beside its noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deterministic {
    /// To be around zero.
    None,
    /// To be around a constant.
    Constant,
    /// To be around a line.
    Trend,
}

/// How many lags a regression has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lags {
    /// So many.
    Fixed(usize),
    /// Those with the least AIC among up to 12 (n / 100)^¼, all compared on the same values.
    Aic,
}

/// The outcome of a test.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitRootTest {
    /// The statistic.
    pub statistic: f64,
    /// The probability of one as extreme under what the test presumes.
    pub p_value: f64,
    /// The lags that were used.
    pub lags: usize,
    /// Statistics at 1, 5 and 10 %.
    pub critical: [f64; 3],
}

impl Deterministic {
    pub(super) fn terms(self) -> usize {
        match self {
            Self::None => 0,
            Self::Constant => 1,
            Self::Trend => 2,
        }
    }
}

/// The augmented Dickey-Fuller test: Δyₜ on yₜ₋₁ and lagged Δy; presumes a unit root.
///
/// # Errors
/// `values` that are too few for the regression or not finite, or [`Error::Undefined`] where they
/// do not move. Dickey and Fuller (1979), Said and Dickey (1984).
///
/// ```
/// use quant::series::{Deterministic, Lags, augmented_dickey_fuller};
///
/// let values: Vec<f64> = (0..60_u32).map(|t| f64::from(t * 7919 % 101)).collect();
/// let test = augmented_dickey_fuller(&values, Deterministic::Constant, Lags::Fixed(1))?;
/// assert!(test.p_value < 0.01);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn augmented_dickey_fuller(
    values: &[f64],
    deterministic: Deterministic,
    lags: Lags,
) -> Result<UnitRootTest> {
    check(values)?;
    let lags = match lags {
        Lags::Fixed(lags) => lags,
        Lags::Aic => best_lags(values, deterministic)?,
    };
    let (fit, observations) = dickey_fuller(values, deterministic, lags, lags)?;
    let statistic = t_value(&fit, 0, observations)?;
    Ok(UnitRootTest {
        statistic,
        p_value: p_value(statistic, deterministic, 1),
        lags,
        critical: critical_values(deterministic, 1, observations),
    })
}

/// The test of Phillips and Perron (1988): yₜ on yₜ₋₁, the t value corrected for correlation of
/// up to `lags` steps (Newey and West); presumes a unit root.
///
/// # Errors
/// As [`augmented_dickey_fuller`].
///
/// ```
/// use quant::series::{Deterministic, phillips_perron};
///
/// let values: Vec<f64> = (0..120).map(|t| f64::from(t * 7919 % 101)).collect();
/// assert!(phillips_perron(&values, Deterministic::Constant, 4)?.p_value < 0.01);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn phillips_perron(
    values: &[f64],
    deterministic: Deterministic,
    lags: usize,
) -> Result<UnitRootTest> {
    check(values)?;
    let observations = values.len() - 1;
    at_least("values", observations, (lags + 1).max(deterministic.terms() + 3))?;
    let mut rows = Vec::with_capacity(observations);
    for (index, &value) in values[..observations].iter().enumerate() {
        let mut row = vec![value];
        push_terms(&mut row, deterministic, index);
        rows.push(row);
    }
    let x = Matrix::from_rows(&rows)?;
    let fit = LeastSquares::new(&x, &values[1..])?;
    let count = as_number(observations);
    let freedom = count - as_number(x.columns());
    let long_run = long_run_variance(&fit.residuals, lags);
    let variance = fit.residual_sum_of_squares / freedom;
    let plain = fit.residual_sum_of_squares / count;
    let error = (variance * fit.unscaled_covariance[(0, 0)]).sqrt();
    let pull = (plain / long_run).sqrt() * (fit.coefficients[0] - 1.0) / error;
    let correction = 0.5 * (long_run - plain) / long_run.sqrt() * count * error / variance.sqrt();
    let statistic = defined(pull - correction)?;
    Ok(UnitRootTest {
        statistic,
        p_value: p_value(statistic, deterministic, 1),
        lags,
        critical: critical_values(deterministic, 1, observations),
    })
}

/// The test of Kwiatkowski, Phillips, Schmidt and Shin (1992): presumes that the series is
/// stationary around a constant or a line. P values are given between 0.01 and 0.1, and are at
/// those bounds outside.
///
/// # Errors
/// As [`augmented_dickey_fuller`]; `deterministic` must not be none.
///
/// ```
/// use quant::series::{Deterministic, kpss};
///
/// let values: Vec<f64> = (0..120).map(|t| f64::from(t * 7919 % 101)).collect();
/// assert!(kpss(&values, Deterministic::Constant, 4)?.p_value > 0.05);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn kpss(values: &[f64], deterministic: Deterministic, lags: usize) -> Result<UnitRootTest> {
    check(values)?;
    at_least("values", values.len(), lags + 1)?;
    let table = match deterministic {
        Deterministic::None => {
            return Err(Error::out_of_bounds("deterministic", 0.0, "a constant or a trend"));
        }
        Deterministic::Constant => [0.739, 0.574, 0.463, 0.347],
        Deterministic::Trend => [0.216, 0.176, 0.146, 0.119],
    };
    let rows: Vec<Vec<f64>> = (0..values.len())
        .map(|index| {
            let mut row = Vec::new();
            push_terms(&mut row, deterministic, index);
            row
        })
        .collect();
    let fit = LeastSquares::new(&Matrix::from_rows(&rows)?, values)?;
    let mut sum = 0.0;
    let mut squares = 0.0;
    for residual in &fit.residuals {
        sum += residual;
        squares += sum * sum;
    }
    let count = as_number(values.len());
    let statistic = defined(squares / (count * count) / long_run_variance(&fit.residuals, lags))?;
    let levels = [0.01, 0.025, 0.05, 0.1];
    let mut p_value = if statistic >= table[0] { levels[0] } else { levels[3] };
    for (limits, bounds) in table.windows(2).zip(levels.windows(2)) {
        if statistic < limits[0] && statistic >= limits[1] {
            let part = (limits[0] - statistic) / (limits[0] - limits[1]);
            p_value = bounds[0] + part * (bounds[1] - bounds[0]);
        }
    }
    Ok(UnitRootTest { statistic, p_value, lags, critical: [table[0], table[2], table[3]] })
}

/// The regression of Dickey and Fuller; `skipped` values are left out at the beginning.
pub(super) fn dickey_fuller(
    values: &[f64],
    deterministic: Deterministic,
    lags: usize,
    skipped: usize,
) -> Result<(LeastSquares, usize)> {
    let columns = 1 + lags + deterministic.terms();
    let observations = values.len().saturating_sub(skipped + 1);
    at_least("values", observations, columns + 1)?;
    let step = |index: usize| values[index] - values[index - 1];
    let mut rows = Vec::with_capacity(observations);
    let mut steps = Vec::with_capacity(observations);
    for index in skipped + 1..values.len() {
        let mut row = vec![values[index - 1]];
        row.extend((1..=lags).map(|lag| step(index - lag)));
        push_terms(&mut row, deterministic, index);
        rows.push(row);
        steps.push(step(index));
    }
    Ok((LeastSquares::new(&Matrix::from_rows(&rows)?, &steps)?, observations))
}

/// Coefficient over its standard error.
pub(super) fn t_value(fit: &LeastSquares, index: usize, observations: usize) -> Result<f64> {
    let freedom = as_number(observations - fit.coefficients.len());
    let variance = fit.residual_sum_of_squares / freedom;
    let error = (variance * fit.unscaled_covariance[(index, index)]).sqrt();
    defined(fit.coefficients[index] / error)
}

/// Newey and West's variance with Bartlett's weights.
fn long_run_variance(residuals: &[f64], lags: usize) -> f64 {
    let count = as_number(residuals.len());
    let moment = |lag: usize| {
        let pairs = residuals.iter().zip(&residuals[lag..]);
        pairs.map(|(a, b)| a * b).sum::<f64>() / count
    };
    let mut variance = moment(0);
    for lag in 1..=lags {
        variance += 2.0 * (1.0 - as_number(lag) / as_number(lags + 1)) * moment(lag);
    }
    variance
}

fn push_terms(row: &mut Vec<f64>, deterministic: Deterministic, index: usize) {
    if deterministic != Deterministic::None {
        row.push(1.0);
    }
    if deterministic == Deterministic::Trend {
        row.push(as_number(index + 1));
    }
}

fn best_lags(values: &[f64], deterministic: Deterministic) -> Result<usize> {
    let wanted = 12.0 * (as_number(values.len()) / 100.0).powf(0.25);
    let most = (values.len() / 2).saturating_sub(deterministic.terms() + 1);
    let most = (0..=most).take_while(|&lag| as_number(lag) < wanted + 1.0).last().unwrap_or(0);
    let mut best = (f64::INFINITY, 0);
    for lags in 0..=most {
        let (fit, observations) = dickey_fuller(values, deterministic, lags, most)?;
        let count = as_number(observations);
        let squares = fit.residual_sum_of_squares;
        let aic = count * (squares / count).ln() + 2.0 * as_number(fit.coefficients.len());
        if aic < best.0 {
            best = (aic, lags);
        }
    }
    Ok(best.1)
}

fn defined(statistic: f64) -> Result<f64> {
    if statistic.is_finite() {
        return Ok(statistic);
    }
    Err(Error::Undefined { figure: "unit root test", why: "the series has no noise" })
}

fn check(values: &[f64]) -> Result<()> {
    at_least("values", values.len(), 4)?;
    all_finite("values", values)?;
    let largest = values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    if largest > 1e100 || values.len() > VALUES_MAX {
        return Err(Error::out_of_bounds("values", largest, "100,000 values up to 1e100"));
    }
    Ok(())
}
