//! What the engine of a book keeps in memory.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Amount, CommodityCode, Date, Timestamp, Uuid};

use super::accounts::{Accounts, Held};
use super::ids::TransferIds;
use super::keys::CommandKeys;
use super::tree::{Node, Tally, Tree};
use crate::model::{Account, AccountId, Balance, Group, GroupBalance, GroupId, Limits, TransferId};

/// One book's accounts and what is known of its transfers.
#[derive(Default)]
pub struct Book {
    pub(super) commodities: Vec<CommodityState>,
    pub(super) commodity_numbers: BTreeMap<CommodityCode, u32>,
    pub(super) accounts: Accounts,
    pub(super) tree: Tree,
    /// The last date of the periods that are closed.
    pub(super) locked_until: Option<Date>,
    /// The ids of all transfers, and of each that was reversed one that is derived from it.
    pub(super) transfers: TransferIds,
    pub(super) holds: BTreeMap<u128, HoldState>,
    pub(super) expiries: BTreeSet<(Timestamp, u128)>,
    /// What came of each command with a key.
    pub(super) keys: CommandKeys,
    /// How many transfers there are.
    pub(super) transfer_count: u64,
    pub(super) undo: Vec<Undo>,
}

/// A commodity of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CommodityState {
    pub code: CommodityCode,
    pub scale: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HoldState {
    pub debit: u32,
    pub credit: u32,
    pub amount: Amount,
    pub expires: Option<Timestamp>,
}

/// How to take one change back.
pub(super) enum Undo {
    Posted { number: u32, before: Amount },
    Held { number: u32, before: Box<Held> },
    Limits { number: u32, before: Box<Limits> },
    Closed { number: u32 },
    Frozen { number: u32, before: bool },
    PeriodLocked { before: Option<Date> },
    AccountOpened,
    GroupOpened,
    NodeAdded,
    TallyPosted { node: u32, before: Amount },
    Tally { node: u32, before: Box<Tally> },
    GroupLimits { node: u32, before: Box<Limits> },
    Placed { number: u32, before: u32 },
    GroupMoved { group: u32, before: Option<u32> },
    CommodityDefined,
    TransferNoted { id: u128 },
    ReversalNoted { id: u128 },
    HoldAdded { id: u128 },
    HoldRemoved { id: u128, hold: Box<HoldState> },
    KeyNoted,
}

impl Book {
    /// A book without accounts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An account.
    #[must_use]
    pub fn account(&self, id: AccountId) -> Option<Account> {
        let number = self.accounts.number(id.uuid().as_u128())?;
        Some(self.account_at(number))
    }

    /// Every account, in the order of opening.
    pub fn accounts(&self) -> impl Iterator<Item = Account> + '_ {
        self.accounts_from(0)
    }

    /// The accounts from a number on, in the order of opening.
    pub fn accounts_from(&self, number: u32) -> impl Iterator<Item = Account> + '_ {
        (number..self.accounts.next_number()).map(|number| self.account_at(number))
    }

    /// Every commodity with its scale, in the order of definition.
    pub fn commodities(&self) -> impl Iterator<Item = (CommodityCode, u8)> + '_ {
        self.commodities.iter().map(|commodity| (commodity.code, commodity.scale))
    }

    /// The scale of a commodity, if the book knows it.
    #[must_use]
    pub fn scale_of(&self, code: CommodityCode) -> Option<u8> {
        let number = *self.commodity_numbers.get(&code)?;
        Some(self.commodities[number as usize].scale)
    }

    /// When a command's key was first seen, if it was.
    #[must_use]
    pub fn first_seen(&self, key: u128) -> Option<Timestamp> {
        self.keys.get(key).map(|known| known.first_seen)
    }

    /// The last date of the periods that are closed.
    #[must_use]
    pub const fn locked_until(&self) -> Option<Date> {
        self.locked_until
    }

    /// The holds that are open: id and amount, in the order of ids.
    pub fn holds(&self) -> impl Iterator<Item = (TransferId, Amount)> + '_ {
        let id = |id: &u128| TransferId::from_uuid(Uuid::from_u128(*id));
        self.holds.iter().map(move |(key, hold)| (id(key), hold.amount))
    }

    /// What is left of a hold that is open, and the decimals of its amount.
    #[must_use]
    pub fn hold_left(&self, id: TransferId) -> Option<(Amount, u8)> {
        let hold = self.holds.get(&id.uuid().as_u128())?;
        let commodity = self.accounts.get(hold.debit).commodity;
        Some((hold.amount, self.commodities[commodity as usize].scale))
    }

    /// Every group, in the order of opening.
    pub fn groups(&self) -> impl Iterator<Item = Group> + '_ {
        self.groups_from(0)
    }

    /// The groups from a number on, in the order of opening.
    pub fn groups_from(&self, number: u32) -> impl Iterator<Item = Group> + '_ {
        (number..self.tree.next_number()).map(|number| self.group_at(number))
    }

    /// The groups and accounts below a group, itself included, or all there are, in the order of
    /// opening; nothing where they are more than `max`. Accounts are not looked at but for their
    /// place.
    #[must_use]
    pub fn below(&self, top: Option<GroupId>, max: usize) -> Option<(Vec<Group>, Vec<Account>)> {
        let top = match top {
            None => None,
            Some(id) => match self.tree.number(id.uuid().as_u128()) {
                None => return Some((Vec::new(), Vec::new())),
                number => number,
            },
        };
        let is_below = |group| {
            top.is_none_or(|top| self.tree.groups_from(Some(group)).any(|above| above == top))
        };
        let below: Vec<bool> = (0..self.tree.next_number()).map(is_below).collect();
        let groups: Vec<u32> =
            (0_u32..).zip(&below).filter(|one| *one.1).map(|one| one.0).collect();
        let room = max.checked_sub(groups.len())?;
        let stands_below = |number: &u32| {
            let group = self.tree.group_of(self.accounts.get(*number).node);
            group.map_or(top.is_none(), |group| below[group as usize])
        };
        let accounts = (0..self.accounts.next_number()).filter(stands_below);
        let accounts: Vec<u32> = accounts.take(room.saturating_add(1)).collect();
        (accounts.len() <= room).then(|| {
            let groups = groups.into_iter().map(|number| self.group_at(number)).collect();
            (groups, accounts.into_iter().map(|number| self.account_at(number)).collect())
        })
    }

    /// A group.
    #[must_use]
    pub fn group(&self, id: GroupId) -> Option<Group> {
        Some(self.group_at(self.tree.number(id.uuid().as_u128())?))
    }

    fn group_id(&self, group: u32) -> GroupId {
        GroupId::from_uuid(Uuid::from_u128(self.tree.id(group)))
    }

    fn group_at(&self, number: u32) -> Group {
        let balance = |(commodity, state): (u32, &CommodityState)| {
            let Node { tally, limits, .. } =
                self.tree.node(self.tree.node_at((number, commodity))?);
            Some(GroupBalance {
                commodity: state.code,
                scale: state.scale,
                posted: tally.posted,
                held_debit: tally.held.debit,
                held_credit: tally.held.credit,
                limits: *limits,
            })
        };
        Group {
            id: self.group_id(number),
            parent: self.tree.parent(number).map(|parent| self.group_id(parent)),
            balances: (0..).zip(&self.commodities).filter_map(balance).collect(),
        }
    }

    fn account_at(&self, number: u32) -> Account {
        let state = self.accounts.get(number);
        let commodity = self.commodities[state.commodity as usize];
        let Held { debit, credit } = self.accounts.held(number);
        let (held_in, held_out) =
            if state.kind.is_debit_normal() { (debit, credit) } else { (credit, debit) };
        Account {
            id: AccountId::from_uuid(Uuid::from_u128(self.accounts.id(number))),
            number,
            commodity: commodity.code,
            scale: commodity.scale,
            kind: state.kind,
            limits: self.accounts.limits(number),
            code: state.code,
            closed: state.closed,
            frozen: state.frozen,
            group: self.tree.group_of(state.node).map(|group| self.group_id(group)),
            balance: Balance { posted: state.kind.natural(state.posted), held_in, held_out },
        }
    }
}
