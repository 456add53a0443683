//! Whose rows a transaction sees, and which statements it takes.

use kernel::TenantId;
use storage::{Level, Mode, Reach, Statement, StorageError, params};
use testing::TestDatabase;

use crate::sample::{SAMPLE, add, begin, numbers};

storage::sql! {
    COUNT_ALL: system("the test counts over all tenants") = "SELECT count(*) FROM sample_value";
    CHANGE = "UPDATE sample_value SET number = 7 WHERE tenant = app_tenant()";
}

/// Not declared with `sql!`, so no test has read it.
static UNSEEN: Statement =
    Statement::new("SELECT count(*) FROM sample_value", Reach::Bound, "unseen.rs", 1);

testing::both_databases! {
    modules = [SAMPLE];

    async fn a_tenant_sees_and_changes_its_own_rows_alone(db: TestDatabase) {
        let (one, other) = (db.new_tenant(), db.new_tenant());
        add(&db, one, &[1]).await;
        add(&db, other, &[2]).await;
        add(&db, TenantId::COMMON, &[3]).await;
        let mut tx = begin(&db, one, Mode::Write).await;
        assert_eq!(numbers(&mut tx).await, [1]);
        assert_eq!(tx.execute(&CHANGE, params![]).await.unwrap(), 1);
        tx.commit().await.unwrap();
        for (tenant, expected) in [(one, 7), (other, 2), (TenantId::COMMON, 3)] {
            assert_eq!(numbers(&mut begin(&db, tenant, Mode::Read).await).await, [expected]);
        }
    }

    async fn the_tenant_of_one_transaction_is_forgotten_by_the_next(db: TestDatabase) {
        let limits = storage::Limits { connections_max: 1, readers_max: 1, ..Default::default() };
        let database = db.open(db.env.clone(), limits);
        let tenant = db.new_tenant();
        add(&db, tenant, &[1]).await;
        for mode in [Mode::Read, Mode::Write] {
            let mut tx = database.begin(Level::Tenant(tenant), mode).await.unwrap();
            assert_eq!(numbers(&mut tx).await, [1]);
            drop(tx);
            let mut tx = database.begin(Level::Common, mode).await.unwrap();
            assert_eq!(numbers(&mut tx).await, [0; 0]);
        }
    }

    async fn the_system_sees_all_and_binds_itself_anew(db: TestDatabase) {
        let (one, other) = (db.new_tenant(), db.new_tenant());
        add(&db, one, &[1]).await;
        add(&db, other, &[2]).await;
        let mut tx = db.database.begin(Level::System, Mode::Write).await.unwrap();
        let count = async |tx: &mut storage::Tx| {
            tx.row(&COUNT_ALL, params![]).await.map(|row| row.unwrap().get::<i64>(0).unwrap())
        };
        assert_eq!(count(&mut tx).await.unwrap(), 2);
        tx.bind(Level::Tenant(other)).unwrap();
        assert_eq!(numbers(&mut tx).await, [2]);
        let error = count(&mut tx).await.unwrap_err();
        assert!(matches!(error, StorageError::Level { .. }), "{error}");
        tx.bind(Level::System).unwrap();
        assert_eq!(count(&mut tx).await.unwrap(), 2);
        tx.commit().await.unwrap();
    }

    async fn a_tenant_runs_no_statement_of_the_system(db: TestDatabase) {
        for level in [Level::Tenant(db.new_tenant()), Level::Common] {
            let mut tx = db.database.begin(level, Mode::Read).await.unwrap();
            let error = tx.rows(&COUNT_ALL, params![]).await.unwrap_err();
            let StorageError::Level { place, .. } = &error else { panic!("{error}") };
            assert!(place.contains("tenants.rs"), "{place}");
            let error = tx.bind(Level::System).unwrap_err();
            assert!(matches!(error, StorageError::Level { .. }), "{error}");
        }
    }

    async fn a_statement_that_no_test_has_read_is_refused(db: TestDatabase) {
        for level in [Level::Tenant(db.new_tenant()), Level::Common, Level::System] {
            let mut tx = db.database.begin(level, Mode::Read).await.unwrap();
            let error = tx.rows(&UNSEEN, params![]).await.unwrap_err();
            assert!(matches!(error, StorageError::Level { .. }), "{error}");
        }
    }
}
