//! The Theta method in its four forms: exponential smoothing pulled towards a line.
//!
//! Assimakopoulos and Nikolopoulos, The theta model (2000); Fiorucci, Pellegrini, Louzada,
//! Petropoulos and Koehler, Models for optimising the theta method (2016), whose state equations
//! these are.

use super::ets::as_number;
use super::minimise::{Limits, minimise};
use super::season::{Season, classical_season, is_seasonal};
use crate::error::{Error, Result, all_finite, at_least};

/// Which line, and how strongly it pulls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThetaForm {
    /// The line of the whole series, θ = 2: the method that won the M3 competition.
    Standard,
    /// The line of the whole series, θ fitted.
    Optimised,
    /// The line of what was seen so far, θ = 2.
    Dynamic,
    /// The line of what was seen so far, θ fitted.
    DynamicOptimised,
}

/// A fitted Theta model.
#[derive(Clone, Debug, PartialEq)]
pub struct ThetaModel {
    /// Which of the four.
    pub form: ThetaForm,
    /// The level before the first value.
    pub level: f64,
    /// α, the smoothing of the level.
    pub smoothing: f64,
    /// θ: 1 pulls not at all, infinity with the whole line.
    pub theta: f64,
    /// Σ of squared one-step errors of the series without its season, from the second value on.
    pub sum_of_squares: f64,
    /// How the season entered.
    pub season: Season,
    figures: Vec<f64>,
    adjusted: Vec<f64>,
}

/// Fits a Theta model. The season is taken out first (classically, multiplicative where every
/// value is above 0) where the autocorrelation at the `period` stands out.
///
/// # Errors
/// `values` of fewer than four or not finite, or a `period` of 0 or above 400.
///
/// ```
/// use quant::series::{ThetaForm, fit_theta};
///
/// let values: Vec<f64> = (0..40_u8).map(|t| 5.0 + f64::from(t)).collect();
/// let model = fit_theta(&values, 1, ThetaForm::DynamicOptimised)?;
/// assert!((model.forecast(1)[0] - 45.0).abs() < 0.5);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn fit_theta(values: &[f64], period: usize, form: ThetaForm) -> Result<ThetaModel> {
    at_least("values", values.len(), 4)?;
    all_finite("values", values)?;
    if !(1..=super::ets::PERIOD_MAX).contains(&period) {
        return Err(Error::out_of_bounds("period", as_number(period), "1 to 400"));
    }
    let largest = values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    if largest > 1e100 || values.len() > super::ets::VALUES_MAX {
        return Err(Error::out_of_bounds("values", largest, "100,000 values up to 1e100"));
    }
    let (season, figures) = season_of(values, period);
    let adjusted: Vec<f64> = match season {
        Season::None => values.to_vec(),
        Season::Additive => values.iter().zip(figures.iter().cycle()).map(|(v, f)| v - f).collect(),
        Season::Multiplicative => {
            values.iter().zip(figures.iter().cycle()).map(|(v, f)| v / f).collect()
        }
    };
    let scale = adjusted.iter().map(|v| v.abs()).sum::<f64>() / as_number(adjusted.len());
    let scale = if scale > 0.0 { scale } else { 1.0 };
    let read = |point: &[f64]| {
        let smoothing = 0.1 + 0.89 / (1.0 + (-point[1]).exp());
        let theta = point.get(2).map_or(2.0, |value| 1.0 + value.min(20.0).exp());
        (point[0] * scale, smoothing, theta)
    };
    let line = Line::whole(&adjusted);
    let objective = |point: &[f64]| {
        let (level, smoothing, theta) = read(point);
        let mut run = Run::new(form, line, (level, smoothing, theta));
        run.over(&adjusted);
        (run.squares / (scale * scale) + 1e-24).ln()
    };
    let mut start = vec![adjusted[0] / scale / 2.0, 0.0];
    if matches!(form, ThetaForm::Optimised | ThetaForm::DynamicOptimised) {
        start.push(0.0);
    }
    let limits = Limits { steps_max: 100, decrease_min: 1e-9 };
    let (point, _) = minimise(objective, &start, limits);
    let (level, smoothing, theta) = read(&point);
    let mut run = Run::new(form, line, (level, smoothing, theta));
    run.over(&adjusted);
    let sum_of_squares = run.squares;
    Ok(ThetaModel { form, level, smoothing, theta, sum_of_squares, season, figures, adjusted })
}

impl ThetaModel {
    /// The next `horizon` values.
    #[must_use]
    pub fn forecast(&self, horizon: usize) -> Vec<f64> {
        let line = Line::whole(&self.adjusted);
        let mut run = Run::new(self.form, line, (self.level, self.smoothing, self.theta));
        run.over(&self.adjusted);
        (0..horizon)
            .map(|step| {
                let value = run.next();
                run.learn(value);
                let at = (self.adjusted.len() + step) % self.figures.len().max(1);
                match self.season {
                    Season::None => value,
                    Season::Additive => value + self.figures[at],
                    Season::Multiplicative => value * self.figures[at],
                }
            })
            .collect()
    }
}

fn season_of(values: &[f64], period: usize) -> (Season, Vec<f64>) {
    if !is_seasonal(values, period) {
        return (Season::None, Vec::new());
    }
    if values.iter().all(|&value| value > 0.0) {
        let figures = classical_season(values, period, Season::Multiplicative);
        if figures.iter().all(|&figure| figure > 0.01) {
            return (Season::Multiplicative, figures);
        }
    }
    (Season::Additive, classical_season(values, period, Season::Additive))
}

/// A line by time 1, 2, …
#[derive(Clone, Copy, Debug)]
struct Line {
    intercept: f64,
    slope: f64,
}

impl Line {
    fn whole(values: &[f64]) -> Self {
        let count = as_number(values.len());
        let mean = values.iter().sum::<f64>() / count;
        let middle = (count + 1.0) / 2.0;
        let times = (1..=values.len()).map(as_number);
        let slope: f64 = values.iter().zip(times).map(|(v, t)| (t - middle) * (v - mean)).sum();
        let slope = slope * 12.0 / (count * (count * count - 1.0));
        Self { intercept: mean - slope * middle, slope }
    }
}

/// One pass over a series.
struct Run {
    is_dynamic: bool,
    level: f64,
    smoothing: f64,
    pull: f64,
    line: Line,
    mean: f64,
    /// How many values were seen.
    time: f64,
    /// (1 − α) to the power of that.
    faded: f64,
    squares: f64,
}

impl Run {
    fn new(form: ThetaForm, line: Line, (level, smoothing, theta): (f64, f64, f64)) -> Self {
        let is_dynamic = matches!(form, ThetaForm::Dynamic | ThetaForm::DynamicOptimised);
        let line = if is_dynamic { Line { intercept: 0.0, slope: 0.0 } } else { line };
        let pull = 1.0 - 1.0 / theta;
        let (mean, time, faded, squares) = (0.0, 0.0, 1.0, 0.0);
        Self { is_dynamic, level, smoothing, pull, line, mean, time, faded, squares }
    }

    fn over(&mut self, values: &[f64]) {
        for &value in values {
            // The line of nothing is no forecast: the first error says nothing of the model.
            if self.time > 0.0 {
                let error = value - self.next();
                self.squares += error * error;
            }
            self.learn(value);
        }
    }

    fn next(&self) -> f64 {
        let reached = (1.0 - self.faded * (1.0 - self.smoothing)) / self.smoothing;
        self.level + self.pull * (self.faded * self.line.intercept + reached * self.line.slope)
    }

    fn learn(&mut self, value: f64) {
        self.level += self.smoothing * (value - self.level);
        self.faded *= 1.0 - self.smoothing;
        self.time += 1.0;
        if !self.is_dynamic {
            return;
        }
        let t = self.time;
        if t > 1.0 {
            let turn = 6.0 * (value - self.mean) / t;
            self.line.slope = ((t - 2.0) * self.line.slope + turn) / (t + 1.0);
        }
        self.mean += (value - self.mean) / t;
        self.line.intercept = self.mean - self.line.slope * (t + 1.0) / 2.0;
    }
}
