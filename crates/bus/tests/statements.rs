//! Every statement of this module binds the tenant, and PostgreSQL holds it a second time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use bus::MODULE;

#[test]
fn every_statement_binds_the_tenant() {
    testing::tenancy::check_statements(&[MODULE]);
}

testing::both_databases! {
    modules = [MODULE];

    async fn row_level_security_stands_behind(db: testing::TestDatabase) {
        // The module is linked by a use of its code, with every statement it declares.
        assert!("nats://localhost".parse::<bus::Address>().is_ok());
        if db.dialect() == storage::Dialect::Postgres {
            testing::catalogue::check(&db, &[MODULE]).await;
        }
    }
}
