//! The few types that cross between a module and a database, and how each is kept on either.
//!
//! | value | PostgreSQL | SQLite (STRICT) |
//! | --- | --- | --- |
//! | amount | NUMERIC(39,0) | 16 bytes, big-endian with the sign bit turned, so that they order |
//! | time | timestamptz | INTEGER, microseconds since 1970 |
//! | date | date | TEXT, `YYYY-MM-DD` |
//! | uuid | uuid | BLOB |
//! | json | jsonb | TEXT |
//! | bool | boolean | INTEGER, 0 or 1 |

use kernel::{Amount, Date, Timestamp, Uuid, time};

use crate::error::StorageError;

/// A parameter of a statement, or a cell of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    I64(i64),
    /// Text.
    Text(String),
    /// Bytes that are kept as they are: hashes, and what is hashed.
    Bytes(Vec<u8>),
    /// Yes or no.
    Bool(bool),
    /// An id.
    Uuid(Uuid),
    /// Minor units.
    Amount(Amount),
    /// A point in time.
    Time(Timestamp),
    /// A calendar date.
    Date(Date),
    /// JSON to query; what is hashed is bytes instead, because jsonb reorders keys.
    Json(String),
}

/// A row of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    cells: Vec<Value>,
}

/// A type that a cell can be read as.
pub trait FromValue: Sized {
    /// What it is called in an error.
    const NAME: &'static str;

    /// The cell as this type, or nothing where it is of another.
    fn from_value(value: &Value) -> Option<Self>;
}

impl Row {
    pub(crate) const fn new(cells: Vec<Value>) -> Self {
        Self { cells }
    }

    /// The cell at `column` as `T`; `Option<T>` where it may be NULL.
    pub fn get<T: FromValue>(&self, column: usize) -> Result<T, StorageError> {
        let cell = self.cells.get(column);
        cell.and_then(T::from_value).ok_or_else(|| StorageError::Type {
            column,
            found: cell.map_or("nothing", Value::name),
            expected: T::NAME,
        })
    }
}

impl Value {
    const fn name(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::I64(_) => "a whole number",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Bool(_) => "a truth value",
            Self::Uuid(_) => "a uuid",
            Self::Amount(_) => "an amount",
            Self::Time(_) => "a time",
            Self::Date(_) => "a date",
            Self::Json(_) => "json",
        }
    }
}

/// An amount as the 16 bytes that SQLite keeps; they compare as the amounts do.
#[must_use]
pub fn amount_to_bytes(amount: Amount) -> [u8; 16] {
    (amount.minor() ^ i128::MIN).to_be_bytes()
}

/// The amount that 16 bytes stand for.
#[must_use]
pub fn amount_from_bytes(bytes: &[u8]) -> Option<Amount> {
    let bytes: [u8; 16] = bytes.try_into().ok()?;
    Amount::try_from_minor(i128::from_be_bytes(bytes) ^ i128::MIN).ok()
}

macro_rules! from_value {
    ($type:ty, $name:literal, $($pattern:pat => $result:expr),+ $(,)?) => {
        impl FromValue for $type {
            const NAME: &'static str = $name;

            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    $($pattern => $result,)+
                    _ => None,
                }
            }
        }
    };
}

from_value!(i64, "a whole number", Value::I64(number) => Some(*number));
from_value!(u64, "a number from 0", Value::I64(number) => u64::try_from(*number).ok());
from_value!(u32, "a number from 0", Value::I64(number) => u32::try_from(*number).ok());
from_value!(u16, "a number from 0", Value::I64(number) => u16::try_from(*number).ok());
from_value!(i32, "a whole number", Value::I64(number) => i32::try_from(*number).ok());
from_value!(String, "text", Value::Text(text) | Value::Json(text) => Some(text.clone()));
from_value!(Vec<u8>, "bytes", Value::Bytes(bytes) => Some(bytes.clone()));
from_value!([u8; 32], "32 bytes", Value::Bytes(bytes) => bytes.as_slice().try_into().ok());
from_value!(bool, "a truth value",
    Value::Bool(truth) => Some(*truth),
    Value::I64(number @ 0..=1) => Some(*number == 1),
);
from_value!(Uuid, "a uuid",
    Value::Uuid(uuid) => Some(*uuid),
    Value::Bytes(bytes) => Uuid::from_slice(bytes).ok(),
);
from_value!(Amount, "an amount",
    Value::Amount(amount) => Some(*amount),
    Value::Bytes(bytes) => amount_from_bytes(bytes),
    // As JSON has it, which SQLite reads for us.
    Value::I64(number) => Some(Amount::from_minor(i128::from(*number))),
    Value::Text(digits) => Amount::try_from_minor(digits.parse().ok()?).ok(),
);
from_value!(Timestamp, "a time",
    Value::Time(time) => Some(*time),
    Value::I64(micros) => Some(Timestamp::from_micros(*micros)),
);
from_value!(Date, "a date",
    Value::Date(date) => Some(*date),
    Value::Text(text) => time::parse_date(text).ok(),
);

impl<T: FromValue> FromValue for Option<T> {
    const NAME: &'static str = T::NAME;

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

macro_rules! into_value {
    ($($type:ty => |$name:ident| $result:expr),+ $(,)?) => {
        $(impl From<$type> for Value {
            fn from($name: $type) -> Self {
                $result
            }
        })+
    };
}

into_value! {
    i64 => |number| Self::I64(number),
    i32 => |number| Self::I64(i64::from(number)),
    u32 => |number| Self::I64(i64::from(number)),
    u16 => |number| Self::I64(i64::from(number)),
    u8 => |number| Self::I64(i64::from(number)),
    bool => |truth| Self::Bool(truth),
    String => |text| Self::Text(text),
    &str => |text| Self::Text(text.to_owned()),
    Vec<u8> => |bytes| Self::Bytes(bytes),
    &[u8] => |bytes| Self::Bytes(bytes.to_vec()),
    [u8; 32] => |bytes| Self::Bytes(bytes.to_vec()),
    [u8; 16] => |bytes| Self::Bytes(bytes.to_vec()),
    Uuid => |uuid| Self::Uuid(uuid),
    Amount => |amount| Self::Amount(amount),
    Timestamp => |time| Self::Time(time),
    Date => |date| Self::Date(date),
    // Sequence numbers and counts: no table of ours comes near 2^63.
    u64 => |number| Self::I64(i64::try_from(number).unwrap_or(i64::MAX)),
    usize => |number| Self::I64(i64::try_from(number).unwrap_or(i64::MAX)),
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// The parameters of a statement, in the order of their numbers.
pub type Params = Vec<Value>;

/// `params![a, b]`: the parameters `$1` and `$2`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        vec![$($crate::Value::from($value)),*]
    };
}
