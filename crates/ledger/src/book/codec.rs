//! How commands and outcomes are written in the journal, codec 2.
//!
//! An entry begins with a byte of flags (1 steps rather than a tick, 2 key, 4 each step on its own,
//! 8 rejected, 16 the rejection names something, 32 origin), then:
//!
//! - a tick: varint count, 16-byte ids of the holds that expired;
//! - steps: the key (id 16, body 16, first seen 8), the origin (kind of actor 1, with 128 added
//!   where somebody else stands behind it; correlation 16; a user's 16 bytes or the length and name
//!   of a part of Florin; the other's 16 bytes), the rejection (step varint, reason 1, about 16),
//!   varint count, the steps as `step` writes them.
//!
//! Accepted steps name accounts by their number in the book. A rejected command may name what does
//! not exist and writes ids. Where each step stands on its own, a rejected one begins with a byte
//! 15 (31 where it names something), the reason and about.

use std::sync::Arc;

use kernel::{Actor, CommandKey, Timestamp, UserId, Uuid, time};
use storage::StorageError;
use storage::journal::{ByteReader, Record, RecordHeader, put_varint};

use super::fields::{put_amount, read_amount};
use super::keys::KeyState;
use super::step::{Written, put_step, read_step};
use crate::model::{
    AccountId, Atomicity, Command, Found, Origin, Outcome, Reason, Rejection, Step, TransferId,
};

pub(super) const STEPS: u8 = 1;
const KEY: u8 = 2;
const EACH: u8 = 4;
const REJECTED: u8 = 8;
const ABOUT: u8 = 16;
const ORIGIN: u8 = 32;

const STEP_REJECTED: u8 = 15;

/// Added to an actor's kind.
const ON_BEHALF: u8 = 128;

/// A command of a record with its outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What was asked.
    pub command: Command,
    /// What came of it.
    pub outcome: Outcome,
}

/// What an entry of steps begins with; its origin is owned or borrowed.
pub(crate) struct Head<O> {
    pub key: Option<CommandKey>,
    pub origin: Option<O>,
    pub atomicity: Atomicity,
    pub rejection: Option<Rejection>,
    pub count: usize,
}

/// Reads the entries of a record for someone who has no engine. `accounts` holds the ids of the
/// book's accounts by number, as far as earlier records opened them; it grows by what this one
/// opens.
pub fn decode_entries(
    record: &Record,
    accounts: &mut Vec<AccountId>,
) -> Result<(RecordHeader, Vec<Entry>), StorageError> {
    let (header, mut reader) = record.open()?;
    let mut number = header.first_number;
    let mut entries = Vec::new();
    for _ in 0..header.count {
        entries.push(decode(accounts, &mut number, header.time, &mut reader)?);
    }
    Ok((header, entries))
}

/// What a record says, one after the other.
pub(crate) enum Fact {
    /// A command of steps, which follow; rejected where it says so.
    Command(Head<Origin>),
    /// A step that was accepted, with its place in the command.
    Step(u32, Written<u32>),
    /// A step that was rejected on its own.
    Refused(Rejection),
    /// A hold that expired.
    Expired(TransferId),
}

/// Reads what a record says, with accounts by number, for someone who has no engine.
pub(crate) fn read_facts(
    record: &Record,
    mut visit: impl FnMut(Fact) -> Result<(), StorageError>,
) -> Result<RecordHeader, StorageError> {
    let (header, mut reader) = record.open()?;
    let day = day_of(header.time);
    for _ in 0..header.count {
        let Some(head) = read_head(&mut reader)? else {
            let mut expired = read_expired(&mut reader)?.into_iter();
            expired.try_for_each(|hold| visit(Fact::Expired(hold)))?;
            continue;
        };
        let (count, is_rejected) = (head.count, head.rejection.is_some());
        visit(Fact::Command(head))?;
        for index in (0_u32..).take(count) {
            let refused = if is_rejected { None } else { read_step_rejection(index, &mut reader)? };
            if is_rejected || refused.is_some() {
                read_step::<AccountId>(day, &mut reader)?;
                refused.map_or(Ok(()), |rejection| visit(Fact::Refused(rejection)))?;
            } else {
                visit(Fact::Step(index, read_step(day, &mut reader)?))?;
            }
        }
    }
    Ok(header)
}

/// What came of the command with a key, in whose record it stands.
pub(crate) fn key_state(record: &Record, key: u128) -> Result<KeyState, StorageError> {
    let mut number = record.open()?.0.first_number;
    let (mut state, mut is_its) = (None, false);
    let (mut refused, mut moved) = (Vec::new(), Vec::new());
    read_facts(record, |fact| {
        match fact {
            Fact::Command(Head { key: its, rejection, .. }) => {
                let its = its.filter(|its| its.id == key);
                is_its = its.is_some();
                state = its.map(|its| (its, rejection, number)).or(state);
            }
            Fact::Step(index, step) => {
                number += u64::from(matches!(step, Written::Transfer(_)));
                moved.extend(step.found(index).filter(|_| is_its));
            }
            Fact::Refused(rejection) => refused.extend(is_its.then_some(rejection)),
            Fact::Expired(_) => {}
        }
        Ok(())
    })?;
    let found = state.ok_or_else(|| damaged("a record without its command"))?;
    let (CommandKey { body, first_seen, .. }, rejection, first_number) = found;
    let outcome = match rejection {
        Some(rejection) => Outcome::Rejected(rejection),
        None => Outcome::Done { first_number, rejections: refused, found: moved },
    };
    Ok(KeyState { body, first_seen, outcome })
}

/// Who sent the command of a record that made a transfer, where somebody is known to have.
pub(crate) fn origin_of(
    record: &Record,
    transfer: TransferId,
) -> Result<Option<Origin>, StorageError> {
    let (mut sender, mut found) = (None, None);
    read_facts(record, |fact| {
        match fact {
            Fact::Command(head) => sender = head.origin,
            Fact::Step(_, Written::Transfer(written)) if written.id == transfer => {
                found = Some(sender.take());
            }
            Fact::Step(..) | Fact::Refused(_) | Fact::Expired(_) => {}
        }
        Ok(())
    })?;
    found.ok_or_else(|| damaged("a record without its transfer"))
}

fn decode(
    accounts: &mut Vec<AccountId>,
    number: &mut u64,
    time: Timestamp,
    reader: &mut ByteReader<'_>,
) -> Result<Entry, StorageError> {
    let Some(head) = read_head(reader)? else {
        let outcome = Outcome::Expired(read_expired(reader)?);
        return Ok(Entry { command: Command::Tick, outcome });
    };
    let Head { key, origin, atomicity, rejection, count } = head;
    let (first_number, day) = (*number, day_of(time));
    let mut steps = Vec::with_capacity(count.min(reader.len()));
    let (mut rejections, mut found) = (Vec::new(), Vec::new());
    for index in (0_u32..).take(count) {
        let refused = if rejection.is_some() { None } else { read_step_rejection(index, reader)? };
        if rejection.is_some() || refused.is_some() {
            steps.push(read_step::<AccountId>(day, reader)?.into_step(Ok)?);
            rejections.extend(refused);
            continue;
        }
        let by_number = |number: u32| {
            let id = usize::try_from(number).ok().and_then(|number| accounts.get(number));
            id.copied().ok_or_else(|| damaged("an account"))
        };
        let step = read_step::<u32>(day, reader)?;
        found.extend(step.found(index));
        let step = step.into_step(by_number)?;
        match &step {
            Step::OpenAccount(account) => accounts.push(account.id),
            Step::Transfer(_) => *number += 1,
            Step::DefineCommodity { .. }
            | Step::SetLimits { .. }
            | Step::CloseAccount { .. }
            | Step::Freeze { .. }
            | Step::LockPeriod { .. }
            | Step::OpenGroup { .. }
            | Step::MoveAccount { .. }
            | Step::MoveGroup { .. }
            | Step::LimitGroup { .. } => {}
        }
        steps.push(step);
    }
    let outcome = match rejection {
        Some(rejection) => Outcome::Rejected(rejection),
        None => Outcome::Done { first_number, rejections, found },
    };
    Ok(Entry {
        command: Command::Steps { key, origin, atomicity, steps: Arc::new(steps) },
        outcome,
    })
}

/// The day from which a record's effective dates count.
pub(super) fn day_of(time: Timestamp) -> i32 {
    i32::try_from(time.micros().div_euclid(time::MICROS_PER_DAY)).unwrap_or(0)
}

pub(super) fn put_tick(expired: &[TransferId], out: &mut Vec<u8>) {
    out.push(0);
    put_varint(expired.len() as u128, out);
    expired.iter().for_each(|hold| out.extend_from_slice(hold.uuid().as_bytes()));
}

pub(super) fn read_expired(reader: &mut ByteReader<'_>) -> Result<Vec<TransferId>, StorageError> {
    let count = reader.varint()?;
    let hold = |_| Ok(TransferId::from_uuid(Uuid::from_u128(reader.u128()?)));
    (0..count).map(hold).collect()
}

pub(super) fn put_head(head: &Head<&Origin>, out: &mut Vec<u8>) {
    let flag = |flag: u8, set: bool| if set { flag } else { 0 };
    let about = head.rejection.and_then(|rejection| rejection.about);
    out.push(
        STEPS
            | flag(KEY, head.key.is_some())
            | flag(EACH, head.atomicity == Atomicity::Each)
            | flag(REJECTED, head.rejection.is_some())
            | flag(ABOUT, about.is_some())
            | flag(ORIGIN, head.origin.is_some()),
    );
    if let Some(CommandKey { id, body, first_seen }) = head.key {
        out.extend_from_slice(&id.to_be_bytes());
        out.extend_from_slice(&body.to_be_bytes());
        out.extend_from_slice(&first_seen.micros().to_be_bytes());
    }
    head.origin.iter().for_each(|origin| put_origin(origin, out));
    if let Some(Rejection { step, reason, about }) = head.rejection {
        put_varint(u128::from(step), out);
        out.push(reason as u8);
        about.iter().for_each(|about| out.extend_from_slice(about.as_bytes()));
    }
    put_varint(head.count as u128, out);
}

/// What an entry begins with; nothing where it is a tick.
pub(super) fn read_head(reader: &mut ByteReader<'_>) -> Result<Option<Head<Origin>>, StorageError> {
    let flags = reader.u8()?;
    if flags & STEPS == 0 {
        return Ok(None);
    }
    let key = if flags & KEY == 0 {
        None
    } else {
        let (id, body) = (reader.u128()?, reader.u128()?);
        Some(CommandKey { id, body, first_seen: Timestamp::from_micros(reader.i64()?) })
    };
    let origin = if flags & ORIGIN == 0 { None } else { Some(read_origin(reader)?) };
    let atomicity = if flags & EACH == 0 { Atomicity::Together } else { Atomicity::Each };
    let rejection = if flags & REJECTED == 0 {
        None
    } else {
        let step = u32::try_from(reader.varint()?).map_err(|_| damaged("a step's number"))?;
        Some(read_rejection(step, flags & ABOUT != 0, reader)?)
    };
    let count = usize::try_from(reader.varint()?).map_err(|_| damaged("a count"))?;
    Ok(Some(Head { key, origin, atomicity, rejection, count }))
}

/// Writes a step that was rejected on its own.
pub(super) fn put_rejected_step(step: &Step, rejection: &Rejection, day: i32, out: &mut Vec<u8>) {
    let about = if rejection.about.is_some() { ABOUT } else { 0 };
    out.push(STEP_REJECTED | about);
    out.push(rejection.reason as u8);
    rejection.about.iter().for_each(|about| out.extend_from_slice(about.as_bytes()));
    put_step(step, day, out);
}

/// Why the next step was rejected on its own, if it was; the step itself stays in the reader.
pub(super) fn read_step_rejection(
    step: u32,
    reader: &mut ByteReader<'_>,
) -> Result<Option<Rejection>, StorageError> {
    let mut ahead = reader.clone();
    let first = ahead.u8()?;
    if first & !ABOUT != STEP_REJECTED {
        return Ok(None);
    }
    *reader = ahead;
    read_rejection(step, first & ABOUT != 0, reader).map(Some)
}

fn read_rejection(
    step: u32,
    with_about: bool,
    reader: &mut ByteReader<'_>,
) -> Result<Rejection, StorageError> {
    let reason = Reason::from_number(reader.u8()?).ok_or_else(|| damaged("a reason"))?;
    let about = if with_about { Some(Uuid::from_u128(reader.u128()?)) } else { None };
    Ok(Rejection { step, reason, about })
}

/// Writes what came of a command, apart from the command.
pub(super) fn put_outcome(outcome: &Outcome, out: &mut Vec<u8>) {
    let put_rejection = |rejection: &Rejection, out: &mut Vec<u8>| {
        put_varint(u128::from(rejection.step), out);
        out.push(u8::from(rejection.about.is_some()));
        out.push(rejection.reason as u8);
        rejection.about.iter().for_each(|about| out.extend_from_slice(about.as_bytes()));
    };
    match outcome {
        Outcome::Done { first_number, rejections, found } => {
            out.push(0);
            put_varint(u128::from(*first_number), out);
            put_varint(rejections.len() as u128, out);
            rejections.iter().for_each(|rejection| put_rejection(rejection, out));
            put_varint(found.len() as u128, out);
            for Found { step, amount } in found {
                put_varint(u128::from(*step), out);
                put_amount(*amount, out);
            }
        }
        Outcome::Rejected(rejection) => {
            out.push(1);
            put_rejection(rejection, out);
        }
        Outcome::Expired(holds) => {
            out.push(2);
            put_tick(holds, out);
        }
    }
}

/// Reads what [`put_outcome`] wrote.
pub(super) fn read_outcome(reader: &mut ByteReader<'_>) -> Result<Outcome, StorageError> {
    let read_step = |reader: &mut ByteReader<'_>| {
        u32::try_from(reader.varint()?).map_err(|_| damaged("a step's number"))
    };
    let rejection = |reader: &mut ByteReader<'_>| {
        let (step, with_about) = (read_step(reader)?, reader.u8()? != 0);
        read_rejection(step, with_about, reader)
    };
    Ok(match reader.u8()? {
        0 => {
            let first_number = u64::try_from(reader.varint()?).map_err(|_| damaged("a number"))?;
            let count = reader.varint()?;
            let rejections = (0..count).map(|_| rejection(reader)).collect::<Result<_, _>>()?;
            let count = reader.varint()?;
            let found = |_| Ok(Found { step: read_step(reader)?, amount: read_amount(reader)? });
            let found = (0..count).map(found).collect::<Result<_, StorageError>>()?;
            Outcome::Done { first_number, rejections, found }
        }
        1 => Outcome::Rejected(rejection(reader)?),
        2 => {
            reader.u8()?;
            Outcome::Expired(read_expired(reader)?)
        }
        _ => return Err(damaged("an outcome")),
    })
}

fn put_origin(origin: &Origin, out: &mut Vec<u8>) {
    let kind = match &origin.actor {
        Actor::User { .. } => 0,
        Actor::Owner => 1,
        Actor::System { .. } => 2,
        Actor::Anonymous => 3,
    };
    out.push(kind | if origin.on_behalf_of.is_some() { ON_BEHALF } else { 0 });
    out.extend_from_slice(origin.correlation.as_bytes());
    match &origin.actor {
        Actor::User { id } => out.extend_from_slice(id.uuid().as_bytes()),
        Actor::System { name } => {
            put_varint(name.len() as u128, out);
            out.extend_from_slice(name.as_bytes());
        }
        Actor::Owner | Actor::Anonymous => {}
    }
    origin.on_behalf_of.iter().for_each(|user| out.extend_from_slice(user.uuid().as_bytes()));
}

fn read_origin(reader: &mut ByteReader<'_>) -> Result<Origin, StorageError> {
    let kind = reader.u8()?;
    let correlation = Uuid::from_u128(reader.u128()?);
    let actor = match kind & !ON_BEHALF {
        0 => Actor::User { id: read_user(reader)? },
        1 => Actor::Owner,
        2 => {
            let length = usize::try_from(reader.varint()?).map_err(|_| damaged("an actor"))?;
            let name = std::str::from_utf8(reader.bytes(length)?);
            Actor::System { name: name.map_err(|_| damaged("an actor"))?.to_owned() }
        }
        3 => Actor::Anonymous,
        _ => return Err(damaged("an actor")),
    };
    let on_behalf_of = if kind & ON_BEHALF == 0 { None } else { Some(read_user(reader)?) };
    Ok(Origin { actor, on_behalf_of, correlation })
}

fn read_user(reader: &mut ByteReader<'_>) -> Result<UserId, StorageError> {
    Ok(UserId::from_uuid(Uuid::from_u128(reader.u128()?)))
}

pub(super) fn damaged(what: &str) -> StorageError {
    StorageError::Damaged { text: format!("a ledger entry holds {what} that is not known") }
}
