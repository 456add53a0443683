//! The ids of the transfers of a remittance: the same in each attempt.

use kernel::id::made_at;
use ledger::TransferId;
use storage::crypto::{sha256, short};

use crate::model::RemittanceId;

/// A transfer of a remittance. It is of the time at which the remittance was asked for.
pub(crate) fn transfer(id: RemittanceId, name: &str) -> TransferId {
    let uuid = id.uuid();
    let random = short(sha256(&[b"florin.remittances.", name.as_bytes(), b".", uuid.as_bytes()]));
    TransferId::from_uuid(made_at(uuid.as_u128(), random))
}
