//! What lines say, before anything is known of the book.

use std::collections::{BTreeSet, VecDeque};

use kernel::{Commodity, FieldFault, Problematic as _};
use ledger::{AccountId, LedgerError, TransferId};

use super::lines::{Batch, LINE_BYTES_MAX, Line};
use crate::extract::read_json;
use crate::problem::ApiError;
use crate::routes::posting;
use crate::wire::intake::{
    IntakeAccount, IntakeExpiry, IntakeLine, IntakeStatus, IntakeTransfer, IntakeTransferType,
};
use crate::wire::posting::NewTransfer;

/// What a line begins with that says what it is of. A plain transfer has no such object, though
/// `close_into` has an `account`.
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

/// What a batch names of its book.
#[derive(Default)]
pub(super) struct Named {
    /// What its transfers name.
    pub transfers: posting::Named,
    /// Whether commodities are named.
    pub commodities: bool,
    /// The paths of groups in which accounts are opened.
    pub groups: BTreeSet<String>,
}

/// The lines of a batch, read, or those that are left of it.
pub(super) struct ReadBatch {
    pub lines: VecDeque<ReadLine>,
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

    /// A line that the ledger refuses.
    pub(super) fn refused(error: &LedgerError) -> Self {
        Self::rejected(error.code(), error.to_string())
    }

    /// The same, about a field.
    pub(super) fn about(self, field: &str) -> Self {
        Self { field: Some(field.to_owned()), ..self }
    }

    /// A field that breaks one.
    pub(super) fn field(field: &str, rule: &str, detail: impl ToString) -> Self {
        ApiError::field(FieldFault::new(field, rule, detail)).into()
    }
}

impl ReadLine {
    /// The transfer that it takes back.
    pub(super) fn reverses(&self) -> Option<TransferId> {
        let text = match self.said.as_ref().ok()? {
            Said::Transfer(transfer) => transfer.reverses.as_deref()?,
            Said::Exported(transfer) => transfer.reverses.as_deref()?,
            Said::Commodity(_) | Said::Account(_) | Said::Expiry(_) => return None,
        };
        text.parse().ok()
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
    if !WRAPPED.iter().any(|name| begins_object(inner, name)) {
        return Ok(Said::Transfer(read_json(text)?));
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

/// Whether the first field has a name, and is an object.
fn begins_object(inner: &[u8], name: &[u8]) -> bool {
    let value = inner.strip_prefix(name).map(<[u8]>::trim_ascii_start);
    let value = value.and_then(|value| value.strip_prefix(b":")).map(<[u8]>::trim_ascii_start);
    value.is_some_and(|value| value.starts_with(b"{"))
}

impl Named {
    /// Notes what a line names. What cannot be read is refused where it is read.
    fn note(&mut self, said: &Said) {
        match said {
            Said::Commodity(_) => self.commodities = true,
            Said::Account(account) => {
                self.commodities = true;
                self.transfers.accounts.extend(account.id.parse::<AccountId>().ok());
                self.groups.extend(account.path.as_deref().and_then(group_of).map(str::to_owned));
            }
            Said::Transfer(transfer) => {
                self.transfers.note(transfer);
                self.note_reversed(transfer.reverses.as_deref());
            }
            Said::Exported(transfer) => self.note_exported(transfer),
            Said::Expiry(_) => {}
        }
    }

    fn note_exported(&mut self, transfer: &IntakeTransfer) {
        let sides = [&transfer.debit, &transfer.credit].map(|text| text.parse::<AccountId>().ok());
        let transfers = &mut self.transfers;
        transfers.accounts.extend(sides.into_iter().flatten());
        if transfer.kind.posts_hold() {
            let hold = transfer.hold.as_deref();
            transfers.holds.extend(hold.and_then(|hold| hold.parse::<TransferId>().ok()));
        }
        if transfer.kind == IntakeTransferType::Hold {
            let id = transfer.id.parse::<TransferId>().ok();
            transfers.made.extend(id.zip(sides[0]));
        }
        self.note_reversed(transfer.reverses.as_deref());
    }

    /// Each reversal is compared with what it takes back.
    fn note_reversed(&mut self, original: Option<&str>) {
        let original = original.and_then(|text| text.parse::<TransferId>().ok());
        self.transfers.reversed.extend(original);
    }
}

/// The path of the group in which something stands; nothing at the top.
pub(super) fn group_of(path: &str) -> Option<&str> {
    path.rsplit_once(':').map(|(group, _)| group)
}
