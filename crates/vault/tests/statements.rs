//! Every statement of this module binds the tenant, and PostgreSQL holds it a second time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use kernel::{PageRequest, PartyId, Uuid};
use storage::{Level, Mode};
use testing::golden_event;
use vault::event::{KeysRotated, PartyErased, PartyExported};
use vault::{MODULE, Register, Vault};

#[test]
fn every_statement_binds_the_tenant_or_is_listed() {
    testing::tenancy::check_registered(&[jobs::MODULE, MODULE], "testdata/system_statements.txt");
}

#[test]
fn events_say_what_they_always_said() {
    let party = PartyId::from_uuid(Uuid::from_u128(1));
    let erased = PartyErased { party, keys: 2 };
    golden_event(&erased, "testdata/events/vault.party.erased.1.json");
    golden_event(&PartyExported { party }, "testdata/events/vault.party.exported.1.json");
    let rotated = KeysRotated { wrapping: 2, parties: true, rows: 9_000 };
    golden_event(&rotated, "testdata/events/vault.keys.rotated.1.json");
}

testing::both_databases! {
    modules = [jobs::MODULE, MODULE];

    async fn row_level_security_stands_behind(db: testing::TestDatabase) {
        // The module is linked by a use of its code, with every statement it declares.
        let vault = Vault::new(&[], Register::at(&db.directory().join("erased-parties")));
        let mut tx = db.database.begin(Level::Tenant(db.new_tenant()), Mode::Read).await.unwrap();
        let page = vault.parties(&mut tx, &PageRequest::first(1)).await.unwrap();
        assert_eq!(page.items, []);
        tx.rollback();
        if db.dialect() == storage::Dialect::Postgres {
            testing::catalogue::check(&db, &[jobs::MODULE, MODULE]).await;
        }
    }
}
