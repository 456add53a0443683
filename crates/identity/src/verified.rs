//! Access tokens whose signatures were found good: a client sends the same one with every request,
//! and looking at its signature costs more than all else that happens to a small request.
//!
//! What must stay true: what is kept was signed by a key of this process, and is found by the hash
//! of the whole token; its time is compared at each use. A token is no more good for being kept: no
//! session is asked for either way.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kernel::Timestamp;
use storage::crypto::sha256;

use crate::error::IdentityError;
use crate::key::SigningKeys;
use crate::token::Claims;

/// The tokens that are kept; a few megabytes.
const TOKENS_MAX: usize = 16_384;

/// What tokens say that were looked at before.
#[derive(Default)]
pub(crate) struct Verified {
    claims: Mutex<HashMap<[u8; 32], Claims>>,
}

impl Verified {
    /// What a token says, if it is ours, unchanged, and its time is not over.
    pub(crate) fn verify(
        &self,
        token: &str,
        keys: &SigningKeys,
        now: Timestamp,
    ) -> Result<Claims, IdentityError> {
        let hash = sha256(&[token.as_bytes()]);
        let kept = || self.claims.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept().get(&hash).cloned();
        let is_known = known.is_some();
        let claims = known.map_or_else(|| Claims::signed(token, keys), Ok)?;
        if claims.is_over(now) {
            return Err(IdentityError::TokenExpired);
        }
        if !is_known {
            let mut kept = kept();
            if kept.len() >= TOKENS_MAX {
                kept.retain(|_, claims| !claims.is_over(now));
            }
            // As many that are good at once are more than are worth keeping.
            if kept.len() >= TOKENS_MAX {
                kept.clear();
            }
            kept.insert(hash, claims.clone());
        }
        Ok(claims)
    }
}
