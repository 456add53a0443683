//! Where a recipient is told.

use kernel::{Context, PartyId, Timestamp};
use storage::Tx;
use vault::{RowKey, VaultError};

use crate::channel::webhook::new_secret;
use crate::confirm;
use crate::error::NoticesError;
use crate::event::{AddressAdded, AddressRemoved, AddressResumed};
use crate::limits::{ADDRESS_BYTES_MAX, ADDRESSES_MAX};
use crate::model::{AddressId, AddressSecret, AddressState, ChannelKind};
use crate::service::Notices;
use crate::store::address::AddressRow;
use crate::store::{self, AddressColumn};

/// An address that is to be used.
#[derive(Clone, Debug)]
pub struct NewAddress<'a> {
    /// Who is told there.
    pub recipient: PartyId,
    /// By what.
    pub channel: ChannelKind,
    /// The address, as somebody typed it.
    pub address: &'a str,
    /// What belongs to it: a browser's keys. The secret of a webhook is made here.
    pub secret: AddressSecret,
}

/// An address as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Its id.
    pub id: AddressId,
    /// Who is told there.
    pub recipient: PartyId,
    /// By what.
    pub channel: ChannelKind,
    /// The address; nothing where its recipient was erased.
    pub address: Option<String>,
    /// What belongs to it; nothing where its recipient was erased.
    pub secret: Option<AddressSecret>,
    /// Whether it is used.
    pub state: AddressState,
    /// Why not, where it is not.
    pub reason: Option<String>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When its state or secret changed.
    pub changed_at: Timestamp,
    /// When whoever reads there was last asked whether they want to be told, where they have not
    /// said so yet.
    pub asked_at: Option<Timestamp>,
}

/// Adds an address of a recipient. Where a person reads there, nothing but a question is sent
/// before they have said yes ([`confirm`](crate::confirm)).
///
/// # Errors
/// [`NoticesError::ChannelOff`], [`NoticesError::AddressKnown`],
/// [`NoticesError::TooManyAddresses`], or a fault of the field `address`: also where so much was
/// sent today that no more is.
pub async fn add_address(
    tx: &mut Tx,
    context: &Context,
    service: &Notices,
    new: NewAddress<'_>,
) -> Result<Address, NoticesError> {
    let NewAddress { recipient, channel, address, secret } = new;
    if address.len() > ADDRESS_BYTES_MAX {
        let detail = format!("an address has at most {ADDRESS_BYTES_MAX} bytes");
        return Err(NoticesError::field("address", "length", detail));
    }
    let by = service.channel(channel)?;
    let address = by.normal(address)?;
    let secret = by.secret(&context.env, secret)?;
    if store::address::of(tx, recipient).await?.len() >= ADDRESSES_MAX {
        return Err(NoticesError::TooManyAddresses);
    }
    let sealer = match vault::sealer(tx, context, recipient).await {
        Err(VaultError::PartyErased { .. }) => return Err(NoticesError::Erased),
        sealer => sealer?,
    };
    let id = AddressId::from_uuid(context.env.new_uuid());
    let key = RowKey::of(id.uuid());
    let now = context.now();
    let state = match channel.is_asked_first() {
        true => AddressState::Unconfirmed,
        false => AddressState::Active,
    };
    let row = AddressRow {
        id,
        recipient,
        channel,
        address: sealer.seal(key, &address)?,
        secret: sealer.seal(key, &secret)?,
        state,
        reason: None,
        created_at: now,
        changed_at: now,
        asked_at: None,
        confirmed_at: None,
    };
    let fingerprint = vault::indexer::<AddressColumn>(tx, context).await?.index::<16>(&address);
    if !store::address::insert(tx, &row, fingerprint).await? {
        let same = store::address::same(tx, (recipient, channel), fingerprint).await?;
        let id = same.map_or(id, |same| same.id);
        return Err(NoticesError::AddressKnown { address: id });
    }
    tx.emit(context, &AddressAdded { address: id, recipient, channel }).await?;
    if channel.is_asked_first() {
        confirm::ask(tx, context, &row).await?;
    }
    Ok(opened(row, Some(address), Some(secret)))
}

/// The addresses of a recipient, the oldest first.
pub async fn addresses(tx: &mut Tx, recipient: PartyId) -> Result<Vec<Address>, NoticesError> {
    let rows = store::address::of(tx, recipient).await?;
    open_addresses(tx, rows).await
}

/// An address of a recipient.
///
/// # Errors
/// [`NoticesError::AddressUnknown`]
pub async fn address(
    tx: &mut Tx,
    recipient: PartyId,
    id: AddressId,
) -> Result<Address, NoticesError> {
    let row = owned(tx, recipient, id).await?;
    let mut opened = open_addresses(tx, vec![row]).await?;
    opened.pop().ok_or(NoticesError::AddressUnknown { address: id })
}

/// Removes an address of a recipient. What waits for it is not sent.
///
/// # Errors
/// [`NoticesError::AddressUnknown`]
pub async fn remove_address(
    tx: &mut Tx,
    context: &Context,
    recipient: PartyId,
    id: AddressId,
) -> Result<(), NoticesError> {
    owned(tx, recipient, id).await?;
    store::address::remove(tx, id).await?;
    tx.emit(context, &AddressRemoved { address: id, recipient }).await?;
    Ok(())
}

/// Uses an address of a recipient again that is suspended or unsubscribed. Whoever reads there and
/// said that they want no more, or never said that they do, is asked first.
///
/// # Errors
/// [`NoticesError::AddressUnknown`], or a fault of the field `address` where so much was sent today
/// that no more is.
pub async fn resume_address(
    tx: &mut Tx,
    context: &Context,
    recipient: PartyId,
    id: AddressId,
) -> Result<(), NoticesError> {
    let row = owned(tx, recipient, id).await?;
    if row.state == AddressState::Unconfirmed {
        return Ok(());
    }
    let is_asked = row.channel.is_asked_first() && row.confirmed_at.is_none();
    if is_asked {
        return confirm::ask(tx, context, &row).await;
    }
    let active = (AddressState::Active, None);
    if store::address::set_state(tx, id, active, context.now()).await? {
        tx.emit(context, &AddressResumed { address: id, recipient }).await?;
    }
    Ok(())
}

/// Gives a webhook a new secret. Messages are signed with it and with the last one, so that a
/// receiver may learn the new one in its own time; once more, and the old one is gone.
///
/// # Errors
/// [`NoticesError::AddressUnknown`], also where it is no webhook.
pub async fn rotate_secret(
    tx: &mut Tx,
    context: &Context,
    recipient: PartyId,
    id: AddressId,
) -> Result<Address, NoticesError> {
    let unknown = NoticesError::AddressUnknown { address: id };
    let row = owned(tx, recipient, id).await?;
    let stands = open_addresses(tx, vec![row]).await?.pop();
    let stands = stands.filter(|address| address.channel == ChannelKind::Webhook);
    let Some(AddressSecret { signing, .. }) = stands.and_then(|address| address.secret) else {
        return Err(unknown);
    };
    let last = signing.into_iter().next();
    let signing = [Some(new_secret(&context.env)), last].into_iter().flatten().collect();
    let secret = AddressSecret { signing, ..AddressSecret::default() };
    let sealer = vault::sealer(tx, context, recipient).await?;
    let sealed = sealer.seal(RowKey::of(id.uuid()), &secret)?;
    store::address::set_secret(tx, id, sealed, context.now()).await?;
    address(tx, recipient, id).await
}

/// The row of an address, where it is the recipient's.
pub(crate) async fn owned(
    tx: &mut Tx,
    recipient: PartyId,
    id: AddressId,
) -> Result<AddressRow, NoticesError> {
    let found = store::address::one(tx, id).await?;
    let found = found.filter(|found| found.recipient == recipient);
    found.ok_or(NoticesError::AddressUnknown { address: id })
}

/// Opens addresses with what belongs to them.
pub(crate) async fn open_addresses(
    tx: &mut Tx,
    rows: Vec<AddressRow>,
) -> Result<Vec<Address>, NoticesError> {
    let keys = rows.iter().flat_map(|row| [row.address.key(), row.secret.key()]).flatten();
    let opener = vault::opener(tx, keys.collect::<Vec<_>>()).await?;
    let one = |row: AddressRow| {
        let key = RowKey::of(row.id.uuid());
        let address = opener.open(key, &row.address)?.content();
        let secret = opener.open(key, &row.secret)?.content();
        Ok(opened(row, address, secret))
    };
    rows.into_iter().map(one).collect()
}

fn opened(row: AddressRow, address: Option<String>, secret: Option<AddressSecret>) -> Address {
    Address {
        id: row.id,
        recipient: row.recipient,
        channel: row.channel,
        address,
        secret,
        state: row.state,
        reason: row.reason,
        created_at: row.created_at,
        changed_at: row.changed_at,
        asked_at: row.asked_at,
    }
}
