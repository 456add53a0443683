//! A kept file as an answer: whole, or the range that was asked for (RFC 9110, section 14).
//!
//! What must stay true: a browser saves it and opens nothing of it in our name; an answer that
//! breaks off ends before the length that was said.

use std::ops::Range;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::TryStreamExt as _;
use objects::{Content, ObjectId};

use crate::answer::AsItComes;
use crate::load::Place;
use crate::problem::ApiError;

/// What a file is called that has lost its name.
const NAMELESS: &str = "file";

/// What of a file is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// All of it.
    All,
    /// From one byte to before another, or to the end.
    From(u64, Option<u64>),
    /// So many bytes at its end.
    Last(u64),
}

impl Wanted {
    /// What a request asks for. Several ranges, or what is no range of bytes, are all of it.
    fn of(headers: &HeaderMap) -> Self {
        let text = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
        text.and_then(|text| range_of(text.trim())).unwrap_or(Self::All)
    }

    /// The same, where the caller has the content that is there now (`If-Range`).
    fn if_same(self, headers: &HeaderMap, object: ObjectId) -> Self {
        match headers.get(header::IF_RANGE) {
            Some(tag) if tag.as_bytes() != tag_of(object).as_bytes() => Self::All,
            _ => self,
        }
    }

    /// As bytes of a content of this size.
    fn range(self, size: u64) -> Option<Range<u64>> {
        match self {
            Self::All => None,
            Self::From(from, to) => Some(from..to.unwrap_or(size)),
            // None of them is no range, as one behind the end is.
            Self::Last(0) => Some(size..size),
            Self::Last(count) => Some(size.saturating_sub(count)..size),
        }
    }
}

/// `bytes=0-99`, `bytes=100-`, `bytes=-100`.
fn range_of(text: &str) -> Option<Wanted> {
    let (from, to) = text.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    match (number(from), to.is_empty()) {
        (Some(from), true) => Some(Wanted::From(from, None)),
        (Some(from), false) => {
            let to = number(to)?;
            (from <= to).then(|| Wanted::From(from, Some(to.saturating_add(1))))
        }
        (None, _) if from.is_empty() => number(to).map(Wanted::Last),
        (None, _) => None,
    }
}

/// The answer with what is wanted of a file's content, while it has a place among the tenant's
/// streams.
pub(crate) fn answer(
    content: Content,
    headers: &HeaderMap,
    place: Place,
) -> Result<Response, ApiError> {
    let object = content.object().clone();
    let wanted = Wanted::of(headers).if_same(headers, object.id);
    let content = match wanted.range(object.size) {
        None => content,
        Some(range) => content.within(range).map_err(|_| not_satisfiable(object.size))?,
    };
    let range = content.range();
    let length = range.end - range.start;
    let name = disposition(object.name.as_deref().unwrap_or(NAMELESS));
    let kind = object.media_type.as_deref().unwrap_or("application/octet-stream");
    let pieces = content.into_stream().inspect_err(move |error| {
        let _held_until_the_end = &place;
        tracing::error!(%error, "a download broke off");
    });
    let mut response = Response::new(Body::from_stream(pieces));
    // A range counts bytes as they are kept.
    response.extensions_mut().insert(AsItComes);
    let headers = response.headers_mut();
    let value = |text: &str| HeaderValue::from_str(text).map_err(ApiError::internal);
    headers.insert(header::CONTENT_TYPE, value(kind)?);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(header::CONTENT_DISPOSITION, value(&name)?);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::ETAG, value(&tag_of(object.id))?);
    if wanted != Wanted::All {
        let text = format!("bytes {}-{}/{}", range.start, range.end - 1, object.size);
        headers.insert(header::CONTENT_RANGE, value(&text)?);
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

/// 416, with how much there is.
fn not_satisfiable(size: u64) -> ApiError {
    let text = format!("the content has {size} bytes, and the range begins behind them");
    ApiError::new(StatusCode::RANGE_NOT_SATISFIABLE, "range_not_in_content", text)
}

/// The content of an object never changes, so its id tells which it is.
fn tag_of(object: ObjectId) -> String {
    format!("\"{object}\"")
}

/// The name under which a browser saves a file: RFC 6266, with the escapes of RFC 8187.
fn disposition(name: &str) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._".contains(byte);
    let escaped: String = name
        .bytes()
        .map(|byte| match is_plain(&byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect();
    format!("attachment; filename*=UTF-8''{escaped}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        // Section 14.1.2, with its examples over 10,000 bytes.
        let cases = [
            ("bytes=0-499", Some(0..500)),
            ("bytes=500-999", Some(500..1_000)),
            ("bytes=-500", Some(9_500..10_000)),
            ("bytes=9500-", Some(9_500..10_000)),
            ("bytes=-20000", Some(0..10_000)),
            ("bytes=-0", Some(10_000..10_000)),
            ("bytes=5-2", None),
            ("bytes=0-0,-1", None),
            ("bytes=a-b", None),
            ("lines=1-2", None),
        ];
        for (text, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, HeaderValue::from_static(text));
            assert_eq!(Wanted::of(&headers).range(10_000), expected, "{text}");
        }
    }

    #[test]
    fn a_name_is_escaped_as_rfc_8187_says() {
        // Section 3.2.3: "£ and € rates".
        let expected = "attachment; filename*=UTF-8''%C2%A3%20and%20%E2%82%AC%20rates";
        assert_eq!(disposition("£ and € rates"), expected);
        assert!(!disposition("a\"\r\nx: y").contains(['"', '\r', '\n']));
    }
}
