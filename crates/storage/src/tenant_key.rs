//! Keyed hashes of free text: the same text has the same hash within a tenant, so that it can be
//! looked up, and tells nothing to someone who has not the tenant's key.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kernel::{Context, TenantId};

use crate::crypto::{hmac_sha256, short};
use crate::db::Tx;
use crate::error::StorageError;
use crate::{params, sql};

/// The keys that a process keeps in memory.
const KEYS_MAX: usize = 10_000;

sql! {
    KEY = "SELECT hash_key FROM storage_tenant_key WHERE tenant = app_tenant()";
    KEY_MAKE = "INSERT INTO storage_tenant_key (tenant, hash_key) VALUES (app_tenant(), $1)
                ON CONFLICT (tenant) DO NOTHING";
}

/// Hashes the texts of one tenant: for many at once, away from the transaction.
pub struct TextHasher([u8; 32]);

impl TextHasher {
    /// The hash of a text.
    #[must_use]
    pub fn hash(&self, text: &str) -> [u8; 16] {
        short(hmac_sha256(&self.0, &[b"florin.text.1", text.as_bytes()])).to_be_bytes()
    }
}

/// Keys of tenants that are committed.
#[derive(Default)]
pub(crate) struct TenantKeys(Mutex<HashMap<TenantId, [u8; 32]>>);

impl TenantKeys {
    fn get(&self, tenant: TenantId) -> Option<[u8; 32]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&tenant).copied()
    }

    fn keep(&self, tenant: TenantId, key: [u8; 32]) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= KEYS_MAX {
            keys.clear();
        }
        keys.insert(tenant, key);
    }
}

/// Hashes under the key of the transaction's tenant. The key is made where there is none yet, so
/// the transaction must be one that may write.
///
/// # Errors
/// [`StorageError::Level`] where the context is another tenant's than the transaction.
pub async fn tenant_hasher(tx: &mut Tx, context: &Context) -> Result<TextHasher, StorageError> {
    if tx.level().tenant() != context.tenant {
        let (place, level) = ("tenant_hash".to_owned(), tx.level().to_string());
        return Err(StorageError::Level { place, level });
    }
    if let Some(hasher) = known_tenant_hasher(tx).await? {
        return Ok(hasher);
    }
    tx.makes_key = true;
    tx.execute(&KEY_MAKE, params![context.env.random_bytes::<32>()]).await?;
    // Another transaction may have been first: what counts is what is there now.
    known_tenant_hasher(tx).await?.ok_or_else(|| StorageError::Damaged {
        text: format!("{} has no key after it was made", context.tenant),
    })
}

/// Hashes under the key of the transaction's tenant; nothing where the tenant has no key yet, and
/// so nothing that could have one of its hashes.
pub async fn known_tenant_hasher(tx: &mut Tx) -> Result<Option<TextHasher>, StorageError> {
    let tenant = tx.level().tenant();
    if let Some(key) = tx.database().tenant_keys().get(tenant) {
        return Ok(Some(TextHasher(key)));
    }
    let Some(row) = tx.row(&KEY, params![]).await? else { return Ok(None) };
    let key = row.get(0)?;
    // One that this transaction made may yet be rolled back.
    if !tx.makes_key {
        tx.database().tenant_keys().keep(tenant, key);
    }
    Ok(Some(TextHasher(key)))
}

/// The hash of one text: see [`tenant_hasher`].
pub async fn tenant_hash(
    tx: &mut Tx,
    context: &Context,
    text: &str,
) -> Result<[u8; 16], StorageError> {
    Ok(tenant_hasher(tx, context).await?.hash(text))
}

/// The hash of one text: see [`known_tenant_hasher`].
pub async fn known_tenant_hash(tx: &mut Tx, text: &str) -> Result<Option<[u8; 16]>, StorageError> {
    Ok(known_tenant_hasher(tx).await?.map(|hasher| hasher.hash(text)))
}
