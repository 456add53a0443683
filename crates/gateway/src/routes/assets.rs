//! What the family owns and owes, and what it is worth.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use identity::Action;
use kernel::{FieldFault, Timestamp};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wealth::{AssetFilter, AssetId, NetWorthQuery, PointTotal};

use crate::access::allow;
use crate::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Ids, Json, Query};
use crate::idempotency::Command;
use crate::position;
use crate::problem::ApiError;
use crate::routes::transfers::tag;
use crate::wire::asset::{
    AddAssetRequest, Asset, AssetQuery, DisposeQuery, UpdateAssetRequest, currency, date,
};
use crate::wire::page::{Page, PageQuery};
use crate::wire::worth::{
    CountryPart, History, HistoryPoint, HistoryQuery, NetWorth, OwnerPart, Summary, TypePart,
    ValuedAsset, WorthQuery,
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(allow(Action::ReadAssets, routes!(list_assets)))
        .routes(allow(Action::ChangeAssets, routes!(add_asset)))
        .routes(allow(Action::ReadAssets, routes!(get_summary)))
        .routes(allow(Action::ReadAssets, routes!(get_net_worth)))
        .routes(allow(Action::ReadAssets, routes!(get_net_worth_history)))
        .routes(allow(Action::ReadAssets, routes!(get_asset)))
        .routes(allow(Action::ChangeAssets, routes!(update_asset)))
        .routes(allow(Action::ChangeAssets, routes!(dispose_asset)))
}

/// List assets
#[utoipa::path(get, path = "/assets", tag = "assets", params(AssetQuery),
    responses((status = 200, description = "The assets.", body = Page<Asset>)))]
async fn list_assets(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<AssetQuery>,
) -> Result<Response, ApiError> {
    let AssetQuery { country, kind, include_disposed, limit, cursor } = query;
    let tag = tag(&format!("assets {country:?} {kind:?} {include_disposed}"));
    let page = PageQuery { limit, cursor }.read(tag)?;
    let country = country.as_deref().map(str::parse).transpose();
    let wrong = |error| ApiError::field(FieldFault::new("country", "country", error));
    let kind = kind.map(Into::into);
    let filter = AssetFilter { country: country.map_err(wrong)?, kind, include_disposed };
    let found = app.services.wealth.assets(&caller.context, &filter, &page).await?;
    answer::ok(&Page::of(found, |view| Asset::of(&view.asset, view.value)))
}

/// Add an asset
#[utoipa::path(post, path = "/assets", tag = "assets", request_body = AddAssetRequest,
    responses((status = 201, description = "Added.", body = Asset)))]
async fn add_asset(
    State(app): State<App>,
    command: Command<Json<AddAssetRequest>>,
) -> Result<Response, ApiError> {
    let new = command.payload.0.read()?;
    let wealth = &app.services.wealth;
    let command = command.noted(&app).await?;
    let (asset, position) = wealth.add_asset(&command.context, &new).await?;
    let view = wealth.asset(&command.context, asset.id).await?;
    let response = answer::json(StatusCode::CREATED, &Asset::of(&view.asset, view.value))?;
    Ok(position::at(versioned(response, view.asset.version), &position))
}

/// Get an asset
#[utoipa::path(get, path = "/assets/{asset}", tag = "assets",
    params(("asset" = String, Path, description = "The asset.")),
    responses((status = 200, description = "The asset.", body = Asset)))]
async fn get_asset(
    State(app): State<App>,
    caller: Caller,
    Ids(asset): Ids<AssetId>,
) -> Result<Response, ApiError> {
    let view = app.services.wealth.asset(&caller.context, asset).await?;
    let response = answer::ok(&Asset::of(&view.asset, view.value))?;
    Ok(versioned(response, view.asset.version))
}

/// Update an asset
///
/// A value adds a valuation, a balance or quantity adds a transfer, of the day that it is stated
/// of. What the family was worth before that day stays. With `If-Match`, nothing is changed where
/// somebody else was faster.
#[utoipa::path(put, path = "/assets/{asset}", tag = "assets",
    params(("asset" = String, Path, description = "The asset."),
        ("If-Match" = Option<String>, Header, description = "The version that the caller saw.")),
    request_body = UpdateAssetRequest,
    responses((status = 200, description = "Updated.", body = Asset)))]
async fn update_asset(
    State(app): State<App>,
    caller: Caller,
    Ids(asset): Ids<AssetId>,
    headers: HeaderMap,
    Json(request): Json<UpdateAssetRequest>,
) -> Result<Response, ApiError> {
    let mut update = request.read(app.services.env.now().date())?;
    update.expected_version = expected_version(&headers)?;
    let wealth = &app.services.wealth;
    let (_, position) = wealth.update_asset(&caller.context, asset, &update).await?;
    let view = wealth.asset(&caller.context, asset).await?;
    let response = answer::ok(&Asset::of(&view.asset, view.value))?;
    Ok(position::at(versioned(response, view.asset.version), &position))
}

/// Dispose of an asset
///
/// From a date on it does not count. What the family was worth before stays.
#[utoipa::path(delete, path = "/assets/{asset}", tag = "assets",
    params(("asset" = String, Path, description = "The asset."), DisposeQuery),
    responses((status = 200, description = "Disposed of.", body = Asset)))]
async fn dispose_asset(
    State(app): State<App>,
    caller: Caller,
    Ids(asset): Ids<AssetId>,
    Query(query): Query<DisposeQuery>,
) -> Result<Response, ApiError> {
    let today = app.services.env.now().date();
    let on = query.on.as_deref().map_or(Ok(today), |text| date("on", text))?;
    let wealth = &app.services.wealth;
    let (_, position) = wealth.dispose_asset(&caller.context, asset, on).await?;
    let view = wealth.asset(&caller.context, asset).await?;
    let response = answer::ok(&Asset::of(&view.asset, view.value))?;
    Ok(position::at(versioned(response, view.asset.version), &position))
}

/// Get the net worth
#[utoipa::path(get, path = "/assets/net-worth", tag = "assets", params(WorthQuery),
    responses((status = 200, description = "What the family is worth.", body = NetWorth)))]
async fn get_net_worth(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<WorthQuery>,
) -> Result<Response, ApiError> {
    let query = read_query(&app, &query)?;
    let worth = app.services.wealth.net_worth(&caller.context, &query).await?;
    answer::ok(&NetWorth {
        as_of: worth.as_of.to_string(),
        currency: worth.currency.code.to_string(),
        total: worth.total.into(),
        assets: worth.assets.iter().map(ValuedAsset::of).collect::<Result<_, _>>()?,
    })
}

/// Get the summary
///
/// The net worth, and its parts by type, country and owner.
#[utoipa::path(get, path = "/assets/summary", tag = "assets", params(WorthQuery),
    responses((status = 200, description = "The parts.", body = Summary)))]
async fn get_summary(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<WorthQuery>,
) -> Result<Response, ApiError> {
    let query = read_query(&app, &query)?;
    let summary = app.services.wealth.summary(&caller.context, &query).await?;
    let worth = summary.net_worth;
    answer::ok(&Summary {
        as_of: worth.as_of.to_string(),
        currency: worth.currency.code.to_string(),
        total: worth.total.into(),
        by_type: summary
            .by_type
            .into_iter()
            .map(|part| TypePart {
                kind: part.key.into(),
                value: part.value.into(),
                assets: part.assets,
            })
            .collect(),
        by_country: summary
            .by_country
            .into_iter()
            .map(|part| CountryPart {
                country: part.key.to_string(),
                value: part.value.into(),
                assets: part.assets,
            })
            .collect(),
        by_owner: summary
            .by_owner
            .into_iter()
            .map(|part| OwnerPart {
                owner: part.key,
                value: part.value.into(),
                assets: part.assets,
            })
            .collect(),
        assets: worth.assets.iter().map(ValuedAsset::of).collect::<Result<_, _>>()?,
    })
}

/// Get the net worth over time
#[utoipa::path(get, path = "/assets/net-worth/history", tag = "assets", params(HistoryQuery),
    responses((status = 200, description = "The points, the earliest first.", body = History)))]
async fn get_net_worth_history(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<HistoryQuery>,
) -> Result<Response, ApiError> {
    let HistoryQuery { currency: code, from, to, step, rate_age_days_max } = query;
    let today = app.services.env.now().date();
    let to = to.as_deref().map_or(Ok(today), |text| date("to", text))?;
    let days = (date("from", &from)?, to);
    let mut asked = wealth::HistoryQuery::new(currency("currency", &code)?, days, step.into());
    asked.rate_age_days_max = rate_age_days_max.unwrap_or(app.services.rate_age_days_max);
    let history = app.services.wealth.net_worth_history(&caller.context, &asked).await?;
    let point = |point: wealth::HistoryPoint| {
        let date = point.date.to_string();
        match point.total {
            PointTotal::Known(total) => {
                HistoryPoint { date, total: Some(total.into()), reason: None }
            }
            PointTotal::Unknown { detail, .. } => {
                HistoryPoint { date, total: None, reason: Some(detail) }
            }
        }
    };
    let points = history.points.into_iter().map(point).collect();
    answer::ok(&History { currency: history.currency.code.to_string(), points })
}

fn read_query(app: &App, query: &WorthQuery) -> Result<NetWorthQuery, ApiError> {
    let today = app.services.env.now().date();
    let as_of = query.as_of.as_deref().map_or(Ok(today), |text| date("as_of", text))?;
    let known_at = query.known_at.as_deref().map(str::parse::<Timestamp>).transpose();
    let wrong = |error| ApiError::field(FieldFault::new("known_at", "time", error));
    let mut asked = NetWorthQuery::new(currency("currency", &query.currency)?, as_of);
    asked.known_at = known_at.map_err(wrong)?;
    asked.rate_age_days_max = query.rate_age_days_max.unwrap_or(app.services.rate_age_days_max);
    asked.price_age_days_max = query.price_age_days_max;
    asked.explain = query.explain;
    Ok(asked)
}

fn expected_version(headers: &HeaderMap) -> Result<Option<u64>, ApiError> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim().trim_matches('"');
    let version = text.parse().map_err(|_| {
        let detail = "it is the ETag of an earlier answer: a version in quotes";
        ApiError::field(FieldFault::new("If-Match", "version", detail))
    })?;
    Ok(Some(version))
}

fn versioned(mut response: Response, version: u64) -> Response {
    if let Ok(value) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}
