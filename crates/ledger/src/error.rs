//! What can go wrong in the ledger.

use kernel::{AmountError, BookId, CursorError, ErrorKind, FieldFault, Problematic};
use storage::StorageError;
use vault::VaultError;

use crate::model::{AccountId, GroupId, Reason, Rejection, TransferId};

/// An error of the ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// There is no such book, or not for this tenant.
    #[error("there is no book {book}")]
    BookUnknown {
        /// The book asked for.
        book: BookId,
    },
    /// There is no such account in the book.
    #[error("there is no account {account}")]
    AccountUnknown {
        /// The account asked for.
        account: AccountId,
    },
    /// There is no such group in the book's chart of accounts.
    #[error("there is no group {group}")]
    GroupUnknown {
        /// The group asked for.
        group: GroupId,
    },
    /// There is no such transfer in the book.
    #[error("there is no transfer {transfer}")]
    TransferUnknown {
        /// The transfer asked for.
        transfer: TransferId,
    },
    /// A path or a name of the chart of accounts cannot be one.
    #[error("a path is names of 1 to 64 characters without spaces, with colons between")]
    PathMalformed,
    /// Nothing stands at the path, or has the alias.
    #[error("there is nothing at {path:?}")]
    PathUnknown {
        /// What was asked for.
        path: String,
    },
    /// The transfer moved nothing that could be taken back: a hold, or the voiding of one.
    #[error("transfer {transfer} posted nothing that could be reversed")]
    NothingPosted {
        /// The transfer asked for.
        transfer: TransferId,
    },
    /// What is sent as a reversal is not the same amount the other way round.
    #[error("a reversal is transfer {transfer} in full and the other way round")]
    ReversalDiffers {
        /// The transfer that it would take back.
        transfer: TransferId,
    },
    /// The engine decided against the command.
    #[error("{}", sentence(.rejection))]
    Rejected {
        /// Why.
        rejection: Rejection,
    },
    /// A reader of changes asks for what comes after something that is not there.
    #[error("there is nothing at {place:?} in the book, after which changes could be read")]
    PlaceUnknown {
        /// What was asked for.
        place: String,
    },
    /// An answer would be made of more than one call looks at, and a part of it would be wrong.
    #[error("this is made of more than {max} {what}; ask for less")]
    TooMuch {
        /// What there are too many of.
        what: &'static str,
        /// How many may be.
        max: usize,
    },
    /// A format has no words for something in the book.
    #[error("{text} ({transfer})")]
    NotWritable {
        /// The transfer that it stands in.
        transfer: TransferId,
        /// What it is.
        text: String,
    },
    /// An amount could not be computed.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// Its texts could not be sealed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A page cursor.
    #[error(transparent)]
    Cursor(#[from] CursorError),
    /// Below the ledger.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

fn sentence(rejection: &Rejection) -> String {
    let Rejection { step, reason, about } = rejection;
    let about = match (reason, about) {
        (
            Reason::TransferExists
            | Reason::IdAhead
            | Reason::HoldNotOpen
            | Reason::HoldExceeded
            | Reason::PeriodLocked
            | Reason::TransferUnknown
            | Reason::AlreadyReversed
            | Reason::ReversalNotPosting,
            Some(id),
        ) => format!(" ({})", TransferId::from_uuid(*id)),
        (Reason::GuardFailed | Reason::RowExists, _) | (_, None) => String::new(),
        (
            Reason::GroupUnknown
            | Reason::GroupExists
            | Reason::GroupCycle
            | Reason::GroupTooDeep
            | Reason::GroupBelowFloor
            | Reason::GroupAboveCeiling,
            Some(id),
        ) => format!(" ({})", GroupId::from_uuid(*id)),
        (_, Some(id)) => format!(" ({})", AccountId::from_uuid(*id)),
    };
    format!("step {step}: {}{about}", reason.text())
}

impl Problematic for LedgerError {
    fn code(&self) -> &'static str {
        match self {
            Self::BookUnknown { .. } => "book_unknown",
            Self::AccountUnknown { .. } => "account_unknown",
            Self::GroupUnknown { .. } => "group_unknown",
            Self::TransferUnknown { .. } => "transfer_unknown",
            Self::PathMalformed => "path_malformed",
            Self::PathUnknown { .. } => "path_unknown",
            Self::NothingPosted { .. } => "nothing_posted",
            Self::PlaceUnknown { .. } => "place_unknown",
            Self::ReversalDiffers { .. } => "reversal_differs",
            Self::Rejected { rejection } => rejection.reason.code(),
            Self::TooMuch { .. } => "too_much",
            Self::NotWritable { .. } => "not_writable",
            Self::Amount(_) => "amount_invalid",
            Self::Vault(error) => error.code(),
            Self::Cursor(_) => "cursor_invalid",
            Self::Storage(error) => error.code(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::BookUnknown { .. }
            | Self::AccountUnknown { .. }
            | Self::GroupUnknown { .. }
            | Self::PathUnknown { .. }
            | Self::TransferUnknown { .. } => ErrorKind::NotFound,
            Self::Rejected { rejection } => match rejection.reason {
                Reason::AccountExists
                | Reason::GroupExists
                | Reason::TransferExists
                | Reason::AlreadyReversed
                | Reason::GuardFailed
                | Reason::RowExists => ErrorKind::Conflict,
                Reason::AmountNotPositive | Reason::StepCount | Reason::IdAhead => {
                    ErrorKind::Invalid
                }
                _ => ErrorKind::Refused,
            },
            Self::NothingPosted { .. }
            | Self::ReversalDiffers { .. }
            | Self::TooMuch { .. }
            | Self::NotWritable { .. } => ErrorKind::Refused,
            Self::PathMalformed | Self::PlaceUnknown { .. } | Self::Amount(_) | Self::Cursor(_) => {
                ErrorKind::Invalid
            }
            Self::Vault(error) => error.kind(),
            Self::Storage(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Rejected { rejection } => {
                let field = format!("steps[{}]", rejection.step);
                vec![FieldFault::new(field, rejection.reason.code(), rejection.reason.text())]
            }
            _ => Vec::new(),
        }
    }
}
