//! Hashes, keyed hashes, signatures and authenticated encryption, from one library.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use aws_lc_rs::{digest, hmac};

use crate::error::StorageError;

/// SHA-256 over the parts, one after the other.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    parts.iter().for_each(|part| context.update(part));
    array(context.finish().as_ref())
}

/// SHA-1 over the parts, for protocols that name it for what needs no security (RFC 6455, 4.2.2):
/// nothing of ours is found, kept or trusted by it.
#[must_use]
pub fn sha1_of_protocols(parts: &[&[u8]]) -> [u8; 20] {
    let mut context = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
    parts.iter().for_each(|part| context.update(part));
    array(context.finish().as_ref())
}

/// HMAC-SHA-256 under `key` over the parts, one after the other.
#[must_use]
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    parts.iter().for_each(|part| context.update(part));
    array(context.sign().as_ref())
}

/// The first 16 bytes of a hash as a number: enough to tell things apart, short enough for keys.
#[must_use]
pub fn short(hash: [u8; 32]) -> u128 {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    u128::from_be_bytes(bytes)
}

/// Bytes as two small letters or digits each.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let pair = |byte: &u8| [byte >> 4, byte & 15].map(|half| DIGITS[usize::from(half)]);
    bytes.iter().flat_map(pair).map(char::from).collect()
}

/// The `N` bytes that [`hex`] wrote; nothing for any other text.
#[must_use]
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

/// A key that signs (Ed25519, RFC 8032).
pub struct SigningKey(Ed25519KeyPair);

/// A key that checks signatures; written `ed25519:` and 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

/// AES-256-GCM (NIST SP 800-38D) under one key, which the library wipes when it is dropped.
pub struct Cipher(LessSafeKey);

/// The bytes of a nonce, which no two messages under one key may share.
pub const NONCE_BYTES: usize = 12;
/// The bytes by which a message is longer when it is encrypted.
pub const TAG_BYTES: usize = 16;

impl Cipher {
    /// The cipher of a key.
    ///
    /// # Panics
    /// Never: every 32 bytes are a key.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key);
        Self(LessSafeKey::new(key.expect("invariant: every 32 bytes are a key of AES-256")))
    }

    /// The message encrypted, with its tag behind it; `bound` must be the same to open it.
    ///
    /// # Panics
    /// Where the message has more than 2^36 - 32 bytes, which no memory of ours holds.
    #[must_use]
    pub fn seal(&self, nonce: [u8; NONCE_BYTES], bound: &[u8], message: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(message.len() + TAG_BYTES);
        sealed.extend_from_slice(message);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let done = self.0.seal_in_place_append_tag(nonce, Aad::from(bound), &mut sealed);
        done.expect("invariant: a message is shorter than 64 GiB");
        sealed
    }

    /// The message, where it was sealed under this key and nonce and is bound to the same.
    #[must_use]
    pub fn open(&self, nonce: [u8; NONCE_BYTES], bound: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let mut message = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        let length = self.0.open_in_place(nonce, Aad::from(bound), &mut message).ok()?.len();
        message.truncate(length);
        Some(message)
    }
}

impl SigningKey {
    /// The key that a seed stands for.
    ///
    /// # Errors
    /// Where the library refuses it.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, StorageError> {
        let refused = |error: aws_lc_rs::error::KeyRejected| StorageError::Configuration {
            text: format!("the signing key is refused: {error}"),
        };
        Ed25519KeyPair::from_seed_unchecked(seed).map(Self).map_err(refused)
    }

    /// The signature of these bytes.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        let mut signature = [0; 64];
        signature.copy_from_slice(self.0.sign(bytes).as_ref());
        signature
    }

    /// The key that checks what this one signs.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(array(self.0.public_key().as_ref()))
    }
}

impl PublicKey {
    /// Whether the signature is that of these bytes.
    #[must_use]
    pub fn verifies(&self, bytes: &[u8], signature: &[u8; 64]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(bytes, signature).is_ok()
    }

    /// A short name for it.
    #[must_use]
    pub fn id(&self) -> String {
        hex(&sha256(&[&self.0])[..8])
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ed25519:{}", hex(&self.0))
    }
}

impl FromStr for PublicKey {
    type Err = StorageError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let key = text.strip_prefix("ed25519:").and_then(unhex);
        let wrong = || StorageError::Configuration {
            text: "a public key is ed25519: and 64 hexadecimal digits".to_owned(),
        };
        key.map(Self).ok_or_else(wrong)
    }
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    array
}
