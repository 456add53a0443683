//! Rates of exchange.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use identity::Action;
use markets::RateFile;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::allow;
use crate::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Query, Raw};
use crate::idempotency::Command;
use crate::problem::ApiError;
use crate::wire::asset::{currency, date};
use crate::wire::fx::{ImportedRates, RateQuery};
use crate::wire::import::FileBytes;
use crate::wire::worth::Rate;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(allow(Action::ReadRates, routes!(get_rate)))
        .routes(allow(Action::AddRates, routes!(import_rates)))
}

/// Get a rate
///
/// The last one known on or before a day, over others where there is no direct one; its parts with
/// their dates and sources.
#[utoipa::path(get, path = "/fx/rate", tag = "rates", params(RateQuery),
    responses((status = 200, description = "The rate.", body = Rate)))]
async fn get_rate(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<RateQuery>,
) -> Result<Response, ApiError> {
    let today = app.services.env.now().date();
    let day = query.date.as_deref().map_or(Ok(today), |text| date("date", text))?;
    let from = currency("from", &query.from)?.code;
    let to = currency("to", &query.to)?.code;
    let mut asked = markets::RateQuery::new(from, to, day);
    asked.age_days_max = query.rate_age_days_max.unwrap_or(app.services.rate_age_days_max);
    let mut tx = caller.read(&app).await?;
    let rate = markets::rate(&mut tx, &asked, None).await?;
    tx.commit().await?;
    answer::ok(&Rate::of(&rate)?)
}

/// Import rates
///
/// The family's own: a CSV with the columns date, base, quote, rate and, if there are several,
/// source. A file with a fault adds nothing; one that is sent twice adds nothing the second time.
#[utoipa::path(post, path = "/fx/rates", tag = "rates",
    request_body(content = FileBytes, content_type = "text/csv", description = "The file."),
    responses((status = 201, description = "What it brought.", body = ImportedRates)))]
async fn import_rates(State(app): State<App>, command: Command<Raw>) -> Result<Response, ApiError> {
    let file = RateFile::new("rates.csv", command.payload.0.to_vec());
    let database = &app.services.database;
    let came = markets::import_tenant(database, &command.context, file).await?;
    answer::json(StatusCode::CREATED, &ImportedRates::from(came))
}
