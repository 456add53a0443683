//! What accounts saw, and where ids and references stand, is found after the pieces in which it was
//! written have been merged, on both databases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod pounded;

use kernel::{Amount, BookId, Context, PageRequest, Uuid};
use ledger::{EngineLimits, Ledger, TransferId, TransferSearch, TransferText};
use storage::{Level, Mode, Tx};
use testing::{Cell, TestDatabase};

/// Sixteen pieces of sixteen commits each, and some that are not merged yet.
const COMMITS: u64 = 16 * 16 + 20;
/// Every seventh has a reference.
const REFERRING: u64 = 7;

struct Book {
    ledger: Ledger,
    context: Context,
    book: BookId,
}

/// The ids of the transfers, by their number: some say the time of the test, some say none.
fn id(number: u64) -> TransferId {
    let random = u128::from(number);
    let timed = 1_700_000_000_000 << 80 | 7 << 76 | 0b10 << 62 | random;
    TransferId::from_uuid(Uuid::from_u128(if number.is_multiple_of(3) { random } else { timed }))
}

impl Book {
    /// A book of one cent a commit, each of which the tables have before the next is sent.
    async fn of_commits(db: &TestDatabase) -> Self {
        let context = db.context(db.new_tenant());
        let ledger = Ledger::start(db.database.clone(), EngineLimits::default()).await.unwrap();
        let book = pounded::open(&db.database, &ledger, &context).await;
        for number in 1..=COMMITS {
            let transfer = id(number);
            let mut request = pounded::cent(transfer.uuid());
            let reference = number.is_multiple_of(REFERRING).then(|| "R-7".to_owned());
            let (purpose, counterparty, metadata) = (None, None, None);
            let text = TransferText { transfer, reference, purpose, counterparty, metadata };
            request.transfer_texts.push(text);
            ledger.execute(&context, book, request).await.unwrap();
            ledger.wait_for_book(book).await.unwrap();
        }
        Self { ledger, context, book }
    }

    async fn reading(&self, db: &TestDatabase) -> Tx {
        db.database.begin(Level::Tenant(self.context.tenant), Mode::Read).await.unwrap()
    }
}

testing::both_databases! {
    modules = [ledger::MODULE];

    async fn pieces_that_were_merged_hold_what_was_written(db: TestDatabase) {
        let book = Book::of_commits(&db).await;
        let segments = db.raw().await.rows("SELECT count(*) FROM ledger_segment").await;
        let [Cell::Number(count)] = segments[0][..] else { panic!("{segments:?}") };
        assert!(count < 30, "{count} segments are not merged");

        // Every line of the account, the latest first, with the balance after it.
        let mut tx = book.reading(&db).await;
        let (mut page, mut expected) = (PageRequest::first(200), COMMITS);
        loop {
            let history = book.ledger.history(&mut tx, book.book, pounded::DEBIT, &page);
            let history = history.await.unwrap();
            for line in history.items {
                let balance = Amount::from_minor(i128::from(expected));
                assert_eq!((line.number, line.balance), (expected, balance));
                expected -= 1;
            }
            match history.next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        assert_eq!(expected, 0);

        // Every id, and every transfer with the reference.
        let hash = book.ledger.reference_hash(&mut tx, "R-7").await.unwrap();
        let search = TransferSearch { reference: hash, ..TransferSearch::default() };
        let page = PageRequest::first(200);
        let found = book.ledger.search_transfers(&mut tx, book.book, &search, &page).await.unwrap();
        let numbers: Vec<u64> = found.page.items.iter().map(|one| one.number).collect();
        let all = (1..=COMMITS).rev().filter(|number| number.is_multiple_of(REFERRING));
        assert_eq!(numbers, all.collect::<Vec<_>>());
        drop(tx);
        let ids = (1..=COMMITS).map(id).collect();
        let known = book.ledger.known_transfers(&book.context, book.book, ids).await.unwrap();
        for number in 1..=COMMITS {
            assert_eq!(known.get(&id(number)).map(|one| one.number), Some(number));
        }
    }
}
