//! What came of commands with a key: each is executed once, for ever, in memory that is bounded.
//!
//! The latest are in memory. Of one that the tables hold too, only a trace in a filter may be left:
//! whoever decides must then ask the tables for the record in which its key stands
//! ([`CommandKeys::is_unsure`]), and say what stands there.
//!
//! What must stay true: a key is in memory, or in the filter and in the tables.

use std::collections::VecDeque;

use hashbrown::HashMap;
use kernel::Timestamp;

use super::filter::{Filter, Stretch};
use crate::model::Outcome;

/// The keys that are kept even if the tables hold them: what is sent again, is soon.
const KEYS_KEPT: usize = 32_768;
/// How many keys come in before the tables are asked again how far they are.
const KEYS_BETWEEN_QUESTIONS: usize = 4_096;

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyState {
    /// A hash of what was asked.
    pub body: u128,
    /// When it was asked first.
    pub first_seen: Timestamp,
    pub outcome: Outcome,
}

/// The keys of commands.
#[derive(Default)]
pub(super) struct CommandKeys {
    known: HashMap<u128, KeyState>,
    /// Those in memory, the oldest first, each with the number of transfers after its command.
    order: VecDeque<(u128, u64)>,
    /// Those that were dropped.
    dropped: Filter,
    /// What the tables know of the key that was asked for last.
    recalled: Option<(u128, KeyState)>,
    since_question: usize,
}

impl CommandKeys {
    /// What came of the command with a key. Where [`Self::is_unsure`] says so, only if it was
    /// recalled.
    pub(super) fn get(&self, id: u128) -> Option<&KeyState> {
        let recalled = self.recalled.as_ref().filter(|(recalled, _)| *recalled == id);
        self.known.get(&id).or(recalled.map(|(_, state)| state))
    }

    /// Whether only the tables know if there was a command with a key.
    pub(super) fn is_unsure(&self, id: u128) -> bool {
        self.get(id).is_none() && self.dropped.may_contain(id)
    }

    /// Takes what the tables know of a key.
    pub(super) fn recall(&mut self, id: u128, state: KeyState) {
        self.recalled = Some((id, state));
    }

    /// Notes what came of a command; the book had so many transfers after it.
    pub(super) fn note(&mut self, id: u128, state: KeyState, transfers: u64) {
        self.since_question += 1;
        self.known.insert(id, state);
        self.order.push_back((id, transfers));
    }

    /// Takes the key back that was noted last.
    pub(super) fn take_back(&mut self) {
        if let Some((id, _)) = self.order.pop_back() {
            self.known.remove(&id);
        }
    }

    /// Whether there is more in memory than should be, and it is time to ask what the tables hold.
    pub(super) fn is_crowded(&self) -> bool {
        self.since_question >= KEYS_BETWEEN_QUESTIONS && self.order.len() > KEYS_KEPT
    }

    /// Drops what the tables hold: every record up to one with this transfer. A key is in them
    /// where a transfer is that came after its command.
    pub(super) fn forget(&mut self, archived: u64) {
        self.since_question = 0;
        while self.order.len() > KEYS_KEPT
            && let Some((id, _)) = self.order.pop_front_if(|(_, before)| *before < archived)
        {
            self.known.remove(&id);
            self.dropped.insert(id);
        }
    }

    /// Those in memory, the oldest first, each with the number of transfers after its command.
    pub(super) fn in_order(&self) -> impl Iterator<Item = (u128, u64, &KeyState)> + Send {
        self.order.iter().filter_map(|(id, after)| Some((*id, *after, self.known.get(id)?)))
    }

    /// The traces of the others.
    pub(super) const fn dropped(&self) -> &Filter {
        &self.dropped
    }

    /// Takes traces back that were written down; false where they do not fit.
    pub(super) fn restore_dropped(&mut self, stretch: &Stretch) -> bool {
        self.dropped.restore(stretch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(number: u64) -> KeyState {
        let outcome =
            Outcome::Done { first_number: number, rejections: Vec::new(), found: Vec::new() };
        KeyState { body: u128::from(number), first_seen: Timestamp::from_micros(7), outcome }
    }

    #[test]
    fn a_key_is_in_memory_or_the_tables_are_asked() {
        let mut keys = CommandKeys::default();
        let count = 4 * KEYS_KEPT as u64;
        for number in 1..=count {
            keys.note(u128::from(number), state(number), number);
            if keys.is_crowded() {
                keys.forget(number - 1_000);
            }
        }
        let most = KEYS_KEPT + 2 * KEYS_BETWEEN_QUESTIONS;
        assert!(keys.known.len() <= most && keys.order.len() <= most, "{}", keys.known.len());
        for number in 1..=count {
            let id = u128::from(number);
            match keys.get(id) {
                Some(found) => assert_eq!(found.body, id),
                None => assert!(keys.is_unsure(id), "{number} is forgotten"),
            }
        }
        let strange = (count + 1..2 * count).filter(|key| keys.is_unsure(u128::from(*key))).count();
        assert!(strange < 1_000, "the tables are asked for {strange} new keys");
        keys.recall(1, state(1));
        assert!(keys.get(1).is_some() && !keys.is_unsure(1) && keys.is_unsure(2));
    }

    #[test]
    fn what_the_tables_may_lack_is_kept() {
        let mut keys = CommandKeys::default();
        // None of these made a transfer after the ninth.
        (0..2 * KEYS_KEPT as u64).for_each(|number| keys.note(u128::from(number), state(0), 9));
        keys.forget(9);
        assert_eq!(keys.known.len(), 2 * KEYS_KEPT);
        keys.forget(10);
        assert_eq!(keys.known.len(), KEYS_KEPT);
        keys.take_back();
        assert!(keys.get(2 * KEYS_KEPT as u128 - 1).is_none());
    }
}
