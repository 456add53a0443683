//! How commands and outcomes are written in the journal, codec 1.
//!
//! An entry begins with a byte of flags (1 steps rather than a tick, 2 key, 4 accounts by number,
//! 8 rejected, 16 the rejection names something, 32 origin), then:
//!
//! - a tick: varint count, 16-byte ids of the holds that expired;
//! - steps: the key (id 16, body 16, first seen 8), the origin (kind of actor 1, with 128 added
//!   where somebody else stands behind it; correlation 16; a user's 16 bytes or the length and name
//!   of a part of Florin; the other's 16 bytes), the rejection (step varint, reason 1, about 16),
//!   varint count, the steps as `step` writes them.
//!
//! Accepted commands name accounts by their number in the book; a rejected one may name what does
//! not exist, and one that opens accounts names them before they have a number: both write ids.

use kernel::{Actor, CommandKey, Timestamp, UserId, Uuid};
use storage::StorageError;
use storage::journal::{ByteReader, Record, RecordHeader, put_varint};

use super::state::Book;
use super::step::{ById, Names, put_step, read_step};
use crate::model::{AccountId, Command, Origin, Outcome, Reason, Rejection, Step, TransferId};

const STEPS: u8 = 1;
const KEY: u8 = 2;
const NUMBERS: u8 = 4;
const REJECTED: u8 = 8;
const ABOUT: u8 = 16;
const ORIGIN: u8 = 32;

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
        let entry = decode(accounts.as_slice(), number, &mut reader)?;
        if let (Command::Steps { steps, .. }, Outcome::Done { .. }) =
            (&entry.command, &entry.outcome)
        {
            for step in steps {
                match step {
                    Step::OpenAccount(account) => accounts.push(account.id),
                    Step::Transfer(_) => number += 1,
                    Step::DefineCommodity { .. }
                    | Step::SetLimits { .. }
                    | Step::CloseAccount { .. } => {}
                }
            }
        }
        entries.push(entry);
    }
    Ok((header, entries))
}

pub(super) fn encode(book: &Book, command: &Command, outcome: &Outcome, out: &mut Vec<u8>) {
    let (key, origin, steps) = match command {
        Command::Steps { key, origin, steps } => (key, origin, steps),
        Command::Tick => {
            let holds = match outcome {
                Outcome::Expired(holds) => holds.as_slice(),
                Outcome::Done { .. } | Outcome::Rejected(_) => &[],
            };
            out.push(0);
            put_varint(holds.len() as u128, out);
            holds.iter().for_each(|hold| out.extend_from_slice(hold.uuid().as_bytes()));
            return;
        }
    };
    let rejection = outcome.rejection();
    let opens = steps.iter().any(|step| matches!(step, Step::OpenAccount(_)));
    let by_number = rejection.is_none() && !opens;
    let about = rejection.and_then(|rejection| rejection.about);
    let flag = |flag: u8, set: bool| if set { flag } else { 0 };
    out.push(
        STEPS
            | flag(KEY, key.is_some())
            | flag(NUMBERS, by_number)
            | flag(REJECTED, rejection.is_some())
            | flag(ABOUT, about.is_some())
            | flag(ORIGIN, origin.is_some()),
    );
    if let Some(CommandKey { id, body, first_seen }) = key {
        out.extend_from_slice(&id.to_be_bytes());
        out.extend_from_slice(&body.to_be_bytes());
        out.extend_from_slice(&first_seen.micros().to_be_bytes());
    }
    origin.iter().for_each(|origin| put_origin(origin, out));
    if let Some(Rejection { step, reason, about }) = rejection {
        put_varint(u128::from(*step), out);
        out.push(*reason as u8);
        about.iter().for_each(|about| out.extend_from_slice(about.as_bytes()));
    }
    put_varint(steps.len() as u128, out);
    for step in steps {
        if by_number { put_step(book, step, out) } else { put_step(&ById, step, out) }
    }
}

pub(super) fn decode<N: Names + ?Sized>(
    names: &N,
    next_number: u64,
    reader: &mut ByteReader<'_>,
) -> Result<Entry, StorageError> {
    let flags = reader.u8()?;
    if flags & STEPS == 0 {
        let count = reader.varint()?;
        let hold = |_| Ok(TransferId::from_uuid(Uuid::from_u128(reader.u128()?)));
        let holds: Result<Vec<_>, StorageError> = (0..count).map(hold).collect();
        return Ok(Entry { command: Command::Tick, outcome: Outcome::Expired(holds?) });
    }
    let key = if flags & KEY == 0 {
        None
    } else {
        let (id, body) = (reader.u128()?, reader.u128()?);
        Some(CommandKey { id, body, first_seen: Timestamp::from_micros(reader.i64()?) })
    };
    let origin = if flags & ORIGIN == 0 { None } else { Some(read_origin(reader)?) };
    let outcome = if flags & REJECTED == 0 {
        Outcome::Done { first_number: next_number }
    } else {
        let step = u32::try_from(reader.varint()?).map_err(|_| damaged("a step's number"))?;
        let reason = Reason::from_number(reader.u8()?).ok_or_else(|| damaged("a reason"))?;
        let about = if flags & ABOUT == 0 { None } else { Some(Uuid::from_u128(reader.u128()?)) };
        Outcome::Rejected(Rejection { step, reason, about })
    };
    let count = reader.varint()?;
    let by_number = flags & NUMBERS != 0;
    let step = |_| if by_number { read_step(names, reader) } else { read_step(&ById, reader) };
    let steps: Result<Vec<_>, StorageError> = (0..count).map(step).collect();
    Ok(Entry { command: Command::Steps { key, origin, steps: steps? }, outcome })
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
