//! Forecasts with intervals: of one method, or of several averaged.
//!
//! Intervals are conformal: the method is fitted anew to shorter and shorter beginnings of the
//! series, and how far it was off then, at each horizon, is how far it may be off now. No
//! distribution is assumed. Short series have few beginnings, and intervals that are too narrow:
//! `docs/quant/series.md` has what was measured.
//!
//! Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World (2005); Stankevičiūtė, Alaa
//! and van der Schaar, Conformal Time-Series Forecasting (2021).

use super::arima::{ArimaModel, select_arima};
use super::ets::{EtsModel, PERIOD_MAX, VALUES_MAX, as_number};
use super::ets_fit::{refit, select_ets};
use super::theta::{ThetaForm, fit_theta};
use crate::error::{Error, Result, all_finite, at_least};

/// The farthest horizon.
pub const HORIZON_MAX: usize = 1_000;

/// Beginnings of the series that the intervals are learned from.
const ORIGINS_MAX: usize = 24;

/// What a forecast is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The mean of four that err differently: exponential smoothing, the optimised and the dynamic
    /// optimised Theta method, and the last season. It was chosen on the 100 series of
    /// `docs/quant/series.md`, where each of the four is worse.
    Ensemble,
    /// Exponential smoothing, selected by AICc.
    Ets,
    /// The dynamic optimised Theta method.
    Theta,
    /// ARIMA, selected by AICc.
    Arima,
    /// The value of the last season.
    SeasonalNaive,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ForecastRequest {
    /// Values of one season: 12 for months, 1 without a season.
    pub period: usize,
    /// How many values ahead.
    pub horizon: usize,
    /// The share of cases in which the value is to be between the bounds: 0.9.
    pub level: f64,
    /// With what.
    pub method: Method,
}

/// The next values and their bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// The point forecasts.
    pub mean: Vec<f64>,
    /// The lower bounds.
    pub lower: Vec<f64>,
    /// The upper bounds.
    pub upper: Vec<f64>,
}

/// Forecasts a series with conformal intervals.
///
/// Bounds are the point forecast ± q sₕ: sₕ grows with the horizon h as the mean absolute errors
/// of up to 24 earlier origins do (never falling), q is the quantile of errors over their own sₕ,
/// taken one step further for the finite number of them.
///
/// # Errors
/// `values` that are fewer than eight or not finite, `period` outside 1 to 400, `horizon` outside
/// 1 to 1,000, `level` outside 0.5 to 0.99.
///
/// ```
/// use quant::series::{ForecastRequest, Method, forecast};
///
/// let values: Vec<f64> = (0..48_u8).map(|t| 100.0 + f64::from(t % 12)).collect();
/// let request = ForecastRequest { period: 12, horizon: 12, level: 0.9, method: Method::Ensemble };
/// let next = forecast(&values, &request)?;
/// assert!((next.mean[11] - 111.0).abs() < 1.0);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn forecast(values: &[f64], request: &ForecastRequest) -> Result<Forecast> {
    check(values, request)?;
    let fitted = Fitted::new(values, request)?;
    let mean = fitted.forecast(values, request)?;
    let widths = widths(values, request, &fitted)?;
    let lower = mean.iter().zip(&widths).map(|(mean, width)| mean - width).collect();
    let upper = mean.iter().zip(&widths).map(|(mean, width)| mean + width).collect();
    Ok(Forecast { mean, lower, upper })
}

/// The values of the last season, again and again; shorter series repeat their last value.
///
/// # Errors
/// `values` that are empty or not finite, a `period` of 0.
///
/// ```
/// let next = quant::series::seasonal_naive(&[1.0, 2.0, 3.0, 4.0], 2, 3)?;
/// assert_eq!(next, [3.0, 4.0, 3.0]);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn seasonal_naive(values: &[f64], period: usize, horizon: usize) -> Result<Vec<f64>> {
    at_least("values", values.len(), 1)?;
    all_finite("values", values)?;
    at_least("period", period, 1)?;
    let season = if values.len() >= period { period } else { 1 };
    let last = &values[values.len() - season..];
    Ok((0..horizon).map(|step| last[step % season]).collect())
}

fn check(values: &[f64], request: &ForecastRequest) -> Result<()> {
    at_least("values", values.len(), 8)?;
    all_finite("values", values)?;
    if values.len() > VALUES_MAX {
        let found = as_number(values.len());
        return Err(Error::out_of_bounds("values", found, "at most 100,000 values"));
    }
    if !(1..=PERIOD_MAX).contains(&request.period) {
        return Err(Error::out_of_bounds("period", as_number(request.period), "1 to 400"));
    }
    if !(1..=HORIZON_MAX).contains(&request.horizon) {
        return Err(Error::out_of_bounds("horizon", as_number(request.horizon), "1 to 1000"));
    }
    if !(0.5..=0.99).contains(&request.level) {
        return Err(Error::out_of_bounds("level", request.level, "0.5 to 0.99"));
    }
    Ok(())
}

/// What was selected on the whole series, to be fitted anew to its beginnings.
struct Fitted {
    ets: Option<EtsModel>,
    arima: Option<ArimaModel>,
}

impl Fitted {
    fn new(values: &[f64], request: &ForecastRequest) -> Result<Self> {
        let ets = match request.method {
            Method::Ensemble | Method::Ets => Some(select_ets(values, request.period)?),
            Method::Theta | Method::Arima | Method::SeasonalNaive => None,
        };
        let arima = match request.method {
            Method::Arima => Some(select_arima(values, request.period)?),
            Method::Ensemble | Method::Ets | Method::Theta | Method::SeasonalNaive => None,
        };
        Ok(Self { ets, arima })
    }

    fn forecast(&self, values: &[f64], request: &ForecastRequest) -> Result<Vec<f64>> {
        self.with(values, request, self.ets.as_ref(), self.arima.as_ref())
    }

    /// The forecast from a beginning of the series: the same form, its own parameters.
    fn of_beginning(&self, values: &[f64], request: &ForecastRequest) -> Result<Vec<f64>> {
        let ets = match &self.ets {
            Some(model) => Some(refit(model, values, request.period)?),
            None => None,
        };
        let arima = match &self.arima {
            Some(model) => Some(model.refit(values)?),
            None => None,
        };
        self.with(values, request, ets.as_ref(), arima.as_ref())
    }

    fn with(
        &self,
        values: &[f64],
        request: &ForecastRequest,
        ets: Option<&EtsModel>,
        arima: Option<&ArimaModel>,
    ) -> Result<Vec<f64>> {
        let ForecastRequest { period, horizon, method, .. } = *request;
        let mut all: Vec<Vec<f64>> = Vec::new();
        all.extend(ets.map(|model| model.forecast(horizon)));
        all.extend(arima.map(|model| model.forecast(horizon)));
        if matches!(method, Method::Theta | Method::Ensemble) {
            all.push(fit_theta(values, period, ThetaForm::DynamicOptimised)?.forecast(horizon));
        }
        if method == Method::Ensemble {
            all.push(fit_theta(values, period, ThetaForm::Optimised)?.forecast(horizon));
        }
        if matches!(method, Method::SeasonalNaive | Method::Ensemble) {
            all.push(seasonal_naive(values, period, horizon)?);
        }
        let count = as_number(all.len());
        Ok((0..horizon).map(|step| all.iter().map(|one| one[step]).sum::<f64>() / count).collect())
    }
}

/// Half the distance of the bounds, for each horizon.
fn widths(values: &[f64], request: &ForecastRequest, fitted: &Fitted) -> Result<Vec<f64>> {
    let horizon = request.horizon;
    let least = (2 * request.period + 2).max(6).min(values.len() - 1);
    let first = least.max(values.len().saturating_sub(ORIGINS_MAX));
    let mut errors: Vec<Vec<f64>> = vec![Vec::new(); horizon];
    for origin in first..values.len() {
        let Ok(guess) = fitted.of_beginning(&values[..origin], request) else {
            continue;
        };
        for ((error, guess), value) in errors.iter_mut().zip(&guess).zip(&values[origin..]) {
            error.push((value - guess).abs());
        }
    }
    let scales = rising_means(&errors);
    let mut scores: Vec<f64> = Vec::new();
    for (error, scale) in errors.iter().zip(&scales) {
        scores.extend(error.iter().filter(|_| *scale > 0.0).map(|error| error / scale));
    }
    let quantile = upper_quantile(&mut scores, request.level);
    Ok(scales.iter().map(|scale| scale * quantile).collect())
}

/// The mean error at each horizon, smoothed so that it never falls (pool adjacent violators).
fn rising_means(errors: &[Vec<f64>]) -> Vec<f64> {
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    for error in errors {
        let mut block = (error.iter().sum::<f64>(), as_number(error.len()), 1);
        while let Some(&(sum, count, width)) = blocks.last() {
            if block.1 > 0.0 && sum / count <= block.0 / block.1 {
                break;
            }
            blocks.pop();
            block = (block.0 + sum, block.1 + count, block.2 + width);
        }
        blocks.push(block);
    }
    let mut means = Vec::with_capacity(errors.len());
    for (sum, count, width) in blocks {
        let mean = if count > 0.0 { sum / count } else { 0.0 };
        means.extend(std::iter::repeat_n(mean, width));
    }
    means
}

/// The score that a share `level` of the scores, and of one more, is below.
fn upper_quantile(scores: &mut [f64], level: f64) -> f64 {
    scores.sort_by(f64::total_cmp);
    let wanted = level * as_number(scores.len() + 1);
    let found = (1..=scores.len()).find(|&rank| as_number(rank) >= wanted);
    let rank = found.unwrap_or(scores.len());
    rank.checked_sub(1).and_then(|index| scores.get(index)).copied().unwrap_or(0.0)
}
