//! The rules. Everything here only looks; what it allows, `apply` does.

use kernel::{Amount, CommodityCode, Timestamp, Uuid};
use storage::crypto::{sha256, short};

use super::accounts::{AccountState, Held};
use super::ids::TransferIds;
use super::limits::Flow;
use super::regroup::{Moving, Tallies};
use super::state::{Book, HoldState};
use crate::model::{Movement, NewAccount, NewTransfer, Reason, Rejection, Rest, Step, TransferId};

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
    Group { parent: Option<u32> },
    GroupLimits { group: u32, commodity: u32 },
    Move { moving: Moving, tallies: Box<Tallies> },
    Transfer(Effect),
}

pub(super) type Verdict<T> = Result<T, (Reason, Option<u128>)>;

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
            Step::OpenGroup { group, parent } => self.allow_group(*group, *parent),
            Step::MoveAccount { account, group } => self.allow_account_move(*account, *group),
            Step::MoveGroup { group, parent } => self.allow_group_move(*group, *parent),
            Step::LimitGroup { group, commodity, .. } => {
                let group = self.known_group(*group)?;
                let commodity = self.known_commodity(*commodity)?;
                Ok(Allowed::GroupLimits { group, commodity })
            }
        }
    }

    fn allow_account(&self, account: &NewAccount) -> Verdict<Allowed> {
        let id = account.id.uuid().as_u128();
        if self.accounts.number(id).is_some() {
            return Err((Reason::AccountExists, Some(id)));
        }
        Ok(Allowed::Account { commodity: self.known_commodity(account.commodity)? })
    }

    fn known_commodity(&self, code: CommodityCode) -> Verdict<u32> {
        self.commodity_numbers.get(&code).copied().ok_or((Reason::CommodityUnknown, None))
    }

    fn allow_transfer(&self, time: Timestamp, transfer: &NewTransfer) -> Verdict<Effect> {
        self.allow_ids(time, transfer)?;
        match transfer.movement {
            Movement::Post { debit, credit, amount } => {
                above_zero(amount)?;
                let (debit, credit) = self.allow_pair(debit.uuid(), credit.uuid())?;
                self.allow_flow(&Flow { debit, credit, posted: amount, held: Amount::ZERO })?;
                Ok(Effect::Post { debit, credit, amount })
            }
            Movement::PostUpTo { debit, credit, maximum, balancing } => {
                maximum.map_or(Ok(()), above_zero)?;
                let (debit, credit) = self.allow_pair(debit.uuid(), credit.uuid())?;
                let amount = self.available(debit, credit, maximum, balancing)?;
                self.allow_flow(&Flow { debit, credit, posted: amount, held: Amount::ZERO })?;
                Ok(Effect::Post { debit, credit, amount })
            }
            Movement::CloseInto { account, into } => {
                let (account, into) = self.allow_pair(account.uuid(), into.uuid())?;
                self.allow_unheld(account)?;
                let balance = self.accounts.get(account).posted;
                let (debit, credit, held) = (into, account, Amount::ZERO);
                self.allow_flow(&Flow { debit, credit, posted: balance, held })?;
                Ok(Effect::CloseInto { account, into, balance })
            }
            Movement::Hold { debit, credit, amount, expires } => {
                above_zero(amount)?;
                let (debit, credit) = self.allow_pair(debit.uuid(), credit.uuid())?;
                if expires.is_some_and(|expires| expires <= time) {
                    return Err((Reason::ExpiryPast, None));
                }
                self.allow_flow(&Flow { debit, credit, posted: Amount::ZERO, held: amount })?;
                Ok(Effect::Hold { debit, credit, amount, expires })
            }
            Movement::PostHold { hold, amount, rest } => self.allow_capture(hold, amount, rest),
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

    fn allow_capture(
        &self,
        hold: TransferId,
        amount: Option<Amount>,
        rest: Rest,
    ) -> Verdict<Effect> {
        let (hold, state) = self.allow_hold(hold)?;
        let HoldState { debit, credit, amount: left, .. } = *state;
        for number in [debit, credit] {
            if self.accounts.get(number).frozen {
                return Err((Reason::AccountFrozen, Some(self.accounts.id(number))));
            }
        }
        let amount = amount.unwrap_or(left);
        above_zero(amount)?;
        if amount > left {
            return Err((Reason::HoldExceeded, Some(hold)));
        }
        let released = match rest {
            Rest::Release => left,
            Rest::Keep => amount,
        };
        self.allow_flow(&Flow { debit, credit, posted: amount, held: released.negate() })?;
        Ok(Effect::PostHold { hold, amount, rest })
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
