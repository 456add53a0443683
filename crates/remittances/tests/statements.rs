//! Every statement of this module binds the tenant, and PostgreSQL holds it a second time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use remittances::MODULE;
use storage::{Level, Mode};

#[test]
fn every_statement_binds_the_tenant_or_is_listed() {
    testing::tenancy::check_registered(
        &[jobs::MODULE, vault::MODULE, sagas::MODULE, ledger::MODULE, MODULE],
        "testdata/system_statements.txt",
    );
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, sagas::MODULE, ledger::MODULE, MODULE];

    async fn row_level_security_stands_behind(db: testing::TestDatabase) {
        // The module is linked by a use of its code, with every statement it declares.
        let mut tx = db.database.begin(Level::Tenant(db.new_tenant()), Mode::Read).await.unwrap();
        let limits = ledger::EngineLimits::default();
        let ledger = ledger::Ledger::start(db.database.clone(), limits).await.unwrap();
        let service = remittances::Remittances::new(db.database.clone(), ledger);
        let page = service.payees(&mut tx, &kernel::PageRequest::first(1)).await.unwrap();
        assert_eq!(page.items, []);
        tx.rollback();
        if db.dialect() == storage::Dialect::Postgres {
            let modules =
                [jobs::MODULE, vault::MODULE, sagas::MODULE, ledger::MODULE, MODULE];
            testing::catalogue::check(&db, &modules).await;
        }
    }
}
