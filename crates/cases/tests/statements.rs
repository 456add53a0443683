//! Every statement of this module binds the tenant, PostgreSQL holds it a second time, and events
//! say what they always said.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod desk;

use cases::event::{CaseChanged, CaseOpened};
use cases::{CaseId, MODULE, Step};
use desk::{Desk, roof};
use kernel::Uuid;
use testing::golden_event;

const MODULES: [storage::Module; 6] =
    [jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, identity::MODULE, MODULE];

#[test]
fn every_statement_binds_the_tenant_or_is_listed() {
    testing::tenancy::check_registered(&MODULES, "testdata/system_statements.txt");
}

#[test]
fn events_say_what_they_always_said() {
    let case = CaseId::from_uuid(Uuid::from_u128(1));
    let opened = CaseOpened { case, kind: "house.leak".to_owned(), subject: roof() };
    golden_event(&opened, "testdata/events/cases.case.opened.1.json");
    let changed = CaseChanged { case, step: Step::Decided, detail: Some("mend".to_owned()) };
    golden_event(&changed, "testdata/events/cases.case.changed.1.json");
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, identity::MODULE, MODULE,
    ];

    async fn row_level_security_stands_behind(db: testing::TestDatabase) {
        // The module is linked by a use of its code, with every statement it declares.
        Desk::of(&db).await.open().await;
        if db.dialect() == storage::Dialect::Postgres {
            testing::catalogue::check(&db, &MODULES).await;
        }
    }
}
