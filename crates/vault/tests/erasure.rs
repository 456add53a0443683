//! Erasure: what was sealed for a party can be opened by nobody, wherever a copy of it is; what was
//! computed over the sealed bytes stays true.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod shelter;

use kernel::{Context, PageRequest, PartyId};
use serde::Serialize;
use serde_json::json;
use shelter::{Name, SHELTER, begin, cells, name, party, put, row, vault};
use storage::crypto::{hex, unhex};
use storage::log::{EventBody, ObjectRef, Sequencer};
use storage::{FromValue as _, Mode, Value};
use testing::{Cell, TestDatabase};
use vault::{Held, Opened, Register, Sealed, Vault, VaultError, opener, sealer};

/// An event that carries something sealed.
#[derive(Serialize)]
struct Renamed {
    name: String,
}

impl EventBody for Renamed {
    const TYPE: &'static str = "shelter.animal.renamed";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        Vec::new()
    }
}

async fn erase(db: &TestDatabase, context: &Context, whom: PartyId) -> vault::Party {
    let mut tx = begin(&db.database, context.tenant, Mode::Write).await;
    let erased = vault(db).erase(&mut tx, context, whom).await.unwrap();
    tx.commit().await.unwrap();
    erased
}

async fn held(
    db: &TestDatabase,
    context: &Context,
    whom: PartyId,
) -> Result<Vec<Held>, VaultError> {
    let mut tx = begin(&db.database, context.tenant, Mode::Read).await;
    let mut page = PageRequest::first(1);
    let mut all = Vec::new();
    loop {
        let found = vault(db).export(&mut tx, whom, &page).await?;
        all.extend(found.items);
        page.after = found.next;
        if page.after.is_none() {
            return Ok(all);
        }
    }
}

async fn events(db: &TestDatabase, kind: &str) -> usize {
    let rows = db.raw().await.rows("SELECT body FROM log_inbox").await;
    let is_kind = |row: &&Vec<Cell>| match &row[0] {
        Cell::Bytes(body) => String::from_utf8_lossy(body).contains(kind),
        other => panic!("{other:?}"),
    };
    rows.iter().filter(is_kind).count()
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, SHELTER];

    async fn what_was_sealed_for_a_party_opens_for_nobody_and_of_others_it_does(
        db: TestDatabase,
    ) {
        let context = db.context(db.new_tenant());
        put(&db, &context, party(1), 1, "Rex").await;
        put(&db, &context, party(2), 2, "Ava").await;
        let erased = erase(&db, &context, party(1)).await;
        assert_eq!((erased.keys, erased.erased_at), (0, Some(context.now())));
        assert_eq!(name(&db.database, context.tenant, 1).await.unwrap(), Opened::Erased);
        // Another process that used the key before does not keep it either.
        let elsewhere = db.open(db.env.clone(), storage::Limits::default());
        assert_eq!(name(&elsewhere, context.tenant, 1).await.unwrap(), Opened::Erased);
        let other = Opened::Content("Ava".to_owned());
        assert_eq!(name(&db.database, context.tenant, 2).await.unwrap(), other);
        // Nothing more is sealed for it, and erasing it again changes nothing.
        let mut tx = begin(&db.database, context.tenant, Mode::Write).await;
        let refused = sealer(&mut tx, &context, party(1)).await.err().unwrap();
        assert!(matches!(refused, VaultError::PartyErased { .. }), "{refused}");
        tx.rollback();
        db.clock.advance_seconds(60);
        assert_eq!(erase(&db, &context, party(1)).await, erased);
        assert_eq!(events(&db, "vault.party.erased").await, 1);
        let mut tx = begin(&db.database, context.tenant, Mode::Write).await;
        let unknown = vault(&db).erase(&mut tx, &context, party(9)).await.err().unwrap();
        assert!(matches!(unknown, VaultError::PartyUnknown { .. }), "{unknown}");
    }

    async fn in_the_log_it_is_unreadable_and_the_chain_holds(db: TestDatabase) {
        let context = db.context(db.new_tenant());
        put(&db, &context, party(1), 1, "Rex").await;
        let (sealed, _) = cells(&db.database, context.tenant, 1).await;
        let mut tx = begin(&db.database, context.tenant, Mode::Write).await;
        let event = Renamed { name: hex(sealed.bytes()) };
        tx.emit(&context, &event).await.unwrap();
        tx.commit().await.unwrap();
        while Sequencer::new(db.database.clone()).run_once().await.unwrap() > 0 {}
        erase(&db, &context, party(1)).await;
        while Sequencer::new(db.database.clone()).run_once().await.unwrap() > 0 {}
        let report = storage::audit::verify(&db.database, None).await.unwrap();
        assert!(report.is_intact() && report.log.records == 2, "{report:?}");
        // As it stands in the log.
        let rows = db.raw().await.rows("SELECT body FROM log_event ORDER BY seq").await;
        let Cell::Bytes(body) = &rows[0][0] else { panic!("{rows:?}") };
        let body: serde_json::Value = serde_json::from_slice(body).unwrap();
        let bytes: [u8; 48] = unhex(body["body"]["name"].as_str().unwrap()).unwrap();
        let logged = Sealed::<Name>::from_value(&Value::Bytes(bytes.to_vec())).unwrap();
        let mut tx = begin(&db.database, context.tenant, Mode::Read).await;
        let opener = opener(&mut tx, logged.key()).await.unwrap();
        assert_eq!(opener.open(row(1), &logged).unwrap(), Opened::Erased);
    }

    async fn a_restored_backup_is_told_of_erasures(db: TestDatabase) {
        let context = db.context(db.new_tenant());
        put(&db, &context, party(1), 1, "Rex").await;
        put(&db, &context, party(2), 2, "Ava").await;
        let raw = db.raw().await;
        let keep = "CREATE TABLE kept_party AS SELECT * FROM vault_party;
                    CREATE TABLE kept_key AS SELECT * FROM vault_party_key;";
        raw.run(keep).await;
        erase(&db, &context, party(1)).await;
        let restore = "DELETE FROM vault_party; INSERT INTO vault_party SELECT * FROM kept_party;
                       DELETE FROM vault_party_key;
                       INSERT INTO vault_party_key SELECT * FROM kept_key;";
        raw.run(restore).await;
        // The backup knows of no erasure: this is what must not stay.
        let content = Opened::Content("Rex".to_owned());
        assert_eq!(name(&db.database, context.tenant, 1).await.unwrap(), content);
        assert_eq!(vault(&db).recall(&db.database).await.unwrap(), 1);
        assert_eq!(name(&db.database, context.tenant, 1).await.unwrap(), Opened::Erased);
        let other = Opened::Content("Ava".to_owned());
        assert_eq!(name(&db.database, context.tenant, 2).await.unwrap(), other);
        assert_eq!(vault(&db).recall(&db.database).await.unwrap(), 0);
    }

    async fn a_register_that_was_lost_is_written_anew(db: TestDatabase) {
        let context = db.context(db.new_tenant());
        for number in 1..=3 {
            put(&db, &context, party(u128::try_from(number).unwrap()), number, "Rex").await;
        }
        erase(&db, &context, party(1)).await;
        erase(&db, &context, party(3)).await;
        let path = db.directory().join("another-register");
        // Half a line is what a loss of power leaves.
        std::fs::write(&path, "tenant_01h").unwrap();
        let register = Register::at(&path);
        let vault = Vault::new(&[&shelter::TABLES], register.clone());
        assert_eq!(vault.recall(&db.database).await.unwrap(), 0);
        let entries = register.entries().unwrap();
        let expected = [(context.tenant, party(1)), (context.tenant, party(3))];
        assert_eq!(entries.into_iter().collect::<Vec<_>>(), expected);
        std::fs::write(&path, "nobody\n").unwrap();
        assert!(vault.recall(&db.database).await.is_err());
    }

    async fn all_that_is_held_about_a_party_is_shown_in_pages(db: TestDatabase) {
        let context = db.context(db.new_tenant());
        for (number, whose, called) in [(1, 1, "Rex"), (2, 2, "Ava"), (3, 1, "Bo")] {
            put(&db, &context, party(whose), number, called).await;
        }
        put(&db, &db.context(db.new_tenant()), party(1), 4, "Zoe").await;
        let found = held(&db, &context, party(1)).await.unwrap();
        let of = |number: i64, called: &str| {
            let told = format!("whoever brought {called}");
            let (table, row) = ("shelter_animal", row(number));
            [
                Held { table, column: "name", row, content: json!(called) },
                Held { table, column: "story", row, content: json!({ "by": told }) },
            ]
        };
        assert_eq!(found, [of(1, "Rex"), of(3, "Bo")].concat());
        erase(&db, &context, party(1)).await;
        let refused = held(&db, &context, party(1)).await.unwrap_err();
        assert!(matches!(refused, VaultError::PartyErased { .. }), "{refused}");
        let unknown = held(&db, &context, party(9)).await.unwrap_err();
        assert!(matches!(unknown, VaultError::PartyUnknown { .. }), "{unknown}");
    }
}
