//! Values in PostgreSQL's binary format.
//!
//! Source: the send and receive functions of PostgreSQL (numeric.c, timestamp.c, date.c).

use bytes::{BufMut, BytesMut};
use kernel::{Amount, Timestamp, Uuid, time};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::error::StorageError;
use crate::value::{Row, Value};

/// Microseconds from 1970 to 2000, where PostgreSQL's time begins.
const EPOCH_2000_MICROS: i64 = 946_684_800_000_000;
/// Days from 1970 to 2000.
const EPOCH_2000_DAYS: i32 = 10_957;
/// A digit of `numeric` counts to ten thousand.
const NUMERIC_BASE: u128 = 10_000;

type Fault = Box<dyn std::error::Error + Sync + Send>;

/// A row with the cells of our types.
pub(super) fn row(row: &tokio_postgres::Row) -> Result<Row, StorageError> {
    let cell = |column: usize| {
        row.try_get::<_, Value>(column).map_err(|error| StorageError::Damaged {
            text: format!("column {} ({})", row.columns()[column].name(), super::chain(&error)),
        })
    };
    Ok(Row::new((0..row.len()).map(cell).collect::<Result<_, _>>()?))
}

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Fault> {
        match (self, kind) {
            (Self::Null, _) => return Ok(IsNull::Yes),
            (Self::I64(number), &Type::INT8) => out.put_i64(*number),
            (Self::I64(number), &Type::INT4) => out.put_i32(i32::try_from(*number)?),
            (Self::I64(number), &Type::INT2) => out.put_i16(i16::try_from(*number)?),
            (Self::I64(number), &Type::NUMERIC) => {
                put_numeric(Amount::from_minor(i128::from(*number)), out)?;
            }
            (Self::Text(text), &Type::TEXT | &Type::VARCHAR | &Type::BPCHAR | &Type::NAME) => {
                out.put_slice(text.as_bytes());
            }
            (Self::Text(text) | Self::Json(text), &Type::JSONB) => {
                out.put_u8(1);
                out.put_slice(text.as_bytes());
            }
            (Self::Bytes(bytes), &Type::BYTEA) => out.put_slice(bytes),
            (Self::Bool(truth), &Type::BOOL) => out.put_u8(u8::from(*truth)),
            (Self::Uuid(uuid), &Type::UUID) => out.put_slice(uuid.as_bytes()),
            (Self::Amount(amount), &Type::NUMERIC) => put_numeric(*amount, out)?,
            (Self::Time(time), &Type::TIMESTAMPTZ) => {
                out.put_i64(time.micros() - EPOCH_2000_MICROS);
            }
            (Self::Date(date), &Type::DATE) => {
                out.put_i32(time::days_since_epoch(*date) - EPOCH_2000_DAYS);
            }
            (value, kind) => return Err(format!("{value:?} is no parameter of type {kind}").into()),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        // What fits is seen with the value in hand; what does not is an error above.
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Fault> {
        Ok(match *kind {
            Type::INT8 => Self::I64(i64::from_be_bytes(raw.try_into()?)),
            Type::INT4 => Self::I64(i64::from(i32::from_be_bytes(raw.try_into()?))),
            Type::INT2 => Self::I64(i64::from(i16::from_be_bytes(raw.try_into()?))),
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME => {
                Self::Text(std::str::from_utf8(raw)?.to_owned())
            }
            Type::JSONB => {
                let text = raw.get(1..).ok_or("jsonb without its version")?;
                Self::Json(std::str::from_utf8(text)?.to_owned())
            }
            Type::BYTEA => Self::Bytes(raw.to_vec()),
            Type::BOOL => Self::Bool(raw == [1]),
            Type::UUID => Self::Uuid(Uuid::from_slice(raw)?),
            Type::NUMERIC => Self::Amount(numeric(raw)?),
            Type::TIMESTAMPTZ => {
                let micros = i64::from_be_bytes(raw.try_into()?);
                Self::Time(Timestamp::from_micros(micros.saturating_add(EPOCH_2000_MICROS)))
            }
            Type::DATE => {
                let days = i32::from_be_bytes(raw.try_into()?).saturating_add(EPOCH_2000_DAYS);
                Self::Date(time::date_from_days(days)?)
            }
            _ => return Err(format!("a column of type {kind} is not read here").into()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Fault> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Header of four 16-bit words (digits, weight of the first, sign, decimals), then the digits.
fn put_numeric(amount: Amount, out: &mut BytesMut) -> Result<(), Fault> {
    let mut digits: Vec<i16> = Vec::with_capacity(10);
    let mut rest = amount.minor().unsigned_abs();
    while rest > 0 {
        digits.push(i16::try_from(rest % NUMERIC_BASE)?);
        rest /= NUMERIC_BASE;
    }
    let count = i16::try_from(digits.len())?;
    out.put_i16(count);
    out.put_i16((count - 1).max(0));
    out.put_u16(if amount.is_negative() { 0x4000 } else { 0 });
    out.put_i16(0);
    digits.iter().rev().for_each(|digit| out.put_i16(*digit));
    Ok(())
}

fn numeric(raw: &[u8]) -> Result<Amount, Fault> {
    let word = |index: usize| -> Result<u16, Fault> {
        let bytes = raw.get(2 * index..2 * index + 2).ok_or("numeric is cut short")?;
        Ok(u16::from_be_bytes(bytes.try_into()?))
    };
    let count = usize::from(word(0)?);
    let weight = i16::from_be_bytes(word(1)?.to_be_bytes());
    let negative = match word(2)? {
        0 => false,
        0x4000 => true,
        _ => return Err("numeric is not a finite number".into()),
    };
    let mut whole: i128 = 0;
    for place in 0..=i32::from(weight) {
        let index = usize::try_from(place)?;
        let digit = if index < count { word(4 + index)? } else { 0 };
        whole = whole
            .checked_mul(10_000)
            .and_then(|whole| whole.checked_add(i128::from(digit)))
            .ok_or("numeric is too large for an amount")?;
    }
    let below_one = (0..count).skip(usize::try_from(i32::from(weight) + 1).unwrap_or(0));
    for index in below_one {
        if word(4 + index)? != 0 {
            return Err("numeric has decimals, which no amount has".into());
        }
    }
    Ok(Amount::try_from_minor(if negative { -whole } else { whole })?)
}
