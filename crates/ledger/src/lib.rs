//! The ledger: everything of value is a balance here.
//!
//! A *book* is one legal entity's ledger. It knows *commodities* (anything that is counted),
//! *accounts* (each holds one commodity) and *transfers* (an amount from one account to another). A
//! command is one or more steps that succeed or fail together, with the rows of the caller that
//! change in the same commit.
//!
//! What must stay true:
//! - for each commodity of a book, debits equal credits;
//! - no command that is accepted brings an account beyond its limits;
//! - a transfer's id is used once in a book, for ever; a command's key gives the same answer, for
//!   ever;
//! - what is acknowledged is durable, and is decided only once;
//! - journal and log hold ids, codes, amounts and times; text stands in rows of its own.
//!
//! It emits `ledger.book.opened`; transfers are read from the journal, not copied to the log.
//!
//! The engine is in [`book`], its commands in [`model`], what it answers in [`query`].

pub mod book;
mod changes;
mod chart;
mod counting;
mod entries;
mod error;
mod event;
mod export;
mod holds;
mod ledger;
pub mod model;
mod outline;
mod postings;
mod prepare;
mod projection;
pub mod query;
mod reason;
mod record;
mod repetition;
mod reversal;
mod search;
mod source;
mod statement;
mod store;
mod submit;
mod texts;
mod transfers;

pub use changes::{BalanceAfter, Change, ChangePlace, Changed, Changes};
pub use chart::{AccountPath, Alias, ChartNode, Place, SEGMENT_LENGTH_MAX, Segment};
pub use counting::Counting;
pub use entries::{AccountEntry, BalanceFilter, BalanceInputs, EntryFilter};
pub use error::LedgerError;
pub use event::BookOpened;
pub use export::{Export, ExportFormat};
pub use ledger::{Ledger, Receipt};
pub use model::{
    Account, AccountId, AccountKind, Atomicity, Balance, Balancing, Found, Group, GroupBalance,
    GroupId, Limits, Movement, NewAccount, NewTransfer, Rejection, Rest, Step, TransferId,
};
pub use outline::{CHART_NODES_MAX, Chart, NamedGroup};
pub use prepare::{AccountText, Request};
pub use query::{
    At, BookInfo, DayChange, HistoryLine, NewReversal, TransferFilter, TransferText, TransferView,
};
pub use record::TransferRecord;
pub use repetition::Existing;
pub use search::{
    AccountSearch, MetadataPair, NamedAccount, SEARCH_SCANNED_MAX, SearchPage, TransferSearch,
};
pub use source::LedgerSource;
pub use statement::{
    AccountDay, AccountDays, AccountStatement, POSTINGS_SCANNED_MAX, Period, STATEMENT_LINES_MAX,
};
pub use storage::journal::EngineLimits;
pub use submit::{Decided, Pending};

/// Its sealed columns.
pub static SEALED: &[vault::SealedTable] = &texts::SEALED;

/// The tables of the ledger.
pub const MODULE: storage::Module = storage::migrations!(
    "ledger", 1 "books" = "0001_books.sql", 2 "chart" = "0002_chart.sql",
    3 "aliases of accounts" = "0003_aliases_of_accounts.sql";
    projections 1 "transfers" = "projections/0001_transfers.sql"
);
