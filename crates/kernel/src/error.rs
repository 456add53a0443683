//! One taxonomy of errors. Every crate's error enum says its code, its kind and the fields at
//! fault; the gateway turns that into an RFC 9457 problem document, in one place.

use serde::Serialize;

/// What kind of failure it is: who must act, and whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request is not well formed, or a field breaks a rule.
    Invalid,
    /// Nobody is signed in, or the token is not good.
    Unauthenticated,
    /// Signed in, and not allowed.
    Forbidden,
    /// There is no such thing (or not for this caller).
    NotFound,
    /// It contradicts what is there: a name that is taken, a stale version.
    Conflict,
    /// Well formed, and refused by a rule of the domain: a limit, a closed account.
    Refused,
    /// Larger than a limit.
    TooLarge,
    /// More often than a limit.
    TooMany,
    /// The data here is older than the caller asked for; try again soon.
    Stale,
    /// Something it needs is down; try again later.
    Unavailable,
    /// It took too long.
    Timeout,
    /// A fault of ours.
    Internal,
}

/// One field at fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldFault {
    /// Its path in the request: `transfers[2].amount`.
    pub field: String,
    /// The rule it breaks, as a stable code: `too_precise`.
    pub rule: String,
    /// The same for a person.
    pub detail: String,
}

/// A failure as a caller sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Stable, for programs: `account_closed`.
    pub code: &'static str,
    /// What kind of failure.
    pub kind: ErrorKind,
    /// One sentence for a person.
    pub detail: String,
    /// The fields at fault.
    pub fields: Vec<FieldFault>,
}

/// An error that can be shown to a caller.
pub trait Problematic: std::error::Error {
    /// The stable code.
    fn code(&self) -> &'static str;

    /// What kind of failure it is.
    fn kind(&self) -> ErrorKind;

    /// The fields at fault, if it is about fields.
    fn fields(&self) -> Vec<FieldFault> {
        Vec::new()
    }

    /// What a caller sees. The text of a fault of ours stays inside.
    fn problem(&self) -> Problem {
        let kind = self.kind();
        let detail = match kind {
            ErrorKind::Internal => "something went wrong on our side".to_owned(),
            _ => self.to_string(),
        };
        Problem { code: self.code(), kind, detail, fields: self.fields() }
    }
}

impl FieldFault {
    /// `field` breaks `rule`.
    #[must_use]
    pub fn new(field: impl Into<String>, rule: &str, detail: impl ToString) -> Self {
        Self { field: field.into(), rule: rule.to_owned(), detail: detail.to_string() }
    }
}
