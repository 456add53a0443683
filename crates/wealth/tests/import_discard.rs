//! An import of which nothing was booked is forgotten, and no other.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod bank;

use bank::{Bank, csv, ofx};
use kernel::{PageRequest, Problematic as _};
use storage::Dialect;
use testing::{Cell, TestDatabase};
use wealth::import::{Decision, ImportId, ImportStatus};

/// What stands of imports in each of their tables.
async fn rows(bank: &Bank<'_>) -> Vec<u64> {
    let mut counts = Vec::new();
    for table in ["", "_statement", "_line", "_account", "_opening"] {
        counts.push(bank.count(&format!("SELECT count(*) FROM wealth_import{table}")).await);
    }
    counts
}

async fn discard(bank: &Bank<'_>, id: ImportId) -> Result<(), &'static str> {
    bank.wealth.discard(&bank.context, id).await.map_err(|error| error.code())
}

fn coffee() -> Vec<u8> {
    ofx("1", "95.00 2026-01-31", &["2026-01-02 -5.00 A1 COFFEE"])
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, cases::MODULE, meters::MODULE, markets::MODULE, wealth::MODULE,
    ];

    async fn nothing_of_it_stays_but_that_it_was_there(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let kept = bank.stage(&csv("2", &["2026-01-02 -1.00 - TEA"])).await;
        let before = (rows(&bank).await, bank.state().await);
        for file in [coffee(), b"hello".to_vec()] {
            let staged = bank.stage(&file).await;
            assert_ne!(rows(&bank).await, before.0);
            assert_eq!(discard(&bank, staged.id).await, Ok(()));
            assert_eq!((rows(&bank).await, bank.state().await), before);
            let events = bank.events("wealth.import.discarded").await;
            assert_eq!(events.last().unwrap()["import"], staged.id.to_string());

            let (wealth, context) = (&bank.wealth, &bank.context);
            let page = PageRequest::first(10);
            let codes = [
                discard(&bank, staged.id).await.unwrap_err(),
                wealth.import(context, staged.id).await.unwrap_err().code(),
                wealth.lines(context, staged.id, &page).await.unwrap_err().code(),
                wealth.decide(context, staged.id, 1, Decision::Book).await.unwrap_err().code(),
                bank.try_book(staged.id, true).await.unwrap_err().code(),
            ];
            assert_eq!(codes, ["import_unknown"; 5]);
        }
        // The other one, and the same file brought again, are booked as ever.
        assert_eq!(bank.book(kept.id).await.counts().booked, 1);
        assert_eq!(bank.bring(&coffee()).await.counts().booked, 1);
    }

    async fn what_was_booked_is_not_forgotten(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let booked = bank.bring(&coffee()).await;
        // Its line may be the booked one: that one stays known.
        let unsure = bank.stage(&csv("1", &["2026-01-02 -5.00 - CARD"])).await;
        assert_eq!(discard(&bank, unsure.id).await, Ok(()));
        let before = (rows(&bank).await, bank.state().await);
        assert_eq!(discard(&bank, booked.id).await, Err("import_status"));
        assert_eq!((rows(&bank).await, bank.state().await), before);
        bank.bring_known(&coffee()).await;
        let other = bank.bring(&csv("7", &["2026-01-02 -5.00 - CARD"])).await;
        assert_eq!(bank.undo(other.id).await.status, ImportStatus::Undone);
        assert_eq!(discard(&bank, other.id).await, Err("import_status"));
    }

    async fn of_booking_and_discarding_at_once_one_is_done(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        bank.bring(&ofx("1", "", &["2026-01-01 -1.00 A0 TEA"])).await;
        let mut done = [0; 2];
        for round in 1..=12 {
            let line = format!("2026-02-{round:02} -1.00 B{round} TEA");
            let staged = bank.stage(&ofx("1", "", &[&line])).await;
            let before = (rows(&bank).await, bank.state().await);
            let book = bank.try_book(staged.id, false);
            let (booked, discarded) = if round % 2 == 0 {
                tokio::join!(book, discard(&bank, staged.id))
            } else {
                let both = tokio::join!(discard(&bank, staged.id), book);
                (both.1, both.0)
            };
            match booked {
                Ok(import) => {
                    assert_eq!((import.counts().booked, discarded), (1, Err("import_status")));
                    let (rows, transfers) = (rows(&bank).await, bank.state().await.1);
                    assert_eq!((rows, transfers), (before.0, before.1.1 + 1));
                    done[0] += 1;
                }
                Err(error) => {
                    assert_eq!((error.code(), discarded), ("import_unknown", Ok(())));
                    assert_eq!(bank.state().await, before.1);
                    done[1] += 1;
                }
            }
        }
        assert!(done[1] > 0, "{done:?}");
    }

    async fn what_is_booked_while_it_is_being_discarded_stays(db: TestDatabase) {
        // On SQLite nothing else is written meanwhile.
        if db.dialect() == Dialect::Sqlite {
            return;
        }
        let bank = Bank::of(&db).await;
        let staged = bank.stage(&coffee()).await;
        let before = rows(&bank).await;
        let (holder, watcher) = (db.raw().await, db.raw().await);
        let id = staged.id.uuid();
        let book = format!("UPDATE wealth_import SET status = 'booked' WHERE id = '{id}'");
        holder.run(&format!("BEGIN; {book}")).await;
        let meanwhile = async {
            let waiting = "SELECT count(*) FROM pg_stat_activity
                           WHERE datname = current_database() AND wait_event_type = 'Lock'";
            testing::eventually("the discarding that waits", async || {
                (watcher.rows(waiting).await != [[Cell::Number(0)]]).then_some(())
            })
            .await;
            holder.run("COMMIT").await;
        };
        let (discarded, ()) = tokio::join!(discard(&bank, staged.id), meanwhile);
        assert_eq!((discarded, rows(&bank).await), (Err("import_status"), before));
    }
}
