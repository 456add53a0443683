//! Master keys: what wraps the keys of tenants. Those of a file or of the environment are here; a
//! key server or a hardware module implements the same trait.

use std::fmt;

use futures_util::future::BoxFuture;
use kernel::Env;

use super::Key;
use crate::crypto::hex;
use crate::error::StorageError;

/// Tells one master key from another: `local:9f86d081884c7d65`, `transit:florin:3`. It stands
/// beside what the key wraps, and tells nothing of the key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MasterKeyId(String);

/// Wraps and opens the keys of tenants. Several may be open at a time: the current one wraps, all
/// of them open, so that a new one can take over while what the old one wrapped is still there.
pub trait MasterKeys: Send + Sync {
    /// The one that wraps.
    fn current(&self) -> MasterKeyId;

    /// All that open.
    fn ids(&self) -> Vec<MasterKeyId>;

    /// Wraps a key under the current one; it opens with the same `bound` only.
    ///
    /// # Errors
    /// Where the current key cannot be reached.
    fn wrap<'a>(
        &'a self,
        env: &'a Env,
        bound: &'a [u8],
        key: &'a Key,
    ) -> BoxFuture<'a, Result<Vec<u8>, StorageError>>;

    /// Opens what the master key of this id wrapped.
    ///
    /// # Errors
    /// Where it is not open here, cannot be reached, or did not wrap it.
    fn open<'a>(
        &'a self,
        by: &'a MasterKeyId,
        bound: &'a [u8],
        wrapped: &'a [u8],
    ) -> BoxFuture<'a, Result<Key, StorageError>>;
}

/// Master keys in this process's memory, the current one first.
pub struct LocalMasterKeys(Vec<(MasterKeyId, Key)>);

impl LocalMasterKeys {
    /// These keys, the current one first.
    ///
    /// # Errors
    /// Where there is none, or one is named twice.
    pub fn new(keys: Vec<Key>) -> Result<Self, StorageError> {
        let named: Vec<_> =
            keys.into_iter().map(|key| (MasterKeyId::of_local(&key), key)).collect();
        let twice = |at: usize| named[..at].iter().any(|(id, _)| *id == named[at].0);
        let text = match named.len() {
            0 => "there is no master key",
            count if (1..count).any(twice) => "a master key is named twice",
            _ => return Ok(Self(named)),
        };
        Err(StorageError::Configuration { text: text.to_owned() })
    }
}

impl MasterKeys for LocalMasterKeys {
    fn current(&self) -> MasterKeyId {
        self.0[0].0.clone()
    }

    fn ids(&self) -> Vec<MasterKeyId> {
        self.0.iter().map(|(id, _)| id.clone()).collect()
    }

    fn wrap<'a>(
        &'a self,
        env: &'a Env,
        bound: &'a [u8],
        key: &'a Key,
    ) -> BoxFuture<'a, Result<Vec<u8>, StorageError>> {
        let wrapped = self.0[0].1.wrap(env, bound, key);
        Box::pin(std::future::ready(Ok(wrapped)))
    }

    fn open<'a>(
        &'a self,
        by: &'a MasterKeyId,
        bound: &'a [u8],
        wrapped: &'a [u8],
    ) -> BoxFuture<'a, Result<Key, StorageError>> {
        let found = self.0.iter().find(|(id, _)| id == by);
        let opened = match found.map(|(_, key)| key.unwrapped(bound, wrapped)) {
            Some(Some(key)) => Ok(key),
            Some(None) => Err(StorageError::Damaged {
                text: format!("a key of a tenant does not open with the master key {by}"),
            }),
            None => Err(StorageError::Configuration {
                text: format!("the master key {by} is not open here, and wraps keys of tenants"),
            }),
        };
        Box::pin(std::future::ready(opened))
    }
}

impl MasterKeyId {
    /// What a master key is called where it is kept.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name of a key in memory: a hash under the key itself.
    #[must_use]
    pub fn of_local(key: &Key) -> Self {
        Self(format!("local:{}", hex(&key.hmac(&[b"florin.master.id.1"])[..8])))
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MasterKeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.0)
    }
}

impl fmt::Debug for LocalMasterKeys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.0.iter().map(|(id, _)| id)).finish()
    }
}
