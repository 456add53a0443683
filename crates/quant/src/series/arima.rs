//! Seasonal ARIMA models by exact likelihood, and their selection.
//!
//! φ(B) Φ(Bˢ) ((1 − B)ᵈ (1 − Bˢ)ᴰ y − μ) = θ(B) Θ(Bˢ) e, with 1 − φ₁B − … and 1 + θ₁B + …. Box and
//! Jenkins, Time Series Analysis (1970); the likelihood is that of the differenced series.

use super::ets::{PERIOD_MAX, VALUES_MAX, as_number};
use super::innovations::{Arma, Pass};
use super::minimise::{Limits, minimise};
use super::stl::{StlOptions, decompose};
use super::unit_root::{Deterministic, kpss};
use crate::error::{Error, Result, all_finite, at_least};

/// The most coefficients of one kind that are selected, within a season and over seasons.
const SELECTED_MAX: (usize, usize) = (3, 2);

/// Models that a selection looks at.
const MODELS_MAX: usize = 60;

/// The most lags of a model, its seasonal ones multiplied out.
const LAGS_MAX: usize = 500;

/// The share of season that asks for a seasonal difference (Wang, Smith and Hyndman 2006).
const SEASONAL_STRENGTH: f64 = 0.64;

/// How many of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArimaOrder {
    /// p: autoregressive coefficients.
    pub ar: usize,
    /// d: differences.
    pub differences: usize,
    /// q: moving-average coefficients.
    pub ma: usize,
    /// P: those over seasons.
    pub seasonal_ar: usize,
    /// D: differences over seasons.
    pub seasonal_differences: usize,
    /// Q: those over seasons.
    pub seasonal_ma: usize,
    /// s: values of a season; 1 without.
    pub period: usize,
    /// Whether the differenced series has a mean.
    pub mean: bool,
}

/// The coefficients, in the order φ, θ, Φ, Θ, and the mean.
#[derive(Clone, Debug, PartialEq)]
pub struct ArimaCoefficients {
    /// φ.
    pub ar: Vec<f64>,
    /// θ.
    pub ma: Vec<f64>,
    /// Φ.
    pub seasonal_ar: Vec<f64>,
    /// Θ.
    pub seasonal_ma: Vec<f64>,
    /// μ, of the differenced series.
    pub mean: f64,
}

/// A model of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct ArimaModel {
    /// How many of each.
    pub order: ArimaOrder,
    /// The coefficients.
    pub coefficients: ArimaCoefficients,
    /// The variance of the noise.
    pub variance: f64,
    /// The exact Gaussian likelihood of the differenced series.
    pub log_likelihood: f64,
    /// Akaike's criterion, corrected for few values.
    pub aicc: f64,
    values: Vec<f64>,
}

impl ArimaOrder {
    /// An order without a season and without a mean.
    #[must_use]
    pub fn new(ar: usize, differences: usize, ma: usize) -> Self {
        Self {
            ar,
            differences,
            ma,
            seasonal_ar: 0,
            seasonal_differences: 0,
            seasonal_ma: 0,
            period: 1,
            mean: false,
        }
    }

    /// With a season.
    #[must_use]
    pub fn seasonal(self, ar: usize, differences: usize, ma: usize, period: usize) -> Self {
        Self { seasonal_ar: ar, seasonal_differences: differences, seasonal_ma: ma, period, ..self }
    }

    fn coefficients(&self) -> usize {
        self.ar + self.ma + self.seasonal_ar + self.seasonal_ma
    }

    fn lost(&self) -> usize {
        self.differences + self.seasonal_differences * self.period
    }

    fn check(&self, count: usize) -> Result<()> {
        if !(1..=PERIOD_MAX).contains(&self.period) {
            return Err(Error::out_of_bounds("period", as_number(self.period), "1 to 400"));
        }
        let seasonal = self.seasonal_ar.max(self.seasonal_ma).max(self.seasonal_differences);
        let most = self.ar.max(self.ma).max(seasonal).max(self.differences);
        if most > 10 || seasonal > 0 && self.period < 2 {
            let expected = "at most 10 of each kind, seasonal ones with a period of 2 or more";
            return Err(Error::out_of_bounds("order", as_number(most), expected));
        }
        if self.ar.max(self.ma) + seasonal * self.period > LAGS_MAX {
            let lags = as_number(self.ar.max(self.ma) + seasonal * self.period);
            return Err(Error::out_of_bounds("order", lags, "at most 500 lags"));
        }
        at_least("values", count, self.lost() + self.coefficients() + 5)
    }
}

impl ArimaModel {
    /// Runs given coefficients over a series, without fitting.
    ///
    /// # Errors
    /// `values` too few for the order or not finite, `coefficients` of other numbers than the
    /// order's, [`Error::Undefined`] where they are not stationary or the series does not move.
    pub fn filter(
        values: &[f64],
        order: ArimaOrder,
        coefficients: ArimaCoefficients,
    ) -> Result<Self> {
        check(values)?;
        order.check(values.len())?;
        let found = [&coefficients.ar, &coefficients.ma, &coefficients.seasonal_ar];
        let wanted = [order.ar, order.ma, order.seasonal_ar];
        for (found, wanted) in found.iter().zip(wanted) {
            crate::error::same_length("coefficients", found.len(), wanted)?;
            all_finite("coefficients", found)?;
        }
        crate::error::same_length(
            "coefficients",
            coefficients.seasonal_ma.len(),
            order.seasonal_ma,
        )?;
        let differenced = difference(values, order);
        let pass = run(&differenced, order, &coefficients, 0).ok_or(Error::Undefined {
            figure: "ARIMA model",
            why: "the coefficients are not stationary, or the series does not move",
        })?;
        let parameters = as_number(order.coefficients() + usize::from(order.mean) + 1);
        let room = as_number(differenced.len()) - parameters - 1.0;
        let penalty = 2.0 * parameters * (parameters + 1.0) / room.max(1e-9);
        let aicc = 2.0 * (parameters - pass.log_likelihood) + penalty;
        Ok(Self {
            order,
            coefficients,
            variance: pass.variance,
            log_likelihood: pass.log_likelihood,
            aicc,
            values: values.to_vec(),
        })
    }

    /// The expected values of the next `horizon` periods.
    #[must_use]
    pub fn forecast(&self, horizon: usize) -> Vec<f64> {
        let differenced = difference(&self.values, self.order);
        let pass = run(&differenced, self.order, &self.coefficients, horizon);
        let steps = pass.map_or_else(|| vec![0.0; horizon], |pass| pass.forecast);
        let polynomial = difference_polynomial(self.order);
        let mut known = self.values.clone();
        for step in steps {
            let past = polynomial[1..].iter().zip(known.iter().rev());
            let value = step - past.map(|(c, value)| c * value).sum::<f64>();
            known.push(value);
        }
        known.split_off(self.values.len())
    }

    /// The same order, fitted to another stretch of the series.
    pub(super) fn refit(&self, values: &[f64]) -> Result<Self> {
        fit_from(values, self.order, Some(&self.coefficients), rough())
    }
}

/// Fits an order by greatest likelihood, within stationary and invertible coefficients (Monahan
/// 1984).
///
/// # Errors
/// As [`ArimaModel::filter`]; a series whose differences are constant has no likelihood.
///
/// ```
/// use quant::series::{ArimaOrder, fit_arima};
///
/// let values: Vec<f64> = (0..80_u32).map(|t| f64::from(t * t * 31 % 47)).collect();
/// let model = fit_arima(&values, ArimaOrder { mean: true, ..ArimaOrder::new(1, 0, 0) })?;
/// assert_eq!(model.forecast(3).len(), 3);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn fit_arima(values: &[f64], order: ArimaOrder) -> Result<ArimaModel> {
    fit_from(values, order, None, Limits { steps_max: 300, decrease_min: 1e-12 })
}

/// The order with the least AICc, after Hyndman and Khandakar (2008): a seasonal difference where
/// STL finds a strong season, differences until KPSS (5 %) is content, then steps of one
/// coefficient from a few starts, at most three of a kind and two over seasons.
///
/// # Errors
/// `values` that are fewer than eight or not finite, a `period` outside 1 to 400; a series that
/// does not move after differencing is fitted by its differences alone.
///
/// ```
/// let values: Vec<f64> = (0..60).map(|t| f64::from(t) + f64::from(t * 37 % 11)).collect();
/// let model = quant::series::select_arima(&values, 1)?;
/// assert_eq!(model.forecast(3).len(), 3);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn select_arima(values: &[f64], period: usize) -> Result<ArimaModel> {
    check(values)?;
    at_least("values", values.len(), 8)?;
    if !(1..=PERIOD_MAX).contains(&period) {
        return Err(Error::out_of_bounds("period", as_number(period), "1 to 400"));
    }
    let base = differences(values, period);
    let mut seen: Vec<ArimaOrder> = Vec::new();
    let mut best: Option<ArimaModel> = None;
    let season = usize::from(base.period > 1);
    let mean = base.differences + base.seasonal_differences < 2;
    let starts = [(2, 2, season, season), (0, 0, 0, 0), (1, 0, season, 0), (0, 1, 0, season)];
    let mut open: Vec<ArimaOrder> = starts
        .iter()
        .map(|&(ar, ma, seasonal_ar, seasonal_ma)| ArimaOrder {
            ar,
            ma,
            seasonal_ar,
            seasonal_ma,
            mean,
            ..base
        })
        .collect();
    while !open.is_empty() && seen.len() < MODELS_MAX {
        let mut better = false;
        for order in std::mem::take(&mut open) {
            if seen.contains(&order) || seen.len() >= MODELS_MAX {
                continue;
            }
            seen.push(order);
            let Ok(model) = fit_from(values, order, None, rough()) else {
                continue;
            };
            if best.as_ref().is_none_or(|best| model.aicc < best.aicc - 1e-9) {
                best = Some(model);
                better = true;
            }
        }
        if let (true, Some(best)) = (better, &best) {
            open = neighbours(best.order, mean);
        }
    }
    match best {
        Some(best) => fit_from(values, best.order, Some(&best.coefficients), fine()),
        None => Err(Error::Undefined {
            figure: "ARIMA model",
            why: "the series does not move once it is differenced",
        }),
    }
}

fn rough() -> Limits {
    Limits { steps_max: 25, decrease_min: 1e-6 }
}

fn fine() -> Limits {
    Limits { steps_max: 100, decrease_min: 1e-10 }
}

fn fit_from(
    values: &[f64],
    order: ArimaOrder,
    start: Option<&ArimaCoefficients>,
    limits: Limits,
) -> Result<ArimaModel> {
    check(values)?;
    order.check(values.len())?;
    let differenced = difference(values, order);
    let scale = differenced.iter().map(|value| value.abs()).sum::<f64>();
    let scale = (scale / as_number(differenced.len())).max(f64::MIN_POSITIVE.sqrt());
    let mean = differenced.iter().sum::<f64>() / as_number(differenced.len());
    let mut point = match start {
        Some(known) => point_of(known),
        None => vec![0.1; order.coefficients()],
    };
    if order.mean {
        point.push(start.map_or(mean, |known| known.mean) / scale);
    }
    let objective = |point: &[f64]| {
        let coefficients = coefficients_of(point, order, scale);
        match run(&differenced, order, &coefficients, 0) {
            Some(pass) => -pass.log_likelihood,
            None => f64::INFINITY,
        }
    };
    let (point, _) = minimise(objective, &point, limits);
    ArimaModel::filter(values, order, coefficients_of(&point, order, scale))
}

fn run(
    differenced: &[f64],
    order: ArimaOrder,
    coefficients: &ArimaCoefficients,
    horizon: usize,
) -> Option<Pass> {
    let negated = |values: &[f64]| values.iter().map(|value| -value).collect::<Vec<f64>>();
    let ar = product(&negated(&coefficients.ar), &negated(&coefficients.seasonal_ar), order.period);
    let ma = product(&coefficients.ma, &coefficients.seasonal_ma, order.period);
    let arma = Arma { ar: negated(&ar[1..]), ma: ma[1..].to_vec() };
    let centred: Vec<f64> = differenced.iter().map(|value| value - coefficients.mean).collect();
    let mut pass = arma.pass(&centred, horizon)?;
    pass.forecast.iter_mut().for_each(|value| *value += coefficients.mean);
    pass.log_likelihood.is_finite().then_some(pass)
}

/// (1 + a₁B + …)(1 + b₁Bˢ + …).
fn product(own: &[f64], seasonal: &[f64], period: usize) -> Vec<f64> {
    let mut answer = vec![0.0; own.len() + seasonal.len() * period + 1];
    let with_one = |values: &[f64], index: usize| if index == 0 { 1.0 } else { values[index - 1] };
    for a in 0..=own.len() {
        for b in 0..=seasonal.len() {
            answer[a + b * period] += with_one(own, a) * with_one(seasonal, b);
        }
    }
    answer
}

/// (1 − B)ᵈ (1 − Bˢ)ᴰ.
fn difference_polynomial(order: ArimaOrder) -> Vec<f64> {
    let mut polynomial = vec![1.0];
    let lags = std::iter::repeat_n(1, order.differences)
        .chain(std::iter::repeat_n(order.period, order.seasonal_differences));
    for lag in lags {
        let mut next = vec![0.0; polynomial.len() + lag];
        for (index, value) in polynomial.iter().enumerate() {
            next[index] += value;
            next[index + lag] -= value;
        }
        polynomial = next;
    }
    polynomial
}

fn difference(values: &[f64], order: ArimaOrder) -> Vec<f64> {
    let polynomial = difference_polynomial(order);
    let apply = |window: &[f64]| window.iter().rev().zip(&polynomial).map(|(v, c)| v * c).sum();
    values.windows(polynomial.len()).map(apply).collect()
}

/// Coefficients from unbounded numbers: partial autocorrelations by tanh, then Durbin's recursion.
fn coefficients_of(point: &[f64], order: ArimaOrder, scale: f64) -> ArimaCoefficients {
    let mut rest = point.iter().copied();
    let mut take = |count: usize, sign: f64| -> Vec<f64> {
        let partial: Vec<f64> = rest.by_ref().take(count).map(|x| 0.9999 * x.tanh()).collect();
        let mut known: Vec<f64> = Vec::new();
        for value in partial {
            let before = known.clone();
            for (index, coefficient) in known.iter_mut().enumerate() {
                *coefficient -= value * before[before.len() - 1 - index];
            }
            known.push(value);
        }
        known.iter().map(|value| sign * value).collect()
    };
    let ar = take(order.ar, 1.0);
    let ma = take(order.ma, -1.0);
    let seasonal_ar = take(order.seasonal_ar, 1.0);
    let seasonal_ma = take(order.seasonal_ma, -1.0);
    let mean = if order.mean { rest.next().unwrap_or(0.0) * scale } else { 0.0 };
    ArimaCoefficients { ar, ma, seasonal_ar, seasonal_ma, mean }
}

/// The numbers that give these coefficients.
fn point_of(coefficients: &ArimaCoefficients) -> Vec<f64> {
    let parts = [
        (&coefficients.ar, 1.0),
        (&coefficients.ma, -1.0),
        (&coefficients.seasonal_ar, 1.0),
        (&coefficients.seasonal_ma, -1.0),
    ];
    let mut point = Vec::new();
    for (values, sign) in parts {
        let mut known: Vec<f64> = values.iter().map(|value| sign * value).collect();
        let mut partial = Vec::new();
        while let Some(last) = known.pop() {
            partial.push((last / 0.9999).clamp(-0.999_999, 0.999_999).atanh());
            let before = known.clone();
            for (index, value) in known.iter_mut().enumerate() {
                let mirrored = before[before.len() - 1 - index];
                *value = (*value + last * mirrored) / (1.0 - last * last).max(1e-9);
            }
        }
        point.extend(partial.into_iter().rev());
    }
    point
}

/// How often to difference.
fn differences(values: &[f64], period: usize) -> ArimaOrder {
    let mut order = ArimaOrder::new(0, 0, 0);
    if period > 1 && values.len() >= 2 * period + 8 {
        order.period = period;
        order.seasonal_differences =
            usize::from(seasonal_strength(values, period) > SEASONAL_STRENGTH);
    }
    while order.differences + order.seasonal_differences < 2 {
        let differenced = difference(values, order);
        let lags = (3.0 * as_number(differenced.len()).sqrt() / 13.0).floor();
        let lags = (0..differenced.len()).take_while(|&lag| as_number(lag) <= lags).count() - 1;
        match kpss(&differenced, Deterministic::Constant, lags) {
            Ok(test) if test.p_value < 0.05 => order.differences += 1,
            Ok(_) | Err(_) => break,
        }
    }
    order
}

fn seasonal_strength(values: &[f64], period: usize) -> f64 {
    let Ok(parts) = decompose(values, &StlOptions::new(period, 11, false)) else {
        return 0.0;
    };
    let variance = |values: &[f64]| {
        let mean = values.iter().sum::<f64>() / as_number(values.len());
        values.iter().map(|value| (value - mean).powi(2)).sum::<f64>()
    };
    let both: Vec<f64> =
        parts.seasonal.iter().zip(&parts.remainder).map(|(s, rest)| s + rest).collect();
    let all = variance(&both);
    if all > 0.0 { (1.0 - variance(&parts.remainder) / all).max(0.0) } else { 0.0 }
}

/// Orders that differ by one step, or by one coefficient of both kinds.
fn neighbours(order: ArimaOrder, mean: bool) -> Vec<ArimaOrder> {
    let moves: [(isize, isize, isize, isize); 12] = [
        (1, 0, 0, 0),
        (-1, 0, 0, 0),
        (0, 1, 0, 0),
        (0, -1, 0, 0),
        (1, 1, 0, 0),
        (-1, -1, 0, 0),
        (0, 0, 1, 0),
        (0, 0, -1, 0),
        (0, 0, 0, 1),
        (0, 0, 0, -1),
        (0, 0, 1, 1),
        (0, 0, -1, -1),
    ];
    let mut orders = Vec::new();
    for (ar, ma, seasonal_ar, seasonal_ma) in moves {
        let moved = |value: usize, step: isize, most: usize| {
            value.checked_add_signed(step).filter(|&value| value <= most)
        };
        let (most, seasonal) = SELECTED_MAX;
        let seasonal = if order.period > 1 { seasonal } else { 0 };
        if let (Some(ar), Some(ma), Some(seasonal_ar), Some(seasonal_ma)) = (
            moved(order.ar, ar, most),
            moved(order.ma, ma, most),
            moved(order.seasonal_ar, seasonal_ar, seasonal),
            moved(order.seasonal_ma, seasonal_ma, seasonal),
        ) {
            orders.push(ArimaOrder { ar, ma, seasonal_ar, seasonal_ma, ..order });
        }
    }
    if mean {
        orders.push(ArimaOrder { mean: !order.mean, ..order });
    }
    orders
}

fn check(values: &[f64]) -> Result<()> {
    all_finite("values", values)?;
    let largest = values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    if largest > 1e100 || values.len() > VALUES_MAX {
        return Err(Error::out_of_bounds("values", largest, "100,000 values up to 1e100"));
    }
    Ok(())
}
