//! The accounts of a book, by number in the order of opening.
//!
//! What every transfer touches is 32 bytes an account; limits and holds, which few accounts have,
//! stand beside. The index from ids to numbers holds numbers only and looks the ids up.

use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use kernel::{Amount, AmountError};

use crate::model::{AccountKind, Limits};

/// An account, as far as every transfer needs it. Amounts are debit-positive minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AccountState {
    pub posted: Amount,
    pub commodity: u32,
    pub code: u16,
    pub kind: AccountKind,
    pub closed: bool,
    pub frozen: bool,
    /// The node of its group in its commodity.
    pub node: u32,
}

// Two of them fill a line of the processor's cache.
const _: () = assert!(size_of::<AccountState>() == 32);

/// What open holds would move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub debit: Amount,
    pub credit: Amount,
}

/// All accounts.
#[derive(Default)]
pub(super) struct Accounts {
    ids: Vec<u128>,
    states: Vec<AccountState>,
    limits: HashMap<u32, Limits>,
    held: HashMap<u32, Held>,
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Accounts {
    /// The number that the next account gets.
    pub(super) fn next_number(&self) -> u32 {
        // Memory ends long before 32 bits do.
        u32::try_from(self.ids.len()).unwrap_or(u32::MAX)
    }

    /// The number of an account.
    pub(super) fn number(&self, id: u128) -> Option<u32> {
        let is_it = |number: &u32| self.ids[*number as usize] == id;
        self.numbers.find(self.hasher.hash_one(id), is_it).copied()
    }

    pub(super) fn id(&self, number: u32) -> u128 {
        self.ids[number as usize]
    }

    /// The id of a number that may be none of an account.
    pub(super) fn known_id(&self, number: u32) -> Option<u128> {
        self.ids.get(number as usize).copied()
    }

    pub(super) fn get(&self, number: u32) -> &AccountState {
        &self.states[number as usize]
    }

    pub(super) fn get_mut(&mut self, number: u32) -> &mut AccountState {
        &mut self.states[number as usize]
    }

    pub(super) fn limits(&self, number: u32) -> Limits {
        self.limits.get(&number).copied().unwrap_or_default()
    }

    pub(super) fn held(&self, number: u32) -> Held {
        self.held.get(&number).copied().unwrap_or_default()
    }

    /// Sets the limits; what they were before.
    pub(super) fn set_limits(&mut self, number: u32, limits: Limits) -> Limits {
        let before = match limits == Limits::default() {
            true => self.limits.remove(&number),
            false => self.limits.insert(number, limits),
        };
        before.unwrap_or_default()
    }

    /// Sets what is held; what it was before.
    pub(super) fn set_held(&mut self, number: u32, held: Held) -> Held {
        let before = match held == Held::default() {
            true => self.held.remove(&number),
            false => self.held.insert(number, held),
        };
        before.unwrap_or_default()
    }

    /// Makes room for so many in all.
    pub(super) fn reserve(&mut self, count: u32) {
        let more = (count as usize).saturating_sub(self.ids.len());
        self.ids.reserve_exact(more);
        self.states.reserve_exact(more);
        let (ids, hasher) = (&self.ids, &self.hasher);
        self.numbers.reserve(more, |number| hasher.hash_one(ids[*number as usize]));
    }

    /// Adds an account; its number.
    pub(super) fn push(&mut self, id: u128, state: AccountState) -> u32 {
        let number = self.next_number();
        self.ids.push(id);
        self.states.push(state);
        let (ids, hasher) = (&self.ids, &self.hasher);
        let hash = |number: &u32| hasher.hash_one(ids[*number as usize]);
        self.numbers.insert_unique(hasher.hash_one(id), number, hash);
        number
    }

    /// Takes the account that was added last away.
    pub(super) fn pop(&mut self) {
        let Some(id) = self.ids.last().copied() else { return };
        let is_it = |number: &u32| self.ids[*number as usize] == id;
        if let Ok(entry) = self.numbers.find_entry(self.hasher.hash_one(id), is_it) {
            let (number, _) = entry.remove();
            self.limits.remove(&number);
            self.held.remove(&number);
        }
        self.ids.pop();
        self.states.pop();
    }

    /// Whether nothing limits the account and nothing is held on it.
    pub(super) fn is_plain(&self, number: u32) -> bool {
        !self.limits.contains_key(&number) && !self.held.contains_key(&number)
    }
}

/// The lowest and highest natural balance that the holds could lead to.
pub(super) fn reach(
    kind: AccountKind,
    posted: Amount,
    held: Held,
) -> Result<(Amount, Amount), AmountError> {
    let low = posted.checked_sub(held.credit)?;
    let high = posted.checked_add(held.debit)?;
    Ok(if kind.is_debit_normal() { (low, high) } else { (high.negate(), low.negate()) })
}
