//! Figures over series that callers send: nothing is read from the database, and nothing is kept.
//! Each POST is let in before its body is read and is worked on beside the async threads; the same
//! question has the same answer, so that a key sent again needs no memory.

mod forecast;
mod portfolio;
mod work;

use axum::extract::State;
use axum::response::Response;
use identity::Action;
use quant::indicators;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::allow;
use crate::answer;
use crate::app::App;
use crate::calculation::Admitted;
use crate::caller::Caller;
use crate::extract::Unread;
use crate::idempotency::Command;
use crate::problem::ApiError;
use crate::wire::analytics::forecast::{ForecastAnswer, ForecastRequest};
use crate::wire::analytics::portfolio::{PortfolioAnswer, PortfolioRequest};
use crate::wire::analytics::tear_sheet::TearSheet;
use crate::wire::analytics::{
    AttributionAnswer, AttributionRequest, CorrelationAnswer, CorrelationRequest, IndicatorAnswer,
    IndicatorList, IndicatorRequest, PerformanceRequest, RiskAnswer, RiskRequest, SweepAnswer,
    SweepRequest,
};

pub(super) fn routes() -> OpenApiRouter<App> {
    let action = Action::ComputeFigures;
    OpenApiRouter::new()
        .routes(allow(action, routes!(list_indicators)))
        .routes(allow(action, routes!(compute_indicator)))
        .routes(allow(action, routes!(sweep_crossings)))
        .routes(allow(action, routes!(measure_performance)))
        .routes(allow(action, routes!(measure_risk)))
        .routes(allow(action, routes!(correlate)))
        .routes(allow(action, routes!(attribute_performance)))
        .routes(allow(action, routes!(optimise_portfolio)))
        .routes(allow(action, routes!(forecast_series)))
}

/// List indicators
///
/// All there are, with their inputs, parameters and outputs.
#[utoipa::path(get, path = "/analytics/indicators", tag = "analytics",
    responses((status = 200, description = "The indicators.", body = IndicatorList)))]
async fn list_indicators(State(_): State<App>, _: Caller) -> Result<Response, ApiError> {
    answer::ok(&IndicatorList { items: indicators::all().iter().map(work::describe).collect() })
}

/// Compute an indicator
///
/// Over series of one length, the oldest bar first: at most 200,000 bars.
#[utoipa::path(post, path = "/analytics/indicators", tag = "analytics",
    request_body = IndicatorRequest,
    responses((status = 200, description = "Its values.", body = IndicatorAnswer)))]
async fn compute_indicator(
    admitted: Admitted,
    command: Command<Unread<IndicatorRequest>>,
) -> Result<Response, ApiError> {
    admitted.answer(command.payload, work::indicator).await
}

/// Sweep crossings
///
/// Tries every pair of an average's periods on every symbol: at most 200 periods, 100 symbols, and
/// 500 million bars times rules. Long only, traded at the close.
#[utoipa::path(post, path = "/analytics/sweeps", tag = "analytics", request_body = SweepRequest,
    responses((status = 200, description = "The best of them.", body = SweepAnswer)))]
async fn sweep_crossings(
    admitted: Admitted,
    command: Command<Unread<SweepRequest>>,
) -> Result<Response, ApiError> {
    admitted.answer(command.payload, work::sweep).await
}

/// Measure performance
///
/// The tear sheet of a series of prices, alone or against a benchmark: at most 200,000 prices.
#[utoipa::path(post, path = "/analytics/performance", tag = "analytics",
    request_body = PerformanceRequest,
    responses((status = 200, description = "Every figure.", body = TearSheet)))]
async fn measure_performance(
    admitted: Admitted,
    command: Command<Unread<PerformanceRequest>>,
) -> Result<Response, ApiError> {
    admitted.answer(command.payload, work::performance).await
}

/// Measure risk
///
/// Value at risk, expected shortfall, volatility and falls of a series of prices: at most 200,000.
#[utoipa::path(post, path = "/analytics/risk", tag = "analytics", request_body = RiskRequest,
    responses((status = 200, description = "What can be lost.", body = RiskAnswer)))]
async fn measure_risk(
    admitted: Admitted,
    command: Command<Unread<RiskRequest>>,
) -> Result<Response, ApiError> {
    admitted.answer(command.payload, work::risk).await
}

/// Correlate
///
/// The returns of at most 100 symbols, over prices of the same times.
#[utoipa::path(post, path = "/analytics/correlation", tag = "analytics",
    request_body = CorrelationRequest,
    responses((status = 200, description = "The matrix.", body = CorrelationAnswer)))]
async fn correlate(
    admitted: Admitted,
    command: Command<Unread<CorrelationRequest>>,
) -> Result<Response, ApiError> {
    admitted.answer(command.payload, work::correlation).await
}

/// Attribute performance
///
/// To allocation, selection and interaction, by segment (Brinson and Fachler), over one period.
#[utoipa::path(post, path = "/analytics/attribution", tag = "analytics",
    request_body = AttributionRequest,
    responses((status = 200, description = "The effects.", body = AttributionAnswer)))]
async fn attribute_performance(
    admitted: Admitted,
    command: Command<Unread<AttributionRequest>>,
) -> Result<Response, ApiError> {
    admitted.answer(command.payload, work::attribution).await
}

/// Optimise a portfolio
///
/// Of at most 100 symbols, over prices of the same dates: weights by variance, Sharpe ratio, CVaR,
/// shares of risk or a tree, under constraints; with the efficient frontier and whole shares.
#[utoipa::path(post, path = "/analytics/portfolios", tag = "analytics",
    request_body = PortfolioRequest,
    responses((status = 200, description = "The best portfolio.", body = PortfolioAnswer)))]
async fn optimise_portfolio(
    admitted: Admitted,
    command: Command<Unread<PortfolioRequest>>,
) -> Result<Response, ApiError> {
    admitted.answer(command.payload, portfolio::optimise).await
}

/// Forecast series
///
/// The next values of at most 100 series, with bounds between which a share of cases is to lie.
#[utoipa::path(post, path = "/analytics/forecasts", tag = "analytics",
    request_body = ForecastRequest,
    responses((status = 200, description = "The next values.", body = ForecastAnswer)))]
async fn forecast_series(
    admitted: Admitted,
    command: Command<Unread<ForecastRequest>>,
) -> Result<Response, ApiError> {
    admitted.answer(command.payload, forecast::forecast).await
}
