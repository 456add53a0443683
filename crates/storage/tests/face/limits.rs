//! Everything has a limit, and says so when it is reached.

use std::time::Duration;

use storage::{Database, Dialect, Level, Limits, Mode, StorageError, params};
use testing::TestDatabase;

use crate::sample::SAMPLE;

storage::sql! {
    SLOW = "WITH RECURSIVE step AS (
                SELECT CAST(1 AS bigint) AS n UNION ALL SELECT n + 1 FROM step WHERE n < 1000000000
            ) SELECT count(*) FROM step";
    // Long enough to be met by what was meant for the statement before it.
    STEADY = "WITH RECURSIVE step AS (
                  SELECT CAST(1 AS bigint) AS n UNION ALL SELECT n + 1 FROM step WHERE n < 20000
              ) SELECT count(*) FROM step";
    QUICK = "SELECT CAST(1 AS bigint)";
}

const SHORT: Limits =
    Limits { begin_wait_ms_max: 50, transaction_ms_max: 100, readers_max: 1, connections_max: 1 };

async fn is_alive(database: &Database) {
    let mut tx = database.begin(Level::Common, Mode::Read).await.unwrap();
    tx.rows(&QUICK, params![]).await.unwrap();
    tx.commit().await.unwrap();
}

testing::both_databases! {
    modules = [SAMPLE];

    async fn a_transaction_within_another_is_told_why_it_waits(db: TestDatabase) {
        let database = db.open(db.env.clone(), SHORT);
        for mode in [Mode::Write, Mode::Read] {
            let outer = database.begin(Level::Common, mode).await.unwrap();
            let error = database.begin(Level::Common, mode).await.err().unwrap();
            let StorageError::BeginTimeout { waited_ms: 50 } = error else { panic!("{error}") };
            assert!(error.to_string().contains("is one still open in this task?"), "{error}");
            outer.commit().await.unwrap();
            is_alive(&database).await;
        }
    }

    async fn a_statement_that_takes_too_long_is_stopped(db: TestDatabase) {
        let database = db.open(db.env.clone(), SHORT);
        for mode in [Mode::Read, Mode::Write] {
            let mut tx = database.begin(Level::Common, mode).await.unwrap();
            let error = tx.rows(&SLOW, params![]).await.unwrap_err();
            let StorageError::Timeout { place } = &error else { panic!("{error}") };
            assert!(place.contains("limits.rs"), "{place}");
            tx.commit().await.unwrap_err();
            // In time for the next one.
            testing::eventually("the connection", async || database.ping().await.ok()).await;
            is_alive(&database).await;
        }
    }
}

/// On SQLite a statement runs to its end before anything else happens in its task.
#[test]
fn a_statement_whose_caller_went_away_does_not_disturb_the_next() {
    testing::run(Dialect::Postgres, &[], async |db: TestDatabase| {
        let limits = Limits { connections_max: 2, ..Limits::default() };
        let database = db.open(db.env.clone(), limits);
        for _ in 0..20 {
            let mut tx = database.begin(Level::Common, Mode::Write).await.unwrap();
            let slow = tx.rows(&SLOW, params![]);
            tokio::time::timeout(Duration::from_millis(5), slow).await.unwrap_err();
            drop(tx);
            for _ in 0..5 {
                is_alive(&database).await;
            }
        }
    });
}

/// A transaction that is dropped between statements gives its connection back unharmed.
#[test]
fn a_transaction_that_was_dropped_does_not_disturb_the_next() {
    testing::run(Dialect::Postgres, &[], async |db: TestDatabase| {
        let database = db.open(db.env.clone(), Limits { connections_max: 1, ..Limits::default() });
        for _ in 0..40 {
            let mut tx = database.begin(Level::Common, Mode::Read).await.unwrap();
            tx.rows(&QUICK, params![]).await.unwrap();
            drop(tx);
            let mut tx = database.begin(Level::Common, Mode::Read).await.unwrap();
            tx.rows(&STEADY, params![]).await.unwrap();
            tx.commit().await.unwrap();
        }
    });
}
