//! Parameters of exponential smoothing by greatest likelihood, and the choice of a form.

use super::ets::{
    ErrorForm, EtsModel, Form, PERIOD_MAX, Run, Smoothing, State, Trend, VALUES_MAX, as_number,
};
use super::minimise::{Limits, minimise};
use super::season::{Season, initial_season};
use crate::error::{Error, Result, all_finite, at_least};

/// The least and the greatest smoothing parameter.
const SMOOTHING: (f64, f64) = (1e-4, 0.9999);

/// The least and the greatest factor of damping.
const DAMPING: (f64, f64) = (0.8, 0.98);

/// Where a search begins: α, and β as a part of it.
const QUIET: (f64, f64) = (0.3, 0.1);

/// The other place, for series whose trend changes with every value.
const LIVELY: (f64, f64) = (0.95, 0.9);

/// Fits one form by greatest likelihood, initial states included.
///
/// `period` is 12 for months with a yearly season, 1 without a season. Bounds as usual: 0 < β < α
/// < 1, 0 < γ < 1 − α, 0.8 ≤ φ ≤ 0.98. Ascent from Hyndman's heuristic states, once from quiet and
/// once from lively smoothing.
///
/// # Errors
/// `values` that are too few (two periods for a season, else four values) or not finite; values
/// that are not above 0 for a form that needs it; a `period` above 400 or of 1 for a season;
/// [`Error::Undefined`] where the form is not admissible or breaks down.
///
/// ```
/// use quant::series::{ErrorForm, Form, Season, Trend, fit_ets};
///
/// let values: Vec<f64> = (0..30_u8).map(|t| 10.0 + f64::from(t)).collect();
/// let form = Form { error: ErrorForm::Additive, trend: Trend::Additive, season: Season::None };
/// let model = fit_ets(&values, 1, form)?;
/// assert!((model.forecast(2)[1] - 41.0).abs() < 1e-3);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn fit_ets(values: &[f64], period: usize, form: Form) -> Result<EtsModel> {
    check(values, period)?;
    check_form(values, period, form)?;
    let fit = Fit::new(values, period, form);
    let limits = Limits { steps_max: 300, decrease_min: 1e-12 };
    let starts = [QUIET, LIVELY];
    let [quiet, lively] = starts.map(|start| fit.refine(&fit.start(start), limits).1);
    match (quiet, lively) {
        (Ok(quiet), Ok(lively)) if lively.log_likelihood > quiet.log_likelihood => Ok(lively),
        (Err(_), lively) => lively,
        (quiet, _) => quiet,
    }
}

/// The admissible form with the least AICc among those without a multiplicative trend, fitted.
///
/// Every form is fitted in its smoothing parameters, level and trend; the best three also in the
/// initial season.
///
/// # Errors
/// As [`fit_ets`]; series shorter than two periods are fitted without a season.
///
/// ```
/// let values: Vec<f64> = (0..48).map(|t| 100.0 + f64::from(t % 12)).collect();
/// let model = quant::series::select_ets(&values, 12)?;
/// assert!((model.forecast(1)[0] - 100.0).abs() < 1.0);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn select_ets(values: &[f64], period: usize) -> Result<EtsModel> {
    check(values, period)?;
    let mut first: Vec<(Vec<f64>, EtsModel)> = Vec::new();
    for form in candidates(values, period) {
        let fit = Fit::new(values, period, form);
        let start = fit.start(QUIET);
        let rough = Limits { steps_max: 40, decrease_min: 1e-7 };
        if let (point, Ok(model)) = fit.refine(&start[..fit.short], rough) {
            first.push((point, model));
        }
    }
    first.sort_by(|a, b| a.1.aicc.total_cmp(&b.1.aicc));
    let fine = Limits { steps_max: 60, decrease_min: 1e-8 };
    let refined = first.iter().take(3).filter_map(|(point, model)| {
        let fit = Fit::new(values, period, model.form);
        let mut start = fit.start(QUIET);
        start[..point.len()].copy_from_slice(point);
        fit.refine(&start, fine).1.ok()
    });
    let best = refined.chain(first.iter().map(|(_, model)| model.clone()));
    best.min_by(|a, b| a.aicc.total_cmp(&b.aicc)).ok_or(Error::Undefined {
        figure: "exponential smoothing",
        why: "every form breaks down on these values",
    })
}

/// Fits the form and season of `model` to another stretch of its series, from its parameters on.
pub(super) fn refit(model: &EtsModel, values: &[f64], period: usize) -> Result<EtsModel> {
    let fit = Fit::new(values, period, model.form);
    let mut start = fit.start(QUIET);
    let known = fit.point_of(model);
    let smoothing = fit.smoothing_count();
    start[..smoothing].copy_from_slice(&known[..smoothing]);
    fit.refine(&start[..fit.short], Limits { steps_max: 12, decrease_min: 1e-5 }).1
}

fn candidates(values: &[f64], period: usize) -> Vec<Form> {
    let positive = values.iter().all(|&value| value > 0.0);
    let seasonal = period > 1 && values.len() >= 2 * period + 2;
    let mut forms = Vec::new();
    for error in [ErrorForm::Additive, ErrorForm::Multiplicative] {
        for trend in [Trend::None, Trend::Additive, Trend::AdditiveDamped] {
            for season in [Season::None, Season::Additive, Season::Multiplicative] {
                let form = Form { error, trend, season };
                let fits = positive || !form.needs_positive();
                if form.is_admissible() && fits && (seasonal || season == Season::None) {
                    forms.push(form);
                }
            }
        }
    }
    forms
}

fn check(values: &[f64], period: usize) -> Result<()> {
    at_least("values", values.len(), 4)?;
    all_finite("values", values)?;
    if values.len() > VALUES_MAX {
        let found = as_number(values.len());
        return Err(Error::out_of_bounds("values", found, "at most 100,000 values"));
    }
    if !(1..=PERIOD_MAX).contains(&period) {
        return Err(Error::out_of_bounds("period", as_number(period), "1 to 400"));
    }
    let largest = values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    if largest > 1e100 {
        return Err(Error::out_of_bounds("values", largest, "values up to 1e100"));
    }
    Ok(())
}

fn check_form(values: &[f64], period: usize, form: Form) -> Result<()> {
    if !form.is_admissible() {
        let why = "the form is not admissible: its variance can be infinite";
        return Err(Error::Undefined { figure: "exponential smoothing", why });
    }
    if form.season != Season::None {
        if period < 2 {
            return Err(Error::out_of_bounds("period", as_number(period), "2 or more"));
        }
        at_least("values", values.len(), 2 * period)?;
    }
    match values.iter().find(|&&value| value <= 0.0) {
        Some(&found) if form.needs_positive() => {
            Err(Error::out_of_bounds("values", found, "values above 0 for this form"))
        }
        _ => Ok(()),
    }
}

/// One series and one form, with the units in which its states are searched.
struct Fit<'a> {
    values: &'a [f64],
    form: Form,
    initial: State,
    scale: f64,
    /// Parameters without those of the season's start.
    short: usize,
}

impl<'a> Fit<'a> {
    fn new(values: &'a [f64], period: usize, form: Form) -> Self {
        let (season, adjusted) = initial_season(values, period, form.season);
        let (level, slope) = first_line(&adjusted, period);
        let trend = match form.trend {
            Trend::None => 0.0,
            Trend::Additive | Trend::AdditiveDamped => slope,
            Trend::Multiplicative | Trend::MultiplicativeDamped => {
                let ratio = 1.0 + slope / level;
                if ratio.is_finite() { ratio.clamp(0.5, 2.0) } else { 1.0 }
            }
        };
        let level = if form.has_trend() { level } else { first_mean(&adjusted, period) };
        let mean = values.iter().map(|value| value.abs()).sum::<f64>() / as_number(values.len());
        let scale = if mean > 0.0 { mean } else { 1.0 };
        let mut fit =
            Self { values, form, initial: State { level, trend, season }, scale, short: 0 };
        fit.short = fit.smoothing_count() + 1 + usize::from(form.has_trend());
        fit
    }

    fn smoothing_count(&self) -> usize {
        1 + usize::from(self.form.has_trend())
            + usize::from(self.form.season != Season::None)
            + usize::from(self.form.is_damped())
    }

    /// Where the search begins: α, β as a part of α, and the heuristic states.
    fn start(&self, (level, trend): (f64, f64)) -> Vec<f64> {
        let mut point = vec![logit(level)];
        if self.form.has_trend() {
            point.push(logit(trend));
        }
        if self.form.season != Season::None {
            point.push(logit(0.1));
        }
        if self.form.is_damped() {
            point.push(logit(0.9));
        }
        point.push(self.initial.level / self.scale);
        if self.form.has_trend() {
            point.push(self.trend_unit().0 * self.initial.trend);
        }
        let count = self.initial.season.len().saturating_sub(1);
        let unit = if self.form.season == Season::Additive { self.scale } else { 1.0 };
        point.extend(self.initial.season.iter().take(count).map(|value| value / unit));
        point
    }

    /// The point of a fitted model, for another fit of the same form.
    fn point_of(&self, model: &EtsModel) -> Vec<f64> {
        let Smoothing { level, trend, season, damping } = model.smoothing;
        let (low, high) = SMOOTHING;
        let mut point = vec![logit((level - low) / (high - low))];
        if self.form.has_trend() {
            point.push(logit((trend - low) / (level - low)));
        }
        if self.form.season != Season::None {
            point.push(logit((season - low) / (1.0 - level - low)));
        }
        if self.form.is_damped() {
            point.push(logit((damping - DAMPING.0) / (DAMPING.1 - DAMPING.0)));
        }
        point
    }

    /// What multiplies a trend to make it a coordinate, and back.
    fn trend_unit(&self) -> (f64, f64) {
        if self.form.trend_is_a_ratio() {
            (10.0, 0.1)
        } else {
            (10.0 / self.scale, self.scale / 10.0)
        }
    }

    /// Parameters and states of a point; what a short point lacks is the heuristic start.
    fn read(&self, point: &[f64]) -> (Smoothing, State) {
        let mut rest = point.iter().copied();
        let mut next = || rest.next().unwrap_or(0.0);
        let (low, high) = SMOOTHING;
        let level = low + (high - low) * logistic(next());
        let mut smoothing = Smoothing { level, trend: 0.0, season: 0.0, damping: 1.0 };
        if self.form.has_trend() {
            smoothing.trend = low + (level - low) * logistic(next());
        }
        if self.form.season != Season::None {
            smoothing.season = low + (1.0 - level - low).max(0.0) * logistic(next());
        }
        if self.form.is_damped() {
            smoothing.damping = DAMPING.0 + (DAMPING.1 - DAMPING.0) * logistic(next());
        }
        let mut state = self.initial.clone();
        state.level = next() * self.scale;
        if self.form.has_trend() {
            state.trend = next() * self.trend_unit().1;
        }
        if point.len() > self.short {
            let additive = self.form.season == Season::Additive;
            let unit = if additive { self.scale } else { 1.0 };
            let whole = if additive { 0.0 } else { as_number(state.season.len()) };
            let count = state.season.len() - 1;
            for (to, value) in state.season[..count].iter_mut().zip(&point[self.short..]) {
                *to = value * unit;
            }
            state.season[count] = whole - state.season[..count].iter().sum::<f64>();
        }
        (smoothing, state)
    }

    /// Fits from a point; where that ends, and the model there.
    fn refine(&self, start: &[f64], limits: Limits) -> (Vec<f64>, Result<EtsModel>) {
        let count = as_number(self.values.len());
        // A series without any noise has no least: it ends where rounding begins.
        let floor = count * (1e-12 * self.scale).powi(2);
        let relative = self.form.error == ErrorForm::Multiplicative;
        let floor = if relative { count * 1e-24 } else { floor };
        let objective = |point: &[f64]| {
            let (smoothing, state) = self.read(point);
            let mut run = Run::new(state);
            run.over(self.values, self.form, smoothing);
            count * (run.squares + floor).ln() + 2.0 * run.log_forecasts
        };
        let (point, _) = minimise(objective, start, limits);
        let (smoothing, state) = self.read(&point);
        let model = EtsModel::filter(self.values, self.form, smoothing, &state);
        (point, model)
    }
}

/// Level and slope of a line through the beginning.
fn first_line(values: &[f64], period: usize) -> (f64, f64) {
    let count = values.len().min((2 * period).max(10));
    let mean = first_mean(values, period);
    let middle = as_number(count + 1) / 2.0;
    let mut slope = 0.0;
    let mut spread = 0.0;
    for (index, value) in values[..count].iter().enumerate() {
        let time = as_number(index + 1) - middle;
        slope += time * (value - mean);
        spread += time * time;
    }
    let slope = if spread > 0.0 { slope / spread } else { 0.0 };
    (mean - slope * middle, slope)
}

fn first_mean(values: &[f64], period: usize) -> f64 {
    let count = values.len().min((2 * period).max(10));
    values[..count].iter().sum::<f64>() / as_number(count.max(1))
}

fn logistic(value: f64) -> f64 {
    1.0 / (1.0 + (-value).exp())
}

fn logit(share: f64) -> f64 {
    let share = share.clamp(1e-6, 1.0 - 1e-6);
    (share / (1.0 - share)).ln()
}
