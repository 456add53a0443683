//! What lines say, before anything is known of the book.

use std::collections::BTreeSet;

use kernel::{Commodity, FieldFault};
use ledger::{AccountId, TransferId};

use super::lines::{Batch, LINE_BYTES_MAX, Line};
use crate::extract::read_json;
use crate::problem::ApiError;
use crate::wire::book::TransferType;
use crate::wire::intake::{
    IntakeAccount, IntakeExpiry, IntakeLine, IntakeStatus, IntakeTransfer, IntakeTransferType,
};
use crate::wire::posting::NewTransfer;

/// What a line begins with that says what it is of; a plain transfer has no such field.
const WRAPPED: [&[u8]; 4] = [br#""commodity""#, br#""account""#, br#""transfer""#, br#""expiry""#];

/// What one line asks for.
pub(super) enum Said {
    Commodity(Commodity),
    Account(Box<IntakeAccount>),
    /// As a call posts it.
    Transfer(Box<NewTransfer>),
    /// As an export tells it.
    Exported(Box<IntakeTransfer>),
    Expiry(IntakeExpiry),
}

/// Why a line is not done.
pub(super) struct Fault {
    /// Whether it cannot be read, or a rule forbids it.
    pub status: IntakeStatus,
    pub code: String,
    pub field: Option<String>,
    pub detail: String,
}

/// A line with what it says, or why it cannot be read.
pub(super) struct ReadLine {
    pub number: u64,
    pub said: Result<Said, Fault>,
}

/// What a batch's amounts are counted in depends on these.
#[derive(Default)]
pub(super) struct Named {
    pub accounts: BTreeSet<AccountId>,
    /// Holds that are posted in part.
    pub holds: BTreeSet<TransferId>,
    /// Holds that the batch itself makes.
    pub made: BTreeSet<TransferId>,
    /// Whether commodities are named.
    pub commodities: bool,
}

/// The lines of a batch, read.
pub(super) struct ReadBatch {
    pub lines: Vec<ReadLine>,
    pub named: Named,
    /// The last line that it covers, empty ones included.
    pub last: u64,
}

impl From<ApiError> for Fault {
    fn from(error: ApiError) -> Self {
        let fault = error.fields().first();
        Self {
            status: IntakeStatus::Faulty,
            code: error.code().to_owned(),
            field: fault.map(|fault| fault.field.clone()),
            detail: fault.map_or_else(|| error.detail(), |fault| &fault.detail).to_owned(),
        }
    }
}

impl Fault {
    /// A line that breaks a rule of its own.
    pub(super) fn new(code: &str, detail: impl Into<String>) -> Self {
        let status = IntakeStatus::Faulty;
        Self { status, code: code.to_owned(), field: None, detail: detail.into() }
    }

    /// A line that a rule forbids.
    pub(super) fn rejected(code: &str, detail: impl Into<String>) -> Self {
        Self { status: IntakeStatus::Rejected, ..Self::new(code, detail) }
    }

    /// A field that breaks one.
    pub(super) fn field(field: &str, rule: &str, detail: impl ToString) -> Self {
        ApiError::field(FieldFault::new(field, rule, detail)).into()
    }
}

/// Reads the lines of a batch.
pub(super) fn read(batch: &Batch) -> ReadBatch {
    let mut named = Named::default();
    let line = |line: Line<'_>| {
        let said = said(line.text);
        said.iter().for_each(|said| named.note(said));
        ReadLine { number: line.number, said }
    };
    let lines = batch.lines().map(line).collect();
    ReadBatch { lines, named, last: batch.last }
}

fn said(text: Option<&[u8]>) -> Result<Said, Fault> {
    let text = text.ok_or_else(|| {
        Fault::new("line_too_long", format!("a line has at most {LINE_BYTES_MAX} bytes"))
    })?;
    let Some(inner) = text.trim_ascii_start().strip_prefix(b"{") else {
        return Err(Fault::new("malformed_json", "a line is one JSON object"));
    };
    let inner = inner.trim_ascii_start();
    if !WRAPPED.iter().any(|name| inner.starts_with(name)) {
        let transfer: Box<NewTransfer> = read_json(text)?;
        return match transfer.id {
            Some(_) => Ok(Said::Transfer(transfer)),
            // Without one, sending a line again would do it again.
            None => Err(Fault::field("id", "required", "each line names its own id")),
        };
    }
    match read_json::<IntakeLine>(text)? {
        IntakeLine { commodity: Some(body), account: None, transfer: None, expiry: None } => {
            Ok(Said::Commodity(body.read()?))
        }
        IntakeLine { commodity: None, account: Some(body), transfer: None, expiry: None } => {
            Ok(Said::Account(Box::new(body)))
        }
        IntakeLine { commodity: None, account: None, transfer: Some(body), expiry: None } => {
            Ok(Said::Exported(body))
        }
        IntakeLine { commodity: None, account: None, transfer: None, expiry: Some(body) } => {
            Ok(Said::Expiry(body))
        }
        _ => Err(Fault::new("invalid_fields", "a line says one thing")),
    }
}

impl Named {
    /// Notes what a line names. What cannot be read is refused where it is read.
    fn note(&mut self, said: &Said) {
        match said {
            Said::Commodity(_) => self.commodities = true,
            Said::Account(account) => {
                self.commodities = true;
                self.accounts.extend(account.id.parse::<AccountId>().ok());
            }
            Said::Transfer(transfer) => {
                let sides = [&transfer.debit, &transfer.credit].into_iter().flatten();
                self.accounts.extend(sides.filter_map(|text| text.parse::<AccountId>().ok()));
                if let (TransferType::PostHold, Some(hold), Some(_)) =
                    (transfer.kind, &transfer.hold, &transfer.amount)
                {
                    self.holds.extend(hold.parse::<TransferId>().ok());
                }
                if let (TransferType::Hold, Some(id)) = (transfer.kind, &transfer.id) {
                    self.made.extend(id.parse::<TransferId>().ok());
                }
            }
            Said::Exported(transfer) => {
                let sides = [&transfer.debit, &transfer.credit].into_iter();
                self.accounts.extend(sides.filter_map(|text| text.parse::<AccountId>().ok()));
                let posts = matches!(
                    transfer.kind,
                    IntakeTransferType::PostHold | IntakeTransferType::PostHoldPart
                );
                if let (true, Some(hold)) = (posts, &transfer.hold) {
                    self.holds.extend(hold.parse::<TransferId>().ok());
                }
                if transfer.kind == IntakeTransferType::Hold {
                    self.made.extend(transfer.id.parse::<TransferId>().ok());
                }
            }
            Said::Expiry(_) => {}
        }
    }
}
