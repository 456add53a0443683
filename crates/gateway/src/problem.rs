//! Failures as callers see them: RFC 9457 problem documents, and the one place where a kind of
//! error becomes a status.
//!
//! A handler's failure travels as an [`ApiError`] inside the response and is written down at the
//! edge, where the request's id is known; so is every bare failure that the framework answers.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kernel::{ErrorKind, FieldFault, Problematic, RequestId};

use crate::wire::problem::{FieldError, Problem};

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// A failure on its way to the edge.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: String,
    detail: String,
    fields: Vec<FieldFault>,
    retry_after_s: Option<u64>,
    /// For the log alone.
    cause: Option<String>,
}

/// Carries an [`ApiError`] through the layers.
#[derive(Clone)]
struct Failure(Arc<ApiError>);

/// The status of a kind of error.
const fn status_of(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Invalid => StatusCode::BAD_REQUEST,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::Refused => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::TooMany => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Stale | ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// What is said of a failure that is not the caller's, whatever its text: that may name a host, a
/// file or a statement.
const fn public_text(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::Internal => Some("something went wrong on our side"),
        ErrorKind::Unavailable => Some("something that this needs is down or busy; try again soon"),
        ErrorKind::Timeout => Some("it took too long; try again with less"),
        ErrorKind::Invalid
        | ErrorKind::Unauthenticated
        | ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::Refused
        | ErrorKind::TooLarge
        | ErrorKind::TooMany
        | ErrorKind::Stale => None,
    }
}

impl<E: Problematic> From<E> for ApiError {
    fn from(error: E) -> Self {
        let problem = error.problem();
        let text = public_text(problem.kind);
        Self {
            status: status_of(problem.kind),
            code: problem.code.to_owned(),
            detail: text.map_or(problem.detail, str::to_owned),
            fields: problem.fields,
            retry_after_s: None,
            cause: text.map(|_| chain(&error)),
        }
    }
}

impl ApiError {
    /// A failure of the gateway's own.
    pub(crate) fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            detail: detail.into(),
            fields: Vec::new(),
            retry_after_s: None,
            cause: None,
        }
    }

    /// One field breaks a rule.
    pub(crate) fn field(fault: FieldFault) -> Self {
        let detail = format!("{}: {}", fault.field, fault.detail);
        let error = Self::new(StatusCode::BAD_REQUEST, "invalid_fields", detail);
        Self { fields: vec![fault], ..error }
    }

    /// The same, said of one field of the request. What that names and is not there is refused
    /// (422): the page itself is there.
    pub(crate) fn about(self, field: &str) -> Self {
        let status = match self.status {
            StatusCode::NOT_FOUND => StatusCode::UNPROCESSABLE_ENTITY,
            other => other,
        };
        let fields = vec![FieldFault::new(field, &self.code, &self.detail)];
        Self { status, fields, ..self }
    }

    /// The same, said of no field.
    pub(crate) fn about_no_field(self) -> Self {
        Self { fields: Vec::new(), ..self }
    }

    /// The same, with its fields below another name.
    pub(crate) fn below(mut self, steps: &str, name: &str) -> Self {
        for fault in &mut self.fields {
            if let Some(rest) = fault.field.strip_prefix(steps) {
                fault.field = format!("{name}{rest}");
            }
        }
        self
    }

    /// A fault of ours, with what the log is told.
    pub(crate) fn internal(cause: impl ToString) -> Self {
        let text = public_text(ErrorKind::Internal).unwrap_or_default();
        let error = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", text);
        Self { cause: Some(cause.to_string()), ..error }
    }

    /// What is wrong, for programs.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// The same for people.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The fields that it is about.
    pub(crate) fn fields(&self) -> &[FieldFault] {
        &self.fields
    }

    /// When it may be tried again.
    pub(crate) fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after_s: Some(seconds), ..self }
    }

    fn of_status(status: StatusCode) -> Self {
        let (code, detail) = match status {
            StatusCode::NOT_FOUND => ("route_unknown", "there is nothing under this path"),
            StatusCode::METHOD_NOT_ALLOWED => {
                ("method_not_allowed", "this path does not answer to this method; see Allow")
            }
            StatusCode::PAYLOAD_TOO_LARGE => ("body_too_large", "the body is too large"),
            _ if status.is_server_error() => ("internal", "something went wrong on our side"),
            _ => ("bad_request", "the request cannot be answered"),
        };
        Self::new(status, code, detail)
    }

    fn document(&self, id: RequestId) -> Problem {
        let field = |fault: &FieldFault| FieldError {
            field: fault.field.clone(),
            rule: fault.rule.clone(),
            detail: fault.detail.clone(),
        };
        Problem {
            kind: format!("urn:florin:problem:{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            code: self.code.clone(),
            request_id: id.to_string(),
            errors: self.fields.iter().map(field).collect(),
        }
    }

    fn write(&self, id: RequestId, response: &mut Response) {
        if let Some(cause) = &self.cause {
            tracing::error!(request_id = %id, code = self.code, cause, "a request failed");
        }
        // A struct of strings and numbers is always JSON.
        let body = serde_json::to_vec(&self.document(id)).unwrap_or_default();
        *response.status_mut() = self.status;
        *response.body_mut() = Body::from(body);
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, MEDIA_TYPE);
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(Failure(Arc::new(self)));
        response
    }
}

/// Writes down a failure with the request's id, and gives a bare one a document; lets everything
/// else be.
pub(crate) fn finish(response: &mut Response, id: RequestId) {
    let failed = response.status().is_client_error() || response.status().is_server_error();
    if let Some(Failure(error)) = response.extensions_mut().remove::<Failure>() {
        error.write(id, response);
    } else if failed && response.extensions().get::<Written>().is_none() {
        ApiError::of_status(response.status()).write(id, response);
    }
}

/// Marks an answer whose status tells of a failure and whose body is meant as it is.
#[derive(Clone, Copy)]
pub(crate) struct Written;

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut texts = vec![error.to_string()];
    let causes = std::iter::successors(error.source(), |error| error.source());
    for cause in causes.map(ToString::to_string) {
        // Transparent errors say the same twice.
        if texts.last() != Some(&cause) {
            texts.push(cause);
        }
    }
    texts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Uuid;

    #[derive(Debug, thiserror::Error)]
    #[error("statement at store.rs:12 failed on db.internal")]
    struct Inner;

    impl Problematic for Inner {
        fn code(&self) -> &'static str {
            "database_unavailable"
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Unavailable
        }
    }

    #[test]
    fn what_is_not_the_caller_s_stays_inside() {
        let error = ApiError::from(Inner);
        let document = error.document(RequestId::from_uuid(Uuid::nil()));
        assert_eq!((document.status, document.code.as_str()), (503, "database_unavailable"));
        assert!(!document.detail.contains("store.rs"), "{}", document.detail);
        assert!(error.cause.unwrap().contains("store.rs:12"));
    }
}
