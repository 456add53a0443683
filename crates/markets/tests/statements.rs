//! Every statement of this module binds the tenant, and PostgreSQL holds it a second time.

/// Those that fetch rates are jobs.
const MODULES: [storage::Module; 2] = [jobs::MODULE, markets::MODULE];

#[test]
fn every_statement_binds_its_tenant() {
    testing::tenancy::check_statements(&MODULES);
}

testing::both_databases! {
    modules = [jobs::MODULE, markets::MODULE];

    async fn row_level_security_stands_behind(db: testing::TestDatabase) {
        // The module is linked by a use of its code, with every statement it declares.
        assert_eq!(markets::SourceCode::ecb().as_str(), "ecb");
        if db.dialect() == storage::Dialect::Postgres {
            testing::catalogue::check(&db, &MODULES).await;
        }
    }
}
