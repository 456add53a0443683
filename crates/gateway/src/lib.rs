//! Everything that speaks HTTP: routes and their contract, limits, problems, live events, the page.
//!
//! What must stay true:
//! - it holds no rules: a handler names an action, reads the request, calls one module and writes
//!   its answer;
//! - no other crate knows axum or OpenAPI, and no type of the wire leaves this one;
//! - every route is declared once, with its types; the contract is made from that
//!   ([`contract`]), and `testdata/openapi.json` shows each change of it;
//! - a route outside the public part of `routes` can be reached with a token only, and every one of
//!   those names the action that its caller's role must allow;
//! - every failure is one problem document with a request id, and no token, password, body or
//!   query is ever logged.
//!
//! A product adds its routes in two files: `wire/PRODUCT.rs` (request and answer types) and
//! `routes/PRODUCT.rs` (handlers, and a `routes()` that `routes/mod.rs` merges). Its face becomes a
//! field of [`Services`].

mod access;
mod answer;
mod app;
mod beside;
mod calculation;
mod caller;
mod changes;
mod docs;
mod download;
mod edge;
mod extract;
mod idempotency;
mod intake;
mod live;
mod load;
mod local;
mod metrics;
mod openapi;
mod position;
mod problem;
mod refusal;
mod routes;
mod serve;
mod services;
mod socket;
mod store;
mod stream;
mod web;
mod wire;

use axum::Router;
use axum::http::{Extensions, HeaderMap, StatusCode, Version};
use axum::middleware::from_fn_with_state;
use tokio::net::TcpListener;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate as _};

pub use local::{Local, LocalError};
pub use openapi::contract;
pub use serve::Ended;
pub use services::{AnalyticsLimits, Gauge, GaugeKind, HealthCheck, Limits, Reading, Services};

/// The gateway's sealed columns.
pub static SEALED: &[vault::SealedTable] = &store::SEALED;

use app::App;

/// Whether an answer may be held back to be compressed.
fn can_wait(_: StatusCode, _: Version, _: &HeaderMap, extensions: &Extensions) -> bool {
    extensions.get::<answer::AsItComes>().is_none()
}

/// The HTTP face of one process.
pub struct Gateway {
    app: App,
    router: Router,
}

impl Gateway {
    /// Routes over the services of a process.
    #[must_use]
    pub fn new(services: Services) -> Self {
        let app = App::new(services);
        let (router, contract) = routes::api(&app);
        let router = router
            .merge(routes::operations())
            .merge(routes::mail_links())
            .merge(socket::routes())
            .merge(docs::routes(&contract))
            .fallback(web::answer)
            .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(can_wait)))
            .layer(from_fn_with_state(app.clone(), edge::edge))
            .with_state(app.clone());
        Self { app, router }
    }

    /// The routes, for tests that send one request at a time.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Serves until `shutdown` is done, then finishes what is in flight, within
    /// [`Limits::shutdown_ms_max`].
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Ended {
        serve::serve(self.app, self.router, listener, shutdown).await
    }
}
