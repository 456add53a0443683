//! What imports tell the log: ids, counts, amounts and dates. What a file was called, and what its
//! lines say, stands in rows.

use kernel::{BookId, CommodityCode};
use serde::Serialize;
use storage::log::{EventBody, ObjectRef};

use super::model::{ImportId, ImportStatus};
use crate::model::AssetId;

/// A file of statements was brought and read. Nothing of it is booked by that.
#[derive(Clone, Debug, Serialize)]
pub struct ImportStaged {
    /// Which.
    pub import: ImportId,
    /// The book that it is for.
    pub book: BookId,
    /// Whether it can be booked.
    pub status: ImportStatus,
    /// Its format, if it is one that is read.
    pub format: Option<String>,
    /// The statements in it.
    pub statements: u64,
    /// What is not as it must be in it.
    pub faults: u64,
    /// The lines that would be booked.
    pub new: u64,
    /// The lines that are booked already.
    pub known: u64,
    /// The lines that a person has to decide about.
    pub review: u64,
}

/// An import was booked.
#[derive(Clone, Debug, Serialize)]
pub struct ImportBooked {
    /// Which.
    pub import: ImportId,
    /// The book.
    pub book: BookId,
    /// Whether faulty entries were left out.
    pub partial: bool,
    /// The accounts that it booked on.
    pub accounts: Vec<AccountBooked>,
    /// The lines that were left for a person to decide about.
    pub review: u64,
}

/// What an import booked on an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountBooked {
    /// The asset.
    pub asset: AssetId,
    /// Whether the import opened it.
    pub opened: bool,
    /// What it counts.
    pub currency: CommodityCode,
    /// The lines.
    pub lines: u64,
    /// What came in by them, as a decimal number.
    pub money_in: String,
    /// What went out by them, without sign.
    pub money_out: String,
    /// By how much opening balances were changed, in all.
    pub opening: String,
    /// The day of the first line or opening balance.
    pub first_on: String,
    /// The day of the last one.
    pub last_on: String,
}

/// An import was taken back.
#[derive(Clone, Debug, Serialize)]
pub struct ImportUndone {
    /// Which.
    pub import: ImportId,
    /// The book.
    pub book: BookId,
    /// The transfers that were taken back.
    pub transfers: u64,
    /// The assets that are gone with it.
    pub disposed: Vec<AssetId>,
    /// Imports that booked nothing of their own, and are undone with it.
    pub with: Vec<ImportId>,
}

impl EventBody for ImportStaged {
    const TYPE: &'static str = "wealth.import.staged";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        vec![ObjectRef::new("import", self.import)]
    }
}

impl EventBody for ImportBooked {
    const TYPE: &'static str = "wealth.import.booked";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        let assets = self.accounts.iter().map(|account| ObjectRef::new("asset", account.asset));
        std::iter::once(ObjectRef::new("import", self.import)).chain(assets).collect()
    }
}

impl EventBody for ImportUndone {
    const TYPE: &'static str = "wealth.import.undone";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        let disposed = self.disposed.iter().map(|asset| ObjectRef::new("asset", asset));
        let with = self.with.iter().map(|import| ObjectRef::new("import", import));
        let own = std::iter::once(ObjectRef::new("import", self.import));
        own.chain(disposed).chain(with).collect()
    }
}
