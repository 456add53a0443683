//! The rows of cases, and of what happened to them.

pub(crate) mod case;
pub(crate) mod entry;

use storage::StorageError;
use vault::{Column, SealedTable};

/// What somebody wrote.
pub(crate) struct SaidColumn;

impl Column for SaidColumn {
    type Content = String;
    const TABLE: &'static str = "cases_entry";
    const NAME: &'static str = "said";
}

/// The sealed columns.
pub(crate) static SEALED: [SealedTable; 1] = [entry::SEALED];

/// A word of a row that none of this module's enums has.
fn damaged(error: impl ToString) -> StorageError {
    StorageError::Damaged { text: error.to_string() }
}
