//! Why a line of an import is what it is.

use serde::Serialize;
use utoipa::ToSchema;

use super::import::{Decision, ImportLine, ImportStatus, LineStatus};
use super::transfer::TransferActor;

/// Why a line is new, known, up for review, left out or booked.
#[derive(Serialize, ToSchema)]
pub(crate) struct LineExplanation {
    pub import: String,
    pub file_name: String,
    pub line: ImportLine,
    /// The code of the reason; nothing where the line is simply new.
    pub reason: Option<String>,
    /// Which question answered it: 1 the very same line, 2 the bank's reference, 3 day and amount,
    /// 4 another day.
    pub question: Option<u8>,
    /// The line that it is, or may be.
    pub found: Option<FoundLine>,
    /// The telling of that line which was compared, where it stands in another file.
    pub told: Option<FoundLine>,
    /// What was compared, field by field.
    pub compared: Vec<Compared>,
    /// What people decided about it, the first decision first.
    pub decisions: Vec<DecisionTaken>,
}

/// A line of another file.
#[derive(Serialize, ToSchema)]
pub(crate) struct FoundLine {
    pub import: String,
    pub file_name: String,
    /// What became of that import.
    pub status: ImportStatus,
    pub line: ImportLine,
}

/// A field of two lines.
#[derive(Serialize, ToSchema)]
pub(crate) struct Compared {
    pub field: String,
    pub here: Option<String>,
    pub there: Option<String>,
    /// `equal`, `spelling`, `cut`, `missing` or `different`.
    pub agreement: String,
}

/// What a person decided, and what that changed.
#[derive(Serialize, ToSchema)]
pub(crate) struct DecisionTaken {
    pub decision: Decision,
    pub from: LineStatus,
    pub to: LineStatus,
    /// The code of what had been thought of it.
    pub reason: Option<String>,
    pub by: TransferActor,
    #[schema(format = DateTime)]
    pub at: String,
}

impl From<wealth::LineExplanation> for LineExplanation {
    fn from(one: wealth::LineExplanation) -> Self {
        Self {
            import: one.import.to_string(),
            file_name: one.file_name,
            reason: one.line.why.map(|why| why.to_string()),
            line: one.line.into(),
            question: one.question,
            found: one.found.map(Into::into),
            told: one.told.map(Into::into),
            compared: one.compared.into_iter().map(Into::into).collect(),
            decisions: one.decisions.iter().map(Into::into).collect(),
        }
    }
}

impl From<wealth::FoundLine> for FoundLine {
    fn from(one: wealth::FoundLine) -> Self {
        Self {
            import: one.place.import.to_string(),
            file_name: one.file_name,
            status: one.status.into(),
            line: one.line.into(),
        }
    }
}

impl From<wealth::Compared> for Compared {
    fn from(one: wealth::Compared) -> Self {
        let wealth::Compared { field, here, there, agreement } = one;
        Self { field: field.to_owned(), here, there, agreement: agreement.to_string() }
    }
}

impl From<&wealth::DecisionTaken> for DecisionTaken {
    fn from(taken: &wealth::DecisionTaken) -> Self {
        Self {
            decision: taken.decision.into(),
            from: taken.from.into(),
            to: taken.to.into(),
            reason: taken.why.map(|why| why.to_string()),
            by: TransferActor::of(&taken.by),
            at: taken.at.to_string(),
        }
    }
}
