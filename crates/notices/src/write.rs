//! Writing a notice, in the transaction of what it tells of.

use jobs::NewJob;
use kernel::{Context, PartyId};
use storage::log::ObjectRef;
use storage::{Tx, crypto};
use vault::{AsJson, RowKey, VaultError};

use crate::dispatch::{DeliverNotice, SendDigest};
use crate::error::NoticesError;
use crate::event::NoticeWritten;
use crate::kind::{Kind, Param};
use crate::limits::{ATTEMPTS_MAX, KEY_BYTES_MAX};
use crate::model::{AddressId, AddressState, ChannelKind, DeliveryId, Mode, NoticeId};
use crate::plan::{Plan, plan};
use crate::store::notice::{NoticeRow, Params};
use crate::store::{self, delivery::NewDelivery};

/// A notice that is to be written.
pub struct NewNotice<'a> {
    /// What kind of thing it tells.
    pub kind: &'static Kind,
    /// Why, in a word of the writer's: the same kind, recipient and key is the same notice.
    pub key: &'a str,
    /// For whom: [`user_party`](crate::user_party), or the tenant's own party
    /// ([`vault::own_party`]) for whoever keeps it.
    pub recipient: PartyId,
    /// What it says.
    pub params: Vec<(&'static str, Param)>,
    /// What it is about, for whoever wants to look.
    pub about: Option<ObjectRef>,
}

/// Writes a notice, and lets it go out wherever its recipient wants it; its id, or that of the one
/// that was written for the same reason before. Nothing where the recipient was erased: there is
/// nobody to be told.
///
/// # Errors
/// Where the parameters are not those of its kind.
pub async fn write(
    tx: &mut Tx,
    context: &Context,
    new: &NewNotice<'_>,
) -> Result<Option<NoticeId>, NoticesError> {
    new.kind.check(&new.params)?;
    if new.key.is_empty() || new.key.len() > KEY_BYTES_MAX {
        let text = format!("{}: a key has 1 to {KEY_BYTES_MAX} bytes", new.kind.name);
        return Err(NoticesError::configuration(text));
    }
    let sealer = match vault::sealer(tx, context, new.recipient).await {
        Ok(sealer) => sealer,
        Err(VaultError::PartyErased { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let preferences = store::preference::one(tx, new.recipient).await?;
    let id = NoticeId::from_uuid(context.env.new_uuid());
    let params: Params =
        new.params.iter().map(|(name, param)| ((*name).to_owned(), param.clone())).collect();
    let row = NoticeRow {
        id,
        recipient: new.recipient,
        kind: new.kind.name.to_owned(),
        severity: new.kind.severity,
        params: sealer.seal(RowKey::of(id.uuid()), &AsJson(params))?,
        about: new.about.clone(),
        created_at: context.now(),
    };
    let is_listed = preferences.mode(new.kind.name, ChannelKind::App) != Mode::Off;
    let key = key(new);
    if !store::notice::insert(tx, &row, (key, is_listed)).await? {
        return Ok(store::notice::by_key(tx, key).await?);
    }
    for address in store::address::of(tx, new.recipient).await? {
        let kind = (new.kind.name, new.kind.severity);
        let planned = plan(&preferences, kind, address.channel, context.now());
        if let Some(planned) = planned.filter(|_| address.state == AddressState::Active) {
            send(tx, context, (id, address.id, address.channel), planned).await?;
        }
    }
    let (kind, severity, recipient) = (row.kind, row.severity, row.recipient);
    tx.emit(context, &NoticeWritten { notice: id, kind, severity, recipient }).await?;
    Ok(Some(id))
}

/// Adds a delivery, and the job that does it. Those of one digest share a job.
pub(crate) async fn send(
    tx: &mut Tx,
    context: &Context,
    (notice, address, channel): (NoticeId, AddressId, ChannelKind),
    Plan { mode, due_at }: Plan,
) -> Result<(), NoticesError> {
    let delivery = DeliveryId::from_uuid(context.env.new_uuid());
    let new = NewDelivery { id: delivery, notice, address, channel, mode, due_at };
    store::delivery::insert(tx, &new, context.now()).await?;
    let job = match mode {
        Mode::Daily | Mode::Weekly => {
            let job = NewJob::of(&SendDigest { address, due_at })?;
            job.unique(&format!("{address} {due_at}"))?
        }
        Mode::Off | Mode::AtOnce => NewJob::of(&DeliverNotice { delivery })?,
    };
    let job = job.at(due_at).with_attempts_max(ATTEMPTS_MAX);
    jobs::enqueue(tx, context, job).await?;
    Ok(())
}

/// What tells this notice from every other. It is no secret: its parts are ids and words of ours.
fn key(new: &NewNotice<'_>) -> [u8; 16] {
    let recipient = new.recipient.uuid();
    let parts = [new.kind.name.as_bytes(), &[0], recipient.as_bytes(), new.key.as_bytes()];
    let hash = crypto::sha256(&[&b"florin.notices.key."[..], &parts.concat()]);
    crypto::short(hash).to_be_bytes()
}
