//! Keyed hashes: the same within a tenant, told apart between tenants, and never lost.

use kernel::TenantId;
use storage::{Mode, StorageError, known_tenant_hash, tenant_hash};
use testing::TestDatabase;

use crate::sample::{SAMPLE, begin};

async fn hash(db: &TestDatabase, tenant: TenantId, text: &str) -> [u8; 16] {
    let mut tx = begin(db, tenant, Mode::Write).await;
    let hash = tenant_hash(&mut tx, &db.context(tenant), text).await.unwrap();
    tx.commit().await.unwrap();
    hash
}

testing::both_databases! {
    modules = [SAMPLE];

    async fn a_text_has_one_hash_in_a_tenant_and_others_elsewhere(db: TestDatabase) {
        let mut db = db;
        let (one, other) = (db.new_tenant(), db.new_tenant());
        let first = hash(&db, one, "INV-7").await;
        assert_eq!(hash(&db, one, "INV-7").await, first);
        assert_ne!(hash(&db, one, "INV-8").await, first);
        assert_ne!(hash(&db, other, "INV-7").await, first);
        db.reopen();
        assert_eq!(hash(&db, one, "INV-7").await, first);
    }

    async fn a_reader_finds_a_hash_only_where_there_is_a_key(db: TestDatabase) {
        let tenant = db.new_tenant();
        let mut tx = begin(&db, tenant, Mode::Read).await;
        assert_eq!(known_tenant_hash(&mut tx, "a").await.unwrap(), None);
        tx.commit().await.unwrap();
        let made = hash(&db, tenant, "a").await;
        let mut tx = begin(&db, tenant, Mode::Read).await;
        assert_eq!(known_tenant_hash(&mut tx, "a").await.unwrap(), Some(made));
    }

    async fn a_key_that_was_rolled_back_is_not_remembered(db: TestDatabase) {
        let tenant = db.new_tenant();
        let mut tx = begin(&db, tenant, Mode::Write).await;
        let lost = tenant_hash(&mut tx, &db.context(tenant), "a").await.unwrap();
        assert_eq!(tenant_hash(&mut tx, &db.context(tenant), "a").await.unwrap(), lost);
        tx.rollback();
        let kept = hash(&db, tenant, "a").await;
        assert_ne!(kept, lost);
        let elsewhere = db.open(db.env.clone(), storage::Limits::default());
        let mut tx = elsewhere.begin(storage::Level::of(tenant), Mode::Read).await.unwrap();
        assert_eq!(known_tenant_hash(&mut tx, "a").await.unwrap(), Some(kept));
    }

    async fn two_that_make_the_key_at_once_agree(db: TestDatabase) {
        let tenant = db.new_tenant();
        let hashes: Vec<[u8; 16]> = {
            let one = hash(&db, tenant, "a");
            let two = hash(&db, tenant, "a");
            let (one, two) = tokio::join!(one, two);
            vec![one, two, hash(&db, tenant, "a").await]
        };
        assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
    }

    async fn another_tenants_context_is_refused(db: TestDatabase) {
        let mut tx = begin(&db, db.new_tenant(), Mode::Write).await;
        let error = tenant_hash(&mut tx, &db.context(db.new_tenant()), "a").await.unwrap_err();
        assert!(matches!(error, StorageError::Level { .. }), "{error}");
    }
}
