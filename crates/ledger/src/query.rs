//! What the ledger is asked, and what it answers.

use kernel::{Amount, BookId, Commodity, Date, Timestamp};
use storage::StorageError;

use crate::model::{AccountId, Balancing, Movement, NewTransfer, Rest, TransferId};

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
    /// It posted a hold, in full or for the last time.
    PostHold,
    /// It released one.
    VoidHold,
    /// It posted a part of one and kept the rest held.
    PostHoldPart,
    /// It moved as much as the debited account had.
    BalancingDebit,
    /// It moved as much as the credited account had.
    BalancingCredit,
    /// It moved all that the debited account had, and closed it.
    ClosingDebit,
    /// It moved all that the credited account had, and closed it.
    ClosingCredit,
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
    /// How much at most, where it moved as much as there was.
    pub asked: Option<Amount>,
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
    /// The hold that it posts or voids.
    pub hold: Option<TransferId>,
    /// The transfer that it takes back.
    pub reverses: Option<TransferId>,
    /// The transfer that takes it back.
    pub reversed_by: Option<TransferId>,
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
            Movement::PostUpTo { debit, credit, maximum, balancing } => {
                let kind = TransferKind::balancing(balancing);
                moved(kind, debit, credit, self.amount, None) && self.asked == maximum
            }
            Movement::CloseInto { account, into } => {
                let (debit, credit) = (self.debit, self.credit);
                match self.kind {
                    TransferKind::ClosingDebit => (debit, credit) == (account, into),
                    TransferKind::ClosingCredit => (credit, debit) == (account, into),
                    _ => false,
                }
            }
            Movement::Hold { debit, credit, amount, expires } => {
                moved(TransferKind::Hold, debit, credit, amount, expires)
            }
            Movement::PostHold { hold, amount, rest } => {
                (self.kind, self.hold) == (TransferKind::posting(rest), Some(hold))
                    && amount.is_none_or(|amount| amount == self.amount)
            }
            Movement::VoidHold { hold } => {
                (self.kind, self.hold) == (TransferKind::VoidHold, Some(hold))
            }
        };
        movement
            && (self.id, self.code, self.effective, self.reference_hash, self.reverses)
                == (asked.id, asked.code, asked.effective, asked.reference, asked.reverses)
    }
}

/// A reversal to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewReversal {
    /// Its own id.
    pub id: TransferId,
    /// The transfer that it takes back in full.
    pub original: TransferId,
    /// The date from which it counts.
    pub effective: Date,
}

impl TransferView {
    /// What it moved, as the engine tells it where the caller had left that open.
    #[must_use]
    pub fn found(&self) -> Amount {
        match self.kind {
            TransferKind::ClosingDebit => self.amount.negate(),
            _ => self.amount,
        }
    }
}

impl TransferKind {
    const ALL: [Self; 9] = [
        Self::Post,
        Self::Hold,
        Self::PostHold,
        Self::VoidHold,
        Self::PostHoldPart,
        Self::BalancingDebit,
        Self::BalancingCredit,
        Self::ClosingDebit,
        Self::ClosingCredit,
    ];

    /// The kind of a balancing transfer.
    pub(crate) const fn balancing(balancing: Balancing) -> Self {
        match balancing {
            Balancing::Debit => Self::BalancingDebit,
            Balancing::Credit => Self::BalancingCredit,
        }
    }

    /// The kind of a transfer that closes an account with a balance, debits positive.
    pub(crate) const fn closing(balance: Amount) -> Self {
        if balance.is_negative() { Self::ClosingDebit } else { Self::ClosingCredit }
    }

    /// The kind of a posting of a hold.
    pub(crate) const fn posting(rest: Rest) -> Self {
        match rest {
            Rest::Release => Self::PostHold,
            Rest::Keep => Self::PostHoldPart,
        }
    }

    /// Its number in the tables.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Post => 0,
            Self::Hold => 1,
            Self::PostHold => 2,
            Self::VoidHold => 3,
            Self::PostHoldPart => 4,
            Self::BalancingDebit => 5,
            Self::BalancingCredit => 6,
            Self::ClosingDebit => 7,
            Self::ClosingCredit => 8,
        }
    }

    /// Its name in exports.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Post => "transfer",
            Self::Hold => "hold",
            Self::PostHold => "post_hold",
            Self::VoidHold => "void_hold",
            Self::PostHoldPart => "post_hold_part",
            Self::BalancingDebit => "balancing_debit",
            Self::BalancingCredit => "balancing_credit",
            Self::ClosingDebit => "closing_debit",
            Self::ClosingCredit => "closing_credit",
        }
    }

    /// Whether it posts an amount at once.
    pub(crate) const fn posts(self) -> bool {
        match self {
            Self::Post
            | Self::PostHold
            | Self::PostHoldPart
            | Self::BalancingDebit
            | Self::BalancingCredit
            | Self::ClosingDebit
            | Self::ClosingCredit => true,
            Self::Hold | Self::VoidHold => false,
        }
    }

    pub(crate) fn from_number(number: u16) -> Result<Self, StorageError> {
        let found = Self::ALL.into_iter().find(|kind| u16::from(kind.number()) == number);
        found.ok_or_else(|| StorageError::Damaged { text: format!("transfer kind {number}") })
    }
}
