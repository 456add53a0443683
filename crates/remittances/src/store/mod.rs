//! The only SQL of this module.

pub(crate) mod payee;
pub(crate) mod remittance;

use kernel::Commodity;
use storage::StorageError;
use vault::SealedTable;

/// Its sealed columns.
pub(crate) static SEALED: [SealedTable; 2] = [payee::SEALED, remittance::SEALED];

fn commodity(code: &str, scale: u32) -> Result<Commodity, StorageError> {
    let scale = u8::try_from(scale).map_err(damaged)?;
    Commodity::new(code, scale).map_err(damaged)
}

fn damaged(error: impl ToString) -> StorageError {
    StorageError::Damaged { text: error.to_string() }
}
