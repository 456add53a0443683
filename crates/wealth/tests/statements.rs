//! Every statement of this module binds the tenant, and PostgreSQL holds it a second time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod bank;

use bank::Bank;

const MODULES: [storage::Module; 11] = [
    jobs::MODULE,
    vault::MODULE,
    objects::MODULE,
    notices::MODULE,
    ledger::MODULE,
    identity::MODULE,
    approvals::MODULE,
    cases::MODULE,
    meters::MODULE,
    markets::MODULE,
    wealth::MODULE,
];

#[test]
fn every_statement_binds_the_tenant_or_is_listed() {
    testing::tenancy::check_registered(&MODULES, "testdata/system_statements.txt");
}

#[test]
fn statements_that_forget_the_tenant_are_found_in_this_module_s_tables() {
    let tables = storage::migrate::tables(&MODULES);
    let violations = |sql: &str| testing::tenancy::check(sql, &tables).len();
    let bound = "SELECT line.number FROM wealth_import_line AS line
                 JOIN wealth_import AS import
                     ON import.tenant = app_tenant() AND import.id = line.import
                 WHERE line.tenant = app_tenant() AND import.status = $1";
    assert_eq!(violations(bound), 0);
    let planted = [
        // A join of which one side is left open.
        bound.replace("ON import.tenant = app_tenant() AND", "ON"),
        bound.replace("WHERE line.tenant = app_tenant() AND", "WHERE"),
        // An OR that lets all others in.
        "SELECT name FROM wealth_asset WHERE tenant = app_tenant() OR id = $1".to_owned(),
        // A subquery, an upsert, a change and a deletion.
        "SELECT name FROM wealth_asset WHERE tenant = app_tenant()
             AND id IN (SELECT asset FROM wealth_bank_account WHERE key = $1)"
            .to_owned(),
        "INSERT INTO wealth_bank_opening (tenant, asset, opening) VALUES (app_tenant(), $1, $2)
             ON CONFLICT (asset) DO UPDATE SET opening = excluded.opening"
            .to_owned(),
        "UPDATE wealth_import SET status = 'booked' WHERE id = $1".to_owned(),
        "DELETE FROM wealth_import_line WHERE import = $1".to_owned(),
    ];
    for sql in planted {
        assert_eq!(violations(&sql), 1, "{sql}");
    }
    // Each table of the module is a tenant's.
    let own = tables.iter().filter(|(name, _)| name.starts_with("wealth_"));
    let open: Vec<_> = own.filter(|(_, whose)| **whose != storage::Ownership::Tenant).collect();
    assert_eq!(open, []);
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn row_level_security_stands_behind(db: testing::TestDatabase) {
        // The module is linked by a use of its code, with every statement it declares.
        assert_eq!(Bank::of(&db).await.assets().await, []);
        if db.dialect() == storage::Dialect::Postgres {
            let raw = db.raw().await;
            // A view that shows what its owner may see would show every tenant's rows.
            raw.run("ALTER VIEW ledger_transfer RESET (security_invoker)").await;
            let found = testing::catalogue::structure(&raw, &MODULES).await;
            assert!(found.len() == 1 && found[0].starts_with("ledger_transfer"), "{found:?}");
            raw.run("ALTER VIEW ledger_transfer SET (security_invoker = true)").await;
            testing::catalogue::check(&db, &MODULES).await;
        }
    }
}
