//! A start from a snapshot gives what the whole journal gives, and reads the journal's end only.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod pounded;

use kernel::{Amount, BookId, CommandKey, Context, Timestamp, Uuid};
use ledger::{EngineLimits, Ledger, LedgerError};
use storage::StorageError;
use testing::{Cell, TestDatabase};

/// Snapshots as often as may be.
fn often() -> EngineLimits {
    EngineLimits { snapshot_tail_bytes_min: 0, ..EngineLimits::default() }
}

fn keyed(context: &Context) -> Context {
    let key = CommandKey { id: 77, body: 78, first_seen: Timestamp::EPOCH };
    Context { key: Some(key), ..context.clone() }
}

struct Kept {
    context: Context,
    book: BookId,
    cents: u128,
}

/// A book of some cents, the tenth of them under a key, of which there is a snapshot. Its last
/// record is no other than a cent: one that was read twice would show.
async fn keep(db: &TestDatabase) -> Kept {
    let context = db.context(db.new_tenant());
    let ledger = Ledger::start(db.database.clone(), often()).await.unwrap();
    let book = pounded::open(&db.database, &ledger, &context).await;
    for number in 1..10 {
        ledger.execute(&context, book, pounded::cent(Uuid::from_u128(number))).await.unwrap();
    }
    let last = pounded::cent(Uuid::from_u128(10));
    ledger.execute(&keyed(&context), book, last).await.unwrap();
    let raw = db.raw().await;
    let mut cents = 10;
    let made = async || {
        // Commits ask for snapshots.
        cents += 1;
        ledger.execute(&context, book, pounded::cent(Uuid::from_u128(cents))).await.unwrap();
        let later = "SELECT count(*) FROM journal_snapshot WHERE seq > 11";
        (raw.rows(later).await != [[Cell::Number(0)]]).then_some(())
    };
    testing::eventually("a snapshot", made).await;
    ledger.stop().await;
    Kept { context, book, cents }
}

/// Starts a ledger and looks at everything that it must know.
async fn goes_on(db: &TestDatabase, kept: &Kept) {
    let Kept { context, book, cents } = kept;
    let ledger = Ledger::start(db.database.clone(), EngineLimits::default()).await.unwrap();
    let account = ledger.account(context, *book, pounded::DEBIT).await.unwrap();
    let all = Amount::from_minor(i128::try_from(*cents).unwrap());
    assert_eq!(account.balance.posted, all);
    // What was done is not done again, by its key or by the transfer's id.
    let last = pounded::cent(Uuid::from_u128(10));
    let again = ledger.execute(&keyed(context), *book, last.clone()).await.unwrap();
    assert!(again.replayed);
    for number in 1..=*cents {
        let sent = pounded::cent(Uuid::from_u128(number));
        assert!(ledger.execute(context, *book, sent).await.unwrap().replayed, "{number}");
    }
    let account = ledger.account(context, *book, pounded::DEBIT).await.unwrap();
    assert_eq!(account.balance.posted, all);
    ledger.stop().await;
}

testing::both_databases! {
    modules = [vault::MODULE, ledger::MODULE];

    async fn a_start_reads_a_snapshot_and_the_rest(db: TestDatabase) {
        let kept = keep(&db).await;
        goes_on(&db, &kept).await;
    }

    async fn what_a_snapshot_has_is_not_read_again(db: TestDatabase) {
        let kept = keep(&db).await;
        let raw = db.raw().await;
        raw.disarm("journal").await;
        raw.run("UPDATE journal SET body = substr(body, 2) WHERE seq = 1").await;
        goes_on(&db, &kept).await;
        // Whoever looks at the journal itself finds it.
        let report = storage::audit::verify(&db.database, None).await.unwrap();
        assert!(!report.is_intact());
        // Without the snapshot the journal is read, and it is damaged.
        raw.run("DELETE FROM journal_snapshot").await;
        let ledger = Ledger::start(db.database.clone(), EngineLimits::default()).await.unwrap();
        let Kept { context, book, .. } = &kept;
        let error = ledger.account(context, *book, pounded::DEBIT).await.unwrap_err();
        assert!(matches!(error, LedgerError::Storage(StorageError::Damaged { .. })), "{error}");
        ledger.stop().await;
    }

    async fn a_snapshot_that_is_not_what_it_was_is_passed_over(db: TestDatabase) {
        let raw = db.raw().await;
        for damage in [
            "UPDATE journal_snapshot_part SET body = substr(body, 1, 60)",
            "UPDATE journal_snapshot SET parts = parts - 1",
            "UPDATE journal_snapshot SET state = 999",
            "DELETE FROM journal_snapshot_part",
            // It is whole, and of another record than it says.
            "UPDATE journal_snapshot SET seq = seq - 1;
             UPDATE journal_snapshot_part SET seq = seq - 1",
        ] {
            let kept = keep(&db).await;
            raw.run(damage).await;
            goes_on(&db, &kept).await;
            raw.run("DELETE FROM journal_snapshot; DELETE FROM journal_snapshot_part").await;
        }
    }
}
