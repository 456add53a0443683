//! The ids of what an import books: derived, so that booking the same import again finds them.
//!
//! What must stay true: an id says the time at which the import was made, as the ledger asks of ids
//! that it is to know for ever.

use kernel::Uuid;
use kernel::id::made_at;
use ledger::{AccountId, TransferId};
use storage::crypto::{sha256, short};

use super::model::ImportId;
use crate::model::AssetId;

/// The transfer that books a line.
pub(crate) fn line_transfer(import: ImportId, number: u32) -> TransferId {
    transfer(b"line", import, number)
}

/// The transfer that takes one back.
pub(crate) fn reversal(of: TransferId) -> TransferId {
    TransferId::from_uuid(derived(b"reversed", of.uuid(), 0))
}

/// The transfer that books a line again whose transfer was taken back, or may have been.
pub(crate) fn again(of: TransferId) -> TransferId {
    TransferId::from_uuid(derived(b"again", of.uuid(), 0))
}

/// The transfer that books an opening balance, or a correction of one.
pub(crate) fn opening_transfer(import: ImportId, number: u32) -> TransferId {
    transfer(b"opening", import, number)
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
    made_at(of.as_u128(), short(sha256(&parts)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_booked_has_an_id_that_says_when_the_import_was_made() {
        let import = "019d3c0a-4800-7abc-8def-0123456789ab".parse().unwrap();
        let import = ImportId::from_uuid(import);
        let mut ids = std::collections::BTreeSet::new();
        for number in 0..1_000 {
            let first = line_transfer(import, number);
            for id in [first, reversal(first), again(first), reversal(again(first))] {
                let text = id.uuid().to_string();
                assert_eq!((&text[..13], &text[14..15]), ("019d3c0a-4800", "7"), "{text}");
                assert!("89ab".contains(&text[19..20]), "{text}");
                ids.insert(id);
            }
        }
        assert_eq!(ids.len(), 4_000);
    }
}
