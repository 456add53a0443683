//! The rows of requests, of what was said to them, and of words that were handed over.

pub(crate) mod decision;
pub(crate) mod delegation;
pub(crate) mod request;

use storage::StorageError;
use vault::{AsJson, Column, SealedTable};

use crate::model::Content;

/// The command, and why it is wanted.
pub(crate) struct ContentColumn;

impl Column for ContentColumn {
    type Content = AsJson<Content>;
    const TABLE: &'static str = "approvals_request";
    const NAME: &'static str = "content";
}

/// Why somebody decided so.
pub(crate) struct ReasonColumn;

impl Column for ReasonColumn {
    type Content = String;
    const TABLE: &'static str = "approvals_decision";
    const NAME: &'static str = "reason";
}

/// The sealed columns.
pub(crate) static SEALED: [SealedTable; 2] = [request::SEALED, decision::SEALED];

/// A word of a row that none of this module's enums has.
fn damaged(error: impl ToString) -> StorageError {
    StorageError::Damaged { text: error.to_string() }
}
