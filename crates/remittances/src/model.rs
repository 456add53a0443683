//! Payees, and what is sent to them.

use std::fmt;
use std::str::FromStr;

use kernel::{Amount, BookId, Commodity, Date, Timestamp};
use ledger::AccountId;
use serde::{Deserialize, Serialize};

use crate::error::RemittancesError;

kernel::typed_id! {
    /// An account that others may send to, as they name it.
    PayeeId, "payee"
}
kernel::typed_id! {
    /// Value on its way from one book to another; its saga has the same id.
    RemittanceId, "rmt"
}

/// The longest name and reference, in characters: those of ISO 20022's `Max140Text`.
pub const TEXT_CHARS_MAX: usize = 140;

/// An account that others may send to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payee {
    /// What others name it by.
    pub id: PayeeId,
    /// The book of the account.
    pub book: BookId,
    /// The account.
    pub account: AccountId,
    /// What can be sent to it.
    pub commodity: Commodity,
    /// What is shown to those who send; nothing where it was erased.
    pub name: Option<String>,
    /// Since when it can be sent to.
    pub opened_at: Timestamp,
    /// Since when not any more.
    pub closed_at: Option<Timestamp>,
}

/// What whoever has a payee's id sees of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayeeShown {
    /// The payee.
    pub id: PayeeId,
    /// Who that is, in their own words.
    pub name: Option<String>,
    /// What can be sent.
    pub commodity: Commodity,
    /// Whether it can be sent to.
    pub is_open: bool,
}

/// What somebody wants to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRemittance {
    /// The book of the account that gives.
    pub book: BookId,
    /// The account that gives.
    pub account: AccountId,
    /// To whom.
    pub payee: PayeeId,
    /// How much, above zero, in the minor units of the account's commodity.
    pub amount: Amount,
    /// What it is for, as both sides see it.
    pub reference: Option<String>,
}

/// Which way it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Out of one of the tenant's accounts.
    Sent,
    /// Into one.
    Received,
}

/// Where a remittance is, as one of the two sides sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Somebody wants to send it.
    Asked,
    /// It is held on the account that gives.
    Held,
    /// It has left the account, and is in transit.
    Sent,
    /// It is announced to the account that takes.
    Announced,
    /// It is there.
    Arrived,
    /// It is back where it was, or never left.
    Returned,
}

/// A remittance as one of the two sides sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remittance {
    /// Which.
    pub id: RemittanceId,
    /// Whether this side gives or takes.
    pub direction: Direction,
    /// This side's book.
    pub book: BookId,
    /// This side's account.
    pub account: AccountId,
    /// To whom it goes.
    pub payee: PayeeId,
    /// Of what.
    pub commodity: Commodity,
    /// How much, in minor units.
    pub amount: Amount,
    /// The date from which it counts in both books.
    pub effective: Date,
    /// What is said of it.
    pub texts: Texts,
    /// Where it is.
    pub standing: Standing,
    /// Why it came back: the code of a refusal, `unwanted` or `late`.
    pub code: Option<String>,
    /// When it was asked for, or announced.
    pub asked_at: Timestamp,
    /// When it last went on.
    pub changed_at: Timestamp,
}

/// What is said of a remittance; nothing where it was erased.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Who is on the other side, in their own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
}

impl Direction {
    /// The number that it is kept as.
    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::Sent => 0,
            Self::Received => 1,
        }
    }

    pub(crate) const fn of_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Sent),
            1 => Some(Self::Received),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Received => "received",
        }
    }
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Asked, Self::Held, Self::Sent, Self::Announced, Self::Arrived, Self::Returned];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Held => "held",
            Self::Sent => "sent",
            Self::Announced => "announced",
            Self::Arrived => "arrived",
            Self::Returned => "returned",
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

impl FromStr for Standing {
    type Err = RemittancesError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|standing| standing.as_str() == text);
        let unknown = || RemittancesError::field("status", "status", format!("{text:?} is none"));
        found.ok_or_else(unknown)
    }
}
