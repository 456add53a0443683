//! Every SQL statement of the program binds the tenant on each tenant's table, or stands in the
//! list of those that see every tenant's rows and says why.

#[test]
fn every_statement_binds_the_tenant_or_is_listed() {
    // Naming something of each crate links it, and with it its statements.
    let modules = [
        jobs::MODULE,
        vault::MODULE,
        ledger::MODULE,
        identity::MODULE,
        approvals::MODULE,
        cases::MODULE,
        meters::MODULE,
        markets::MODULE,
        objects::MODULE,
        notices::MODULE,
        sagas::MODULE,
        remittances::MODULE,
        bus::MODULE,
        wealth::MODULE,
    ];
    assert!(gateway::contract().contains("openapi"));
    testing::tenancy::check_registered(&modules, "testdata/system_statements.txt");
}
