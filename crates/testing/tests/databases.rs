//! The databases of tests: each its own, migrated, gone afterwards.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use std::path::Path;
use std::sync::Mutex;

use storage::{Level, Migration, Mode, Module, params};
use testing::{Cell, TestDatabase};

const SAMPLE: Module = Module {
    name: "sample",
    projections: &[],
    migrations: &[Migration {
        number: 1,
        name: "things",
        sql: "CREATE TABLE sample_thing (tenant {uuid} NOT NULL, name {text} NOT NULL) {strict};
{{tenant_table sample_thing}}",
    }],
};

storage::sql! {
    ADD = "INSERT INTO sample_thing (tenant, name) VALUES (app_tenant(), $1)";
    NAMES = "SELECT name FROM sample_thing WHERE tenant = app_tenant()";
}

testing::both_databases! {
    modules = [SAMPLE];

    async fn each_test_has_its_own(db: TestDatabase) -> Result<(), storage::StorageError> {
        use_alone(db).await
    }

    async fn which_no_other_sees(db: TestDatabase) -> Result<(), storage::StorageError> {
        use_alone(db).await
    }

    async fn a_database_can_be_opened_anew(db: TestDatabase) {
        let mut db = db;
        let tenant = db.new_tenant();
        let mut tx = db.database.begin(Level::Tenant(tenant), Mode::Write).await.unwrap();
        tx.execute_one(&ADD, params!["kept"]).await.unwrap();
        tx.commit().await.unwrap();
        db.reopen();
        let mut tx = db.database.begin(Level::Tenant(tenant), Mode::Read).await.unwrap();
        assert_eq!(tx.rows(&NAMES, params![]).await.unwrap().len(), 1);
    }
}

async fn use_alone(db: TestDatabase) -> Result<(), storage::StorageError> {
    let mut tx = db.database.begin(Level::Tenant(db.new_tenant()), Mode::Write).await?;
    tx.execute_one(&ADD, params!["a"]).await?;
    tx.commit().await?;
    let raw = db.raw().await;
    assert_eq!(raw.rows("SELECT name FROM sample_thing").await, [[Cell::Text("a".into())]]);
    Ok(())
}

#[test]
fn a_database_is_gone_after_a_test_that_failed() {
    let directory = Mutex::new(None);
    let test = async |db: TestDatabase| {
        *directory.lock().unwrap() = Some(db.directory().to_owned());
        assert!(db.directory().join("florin.db").exists());
        panic!("as tests do");
    };
    let running = || testing::run(storage::Dialect::Sqlite, &[SAMPLE], test);
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(running)).unwrap_err();
    let directory = directory.into_inner().unwrap();
    assert!(!Path::new(&directory.unwrap()).exists());
}

#[test]
fn a_database_of_postgresql_is_gone_after_a_test_that_failed() {
    let url = Mutex::new(String::new());
    let test = async |db: TestDatabase| {
        *url.lock().unwrap() = db.url().to_owned();
        panic!("as tests do");
    };
    let running = || testing::run(storage::Dialect::Postgres, &[SAMPLE], test);
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(running)).unwrap_err();
    let url = url.into_inner().unwrap();
    let name = url.rsplit('/').next().unwrap();
    testing::run(storage::Dialect::Postgres, &[], async |db: TestDatabase| {
        let raw = db.raw().await;
        let sql = format!("SELECT datname FROM pg_database WHERE datname = '{name}'");
        assert_eq!(raw.rows(&sql).await, Vec::<Vec<Cell>>::new());
    });
}
