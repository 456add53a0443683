//! The rules. Everything here only looks; what it allows, `apply` does.

use kernel::{Amount, Timestamp, Uuid};
use storage::crypto::{sha256, short};

use super::accounts::{AccountState, Held, reach};
use super::ids::TransferIds;
use super::state::{Book, HoldState};
use crate::model::{
    Balancing, Limits, Movement, NewAccount, NewTransfer, Reason, Rejection, Rest, Step, TransferId,
};

/// The most steps of one command: they are decided while every other caller waits.
pub const STEPS_MAX: usize = 10_000;

/// What a transfer does to the accounts, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Post { debit: u32, credit: u32, amount: Amount },
    CloseInto { account: u32, into: u32, balance: Amount },
    Hold { debit: u32, credit: u32, amount: Amount, expires: Option<Timestamp> },
    PostHold { hold: u128, amount: Amount, rest: Rest },
    VoidHold { hold: u128 },
}

/// A step that is allowed.
pub(super) enum Allowed {
    Nothing,
    Commodity,
    Account { commodity: u32 },
    Limits { number: u32 },
    Close { number: u32 },
    Freeze { number: u32 },
    LockPeriod,
    Transfer(Effect),
}

pub(super) type Verdict<T> = Result<T, (Reason, Option<u128>)>;

/// A change of one account: what is posted, and what is held on each side.
struct Change {
    number: u32,
    posted: Amount,
    held_debit: Amount,
    held_credit: Amount,
}

impl Book {
    pub(super) fn allow(&self, time: Timestamp, step: &Step) -> Verdict<Allowed> {
        match step {
            Step::Transfer(transfer) => self.allow_transfer(time, transfer).map(Allowed::Transfer),
            Step::DefineCommodity { code, scale } => match self.scale_of(*code) {
                None => Ok(Allowed::Commodity),
                Some(known) if known == *scale => Ok(Allowed::Nothing),
                Some(_) => Err((Reason::CommodityDiffers, None)),
            },
            Step::OpenAccount(account) => self.allow_account(account),
            Step::SetLimits { account, .. } => {
                let (number, _) = self.open_account(account.uuid())?;
                Ok(Allowed::Limits { number })
            }
            Step::CloseAccount { account } => {
                let (number, _) = self.open_account(account.uuid())?;
                self.allow_unheld(number)?;
                Ok(Allowed::Close { number })
            }
            Step::Freeze { account, .. } => {
                let (number, _) = self.open_account(account.uuid())?;
                Ok(Allowed::Freeze { number })
            }
            Step::LockPeriod { .. } => Ok(Allowed::LockPeriod),
        }
    }

    fn allow_account(&self, account: &NewAccount) -> Verdict<Allowed> {
        let id = account.id.uuid().as_u128();
        if self.accounts.number(id).is_some() {
            return Err((Reason::AccountExists, Some(id)));
        }
        let commodity = self.commodity_numbers.get(&account.commodity);
        let commodity = *commodity.ok_or((Reason::CommodityUnknown, None))?;
        Ok(Allowed::Account { commodity })
    }

    fn allow_transfer(&self, time: Timestamp, transfer: &NewTransfer) -> Verdict<Effect> {
        self.allow_ids(time, transfer)?;
        match transfer.movement {
            Movement::Post { debit, credit, amount } => {
                above_zero(amount)?;
                let (debit, credit) = self.allow_pair(debit.uuid(), credit.uuid())?;
                self.allow_change(&Change::posted(debit, amount))?;
                self.allow_change(&Change::posted(credit, amount.negate()))?;
                Ok(Effect::Post { debit, credit, amount })
            }
            Movement::PostUpTo { debit, credit, maximum, balancing } => {
                maximum.map_or(Ok(()), above_zero)?;
                let (debit, credit) = self.allow_pair(debit.uuid(), credit.uuid())?;
                let amount = self.available(debit, credit, maximum, balancing)?;
                self.allow_change(&Change::posted(debit, amount))?;
                self.allow_change(&Change::posted(credit, amount.negate()))?;
                Ok(Effect::Post { debit, credit, amount })
            }
            Movement::CloseInto { account, into } => {
                let (account, into) = self.allow_pair(account.uuid(), into.uuid())?;
                self.allow_unheld(account)?;
                let balance = self.accounts.get(account).posted;
                self.allow_change(&Change::posted(into, balance))?;
                self.allow_change(&Change::posted(account, balance.negate()))?;
                Ok(Effect::CloseInto { account, into, balance })
            }
            Movement::Hold { debit, credit, amount, expires } => {
                above_zero(amount)?;
                let (debit, credit) = self.allow_pair(debit.uuid(), credit.uuid())?;
                if expires.is_some_and(|expires| expires <= time) {
                    return Err((Reason::ExpiryPast, None));
                }
                let none = Change::posted(debit, Amount::ZERO);
                self.allow_change(&Change { held_debit: amount, ..none })?;
                let none = Change::posted(credit, Amount::ZERO);
                self.allow_change(&Change { held_credit: amount, ..none })?;
                Ok(Effect::Hold { debit, credit, amount, expires })
            }
            Movement::PostHold { hold, amount, rest } => {
                let (hold, state) = self.allow_hold(hold)?;
                for number in [state.debit, state.credit] {
                    if self.accounts.get(number).frozen {
                        return Err((Reason::AccountFrozen, Some(self.accounts.id(number))));
                    }
                }
                let amount = amount.unwrap_or(state.amount);
                above_zero(amount)?;
                if amount > state.amount {
                    return Err((Reason::HoldExceeded, Some(hold)));
                }
                let released = match rest {
                    Rest::Release => state.amount.negate(),
                    Rest::Keep => amount.negate(),
                };
                let one = Change::posted(state.debit, amount);
                self.allow_change(&Change { held_debit: released, ..one })?;
                let other = Change::posted(state.credit, amount.negate());
                self.allow_change(&Change { held_credit: released, ..other })?;
                Ok(Effect::PostHold { hold, amount, rest })
            }
            Movement::VoidHold { hold } => Ok(Effect::VoidHold { hold: self.allow_hold(hold)?.0 }),
        }
    }

    /// Whether a transfer may have its id, count from its date, and reverse what it says.
    fn allow_ids(&self, time: Timestamp, transfer: &NewTransfer) -> Verdict<()> {
        let id = transfer.id.uuid().as_u128();
        if self.transfers.contains(id) {
            return Err((Reason::TransferExists, Some(id)));
        }
        if TransferIds::is_ahead(id, time) {
            return Err((Reason::IdAhead, Some(id)));
        }
        if self.locked_until.is_some_and(|until| transfer.effective <= until) {
            return Err((Reason::PeriodLocked, Some(id)));
        }
        if let Some(original) = transfer.reverses {
            self.allow_reversal(transfer, original.uuid().as_u128())?;
        }
        Ok(())
    }

    fn allow_reversal(&self, transfer: &NewTransfer, original: u128) -> Verdict<()> {
        if !matches!(transfer.movement, Movement::Post { .. }) {
            return Err((Reason::ReversalNotPosting, Some(transfer.id.uuid().as_u128())));
        }
        if !self.transfers.contains(original) {
            return Err((Reason::TransferUnknown, Some(original)));
        }
        if self.transfers.contains(reversal_of(original)) {
            return Err((Reason::AlreadyReversed, Some(original)));
        }
        Ok(())
    }

    fn allow_pair(&self, debit: Uuid, credit: Uuid) -> Verdict<(u32, u32)> {
        if debit == credit {
            return Err((Reason::SameAccount, Some(debit.as_u128())));
        }
        let (debit, one) = self.usable_account(debit)?;
        let (credit_number, other) = self.usable_account(credit)?;
        if one.commodity != other.commodity {
            return Err((Reason::CommoditiesMixed, Some(credit.as_u128())));
        }
        Ok((debit, credit_number))
    }

    fn allow_unheld(&self, number: u32) -> Verdict<()> {
        match self.accounts.held(number) == Held::default() {
            true => Ok(()),
            false => Err((Reason::AccountHeld, Some(self.accounts.id(number)))),
        }
    }

    fn allow_hold(&self, hold: TransferId) -> Verdict<(u128, &HoldState)> {
        let id = hold.uuid().as_u128();
        let state = self.holds.get(&id).ok_or((Reason::HoldNotOpen, Some(id)))?;
        for number in [state.debit, state.credit] {
            if self.accounts.get(number).closed {
                return Err((Reason::AccountClosed, Some(self.accounts.id(number))));
            }
        }
        Ok((id, state))
    }

    fn open_account(&self, id: Uuid) -> Verdict<(u32, &AccountState)> {
        let id = id.as_u128();
        let number = self.accounts.number(id).ok_or((Reason::AccountUnknown, Some(id)))?;
        let state = self.accounts.get(number);
        if state.closed {
            return Err((Reason::AccountClosed, Some(id)));
        }
        Ok((number, state))
    }

    /// An account that something may be booked on.
    fn usable_account(&self, id: Uuid) -> Verdict<(u32, &AccountState)> {
        let (number, state) = self.open_account(id)?;
        match state.frozen {
            true => Err((Reason::AccountFrozen, Some(id.as_u128()))),
            false => Ok((number, state)),
        }
    }

    /// Whether an account may stand as it would after a change. One that is beyond a limit already
    /// (the limit came later) may move towards it, not further away.
    fn allow_change(&self, change: &Change) -> Verdict<()> {
        let number = change.number;
        let state = self.accounts.get(number);
        let overflow = |_| (Reason::Overflow, Some(self.accounts.id(number)));
        let posted = state.posted.checked_add(change.posted).map_err(overflow)?;
        let holds = !change.held_debit.is_zero() || !change.held_credit.is_zero();
        if !holds && self.accounts.is_plain(number) {
            return Ok(());
        }
        let before = self.accounts.held(number);
        let held = Held {
            debit: before.debit.checked_add(change.held_debit).map_err(overflow)?,
            credit: before.credit.checked_add(change.held_credit).map_err(overflow)?,
        };
        let (low_before, high_before) =
            reach(state.kind, state.posted, before).map_err(overflow)?;
        let (low, high) = reach(state.kind, posted, held).map_err(overflow)?;
        let Limits { floor, ceiling } = self.accounts.limits(number);
        if floor.is_some_and(|floor| low < floor && low < low_before) {
            return Err((Reason::BelowFloor, Some(self.accounts.id(number))));
        }
        if ceiling.is_some_and(|ceiling| high > ceiling && high > high_before) {
            return Err((Reason::AboveCeiling, Some(self.accounts.id(number))));
        }
        Ok(())
    }

    /// How much a balancing transfer moves.
    fn available(
        &self,
        debit: u32,
        credit: u32,
        maximum: Option<Amount>,
        balancing: Balancing,
    ) -> Verdict<Amount> {
        let rooms = [
            self.room(debit, true, balancing == Balancing::Debit)?,
            self.room(credit, false, balancing == Balancing::Credit)?,
            maximum.map(Amount::minor),
        ];
        // The balanced account always has a bound.
        match rooms.into_iter().flatten().min() {
            Some(minor) if minor > 0 => Ok(Amount::from_minor(minor)),
            _ => {
                let balanced = if balancing == Balancing::Debit { debit } else { credit };
                Err((Reason::NothingAvailable, Some(self.accounts.id(balanced))))
            }
        }
    }

    /// How much an account may be debited or credited until it reaches its limit, holds counted;
    /// one that is `balanced` and has none reaches it at zero.
    fn room(&self, number: u32, debited: bool, balanced: bool) -> Verdict<Option<i128>> {
        let state = self.accounts.get(number);
        let overflow = |_| (Reason::Overflow, Some(self.accounts.id(number)));
        let held = self.accounts.held(number);
        let (low, high) = reach(state.kind, state.posted, held).map_err(overflow)?;
        let zero = balanced.then_some(Amount::ZERO);
        let Limits { floor, ceiling } = self.accounts.limits(number);
        // A difference of more than an amount can hold is more than any maximum, or than nothing.
        Ok(if state.kind.is_debit_normal() == debited {
            let ceiling = ceiling.or(zero);
            ceiling.map(|ceiling| ceiling.minor().saturating_sub(high.minor()))
        } else {
            floor.or(zero).map(|floor| low.minor().saturating_sub(floor.minor()))
        })
    }

    /// The holds whose time has come.
    pub(super) fn expired_at(&self, time: Timestamp) -> Vec<TransferId> {
        let expired = self.expiries.iter().take_while(|(expires, _)| *expires <= time);
        expired.map(|(_, id)| TransferId::from_uuid(Uuid::from_u128(*id))).collect()
    }
}

fn above_zero(amount: Amount) -> Verdict<()> {
    if amount > Amount::ZERO { Ok(()) } else { Err((Reason::AmountNotPositive, None)) }
}

impl Effect {
    /// How much is posted; of a closing, the balance that it moves, debits positive.
    pub(super) const fn posted(&self) -> Amount {
        match self {
            Self::Post { amount, .. } | Self::PostHold { amount, .. } => *amount,
            Self::CloseInto { balance, .. } => *balance,
            Self::Hold { .. } | Self::VoidHold { .. } => Amount::ZERO,
        }
    }
}

impl Change {
    const fn posted(number: u32, posted: Amount) -> Self {
        Self { number, posted, held_debit: Amount::ZERO, held_credit: Amount::ZERO }
    }
}

/// What stands among the ids of transfers once a transfer was reversed. It is derived, so that the
/// one set that must remember for ever remembers this too; no caller arrives at it by chance, and
/// one who makes a transfer of this id only bars a reversal in the own book.
pub(crate) fn reversal_of(original: u128) -> u128 {
    // Version 8 (RFC 9562): it says no time.
    let hash = short(sha256(&[b"florin ledger reversal", &original.to_be_bytes()]));
    hash & !(0xf << 76) | 8 << 76
}

pub(super) fn rejection(step: u32, (reason, about): (Reason, Option<u128>)) -> Rejection {
    Rejection { step, reason, about: about.map(Uuid::from_u128) }
}
