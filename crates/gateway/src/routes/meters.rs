//! What the caller's tenant used, and what it may use.

use axum::extract::State;
use axum::response::Response;
use identity::Action;
use kernel::{FieldFault, Timestamp, UserId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::allow;
use crate::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::Query;
use crate::problem::ApiError;
use crate::wire::meter::{Entitlement, EntitlementsQuery, UsageQuery, UsageSum};
use crate::wire::page::Page;

const DAY_SECONDS: i64 = 86_400;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(allow(Action::ReadMeters, routes!(list_usage)))
        .routes(allow(Action::ReadMeters, routes!(list_entitlements)))
}

/// List what was used
///
/// The latest hours or months first, at most 1000 sums.
#[utoipa::path(get, path = "/meters/usage", tag = "meters", params(UsageQuery),
    responses((status = 200, description = "The sums.", body = Page<UsageSum>)))]
async fn list_usage(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<UsageQuery>,
) -> Result<Response, ApiError> {
    let span = query.span.map_or(meters::Span::Month, meters::Span::from);
    let now = caller.context.now();
    let back = match span {
        meters::Span::Hour => DAY_SECONDS,
        meters::Span::Month => 366 * DAY_SECONDS,
    };
    let from = time("from", query.from.as_deref())?.unwrap_or_else(|| now.plus_seconds(-back));
    let to = time("to", query.to.as_deref())?.unwrap_or_else(|| now.plus_seconds(1));
    let mut tx = caller.read(&app).await?;
    let sums = meters::sums(&mut tx, span, (from, to)).await?;
    tx.commit().await?;
    answer::ok(&Page::only(sums.into_iter().map(UsageSum::from).collect()))
}

/// List what may be used
///
/// Each feature with how much of it, how much was used, and all that was said about it.
#[utoipa::path(get, path = "/meters/entitlements", tag = "meters", params(EntitlementsQuery),
    responses((status = 200, description = "The entitlements.", body = Page<Entitlement>)))]
async fn list_entitlements(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<EntitlementsQuery>,
) -> Result<Response, ApiError> {
    let fault = |error| ApiError::field(FieldFault::new("user", "id", error));
    let user = query.user.as_deref().map(str::parse::<UserId>).transpose().map_err(fault)?;
    let service = &app.services.meters;
    let mut tx = caller.read(&app).await?;
    let mut found = Vec::new();
    // A program has few features.
    for feature in service.features() {
        let what = (feature, user);
        found.push(meters::entitlement(&mut tx, &caller.context, service, what).await?);
    }
    tx.commit().await?;
    answer::ok(&Page::only(found.into_iter().map(Entitlement::from).collect()))
}

fn time(field: &str, text: Option<&str>) -> Result<Option<Timestamp>, ApiError> {
    let fault = |error| ApiError::field(FieldFault::new(field, "time", error));
    text.map(str::parse::<Timestamp>).transpose().map_err(fault)
}
