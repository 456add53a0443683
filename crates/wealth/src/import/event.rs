//! What imports tell the log: ids, counts, amounts and dates. What a file was called, and what its
//! lines say, stands in rows.

use kernel::{BookId, CommodityCode};
use serde::Serialize;
use storage::log::{EventBody, ObjectRef};

use super::model::{ImportId, ImportStatus, LineStatus};
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

/// A person decided otherwise about a line of a booked import.
#[derive(Clone, Debug, Serialize)]
pub struct ImportOverturned {
    /// Which.
    pub import: ImportId,
    /// The book.
    pub book: BookId,
    /// The line's number in the import.
    pub line: u32,
    /// The asset that it is about.
    pub asset: AssetId,
    /// What the line was.
    pub from: LineStatus,
    /// What it is.
    pub to: LineStatus,
}

/// An import that was undone is to be booked again.
#[derive(Clone, Debug, Serialize)]
pub struct ImportRestaged {
    /// Which.
    pub import: ImportId,
    /// The book that it is for.
    pub book: BookId,
}

/// An import of which nothing was booked was discarded.
#[derive(Clone, Debug, Serialize)]
pub struct ImportDiscarded {
    /// Which.
    pub import: ImportId,
    /// The book that it was for.
    pub book: BookId,
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

impl EventBody for ImportOverturned {
    const TYPE: &'static str = "wealth.import.overturned";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        vec![ObjectRef::new("import", self.import), ObjectRef::new("asset", self.asset)]
    }
}

impl EventBody for ImportRestaged {
    const TYPE: &'static str = "wealth.import.restaged";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        vec![ObjectRef::new("import", self.import)]
    }
}

impl EventBody for ImportDiscarded {
    const TYPE: &'static str = "wealth.import.discarded";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        vec![ObjectRef::new("import", self.import)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Uuid;
    use testing::golden_event;

    #[test]
    fn events_say_what_they_always_said() {
        let import = ImportId::from_uuid(Uuid::from_u128(1));
        let book = BookId::from_uuid(Uuid::from_u128(2));
        let asset = AssetId::from_uuid(Uuid::from_u128(3));
        let staged = ImportStaged {
            import,
            book,
            status: ImportStatus::Staged,
            format: Some("camt053".to_owned()),
            statements: 2,
            faults: 1,
            new: 40,
            known: 3,
            review: 2,
        };
        golden_event(&staged, "testdata/events/wealth.import.staged.1.json");
        let account = AccountBooked {
            asset,
            opened: true,
            currency: CommodityCode::parse("AUD").unwrap(),
            lines: 40,
            money_in: "2500.00".to_owned(),
            money_out: "1234.50".to_owned(),
            opening: "100.00".to_owned(),
            first_on: "2026-01-01".to_owned(),
            last_on: "2026-01-31".to_owned(),
        };
        let booked =
            ImportBooked { import, book, partial: true, accounts: vec![account], review: 2 };
        golden_event(&booked, "testdata/events/wealth.import.booked.1.json");
        let undone = ImportUndone {
            import,
            book,
            transfers: 41,
            disposed: vec![asset],
            with: vec![ImportId::from_uuid(Uuid::from_u128(4))],
        };
        golden_event(&undone, "testdata/events/wealth.import.undone.1.json");
        let (from, to) = (LineStatus::Booked, LineStatus::Skipped);
        let overturned = ImportOverturned { import, book, line: 7, asset, from, to };
        golden_event(&overturned, "testdata/events/wealth.import.overturned.1.json");
        let restaged = ImportRestaged { import, book };
        golden_event(&restaged, "testdata/events/wealth.import.restaged.1.json");
        let discarded = ImportDiscarded { import, book };
        golden_event(&discarded, "testdata/events/wealth.import.discarded.1.json");
    }
}
