//! How commands and outcomes are written in the journal, codec 1.
//!
//! An entry begins with a byte of flags (1 steps rather than a tick, 2 key, 4 accounts by number,
//! 8 rejected, 16 the rejection names something), then:
//!
//! - a tick: varint count, 16-byte ids of the holds that expired;
//! - steps: the key (id 16, body 16, first seen 8), the rejection (step varint, reason 1, about
//!   16), varint count, the steps as `step` writes them.
//!
//! Accepted commands name accounts by their number in the book; a rejected one may name what does
//! not exist, and one that opens accounts names them before they have a number: both write ids.

use kernel::{CommandKey, Timestamp, Uuid};
use storage::StorageError;
use storage::journal::{ByteReader, Record, RecordHeader, put_varint};

use super::state::Book;
use super::step::{ById, Names, put_step, read_step};
use crate::model::{AccountId, Command, Outcome, Reason, Rejection, Step, TransferId};

const STEPS: u8 = 1;
const KEY: u8 = 2;
const NUMBERS: u8 = 4;
const REJECTED: u8 = 8;
const ABOUT: u8 = 16;

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
    let (key, steps) = match command {
        Command::Steps { key, steps } => (key, steps),
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
            | flag(ABOUT, about.is_some()),
    );
    if let Some(CommandKey { id, body, first_seen }) = key {
        out.extend_from_slice(&id.to_be_bytes());
        out.extend_from_slice(&body.to_be_bytes());
        out.extend_from_slice(&first_seen.micros().to_be_bytes());
    }
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
    Ok(Entry { command: Command::Steps { key, steps: steps? }, outcome })
}

pub(super) fn damaged(what: &str) -> StorageError {
    StorageError::Damaged { text: format!("a ledger entry holds {what} that is not known") }
}
