//! Blind indexes: equal texts of one column of one tenant have one index, and nothing else has.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod shelter;

use kernel::TenantId;
use shelter::{Name, SHELTER, Story, begin};
use storage::crypto::hmac_sha256;
use storage::{Mode, keys};
use testing::TestDatabase;
use vault::{BlindIndexer, Column, indexer, known_indexer, normalised};

async fn of<C: Column>(db: &TestDatabase, tenant: TenantId) -> BlindIndexer {
    let mut tx = begin(&db.database, tenant, Mode::Write).await;
    let indexer = indexer::<C>(&mut tx, &db.context(tenant)).await.unwrap();
    tx.commit().await.unwrap();
    indexer
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, SHELTER];

    async fn an_index_is_the_same_for_what_people_take_for_the_same(db: TestDatabase) {
        let tenant = db.new_tenant();
        let mut tx = begin(&db.database, tenant, Mode::Read).await;
        assert!(known_indexer::<Name>(&mut tx).await.unwrap().is_none());
        tx.commit().await.unwrap();
        let names = of::<Name>(&db, tenant).await;
        let index = names.index::<8>("Müller & Söhne GmbH");
        assert_eq!(names.index::<8>("  MÜLLER  &\tSÖHNE gmbh "), index);
        assert_ne!(names.index::<8>("Müller & Sohn GmbH"), index);
        // A shorter one is the beginning of a longer one.
        assert_eq!(names.index::<2>("Müller & Söhne GmbH"), index[..2]);
        let other = of::<Name>(&db, db.new_tenant()).await;
        assert_ne!(other.index::<8>("Müller & Söhne GmbH"), index);
        assert_ne!(of::<Story>(&db, tenant).await.index::<8>("Müller & Söhne GmbH"), index);
        let mut tx = begin(&db.database, tenant, Mode::Read).await;
        let known = known_indexer::<Name>(&mut tx).await.unwrap().unwrap();
        assert_eq!(known.index::<8>("müller & söhne gmbh"), index);
    }

    async fn an_index_is_made_as_the_document_says(db: TestDatabase) {
        let tenant = db.new_tenant();
        let index = of::<Name>(&db, tenant).await.index::<16>("Rex");
        let mut tx = begin(&db.database, tenant, Mode::Read).await;
        let of_tenant = keys::tenant_key(&mut tx, keys::HASH_KEY).await.unwrap().unwrap();
        let purpose = b"florin.derived.1\x0bvault.blind\x0eshelter_animal\x04name";
        let of_column = hmac_sha256(of_tenant.expose(), &[purpose]);
        assert_eq!(index, hmac_sha256(&of_column, &[b"rex"])[..16]);
    }
}

#[test]
fn texts_are_normalised() {
    for (text, expected) in [
        ("", ""),
        ("  ", ""),
        ("Rex", "rex"),
        ("\u{a0}Ä  B\nC ", "ä b c"),
        ("ΑΣ", "ας".replace('ς', "σ").as_str()),
    ] {
        assert_eq!(normalised(text), expected, "{text:?}");
    }
}
