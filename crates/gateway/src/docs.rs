//! `/openapi.json`, and `/docs` where a person reads it and tries it out: Swagger UI from the
//! archive that the binary carries, so that no request leaves the machine.

use std::io::{Cursor, Read as _};
use std::sync::OnceLock;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;

use crate::app::App;
use crate::problem::ApiError;

/// Swagger UI sets styles and pictures of its own inline; scripts come from here alone.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
);
const WEEK: HeaderValue = HeaderValue::from_static("public, max-age=604800");
/// The largest file that is taken out of the archive.
const FILE_BYTES_MAX: u64 = 8 << 20;

const PAGE: &str = r##"<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Florin: the API</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="docs"></div>
    <noscript>The contract is at <a href="/openapi.json">/openapi.json</a>.</noscript>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
"##;

const START: &str = r##"SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null,
})
"##;

pub(crate) fn routes(contract: &str) -> Router<App> {
    let contract = Bytes::copy_from_slice(contract.as_bytes());
    let contract = move || async move { file("application/json", contract) };
    Router::new()
        .route("/openapi.json", get(contract))
        .route("/docs", get(async || page()))
        .route("/docs/start.js", get(async || file("text/javascript", START.into())))
        .route("/docs/swagger-ui.css", get(async || shipped("text/css", &STYLE)))
        .route("/docs/swagger-ui-bundle.js", get(async || shipped("text/javascript", &SCRIPT)))
}

/// A file of the archive, taken out when it is first asked for.
struct Shipped {
    name: &'static str,
    bytes: OnceLock<Bytes>,
}

static STYLE: Shipped = Shipped { name: "/dist/swagger-ui.css", bytes: OnceLock::new() };
static SCRIPT: Shipped = Shipped { name: "/dist/swagger-ui-bundle.js", bytes: OnceLock::new() };

impl Shipped {
    fn bytes(&self) -> Result<Bytes, String> {
        if let Some(bytes) = self.bytes.get() {
            return Ok(bytes.clone());
        }
        let failed = |error: zip::result::ZipError| error.to_string();
        let mut archive = zip::ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED)).map_err(failed)?;
        let names = archive.file_names().filter_map(Result::ok).map(|name| name.into_owned());
        let name = { names }.find(|name| name.ends_with(self.name));
        let name = name.ok_or_else(|| format!("the archive has no {}", self.name))?;
        let file = archive.by_name(&name).map_err(failed)?;
        let mut bytes = Vec::new();
        file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        Ok(self.bytes.get_or_init(|| bytes.into()).clone())
    }
}

fn shipped(media: &'static str, file_of: &Shipped) -> Response {
    match file_of.bytes() {
        Ok(bytes) => {
            let mut response = file(media, bytes);
            response.headers_mut().insert(header::CACHE_CONTROL, WEEK);
            response
        }
        Err(error) => ApiError::internal(error).into_response(),
    }
}

fn page() -> Response {
    let mut response = file("text/html; charset=utf-8", PAGE.into());
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}

fn file(media: &'static str, bytes: Bytes) -> Response {
    const TYPE: HeaderName = header::CONTENT_TYPE;
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(TYPE, HeaderValue::from_static(media));
    response
}
