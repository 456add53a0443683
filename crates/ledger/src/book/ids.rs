//! The ids of a book's transfers: each is used once, for ever, in memory that is bounded.
//!
//! An id of version 7 (RFC 9562) says when it was made. One that was made after the *horizon* is in
//! memory if it was ever used, so that nothing else needs to be asked about it. One that is older,
//! or says no time, is in memory only until the tables hold it; from then on whoever decides must
//! ask them first ([`TransferIds::is_unsure`]) and say what they answered. Of those that say no
//! time a trace is kept, so that nobody asks about most of the new ones.
//!
//! What must stay true: an id is in the slab of the time that it says, or among the odd ones; what
//! is dropped from memory is in the tables.

use std::collections::VecDeque;

use hashbrown::{HashMap, HashSet};
use kernel::Timestamp;

use super::filter::{Filter, Stretch};

/// The ids of a slab, after which the next begins.
const SLAB_IDS: usize = 131_072;
/// The slabs that are kept even if the tables hold them: what is sent again, is soon.
const SLABS_KEPT: usize = 4;
/// The odd ids that are kept even if the tables hold them.
const ODD_KEPT: usize = 131_072;
/// How many ids come in before the tables are asked again how far they are.
const IDS_BETWEEN_QUESTIONS: usize = 16_384;
/// How far an id's time may be ahead of the clock.
const AHEAD_MS_MAX: u64 = 60_000;

/// The ids that were used.
pub(super) struct TransferIds {
    /// By the time from which their ids were made; the first begins at the horizon.
    slabs: VecDeque<Slab>,
    /// Those that say no time, or were used long after it or before it; with their numbers.
    odd: HashMap<u128, u64>,
    /// The odd ones that say no time and were dropped.
    dropped_odd: Filter,
    /// What the tables know of the command that is decided now.
    learnt: HashSet<u128>,
    since_question: usize,
}

/// What is noted, in the order in which it is written down.
pub(super) enum Noted {
    /// What follows is all that is noted.
    Begin,
    /// A slab: from when, and the last number noted in it.
    Slab { start_ms: u64, last: u64 },
    /// An id of the slab before it.
    Id(u128),
    /// An odd id.
    Odd { id: u128, number: u64 },
}

struct Slab {
    start_ms: u64,
    /// The number of the last transfer that is noted here.
    last: u64,
    ids: HashSet<u128>,
}

impl Default for TransferIds {
    fn default() -> Self {
        Self {
            slabs: VecDeque::from([Slab { start_ms: 0, last: 0, ids: HashSet::new() }]),
            odd: HashMap::new(),
            dropped_odd: Filter::default(),
            learnt: HashSet::new(),
            since_question: 0,
        }
    }
}

impl TransferIds {
    /// Whether an id was used. Where [`Self::is_unsure`] says so, only as far as was learnt.
    pub(super) fn contains(&self, id: u128) -> bool {
        self.slab_of(id).is_some_and(|slab| self.slabs[slab].ids.contains(&id))
            || self.odd.contains_key(&id)
            || self.learnt.contains(&id)
    }

    /// Whether only the tables know if an id was used.
    pub(super) fn is_unsure(&self, id: u128) -> bool {
        let may_be_dropped = match made_ms(id) {
            Some(_) => self.slab_of(id).is_none(),
            None => self.dropped_odd.may_contain(id),
        };
        may_be_dropped && !self.odd.contains_key(&id)
    }

    /// Takes the tables' answer about the ids of the next command.
    pub(super) fn learn(&mut self, used: Vec<u128>) {
        self.learnt.clear();
        self.learnt.extend(used);
    }

    /// Whether an id says a time that has not come.
    pub(super) fn is_ahead(id: u128, now: Timestamp) -> bool {
        made_ms(id).is_some_and(|made| made > ms(now) + AHEAD_MS_MAX)
    }

    /// Notes an id that is used by the transfer with a number.
    pub(super) fn insert(&mut self, id: u128, number: u64, now: Timestamp) {
        self.since_question += 1;
        let now = ms(now);
        let slab = self.slab_of(id).filter(|_| made_ms(id).is_some_and(|made| made <= now));
        match slab.and_then(|slab| self.slabs.get_mut(slab)) {
            Some(slab) => {
                slab.ids.insert(id);
                slab.last = number;
            }
            None => {
                self.odd.insert(id, number);
            }
        }
        let is_full = self
            .slabs
            .back()
            .is_some_and(|slab| slab.ids.len() >= SLAB_IDS && slab.start_ms <= now);
        if is_full {
            // What was made until now belongs to the slabs before it.
            self.slabs.push_back(Slab { start_ms: now + 1, last: 0, ids: HashSet::new() });
        }
    }

    /// Takes an id back.
    pub(super) fn remove(&mut self, id: u128) {
        if self.odd.remove(&id).is_none()
            && let Some(slab) = self.slab_of(id)
        {
            self.slabs[slab].ids.remove(&id);
        }
    }

    /// Whether there is more in memory than should be, and it is time to ask what the tables hold.
    pub(super) fn is_crowded(&self) -> bool {
        self.since_question >= IDS_BETWEEN_QUESTIONS
            && (self.slabs.len() > SLABS_KEPT + 1 || self.odd.len() > ODD_KEPT)
    }

    /// Drops what the tables hold: all transfers up to a number.
    pub(super) fn forget(&mut self, archived: u64) {
        self.since_question = 0;
        while self.slabs.len() > SLABS_KEPT
            && self.slabs.front().is_some_and(|slab| slab.last <= archived)
        {
            self.slabs.pop_front();
        }
        if self.odd.len() > ODD_KEPT {
            let horizon = self.horizon_ms();
            // An id whose time is still to come would be looked for in a slab.
            let is_kept = |id: u128, number: u64| {
                number > archived || made_ms(id).is_some_and(|made| made >= horizon)
            };
            let dropped = self.odd.extract_if(|id, number| !is_kept(*id, *number));
            // Of those that say a time the horizon tells.
            let timeless = dropped.map(|(id, _)| id).filter(|id| made_ms(*id).is_none());
            timeless.for_each(|id| self.dropped_odd.insert(id));
        }
    }

    /// The slabs, the oldest first: from when, the last number, and the ids in their order.
    pub(super) fn slabs(&self) -> impl Iterator<Item = (u64, u64, Vec<u128>)> + Send {
        self.slabs.iter().map(|slab| (slab.start_ms, slab.last, sorted(slab.ids.iter().copied())))
    }

    /// The odd ids with their numbers, in their order.
    pub(super) fn odd_ids(&self) -> Vec<(u128, u64)> {
        sorted(self.odd.iter().map(|(id, number)| (*id, *number)))
    }

    /// The traces of the odd ids that were dropped.
    pub(super) const fn dropped_odd(&self) -> &Filter {
        &self.dropped_odd
    }

    /// Takes traces back that were written down; false where they do not fit.
    pub(super) fn restore_dropped_odd(&mut self, stretch: &Stretch) -> bool {
        self.dropped_odd.restore(stretch)
    }

    /// Takes back what was written down of ids; where there was nothing yet.
    pub(super) fn restore(&mut self, noted: Noted) {
        match noted {
            Noted::Begin => self.slabs.clear(),
            Noted::Slab { start_ms, last } => {
                self.slabs.push_back(Slab { start_ms, last, ids: HashSet::new() });
            }
            Noted::Id(id) => {
                if let Some(slab) = self.slabs.back_mut() {
                    slab.ids.insert(id);
                }
            }
            Noted::Odd { id, number } => {
                self.odd.insert(id, number);
            }
        }
    }

    fn horizon_ms(&self) -> u64 {
        self.slabs.front().map_or(0, |slab| slab.start_ms)
    }

    /// The slab in which an id would be, if it says a time after the horizon.
    fn slab_of(&self, id: u128) -> Option<usize> {
        let made = made_ms(id)?;
        // Nearly all are of the last one.
        let newer = self.slabs.iter().rev().position(|slab| slab.start_ms <= made)?;
        Some(self.slabs.len() - 1 - newer)
    }
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort_unstable();
    items
}

/// When an id says that it was made, in milliseconds since 1970.
pub(crate) fn made_ms(id: u128) -> Option<u64> {
    let (version, variant) = ((id >> 76) & 0xf, (id >> 62) & 0b11);
    (version == 7 && variant == 0b10).then(|| u64::try_from(id >> 80).unwrap_or(0))
}

pub(crate) fn ms(time: Timestamp) -> u64 {
    u64::try_from(time.micros() / 1_000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet as Model;

    use proptest::prelude::*;

    use super::*;

    fn id(made_ms: u64, random: u64) -> u128 {
        u128::from(made_ms) << 80 | 7 << 76 | 0b10 << 62 | u128::from(random & 0xffff)
    }

    /// What is done: ids made so long before (or after) now, in a mixture that repeats some.
    #[derive(Clone, Debug)]
    struct Act {
        passes_ms: u64,
        made_before_ms: i64,
        random: u64,
        kind: u8,
    }

    fn acts() -> impl Strategy<Value = Vec<Act>> {
        let act = (0_u64..40, -30_000_i64..30_000, 0_u64..20, 0_u8..12).prop_map(
            |(passes_ms, before, random, kind)| {
                // Most are made within some milliseconds of now.
                let made_before_ms = if kind < 8 { before.rem_euclid(20) } else { before };
                Act { passes_ms, made_before_ms, random, kind }
            },
        );
        prop::collection::vec(act, 1..400)
    }

    /// With slabs of a few ids, so that much is dropped.
    fn run(acts: &[Act]) {
        let mut ids = TransferIds::default();
        let (mut used, mut tables) = (Model::new(), Model::new());
        let mut now_ms: u64 = 1_000_000;
        for (number, act) in (1_u64..).zip(acts) {
            now_ms += act.passes_ms;
            let now = Timestamp::from_micros(i64::try_from(now_ms * 1_000).unwrap());
            let made = now_ms.saturating_add_signed(-act.made_before_ms);
            let id = if act.kind == 11 { u128::from(act.random) } else { id(made, act.random) };
            ids.learn(Vec::new());
            if ids.is_unsure(id) {
                ids.learn(tables.get(&id).copied().into_iter().collect());
            }
            assert_eq!(ids.contains(id), used.contains(&id), "{act:?}");
            if used.insert(id) {
                ids.insert(id, number, now);
                tables.insert(id);
                if act.kind % 5 == 0 {
                    ids.remove(id);
                    used.remove(&id);
                    tables.remove(&id);
                }
            }
            if act.kind % 3 == 0 {
                drop_all(&mut ids, number, now_ms);
            }
        }
    }

    /// Everything that may be dropped, is: the tables hold all.
    fn drop_all(ids: &mut TransferIds, archived: u64, now_ms: u64) {
        ids.slabs.push_back(Slab { start_ms: now_ms + 1, last: 0, ids: HashSet::new() });
        while ids.slabs.len() > 2 {
            assert!(ids.slabs.front().is_some_and(|slab| slab.last <= archived));
            ids.slabs.pop_front();
        }
        let horizon = ids.horizon_ms();
        let dropped = ids.odd.extract_if(|id, _| made_ms(*id).is_none_or(|made| made < horizon));
        let timeless = dropped.map(|(id, _)| id).filter(|id| made_ms(*id).is_none());
        timeless.for_each(|id| ids.dropped_odd.insert(id));
    }

    proptest! {
        #[test]
        fn an_id_is_known_for_ever(acts in acts()) {
            run(&acts);
        }
    }

    #[test]
    fn memory_is_bounded_where_the_tables_follow() {
        let mut ids = TransferIds::default();
        for number in 1..2_000_000_u64 {
            let now = Timestamp::from_micros(i64::try_from(number * 100).unwrap());
            let odd = number.is_multiple_of(5);
            ids.insert(if odd { u128::from(number) } else { id(ms(now), number) }, number, now);
            if ids.is_crowded() {
                ids.forget(number - 1_000);
            }
        }
        let in_slabs: usize = ids.slabs.iter().map(|slab| slab.ids.len()).sum();
        assert!(in_slabs <= SLAB_IDS * (SLABS_KEPT + 3), "{in_slabs}");
        assert!(ids.odd.len() <= ODD_KEPT + 2 * IDS_BETWEEN_QUESTIONS, "{}", ids.odd.len());
    }
}
