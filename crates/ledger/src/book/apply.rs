//! The changes. Nothing here asks whether it may: `decide` has, or the journal says so.

use kernel::{Amount, AmountError, Timestamp};

use super::decide::{Allowed, Effect, digest};
use super::state::{AccountState, Book, CommodityState, HoldState, KeyState, TransferState, Undo};
use crate::model::{Command, Movement, NewTransfer, Outcome, Step};

impl Book {
    /// Applies what was decided before, from the command and its outcome alone.
    pub(super) fn apply_outcome(&mut self, command: &Command, outcome: &Outcome) {
        match (command, outcome) {
            (Command::Steps { steps, .. }, Outcome::Done { .. }) => {
                for step in steps {
                    if let Some(allowed) = self.resolve(step) {
                        self.apply_step(step, &allowed);
                    }
                }
            }
            (Command::Tick, Outcome::Expired(holds)) => {
                for hold in holds {
                    self.apply_effect(&Effect::VoidHold { hold: hold.uuid().as_u128() });
                }
            }
            // A rejection changes nothing.
            (Command::Steps { .. } | Command::Tick, _) => {}
        }
    }

    /// Notes what came of a command with a key.
    pub(super) fn note_key(&mut self, command: &Command, outcome: &Outcome) {
        let Command::Steps { key: Some(key), .. } = command else { return };
        let state = KeyState { body: key.body, outcome: outcome.clone() };
        self.keys.insert(key.id, state);
        self.undo.push(Undo::KeyNoted { id: key.id });
    }

    pub(super) fn apply_step(&mut self, step: &Step, allowed: &Allowed) {
        match (step, allowed) {
            (Step::DefineCommodity { code, scale }, Allowed::Commodity) => {
                let number = short(self.commodities.len());
                self.commodities.push(CommodityState { code: *code, scale: *scale });
                self.commodity_numbers.insert(*code, number);
                self.undo.push(Undo::CommodityDefined { code: *code });
            }
            (Step::OpenAccount(account), Allowed::Account { commodity }) => {
                let id = account.id.uuid().as_u128();
                self.account_numbers.insert(id, short(self.accounts.len()));
                self.accounts.push(AccountState {
                    id,
                    commodity: *commodity,
                    code: account.code,
                    kind: account.kind,
                    closed: false,
                    limits: account.limits,
                    posted: Amount::ZERO,
                    held_debit: Amount::ZERO,
                    held_credit: Amount::ZERO,
                });
                self.undo.push(Undo::AccountOpened { id });
            }
            (Step::SetLimits { limits, .. }, Allowed::Limits { number }) => {
                self.change(*number, |account| account.limits = *limits);
            }
            (Step::CloseAccount { .. }, Allowed::Close { number }) => {
                self.change(*number, |account| account.closed = true);
            }
            (Step::Transfer(transfer), Allowed::Transfer { effect, digest }) => {
                self.apply_transfer(transfer, effect, *digest);
            }
            // `Allowed` is made from the step itself.
            (_, _) => {}
        }
    }

    fn apply_transfer(&mut self, transfer: &NewTransfer, effect: &Effect, digest: u64) {
        let id = transfer.id.uuid().as_u128();
        let number = self.next_number;
        self.undo.push(Undo::TransferNoted { id, next_number: number });
        self.transfers.insert(id, TransferState { number, digest });
        self.next_number += 1;
        if let Effect::Hold { debit, credit, amount, expires } = *effect {
            self.add_hold(id, HoldState { debit, credit, amount, expires });
            self.undo.push(Undo::HoldAdded { id });
        }
        self.apply_effect(effect);
    }

    fn apply_effect(&mut self, effect: &Effect) {
        // What overflows was never allowed, and what was allowed is in the journal as it was.
        let changed = self.after(effect).unwrap_or_default();
        for (number, after) in changed {
            self.change(number, |account| *account = after);
        }
        if let Effect::PostHold { hold, .. } | Effect::VoidHold { hold } = *effect
            && let Some(state) = self.remove_hold(hold)
        {
            self.undo.push(Undo::HoldRemoved { id: hold, hold: state });
        }
    }

    /// The accounts as they stand after an effect.
    pub(super) fn after(&self, effect: &Effect) -> Result<Vec<(u32, AccountState)>, AmountError> {
        let at = |number: u32| self.accounts[number as usize];
        match *effect {
            Effect::Post { debit, credit, amount } => {
                let (mut one, mut other) = (at(debit), at(credit));
                one.posted = one.posted.checked_add(amount)?;
                other.posted = other.posted.checked_sub(amount)?;
                Ok(vec![(debit, one), (credit, other)])
            }
            Effect::Hold { debit, credit, amount, .. } => {
                let (mut one, mut other) = (at(debit), at(credit));
                one.held_debit = one.held_debit.checked_add(amount)?;
                other.held_credit = other.held_credit.checked_add(amount)?;
                Ok(vec![(debit, one), (credit, other)])
            }
            Effect::PostHold { hold, amount } => self.after_hold(hold, amount),
            Effect::VoidHold { hold } => self.after_hold(hold, Amount::ZERO),
        }
    }

    fn after_hold(
        &self,
        hold: u128,
        posted: Amount,
    ) -> Result<Vec<(u32, AccountState)>, AmountError> {
        let Some(hold) = self.holds.get(&hold) else { return Ok(Vec::new()) };
        let mut one = self.accounts[hold.debit as usize];
        let mut other = self.accounts[hold.credit as usize];
        one.held_debit = one.held_debit.checked_sub(hold.amount)?;
        other.held_credit = other.held_credit.checked_sub(hold.amount)?;
        one.posted = one.posted.checked_add(posted)?;
        other.posted = other.posted.checked_sub(posted)?;
        Ok(vec![(hold.debit, one), (hold.credit, other)])
    }

    fn change(&mut self, number: u32, change: impl FnOnce(&mut AccountState)) {
        let account = &mut self.accounts[number as usize];
        self.undo.push(Undo::Account { number, before: *account });
        change(account);
    }

    fn add_hold(&mut self, id: u128, hold: HoldState) {
        self.holds.insert(id, hold);
        if let Some(expires) = hold.expires {
            self.expiries.insert((expires, id));
        }
    }

    fn remove_hold(&mut self, id: u128) -> Option<HoldState> {
        let hold = self.holds.remove(&id)?;
        if let Some(expires) = hold.expires {
            self.expiries.remove(&(expires, id));
        }
        Some(hold)
    }

    /// Takes everything after a mark back, the latest first.
    pub(super) fn take_back(&mut self, mark: usize) {
        while self.undo.len() > mark {
            match self.undo.pop() {
                Some(Undo::Account { number, before }) => self.accounts[number as usize] = before,
                Some(Undo::AccountOpened { id }) => {
                    self.accounts.pop();
                    self.account_numbers.remove(&id);
                }
                Some(Undo::CommodityDefined { code }) => {
                    self.commodities.pop();
                    self.commodity_numbers.remove(&code);
                }
                Some(Undo::TransferNoted { id, next_number }) => {
                    self.transfers.remove(&id);
                    self.next_number = next_number;
                }
                Some(Undo::HoldAdded { id }) => {
                    self.remove_hold(id);
                }
                Some(Undo::HoldRemoved { id, hold }) => self.add_hold(id, hold),
                Some(Undo::KeyNoted { id }) => {
                    self.keys.remove(&id);
                }
                None => return,
            }
        }
    }

    /// What a step that was allowed does, found without asking whether it may.
    fn resolve(&self, step: &Step) -> Option<Allowed> {
        let account = |id: kernel::Uuid| self.account_numbers.get(&id.as_u128()).copied();
        Some(match step {
            Step::DefineCommodity { code, .. } => match self.commodity_numbers.contains_key(code) {
                true => Allowed::Nothing,
                false => Allowed::Commodity,
            },
            Step::OpenAccount(new) => {
                Allowed::Account { commodity: *self.commodity_numbers.get(&new.commodity)? }
            }
            Step::SetLimits { account: id, .. } => Allowed::Limits { number: account(id.uuid())? },
            Step::CloseAccount { account: id } => Allowed::Close { number: account(id.uuid())? },
            Step::Transfer(transfer) => {
                let effect = match transfer.movement {
                    Movement::Post { debit, credit, amount } => {
                        let (debit, credit) = (account(debit.uuid())?, account(credit.uuid())?);
                        Effect::Post { debit, credit, amount }
                    }
                    Movement::Hold { debit, credit, amount, expires } => {
                        let (debit, credit) = (account(debit.uuid())?, account(credit.uuid())?);
                        Effect::Hold { debit, credit, amount, expires }
                    }
                    Movement::PostHold { hold, amount } => {
                        let hold = hold.uuid().as_u128();
                        let held = self.holds.get(&hold)?.amount;
                        Effect::PostHold { hold, amount: amount.unwrap_or(held) }
                    }
                    Movement::VoidHold { hold } => Effect::VoidHold { hold: hold.uuid().as_u128() },
                };
                Allowed::Transfer { effect, digest: digest(transfer) }
            }
        })
    }

    /// When the next hold expires.
    pub(super) fn next_expiry(&self) -> Option<Timestamp> {
        self.expiries.first().map(|(expires, _)| *expires)
    }
}

/// Accounts and commodities are numbered in 32 bits: memory ends long before they do.
fn short(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
