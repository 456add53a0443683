//! What the ledger is asked, and what it answers.

use kernel::{Amount, BookId, Commodity, Date, Timestamp};
use storage::StorageError;

use crate::model::{AccountId, Movement, NewTransfer, TransferId};

/// A book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookInfo {
    /// Its id; also its journal's stream.
    pub id: BookId,
    /// What its owner calls it.
    pub name: String,
    /// Its functional currency.
    pub currency: Commodity,
    /// When it was opened.
    pub opened_at: Timestamp,
}

/// The text that belongs to a transfer; it stands in a row of its own, never in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferText {
    /// Which transfer.
    pub transfer: TransferId,
    /// By which somebody knows it: an invoice number, an end-to-end id.
    pub reference: Option<String>,
    /// What it was for.
    pub purpose: Option<String>,
    /// Who was on the other side.
    pub counterparty: Option<String>,
    /// Anything else.
    pub metadata: Option<serde_json::Value>,
}

/// A time in the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// What had been booked by then.
    Booked(Timestamp),
    /// What counts up to the end of a date.
    Effective {
        /// The date.
        date: Date,
        /// As far as it had been booked by then.
        known_at: Option<Timestamp>,
    },
}

/// What one account's balance changed by on one date, by effective date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayChange {
    /// Which account.
    pub account: AccountId,
    /// The effective date.
    pub date: Date,
    /// On the account's natural side.
    pub amount: Amount,
}

/// A line of an account's history, the latest first. Amounts are on the account's natural side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryLine {
    /// The transfer's number in the book.
    pub number: u64,
    /// The transfer.
    pub transfer: TransferId,
    /// What it changed.
    pub amount: Amount,
    /// What the balance was after it.
    pub balance: Amount,
    /// The date from which it counts.
    pub effective: Date,
    /// When it was booked.
    pub booked_at: Timestamp,
    /// Its reference.
    pub reference: Option<String>,
    /// Its purpose.
    pub purpose: Option<String>,
    /// Who was on the other side.
    pub counterparty: Option<String>,
    /// The module's number.
    pub code: u16,
    /// The account on the other side.
    pub other: AccountId,
}

/// Which transfers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransferFilter {
    /// This one.
    pub transfer: Option<TransferId>,
    /// Those that touch an account.
    pub account: Option<AccountId>,
    /// Those with a reference, by its keyed hash.
    pub reference: Option<u128>,
}

/// What a transfer did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferKind {
    /// It moved an amount.
    Post,
    /// It reserved one.
    Hold,
    /// It posted a hold.
    PostHold,
    /// It released one.
    VoidHold,
}

/// A transfer as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferView {
    /// Its number in the book.
    pub number: u64,
    /// Its id.
    pub id: TransferId,
    /// What it did.
    pub kind: TransferKind,
    /// The debited account.
    pub debit: AccountId,
    /// The credited account.
    pub credit: AccountId,
    /// How much.
    pub amount: Amount,
    /// Of what.
    pub commodity: Commodity,
    /// The module's number.
    pub code: u16,
    /// The date from which it counts.
    pub effective: Date,
    /// When it was booked.
    pub booked_at: Timestamp,
    /// Its reference.
    pub reference: Option<String>,
    /// The keyed hash of it.
    pub reference_hash: Option<u128>,
    /// Its purpose.
    pub purpose: Option<String>,
    /// Who was on the other side.
    pub counterparty: Option<String>,
    /// Anything else.
    pub metadata: Option<serde_json::Value>,
    /// When the hold expires, if it is one that does.
    pub expires_at: Option<Timestamp>,
    /// The hold that it settles.
    pub hold: Option<TransferId>,
}

impl TransferView {
    /// Whether it is what was asked for.
    #[must_use]
    pub fn says(&self, asked: &NewTransfer) -> bool {
        let moved = |kind, debit, credit, amount, expires| {
            (self.kind, self.debit, self.credit) == (kind, debit, credit)
                && (self.amount, self.expires_at) == (amount, expires)
        };
        let movement = match asked.movement {
            Movement::Post { debit, credit, amount } => {
                moved(TransferKind::Post, debit, credit, amount, None)
            }
            Movement::Hold { debit, credit, amount, expires } => {
                moved(TransferKind::Hold, debit, credit, amount, expires)
            }
            Movement::PostHold { hold, amount } => {
                (self.kind, self.hold) == (TransferKind::PostHold, Some(hold))
                    && amount.is_none_or(|amount| amount == self.amount)
            }
            Movement::VoidHold { hold } => {
                (self.kind, self.hold) == (TransferKind::VoidHold, Some(hold))
            }
        };
        movement
            && (self.id, self.code, self.effective, self.reference_hash)
                == (asked.id, asked.code, asked.effective, asked.reference)
    }
}

impl TransferKind {
    /// Its number in the tables.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Post => 0,
            Self::Hold => 1,
            Self::PostHold => 2,
            Self::VoidHold => 3,
        }
    }

    pub(crate) fn from_number(number: u16) -> Result<Self, StorageError> {
        let all = [Self::Post, Self::Hold, Self::PostHold, Self::VoidHold];
        let found = all.into_iter().find(|kind| u16::from(kind.number()) == number);
        found.ok_or_else(|| StorageError::Damaged { text: format!("transfer kind {number}") })
    }
}
