//! The words in which a line is explained: why it is what it is, and who said otherwise.

use std::fmt;
use std::str::FromStr;

use kernel::{Actor, Timestamp};

use super::model::{Decision, ImportId, ImportLine, ImportStatus, LineCandidate, LineStatus};
use crate::model::{CodeError, codes};

codes! {
    /// Why a line is not simply new.
    Why, "reason of a verdict";
    /// The very same line is booked.
    Same = "same",
    /// The bank's reference is booked, with the same day and amount.
    SameReference = "same_reference",
    /// A line of this day and amount is booked, whose text is this one as another format writes it.
    SameWords = "same_words",
    /// As many lines of this amount as that day has are booked.
    Counted = "counted",
    /// It is booked on another day, and each file lacks what the other has.
    OtherDay = "other_day",
    /// The same line stands in another statement of the file.
    Repeated = "repeated",
    /// Another statement of the file has an equal line without a reference.
    MayBeRepeated = "may_be_repeated",
    /// The bank's reference was booked with another day or amount.
    OtherAmount = "other_amount",
    /// A line of that day and amount is booked, with other texts or another reference.
    MayBeSame = "may_be_same",
    /// A line of that amount is booked on another day.
    MayBeOtherDay = "may_be_other_day",
    /// It is left open which account the file is about.
    AccountOpen = "account_open",
    /// The bank has not booked it.
    NotBooked = "not_booked",
    /// The bank tells it for information only.
    Information = "information",
    /// Its statement has a fault.
    StatementFaulty = "statement_faulty",
    /// It is in another currency than its account.
    OtherCurrency = "other_currency",
}

codes! {
    /// How a field of two lines agrees.
    Agreement, "agreement of a field";
    /// Character by character.
    Equal = "equal",
    /// But for case, accents, blanks and signs.
    Spelling = "spelling",
    /// One is the other, cut.
    Cut = "cut",
    /// One of them has none.
    Missing = "missing",
    /// They say different things.
    Different = "different",
}

/// Why a line is what it is.
#[derive(Clone, Debug, PartialEq)]
pub struct LineExplanation {
    /// The import that it is in.
    pub import: ImportId,
    /// What its file was called.
    pub file_name: String,
    /// The line as it stands.
    pub line: ImportLine,
    /// Which of the questions answered it, from 1; nothing where none did.
    pub question: Option<u8>,
    /// The line that it is, or may be: the one that is booked, or was left out.
    pub found: Option<FoundLine>,
    /// The telling of that line which was compared, where it is another one: a line of another file
    /// that is known through it.
    pub told: Option<FoundLine>,
    /// What was compared, field by field.
    pub compared: Vec<Compared>,
    /// What people decided about it, the first decision first.
    pub decisions: Vec<DecisionTaken>,
}

/// A line of another file.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundLine {
    /// Where it stands.
    pub place: LineCandidate,
    /// What the file was called.
    pub file_name: String,
    /// What became of that import.
    pub status: ImportStatus,
    /// The line as it stands.
    pub line: ImportLine,
}

/// A field of two lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Which.
    pub field: &'static str,
    /// What the line says.
    pub here: Option<String>,
    /// What the other one says.
    pub there: Option<String>,
    /// How they agree.
    pub agreement: Agreement,
}

/// What a person decided about a line, and what that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionTaken {
    /// The decision.
    pub decision: Decision,
    /// What the line was before.
    pub from: LineStatus,
    /// What it was afterwards.
    pub to: LineStatus,
    /// What had been thought of it.
    pub why: Option<Why>,
    /// Who decided.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

impl Why {
    /// Which of the questions about a line this answers, from 1.
    #[must_use]
    pub const fn question(self) -> Option<u8> {
        match self {
            Self::Same | Self::Repeated | Self::MayBeRepeated => Some(1),
            Self::SameReference | Self::OtherAmount => Some(2),
            Self::SameWords | Self::Counted | Self::MayBeSame => Some(3),
            Self::OtherDay | Self::MayBeOtherDay => Some(4),
            Self::AccountOpen
            | Self::NotBooked
            | Self::Information
            | Self::StatementFaulty
            | Self::OtherCurrency => None,
        }
    }

    /// For a person.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Same => "the same line is booked already",
            Self::SameReference => {
                "a line with the bank's reference, this day and amount is booked already"
            }
            Self::SameWords => {
                "a line of this day and amount is booked already, with this text as another \
                 format writes it"
            }
            Self::Counted => {
                "all lines of this day and amount are booked already, with other texts"
            }
            Self::OtherDay => {
                "a line of this amount is booked already on another day, and each file lacks what \
                 the other has"
            }
            Self::Repeated => "the same line stands in another statement of this file",
            Self::MayBeRepeated => {
                "an equal line without a reference stands in another statement of this file"
            }
            Self::OtherAmount => {
                "the bank's reference is booked already, on another day or with another amount"
            }
            Self::MayBeSame => {
                "a line of this day and amount is booked already, with other texts or another \
                 reference: it may be the same"
            }
            Self::MayBeOtherDay => {
                "a line of this amount is booked already on another day: it may be the same"
            }
            Self::AccountOpen => {
                "it is left open which account the file is about: it may be one that is there"
            }
            Self::NotBooked => "the bank has not booked it yet",
            Self::Information => "the bank tells it for information only",
            Self::StatementFaulty => "its statement has a fault",
            Self::OtherCurrency => "it is in another currency than its account",
        }
    }
}
