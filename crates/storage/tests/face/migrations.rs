//! Migrations: applied once, in order, and never changed afterwards.

use storage::{Dialect, Migration, Module, StorageError, migrate};
use testing::{Cell, TestDatabase};

use crate::sample::SAMPLE;

const FIRST: Migration = Migration {
    number: 1,
    name: "first",
    sql: "CREATE TABLE other_first (id {i64} NOT NULL) {strict};\n{{common_table other_first}}",
};

fn other(migrations: &'static [Migration]) -> Module {
    Module { name: "other", migrations, projections: &[] }
}

fn refused(outcome: Result<u32, StorageError>) -> (String, u32, String) {
    match outcome.unwrap_err() {
        StorageError::Migration { module, number, text } => (module, number, text),
        error => panic!("{error}"),
    }
}

testing::both_databases! {
    modules = [SAMPLE];

    async fn a_second_time_nothing_is_done(db: TestDatabase) {
        assert_eq!(migrate::migrate(&db.database, &[SAMPLE]).await.unwrap(), 0);
        let more = [SAMPLE, other(&[FIRST])];
        assert_eq!(migrate::migrate(&db.database, &more).await.unwrap(), 1);
        assert_eq!(migrate::migrate(&db.database, &more).await.unwrap(), 0);
    }

    async fn two_programs_that_start_together_migrate_once(db: TestDatabase) {
        let elsewhere = db.open(db.env.clone(), storage::Limits::default());
        let more = [SAMPLE, other(&[FIRST])];
        let (one, two) = tokio::join!(
            migrate::migrate(&db.database, &more),
            migrate::migrate(&elsewhere, &more)
        );
        assert_eq!(one.unwrap() + two.unwrap(), 1);
    }

    async fn a_migration_that_was_changed_is_refused(db: TestDatabase) {
        const CHANGED: &[Migration] =
            &[Migration { number: 1, name: "values and counters", sql: "SELECT 1;" }];
        let changed = Module { name: "sample", migrations: CHANGED, projections: &[] };
        let (module, number, text) = refused(migrate::migrate(&db.database, &[changed]).await);
        assert_eq!((module.as_str(), number), ("sample", 1));
        assert!(text.contains("another text"), "{text}");
    }

    async fn a_database_of_a_newer_program_is_refused(db: TestDatabase) {
        let (module, number, text) = refused(migrate::migrate(&db.database, &[]).await);
        assert_eq!((module.as_str(), number), ("sample", 1));
        assert!(text.contains("newer program"), "{text}");
    }

    async fn a_newer_database_is_refused_before_anything_is_applied(db: TestDatabase) {
        let (module, _, text) =
            refused(migrate::migrate(&db.database, &[other(&[FIRST])]).await);
        assert_eq!(module, "sample");
        assert!(text.contains("newer program"), "{text}");
        db.raw().await.try_run("SELECT id FROM other_first").await.unwrap_err();
    }

    async fn a_failure_does_not_repeat_the_whole_migration(db: TestDatabase) {
        const WRONG: &[Migration] = &[Migration {
            number: 1,
            name: "wrong",
            sql: "CREATE TABLE other_first (id {i64} NOT NULL, name {text} NOT NULL) {strict};
                  CREATE TABLE other_first (the_end_of_it {i64} NOT NULL) {strict};",
        }];
        let (_, _, text) = refused(migrate::migrate(&db.database, &[SAMPLE, other(WRONG)]).await);
        assert!(text.contains("already exists") && !text.contains("the_end_of_it"), "{text}");
    }

    async fn a_migration_that_fails_leaves_nothing(db: TestDatabase) {
        const WRONG: &[Migration] = &[
            FIRST,
            Migration { number: 2, name: "second", sql: "CREATE TABLE other_second (id wrong(;" },
        ];
        let (module, number, _) =
            refused(migrate::migrate(&db.database, &[SAMPLE, other(WRONG)]).await);
        assert_eq!((module.as_str(), number), ("other", 2));
        let raw = db.raw().await;
        raw.try_run("SELECT id FROM other_first").await.unwrap_err();
        let applied = "SELECT count(*) FROM storage_migration WHERE module = 'other'";
        assert_eq!(raw.rows(applied).await, [[Cell::Number(0)]]);
        assert_eq!(migrate::migrate(&db.database, &[SAMPLE, other(&[FIRST])]).await.unwrap(), 1);
    }

    async fn a_token_that_there_is_not_is_named(db: TestDatabase) {
        const WRONG: &[Migration] =
            &[Migration { number: 1, name: "wrong", sql: "CREATE TABLE t (id {integer});" }];
        let (_, _, text) = refused(migrate::migrate(&db.database, &[SAMPLE, other(WRONG)]).await);
        assert!(text.contains("{integer}"), "{text}");
    }
}

#[test]
fn a_line_for_one_database_is_left_out_of_the_other() {
    const LINES: &[Migration] = &[Migration {
        number: 1,
        name: "lines",
        sql: "-- sqlite: SELECT 'embedded';\n  -- postgres: SELECT 'server';\nSELECT 2; -- it",
    }];
    let script = |dialect| migrate::script(&[other(LINES)], dialect).unwrap();
    let (embedded, server) = (script(Dialect::Sqlite), script(Dialect::Postgres));
    assert!(embedded.contains("SELECT 'embedded'") && !embedded.contains("SELECT 'server'"));
    assert!(server.contains("SELECT 'server'") && !server.contains("SELECT 'embedded'"));
    assert!(embedded.contains("SELECT 2;") && !embedded.contains("-- it"));
}
