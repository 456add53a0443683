//! Problem documents.
//!
//! Source: RFC 9457, with `code`, `request_id` and `errors` as extensions.

use serde::Serialize;
use utoipa::ToSchema;

/// What went wrong (RFC 9457).
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem {
    /// A name for this kind of problem, made of its code.
    #[serde(rename = "type")]
    #[schema(example = "urn:florin:problem:account_closed")]
    pub kind: String,
    /// What the status means.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened, for a person.
    pub detail: String,
    /// What happened, for a program: stable.
    #[schema(example = "account_closed")]
    pub code: String,
    /// What the operator's logs call this request.
    pub request_id: String,
    /// The fields at fault, where it is about fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
}

/// A field at fault.
#[derive(Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// Its path in the request.
    #[schema(example = "transfers[2].amount")]
    pub field: String,
    /// The rule it breaks, for a program: stable.
    #[schema(example = "too_precise")]
    pub rule: String,
    /// The same for a person.
    pub detail: String,
}
