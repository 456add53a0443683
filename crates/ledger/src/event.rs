//! What the ledger says in the log. Transfers are not copied there: they are read from the journal.

use kernel::{BookId, CommodityCode};
use serde::Serialize;
use storage::log::{EventBody, ObjectRef};

/// A book was opened.
#[derive(Clone, Debug, Serialize)]
pub struct BookOpened {
    /// Which.
    pub book: BookId,
    /// Its functional currency.
    pub currency: CommodityCode,
}

impl EventBody for BookOpened {
    const TYPE: &'static str = "ledger.book.opened";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        vec![ObjectRef::new("book", self.book)]
    }
}
