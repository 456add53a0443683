//! The book as the journal's machine: each command is decided, applied and written step by step, so
//! that what was looked up once is not looked up again.

use kernel::{Amount, Timestamp, Uuid};
use storage::StorageError;
use storage::journal::{ByteReader, Executed, Machine, Record, Refusal};

use super::apply::Ids;
use super::codec::{self, Head, damaged, day_of};
use super::decide::{Allowed, Effect, STEPS_MAX, rejection, reversal_of};
use super::fields::put_amount;
use super::regroup::Moving;
use super::state::Book;
use super::step::{
    Written, put_account_move, put_close, put_freeze, put_new_limits, put_step, read_step,
};
use super::transfer::{Moved, put_transfer};
use crate::model::{
    AccountId, Atomicity, Command, Found, GroupId, Outcome, Reason, Rejection, Rest, Step,
};

impl Machine for Book {
    type Command = Command;
    type Outcome = Outcome;

    const CODEC: u16 = 2;
    const STATE: u16 = 3;

    fn empty(_: Uuid) -> Self {
        Self::new()
    }

    fn execute(
        &mut self,
        time: Timestamp,
        command: &Command,
        out: &mut Vec<u8>,
    ) -> Executed<Outcome> {
        let Command::Steps { key, .. } = command else {
            return Executed::New(self.expire(time, out));
        };
        if let Some(key) = key
            && let Some(known) = self.keys.get(key.id)
        {
            let reused = Rejection { step: 0, reason: Reason::KeyReused, about: None };
            return Executed::Known(match known.body == key.body {
                true => known.outcome.clone(),
                false => Outcome::Rejected(reused),
            });
        }
        let (mark, start) = (self.undo.len(), out.len());
        let outcome = match self.decide(time, command, out) {
            Ok(outcome) => outcome,
            Err(rejection) => {
                self.take_back(mark);
                out.truncate(start);
                let existed = |id: Uuid| self.transfers.contains(id.as_u128());
                if key.is_none()
                    && rejection.reason == Reason::TransferExists
                    && rejection.about.is_some_and(existed)
                {
                    // It was there before this command, which then has nothing to write.
                    return Executed::Known(Outcome::Rejected(rejection));
                }
                put_rejected(time, command, rejection, out);
                Outcome::Rejected(rejection)
            }
        };
        if let Some(key) = key {
            self.note_key(*key, outcome.clone());
        }
        Executed::New(outcome)
    }

    fn refuse(
        &mut self,
        time: Timestamp,
        command: &Command,
        refusal: Refusal,
        out: &mut Vec<u8>,
    ) -> Outcome {
        let reason = if refusal.duplicate { Reason::RowExists } else { Reason::GuardFailed };
        let about = Some(Uuid::from_u128(u128::from(refusal.change)));
        let rejection = Rejection { step: 0, reason, about };
        put_rejected(time, command, rejection, out);
        let outcome = Outcome::Rejected(rejection);
        if let Command::Steps { key: Some(key), .. } = command {
            self.note_key(*key, outcome.clone());
        }
        outcome
    }

    fn replay(&mut self, time: Timestamp, entry: &mut ByteReader<'_>) -> Result<(), StorageError> {
        let overflow = |_| damaged("a balance");
        let Some(head) = codec::read_head(entry)? else {
            for hold in codec::read_expired(entry)? {
                self.settle_hold(hold.uuid().as_u128(), Amount::ZERO, Rest::Release)
                    .map_err(overflow)?;
            }
            return Ok(());
        };
        let (first_number, day) = (self.next_number(), day_of(time));
        let (mut rejections, mut found) = (Vec::new(), Vec::new());
        for index in (0_u32..).take(head.count) {
            let refused = match head.rejection {
                Some(_) => None,
                None => codec::read_step_rejection(index, entry)?,
            };
            if head.rejection.is_some() || refused.is_some() {
                read_step::<AccountId>(day, entry)?;
                rejections.extend(refused);
                continue;
            }
            let step = read_step::<u32>(day, entry)?;
            found.extend(step.found(index));
            self.replay_step(time, step)?;
        }
        if let Some(key) = head.key {
            let outcome = match head.rejection {
                Some(rejection) => Outcome::Rejected(rejection),
                None => Outcome::Done { first_number, rejections, found },
            };
            self.note_key(key, outcome);
        }
        Ok(())
    }

    fn parts(&self) -> impl Iterator<Item = Vec<u8>> + Send {
        self.write_parts()
    }

    fn restore(&mut self, part: &[u8]) -> Result<(), StorageError> {
        self.read_part(part)
    }

    fn accepted(outcome: &Outcome) -> bool {
        !matches!(outcome, Outcome::Rejected(_))
    }

    fn did(outcome: &Outcome, step: u32) -> bool {
        outcome.did(step)
    }

    fn unsure(&self, command: &Command) -> Vec<u128> {
        let Command::Steps { steps, .. } = command else { return Vec::new() };
        let mut unsure = Vec::new();
        let mut ask = |id: u128| {
            if self.transfers.is_unsure(id) {
                unsure.push(id);
            }
        };
        for step in steps.iter() {
            let Step::Transfer(transfer) = step else { continue };
            ask(transfer.id.uuid().as_u128());
            if let Some(original) = transfer.reverses.map(|original| original.uuid().as_u128()) {
                ask(original);
                ask(reversal_of(original));
            }
        }
        unsure
    }

    fn learn(&mut self, used: Vec<u128>) {
        self.transfers.learn(used);
    }

    fn unsure_key(&self, command: &Command) -> Option<u128> {
        let Command::Steps { key: Some(key), .. } = command else { return None };
        self.keys.is_unsure(key.id).then_some(key.id)
    }

    fn recall(&mut self, key: u128, record: &Record) -> Result<(), StorageError> {
        self.keys.recall(key, codec::key_state(record, key)?);
        Ok(())
    }

    fn is_crowded(&self) -> bool {
        self.transfers.is_crowded() || self.keys.is_crowded()
    }

    fn forget(&mut self, archived: u64) {
        self.transfers.forget(archived);
        self.keys.forget(archived);
    }

    fn mark(&self) -> usize {
        self.undo.len()
    }

    fn undo_to(&mut self, mark: usize) {
        self.take_back(mark);
    }

    fn settle(&mut self) {
        self.undo.clear();
    }

    fn next_number(&self) -> u64 {
        self.transfer_count + 1
    }

    fn due(&self) -> Option<Timestamp> {
        self.next_expiry()
    }

    fn tick() -> Command {
        Command::Tick
    }
}

impl Book {
    /// Releases the holds whose time has come.
    fn expire(&mut self, time: Timestamp, out: &mut Vec<u8>) -> Outcome {
        let expired = self.expired_at(time);
        for hold in &expired {
            // Releasing makes the amounts smaller: it cannot overflow.
            let _ = self.settle_hold(hold.uuid().as_u128(), Amount::ZERO, Rest::Release);
        }
        codec::put_tick(&expired, out);
        Outcome::Expired(expired)
    }

    /// Decides the steps one after the other, each applied before the next is looked at.
    fn decide(
        &mut self,
        time: Timestamp,
        command: &Command,
        out: &mut Vec<u8>,
    ) -> Result<Outcome, Rejection> {
        let Command::Steps { key, origin, atomicity, steps } = command else {
            return Err(rejection(0, (Reason::StepCount, None)));
        };
        if steps.is_empty() || steps.len() > STEPS_MAX {
            return Err(rejection(0, (Reason::StepCount, None)));
        }
        let (key, origin, count) = (*key, origin.as_ref(), steps.len());
        let head = Head { key, origin, atomicity: *atomicity, rejection: None, count };
        codec::put_head(&head, out);
        let (first_number, day) = (self.next_number(), day_of(time));
        let (mut rejections, mut found) = (Vec::new(), Vec::new());
        for (index, step) in (0_u32..).zip(steps.iter()) {
            let mark = self.undo.len();
            let came = self.allow(time, step).and_then(|allowed| {
                let overflow = |_| (Reason::Overflow, None);
                self.apply_step(time, step, &allowed).map_err(overflow)?;
                Ok(allowed)
            });
            match came {
                Ok(allowed) => {
                    let amount = put_allowed(step, &allowed, day, out);
                    found.extend(amount.map(|amount| Found { step: index, amount }));
                }
                Err(why) if *atomicity == Atomicity::Together => {
                    return Err(rejection(index, why));
                }
                Err(why) => {
                    self.take_back(mark);
                    let rejection = rejection(index, why);
                    codec::put_rejected_step(step, &rejection, day, out);
                    rejections.push(rejection);
                }
            }
        }
        Ok(Outcome::Done { first_number, rejections, found })
    }

    /// Applies a step that was accepted, as the journal names it.
    fn replay_step(&mut self, time: Timestamp, step: Written<u32>) -> Result<(), StorageError> {
        let overflow = |_| damaged("a balance");
        if let Written::Transfer(transfer) = &step {
            let effect = self.effect(transfer.moved, transfer.found)?;
            let reverses = transfer.reverses.map(|original| original.uuid().as_u128());
            let ids = Ids { id: transfer.id.uuid().as_u128(), reverses };
            return self.apply_transfer(time, ids, &effect).map_err(overflow);
        }
        let allowed = match &step {
            Written::DefineCommodity { code, .. } => match self.commodity_numbers.get(code) {
                Some(_) => Allowed::Nothing,
                None => Allowed::Commodity,
            },
            Written::OpenAccount(account) => {
                let commodity = self.commodity_numbers.get(&account.commodity);
                Allowed::Account { commodity: *commodity.ok_or_else(|| damaged("a commodity"))? }
            }
            Written::SetLimits { account, .. } => Allowed::Limits { number: *account },
            Written::CloseAccount { account } => Allowed::Close { number: *account },
            Written::Freeze { account, .. } => Allowed::Freeze { number: *account },
            Written::LockPeriod { .. } => Allowed::LockPeriod,
            Written::OpenGroup { parent, .. } => {
                Allowed::Group { parent: self.group_number(*parent)? }
            }
            Written::MoveAccount { account, group } => {
                self.account_id(*account)?;
                self.moved(Moving::Account { number: *account, to: self.group_number(*group)? })?
            }
            Written::MoveGroup { group, parent } => {
                let number = self.group_number(Some(*group))?.ok_or_else(|| damaged("a group"))?;
                let to = self.group_number(*parent)?;
                if self.tree.groups_from(to).any(|above| above == number) {
                    return Err(damaged("a group below itself"));
                }
                self.moved(Moving::Group { number, to })?
            }
            Written::LimitGroup { group, commodity, .. } => {
                let group = self.group_number(Some(*group))?.ok_or_else(|| damaged("a group"))?;
                let commodity = self.commodity_numbers.get(commodity).copied();
                let commodity = commodity.ok_or_else(|| damaged("a commodity"))?;
                Allowed::GroupLimits { group, commodity }
            }
            Written::Transfer(_) => Allowed::Nothing,
        };
        let step = step.into_step(|number| self.account_id(number))?;
        self.apply_step(time, &step, &allowed).map_err(overflow)
    }

    fn effect(&self, moved: Moved<u32>, found: Option<Amount>) -> Result<Effect, StorageError> {
        let known = |number: u32| self.account_id(number).map(|_| number);
        Ok(match moved.rename(known)? {
            Moved::Post { debit, credit, amount } => Effect::Post { debit, credit, amount },
            Moved::PostUpTo { debit, credit, .. } => {
                let amount = found.ok_or_else(|| damaged("an amount"))?;
                Effect::Post { debit, credit, amount }
            }
            Moved::CloseInto { account, into } => {
                let balance = found.ok_or_else(|| damaged("an amount"))?;
                Effect::CloseInto { account, into, balance }
            }
            Moved::Hold { debit, credit, amount, expires } => {
                Effect::Hold { debit, credit, amount, expires }
            }
            Moved::PostHold { hold, amount, rest } => {
                let amount = amount.or(found).ok_or_else(|| damaged("an amount"))?;
                Effect::PostHold { hold: hold.uuid().as_u128(), amount, rest }
            }
            Moved::VoidHold { hold } => Effect::VoidHold { hold: hold.uuid().as_u128() },
        })
    }

    fn moved(&self, moving: Moving) -> Result<Allowed, StorageError> {
        let tallies = self.regroup(moving).map_err(|_| damaged("a balance"))?;
        Ok(Allowed::Move { moving, tallies: Box::new(tallies) })
    }

    fn group_number(&self, group: Option<GroupId>) -> Result<Option<u32>, StorageError> {
        let number = |group: GroupId| self.tree.number(group.uuid().as_u128());
        let found = |group| number(group).ok_or_else(|| damaged("a group"));
        group.map(found).transpose()
    }

    fn account_id(&self, number: u32) -> Result<AccountId, StorageError> {
        let id = self.accounts.known_id(number).ok_or_else(|| damaged("an account"))?;
        Ok(AccountId::from_uuid(Uuid::from_u128(id)))
    }
}

/// Writes a step that was accepted, its accounts by number; what it moved, where the caller had
/// left that open.
fn put_allowed(step: &Step, allowed: &Allowed, day: i32, out: &mut Vec<u8>) -> Option<Amount> {
    match (step, allowed) {
        (Step::Transfer(transfer), Allowed::Transfer(effect)) => {
            let moved = match (*effect, transfer.movement.into()) {
                (
                    Effect::Post { debit, credit, .. },
                    Moved::<AccountId>::PostUpTo { maximum, balancing, .. },
                ) => Moved::PostUpTo { debit, credit, maximum, balancing },
                (Effect::Post { debit, credit, amount }, _) => {
                    Moved::Post { debit, credit, amount }
                }
                (Effect::CloseInto { account, into, .. }, _) => Moved::CloseInto { account, into },
                (Effect::Hold { debit, credit, amount, expires }, _) => {
                    Moved::Hold { debit, credit, amount, expires }
                }
                (_, Moved::PostHold { hold, amount, rest }) => {
                    Moved::PostHold { hold, amount, rest }
                }
                (_, Moved::VoidHold { hold }) => Moved::VoidHold { hold },
                // An effect is made from the movement itself.
                (
                    _,
                    Moved::Post { .. }
                    | Moved::PostUpTo { .. }
                    | Moved::CloseInto { .. }
                    | Moved::Hold { .. },
                ) => return None,
            };
            put_transfer(transfer, moved, day, out);
            if moved.is_open() {
                put_amount(effect.posted(), out);
                return Some(effect.posted());
            }
        }
        (Step::SetLimits { limits, .. }, Allowed::Limits { number }) => {
            put_new_limits(*number, *limits, out);
        }
        (Step::CloseAccount { .. }, Allowed::Close { number }) => put_close(*number, out),
        (Step::Freeze { frozen, .. }, Allowed::Freeze { number }) => {
            put_freeze(*number, *frozen, out);
        }
        (
            Step::MoveAccount { group, .. },
            Allowed::Move { moving: Moving::Account { number, .. }, .. },
        ) => put_account_move(*number, *group, out),
        (_, _) => put_step(step, day, out),
    }
    None
}

/// Writes a command that was rejected as a whole.
fn put_rejected(time: Timestamp, command: &Command, rejection: Rejection, out: &mut Vec<u8>) {
    let Command::Steps { key, origin, atomicity, steps } = command else { return };
    let (origin, count, rejection) = (origin.as_ref(), steps.len(), Some(rejection));
    codec::put_head(&Head { key: *key, origin, atomicity: *atomicity, rejection, count }, out);
    steps.iter().for_each(|step| put_step(step, day_of(time), out));
}
