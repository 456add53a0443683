//! Every statement of this module binds the tenant, and PostgreSQL holds it a second time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod bank;

use bank::Bank;

const MODULES: [storage::Module; 3] = [ledger::MODULE, markets::MODULE, wealth::MODULE];

#[test]
fn every_statement_binds_its_tenant() {
    testing::tenancy::check_statements(&MODULES);
}

testing::both_databases! {
    modules = [ledger::MODULE, markets::MODULE, wealth::MODULE];

    async fn row_level_security_stands_behind(db: testing::TestDatabase) {
        // The module is linked by a use of its code, with every statement it declares.
        assert_eq!(Bank::of(&db).await.assets().await, []);
        if db.dialect() == storage::Dialect::Postgres {
            testing::catalogue::check(&db, &MODULES).await;
        }
    }
}
