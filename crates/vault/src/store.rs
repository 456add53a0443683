//! The rows of parties and their keys.

use kernel::{PartyId, TenantId, Timestamp, Uuid};
use storage::{Row, StorageError, Tx, params, sql};

use crate::sealed::KeyId;

sql! {
    PARTY = "SELECT erased_at FROM vault_party WHERE tenant = app_tenant() AND party = $1";
    PARTY_HOLD = "SELECT erased_at FROM vault_party
                  WHERE tenant = app_tenant() AND party = $1 {lock}";
    PARTY_ADD = "INSERT INTO vault_party (tenant, party, created_at)
                 VALUES (app_tenant(), $1, $2) ON CONFLICT (tenant, party) DO NOTHING";
    PARTY_ERASE = "UPDATE vault_party SET erased_at = $2
                   WHERE tenant = app_tenant() AND party = $1 AND erased_at IS NULL";
    PARTIES =
        "SELECT party.party, party.created_at, party.erased_at, count(key.id)
         FROM vault_party AS party
         LEFT JOIN vault_party_key AS key
             ON key.tenant = app_tenant() AND key.party = party.party
             AND key.wrapped IS NOT NULL
         WHERE party.tenant = app_tenant() AND (party.party > $1 OR $1 IS NULL)
         GROUP BY party.party, party.created_at, party.erased_at
         ORDER BY party.party LIMIT $2";
    PARTY_ONE =
        "SELECT party.party, party.created_at, party.erased_at, count(key.id)
         FROM vault_party AS party
         LEFT JOIN vault_party_key AS key
             ON key.tenant = app_tenant() AND key.party = party.party
             AND key.wrapped IS NOT NULL
         WHERE party.tenant = app_tenant() AND party.party = $1
         GROUP BY party.party, party.created_at, party.erased_at";
    COUNTS = "SELECT count(*), count(erased_at) FROM vault_party WHERE tenant = app_tenant()";
    KEY_COUNTS =
        "SELECT wrapping, count(*) FROM vault_party_key
         WHERE tenant = app_tenant() AND wrapped IS NOT NULL GROUP BY wrapping ORDER BY wrapping";
    ERASED: system("a restored backup is told which parties of all tenants were erased since") =
        "SELECT tenant, party, erased_at FROM vault_party WHERE erased_at IS NOT NULL
             AND (tenant, party) > ($1, $2)
         ORDER BY tenant, party LIMIT $3";

    KEY_NEWEST = "SELECT id, party, number, wrapping, wrapped FROM vault_party_key
                  WHERE tenant = app_tenant() AND party = $1 ORDER BY number DESC LIMIT 1";
    KEY_BY_ID = "SELECT id, party, number, wrapping, wrapped FROM vault_party_key
                 WHERE tenant = app_tenant() AND id = $1";
    KEY_ADD = "INSERT INTO vault_party_key (tenant, id, party, number, wrapping, wrapped, made_at)
               VALUES (app_tenant(), $1, $2, $3, $4, $5, $6)
               ON CONFLICT (tenant, party, number) DO NOTHING";
    KEYS_OLDER = "SELECT id, party, number, wrapping, wrapped FROM vault_party_key
                  WHERE tenant = app_tenant() AND wrapping < $1 AND wrapped IS NOT NULL
                  ORDER BY id LIMIT $2";
    KEY_REWRAP = "UPDATE vault_party_key SET wrapping = $3, wrapped = $4
                  WHERE tenant = app_tenant() AND id = $1 AND wrapped = $2";
    KEYS_ERASE = "UPDATE vault_party_key SET wrapped = NULL
                  WHERE tenant = app_tenant() AND party = $1 AND wrapped IS NOT NULL";
    STALE = "SELECT party.party FROM vault_party AS party
             WHERE party.tenant = app_tenant() AND party.erased_at IS NULL
                 AND NOT EXISTS (SELECT 1 FROM vault_party_key AS key
                     WHERE key.tenant = app_tenant() AND key.party = party.party
                         AND key.made_at >= $1)
             ORDER BY party.party LIMIT $2";
}

/// A key as its row has it.
#[derive(Clone, Debug)]
pub(crate) struct KeyRow {
    pub id: KeyId,
    pub party: PartyId,
    pub number: u32,
    /// The number of the tenant's key that wraps it.
    pub wrapping: u32,
    /// Nothing of a party that was erased.
    pub wrapped: Option<Vec<u8>>,
}

/// A party, as far as keys are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Party {
    /// Its id.
    pub party: PartyId,
    /// When something was sealed for it first.
    pub created_at: Timestamp,
    /// When it was erased.
    pub erased_at: Option<Timestamp>,
    /// How many keys open what is sealed for it: none of one that was erased.
    pub keys: u64,
}

/// Whether a party is there, and when it was erased.
pub(crate) async fn erased_at(
    tx: &mut Tx,
    party: PartyId,
) -> Result<Option<Option<Timestamp>>, StorageError> {
    tx.row(&PARTY, params![party.uuid()]).await?.map(|row| row.get(0)).transpose()
}

/// Those of some parties that are there and were not erased.
pub(crate) async fn standing(
    tx: &mut Tx,
    parties: &[PartyId],
) -> Result<Vec<PartyId>, StorageError> {
    let many = parties.iter().map(|party| params![party.uuid()]).collect();
    let found = tx.rows_many(&PARTY, many).await?;
    let mut standing = Vec::new();
    for (party, rows) in parties.iter().zip(&found) {
        if let Some(row) = rows.first()
            && row.get::<Option<Timestamp>>(0)?.is_none()
        {
            standing.push(*party);
        }
    }
    Ok(standing)
}

/// As [`erased_at`], and nobody erases it or makes a key for it before the transaction ends.
pub(crate) async fn hold(
    tx: &mut Tx,
    party: PartyId,
) -> Result<Option<Option<Timestamp>>, StorageError> {
    tx.row(&PARTY_HOLD, params![party.uuid()]).await?.map(|row| row.get(0)).transpose()
}

pub(crate) async fn add(tx: &mut Tx, party: PartyId, now: Timestamp) -> Result<(), StorageError> {
    tx.execute(&PARTY_ADD, params![party.uuid(), now]).await.map(drop)
}

/// Takes the keys of a party away; how many there were.
pub(crate) async fn erase(
    tx: &mut Tx,
    party: PartyId,
    now: Timestamp,
) -> Result<u64, StorageError> {
    tx.execute(&PARTY_ERASE, params![party.uuid(), now]).await?;
    tx.execute(&KEYS_ERASE, params![party.uuid()]).await
}

pub(crate) async fn parties(
    tx: &mut Tx,
    after: Option<PartyId>,
    limit: usize,
) -> Result<Vec<Party>, StorageError> {
    let rows = tx.rows(&PARTIES, params![after.map(PartyId::uuid), limit]).await?;
    rows.iter().map(party_of).collect()
}

pub(crate) async fn party(tx: &mut Tx, party: PartyId) -> Result<Option<Party>, StorageError> {
    tx.row(&PARTY_ONE, params![party.uuid()]).await?.as_ref().map(party_of).transpose()
}

/// How many parties there are, and how many of them were erased.
pub(crate) async fn counts(tx: &mut Tx) -> Result<(u64, u64), StorageError> {
    let row = tx.row(&COUNTS, params![]).await?;
    row.map_or(Ok((0, 0)), |row| Ok((row.get(0)?, row.get(1)?)))
}

/// How many keys each key of the tenant wraps.
pub(crate) async fn key_counts(tx: &mut Tx) -> Result<Vec<(u32, u64)>, StorageError> {
    let rows = tx.rows(&KEY_COUNTS, params![]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Parties of all tenants that were erased, after one of them.
pub(crate) async fn erased(
    tx: &mut Tx,
    after: (TenantId, PartyId),
    limit: u16,
) -> Result<Vec<(TenantId, PartyId, Timestamp)>, StorageError> {
    let rows = tx.rows(&ERASED, params![after.0.uuid(), after.1.uuid(), limit]).await?;
    let one = |row: &Row| {
        let (tenant, party): (Uuid, Uuid) = (row.get(0)?, row.get(1)?);
        Ok((TenantId::from_uuid(tenant), PartyId::from_uuid(party), row.get(2)?))
    };
    rows.iter().map(one).collect()
}

pub(crate) async fn newest_key(
    tx: &mut Tx,
    party: PartyId,
) -> Result<Option<KeyRow>, StorageError> {
    tx.row(&KEY_NEWEST, params![party.uuid()]).await?.as_ref().map(key_of).transpose()
}

pub(crate) async fn keys(
    tx: &mut Tx,
    ids: impl Iterator<Item = KeyId>,
) -> Result<Vec<KeyRow>, StorageError> {
    let many = ids.map(|id| params![id.uuid()]).collect();
    let found = tx.rows_many(&KEY_BY_ID, many).await?;
    found.iter().flatten().map(key_of).collect()
}

pub(crate) async fn add_key(tx: &mut Tx, key: &KeyRow, now: Timestamp) -> Result<(), StorageError> {
    let KeyRow { id, party, number, wrapping, wrapped } = key;
    let row = params![id.uuid(), party.uuid(), *number, *wrapping, wrapped.clone(), now];
    tx.execute(&KEY_ADD, row).await.map(drop)
}

/// Keys that a key of the tenant before this one wraps.
pub(crate) async fn keys_wrapped_before(
    tx: &mut Tx,
    wrapping: u32,
    limit: u16,
) -> Result<Vec<KeyRow>, StorageError> {
    tx.rows(&KEYS_OLDER, params![wrapping, limit]).await?.iter().map(key_of).collect()
}

/// Puts another wrapping in the place of the one that was read.
pub(crate) async fn rewrap(
    tx: &mut Tx,
    old: &KeyRow,
    (wrapping, wrapped): (u32, Vec<u8>),
) -> Result<(), StorageError> {
    let row = params![old.id.uuid(), old.wrapped.clone(), wrapping, wrapped];
    // One that was erased meanwhile stays erased.
    tx.execute(&KEY_REWRAP, row).await.map(drop)
}

/// Parties without a key that was made at this time or later.
pub(crate) async fn without_key_since(
    tx: &mut Tx,
    since: Timestamp,
    limit: u16,
) -> Result<Vec<PartyId>, StorageError> {
    let rows = tx.rows(&STALE, params![since, limit]).await?;
    rows.iter().map(|row| Ok(PartyId::from_uuid(row.get(0)?))).collect()
}

fn party_of(row: &Row) -> Result<Party, StorageError> {
    Ok(Party {
        party: PartyId::from_uuid(row.get(0)?),
        created_at: row.get(1)?,
        erased_at: row.get(2)?,
        keys: row.get(3)?,
    })
}

fn key_of(row: &Row) -> Result<KeyRow, StorageError> {
    Ok(KeyRow {
        id: KeyId::from_uuid(row.get(0)?),
        party: PartyId::from_uuid(row.get(1)?),
        number: row.get(2)?,
        wrapping: row.get(3)?,
        wrapped: row.get(4)?,
    })
}
