//! Forecasts: from a question to `quant` and back.

use quant::series::{self, Method};

use super::work::{at_most, under};
use crate::problem::ApiError;
use crate::services::AnalyticsLimits;
use crate::wire::analytics::forecast::{ForecastAnswer, ForecastRequest, ForecastSeries};

/// Forecasts each series.
pub(super) fn forecast(
    asked: ForecastRequest,
    limits: &AnalyticsLimits,
) -> Result<ForecastAnswer, ApiError> {
    let request = series::ForecastRequest {
        period: asked.period,
        horizon: asked.horizon,
        level: asked.level,
        method: asked.method.into(),
    };
    at_most("series", asked.series.len(), limits.symbols_max, "series")?;
    let values: usize = asked.series.iter().map(|series| series.values.len()).sum();
    let (values_max, period_max) = match request.method {
        Method::Arima => (limits.arima_values_max, limits.arima_period_max),
        Method::Ensemble | Method::Ets | Method::Theta | Method::SeasonalNaive => {
            (limits.forecast_values_max, series::PERIOD_MAX)
        }
    };
    at_most("series", values, values_max, "values by this method")?;
    at_most("period", request.period, period_max, "values of a season by this method")?;
    let mut answer = Vec::with_capacity(asked.series.len());
    for (index, one) in asked.series.into_iter().enumerate() {
        let made =
            series::forecast(&one.values, &request).map_err(|error| match error.argument() {
                Some("values") => under(&format!("series[{index}].values"), &error),
                _ => error.into(),
            })?;
        let series::Forecast { mean, lower, upper } = made;
        answer.push(ForecastSeries { name: one.name, mean, lower, upper });
    }
    Ok(ForecastAnswer { series: answer })
}
