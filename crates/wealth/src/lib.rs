//! What a family owns and owes: assets of every kind in every country, statements of banks that are
//! imported, and what all of it is worth on any day, in any currency.
//!
//! # What it owns
//! - `wealth_asset`: what there is, without a value;
//! - `wealth_role_account`: the accounts on the other side of an asset's transfers;
//! - `wealth_stated_day`: the days of which somebody stated how much there was;
//! - `wealth_import` and what begins with it, `wealth_bank_account`, `wealth_bank_opening`: what
//!   was imported, as [`import`] says.
//!
//! # What must stay true
//! - No table of this module holds a value (imports keep what a bank wrote): how much there is of
//!   an asset is the balance of its account in the ledger, what one of it is worth is a price
//!   of markets.
//! - What happens to an asset from a date on never changes what the family was worth before it.
//! - The rows and transfers of one change are committed together, or neither is.
//! - A figure is the sum of figures that it names; each follows from a balance, a price and rates
//!   that it can show, rounded once, half to even.
//! - Where a rate or price is missing or too old there is an error that names the asset, never a
//!   figure.
//!
//! # What it emits
//! `wealth.asset.added`, `wealth.asset.updated`, `wealth.asset.valued`, `wealth.asset.disposed`,
//! `wealth.import.staged`, `wealth.import.booked`, `wealth.import.overturned`,
//! `wealth.import.undone`, `wealth.import.restaged`, `wealth.import.discarded`.

mod asset;
mod checks;
mod error;
pub mod event;
mod history;
mod household;
mod ids;
pub mod import;
pub mod limits;
pub mod model;
mod networth;
mod notice;
pub mod roles;
mod store;
mod transactions;
mod valuation;
mod watch;

pub use asset::{AssetView, NewAsset, NewHolding, Stated, UnitPrice, UpdateAsset};
pub use error::WealthError;
pub use history::{History, HistoryPoint, HistoryQuery, HistoryStep, PointTotal};
pub use import::{
    AccountGaps, AccountView, BalanceCheck, BookOptions, Compared, DatedAmount, Decision,
    DecisionTaken, FILE_NAME_CHARS_MAX, FoundLine, Gap, IMPORT_ACCOUNTS_MAX, IMPORT_BYTES_MAX,
    IMPORT_LINES_MAX, IMPORT_STATEMENTS_MAX, IMPORTS, Import, ImportError, ImportFault, ImportId,
    ImportLine, ImportNote, ImportStatus, LineCandidate, LineCounts, LineExplanation, LineStatus,
    OpeningOrigin, OpeningView, REASON_CHARS_MAX, ReviewImport, StatementView, UNDO_ALONE_SECONDS,
    Upload,
};
pub use model::{
    Asset, AssetId, AssetType, CodeError, Country, DisposalDate, Holding, Origin, TransferCode,
};
pub use networth::{Explanation, NetWorth, NetWorthQuery, Part, Summary, Valued};
pub use notice::NOTICES;
pub use roles::Role;
pub use store::AssetFilter;
pub use transactions::{OtherSide, Transaction, TransactionFilter};
pub use valuation::ROUNDING;
pub use watch::{CompareWorth, WatchWorth, WorthChange, tell_worth_change};

use ledger::Ledger;
use meters::Meters;
use objects::Objects;
use storage::Database;

/// The tables of this module.
pub const MODULE: storage::Module = storage::migrations!(
    "wealth", 1 "assets" = "0001_assets.sql", 2 "imports" = "0002_imports.sql",
);

/// Its sealed columns.
pub static SEALED: &[vault::SealedTable] = &import::store::lines::SEALED;

/// What a family owns and owes. Clones share it.
#[derive(Clone)]
pub struct Wealth {
    database: Database,
    ledger: Ledger,
    objects: Objects,
    meters: Meters,
}

impl Wealth {
    /// Over a database that has [`MODULE`]'s tables, the ledger that runs on it, and the objects as
    /// which imported files are kept.
    #[must_use]
    pub const fn new(database: Database, ledger: Ledger, objects: Objects) -> Self {
        Self { database, ledger, objects, meters: Meters::new(&[], &[]) }
    }

    /// With plans, which may limit what a family does.
    #[must_use]
    pub fn with_meters(self, meters: Meters) -> Self {
        Self { meters, ..self }
    }
}
