//! How one step is written. Its first byte holds the kind, and with 16 a flag; `transfer` says how
//! transfers are. Amounts are varints, those that may be negative with their sign in the lowest
//! bit.
//!
//! | step | bytes |
//! | --- | --- |
//! | define commodity | code (length, text), scale 1 |
//! | open account | id 16, commodity's code, kind 1, limits, code 2 |
//! | set limits | account, limits |
//! | close account | account |
//! | freeze (16), thaw | account |
//! | lock period (16), open all | [last date in days from the record's] |
//! | open group | id 16, [16: parent 16] |
//! | move account | account, [16: group 16] |
//! | move group (32) | group 16, [16: parent 16] |
//! | limit group (set limits with 16) | group 16, commodity's code, limits |
//!
//! Limits are a byte (1 floor, 2 ceiling) and the amounts that it names.

use kernel::{CommodityCode, Date};
use storage::StorageError;
use storage::journal::ByteReader;

use super::codec::damaged;
use super::fields::{
    Name, put_code, put_date, put_group, put_limits, read_code, read_date, read_days, read_group,
    read_limits,
};
use super::transfer::{KIND, Moved, WrittenTransfer, is_transfer, put_transfer, read_transfer};
use crate::model::{AccountId, AccountKind, Found, GroupId, Limits, NewAccount, NewTransfer, Step};

const DEFINE_COMMODITY: u8 = 1;
const OPEN_ACCOUNT: u8 = 2;
const SET_LIMITS: u8 = 3;
const CLOSE_ACCOUNT: u8 = 4;
const FREEZE: u8 = 9;
const LOCK_PERIOD: u8 = 10;
const OPEN_GROUP: u8 = 13;
const MOVE: u8 = 14;

const SET: u8 = 16;
const OF_GROUP: u8 = 32;

/// A step, with its accounts named in one way.
pub(crate) enum Written<N> {
    DefineCommodity { code: CommodityCode, scale: u8 },
    OpenAccount(NewAccount),
    SetLimits { account: N, limits: Limits },
    CloseAccount { account: N },
    Freeze { account: N, frozen: bool },
    LockPeriod { until: Option<Date> },
    OpenGroup { group: GroupId, parent: Option<GroupId> },
    MoveAccount { account: N, group: Option<GroupId> },
    MoveGroup { group: GroupId, parent: Option<GroupId> },
    LimitGroup { group: GroupId, commodity: CommodityCode, limits: Limits },
    Transfer(WrittenTransfer<N>),
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
            Self::OpenGroup { group, parent } => Step::OpenGroup { group, parent },
            Self::MoveAccount { account, group } => {
                Step::MoveAccount { account: name(account)?, group }
            }
            Self::MoveGroup { group, parent } => Step::MoveGroup { group, parent },
            Self::LimitGroup { group, commodity, limits } => {
                Step::LimitGroup { group, commodity, limits }
            }
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
        Step::OpenGroup { group, parent } => {
            out.push(OPEN_GROUP | if parent.is_some() { SET } else { 0 });
            put_group(*group, out);
            parent.iter().for_each(|parent| put_group(*parent, out));
        }
        Step::MoveAccount { account, group } => put_account_move(*account, *group, out),
        Step::MoveGroup { group, parent } => {
            out.push(MOVE | OF_GROUP | if parent.is_some() { SET } else { 0 });
            put_group(*group, out);
            parent.iter().for_each(|parent| put_group(*parent, out));
        }
        Step::LimitGroup { group, commodity, limits } => {
            out.push(SET_LIMITS | SET);
            put_group(*group, out);
            put_code(*commodity, out);
            put_limits(*limits, out);
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

pub(super) fn put_account_move<N: Name>(account: N, group: Option<GroupId>, out: &mut Vec<u8>) {
    out.push(MOVE | if group.is_some() { SET } else { 0 });
    account.put(out);
    group.iter().for_each(|group| put_group(*group, out));
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
        SET_LIMITS if first & SET != 0 => Ok(Written::LimitGroup {
            group: read_group(reader)?,
            commodity: read_code(reader)?,
            limits: read_limits(reader)?,
        }),
        SET_LIMITS => {
            Ok(Written::SetLimits { account: N::read(reader)?, limits: read_limits(reader)? })
        }
        CLOSE_ACCOUNT => Ok(Written::CloseAccount { account: N::read(reader)? }),
        LOCK_PERIOD => {
            let days = if first & SET == 0 { None } else { Some(read_days(day, reader)?) };
            Ok(Written::LockPeriod { until: days.map(read_date).transpose()? })
        }
        FREEZE => Ok(Written::Freeze { account: N::read(reader)?, frozen: first & SET != 0 }),
        OPEN_GROUP => {
            let (group, parent) = (read_group(reader)?, read_parent(first, reader)?);
            Ok(Written::OpenGroup { group, parent })
        }
        MOVE if first & OF_GROUP == 0 => {
            let (account, group) = (N::read(reader)?, read_parent(first, reader)?);
            Ok(Written::MoveAccount { account, group })
        }
        MOVE => {
            let (group, parent) = (read_group(reader)?, read_parent(first, reader)?);
            Ok(Written::MoveGroup { group, parent })
        }
        kind if is_transfer(kind) => read_transfer(first, day, reader).map(Written::Transfer),
        _ => Err(damaged("a step")),
    }
}

fn read_parent(first: u8, reader: &mut ByteReader<'_>) -> Result<Option<GroupId>, StorageError> {
    if first & SET == 0 { Ok(None) } else { read_group(reader).map(Some) }
}
