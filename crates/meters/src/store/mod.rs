//! The rows of what was used, and of what may be.

pub(crate) mod grant;
pub(crate) mod usage;

use storage::StorageError;

/// A word of a row that none of this module's enums has.
fn damaged(error: impl ToString) -> StorageError {
    StorageError::Damaged { text: error.to_string() }
}
