//! Forecasts of series with their intervals.

use quant::series::Method;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Series whose next values are asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForecastRequest {
    pub series: Vec<NamedSeries>,
    /// Values of one season: 12 of months. 1, without a season, where it is left out.
    #[serde(default = "no_season")]
    pub period: usize,
    /// How many values ahead: 1 to 1,000.
    #[schema(example = 12)]
    pub horizon: usize,
    /// The share of cases in which the value is to lie between the bounds; 0.9 where it is left
    /// out.
    #[serde(default = "usual_level")]
    pub level: f64,
    #[serde(default)]
    pub method: ForecastMethod,
}

const fn no_season() -> usize {
    1
}

const fn usual_level() -> f64 {
    0.9
}

/// A series under its name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamedSeries {
    #[schema(example = "sales")]
    pub name: String,
    /// The oldest first, evenly spaced, none missing.
    pub values: Vec<f64>,
}

/// What a forecast is made with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ForecastMethod {
    /// The mean of four that err differently.
    #[default]
    Ensemble,
    /// Exponential smoothing, selected by AICc.
    Ets,
    /// The dynamic optimised Theta method.
    Theta,
    /// ARIMA, selected by AICc: the slowest by far.
    Arima,
    /// The value of the last season.
    SeasonalNaive,
}

impl From<ForecastMethod> for Method {
    fn from(said: ForecastMethod) -> Self {
        match said {
            ForecastMethod::Ensemble => Self::Ensemble,
            ForecastMethod::Ets => Self::Ets,
            ForecastMethod::Theta => Self::Theta,
            ForecastMethod::Arima => Self::Arima,
            ForecastMethod::SeasonalNaive => Self::SeasonalNaive,
        }
    }
}

/// The next values of each series.
#[derive(Serialize, ToSchema)]
pub(crate) struct ForecastAnswer {
    /// In the order of the question.
    pub series: Vec<ForecastSeries>,
}

/// The next values of one series, the nearest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct ForecastSeries {
    pub name: String,
    /// The forecasts themselves.
    pub mean: Vec<f64>,
    pub lower: Vec<f64>,
    pub upper: Vec<f64>,
}
