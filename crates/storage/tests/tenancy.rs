//! Storage's own statements bind the tenant; those that see every tenant's rows stand in a golden
//! file.

#[test]
fn every_statement_binds_the_tenant_or_is_listed() {
    testing::tenancy::check_registered(&[], "testdata/system_statements.txt");
}
