//! The page at `/`: the bundle that was built into the binary, with its files kept by browsers for
//! ever where their names carry a hash, and asked about each time where they do not.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use storage::crypto::sha256;

/// The files of the bundle by their paths; made by the build script.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/page.rs"));
/// The one that every path of the page begins with.
const INDEX: &str = "/index.html";
/// Where the build puts files whose names carry a hash.
const HASHED: &str = "/assets/";

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'",
);
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_FIRST: HeaderValue = HeaderValue::from_static("no-cache");

const NOT_BUILT: &str = "<!doctype html>
<html lang=\"en\">
  <head><meta charset=\"utf-8\"><title>Florin</title></head>
  <body>
    <h1>Florin runs</h1>
    <p>This binary was compiled without its page. <code>scripts/web.sh build</code> builds it, and
    the next compilation carries it; <code>make run</code> does both.</p>
    <p>The API is described at <a href=\"/docs\">/docs</a>.</p>
  </body>
</html>
";

/// A file as it is answered.
struct Page {
    bytes: Bytes,
    media: &'static str,
    tag: HeaderValue,
    cache: HeaderValue,
}

static PAGES: LazyLock<BTreeMap<&str, Page>> = LazyLock::new(|| {
    let page = |(path, bytes): &(&'static str, &'static [u8])| {
        let cache = if path.starts_with(HASHED) { FOR_EVER } else { ASK_FIRST };
        (*path, Page::new(path, bytes, cache))
    };
    let mut pages: BTreeMap<&str, Page> = FILES.iter().map(page).collect();
    let not_built = || Page::new(INDEX, NOT_BUILT.as_bytes(), ASK_FIRST);
    pages.entry(INDEX).or_insert_with(not_built);
    pages
});

impl Page {
    fn new(path: &str, bytes: &'static [u8], cache: HeaderValue) -> Self {
        let hash: String = sha256(&[bytes])[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        // Weak: compression changes the bytes on the way.
        let tag = HeaderValue::from_str(&format!("W/\"{hash}\""));
        let tag = tag.unwrap_or(HeaderValue::from_static("W/\"\""));
        Self { bytes: Bytes::from_static(bytes), media: media_of(path), tag, cache }
    }
}

/// Answers every path that no route has: with a file of the bundle, with the page for paths of its
/// own, and with 404 for the rest.
pub(crate) async fn answer(request: Request) -> Response {
    let path = request.uri().path();
    let looks = [Method::GET, Method::HEAD].contains(request.method());
    let page = if looks { find(path) } else { None };
    page.map_or_else(
        || StatusCode::NOT_FOUND.into_response(),
        |page| respond(page, request.headers()),
    )
}

/// A path of the page itself (`/accounts`) has no dot in its last part, and is not the API's.
fn find(path: &str) -> Option<&'static Page> {
    let last = path.rsplit('/').next().unwrap_or_default();
    let of_the_page = !last.contains('.') && !path.starts_with("/api/") && path != "/api";
    let path = if of_the_page { INDEX } else { path };
    PAGES.get(path)
}

fn respond(page: &Page, asked: &HeaderMap) -> Response {
    let known = asked.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let tag = page.tag.to_str().unwrap_or_default();
    let is_known = known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag));
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(page.bytes.clone()))
    };
    let headers = response.headers_mut();
    if !is_known {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(page.media));
    }
    headers.insert(header::ETAG, page.tag.clone());
    headers.insert(header::CACHE_CONTROL, page.cache.clone());
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}

fn media_of(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript",
        "css" => "text/css",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_page_begin_with_its_index() {
        let index = |path| find(path).is_some_and(|page| page.media.starts_with("text/html"));
        for path in ["/", "/index.html", "/accounts", "/accounts/asset_1"] {
            assert!(index(path), "{path}");
        }
        for path in ["/api", "/api/v1/nothing", "/assets/gone.js", "/favicon.gif", "/../x.toml"] {
            assert!(find(path).is_none(), "{path}");
        }
    }
}
