//! Every statement of this module binds the tenant, and PostgreSQL holds it a second time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use sagas::MODULE;
use storage::{Level, Mode};

#[test]
fn every_statement_binds_the_tenant_or_is_listed() {
    testing::tenancy::check_registered(&[jobs::MODULE, MODULE], "testdata/system_statements.txt");
}

testing::both_databases! {
    modules = [jobs::MODULE, MODULE];

    async fn row_level_security_stands_behind(db: testing::TestDatabase) {
        // The module is linked by a use of its code, with every statement it declares.
        let mut tx = db.database.begin(Level::Tenant(db.new_tenant()), Mode::Read).await.unwrap();
        let id = sagas::SagaId::from_uuid(db.env.new_uuid());
        assert_eq!(sagas::lines(&mut tx, id).await.unwrap(), []);
        tx.rollback();
        if db.dialect() == storage::Dialect::Postgres {
            testing::catalogue::check(&db, &[jobs::MODULE, MODULE]).await;
        }
    }
}
