//! What the engine of a book keeps in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kernel::{Amount, CommodityCode, Timestamp, Uuid};

use crate::model::{Account, AccountId, AccountKind, Balance, Limits, Outcome, TransferId};

/// One book's accounts and what is known of its transfers.
pub struct Book {
    pub(super) commodities: Vec<CommodityState>,
    pub(super) commodity_numbers: BTreeMap<CommodityCode, u32>,
    pub(super) accounts: Vec<AccountState>,
    pub(super) account_numbers: HashMap<u128, u32>,
    /// Every transfer's number and the digest of what it said, by its id.
    pub(super) transfers: HashMap<u128, TransferState>,
    pub(super) holds: BTreeMap<u128, HoldState>,
    pub(super) expiries: BTreeSet<(Timestamp, u128)>,
    /// What came of each command with a key.
    pub(super) keys: HashMap<u128, KeyState>,
    pub(super) next_number: u64,
    pub(super) undo: Vec<Undo>,
}

/// A commodity of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CommodityState {
    pub code: CommodityCode,
    pub scale: u8,
}

/// An account. Amounts are debit-positive minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AccountState {
    pub id: u128,
    pub commodity: u32,
    pub code: u16,
    pub kind: AccountKind,
    pub closed: bool,
    pub limits: Limits,
    pub posted: Amount,
    pub held_debit: Amount,
    pub held_credit: Amount,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TransferState {
    pub number: u64,
    pub digest: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HoldState {
    pub debit: u32,
    pub credit: u32,
    pub amount: Amount,
    pub expires: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyState {
    pub body: u128,
    pub outcome: Outcome,
}

/// How to take one change back.
pub(super) enum Undo {
    Account { number: u32, before: AccountState },
    AccountOpened { id: u128 },
    CommodityDefined { code: CommodityCode },
    TransferNoted { id: u128, next_number: u64 },
    HoldAdded { id: u128 },
    HoldRemoved { id: u128, hold: HoldState },
    KeyNoted { id: u128 },
}

impl Book {
    /// A book without accounts.
    #[must_use]
    pub fn new() -> Self {
        Self {
            commodities: Vec::new(),
            commodity_numbers: BTreeMap::new(),
            accounts: Vec::new(),
            account_numbers: HashMap::new(),
            transfers: HashMap::new(),
            holds: BTreeMap::new(),
            expiries: BTreeSet::new(),
            keys: HashMap::new(),
            next_number: 1,
            undo: Vec::new(),
        }
    }

    /// An account.
    #[must_use]
    pub fn account(&self, id: AccountId) -> Option<Account> {
        let number = *self.account_numbers.get(&id.uuid().as_u128())?;
        Some(self.account_at(number))
    }

    /// Every account, in the order of opening.
    pub fn accounts(&self) -> impl Iterator<Item = Account> + '_ {
        (0_u32..).take(self.accounts.len()).map(|number| self.account_at(number))
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

    /// The number of a transfer, if there is one with this id.
    #[must_use]
    pub fn transfer_number(&self, id: TransferId) -> Option<u64> {
        self.transfers.get(&id.uuid().as_u128()).map(|transfer| transfer.number)
    }

    /// The holds that are open: id and amount, in the order of ids.
    pub fn holds(&self) -> impl Iterator<Item = (TransferId, Amount)> + '_ {
        let id = |id: &u128| TransferId::from_uuid(Uuid::from_u128(*id));
        self.holds.iter().map(move |(key, hold)| (id(key), hold.amount))
    }

    fn account_at(&self, number: u32) -> Account {
        let state = &self.accounts[number as usize];
        let commodity = self.commodities[state.commodity as usize];
        let (held_in, held_out) = if state.kind.is_debit_normal() {
            (state.held_debit, state.held_credit)
        } else {
            (state.held_credit, state.held_debit)
        };
        Account {
            id: AccountId::from_uuid(Uuid::from_u128(state.id)),
            number,
            commodity: commodity.code,
            scale: commodity.scale,
            kind: state.kind,
            limits: state.limits,
            code: state.code,
            closed: state.closed,
            balance: Balance { posted: state.kind.natural(state.posted), held_in, held_out },
        }
    }
}

impl Default for Book {
    fn default() -> Self {
        Self::new()
    }
}

impl AccountState {
    /// The lowest and highest natural balance that the holds could lead to.
    pub(super) fn reach(&self) -> Result<(Amount, Amount), kernel::AmountError> {
        let low = self.posted.checked_sub(self.held_credit)?;
        let high = self.posted.checked_add(self.held_debit)?;
        Ok(if self.kind.is_debit_normal() { (low, high) } else { (high.negate(), low.negate()) })
    }
}
