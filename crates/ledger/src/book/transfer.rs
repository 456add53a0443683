//! How one transfer is written.
//!
//! Kind and flags 1 (16 reference, 32 and 64 the movement's options, 128 reversal), id 16, code 2,
//! varint effective date in days from the record's, [reference 16], [the transfer that it reverses
//! 16], then its movement, and where it was accepted the amount that the caller had left open:
//!
//! | movement | bytes | found |
//! | --- | --- | --- |
//! | post | debit, credit, amount | |
//! | post up to | balanced 1 (0 debit, 1 credit), debit, credit, [32: maximum] | amount |
//! | close into | closed account, other account | balance moved, debits positive |
//! | hold | debit, credit, amount, [32: expires 8] | |
//! | post hold (64 keeps the rest) | hold 16, [32: amount] | without 32: amount |
//! | void hold | hold 16 | |

use kernel::{Amount, Timestamp};
use storage::StorageError;
use storage::journal::ByteReader;

use super::codec::damaged;
use super::fields::{Name, put_amount, put_date, read_amount, read_days, read_transfer_id};
use crate::model::{AccountId, Balancing, Movement, NewTransfer, Rest, TransferId};

const POST: u8 = 5;
const HOLD: u8 = 6;
const POST_HOLD: u8 = 7;
const VOID_HOLD: u8 = 8;
const POST_UP_TO: u8 = 11;
const CLOSE_INTO: u8 = 12;

/// The part of the first byte that says what a step is.
pub(super) const KIND: u8 = 15;
const WITH_REFERENCE: u8 = 16;
const WITH_OPTION: u8 = 32;
const KEEPING: u8 = 64;
const REVERSING: u8 = 128;

/// What a transfer does, with its accounts named in one way.
#[derive(Clone, Copy)]
pub(crate) enum Moved<N> {
    Post { debit: N, credit: N, amount: Amount },
    PostUpTo { debit: N, credit: N, maximum: Option<Amount>, balancing: Balancing },
    CloseInto { account: N, into: N },
    Hold { debit: N, credit: N, amount: Amount, expires: Option<Timestamp> },
    PostHold { hold: TransferId, amount: Option<Amount>, rest: Rest },
    VoidHold { hold: TransferId },
}

/// A transfer, with its accounts named in one way.
pub(crate) struct WrittenTransfer<N> {
    pub id: TransferId,
    pub code: u16,
    pub reference: Option<u128>,
    /// In days after the epoch.
    pub effective: i32,
    pub reverses: Option<TransferId>,
    pub moved: Moved<N>,
    /// What was moved, where the caller had left that open and the step was accepted.
    pub found: Option<Amount>,
}

impl<N> Moved<N> {
    /// The same with accounts named in another way.
    pub(super) fn rename<M, E>(self, name: impl Fn(N) -> Result<M, E>) -> Result<Moved<M>, E> {
        Ok(match self {
            Self::Post { debit, credit, amount } => {
                Moved::Post { debit: name(debit)?, credit: name(credit)?, amount }
            }
            Self::PostUpTo { debit, credit, maximum, balancing } => {
                let (debit, credit) = (name(debit)?, name(credit)?);
                Moved::PostUpTo { debit, credit, maximum, balancing }
            }
            Self::CloseInto { account, into } => {
                Moved::CloseInto { account: name(account)?, into: name(into)? }
            }
            Self::Hold { debit, credit, amount, expires } => {
                Moved::Hold { debit: name(debit)?, credit: name(credit)?, amount, expires }
            }
            Self::PostHold { hold, amount, rest } => Moved::PostHold { hold, amount, rest },
            Self::VoidHold { hold } => Moved::VoidHold { hold },
        })
    }

    /// Whether the caller leaves it to the engine how much is moved.
    pub(super) const fn is_open(&self) -> bool {
        matches!(
            self,
            Self::PostUpTo { .. } | Self::CloseInto { .. } | Self::PostHold { amount: None, .. }
        )
    }
}

impl Movement {
    /// Whether it leaves to the engine how much is moved.
    #[must_use]
    pub fn is_open(&self) -> bool {
        Moved::from(*self).is_open()
    }
}

impl From<Movement> for Moved<AccountId> {
    fn from(movement: Movement) -> Self {
        match movement {
            Movement::Post { debit, credit, amount } => Self::Post { debit, credit, amount },
            Movement::PostUpTo { debit, credit, maximum, balancing } => {
                Self::PostUpTo { debit, credit, maximum, balancing }
            }
            Movement::CloseInto { account, into } => Self::CloseInto { account, into },
            Movement::Hold { debit, credit, amount, expires } => {
                Self::Hold { debit, credit, amount, expires }
            }
            Movement::PostHold { hold, amount, rest } => Self::PostHold { hold, amount, rest },
            Movement::VoidHold { hold } => Self::VoidHold { hold },
        }
    }
}

impl From<Moved<AccountId>> for Movement {
    fn from(moved: Moved<AccountId>) -> Self {
        match moved {
            Moved::Post { debit, credit, amount } => Self::Post { debit, credit, amount },
            Moved::PostUpTo { debit, credit, maximum, balancing } => {
                Self::PostUpTo { debit, credit, maximum, balancing }
            }
            Moved::CloseInto { account, into } => Self::CloseInto { account, into },
            Moved::Hold { debit, credit, amount, expires } => {
                Self::Hold { debit, credit, amount, expires }
            }
            Moved::PostHold { hold, amount, rest } => Self::PostHold { hold, amount, rest },
            Moved::VoidHold { hold } => Self::VoidHold { hold },
        }
    }
}

/// Writes a transfer whose movement names its accounts in any way.
pub(super) fn put_transfer<N: Name>(
    transfer: &NewTransfer,
    moved: Moved<N>,
    day: i32,
    out: &mut Vec<u8>,
) {
    let flag = |flag: u8, set: bool| if set { flag } else { 0 };
    let (kind, options) = match moved {
        Moved::Post { .. } => (POST, 0),
        Moved::CloseInto { .. } => (CLOSE_INTO, 0),
        Moved::PostUpTo { maximum, .. } => (POST_UP_TO, flag(WITH_OPTION, maximum.is_some())),
        Moved::Hold { expires, .. } => (HOLD, flag(WITH_OPTION, expires.is_some())),
        Moved::PostHold { amount, rest, .. } => {
            let given = flag(WITH_OPTION, amount.is_some());
            (POST_HOLD, given | flag(KEEPING, rest == Rest::Keep))
        }
        Moved::VoidHold { .. } => (VOID_HOLD, 0),
    };
    let reference = flag(WITH_REFERENCE, transfer.reference.is_some());
    out.push(kind | options | reference | flag(REVERSING, transfer.reverses.is_some()));
    out.extend_from_slice(transfer.id.uuid().as_bytes());
    out.extend_from_slice(&transfer.code.to_be_bytes());
    put_date(transfer.effective, day, out);
    transfer.reference.iter().for_each(|hash| out.extend_from_slice(&hash.to_be_bytes()));
    transfer.reverses.iter().for_each(|id| out.extend_from_slice(id.uuid().as_bytes()));
    match moved {
        Moved::Post { debit, credit, amount } => put_pair(debit, credit, amount, out),
        Moved::PostUpTo { debit, credit, maximum, balancing } => {
            out.push(u8::from(balancing == Balancing::Credit));
            debit.put(out);
            credit.put(out);
            maximum.iter().for_each(|maximum| put_amount(*maximum, out));
        }
        Moved::CloseInto { account, into } => {
            account.put(out);
            into.put(out);
        }
        Moved::Hold { debit, credit, amount, expires } => {
            put_pair(debit, credit, amount, out);
            expires.iter().for_each(|time| out.extend_from_slice(&time.micros().to_be_bytes()));
        }
        Moved::PostHold { hold, amount, .. } => {
            out.extend_from_slice(hold.uuid().as_bytes());
            amount.iter().for_each(|amount| put_amount(*amount, out));
        }
        Moved::VoidHold { hold } => out.extend_from_slice(hold.uuid().as_bytes()),
    }
}

fn put_pair<N: Name>(debit: N, credit: N, amount: Amount, out: &mut Vec<u8>) {
    debit.put(out);
    credit.put(out);
    put_amount(amount, out);
}

/// Whether a step of this kind is a transfer.
pub(super) const fn is_transfer(kind: u8) -> bool {
    matches!(kind, POST | POST_UP_TO | CLOSE_INTO | HOLD | POST_HOLD | VOID_HOLD)
}

/// Reads a transfer of a record of `day`, after its first byte.
pub(super) fn read_transfer<N: Name>(
    first: u8,
    day: i32,
    reader: &mut ByteReader<'_>,
) -> Result<WrittenTransfer<N>, StorageError> {
    let option = first & WITH_OPTION != 0;
    let id = read_transfer_id(reader)?;
    let code = reader.u16()?;
    let effective = read_days(day, reader)?;
    let reference = if first & WITH_REFERENCE == 0 { None } else { Some(reader.u128()?) };
    let reverses = if first & REVERSING == 0 { None } else { Some(read_transfer_id(reader)?) };
    let moved = match first & KIND {
        POST => {
            let (debit, credit) = (N::read(reader)?, N::read(reader)?);
            Moved::Post { debit, credit, amount: read_amount(reader)? }
        }
        POST_UP_TO => {
            let balancing = match reader.u8()? {
                0 => Balancing::Debit,
                1 => Balancing::Credit,
                _ => return Err(damaged("a side")),
            };
            let (debit, credit) = (N::read(reader)?, N::read(reader)?);
            let maximum = if option { Some(read_amount(reader)?) } else { None };
            Moved::PostUpTo { debit, credit, maximum, balancing }
        }
        CLOSE_INTO => Moved::CloseInto { account: N::read(reader)?, into: N::read(reader)? },
        HOLD => {
            let (debit, credit) = (N::read(reader)?, N::read(reader)?);
            let amount = read_amount(reader)?;
            let expires = match option {
                true => Some(Timestamp::from_micros(reader.i64()?)),
                false => None,
            };
            Moved::Hold { debit, credit, amount, expires }
        }
        POST_HOLD => {
            let hold = read_transfer_id(reader)?;
            let amount = if option { Some(read_amount(reader)?) } else { None };
            let rest = if first & KEEPING == 0 { Rest::Release } else { Rest::Keep };
            Moved::PostHold { hold, amount, rest }
        }
        _ => Moved::VoidHold { hold: read_transfer_id(reader)? },
    };
    let found = if N::ACCEPTED && moved.is_open() { Some(read_amount(reader)?) } else { None };
    Ok(WrittenTransfer { id, code, reference, effective, reverses, moved, found })
}
