//! Row-level security as PostgreSQL itself knows it, on storage's own tables.

use storage::Dialect;
use testing::TestDatabase;
use testing::catalogue::{attempts, check, structure};

#[test]
fn tables_policies_and_roles_hold() {
    testing::run(Dialect::Postgres, &[], async |db: TestDatabase| check(&db, &[]).await);
}

/// Each change is taken back before the next: roles belong to the whole server.
#[test]
fn what_is_wrong_in_the_catalogue_is_found() {
    let cases = [
        ("CREATE TABLE stray (id bigint)", "no migration declares whose table stray is"),
        ("CREATE VIEW leak AS SELECT * FROM log_event", "leak is no table"),
        ("ALTER TABLE journal NO FORCE ROW LEVEL SECURITY", "of journal is not enabled and forced"),
        ("ALTER TABLE journal DISABLE ROW LEVEL SECURITY", "of journal is not enabled and forced"),
        ("ALTER TABLE journal ALTER tenant DROP NOT NULL", "journal has no column tenant uuid"),
        ("DROP TABLE log_head", "table log_head is declared and not there"),
        ("DROP POLICY own_tenant ON journal", "journal has no policy for florin_app"),
        ("ALTER POLICY own_tenant ON journal USING (true)", "own_tenant of journal is not"),
        ("ALTER POLICY own_tenant ON journal WITH CHECK (true)", "own_tenant of journal is not"),
        ("CREATE POLICY more ON journal USING (true)", "policy more of journal is not"),
        ("CREATE POLICY more ON journal TO florin_app USING (true)", "more of journal is not"),
        ("GRANT UPDATE ON log_event TO florin_app", "florin_app may UPDATE on log_event"),
        ("GRANT DELETE ON journal TO florin_system", "florin_system may DELETE on journal"),
        ("GRANT TRUNCATE ON log_inbox TO florin_app", "florin_app may TRUNCATE on log_inbox"),
        ("GRANT SELECT ON log_inbox TO public", "public may SELECT on log_inbox"),
        ("GRANT SELECT ON storage_migration TO florin_app", "may SELECT on storage_migration"),
        ("ALTER ROLE florin_app BYPASSRLS", "role florin_app is missing, or may bypass"),
        ("ALTER ROLE florin_system SUPERUSER", "role florin_system is missing, or may bypass"),
        ("ALTER TABLE journal OWNER TO florin_app", "role florin_app is missing, or may bypass"),
        ("GRANT florin_system TO florin_app", "role florin_app is missing, or may bypass"),
        (
            "CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER
             AS 'SELECT count(*) FROM journal'",
            "function peek runs as its owner",
        ),
    ];
    testing::run(Dialect::Postgres, &[], async |db: TestDatabase| {
        let raw = db.raw().await;
        for (change, expected) in cases {
            raw.run(&format!("BEGIN; {change}")).await;
            let found = structure(&raw, &[]).await;
            raw.run("ROLLBACK").await;
            assert!(found.iter().any(|what| what.contains(expected)), "{change}: {found:?}");
        }
        assert_eq!(structure(&raw, &[]).await, [""; 0]);
    });
}

#[test]
fn who_reaches_another_tenants_rows_is_found() {
    let cases = [
        (
            "ALTER POLICY own_tenant ON log_inbox USING (true)",
            &[
                "without a tenant one reads log_inbox",
                "one tenant reads another's row of log_inbox",
                "one tenant changed another's row of log_inbox",
            ][..],
        ),
        (
            "ALTER POLICY own_tenant ON journal WITH CHECK (true)",
            &["one tenant writes another's row of journal"],
        ),
        (
            "GRANT UPDATE ON log_event TO florin_app",
            &["what is append-only can be changed in log_event"],
        ),
        (
            "ALTER POLICY own_tenant ON log_head USING (false)",
            &["a tenant does not read its row of log_head"],
        ),
    ];
    for (change, expected) in cases {
        testing::run(Dialect::Postgres, &[], async |db: TestDatabase| {
            let raw = db.raw().await;
            raw.run(change).await;
            let found = attempts(&raw, &[]).await;
            for expected in expected {
                assert!(found.iter().any(|what| what == expected), "{change}: {found:?}");
            }
        });
    }
}
