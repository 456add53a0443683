//! All or nothing, and durable.

use storage::{Level, Mode, StorageError, params};
use testing::TestDatabase;

use crate::sample::{SAMPLE, add, begin, numbers};

storage::sql! {
    PUT = "INSERT INTO sample_value (tenant, number) VALUES (app_tenant(), $1)";
    NEGATE = "UPDATE sample_value SET number = 0 - number
              WHERE tenant = app_tenant() AND number = $1";
    START = "INSERT INTO sample_counter (tenant, count) VALUES (app_tenant(), 0)";
    READ = "SELECT count FROM sample_counter WHERE tenant = app_tenant() {lock}";
    WRITE = "UPDATE sample_counter SET count = $1 WHERE tenant = app_tenant()";
    FACT = "INSERT INTO sample_fact (word) VALUES ($1)";
    FORGET = "DELETE FROM sample_fact WHERE word = $1";
    BROKEN = "SELECT nothing FROM sample_counter WHERE tenant = app_tenant()";
}

testing::both_databases! {
    modules = [SAMPLE];

    async fn what_is_committed_is_there_after_a_restart(db: TestDatabase) {
        let mut db = db;
        let tenant = db.new_tenant();
        add(&db, tenant, &[1, 2]).await;
        db.reopen();
        assert_eq!(numbers(&mut begin(&db, tenant, Mode::Read).await).await, [1, 2]);
    }

    async fn what_is_dropped_or_rolled_back_never_was(db: TestDatabase) {
        let tenant = db.new_tenant();
        let mut tx = begin(&db, tenant, Mode::Write).await;
        tx.execute_one(&PUT, params![1]).await.unwrap();
        drop(tx);
        let mut tx = begin(&db, tenant, Mode::Write).await;
        tx.execute_one(&PUT, params![2]).await.unwrap();
        tx.rollback();
        assert_eq!(numbers(&mut begin(&db, tenant, Mode::Write).await).await, [0; 0]);
    }

    async fn a_transaction_sees_what_it_wrote_and_nobody_else_does(db: TestDatabase) {
        let tenant = db.new_tenant();
        let mut tx = begin(&db, tenant, Mode::Write).await;
        tx.execute_one(&PUT, params![1]).await.unwrap();
        assert_eq!(numbers(&mut tx).await, [1]);
        assert_eq!(numbers(&mut begin(&db, tenant, Mode::Read).await).await, [0; 0]);
    }

    async fn a_reader_sees_one_moment(db: TestDatabase) {
        let tenant = db.new_tenant();
        let mut reader = begin(&db, tenant, Mode::Read).await;
        assert_eq!(numbers(&mut reader).await, [0; 0]);
        add(&db, tenant, &[1]).await;
        assert_eq!(numbers(&mut reader).await, [0; 0]);
        assert_eq!(numbers(&mut begin(&db, tenant, Mode::Read).await).await, [1]);
    }

    async fn a_reader_cannot_write(db: TestDatabase) {
        let mut tx = begin(&db, db.new_tenant(), Mode::Read).await;
        let error = tx.execute(&PUT, params![1]).await.unwrap_err();
        assert!(matches!(error, StorageError::Statement { .. }), "{error}");
    }

    async fn after_a_failure_nothing_more_is_done_or_committed(db: TestDatabase) {
        let tenant = db.new_tenant();
        let mut tx = begin(&db, tenant, Mode::Write).await;
        tx.execute_one(&PUT, params![1]).await.unwrap();
        let error = tx.rows(&BROKEN, params![]).await.unwrap_err();
        assert!(error.to_string().contains("nothing"), "{error}");
        let error = tx.execute(&PUT, params![2]).await.unwrap_err();
        assert!(matches!(error, StorageError::Poisoned), "{error}");
        let error = tx.commit().await.unwrap_err();
        assert!(matches!(error, StorageError::Poisoned), "{error}");
        assert_eq!(numbers(&mut begin(&db, tenant, Mode::Read).await).await, [0; 0]);
    }

    async fn a_guard_that_does_not_hold_stops_the_transaction(db: TestDatabase) {
        let tenant = db.new_tenant();
        add(&db, tenant, &[1]).await;
        let mut tx = begin(&db, tenant, Mode::Write).await;
        tx.execute_one(&NEGATE, params![1]).await.unwrap();
        let error = tx.execute_one(&NEGATE, params![1]).await.unwrap_err();
        let StorageError::Guard { touched: 0, expected: 1, .. } = error else { panic!("{error}") };
        tx.commit().await.unwrap_err();
        assert_eq!(numbers(&mut begin(&db, tenant, Mode::Read).await).await, [1]);
    }

    async fn a_second_row_with_a_key_is_a_duplicate(db: TestDatabase) {
        let tenant = db.new_tenant();
        add(&db, tenant, &[1]).await;
        let mut tx = begin(&db, tenant, Mode::Write).await;
        let error = tx.execute(&PUT, params![1]).await.unwrap_err();
        let StorageError::Duplicate { constraint, .. } = error else { panic!("{error}") };
        assert!(constraint.contains("sample_value"), "{constraint}");
        drop(tx);
        // A check is no duplicate.
        let mut tx = begin(&db, tenant, Mode::Write).await;
        tx.execute_one(&START, params![]).await.unwrap();
        let error = tx.execute(&WRITE, params![5_000]).await.unwrap_err();
        assert!(matches!(error, StorageError::Statement { .. }), "{error}");
    }

    async fn many_rows_go_in_one_call(db: TestDatabase) {
        let tenant = db.new_tenant();
        let mut tx = begin(&db, tenant, Mode::Write).await;
        let many: Vec<_> = (0_i64..1_500).map(|number| params![number]).collect();
        assert_eq!(tx.execute_many(&PUT, many.clone()).await.unwrap(), vec![1; 1_500]);
        tx.commit().await.unwrap();
        let mut tx = begin(&db, tenant, Mode::Write).await;
        let error = tx.execute_many(&PUT, many).await.unwrap_err();
        assert!(matches!(error, StorageError::Duplicate { .. }), "{error}");
        drop(tx);
        // The connection is whole again.
        add(&db, tenant, &[2_000]).await;
        assert_eq!(numbers(&mut begin(&db, tenant, Mode::Read).await).await.len(), 1_501);
    }

    async fn twenty_writers_lose_no_update(db: TestDatabase) {
        let tenant = db.new_tenant();
        let mut tx = begin(&db, tenant, Mode::Write).await;
        tx.execute_one(&START, params![]).await.unwrap();
        tx.commit().await.unwrap();
        let mut writers = Vec::new();
        for _ in 0..20 {
            let database = db.database.clone();
            writers.push(tokio::spawn(async move {
                for _ in 0..5 {
                    let mut tx = database.begin(Level::of(tenant), Mode::Write).await.unwrap();
                    let row = tx.row(&READ, params![]).await.unwrap().unwrap();
                    let count: i64 = row.get(0).unwrap();
                    tokio::task::yield_now().await;
                    tx.execute_one(&WRITE, params![count + 1]).await.unwrap();
                    tx.commit().await.unwrap();
                }
            }));
        }
        for writer in writers {
            writer.await.unwrap();
        }
        let mut tx = begin(&db, tenant, Mode::Write).await;
        let row = tx.row(&READ, params![]).await.unwrap().unwrap();
        assert_eq!(row.get::<i64>(0).unwrap(), 100);
    }

    async fn what_is_append_only_is_not_deleted(db: TestDatabase) {
        let mut tx = begin(&db, kernel::TenantId::COMMON, Mode::Write).await;
        tx.execute_one(&FACT, params!["one"]).await.unwrap();
        tx.commit().await.unwrap();
        for level in [Level::Common, Level::System] {
            let mut tx = db.database.begin(level, Mode::Write).await.unwrap();
            let error = tx.execute(&FORGET, params!["one"]).await.unwrap_err().to_string();
            let said = error.contains("append-only") || error.contains("permission denied");
            assert!(said, "{error}");
        }
    }
}
