//! Messages that a person has sent to one address: questions and tests. They are counted, because
//! whoever has them sent need not be the one who reads them.

use kernel::{Context, PartyId};
use storage::{Tx, crypto};
use vault::{AsJson, RowKey, VaultError};

use crate::address::{open_addresses, owned};
use crate::error::NoticesError;
use crate::kind::Kind;
use crate::limits::{TRIALS_OF_ADDRESS_MAX, TRIALS_OF_RECIPIENT_MAX};
use crate::model::{AddressId, AddressState, Mode, NoticeId};
use crate::plan::Plan;
use crate::service::TEST;
use crate::store::address::AddressRow;
use crate::store::notice::{NoticeRow, Params};
use crate::{store, write};

const DAY_MICROS: i64 = 86_400_000_000;

/// Writes a notice that says nothing and is listed nowhere, and sends it at once to one address
/// alone.
///
/// # Errors
/// [`NoticesError::AddressUnknown`] where it is not the recipient's,
/// [`NoticesError::AddressUnconfirmed`], or a fault of the field `address` where so much was sent
/// today that no more is.
pub async fn test_notice(
    tx: &mut Tx,
    context: &Context,
    (recipient, address): (PartyId, AddressId),
) -> Result<NoticeId, NoticesError> {
    let found = owned(tx, recipient, address).await?;
    if found.state == AddressState::Unconfirmed {
        return Err(NoticesError::AddressUnconfirmed { address });
    }
    // It is opened so that what cannot be read is said now.
    open_addresses(tx, vec![found.clone()]).await?;
    count(tx, context, &found).await?;
    tell(tx, context, &found, &TEST).await
}

/// Counts one more message that a person has sent to an address.
pub(crate) async fn count(
    tx: &mut Tx,
    context: &Context,
    row: &AddressRow,
) -> Result<(), NoticesError> {
    let unknown = NoticesError::AddressUnknown { address: row.id };
    let fingerprint = store::address::fingerprint(tx, row.id).await?.ok_or(unknown)?;
    let day = context.now().micros().div_euclid(DAY_MICROS);
    for (subject, used_max, whose) in [
        (row.recipient.uuid().into_bytes(), TRIALS_OF_RECIPIENT_MAX, "a recipient has sent"),
        (fingerprint, TRIALS_OF_ADDRESS_MAX, "go to an address"),
    ] {
        if !store::quota::used(tx, subject, day, used_max).await? {
            let detail =
                format!("at most {used_max} questions and tests {whose} on a day (of UTC)");
            return Err(NoticesError::field("address", "daily", detail));
        }
    }
    Ok(())
}

/// Writes a notice without parameters that is listed nowhere, and sends it to one address alone.
pub(crate) async fn tell(
    tx: &mut Tx,
    context: &Context,
    row: &AddressRow,
    kind: &'static Kind,
) -> Result<NoticeId, NoticesError> {
    let sealer = match vault::sealer(tx, context, row.recipient).await {
        Err(VaultError::PartyErased { .. }) => return Err(NoticesError::Erased),
        sealer => sealer?,
    };
    let id = NoticeId::from_uuid(context.env.new_uuid());
    let notice = NoticeRow {
        id,
        recipient: row.recipient,
        kind: kind.name.to_owned(),
        severity: kind.severity,
        params: sealer.seal(RowKey::of(id.uuid()), &AsJson(Params::new()))?,
        about: None,
        created_at: context.now(),
    };
    let key = crypto::short(crypto::sha256(&[b"florin.notices.test", id.uuid().as_bytes()]));
    store::notice::insert(tx, &notice, (key.to_be_bytes(), false)).await?;
    let planned = Plan { mode: Mode::AtOnce, due_at: context.now() };
    write::send(tx, context, (id, row.id, row.channel), planned).await?;
    Ok(id)
}
