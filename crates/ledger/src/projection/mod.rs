//! The tables that plain SQL may read, and the sorted runs beside them, made from the journal.
//!
//! What must stay true: the rows depend on the records and nothing else, so that they can be made
//! again at any time. How transfers are grouped into segments depends on how records came together,
//! and says nothing.

pub(crate) mod chunk;
mod rows;
pub(crate) mod run;
pub(crate) mod segment;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kernel::{Amount, CommodityCode, Uuid};
use storage::journal::{Projection, Record};
use storage::{StorageError, Tx, params, sql};

use rows::Rows;
use run::{Posting, read_postings};
use segment::{Segment, Segments};

/// What fills a page of SQLite, and half of one of PostgreSQL, with what else is in a row.
const BYTES_MAX: usize = 3_950;
/// The accounts whose last balances are remembered between records.
const ACCOUNTS_REMEMBERED_MAX: usize = 4_000_000;

sql! {
    COMMODITIES =
        "SELECT code, scale FROM ledger_commodity
         WHERE tenant = app_tenant() AND book = $1 ORDER BY code";
    ACCOUNT_COUNT =
        "SELECT count(*) FROM ledger_account WHERE tenant = app_tenant() AND book = $1";
    HOLDS =
        "SELECT id, debit, credit, amount FROM ledger_hold
         WHERE tenant = app_tenant() AND book = $1 ORDER BY id";
    LAST_EXPIRY =
        "SELECT number, place FROM ledger_expiry
         WHERE tenant = app_tenant() AND book = $1 ORDER BY number DESC, place DESC LIMIT 1";
}

/// The projection of every book.
#[derive(Default)]
pub(crate) struct Tables {
    books: Mutex<HashMap<Uuid, Remembered>>,
}

/// What is remembered of a book, so that not every transfer asks for it.
#[derive(Default)]
struct Remembered {
    /// Each account's last balance, debits positive.
    balances: Vec<Amount>,
    commodities: HashMap<CommodityCode, u8>,
    holds: HashMap<u128, Held>,
    /// The transfer behind which the last hold expired, and how many did there.
    expired: (u64, u64),
    segments: Vec<Segment>,
}

/// An open hold.
#[derive(Clone, Copy)]
struct Held {
    debit: u32,
    credit: u32,
    amount: Amount,
}

impl Projection for Tables {
    const NAME: &'static str = "ledger";

    async fn project(&self, tx: &mut Tx, records: &[Record]) -> Result<(), StorageError> {
        let Some(book) = records.first().map(|record| record.stream) else { return Ok(()) };
        let mut remembered = match self.take(book) {
            Some(remembered) => remembered,
            None => Remembered::load(tx, book).await?,
        };
        let mut rows = Rows::new(book);
        for record in records {
            rows.read(&mut remembered, record)?;
        }
        let segment = rows.insert(tx).await?;
        if let Some(segment) = segment {
            Segments { tx, book, list: &mut remembered.segments }.add(segment).await?;
        }
        self.put(book, remembered);
        Ok(())
    }

    fn forget(&self, stream: Uuid) {
        self.take(stream);
    }
}

impl Tables {
    fn take(&self, book: Uuid) -> Option<Remembered> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner).remove(&book)
    }

    fn put(&self, book: Uuid, remembered: Remembered) {
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        let accounts: usize = books.values().map(|book| book.balances.len()).sum();
        if accounts > ACCOUNTS_REMEMBERED_MAX {
            books.clear();
        }
        books.insert(book, remembered);
    }
}

impl Remembered {
    async fn load(tx: &mut Tx, book: Uuid) -> Result<Self, StorageError> {
        let mut remembered = Self::default();
        for row in tx.rows(&COMMODITIES, params![book]).await? {
            let code: String = row.get(0)?;
            let damaged = |_| StorageError::Damaged { text: format!("commodity {code}") };
            let scale = u8::try_from(row.get::<u16>(1)?).unwrap_or(u8::MAX);
            remembered.commodities.insert(CommodityCode::parse(&code).map_err(damaged)?, scale);
        }
        for row in tx.rows(&HOLDS, params![book]).await? {
            let held = Held { debit: row.get(1)?, credit: row.get(2)?, amount: row.get(3)? };
            remembered.holds.insert(row.get::<Uuid>(0)?.as_u128(), held);
        }
        let count: usize = match tx.row(&ACCOUNT_COUNT, params![book]).await? {
            Some(row) => usize::try_from(row.get::<u64>(0)?).unwrap_or(usize::MAX),
            None => 0,
        };
        if let Some(row) = tx.row(&LAST_EXPIRY, params![book]).await? {
            remembered.expired = (row.get(0)?, row.get(1)?);
        }
        remembered.segments = segment::list(tx, book).await?;
        remembered.balances = last_balances(tx, book, &remembered.segments, count).await?;
        Ok(remembered)
    }
}

/// The last balance of each account, found from the newest segment back.
async fn last_balances(
    tx: &mut Tx,
    book: Uuid,
    segments: &[Segment],
    count: usize,
) -> Result<Vec<Amount>, StorageError> {
    let mut found: Vec<Option<Amount>> = vec![None; count];
    let mut missing = count;
    for segment in segments.iter().rev() {
        if missing == 0 {
            break;
        }
        let mut postings: Vec<Posting> = Vec::new();
        for body in segment::postings(tx, book, segment.first).await? {
            read_postings(&body, None, &mut postings)?;
        }
        for posting in postings.iter().rev() {
            let last = found.get_mut(posting.account as usize).filter(|last| last.is_none());
            if let Some(last) = last {
                *last = Some(posting.balance);
                missing -= 1;
            }
        }
    }
    Ok(found.into_iter().map(|balance| balance.unwrap_or(Amount::ZERO)).collect())
}
