//! What accounts saw, and where ids and references stand, is found after the pieces in which it was
//! written have been merged, on both databases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod pounded;

use kernel::{Amount, BookId, Context, Date, PageRequest, Uuid, time};
use ledger::{
    AccountId, EngineLimits, Ledger, Movement, NewTransfer, Request, Step, TransferFilter,
    TransferId, TransferSearch, TransferText,
};
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

/// Both sides of what a double, 64 bits and the ledger itself can hold.
const AMOUNTS: [i128; 8] =
    [1, (1 << 53) - 1, 1 << 53, (1 << 53) + 1, (1 << 63) - 1, 1 << 63, 10_i128.pow(38), i128::MAX];

/// Each amount, there and back, on the first day that there is and on the last.
fn extreme() -> impl Iterator<Item = NewTransfer> {
    let day = |text| time::parse_date(text).unwrap();
    let post = |debit, credit, minor, effective: Date, id: usize| NewTransfer {
        id: TransferId::from_uuid(Uuid::from_u128(u128::MAX - id as u128)),
        movement: Movement::Post { debit, credit, amount: Amount::from_minor(minor) },
        code: u16::MAX,
        reference: None,
        effective,
        reverses: None,
    };
    let (there, back): (AccountId, AccountId) = (pounded::DEBIT, pounded::CREDIT);
    AMOUNTS.into_iter().enumerate().flat_map(move |(at, minor)| {
        let first = post(there, back, minor, day("0001-01-01"), 2 * at);
        [first, post(back, there, minor, day("9999-12-31"), 2 * at + 1)]
    })
}

testing::both_databases! {
    modules = [vault::MODULE, ledger::MODULE];

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

    async fn neighbours_are_found_by_the_reference_of_each(db: TestDatabase) {
        let context = db.context(db.new_tenant());
        let ledger = Ledger::start(db.database.clone(), EngineLimits::default()).await.unwrap();
        let book = pounded::open(&db.database, &ledger, &context).await;
        let mut request = Request::default();
        for (transfer, reference) in extreme().zip([Some("A"), None, Some("B"), Some("A")]) {
            let reference = reference.map(str::to_owned);
            let text = TransferText {
                transfer: transfer.id,
                reference,
                purpose: None,
                counterparty: None,
                metadata: None,
            };
            request.transfer_texts.push(text);
            request.steps.push(Step::Transfer(transfer));
        }
        ledger.execute(&context, book, request).await.unwrap();
        ledger.wait_for_book(book).await.unwrap();

        let mut tx = db.database.begin(Level::Tenant(context.tenant), Mode::Read).await.unwrap();
        for (text, expected) in [("A", &[4, 1][..]), ("B", &[3]), ("C", &[])] {
            let reference = ledger.reference_hash(&mut tx, text).await.unwrap();
            let search = TransferSearch { reference, ..TransferSearch::default() };
            let page = PageRequest::first(10);
            let found = ledger.search_transfers(&mut tx, book, &search, &page).await.unwrap();
            let found: Vec<u64> = found.page.items.iter().map(|one| one.number).collect();
            assert_eq!(found, expected, "{text}");
        }
        tx.commit().await.unwrap();
        ledger.stop().await;
    }

    async fn the_largest_amounts_and_the_farthest_dates_come_back(db: TestDatabase) {
        let context = db.context(db.new_tenant());
        let ledger = Ledger::start(db.database.clone(), EngineLimits::default()).await.unwrap();
        let book = pounded::open(&db.database, &ledger, &context).await;
        let steps = extreme().map(Step::Transfer).collect();
        let request = Request { steps, ..Request::default() };
        ledger.execute(&context, book, request).await.unwrap();
        ledger.wait_for_book(book).await.unwrap();

        let mut tx = db.database.begin(Level::Tenant(context.tenant), Mode::Read).await.unwrap();
        let (filter, page) = (TransferFilter::default(), PageRequest::first(200));
        let found = ledger.transfers(&mut tx, book, &filter, &page).await.unwrap();
        let found = found.items.iter().rev().map(|one| (one.debit, one.amount, one.effective));
        let asked = extreme().map(|one| {
            let Movement::Post { debit, amount, .. } = one.movement else { panic!("{one:?}") };
            (debit, amount, one.effective)
        });
        assert_eq!(found.collect::<Vec<_>>(), asked.collect::<Vec<_>>());

        // What went there has come back, so each second balance is nothing.
        let history = ledger.history(&mut tx, book, pounded::DEBIT, &page).await.unwrap();
        let balances = history.items.iter().rev().map(|line| line.balance);
        let expected = AMOUNTS.into_iter().flat_map(|minor| [minor, 0]).map(Amount::from_minor);
        assert_eq!(balances.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }
}
