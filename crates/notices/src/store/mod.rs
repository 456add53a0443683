//! The rows of notices, addresses, preferences and deliveries.

pub(crate) mod address;
pub(crate) mod delivery;
pub(crate) mod forget;
pub(crate) mod notice;
pub(crate) mod preference;
pub(crate) mod quota;

use storage::StorageError;
use vault::{AsJson, Column, SealedTable};

use crate::model::AddressSecret;
use notice::Params;

/// What a notice is told of.
pub(crate) struct ParamsColumn;

impl Column for ParamsColumn {
    type Content = AsJson<Params>;
    const TABLE: &'static str = "notices_notice";
    const NAME: &'static str = "params";
}

/// An address.
pub(crate) struct AddressColumn;

impl Column for AddressColumn {
    type Content = String;
    const TABLE: &'static str = "notices_address";
    const NAME: &'static str = "address";
}

/// What belongs to an address.
pub(crate) struct SecretColumn;

impl Column for SecretColumn {
    type Content = AddressSecret;
    const TABLE: &'static str = "notices_address";
    const NAME: &'static str = "secret";
}

/// The sealed columns.
pub(crate) static SEALED: [SealedTable; 2] = [notice::SEALED, address::SEALED];

/// A word of a row that none of this module's enums has.
fn damaged(error: impl ToString) -> StorageError {
    StorageError::Damaged { text: error.to_string() }
}
