//! Exponential smoothing: error, trend and season, each additive or multiplicative.
//!
//! The state space models of Hyndman, Koehler, Ord and Snyder, Forecasting with Exponential
//! Smoothing (2008), in the notation of their table 2.1: ETS(A,Ad,M) has additive errors, an
//! additive damped trend and a multiplicative season.

use crate::error::{Error, Result, all_finite};

use super::season::Season;

/// The longest period that is fitted.
pub const PERIOD_MAX: usize = 400;

/// The longest series.
pub const VALUES_MAX: usize = 100_000;

/// How the error enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorForm {
    /// y = forecast + e.
    Additive,
    /// y = forecast × (1 + e).
    Multiplicative,
}

/// How the trend enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    /// None.
    None,
    /// Added to the level.
    Additive,
    /// Added, and fading by φ with each step.
    AdditiveDamped,
    /// Multiplied with the level.
    Multiplicative,
    /// Multiplied, and fading.
    MultiplicativeDamped,
}

/// One of the thirty models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// How errors enter.
    pub error: ErrorForm,
    /// How the trend enters.
    pub trend: Trend,
    /// How the season enters.
    pub season: Season,
}

/// The smoothing parameters; those that a form lacks are 0, φ is 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Smoothing {
    /// α, of the level.
    pub level: f64,
    /// β, of the trend.
    pub trend: f64,
    /// γ, of the season.
    pub season: f64,
    /// φ, by which the trend fades.
    pub damping: f64,
}

/// What is known at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The level.
    pub level: f64,
    /// The trend: a difference or a ratio; 0 or 1 without one.
    pub trend: f64,
    /// The season of the next period first; empty without one.
    pub season: Vec<f64>,
}

/// A model with its parameters and what it learned of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct EtsModel {
    /// Which of the thirty.
    pub form: Form,
    /// Its parameters.
    pub smoothing: Smoothing,
    /// The state before the first value.
    pub initial: State,
    /// The state after the last value.
    pub last: State,
    /// Σ e², of relative errors where they are multiplicative.
    pub sum_of_squares: f64,
    /// −½ (n ln(Σe²/n) + n (1 + ln 2π)) − Σ ln|forecast| for multiplicative errors.
    pub log_likelihood: f64,
    /// Akaike's criterion, corrected for few values.
    pub aicc: f64,
}

impl Form {
    /// Whether the form is numerically sound: additive errors mix with nothing multiplicative, and
    /// a multiplicative trend not with an additive season.
    #[must_use]
    pub fn is_admissible(&self) -> bool {
        let multiplicative_trend =
            matches!(self.trend, Trend::Multiplicative | Trend::MultiplicativeDamped);
        match self.error {
            ErrorForm::Additive => !multiplicative_trend && self.season != Season::Multiplicative,
            ErrorForm::Multiplicative => !(multiplicative_trend && self.season == Season::Additive),
        }
    }

    /// Whether every value must be above 0.
    #[must_use]
    pub fn needs_positive(&self) -> bool {
        self.error == ErrorForm::Multiplicative
            || self.season == Season::Multiplicative
            || matches!(self.trend, Trend::Multiplicative | Trend::MultiplicativeDamped)
    }

    /// Parameters, states and the variance, as the criterion counts them.
    #[must_use]
    pub fn parameters(&self, period: usize) -> usize {
        let trend = match self.trend {
            Trend::None => 0,
            Trend::Additive | Trend::Multiplicative => 2,
            Trend::AdditiveDamped | Trend::MultiplicativeDamped => 3,
        };
        3 + trend + if self.season == Season::None { 0 } else { period }
    }

    pub(super) fn has_trend(&self) -> bool {
        self.trend != Trend::None
    }

    pub(super) fn is_damped(&self) -> bool {
        matches!(self.trend, Trend::AdditiveDamped | Trend::MultiplicativeDamped)
    }

    pub(super) fn trend_is_a_ratio(&self) -> bool {
        matches!(self.trend, Trend::Multiplicative | Trend::MultiplicativeDamped)
    }
}

impl EtsModel {
    /// Runs given parameters over a series, without fitting.
    ///
    /// # Errors
    /// [`Error::Undefined`] where the form breaks down on these values (a forecast of 0 under
    /// multiplicative errors, a level below 0 under a multiplicative trend).
    pub fn filter(
        values: &[f64],
        form: Form,
        smoothing: Smoothing,
        initial: &State,
    ) -> Result<Self> {
        all_finite("values", values)?;
        let mut run = Run::new(initial.clone());
        run.over(values, form, smoothing);
        let count = as_number(values.len());
        let variance = run.squares / count;
        let log_likelihood =
            -0.5 * count * (variance.ln() + 1.0 + (2.0 * std::f64::consts::PI).ln())
                - run.log_forecasts;
        let parameters = as_number(form.parameters(initial.season.len()));
        let aicc = match count - parameters - 1.0 {
            room if room > 0.0 => {
                2.0 * (parameters - log_likelihood) + 2.0 * parameters * (parameters + 1.0) / room
            }
            _ => f64::INFINITY,
        };
        if !run.squares.is_finite() || !log_likelihood.is_finite() && run.squares > 0.0 {
            let why = "the model breaks down on these values";
            return Err(Error::Undefined { figure: "exponential smoothing", why });
        }
        let last = run.last();
        let sum_of_squares = run.squares;
        let initial = initial.clone();
        Ok(Self { form, smoothing, initial, last, sum_of_squares, log_likelihood, aicc })
    }

    /// The expected values of the next `horizon` periods (of multiplicative forms: those of the
    /// path without errors, as usual).
    #[must_use]
    pub fn forecast(&self, horizon: usize) -> Vec<f64> {
        let mut fading = self.smoothing.damping;
        let mut faded = fading;
        (0..horizon)
            .map(|step| {
                let grown = match self.form.trend {
                    Trend::None => self.last.level,
                    Trend::Additive | Trend::AdditiveDamped => {
                        self.last.level + faded * self.last.trend
                    }
                    Trend::Multiplicative | Trend::MultiplicativeDamped => {
                        self.last.level * self.last.trend.powf(faded)
                    }
                };
                fading *= self.smoothing.damping;
                faded += fading;
                let season = |step: usize| self.last.season[step % self.last.season.len()];
                match self.form.season {
                    Season::None => grown,
                    Season::Additive => grown + season(step),
                    Season::Multiplicative => grown * season(step),
                }
            })
            .collect()
    }
}

/// One pass over a series.
pub(super) struct Run {
    level: f64,
    trend: f64,
    season: Vec<f64>,
    /// Which season is next.
    at: usize,
    pub squares: f64,
    pub log_forecasts: f64,
}

impl Run {
    pub fn new(state: State) -> Self {
        let State { level, trend, season } = state;
        Self { level, trend, season, at: 0, squares: 0.0, log_forecasts: 0.0 }
    }

    pub fn over(&mut self, values: &[f64], form: Form, smoothing: Smoothing) {
        let ratio = smoothing.trend / smoothing.level;
        let mut product = 1.0_f64;
        for &value in values {
            let grown = match form.trend {
                Trend::None => (self.level, 0.0),
                Trend::Additive | Trend::AdditiveDamped => {
                    let step = smoothing.damping * self.trend;
                    (self.level + step, step)
                }
                Trend::Multiplicative | Trend::MultiplicativeDamped => {
                    let step = self.trend.powf(smoothing.damping);
                    (self.level * step, step)
                }
            };
            let (base, step) = grown;
            let season = self.season.get(self.at).copied().unwrap_or(0.0);
            let (forecast, adjusted, own) = match form.season {
                Season::None => (base, value, 0.0),
                Season::Additive => (base + season, value - season, value - base),
                Season::Multiplicative => (base * season, value / season, value / base),
            };
            let mut error = value - forecast;
            if form.error == ErrorForm::Multiplicative {
                error /= forecast;
                product *= forecast.abs();
                if !(1e-200..1e200).contains(&product) {
                    self.log_forecasts += product.ln();
                    product = 1.0;
                }
            }
            self.squares += error * error;
            let before = self.level;
            self.level = base + smoothing.level * (adjusted - base);
            match form.trend {
                Trend::None => {}
                Trend::Additive | Trend::AdditiveDamped => {
                    self.trend = step + ratio * (self.level - before - step);
                }
                Trend::Multiplicative | Trend::MultiplicativeDamped => {
                    self.trend = step + ratio * (self.level / before - step);
                }
            }
            if let Some(state) = self.season.get_mut(self.at) {
                *state += smoothing.season * (own - season);
                self.at = if self.at + 1 == self.season.len() { 0 } else { self.at + 1 };
            }
        }
        self.log_forecasts += product.ln();
    }

    fn last(&mut self) -> State {
        self.season.rotate_left(self.at);
        State { level: self.level, trend: self.trend, season: std::mem::take(&mut self.season) }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of values is far below 2^52")]
pub(super) fn as_number(count: usize) -> f64 {
    count as f64
}
