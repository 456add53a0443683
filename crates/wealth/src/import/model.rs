//! The words of imports: what is uploaded, what it holds, and what became of it.

use std::fmt;
use std::str::FromStr;

use kernel::{Amount, BookId, Commodity, Date, Timestamp, typed_id};
use ledger::TransferId;
use serde::{Deserialize, Serialize};
use statements::CsvMapping;

pub use super::why::{Agreement, Compared, DecisionTaken, FoundLine, LineExplanation, Why};
use crate::model::{AssetId, CodeError, codes};

typed_id! {
    /// A file of statements that was brought.
    ImportId, "imp"
}

codes! {
    /// What became of an import.
    ImportStatus, "status of an import";
    /// It was read, and nothing of it is booked.
    Staged = "staged",
    /// What could be booked of it is booked.
    Booked = "booked",
    /// It was booked, and taken back.
    Undone = "undone",
    /// Nothing of it can be booked.
    Refused = "refused",
}

codes! {
    /// What becomes of a line.
    LineStatus, "status of a line";
    /// It will be booked.
    New = "new",
    /// It is booked already.
    Known = "known",
    /// It may be booked already: a person decides.
    Review = "review",
    /// The bank itself has not booked it.
    Pending = "pending",
    /// It cannot be booked.
    Faulty = "faulty",
    /// It was booked by this import.
    Booked = "booked",
    /// A person decided against it.
    Skipped = "skipped",
    /// It was booked by this import, and taken back.
    Undone = "undone",
}

codes! {
    /// What a person decided about a line.
    Decision, "decision";
    /// It is a line of its own.
    Book = "book",
    /// It is not to be booked.
    Skip = "skip",
}

codes! {
    /// How an opening balance is known.
    OpeningOrigin, "origin of an opening balance";
    /// The file states it.
    Stated = "stated",
    /// It is the closing balance less the entries, or the one of a later statement less the lines
    /// between: what follows from it agrees by construction.
    Inferred = "inferred",
    /// Somebody entered it before anything was imported.
    Manual = "manual",
    /// It is not known; zero stands for it.
    Unknown = "unknown",
}

/// A file as it is brought.
#[derive(Clone, Debug, Default)]
pub struct Upload {
    /// What the file is called.
    pub file_name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// How to read it, where it is CSV and somebody says so.
    pub csv_mapping: Option<CsvMapping>,
    /// Which asset it is about, where somebody says so.
    pub asset: Option<AssetId>,
}

/// How to book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BookOptions {
    /// Whether a file with faults is booked as far as it is sound.
    pub partial: bool,
}

/// An import, as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// Its id.
    pub id: ImportId,
    /// The book that it is booked in.
    pub book: BookId,
    /// What the file was called.
    pub file_name: String,
    /// How large it was.
    pub byte_count: u64,
    /// Its format; nothing where it is none that is read here.
    pub format: Option<String>,
    /// The version of the format that the file states.
    pub format_version: Option<String>,
    /// The encoding that it was read in.
    pub encoding: Option<String>,
    /// What became of it.
    pub status: ImportStatus,
    /// Goes up with every change.
    pub version: u64,
    /// Whether something of it may be booked although it has faults.
    pub bookable_in_part: bool,
    /// CSV only: how its columns were understood.
    pub mapping: Option<CsvMapping>,
    /// CSV only: what the file leaves open, each with a fault.
    pub questions: Vec<serde_json::Value>,
    /// What is not as it must be.
    pub faults: Vec<ImportFault>,
    /// How many faults are not listed.
    pub faults_left_out: u64,
    /// What was handled and may matter.
    pub notes: Vec<ImportNote>,
    /// The statements in it.
    pub statements: Vec<StatementView>,
    /// Why it was undone last.
    pub reason: Option<String>,
    /// When it was brought.
    pub created_at: Timestamp,
    /// When it was booked.
    pub booked_at: Option<Timestamp>,
    /// When it was undone last; it may have been booked again.
    pub undone_at: Option<Timestamp>,
}

/// Something in a file that is not as its format, or as money, must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportFault {
    /// The line in the file, from 1.
    pub line: u32,
    /// The statement that it concerns, from 0; nothing where it is the whole file.
    pub statement: Option<u32>,
    /// The entry that it concerns, from 0, faulty ones counted.
    pub entry: Option<u32>,
    /// The field.
    pub field: String,
    /// What stands there.
    pub found: String,
    /// What was expected instead.
    pub expected: String,
}

/// Something about a file, or a statement in it, that a person may want to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportNote {
    /// The line in the file, from 1; 0 where it is about no line.
    pub line: u32,
    /// The statement that it concerns, from 0.
    pub statement: Option<u32>,
    /// What was seen, and what was done.
    pub text: String,
}

/// A statement of an import.
#[derive(Clone, Debug, PartialEq)]
pub struct StatementView {
    /// Its number in the file, from 0.
    pub number: u32,
    /// Whose movements they are.
    pub account: AccountView,
    /// The first day that it covers, where it says so.
    pub from: Option<Date>,
    /// The last day that it covers, where it says so.
    pub to: Option<Date>,
    /// The balance before its entries.
    pub opening: Option<OpeningView>,
    /// The balance after its entries, as stated.
    pub closing: Option<DatedAmount>,
    /// How many entries it has, and what becomes of them.
    pub counts: LineCounts,
    /// Entries that could not be read; each has a fault.
    pub refused: u64,
    /// What the ledger has on the closing day against what the statement states; of an import that
    /// is not booked yet, what it would have.
    pub closing_check: Option<BalanceCheck>,
    /// The same for the opening balance, where the ledger knows the account from before.
    pub opening_check: Option<BalanceCheck>,
    /// What a person may want to know.
    pub notes: Vec<String>,
}

/// The account of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountView {
    /// The asset that it is, or will be.
    pub asset: Option<AssetId>,
    /// Whether the asset is opened by this import.
    pub opens: bool,
    /// What it is called.
    pub label: String,
    /// What it counts.
    pub currency: Option<Commodity>,
}

/// An opening balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpeningView {
    /// Before the first entry of this day.
    pub on: Date,
    /// How much.
    pub amount: Amount,
    /// How it is known.
    pub origin: OpeningOrigin,
}

/// An amount of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatedAmount {
    /// The day.
    pub on: Date,
    /// How much; negative where the account is overdrawn or the card owes.
    pub amount: Amount,
}

/// A balance of the bank against the one of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceCheck {
    /// At the end of this day (an opening balance: before its first entry).
    pub on: Date,
    /// What the bank states.
    pub stated: Amount,
    /// What the ledger has.
    pub ledger: Amount,
    /// Stated less ledger; zero where they agree.
    pub difference: Amount,
    /// Whether they agree by construction, because the opening balance was inferred from this very
    /// closing balance.
    pub inferred: bool,
}

/// How many lines there are of each status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineCounts {
    /// Lines that will be booked.
    pub new: u64,
    /// Lines that are booked already.
    pub known: u64,
    /// Lines that a person has to decide about.
    pub review: u64,
    /// Lines that the bank has not booked.
    pub pending: u64,
    /// Lines that cannot be booked.
    pub faulty: u64,
    /// Lines that this import booked.
    pub booked: u64,
    /// Lines that a person decided against.
    pub skipped: u64,
    /// Lines that were booked and taken back.
    pub undone: u64,
}

/// A line of an import.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportLine {
    /// Its number in the import, from 1.
    pub number: u32,
    /// The statement that it stands in, from 0.
    pub statement: u32,
    /// Where it begins in the file, from 1.
    pub file_line: u32,
    /// The day that the bank booked it.
    pub booked_on: Date,
    /// The day from which it bears interest.
    pub value_on: Option<Date>,
    /// How much; positive into the account.
    pub amount: Amount,
    /// What the account counts.
    pub currency: Option<Commodity>,
    /// Who was on the other side.
    pub counterparty: Option<String>,
    /// What it was for.
    pub purpose: Option<String>,
    /// The reference of payer and payee.
    pub reference: Option<String>,
    /// The bank's reference.
    pub bank_reference: Option<String>,
    /// Whatever else the file says about it.
    pub metadata: Option<serde_json::Value>,
    /// Whether the party was erased whom its texts are about: then there are none.
    pub is_erased: bool,
    /// What becomes of it.
    pub status: LineStatus,
    /// Why, where it is not simply new.
    pub why: Option<Why>,
    /// The line that is the same, or may be.
    pub candidate: Option<LineCandidate>,
    /// What a person decided about it.
    pub decision: Option<Decision>,
    /// The transfer by which it was booked.
    pub transfer: Option<TransferId>,
}

/// A line that is the same as another, or may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineCandidate {
    /// The import that it is in.
    pub import: ImportId,
    /// Its number there.
    pub number: u32,
}

impl LineCounts {
    /// All of them.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.new
            + self.known
            + self.review
            + self.pending
            + self.faulty
            + self.booked
            + self.skipped
            + self.undone
    }

    /// The count of a status.
    pub(crate) const fn of(&mut self, status: LineStatus) -> &mut u64 {
        match status {
            LineStatus::New => &mut self.new,
            LineStatus::Known => &mut self.known,
            LineStatus::Review => &mut self.review,
            LineStatus::Pending => &mut self.pending,
            LineStatus::Faulty => &mut self.faulty,
            LineStatus::Booked => &mut self.booked,
            LineStatus::Skipped => &mut self.skipped,
            LineStatus::Undone => &mut self.undone,
        }
    }
}

impl Import {
    /// How many lines there are of each status, in all statements.
    #[must_use]
    pub fn counts(&self) -> LineCounts {
        let mut sum = LineCounts::default();
        for statement in &self.statements {
            let mut counts = statement.counts;
            for status in LineStatus::ALL {
                *sum.of(*status) += *counts.of(*status);
            }
        }
        sum
    }
}
