//! How one step is written. Its first byte holds the kind, and for a transfer two flags; amounts
//! are varints, those that may be negative with their sign in the lowest bit.
//!
//! A transfer: kind and flags 1 (16 reference, 32 and 64 the movement's options, 128 reversal), id
//! 16, code 2, varint effective date in days from the record's, [reference 16], [the transfer that
//! it reverses 16], then its movement, and where it was accepted the amount that the caller had
//! left open:
//!
//! | movement | bytes | found |
//! | --- | --- | --- |
//! | post | debit, credit, amount | |
//! | post up to | balanced 1 (0 debit, 1 credit), debit, credit, [32: maximum] | amount |
//! | close into | closed account, other account | balance moved, debits positive |
//! | hold | debit, credit, amount, [32: expires 8] | |
//! | post hold (64 keeps the rest) | hold 16, [32: amount] | without 32: amount |
//! | void hold | hold 16 | |
//!
//! The other steps, 16 in their first byte where a flag is set:
//!
//! | step | bytes |
//! | --- | --- |
//! | define commodity | code (length, text), scale 1 |
//! | open account | id 16, commodity's code, kind 1, limits, code 2 |
//! | set limits | account, limits |
//! | close account | account |
//! | freeze (16), thaw | account |
//! | lock period (16), open all | [last date in days from the record's] |
//!
//! Limits are a byte (1 floor, 2 ceiling) and the amounts that it names.

use kernel::{Amount, CommodityCode, Date, Timestamp, Uuid, time};
use storage::StorageError;
use storage::journal::{ByteReader, put_varint, unzigzag, zigzag};

use super::codec::damaged;
use crate::model::{
    AccountId, AccountKind, Balancing, Found, Limits, Movement, NewAccount, NewTransfer, Rest,
    Step, TransferId,
};

const DEFINE_COMMODITY: u8 = 1;
const OPEN_ACCOUNT: u8 = 2;
const SET_LIMITS: u8 = 3;
const CLOSE_ACCOUNT: u8 = 4;
const POST: u8 = 5;
const HOLD: u8 = 6;
const POST_HOLD: u8 = 7;
const VOID_HOLD: u8 = 8;
const FREEZE: u8 = 9;
const LOCK_PERIOD: u8 = 10;
const POST_UP_TO: u8 = 11;
const CLOSE_INTO: u8 = 12;

const KIND: u8 = 15;
const WITH_REFERENCE: u8 = 16;
const WITH_OPTION: u8 = 32;
const KEEPING: u8 = 64;
const REVERSING: u8 = 128;

/// Of a step that is no transfer.
const SET: u8 = 16;

/// How accounts are named: by their 16 bytes, or by their number in the book.
pub(super) trait Name: Copy {
    /// Whether steps that name accounts so were accepted, and say what the engine found.
    const ACCEPTED: bool;

    fn put(self, out: &mut Vec<u8>);
    fn read(reader: &mut ByteReader<'_>) -> Result<Self, StorageError>;
}

impl Name for AccountId {
    const ACCEPTED: bool = false;

    fn put(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.uuid().as_bytes());
    }

    fn read(reader: &mut ByteReader<'_>) -> Result<Self, StorageError> {
        Ok(Self::from_uuid(Uuid::from_u128(reader.u128()?)))
    }
}

impl Name for u32 {
    const ACCEPTED: bool = true;

    fn put(self, out: &mut Vec<u8>) {
        put_varint(u128::from(self), out);
    }

    fn read(reader: &mut ByteReader<'_>) -> Result<Self, StorageError> {
        Self::try_from(reader.varint()?).map_err(|_| damaged("an account"))
    }
}

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

/// A step, with its accounts named in one way.
pub(crate) enum Written<N> {
    DefineCommodity { code: CommodityCode, scale: u8 },
    OpenAccount(NewAccount),
    SetLimits { account: N, limits: Limits },
    CloseAccount { account: N },
    Freeze { account: N, frozen: bool },
    LockPeriod { until: Option<Date> },
    Transfer(WrittenTransfer<N>),
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

impl<N> Moved<N> {
    /// Whether the caller leaves it to the engine how much is moved.
    pub(super) const fn is_open(&self) -> bool {
        matches!(
            self,
            Self::PostUpTo { .. } | Self::CloseInto { .. } | Self::PostHold { amount: None, .. }
        )
    }
}

impl<N> Written<N> {
    /// What it moved, where the caller had left that open and it was accepted.
    pub(super) fn found(&self, step: u32) -> Option<Found> {
        let Self::Transfer(WrittenTransfer { found: Some(amount), .. }) = self else {
            return None;
        };
        Some(Found { step, amount: *amount })
    }

    /// The step as callers say it.
    pub(super) fn into_step(
        self,
        name: impl Fn(N) -> Result<AccountId, StorageError>,
    ) -> Result<Step, StorageError> {
        Ok(match self {
            Self::DefineCommodity { code, scale } => Step::DefineCommodity { code, scale },
            Self::OpenAccount(account) => Step::OpenAccount(account),
            Self::SetLimits { account, limits } => {
                Step::SetLimits { account: name(account)?, limits }
            }
            Self::CloseAccount { account } => Step::CloseAccount { account: name(account)? },
            Self::Freeze { account, frozen } => Step::Freeze { account: name(account)?, frozen },
            Self::LockPeriod { until } => Step::LockPeriod { until },
            Self::Transfer(written) => Step::Transfer(NewTransfer {
                id: written.id,
                movement: written.moved.rename(name)?.into(),
                code: written.code,
                reference: written.reference,
                effective: read_date(written.effective)?,
                reverses: written.reverses,
            }),
        })
    }
}

/// Writes a step as callers say it, in a record of `day`.
pub(super) fn put_step(step: &Step, day: i32, out: &mut Vec<u8>) {
    match step {
        Step::DefineCommodity { code, scale } => {
            out.push(DEFINE_COMMODITY);
            put_code(*code, out);
            out.push(*scale);
        }
        Step::OpenAccount(account) => {
            out.push(OPEN_ACCOUNT);
            out.extend_from_slice(account.id.uuid().as_bytes());
            put_code(account.commodity, out);
            out.push(account.kind.number());
            put_limits(account.limits, out);
            out.extend_from_slice(&account.code.to_be_bytes());
        }
        Step::SetLimits { account, limits } => put_new_limits(*account, *limits, out),
        Step::CloseAccount { account } => put_close(*account, out),
        Step::Freeze { account, frozen } => put_freeze(*account, *frozen, out),
        Step::LockPeriod { until } => {
            out.push(LOCK_PERIOD | if until.is_some() { SET } else { 0 });
            until.iter().for_each(|until| put_date(*until, day, out));
        }
        Step::Transfer(transfer) => {
            put_transfer(transfer, Moved::<AccountId>::from(transfer.movement), day, out);
        }
    }
}

pub(super) fn put_new_limits<N: Name>(account: N, limits: Limits, out: &mut Vec<u8>) {
    out.push(SET_LIMITS);
    account.put(out);
    put_limits(limits, out);
}

pub(super) fn put_close<N: Name>(account: N, out: &mut Vec<u8>) {
    out.push(CLOSE_ACCOUNT);
    account.put(out);
}

pub(super) fn put_freeze<N: Name>(account: N, frozen: bool, out: &mut Vec<u8>) {
    out.push(FREEZE | if frozen { SET } else { 0 });
    account.put(out);
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

fn put_date(date: Date, day: i32, out: &mut Vec<u8>) {
    let days = time::days_since_epoch(date);
    put_varint(zigzag(i128::from(days) - i128::from(day)), out);
}

pub(super) fn put_amount(amount: Amount, out: &mut Vec<u8>) {
    put_varint(zigzag(amount.minor()), out);
}

fn put_pair<N: Name>(debit: N, credit: N, amount: Amount, out: &mut Vec<u8>) {
    debit.put(out);
    credit.put(out);
    put_amount(amount, out);
}

/// Reads a step of a record of `day`.
pub(super) fn read_step<N: Name>(
    day: i32,
    reader: &mut ByteReader<'_>,
) -> Result<Written<N>, StorageError> {
    let first = reader.u8()?;
    match first & KIND {
        DEFINE_COMMODITY => {
            Ok(Written::DefineCommodity { code: read_code(reader)?, scale: reader.u8()? })
        }
        OPEN_ACCOUNT => Ok(Written::OpenAccount(NewAccount {
            id: Name::read(reader)?,
            commodity: read_code(reader)?,
            kind: AccountKind::from_number(reader.u8()?).ok_or_else(|| damaged("a kind"))?,
            limits: read_limits(reader)?,
            code: reader.u16()?,
        })),
        SET_LIMITS => {
            Ok(Written::SetLimits { account: N::read(reader)?, limits: read_limits(reader)? })
        }
        CLOSE_ACCOUNT => Ok(Written::CloseAccount { account: N::read(reader)? }),
        LOCK_PERIOD => {
            let days = if first & SET == 0 { None } else { Some(read_days(day, reader)?) };
            Ok(Written::LockPeriod { until: days.map(read_date).transpose()? })
        }
        FREEZE => Ok(Written::Freeze { account: N::read(reader)?, frozen: first & SET != 0 }),
        POST | POST_UP_TO | CLOSE_INTO | HOLD | POST_HOLD | VOID_HOLD => {
            read_transfer(first, day, reader).map(Written::Transfer)
        }
        _ => Err(damaged("a step")),
    }
}

fn read_transfer<N: Name>(
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

/// A date in days after the epoch.
fn read_days(day: i32, reader: &mut ByteReader<'_>) -> Result<i32, StorageError> {
    let days = unzigzag(reader.varint()?).checked_add(i128::from(day));
    days.and_then(|days| i32::try_from(days).ok()).ok_or_else(|| damaged("a date"))
}

fn read_date(days: i32) -> Result<Date, StorageError> {
    time::date_from_days(days).map_err(|_| damaged("a date"))
}

fn read_transfer_id(reader: &mut ByteReader<'_>) -> Result<TransferId, StorageError> {
    Ok(TransferId::from_uuid(Uuid::from_u128(reader.u128()?)))
}

fn read_amount(reader: &mut ByteReader<'_>) -> Result<Amount, StorageError> {
    Amount::try_from_minor(unzigzag(reader.varint()?)).map_err(|_| damaged("an amount"))
}

fn put_code(code: CommodityCode, out: &mut Vec<u8>) {
    let text = code.as_str().as_bytes();
    put_varint(text.len() as u128, out);
    out.extend_from_slice(text);
}

fn read_code(reader: &mut ByteReader<'_>) -> Result<CommodityCode, StorageError> {
    let length = usize::try_from(reader.varint()?).map_err(|_| damaged("a code"))?;
    let text = std::str::from_utf8(reader.bytes(length)?).map_err(|_| damaged("a code"))?;
    CommodityCode::parse(text).map_err(|_| damaged("a code"))
}

fn put_limits(limits: Limits, out: &mut Vec<u8>) {
    let Limits { floor, ceiling } = limits;
    out.push(u8::from(floor.is_some()) | u8::from(ceiling.is_some()) << 1);
    let bounds = [floor, ceiling].into_iter().flatten();
    bounds.for_each(|bound| put_amount(bound, out));
}

fn read_limits(reader: &mut ByteReader<'_>) -> Result<Limits, StorageError> {
    let flags = reader.u8()?;
    let floor = if flags & 1 == 0 { None } else { Some(read_amount(reader)?) };
    let ceiling = if flags & 2 == 0 { None } else { Some(read_amount(reader)?) };
    Ok(Limits { floor, ceiling })
}
