//! Keyed hashes of free text: the same text has the same hash within a tenant, so that it can be
//! looked up, and tells nothing to someone who has not the tenant's key.

use kernel::Context;

use super::Key;
use super::tenant::{HASH_KEY, make, tenant_key};
use crate::crypto::short;
use crate::db::Tx;
use crate::error::StorageError;

/// Hashes the texts of one tenant: for many at once, away from the transaction.
#[derive(Clone)]
pub struct TextHasher(Key);

impl TextHasher {
    /// The hash of a text.
    #[must_use]
    pub fn hash(&self, text: &str) -> [u8; 16] {
        short(self.0.hmac(&[b"florin.text.1", text.as_bytes()])).to_be_bytes()
    }

    /// A key for one purpose, from which neither the tenant's nor that of another purpose follows.
    /// Each part of the purpose has at most 255 bytes.
    #[must_use]
    pub fn derived(&self, purpose: &[&str]) -> Key {
        let mut bytes = b"florin.derived.1".to_vec();
        for part in purpose {
            // The length in front, so that no two purposes are written alike.
            bytes.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
            bytes.extend_from_slice(part.as_bytes());
        }
        Key::from_bytes(self.0.hmac(&[&bytes]))
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
    match known_tenant_hasher(tx).await? {
        Some(hasher) => Ok(hasher),
        None => Ok(TextHasher(make(tx, HASH_KEY).await?)),
    }
}

/// Hashes under the key of the transaction's tenant; nothing where the tenant has no key yet, and
/// so nothing that could have one of its hashes.
pub async fn known_tenant_hasher(tx: &mut Tx) -> Result<Option<TextHasher>, StorageError> {
    Ok(tenant_key(tx, HASH_KEY).await?.map(TextHasher))
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
