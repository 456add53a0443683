//! Every statement of this module binds the tenant, and PostgreSQL holds it a second time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use jobs::MODULE;
use storage::{Level, Mode};

#[test]
fn every_statement_binds_the_tenant_or_is_listed() {
    testing::tenancy::check_registered(&[MODULE], "testdata/system_statements.txt");
}

testing::both_databases! {
    modules = [MODULE];

    async fn row_level_security_stands_behind(db: testing::TestDatabase) {
        // The module is linked by a use of its code, with every statement it declares.
        let mut tx = db.database.begin(Level::Tenant(db.new_tenant()), Mode::Read).await.unwrap();
        assert_eq!(jobs::schedules(&mut tx).await.unwrap(), []);
        tx.rollback();
        if db.dialect() == storage::Dialect::Postgres {
            testing::catalogue::check(&db, &[MODULE]).await;
        }
    }
}
