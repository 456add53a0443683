//! How the parts of steps are written: accounts, amounts, dates, commodities, limits.

use kernel::{Amount, CommodityCode, Date, Uuid, time};
use storage::StorageError;
use storage::journal::{ByteReader, put_varint, unzigzag, zigzag};

use super::codec::damaged;
use crate::model::{AccountId, GroupId, Limits, TransferId};

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

pub(super) fn put_date(date: Date, day: i32, out: &mut Vec<u8>) {
    let days = time::days_since_epoch(date);
    put_varint(zigzag(i128::from(days) - i128::from(day)), out);
}

pub(super) fn put_amount(amount: Amount, out: &mut Vec<u8>) {
    put_varint(zigzag(amount.minor()), out);
}

/// A date in days after the epoch.
pub(super) fn read_days(day: i32, reader: &mut ByteReader<'_>) -> Result<i32, StorageError> {
    let days = unzigzag(reader.varint()?).checked_add(i128::from(day));
    days.and_then(|days| i32::try_from(days).ok()).ok_or_else(|| damaged("a date"))
}

pub(super) fn read_date(days: i32) -> Result<Date, StorageError> {
    time::date_from_days(days).map_err(|_| damaged("a date"))
}

pub(super) fn read_transfer_id(reader: &mut ByteReader<'_>) -> Result<TransferId, StorageError> {
    Ok(TransferId::from_uuid(Uuid::from_u128(reader.u128()?)))
}

pub(super) fn read_amount(reader: &mut ByteReader<'_>) -> Result<Amount, StorageError> {
    Amount::try_from_minor(unzigzag(reader.varint()?)).map_err(|_| damaged("an amount"))
}

pub(super) fn put_code(code: CommodityCode, out: &mut Vec<u8>) {
    let text = code.as_str().as_bytes();
    put_varint(text.len() as u128, out);
    out.extend_from_slice(text);
}

pub(super) fn read_code(reader: &mut ByteReader<'_>) -> Result<CommodityCode, StorageError> {
    let length = usize::try_from(reader.varint()?).map_err(|_| damaged("a code"))?;
    let text = std::str::from_utf8(reader.bytes(length)?).map_err(|_| damaged("a code"))?;
    CommodityCode::parse(text).map_err(|_| damaged("a code"))
}

pub(super) fn put_limits(limits: Limits, out: &mut Vec<u8>) {
    let Limits { floor, ceiling } = limits;
    out.push(u8::from(floor.is_some()) | u8::from(ceiling.is_some()) << 1);
    let bounds = [floor, ceiling].into_iter().flatten();
    bounds.for_each(|bound| put_amount(bound, out));
}

pub(super) fn read_limits(reader: &mut ByteReader<'_>) -> Result<Limits, StorageError> {
    let flags = reader.u8()?;
    let floor = if flags & 1 == 0 { None } else { Some(read_amount(reader)?) };
    let ceiling = if flags & 2 == 0 { None } else { Some(read_amount(reader)?) };
    Ok(Limits { floor, ceiling })
}

pub(super) fn put_group(group: GroupId, out: &mut Vec<u8>) {
    out.extend_from_slice(group.uuid().as_bytes());
}

pub(super) fn read_group(reader: &mut ByteReader<'_>) -> Result<GroupId, StorageError> {
    Ok(GroupId::from_uuid(Uuid::from_u128(reader.u128()?)))
}
