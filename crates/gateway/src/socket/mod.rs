//! `/ws`: what happens, on a WebSocket (RFC 6455).
//!
//! What must stay true:
//! - nothing is told before a token was found good, and of each topic only what the caller's role
//!   allows; where a role or session of the tenant changes, that is asked anew;
//! - no token stands in an address: a program sends it as a header, a browser, which cannot, in its
//!   first message. Nothing here is allowed by a cookie, so no other site's page can do anything
//!   with a browser's rights;
//! - whoever does not read, does not answer or says too much is cut off, and where they can go on
//!   is told;
//! - the sockets of a node, of a tenant, and those that have not said who they are have limits.

pub(crate) mod frame;
mod hearing;
mod line;
mod session;
mod topic;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use kernel::RequestId;
use storage::crypto::sha1_of_protocols;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::App;
use crate::caller::{anonymous, bearer_of};
use crate::problem::ApiError;
use crate::services::Limits;
use session::Session;

/// What the key of a handshake is hashed with (RFC 6455, section 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// A key's length before it was written as base64.
const KEY_BYTES: usize = 16;
const VERSION: &str = "13";

/// The places for sockets on this node.
pub(crate) struct Sockets {
    all: Arc<Semaphore>,
    /// Those that have not said who they are.
    unknown: Arc<Semaphore>,
    all_max: u32,
}

/// A socket's places.
pub(super) struct Places {
    _any: OwnedSemaphorePermit,
    unknown: Option<OwnedSemaphorePermit>,
}

impl Sockets {
    pub(crate) fn new(limits: &Limits) -> Self {
        let places = |max: u32| Arc::new(Semaphore::new(max as usize));
        let (all_max, unknown_max) = (limits.sockets_max, limits.sockets_unknown_max);
        Self { all: places(all_max), unknown: places(unknown_max), all_max }
    }

    fn take(&self) -> Result<Places, ApiError> {
        let free = |places: &Arc<Semaphore>| {
            Arc::clone(places).try_acquire_owned().map_err(|_| {
                let text = "this node has as many sockets as it takes; try again soon";
                ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "sockets_full", text)
            })
        };
        Ok(Places { _any: free(&self.all)?, unknown: Some(free(&self.unknown)?) })
    }

    /// How many are open.
    pub(crate) fn count(&self) -> u64 {
        u64::from(self.all_max).saturating_sub(self.all.available_permits() as u64)
    }

    /// Waits until all have ended.
    pub(crate) async fn ended(&self) {
        // The semaphore is never closed.
        let _ = self.all.acquire_many(self.all_max).await;
    }
}

impl Places {
    /// They have said who they are.
    pub(super) fn known(&mut self) {
        self.unknown = None;
    }
}

/// Outside the contract, which knows requests and answers; docs/api.md has the messages.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/ws", get(open))
}

async fn open(State(app): State<App>, mut request: Request) -> Result<Response, ApiError> {
    let accept = accept(request.headers())?;
    let upgrade = request.extensions_mut().remove::<OnUpgrade>().ok_or_else(not_here)?;
    let id = request.extensions().get::<RequestId>().copied();
    let context = anonymous(&app, id);
    let claims = bearer_of(request.headers())
        .map(|token| app.services.identity.verify(&context, token))
        .transpose()?;
    let places = app.sockets.take()?;
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let Some((stream, begun)) = plain(upgraded) else { return };
        Session::new(app, context, places, begun).run(stream, claims).await;
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    Ok(response)
}

/// The connection itself, and what came on it already.
fn plain(upgraded: Upgraded) -> Option<(TcpStream, bytes::Bytes)> {
    let parts = upgraded.downcast::<TokioIo<TcpStream>>().ok()?;
    Some((parts.io.into_inner(), parts.read_buf))
}

/// What answers a handshake that is one (RFC 6455, section 4.2).
fn accept(headers: &HeaderMap) -> Result<HeaderValue, ApiError> {
    let names = |name: HeaderName, wanted: &str| {
        let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case(wanted))
    };
    if !names(header::CONNECTION, "upgrade") || !names(header::UPGRADE, "websocket") {
        return Err(not_here());
    }
    let wrong = |detail| ApiError::new(StatusCode::BAD_REQUEST, "handshake_invalid", detail);
    if !names(header::SEC_WEBSOCKET_VERSION, VERSION) {
        return Err(wrong("Sec-WebSocket-Version: 13 is the only version"));
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY).map(HeaderValue::as_bytes);
    let key = key.filter(|key| BASE64.decode(key).is_ok_and(|bytes| bytes.len() == KEY_BYTES));
    let key = key.ok_or_else(|| wrong("Sec-WebSocket-Key: 16 bytes as base64"))?;
    let accept = BASE64.encode(sha1_of_protocols(&[key, GUID]));
    Ok(HeaderValue::from_str(&accept).expect("invariant: base64 is visible ASCII"))
}

fn not_here() -> ApiError {
    let text = "this is a WebSocket: it begins with an upgrade of an HTTP/1.1 connection";
    ApiError::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_handshake_of_the_standard_is_answered_as_it_says() {
        // RFC 6455, section 1.3.
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "WebSocket"),
            ("sec-websocket-version", VERSION),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        assert_eq!(accept(&headers).unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
