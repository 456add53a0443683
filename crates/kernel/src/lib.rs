//! The words every other crate speaks: money, commodities, ids, time, actors and errors.
//!
//! What must stay true here:
//! - nothing reads a file, a socket or a clock of its own accord (the two sources a process needs,
//!   time and randomness, are traits in [`mod@env`]);
//! - no amount ever passes through binary floating point;
//! - arithmetic on money is checked: an overflow is an error, never a wrapped number;
//! - every rounding is named by the caller ([`Rounding`]).

pub mod actor;
pub mod amount;
pub mod commodity;
pub mod context;
pub mod decimal;
pub mod env;
pub mod error;
pub mod id;
pub mod iso4217;
pub mod money;
pub mod page;
pub mod position;
mod text;
pub mod time;
mod word;

pub use actor::{Actor, Agent};
pub use amount::{Amount, AmountError, Rounding};
pub use commodity::{Commodity, CommodityCode, CommodityError, SCALE_MAX};
pub use context::{CommandKey, Context};
pub use decimal::{Decimal, DecimalError};
pub use env::{Clock, Entropy, Env, ManualClock, SeededEntropy, SystemClock, SystemEntropy};
pub use error::{ErrorKind, FieldFault, Problem, Problematic};
pub use id::{BookId, EventId, IdError, PartyId, RequestId, TenantId, UserId};
pub use money::{Money, MoneyError};
pub use page::{Cursor, CursorError, Page, PageRequest};
pub use position::{Position, PositionError};
pub use time::{Date, TimeError, Timestamp};
pub use uuid::Uuid;
pub use word::WordError;

/// What [`serde_as_text!`] expands to; not for use by hand.
#[doc(hidden)]
pub mod text_serde {
    pub use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// The deserializer's own error, from any error of parsing.
    pub fn custom<E: serde::de::Error>(error: impl std::fmt::Display) -> E {
        E::custom(error)
    }
}
