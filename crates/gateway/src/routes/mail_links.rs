//! The links in an e-mail, which confirm its address or end it. They need no sign-in: whoever holds
//! one reads at the address.
//!
//! Mail servers and their guards look at every link of a message, so that a GET changes nothing and
//! shows a button. Mail programs that know RFC 8058 send the POST themselves.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::routing::get;

use crate::app::App;
use crate::problem::ApiError;

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
/// The page loads nothing, and its form leads here.
const POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; form-action 'self'; frame-ancestors 'none'");

const ASKS_TO_END: &str = "<!doctype html><html lang=\"en\"><title>Florin</title>\
    <meta name=\"viewport\" content=\"width=device-width\"><h1>No more of these?</h1>\
    <p>Nothing more will be sent to the address that this message came to.</p>\
    <form method=\"post\"><input type=\"hidden\" name=\"List-Unsubscribe\" value=\"One-Click\">\
    <button>Send no more</button></form></html>";
const ENDED: &str = "<!doctype html><html lang=\"en\"><title>Florin</title>\
    <meta name=\"viewport\" content=\"width=device-width\"><h1>Done</h1>\
    <p>Nothing more is sent to that address. It can be used again in Florin.</p></html>";

const ASKS_TO_CONFIRM: &str = "<!doctype html><html lang=\"en\"><title>Florin</title>\
    <meta name=\"viewport\" content=\"width=device-width\"><h1>Be told here?</h1>\
    <p>Florin will send notices to the address that this message came to.</p>\
    <form method=\"post\"><button>Confirm the address</button></form></html>";
const CONFIRMED: &str = "<!doctype html><html lang=\"en\"><title>Florin</title>\
    <meta name=\"viewport\" content=\"width=device-width\"><h1>Done</h1>\
    <p>The address is confirmed. Each message to it has a link to end it.</p></html>";

/// Outside the contract: these are pages for people and their mail programs.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/unsubscribe/{token}", get(ask_to_end).post(unsubscribe))
        .route("/confirm/{token}", get(ask_to_confirm).post(confirm))
}

async fn ask_to_confirm() -> Response {
    page(ASKS_TO_CONFIRM)
}

async fn confirm(State(app): State<App>, Path(token): Path<String>) -> Result<Response, ApiError> {
    notices::confirm(&app.services.database, &token).await?;
    Ok(page(CONFIRMED))
}

async fn ask_to_end() -> Response {
    page(ASKS_TO_END)
}

async fn unsubscribe(
    State(app): State<App>,
    Path(token): Path<String>,
) -> Result<Response, ApiError> {
    notices::unsubscribe(&app.services.database, &token).await?;
    Ok(page(ENDED))
}

fn page(text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HTML);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}
