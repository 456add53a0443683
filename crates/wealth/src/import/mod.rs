//! Importing statements: a file is read and staged, its lines are compared with what is booked, a
//! person looks at the preview, and what is new is booked exactly once.
//!
//! # What it owns
//! - `wealth_import`, `wealth_import_statement`, `wealth_import_line`: what was brought, and what
//!   became of each line;
//! - `wealth_import_decision`: what people decided about lines;
//! - `wealth_import_account`, `wealth_import_opening`: what an import plans, or did, beside its
//!   lines;
//! - `wealth_bank_account`, `wealth_bank_opening`: which asset a bank's account is, and how its
//!   opening balance stands.
//!
//! # What must stay true
//! - Staging books nothing. Booking is one command of the ledger: the transfers, the rows of the
//!   import, a new asset and its account, or nothing of it.
//! - A line is booked once, however often and in whatever order files come: what is booked is
//!   compared anew in the moment of booking, guarded by the versions of the assets, so that of two
//!   imports at the same time the second sees what the first did (`dedup`).
//! - What is unsure is for a person to decide, and is not booked until then. A person may overturn
//!   whatever was found, before it is booked or afterwards (`decide`); that stays so when the line
//!   comes again, and who decided what is kept.
//! - What the bank stated of a day stays so when older statements come later (`opening`).
//! - A difference between the bank's closing balance and the ledger is shown, never repaired.
//! - An import of which something was booked stays, undone ones included; others can be discarded.
//! - The file that was brought is kept as an object of the tenant's party as long as its import is
//!   there, so that each line can be held against what the bank sent.
//!
//! # What undoing does
//! Each transfer of the import is taken back by one of the same date in the other direction, and
//! its lines count as not booked from then on. Imports that booked nothing, because all their lines
//! are known through this one, are undone with it. It is refused while an import that booked
//! something has lines that are known through this one, and, where this one set or moved the
//! opening balance of an account, while a later import has booked on that account: those are to be
//! undone first. An asset that the import opened, and on which nothing else was booked, is disposed
//! of on the day it was opened, so that it vanishes from the net worth of every day. An import that
//! was booked more than thirty days ago is undone with the approval of another person
//! (`approval`).
//!
//! # What it emits
//! `wealth.import.staged`, `wealth.import.booked`, `wealth.import.overturned`,
//! `wealth.import.undone`, `wealth.import.restaged`, `wealth.import.discarded`.

mod accounts;
mod approval;
mod assess;
mod book;
mod decide;
mod dedup;
mod discard;
mod draft;
#[cfg(test)]
mod draft_tests;
mod error;
mod event;
mod explain;
mod file;
mod gaps;
mod ids;
mod limit;
mod model;
mod opening;
#[cfg(test)]
mod opening_tests;
mod query;
mod redo;
mod request;
mod review;
mod stage;
pub(crate) mod store;
mod texts;
mod undo;
mod view;
mod why;

pub use approval::UNDO_ALONE_SECONDS;
pub(crate) use approval::UNDO_ASKED;
pub use error::ImportError;
pub use event::{
    ImportBooked, ImportDiscarded, ImportOverturned, ImportRestaged, ImportStaged, ImportUndone,
};
pub use gaps::{AccountGaps, Gap};
pub use limit::IMPORTS;
pub use model::{
    AccountView, Agreement, BalanceCheck, BookOptions, Compared, DatedAmount, Decision,
    DecisionTaken, FoundLine, Import, ImportFault, ImportId, ImportLine, ImportNote, ImportStatus,
    LineCandidate, LineCounts, LineExplanation, LineStatus, OpeningOrigin, OpeningView,
    StatementView, Upload, Why,
};
pub use review::ReviewImport;

/// The largest file, in bytes.
pub const IMPORT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The most lines of a file. A command of the ledger has at most 10,000 steps, and opens accounts
/// and moves opening balances beside the lines.
pub const IMPORT_LINES_MAX: usize = 9_000;
/// The most statements of a file: those of each day of a year.
pub const IMPORT_STATEMENTS_MAX: usize = 400;
/// The most accounts of a file.
pub const IMPORT_ACCOUNTS_MAX: usize = 50;
/// The longest name of a file that is kept, in characters.
pub const FILE_NAME_CHARS_MAX: usize = 255;
/// The longest reason for undoing an import, in characters.
pub const REASON_CHARS_MAX: usize = 500;
/// How often a command is planned anew where others changed the same accounts meanwhile.
const ATTEMPTS_MAX: u32 = 8;
