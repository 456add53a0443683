//! Ids of what a call makes, and the keys of its attempts.
//!
//! What must stay true: a call with an idempotency key makes the same ids each time it is sent, and
//! goes through the same attempts, so that a replay finds what the first one made.

use kernel::id::made_at;
use kernel::{CommandKey, Context, Uuid};
use ledger::model::Reason;
use storage::StorageError;
use storage::crypto::{sha256, short};

use crate::error::WealthError;
use crate::limits::ATTEMPTS_MAX;

/// The `number`-th id of its kind that a call makes: derived from the call's key and the time that
/// was first seen, or a new one where it has no key.
pub(crate) fn new_id(context: &Context, kind: &str, number: u32) -> Uuid {
    let Some(key) = context.key else { return context.env.new_uuid() };
    let parts: [&[u8]; 4] =
        [b"florin.wealth.id.", kind.as_bytes(), &key.id.to_be_bytes(), &number.to_be_bytes()];
    let random = short(sha256(&parts));
    let millis = u64::try_from(key.first_seen.micros() / 1_000).unwrap_or(0);
    made_at(u128::from(millis) << 80, random)
}

/// The attempts at a command that is planned from rows which another call may add meanwhile.
pub(crate) struct Attempts<'a> {
    context: &'a Context,
    number: u32,
}

impl<'a> Attempts<'a> {
    pub(crate) const fn of(context: &'a Context) -> Self {
        Self { context, number: 0 }
    }

    /// The context of this attempt. The ledger remembers a rejection under the key, so that each
    /// attempt has a key of its own, derived from the caller's. Ids are derived from the caller's.
    pub(crate) fn context(&self) -> Context {
        let mut context = self.context.clone();
        if self.number > 0 {
            context.key = context.key.map(|key| CommandKey {
                id: short(sha256(&[
                    b"florin.wealth.attempt",
                    &key.id.to_be_bytes(),
                    &self.number.to_be_bytes(),
                ])),
                ..key
            });
        }
        context
    }

    /// Whether it is worth another attempt: another call added a row or opened an account that
    /// this one was about to.
    pub(crate) fn again(&mut self, error: &WealthError) -> bool {
        self.number += 1;
        let is_lost = error.is_rejected_for(&[Reason::AccountExists, Reason::RowExists])
            || matches!(error, WealthError::Storage(StorageError::Duplicate { .. }));
        is_lost && self.number < ATTEMPTS_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Actor, Env, ManualClock, SeededEntropy, TenantId, Timestamp};

    fn context(key: Option<u128>) -> Context {
        let clock = ManualClock::at("2026-03-31T10:30:00Z".parse().unwrap());
        let env = Env::new(clock, SeededEntropy::new(1));
        let mut context = Context::new(env, TenantId::COMMON, Actor::Owner);
        let first_seen: Timestamp = "2026-03-30T00:00:00Z".parse().unwrap();
        context.key = key.map(|id| CommandKey { id, body: 7, first_seen });
        context
    }

    #[test]
    fn a_key_gives_the_same_ids_and_another_key_others() {
        let id = new_id(&context(Some(1)), "asset", 0);
        assert_eq!(id, new_id(&context(Some(1)), "asset", 0));
        for other in [
            new_id(&context(Some(2)), "asset", 0),
            new_id(&context(Some(1)), "asset", 1),
            new_id(&context(Some(1)), "account", 0),
            new_id(&context(None), "asset", 0),
        ] {
            assert_ne!(id, other);
        }
        let text = id.to_string();
        assert_eq!((&text[..13], &text[14..15]), ("019d3c0a-4800", "7"), "{text}");
        assert!("89ab".contains(&text[19..20]), "{text}");
    }

    #[test]
    fn each_attempt_has_its_own_key() {
        let context = context(Some(1));
        let mut attempts = Attempts::of(&context);
        let lost = || {
            let place = String::new();
            WealthError::Storage(StorageError::Duplicate { place, constraint: String::new() })
        };
        let mut keys = Vec::new();
        loop {
            keys.push(attempts.context().key.unwrap().id);
            if !attempts.again(&lost()) {
                break;
            }
        }
        assert_eq!((keys.len(), keys[0]), (ATTEMPTS_MAX as usize, 1));
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), ATTEMPTS_MAX as usize);
        assert!(!Attempts::of(&context).again(&WealthError::NoBook));
    }
}
