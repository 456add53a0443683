//! The ids of what an import books: derived, so that booking the same import again finds them.

use kernel::Uuid;
use ledger::{AccountId, TransferId};
use storage::crypto::{sha256, short};

use super::model::ImportId;
use crate::model::AssetId;

/// The transfer that books a line.
pub(crate) fn line_transfer(import: ImportId, number: u32) -> TransferId {
    transfer(b"line", import, number)
}

/// The transfer that takes it back.
pub(crate) fn line_reversal(import: ImportId, number: u32) -> TransferId {
    transfer(b"line reversed", import, number)
}

/// The transfer that books an opening balance, or a correction of one.
pub(crate) fn opening_transfer(import: ImportId, number: u32) -> TransferId {
    transfer(b"opening", import, number)
}

/// The transfer that takes it back.
pub(crate) fn opening_reversal(import: ImportId, number: u32) -> TransferId {
    transfer(b"opening reversed", import, number)
}

/// The account of an asset that an import opens.
pub(crate) fn account_of(asset: AssetId) -> AccountId {
    AccountId::from_uuid(derived(b"account", asset.uuid(), 0))
}

fn transfer(what: &[u8], import: ImportId, number: u32) -> TransferId {
    TransferId::from_uuid(derived(what, import.uuid(), number))
}

fn derived(what: &[u8], of: Uuid, number: u32) -> Uuid {
    let parts: [&[u8]; 4] = [b"florin.wealth.import.", what, of.as_bytes(), &number.to_be_bytes()];
    Uuid::from_u128(short(sha256(&parts)))
}
