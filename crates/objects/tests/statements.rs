//! Every statement of this module binds the tenant, and PostgreSQL holds it a second time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod shelf;

use kernel::{PartyId, Timestamp, Uuid};
use objects::event::{
    HoldPlaced, HoldReleased, ObjectRefused, ObjectRemoved, ObjectStored, RetentionProlonged,
};
use objects::{MODULE, ObjectId};
use shelf::Shelf;
use testing::golden_event;

const MODULES: [storage::Module; 3] = [jobs::MODULE, vault::MODULE, MODULE];

#[test]
fn every_statement_binds_the_tenant_or_is_listed() {
    testing::tenancy::check_registered(&MODULES, "testdata/system_statements.txt");
}

#[test]
fn events_say_what_they_always_said() {
    let object = ObjectId::from_uuid(Uuid::from_u128(1));
    let (party, size) = (PartyId::from_uuid(Uuid::from_u128(2)), 4_711);
    let (media_type, matter) = ("application/pdf".to_owned(), "2026-17".to_owned());
    let until: Timestamp = "2036-12-31T00:00:00Z".parse().unwrap();
    let path = |name: &str| format!("testdata/events/objects.{name}.1.json");
    golden_event(&ObjectStored { object, party, size, media_type }, &path("object.stored"));
    golden_event(&ObjectRemoved { object, party, size }, &path("object.removed"));
    let found = "Eicar-Test-Signature".to_owned();
    golden_event(&ObjectRefused { object, found }, &path("object.refused"));
    golden_event(&HoldPlaced { object, matter: matter.clone() }, &path("hold.placed"));
    golden_event(&HoldReleased { object, matter }, &path("hold.released"));
    golden_event(&RetentionProlonged { object, until }, &path("retention.prolonged"));
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, MODULE];

    async fn row_level_security_stands_behind(db: testing::TestDatabase) {
        // The module is linked by a use of its code, with every statement it declares.
        let shelf = Shelf::of(&db);
        assert_eq!(shelf.read(shelf.keep(b"hello").await).await.unwrap(), b"hello");
        if db.dialect() == storage::Dialect::Postgres {
            testing::catalogue::check(&db, &MODULES).await;
        }
    }
}
