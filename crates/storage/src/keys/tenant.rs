//! The rows of tenants' keys, and those of them that are open in memory.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kernel::{TenantId, Uuid};

use super::{Key, MasterKeyId};
use crate::db::{Database, Tx};
use crate::error::StorageError;
use crate::level::{Level, Mode};
use crate::{params, sql};

/// The number of the key that makes a tenant's hashes; wrapping keys count from 1.
pub const HASH_KEY: u32 = 0;

/// The keys that a process keeps in memory.
const KEYS_MAX: usize = 10_000;
/// What the wrapping of a tenant's key is bound to, before its tenant and number.
const BOUND: &[u8] = b"florin.tenant.key.1";

sql! {
    KEY = "SELECT master, wrapped FROM storage_tenant_key
           WHERE tenant = app_tenant() AND number = $1";
    NEWEST = "SELECT number FROM storage_tenant_key
              WHERE tenant = app_tenant() AND number > 0 ORDER BY number DESC LIMIT 1";
    HOLD = "SELECT number FROM storage_tenant_key
            WHERE tenant = app_tenant() AND number > 0 ORDER BY number {lock}";
    KEY_MAKE = "INSERT INTO storage_tenant_key (tenant, number, master, wrapped, made_at)
                VALUES (app_tenant(), $1, $2, $3, $4)
                ON CONFLICT (tenant, number) DO NOTHING";
    KEYS_FORGET = "DELETE FROM storage_tenant_key
                   WHERE tenant = app_tenant() AND number > 0 AND number < $1";
    KEY_REWRAP = "UPDATE storage_tenant_key SET master = $3, wrapped = $4
                  WHERE tenant = app_tenant() AND number = $1 AND wrapped = $2";
    OLDER: system("a new master key takes over the keys of every tenant") =
        "SELECT tenant, number, master, wrapped FROM storage_tenant_key
         WHERE master <> $1 ORDER BY tenant, number LIMIT $2";
    MASTERS: system("which master keys are still needed is asked over all tenants") =
        "SELECT master, count(*) FROM storage_tenant_key GROUP BY master ORDER BY master";
}

/// A key of a tenant with its number.
#[derive(Clone, Debug)]
pub struct NumberedKey {
    /// From 1; the newest is the highest.
    pub number: u32,
    /// The key.
    pub key: Key,
}

/// What one piece of rewrapping did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rewrapped {
    /// Keys that the current master key wraps now, and an older one did before.
    pub keys: u64,
    /// Whether there may be more.
    pub more: bool,
}

/// Keys of tenants that are committed and open.
#[derive(Default)]
pub(crate) struct KeyCache(Mutex<HashMap<(TenantId, u32), Key>>);

impl KeyCache {
    fn get(&self, tenant: TenantId, number: u32) -> Option<Key> {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.get(&(tenant, number)).cloned()
    }

    fn keep(&self, tenant: TenantId, number: u32, key: Key) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= KEYS_MAX {
            keys.clear();
        }
        keys.insert((tenant, number), key);
    }

    fn forget(&self, tenant: TenantId, before: u32) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.retain(|(whose, number), _| {
            *whose != tenant || *number == HASH_KEY || *number >= before
        });
    }
}

/// A key of the transaction's tenant; nothing where it has none of this number.
///
/// # Errors
/// Where the master key that wraps it is not open here.
pub async fn tenant_key(tx: &mut Tx, number: u32) -> Result<Option<Key>, StorageError> {
    let tenant = tx.level().tenant();
    if let Some(key) = tx.database().tenant_keys().get(tenant, number) {
        return Ok(Some(key));
    }
    let Some(row) = tx.row(&KEY, params![number]).await? else { return Ok(None) };
    let (master, wrapped): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
    let (master, bound) = (MasterKeyId::new(master), bound(tenant, number));
    let key = tx.database().master_keys()?.open(&master, &bound, &wrapped).await?;
    // One that this transaction made may yet be rolled back.
    if !tx.makes_key {
        tx.database().tenant_keys().keep(tenant, number, key.clone());
    }
    Ok(Some(key))
}

/// The newest wrapping key of the transaction's tenant, if it has one. Its number is read in the
/// transaction, because another process may have made a newer one.
pub async fn newest_wrapping_key(tx: &mut Tx) -> Result<Option<NumberedKey>, StorageError> {
    let Some(row) = tx.row(&NEWEST, params![]).await? else { return Ok(None) };
    let number: u32 = row.get(0)?;
    let key = tenant_key(tx, number).await?;
    Ok(key.map(|key| NumberedKey { number, key }))
}

/// The newest wrapping key of the transaction's tenant; the first is made where it has none, so
/// the transaction must be one that may write. Nobody forgets the key before that ends.
pub async fn wrapping_key(tx: &mut Tx) -> Result<NumberedKey, StorageError> {
    hold_wrapping_keys(tx).await?;
    match newest_wrapping_key(tx).await? {
        Some(newest) => Ok(newest),
        None => add_wrapping_key(tx, 1).await,
    }
}

/// Makes the wrapping key of this number, or finds it where it is there.
pub async fn add_wrapping_key(tx: &mut Tx, number: u32) -> Result<NumberedKey, StorageError> {
    let number = number.max(1);
    let key = match tenant_key(tx, number).await? {
        Some(key) => key,
        None => make(tx, number).await?,
    };
    Ok(NumberedKey { number, key })
}

/// Waits for all others who wrap under the tenant's keys, and holds them off until the transaction
/// ends: what it sees after this is all that these keys wrap.
pub async fn hold_wrapping_keys(tx: &mut Tx) -> Result<(), StorageError> {
    tx.rows(&HOLD, params![]).await.map(drop)
}

/// Forgets the wrapping keys before a number: what they wrapped can be opened by nobody after that.
/// The transaction holds them, and has seen that they wrap nothing.
pub async fn forget_wrapping_keys(tx: &mut Tx, before: u32) -> Result<u64, StorageError> {
    let count = tx.execute(&KEYS_FORGET, params![before]).await?;
    tx.database().tenant_keys().forget(tx.level().tenant(), before);
    Ok(count)
}

/// Makes a key of the transaction's tenant, unless another transaction was first.
pub(super) async fn make(tx: &mut Tx, number: u32) -> Result<Key, StorageError> {
    let (database, tenant) = (tx.database().clone(), tx.level().tenant());
    let env = database.env();
    let (master, key) = (database.master_keys()?, Key::random(env));
    let wrapped = master.wrap(env, &bound(tenant, number), &key).await?;
    tx.makes_key = true;
    let row = params![number, master.current().as_str(), wrapped, env.now()];
    tx.execute(&KEY_MAKE, row).await?;
    // What counts is what is there now.
    tenant_key(tx, number).await?.ok_or_else(|| StorageError::Damaged {
        text: format!("{tenant} has no key {number} after it was made"),
    })
}

/// Wraps up to so many keys of whatever tenants anew that an older master key wraps. A key that is
/// changed meanwhile is left for the next piece, so that any number of these may run.
pub async fn rewrap(database: &Database, keys_max: u16) -> Result<Rewrapped, StorageError> {
    let (master, env) = (database.master_keys()?, database.env());
    let current = master.current();
    let mut tx = database.begin(Level::System, Mode::Read).await?;
    let older = tx.rows(&OLDER, params![current.as_str(), keys_max]).await?;
    tx.commit().await?;
    let mut anew = Vec::with_capacity(older.len());
    for row in &older {
        let (tenant, number): (Uuid, u32) = (row.get(0)?, row.get(1)?);
        let (by, wrapped): (String, Vec<u8>) = (row.get(2)?, row.get(3)?);
        let tenant = TenantId::from_uuid(tenant);
        let bound = bound(tenant, number);
        let key = master.open(&MasterKeyId::new(by), &bound, &wrapped).await?;
        let again = master.wrap(env, &bound, &key).await?;
        anew.push((tenant, params![number, wrapped, current.as_str(), again]));
    }
    let mut keys = 0;
    let mut tx = database.begin(Level::System, Mode::Write).await?;
    for (tenant, row) in anew {
        tx.bind(Level::of(tenant))?;
        keys += tx.execute(&KEY_REWRAP, row).await?;
    }
    tx.commit().await?;
    Ok(Rewrapped { keys, more: older.len() == usize::from(keys_max) })
}

/// How many keys of tenants each master key wraps, in the order of their ids.
pub async fn master_key_counts(
    database: &Database,
) -> Result<Vec<(MasterKeyId, u64)>, StorageError> {
    let mut tx = database.begin(Level::System, Mode::Read).await?;
    let rows = tx.rows(&MASTERS, params![]).await?;
    tx.commit().await?;
    rows.iter().map(|row| Ok((MasterKeyId::new(row.get::<String>(0)?), row.get(1)?))).collect()
}

fn bound(tenant: TenantId, number: u32) -> Vec<u8> {
    let mut bound = BOUND.to_vec();
    bound.extend_from_slice(tenant.uuid().as_bytes());
    bound.extend_from_slice(&number.to_be_bytes());
    bound
}
