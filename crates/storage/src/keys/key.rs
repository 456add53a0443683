//! A key, and how one key wraps another.

use std::fmt;

use kernel::Env;
use zeroize::Zeroizing;

use crate::crypto::{Cipher, NONCE_BYTES, hmac_sha256};

/// What wrapped keys begin with.
const VERSION: u8 = 1;

/// 256 bits that nobody may see. They are wiped from memory when the key is dropped, and never
/// printed.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// A new one.
    #[must_use]
    pub fn random(env: &Env) -> Self {
        Self::from_bytes(env.random_bytes())
    }

    /// The key of these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// What encrypts under it.
    #[must_use]
    pub fn cipher(&self) -> Cipher {
        Cipher::new(&self.0)
    }

    /// HMAC-SHA-256 under it over the parts, one after the other.
    #[must_use]
    pub fn hmac(&self, parts: &[&[u8]]) -> [u8; 32] {
        hmac_sha256(self.0.as_slice(), parts)
    }

    /// Wraps another key: 61 bytes (version, nonce, key, tag) that open with the same `bound` only.
    #[must_use]
    pub fn wrap(&self, env: &Env, bound: &[u8], key: &Self) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = env.random_bytes();
        let mut wrapped = vec![VERSION];
        wrapped.extend_from_slice(&nonce);
        wrapped.extend(self.cipher().seal(nonce, bound, key.0.as_slice()));
        wrapped
    }

    /// The key that was wrapped; nothing where it was not by this one, or bound to something else.
    #[must_use]
    pub fn unwrapped(&self, bound: &[u8], wrapped: &[u8]) -> Option<Self> {
        let (version, rest) = wrapped.split_first()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>()?;
        if *version != VERSION {
            return None;
        }
        let bytes = Zeroizing::new(self.cipher().open(*nonce, bound, sealed)?);
        Some(Self::from_bytes(bytes.as_slice().try_into().ok()?))
    }

    /// The bytes, for the file of a master key.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Key(..)")
    }
}
