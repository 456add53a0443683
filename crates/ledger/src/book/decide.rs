//! The rules. Everything here only looks; what it allows, `apply` does.

use kernel::{Amount, Timestamp, Uuid};
use storage::crypto::sha256;

use super::state::{AccountState, Book, HoldState};
use crate::model::{
    Command, Limits, Movement, NewAccount, NewTransfer, Outcome, Reason, Rejection, Step,
    TransferId,
};

/// The most steps of one command: they are decided while every other caller waits.
pub const STEPS_MAX: usize = 10_000;

/// What a transfer does to the accounts, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Post { debit: u32, credit: u32, amount: Amount },
    Hold { debit: u32, credit: u32, amount: Amount, expires: Option<Timestamp> },
    PostHold { hold: u128, amount: Amount },
    VoidHold { hold: u128 },
}

/// A step that is allowed.
pub(super) enum Allowed {
    Nothing,
    Commodity,
    Account { commodity: u32 },
    Limits { number: u32 },
    Close { number: u32 },
    Transfer { effect: Effect, digest: u64 },
}

type Verdict<T> = Result<T, (Reason, Option<u128>)>;

impl Book {
    /// Decides a command, step after step, each applied before the next is looked at. Where one is
    /// not allowed, the ones before it are taken back.
    pub(super) fn decide(&mut self, time: Timestamp, command: &Command) -> Outcome {
        let steps = match command {
            Command::Tick => return Outcome::Expired(self.expired_at(time)),
            Command::Steps { steps, .. } => steps,
        };
        let first_number = self.next_number;
        if steps.is_empty() || steps.len() > STEPS_MAX {
            return rejected(0, Reason::StepCount, None);
        }
        let mark = self.undo.len();
        for (index, step) in (0_u32..).zip(steps) {
            match self.allow(time, step) {
                Ok(allowed) => self.apply_step(step, &allowed),
                Err((reason, about)) => {
                    self.take_back(mark);
                    return rejected(index, reason, about);
                }
            }
        }
        Outcome::Done { first_number }
    }

    pub(super) fn allow(&self, time: Timestamp, step: &Step) -> Verdict<Allowed> {
        match step {
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
                let (number, state) = self.open_account(account.uuid())?;
                if !state.held_debit.is_zero() || !state.held_credit.is_zero() {
                    return Err((Reason::AccountHeld, Some(state.id)));
                }
                Ok(Allowed::Close { number })
            }
            Step::Transfer(transfer) => self.allow_transfer(time, transfer),
        }
    }

    fn allow_account(&self, account: &NewAccount) -> Verdict<Allowed> {
        let id = account.id.uuid().as_u128();
        if self.account_numbers.contains_key(&id) {
            return Err((Reason::AccountExists, Some(id)));
        }
        let commodity = self.commodity_numbers.get(&account.commodity);
        let commodity = *commodity.ok_or((Reason::CommodityUnknown, None))?;
        Ok(Allowed::Account { commodity })
    }

    fn allow_transfer(&self, time: Timestamp, transfer: &NewTransfer) -> Verdict<Allowed> {
        let id = transfer.id.uuid().as_u128();
        let digest = digest(transfer);
        if self.transfers.contains_key(&id) {
            return Err((Reason::TransferExists, Some(id)));
        }
        let effect = match transfer.movement {
            Movement::Post { debit, credit, amount } => {
                let (debit, credit) = self.allow_pair(debit.uuid(), credit.uuid(), amount)?;
                Effect::Post { debit, credit, amount }
            }
            Movement::Hold { debit, credit, amount, expires } => {
                let (debit, credit) = self.allow_pair(debit.uuid(), credit.uuid(), amount)?;
                if expires.is_some_and(|expires| expires <= time) {
                    return Err((Reason::ExpiryPast, None));
                }
                Effect::Hold { debit, credit, amount, expires }
            }
            Movement::PostHold { hold, amount } => {
                let (hold, state) = self.allow_hold(hold)?;
                let amount = amount.unwrap_or(state.amount);
                if amount <= Amount::ZERO {
                    return Err((Reason::AmountNotPositive, None));
                }
                if amount > state.amount {
                    return Err((Reason::HoldExceeded, Some(hold)));
                }
                Effect::PostHold { hold, amount }
            }
            Movement::VoidHold { hold } => Effect::VoidHold { hold: self.allow_hold(hold)?.0 },
        };
        self.allow_balances(&effect)?;
        Ok(Allowed::Transfer { effect, digest })
    }

    fn allow_pair(&self, debit: Uuid, credit: Uuid, amount: Amount) -> Verdict<(u32, u32)> {
        if amount <= Amount::ZERO {
            return Err((Reason::AmountNotPositive, None));
        }
        if debit == credit {
            return Err((Reason::SameAccount, Some(debit.as_u128())));
        }
        let (debit, one) = self.open_account(debit)?;
        let (credit, other) = self.open_account(credit)?;
        if one.commodity != other.commodity {
            return Err((Reason::CommoditiesMixed, Some(other.id)));
        }
        Ok((debit, credit))
    }

    fn allow_hold(&self, hold: TransferId) -> Verdict<(u128, &HoldState)> {
        let id = hold.uuid().as_u128();
        let unknown = || {
            let known = self.transfers.contains_key(&id);
            let reason = if known { Reason::HoldSettled } else { Reason::HoldUnknown };
            (reason, Some(id))
        };
        let state = self.holds.get(&id).ok_or_else(unknown)?;
        for number in [state.debit, state.credit] {
            let account = &self.accounts[number as usize];
            if account.closed {
                return Err((Reason::AccountClosed, Some(account.id)));
            }
        }
        Ok((id, state))
    }

    fn open_account(&self, id: Uuid) -> Verdict<(u32, &AccountState)> {
        let id = id.as_u128();
        let number = self.account_numbers.get(&id);
        let number = *number.ok_or((Reason::AccountUnknown, Some(id)))?;
        let state = &self.accounts[number as usize];
        if state.closed {
            return Err((Reason::AccountClosed, Some(id)));
        }
        Ok((number, state))
    }

    /// Whether both accounts may stand as they would after the effect. An account that is beyond a
    /// limit already (the limit came later) may move towards it, not further away.
    fn allow_balances(&self, effect: &Effect) -> Verdict<()> {
        for (number, after) in self.after(effect).map_err(|_| (Reason::Overflow, None))? {
            let before = &self.accounts[number as usize];
            let overflow = |_| (Reason::Overflow, Some(before.id));
            let (low_before, high_before) = before.reach().map_err(overflow)?;
            let (low, high) = after.reach().map_err(overflow)?;
            let Limits { floor, ceiling } = before.limits;
            if floor.is_some_and(|floor| low < floor && low < low_before) {
                return Err((Reason::BelowFloor, Some(before.id)));
            }
            if ceiling.is_some_and(|ceiling| high > ceiling && high > high_before) {
                return Err((Reason::AboveCeiling, Some(before.id)));
            }
        }
        Ok(())
    }

    fn expired_at(&self, time: Timestamp) -> Vec<TransferId> {
        let expired = self.expiries.iter().take_while(|(expires, _)| *expires <= time);
        expired.map(|(_, id)| TransferId::from_uuid(Uuid::from_u128(*id))).collect()
    }
}

fn rejected(step: u32, reason: Reason, about: Option<u128>) -> Outcome {
    Outcome::Rejected(Rejection { step, reason, about: about.map(Uuid::from_u128) })
}

/// 64 bits over what a transfer says, by which a repetition is told from another transfer.
pub(super) fn digest(transfer: &NewTransfer) -> u64 {
    let hash = sha256(&[&super::step::transfer_bytes(transfer)]);
    u64::from_be_bytes([hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]])
}
