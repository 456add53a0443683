//! Every statement of this module binds the tenant, PostgreSQL holds it a second time, and events
//! say what they always said.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod hall;

use hall::Hall;
use kernel::{TenantId, UserId, Uuid};
use meters::DataForgotten;
use meters::MODULE;
use meters::event::{FeatureGranted, PlanChanged};
use testing::golden_event;

const MODULES: [storage::Module; 2] = [jobs::MODULE, MODULE];

#[test]
fn every_statement_binds_the_tenant_or_is_listed() {
    testing::tenancy::check_registered(&MODULES, "testdata/system_statements.txt");
}

#[test]
fn events_say_what_they_always_said() {
    let tenant = TenantId::from_uuid(Uuid::from_u128(1));
    let changed = PlanChanged { tenant, plan: "starter".to_owned() };
    golden_event(&changed, "testdata/events/meters.plan.changed.1.json");
    let before = "2025-10-05T00:00:00Z".parse().unwrap();
    let forgotten = DataForgotten { kind: "notices.read".to_owned(), before, count: 3 };
    golden_event(&forgotten, "testdata/events/meters.data.forgotten.1.json");
    let granted = FeatureGranted {
        tenant,
        user: Some(UserId::from_uuid(Uuid::from_u128(2))),
        feature: "imports".to_owned(),
        limit: Some(10),
        until: Some("2026-04-30T00:00:00Z".parse().unwrap()),
    };
    golden_event(&granted, "testdata/events/meters.feature.granted.1.json");
}

testing::both_databases! {
    modules = [jobs::MODULE, MODULE];

    async fn row_level_security_stands_behind(db: testing::TestDatabase) {
        // The module is linked by a use of its code, with every statement it declares.
        let hall = Hall::of(&db);
        hall.spend("a").await.unwrap();
        if db.dialect() == storage::Dialect::Postgres {
            testing::catalogue::check(&db, &MODULES).await;
        }
    }
}
