//! What a request says, read into types; what cannot be read is named.

use std::marker::PhantomData;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::BytesMut;
use futures_util::StreamExt as _;
use kernel::FieldFault;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use crate::app::App;
use crate::problem::ApiError;
use crate::services::Limits;

/// What is said of a body of another media type.
const NOT_JSON: &str = "the body must be application/json";

/// The body of a request as some type.
pub(crate) trait Payload: Sized {
    /// The most bytes that are read.
    fn bytes_max(limits: &Limits) -> usize {
        limits.body_bytes_max
    }

    /// Reads it.
    fn read(headers: &HeaderMap, body: Bytes) -> Result<Self, ApiError>;
}

/// A body of JSON.
pub(crate) struct Json<T>(pub T);

/// A body of JSON with many things in it, which is read later, beside the async threads.
pub(crate) struct Unread<T>(Bytes, PhantomData<fn() -> T>);

/// A body of whatever bytes: a file.
pub(crate) struct Raw(pub Bytes);

/// No body, or one that says nothing.
pub(crate) struct Empty;

/// The parameters of a query.
pub(crate) struct Query<T>(pub T);

/// The ids of a path. One that is not well formed is of nothing: 404.
pub(crate) struct Ids<T>(pub T);

impl<T: DeserializeOwned> Payload for Json<T> {
    fn read(headers: &HeaderMap, body: Bytes) -> Result<Self, ApiError> {
        if !is_json(headers) {
            return Err(unsupported(NOT_JSON));
        }
        read_json(&body).map(Self)
    }
}

impl<T> Payload for Unread<T> {
    fn bytes_max(limits: &Limits) -> usize {
        limits.bulk_bytes_max
    }

    fn read(headers: &HeaderMap, body: Bytes) -> Result<Self, ApiError> {
        if !is_json(headers) {
            return Err(unsupported(NOT_JSON));
        }
        Ok(Self(body, PhantomData))
    }
}

impl<T: DeserializeOwned> Unread<T> {
    /// How long it is.
    pub(crate) fn bytes(&self) -> usize {
        self.0.len()
    }

    /// Reads it.
    pub(crate) fn read(self) -> Result<T, ApiError> {
        read_json(&self.0)
    }
}

impl Payload for Raw {
    fn bytes_max(limits: &Limits) -> usize {
        limits.upload_bytes_max
    }

    fn read(headers: &HeaderMap, body: Bytes) -> Result<Self, ApiError> {
        if is_json(headers) {
            let text = "the body must be a file: application/octet-stream, text/csv, …";
            return Err(unsupported(text));
        }
        Ok(Self(body))
    }
}

impl Payload for Empty {
    fn read(_: &HeaderMap, body: Bytes) -> Result<Self, ApiError> {
        if body.is_empty() || body.as_ref() == b"{}" {
            return Ok(Self);
        }
        let text = "this takes no body";
        Err(ApiError::new(StatusCode::BAD_REQUEST, "body_unexpected", text))
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, Self::Rejection> {
        let (parts, body) = request.into_parts();
        let body = bytes(body, Self::bytes_max(&app.services.limits)).await?;
        Self::read(&parts.headers, body)
    }
}

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let text = parts.uri.query().unwrap_or_default();
        let pairs = form_urlencoded::parse(text.as_bytes());
        let reader = serde_urlencoded::Deserializer::new(pairs);
        let read = serde_path_to_error::deserialize(reader);
        read.map(Self).map_err(|error| {
            let path = path_of(error.path());
            ApiError::field(FieldFault::new(path, "form", error.into_inner()))
        })
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Ids<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(ids)| Self(ids)).map_err(|rejection| {
            ApiError::new(StatusCode::NOT_FOUND, "not_found", rejection.body_text())
        })
    }
}

/// The whole body, up to a limit.
pub(crate) async fn bytes(body: Body, bytes_max: usize) -> Result<Bytes, ApiError> {
    // Where the length is said, nothing is read in vain.
    let said = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if said > bytes_max {
        return Err(too_large(bytes_max));
    }
    let mut whole = BytesMut::with_capacity(said);
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| {
            let text = "the body ended before its end";
            ApiError::new(StatusCode::BAD_REQUEST, "body_unreadable", text)
        })?;
        if whole.len() + chunk.len() > bytes_max {
            return Err(too_large(bytes_max));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

/// 413, with how much may come.
pub(crate) fn too_large(bytes_max: usize) -> ApiError {
    let text = format!("the body is larger than the {bytes_max} bytes that this route takes");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", text)
}

/// What JSON says; what cannot be read is named.
pub(crate) fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    // Keeping the path costs as much as reading: it is asked for where something is wrong.
    if let Ok(value) = serde_json::from_slice(body) {
        return Ok(value);
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = path_of(error.path());
        let error = error.into_inner();
        match error.classify() {
            serde_json::error::Category::Data => {
                ApiError::field(FieldFault::new(path, "form", error))
            }
            serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof
            | serde_json::error::Category::Io => malformed(&error),
        }
    })?;
    reader.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn is_json(headers: &HeaderMap) -> bool {
    is_media(headers, "application/json")
}

/// Whether a body is of a media type, whatever its parameters.
pub(crate) fn is_media(headers: &HeaderMap, wanted: &str) -> bool {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = media.and_then(|media| media.split(';').next()).unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(wanted)
}

/// 415, with what the body must be.
pub(crate) fn unsupported(text: &str) -> ApiError {
    ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type_unsupported", text)
}

fn malformed(error: &serde_json::Error) -> ApiError {
    let text = format!("the body is not JSON: {error}");
    ApiError::new(StatusCode::BAD_REQUEST, "malformed_json", text)
}

/// The path of a field as callers write it: `transfers[2].amount`; `body` for the whole.
fn path_of(path: &serde_path_to_error::Path) -> String {
    let mut text = String::new();
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => text.push_str(&format!("[{index}]")),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
            }
            Segment::Unknown => {}
        }
    }
    if text.is_empty() { "body".to_owned() } else { text }
}
