//! What is sealed opens where it was sealed, and nowhere else.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod shelter;

use kernel::{TenantId, Uuid};
use proptest::prelude::*;
use shelter::{Name, SHELTER, Story, Told, begin, cells, name, party, put, put_own, row};
use storage::{FromValue as _, Mode, Value};
use testing::{Cell, TestDatabase, master_key};
use vault::{
    AsJson, CONTENT_BYTES_MAX, Column, OVERHEAD_BYTES, Opened, RowKey, Sealed, VaultError, opener,
    own_party, sealer,
};

/// The name of another column of the same table.
struct Nickname;

impl Column for Nickname {
    type Content = String;
    const TABLE: &'static str = "shelter_animal";
    const NAME: &'static str = "nickname";
}

/// The same column of another table.
struct OtherName;

impl Column for OtherName {
    type Content = String;
    const TABLE: &'static str = "shelter_person";
    const NAME: &'static str = "name";
}

/// The same bytes, as if they had been read from another column.
fn moved<C: Column>(sealed: &Sealed<Name>) -> Sealed<C> {
    Sealed::from_value(&Value::Bytes(sealed.bytes().to_vec())).unwrap()
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, SHELTER];

    async fn what_is_sealed_is_opened_again(db: TestDatabase) {
        let mut db = db;
        let context = db.context(db.new_tenant());
        put_own(&db, &context, 1, "Шарик").await;
        let expected = Opened::Content("Шарик".to_owned());
        assert_eq!(name(&db.database, context.tenant, 1).await.unwrap(), expected);
        // After a restart, with the master key and the rows alone.
        db.reopen();
        assert_eq!(name(&db.database, context.tenant, 1).await.unwrap(), expected);
        let (sealed, story) = cells(&db.database, context.tenant, 1).await;
        assert_eq!(sealed.bytes().len(), "Шарик".len() + OVERHEAD_BYTES);
        assert_eq!(OVERHEAD_BYTES, 45);
        let mut tx = begin(&db.database, context.tenant, Mode::Read).await;
        let opener = opener(&mut tx, story.key()).await.unwrap();
        let told = AsJson(Told { by: "whoever brought Шарик".to_owned() });
        assert_eq!(opener.open(row(1), &story).unwrap(), Opened::Content(told));
    }

    async fn it_opens_in_its_row_column_table_and_tenant_alone(db: TestDatabase) {
        let context = db.context(db.new_tenant());
        put_own(&db, &context, 1, "Rex").await;
        let (sealed, _) = cells(&db.database, context.tenant, 1).await;
        let mut tx = begin(&db.database, context.tenant, Mode::Read).await;
        let opener = opener(&mut tx, sealed.key()).await.unwrap();
        tx.commit().await.unwrap();
        assert!(opener.open::<Name>(row(1), &sealed).is_ok());
        let elsewhere = [
            opener.open::<Name>(row(2), &sealed),
            opener.open::<Name>(RowKey::numbered(Uuid::from_u128(8), 1), &sealed),
            opener.open::<Nickname>(row(1), &moved(&sealed)),
            opener.open::<OtherName>(row(1), &moved(&sealed)),
        ];
        for opened in elsewhere {
            assert!(matches!(opened, Err(VaultError::Damaged { .. })), "{opened:?}");
        }
        // In another tenant there is no such key, even where somebody copies its row there.
        let other = db.new_tenant();
        let raw = db.raw().await;
        raw.run(&format!(
            "INSERT INTO vault_party_key
             SELECT {}, id, party, number, wrapping, wrapped, made_at FROM vault_party_key",
            literal(&db, other.uuid().as_bytes())
        ))
        .await;
        put_own(&db, &db.context(other), 5, "Ava").await;
        let mut tx = begin(&db.database, other, Mode::Read).await;
        let opened = vault::opener(&mut tx, sealed.key()).await;
        assert!(matches!(opened.err(), Some(VaultError::Damaged { .. })));
    }

    async fn the_bytes_are_those_that_the_document_says(db: TestDatabase) {
        // Opened here by what docs/vault.md says, without the module.
        let context = db.context(db.new_tenant());
        put_own(&db, &context, 1, "Rex").await;
        let (sealed, _) = cells(&db.database, context.tenant, 1).await;
        let tenant = *context.tenant.uuid().as_bytes();
        let raw = db.raw().await;
        let wrapped = |rows: Vec<Vec<Cell>>| match &rows[0][0] {
            Cell::Bytes(bytes) => bytes.clone(),
            other => panic!("{other:?}"),
        };
        let of_tenant =
            wrapped(raw.rows("SELECT wrapped FROM storage_tenant_key WHERE number = 1").await);
        let of_party = wrapped(raw.rows("SELECT wrapped FROM vault_party_key").await);
        let bound = [&b"florin.tenant.key.1"[..], &tenant, &1_u32.to_be_bytes()].concat();
        let tenant_key = master_key().unwrapped(&bound, &of_tenant).unwrap();
        let (head, rest) = sealed.bytes().split_at(17);
        let (nonce, rest) = rest.split_at(12);
        let bound = [b"florin.party.key.1", &tenant[..], &head[1..]].concat();
        let party_key = tenant_key.unwrapped(&bound, &of_party).unwrap();
        let mut bound = [b"florin.sealed.1", head, &tenant].concat();
        bound.extend_from_slice(Uuid::from_u128(7).as_bytes());
        bound.push(1);
        bound.extend_from_slice(&1_i64.to_be_bytes());
        bound.extend_from_slice(b"\x0eshelter_animal\x04name");
        let opened = party_key.cipher().open(nonce.try_into().unwrap(), &bound, rest);
        assert_eq!((head[0], opened.as_deref()), (1, Some(&b"Rex"[..])));
    }

    async fn text_in_clear_is_refused_by_the_column(db: TestDatabase) {
        let context = db.context(db.new_tenant());
        put_own(&db, &context, 1, "Rex").await;
        let refused = shelter::write_in_clear(&db, context.tenant).await;
        assert!(refused.is_err());
    }

    async fn equal_contents_are_sealed_differently_and_each_party_by_its_own_key(
        db: TestDatabase,
    ) {
        let context = db.context(db.new_tenant());
        for (number, whose) in [(1, 1), (2, 1), (3, 2)] {
            put(&db, &context, party(whose), number, "Rex").await;
        }
        let mut seen = Vec::new();
        for number in 1..=3 {
            seen.push(cells(&db.database, context.tenant, number).await.0);
        }
        assert_eq!(seen[0].key(), seen[1].key());
        assert_ne!(seen[0].key(), seen[2].key());
        assert_ne!(seen[0].bytes()[17..], seen[1].bytes()[17..]);
    }

    async fn what_is_too_long_is_refused(db: TestDatabase) {
        let context = db.context(db.new_tenant());
        let mut tx = begin(&db.database, context.tenant, Mode::Write).await;
        let sealer = sealer(&mut tx, &context, own_party(context.tenant)).await.unwrap();
        let longest = "a".repeat(CONTENT_BYTES_MAX);
        assert!(sealer.seal::<Name>(row(1), &longest).is_ok());
        let refused = sealer.seal::<Name>(row(1), &(longest + "a"));
        assert!(matches!(refused, Err(VaultError::TooLarge { .. })));
        let other = db.context(db.new_tenant());
        assert!(vault::sealer(&mut tx, &other, party(1)).await.is_err());
    }

    async fn nothing_of_it_is_printed(db: TestDatabase) {
        let context = db.context(db.new_tenant());
        put_own(&db, &context, 1, "Rex").await;
        let (sealed, _) = cells(&db.database, context.tenant, 1).await;
        assert_eq!(format!("{sealed:?}"), "Sealed(shelter_animal.name, 48 bytes)");
        let mut tx = begin(&db.database, context.tenant, Mode::Write).await;
        let key = storage::keys::wrapping_key(&mut tx).await.unwrap();
        assert_eq!(format!("{key:?}"), "NumberedKey { number: 1, key: Key(..) }");
    }

    async fn any_content_comes_back_and_any_change_is_noticed(db: TestDatabase) {
        let context = db.context(db.new_tenant());
        let mut tx = begin(&db.database, context.tenant, Mode::Write).await;
        let sealer = sealer(&mut tx, &context, own_party(context.tenant)).await.unwrap();
        let opener = opener(&mut tx, [sealer.key()]).await.unwrap();
        let mut runner = proptest::test_runner::TestRunner::default();
        let case = (".*", any::<i64>(), any::<u128>(), any::<proptest::sample::Index>(), 1_u8..);
        let outcome = runner.run(&case, |(content, number, id, at, change)| {
            let row = if number % 2 == 0 {
                RowKey::numbered(Uuid::from_u128(id), number)
            } else {
                RowKey::of_both(Uuid::from_u128(id), Uuid::from_u128(!id))
            };
            let sealed = sealer.seal::<Name>(row, &content).unwrap();
            prop_assert_eq!(opener.open(row, &sealed).unwrap(), Opened::Content(content.clone()));
            let mut bytes = sealed.bytes().to_vec();
            let at = at.index(bytes.len());
            bytes[at] ^= change;
            // Another version is no such value at all; another key is not there.
            if let Some(changed) = Sealed::<Name>::from_value(&Value::Bytes(bytes.clone())) {
                prop_assert!(opener.open(row, &changed).is_err());
            }
            bytes.truncate(at);
            let cut = Sealed::<Name>::from_value(&Value::Bytes(bytes));
            prop_assert!(cut.is_none_or(|cut| opener.open(row, &cut).is_err()));
            Ok(())
        });
        outcome.unwrap();
    }
}

/// Bytes as SQL writes them.
fn literal(db: &TestDatabase, bytes: &[u8]) -> String {
    let digits = storage::crypto::hex(bytes);
    match db.dialect() {
        storage::Dialect::Sqlite => format!("x'{digits}'"),
        storage::Dialect::Postgres => format!("'{digits}'::uuid"),
    }
}

#[test]
fn the_tenant_itself_is_a_party() {
    let tenant = TenantId::from_uuid(Uuid::from_u128(3));
    assert_eq!(own_party(tenant).uuid(), tenant.uuid());
    // The story is of another type than the name, so that the compiler tells them apart.
    assert_eq!((Name::NAME, Story::NAME), ("name", "story"));
}
