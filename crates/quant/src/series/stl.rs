//! Season and trend by local regression, robust against outliers.
//!
//! Cleveland, Cleveland, McRae and Terpenning, STL: A Seasonal-Trend Decomposition Procedure Based
//! on Loess (1990), every point computed (no jumps).

use super::ets::{PERIOD_MAX, VALUES_MAX, as_number};
use crate::error::{Error, Result, all_finite, at_least};

/// How smooth the parts are. Windows are odd numbers of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StlOptions {
    /// Values of one season, 2 or more.
    pub period: usize,
    /// The window over years of one month, 7 or more in practice; wider: a steadier season.
    pub seasonal: usize,
    /// The window of the trend.
    pub trend: usize,
    /// The window of the filter that keeps the trend out of the season.
    pub low_pass: usize,
    /// Local lines (true) or local means, for season, trend and filter.
    pub lines: [bool; 3],
    /// Rounds of season and trend.
    pub inner: usize,
    /// Rounds in which what does not fit loses weight; 0 is not robust.
    pub outer: usize,
}

/// `values = seasonal + trend + remainder`.
#[derive(Clone, Debug, PartialEq)]
pub struct Decomposition {
    /// The season, which may change over time.
    pub seasonal: Vec<f64>,
    /// The trend.
    pub trend: Vec<f64>,
    /// What is left.
    pub remainder: Vec<f64>,
    /// The weight that each value had at the end, 1 where not robust.
    pub weights: Vec<f64>,
}

impl StlOptions {
    /// The authors' choices for a period and a window of the season: the trend's window is the
    /// next odd number from 1.5 period / (1 − 1.5 / seasonal), the filter's the next above the
    /// period; 5 rounds, or 2 within each of 15 that are robust.
    #[must_use]
    pub fn new(period: usize, seasonal: usize, robust: bool) -> Self {
        let wanted = 1.5 * as_number(period) / (1.0 - 1.5 / as_number(seasonal.max(2)));
        let trend = (1..4 * PERIOD_MAX + 8).step_by(2).find(|&odd| as_number(odd) >= wanted);
        let low_pass = if period.is_multiple_of(2) { period + 1 } else { period + 2 };
        let (inner, outer) = if robust { (2, 15) } else { (5, 0) };
        let trend = trend.unwrap_or(4 * PERIOD_MAX + 7);
        Self { period, seasonal, trend, low_pass, lines: [true; 3], inner, outer }
    }

    fn check(&self) -> Result<()> {
        if !(2..=PERIOD_MAX).contains(&self.period) {
            return Err(Error::out_of_bounds("period", as_number(self.period), "2 to 400"));
        }
        let windows =
            [("seasonal", self.seasonal), ("trend", self.trend), ("low_pass", self.low_pass)];
        for (argument, window) in windows {
            if window < 3 || window.is_multiple_of(2) || window > VALUES_MAX {
                let expected = "an odd number from 3 on";
                return Err(Error::out_of_bounds(argument, as_number(window), expected));
            }
        }
        if !(1..=100).contains(&self.inner) {
            return Err(Error::out_of_bounds("inner", as_number(self.inner), "1 to 100"));
        }
        if self.outer > 100 {
            return Err(Error::out_of_bounds("outer", as_number(self.outer), "at most 100"));
        }
        Ok(())
    }
}

/// Decomposes a series.
///
/// # Errors
/// `values` of fewer than two periods or not finite; options out of their bounds.
///
/// ```
/// use quant::series::{StlOptions, decompose};
///
/// let values: Vec<f64> = (0..48_u8).map(|t| f64::from(t) + f64::from(t % 12)).collect();
/// let parts = decompose(&values, &StlOptions::new(12, 7, false))?;
/// assert!((parts.seasonal[11] - parts.seasonal[0] - 11.0).abs() < 0.5);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn decompose(values: &[f64], options: &StlOptions) -> Result<Decomposition> {
    options.check()?;
    all_finite("values", values)?;
    at_least("values", values.len(), 2 * options.period)?;
    if values.len() > VALUES_MAX {
        let found = as_number(values.len());
        return Err(Error::out_of_bounds("values", found, "at most 100,000 values"));
    }
    let count = values.len();
    let mut seasonal = vec![0.0; count];
    let mut trend = vec![0.0; count];
    let mut weights: Option<Vec<f64>> = None;
    for round in 0..=options.outer {
        for _ in 0..options.inner {
            (seasonal, trend) = step(values, &trend, weights.as_deref(), options);
        }
        if round < options.outer {
            weights = Some(robust_weights(values, &seasonal, &trend));
        }
    }
    let parts = seasonal.iter().zip(&trend);
    let remainder = values.iter().zip(parts).map(|(value, (s, t))| value - s - t).collect();
    let weights = weights.unwrap_or_else(|| vec![1.0; count]);
    Ok(Decomposition { seasonal, trend, remainder, weights })
}

/// One round: the season of what has no trend, the trend of what has no season.
fn step(
    values: &[f64],
    trend: &[f64],
    weights: Option<&[f64]>,
    options: &StlOptions,
) -> (Vec<f64>, Vec<f64>) {
    let period = options.period;
    let detrended: Vec<f64> = values.iter().zip(trend).map(|(value, t)| value - t).collect();
    let cycle = cycle_subseries(&detrended, weights, options);
    let low = moving_mean(&moving_mean(&moving_mean(&cycle, period), period), 3);
    let low = Loess { window: options.low_pass, lines: options.lines[2] }.smooth(&low, None);
    let seasonal: Vec<f64> = cycle[period..].iter().zip(&low).map(|(c, l)| c - l).collect();
    let adjusted: Vec<f64> = values.iter().zip(&seasonal).map(|(value, s)| value - s).collect();
    let loess = Loess { window: options.trend, lines: options.lines[1] };
    (seasonal, loess.smooth(&adjusted, weights))
}

/// Each month smoothed over its years, and one year more at both ends.
fn cycle_subseries(values: &[f64], weights: Option<&[f64]>, options: &StlOptions) -> Vec<f64> {
    let period = options.period;
    let loess = Loess { window: options.seasonal, lines: options.lines[0] };
    let mut answer = vec![0.0; values.len() + 2 * period];
    for month in 0..period {
        let own: Vec<f64> = values.iter().skip(month).step_by(period).copied().collect();
        let own_weights: Option<Vec<f64>> =
            weights.map(|all| all.iter().skip(month).step_by(period).copied().collect());
        let own_weights = own_weights.as_deref();
        let inner = loess.smooth(&own, own_weights);
        let count = own.len();
        let reach = options.seasonal.min(count);
        let before = loess.at(0.0, &own, (0, reach), own_weights).unwrap_or(inner[0]);
        let end = as_number(count + 1);
        let after = loess.at(end, &own, (count - reach, count), own_weights);
        answer[month] = before;
        for (year, value) in inner.iter().enumerate() {
            answer[(year + 1) * period + month] = *value;
        }
        answer[(count + 1) * period + month] = after.unwrap_or(inner[count - 1]);
    }
    answer
}

fn moving_mean(values: &[f64], window: usize) -> Vec<f64> {
    let mut sum: f64 = values[..window].iter().sum();
    let mut answer = vec![sum / as_number(window)];
    for (new, old) in values[window..].iter().zip(values) {
        sum += new - old;
        answer.push(sum / as_number(window));
    }
    answer
}

/// Bisquare weights of the residuals, by six times their median.
fn robust_weights(values: &[f64], seasonal: &[f64], trend: &[f64]) -> Vec<f64> {
    let parts = seasonal.iter().zip(trend);
    let residuals: Vec<f64> =
        values.iter().zip(parts).map(|(value, (s, t))| (value - s - t).abs()).collect();
    let mut sorted = residuals.clone();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let limit = 3.0 * (sorted[middle] + sorted[sorted.len() - middle - 1]);
    let weight = |residual: &f64| {
        if *residual <= 0.001 * limit {
            1.0
        } else if *residual <= 0.999 * limit {
            (1.0 - (residual / limit).powi(2)).powi(2)
        } else {
            0.0
        }
    };
    residuals.iter().map(weight).collect()
}

/// Local regression over the nearest values.
#[derive(Clone, Copy)]
struct Loess {
    window: usize,
    lines: bool,
}

impl Loess {
    fn smooth(self, values: &[f64], weights: Option<&[f64]>) -> Vec<f64> {
        let count = values.len();
        let half = self.window.div_ceil(2);
        let reach = self.window.min(count);
        (0..count)
            .map(|index| {
                let start = (index + 1).saturating_sub(half).min(count - reach);
                let place = as_number(index + 1);
                let found = self.at(place, values, (start, start + reach), weights);
                found.unwrap_or(values[index])
            })
            .collect()
    }

    /// The value at a place (counted from 1), None where every weight is zero.
    fn at(
        self,
        place: f64,
        values: &[f64],
        (start, end): (usize, usize),
        weights: Option<&[f64]>,
    ) -> Option<f64> {
        let count = values.len();
        let (left, right) = (as_number(start + 1), as_number(end));
        let mut reach = (place - left).max(right - place);
        if self.window > count {
            reach += as_number((self.window - count) / 2);
        }
        let mut shares: Vec<f64> = (start..end)
            .map(|index| {
                let distance = (as_number(index + 1) - place).abs();
                let own = if distance > 0.999 * reach {
                    0.0
                } else if distance <= 0.001 * reach {
                    1.0
                } else {
                    (1.0 - (distance / reach).powi(3)).powi(3)
                };
                own * weights.map_or(1.0, |weights| weights[index])
            })
            .collect();
        let total: f64 = shares.iter().sum();
        if total <= 0.0 {
            return None;
        }
        shares.iter_mut().for_each(|share| *share /= total);
        if reach > 0.0 && self.lines {
            let places = || (start..end).map(|index| as_number(index + 1));
            let mean: f64 = shares.iter().zip(places()).map(|(share, x)| share * x).sum();
            let spread: f64 =
                shares.iter().zip(places()).map(|(share, x)| share * (x - mean).powi(2)).sum();
            if spread.sqrt() > 0.001 * (as_number(count) - 1.0) {
                let slope = (place - mean) / spread;
                for (share, x) in shares.iter_mut().zip(places()) {
                    *share *= slope * (x - mean) + 1.0;
                }
            }
        }
        Some(shares.iter().zip(&values[start..end]).map(|(share, value)| share * value).sum())
    }
}
