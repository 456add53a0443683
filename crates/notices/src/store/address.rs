//! The rows of addresses.

use kernel::{PartyId, Timestamp};
use storage::{Row, StorageError, Tx, params, sql};
use vault::{Sealed, SealedColumn, SealedTable};

use super::{AddressColumn, SecretColumn, damaged};
use crate::model::{AddressId, AddressState, ChannelKind};

/// The columns of an address in the order of [`address_of`].
macro_rules! addresses {
    ($rest:literal) => {
        concat!(
            "SELECT id, recipient, channel, address, secret, state, reason, created_at, \
                 changed_at, asked_at, confirmed_at \
             FROM notices_address WHERE tenant = app_tenant() ",
            $rest
        )
    };
}

sql! {
    INSERT = "INSERT INTO notices_address (tenant, id, recipient, channel, address, secret,
                  fingerprint, state, tries, created_at, changed_at)
              VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7, 0, $8, $8)
              ON CONFLICT (tenant, recipient, channel, fingerprint) DO NOTHING";
    SAME = addresses!("AND recipient = $1 AND channel = $2 AND fingerprint = $3");
    ONE = addresses!("AND id = $1");
    OF = addresses!("AND recipient = $1 ORDER BY id");
    STATE = "UPDATE notices_address SET state = $2, reason = $3, changed_at = $4
             WHERE tenant = app_tenant() AND id = $1 AND state <> $2";
    ASK = "UPDATE notices_address SET state = 'unconfirmed', reason = NULL, asked_at = $2,
               tries = 0, confirmed_at = NULL, changed_at = $2
           WHERE tenant = app_tenant() AND id = $1";
    TRY = "UPDATE notices_address SET tries = tries + 1
           WHERE tenant = app_tenant() AND id = $1 AND state = 'unconfirmed' AND tries < $2";
    CONFIRM = "UPDATE notices_address SET state = 'active', reason = NULL, asked_at = NULL,
                   tries = 0, confirmed_at = $3, changed_at = $3
               WHERE tenant = app_tenant() AND id = $1 AND state = 'unconfirmed'
                   AND asked_at = $2";
    END = "UPDATE notices_address SET state = 'unsubscribed', reason = 'unsubscribed',
               asked_at = NULL, confirmed_at = NULL, changed_at = $2
           WHERE tenant = app_tenant() AND id = $1 AND state <> 'unsubscribed'";
    FINGERPRINT = "SELECT fingerprint FROM notices_address
                   WHERE tenant = app_tenant() AND id = $1";
    SECRET = "UPDATE notices_address SET secret = $2, changed_at = $3
              WHERE tenant = app_tenant() AND id = $1";
    REMOVE = "DELETE FROM notices_address WHERE tenant = app_tenant() AND id = $1";

    SEALED_PAGE = "SELECT id, CAST(0 AS bigint), address, secret FROM notices_address
                   WHERE tenant = app_tenant() AND (id, CAST(0 AS bigint)) > ($1, $2)
                   ORDER BY id LIMIT $3";
    SEALED_UPDATE = "UPDATE notices_address SET address = $3, secret = $5
                     WHERE tenant = app_tenant() AND id = $1 AND $2 = CAST(0 AS bigint)
                         AND address = $4 AND secret = $6";
}

/// Its sealed columns.
pub(super) static SEALED: SealedTable = SealedTable {
    name: "notices_address",
    columns: &[SealedColumn::of::<AddressColumn>(), SealedColumn::of::<SecretColumn>()],
    first: vault::RowKey::FIRST_NUMBER,
    page: &SEALED_PAGE,
    update: &SEALED_UPDATE,
};

/// An address as its row has it.
#[derive(Clone, Debug)]
pub(crate) struct AddressRow {
    pub id: AddressId,
    pub recipient: PartyId,
    pub channel: ChannelKind,
    pub address: Sealed<AddressColumn>,
    pub secret: Sealed<SecretColumn>,
    pub state: AddressState,
    pub reason: Option<String>,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    /// When the question was sent that is open.
    pub asked_at: Option<Timestamp>,
    /// When whoever reads there said yes.
    pub confirmed_at: Option<Timestamp>,
}

/// Adds an address; whether the recipient had none like it.
pub(crate) async fn insert(
    tx: &mut Tx,
    address: &AddressRow,
    fingerprint: [u8; 16],
) -> Result<bool, StorageError> {
    let row = params![
        address.id.uuid(),
        address.recipient.uuid(),
        address.channel.as_str(),
        address.address.clone(),
        address.secret.clone(),
        fingerprint,
        address.state.as_str(),
        address.created_at,
    ];
    Ok(tx.execute(&INSERT, row).await? == 1)
}

/// The recipient's address that looks like this one.
pub(crate) async fn same(
    tx: &mut Tx,
    (recipient, channel): (PartyId, ChannelKind),
    fingerprint: [u8; 16],
) -> Result<Option<AddressRow>, StorageError> {
    let row = params![recipient.uuid(), channel.as_str(), fingerprint];
    tx.row(&SAME, row).await?.as_ref().map(address_of).transpose()
}

pub(crate) async fn one(tx: &mut Tx, id: AddressId) -> Result<Option<AddressRow>, StorageError> {
    tx.row(&ONE, params![id.uuid()]).await?.as_ref().map(address_of).transpose()
}

/// Those of a recipient, the oldest first.
pub(crate) async fn of(tx: &mut Tx, recipient: PartyId) -> Result<Vec<AddressRow>, StorageError> {
    tx.rows(&OF, params![recipient.uuid()]).await?.iter().map(address_of).collect()
}

/// Notes whether an address is used; whether that is new.
pub(crate) async fn set_state(
    tx: &mut Tx,
    id: AddressId,
    (state, reason): (AddressState, Option<&str>),
    now: Timestamp,
) -> Result<bool, StorageError> {
    Ok(tx.execute(&STATE, params![id.uuid(), state.as_str(), reason, now]).await? == 1)
}

/// Notes that whoever reads there is asked anew; what was asked before counts no more.
pub(crate) async fn ask(tx: &mut Tx, id: AddressId, now: Timestamp) -> Result<(), StorageError> {
    tx.execute_one(&ASK, params![id.uuid(), now]).await
}

/// Counts a code that was entered; whether one more may be.
pub(crate) async fn count_try(
    tx: &mut Tx,
    id: AddressId,
    tries_max: u16,
) -> Result<bool, StorageError> {
    Ok(tx.execute(&TRY, params![id.uuid(), tries_max]).await? == 1)
}

/// Notes that whoever reads there said yes to what was asked then; whether that was still open.
pub(crate) async fn confirm(
    tx: &mut Tx,
    id: AddressId,
    asked_at: Timestamp,
    now: Timestamp,
) -> Result<bool, StorageError> {
    Ok(tx.execute(&CONFIRM, params![id.uuid(), asked_at, now]).await? == 1)
}

/// Notes that whoever reads there wants no more; whether that is new.
pub(crate) async fn end(tx: &mut Tx, id: AddressId, now: Timestamp) -> Result<bool, StorageError> {
    Ok(tx.execute(&END, params![id.uuid(), now]).await? == 1)
}

/// What an address is known by, within its tenant.
pub(crate) async fn fingerprint(
    tx: &mut Tx,
    id: AddressId,
) -> Result<Option<[u8; 16]>, StorageError> {
    let row = tx.row(&FINGERPRINT, params![id.uuid()]).await?;
    let whole = |row: Row| {
        let bytes: Vec<u8> = row.get(0)?;
        bytes.try_into().map_err(|_| damaged("a fingerprint has 16 bytes"))
    };
    row.map(whole).transpose()
}

pub(crate) async fn set_secret(
    tx: &mut Tx,
    id: AddressId,
    secret: Sealed<SecretColumn>,
    now: Timestamp,
) -> Result<(), StorageError> {
    tx.execute_one(&SECRET, params![id.uuid(), secret, now]).await
}

pub(crate) async fn remove(tx: &mut Tx, id: AddressId) -> Result<bool, StorageError> {
    Ok(tx.execute(&REMOVE, params![id.uuid()]).await? == 1)
}

fn address_of(row: &Row) -> Result<AddressRow, StorageError> {
    let (channel, state): (String, String) = (row.get(2)?, row.get(5)?);
    Ok(AddressRow {
        id: AddressId::from_uuid(row.get(0)?),
        recipient: PartyId::from_uuid(row.get(1)?),
        channel: channel.parse().map_err(damaged)?,
        address: row.get(3)?,
        secret: row.get(4)?,
        state: state.parse().map_err(damaged)?,
        reason: row.get(6)?,
        created_at: row.get(7)?,
        changed_at: row.get(8)?,
        asked_at: row.get(9)?,
        confirmed_at: row.get(10)?,
    })
}
