//! Every route, declared once. A product's file has the handlers and a function `routes` that is
//! merged below; nothing else needs to be told about it.

mod account_changes;
mod accounts;
mod analytics;
mod approvals;
mod assets;
mod auth;
mod books;
mod cases;
mod changes;
mod chart;
mod events;
mod export;
mod fx;
mod imports;
mod intake;
mod jobs;
mod mail_links;
mod members;
mod meters;
mod notices;
mod objects;
mod operations;
pub(crate) mod posting;
mod remittances;
mod sagas;
mod transfers;
mod vault;

use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::caller::authenticate;
use crate::{openapi, position};

pub(crate) use mail_links::routes as mail_links;
pub(crate) use operations::routes as operations;

/// Where the API begins.
const BASE: &str = "/api/v1";

/// Routes that are open to anybody: there is no token yet.
fn public() -> OpenApiRouter<App> {
    OpenApiRouter::new().merge(auth::public_routes())
}

/// Routes that need a token; each names its action.
fn secured() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(auth::routes())
        .merge(members::routes())
        .merge(assets::routes())
        .merge(imports::routes())
        .merge(fx::routes())
        .merge(books::routes())
        .merge(accounts::routes())
        .merge(account_changes::routes())
        .merge(chart::routes())
        .merge(export::routes())
        .merge(transfers::routes())
        .merge(posting::routes())
        .merge(intake::routes())
        .merge(changes::routes())
        .merge(events::routes())
        .merge(jobs::routes())
        .merge(sagas::routes())
        .merge(remittances::routes())
        .merge(vault::routes())
        .merge(objects::routes())
        .merge(notices::routes())
        .merge(approvals::routes())
        .merge(cases::routes())
        .merge(meters::routes())
        .merge(analytics::routes())
}

/// The routes of the API, and their contract.
pub(crate) fn api(app: &App) -> (Router<App>, String) {
    let secured = secured()
        .route_layer(from_fn_with_state(app.clone(), position::wait))
        .route_layer(from_fn_with_state(app.clone(), authenticate));
    let (router, _) = OpenApiRouter::with_openapi(openapi::base())
        .nest(BASE, public().merge(secured))
        .split_for_parts();
    (router, openapi::contract())
}

/// The contract as the routes alone declare it.
pub(crate) fn declared() -> OpenApi {
    OpenApiRouter::with_openapi(openapi::base())
        .nest(BASE, public().merge(secured()))
        .into_openapi()
}
