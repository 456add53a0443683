//! The keys of tenants: wrapped in their rows, open with their master key alone, wrapped anew when
//! another master key takes over.

use std::sync::Arc;

use kernel::TenantId;
use storage::keys::{
    Key, LocalMasterKeys, MasterKeyId, add_wrapping_key, forget_wrapping_keys, master_key_counts,
    newest_wrapping_key, rewrap, wrapping_key,
};
use storage::{Database, Level, Limits, Mode, StorageError, known_tenant_hash, tenant_hash};
use testing::{Cell, TestDatabase, master_key};

use crate::sample::{SAMPLE, begin};

/// The database as a process sees it that has these master keys.
fn open(db: &TestDatabase, keys: Vec<Key>) -> Database {
    let database = db.open_without_keys(db.env.clone(), Limits::default());
    database.use_master_keys(Arc::new(LocalMasterKeys::new(keys).unwrap())).unwrap();
    database
}

async fn hash_in(database: &Database, tenant: TenantId) -> Result<Option<[u8; 16]>, StorageError> {
    let mut tx = database.begin(Level::of(tenant), Mode::Read).await?;
    known_tenant_hash(&mut tx, "INV-7").await
}

async fn make_hash(db: &TestDatabase, tenant: TenantId) -> [u8; 16] {
    let mut tx = begin(db, tenant, Mode::Write).await;
    let hash = tenant_hash(&mut tx, &db.context(tenant), "INV-7").await.unwrap();
    tx.commit().await.unwrap();
    hash
}

testing::both_databases! {
    modules = [SAMPLE];

    async fn a_key_in_its_row_opens_for_its_tenant_and_number_alone(db: TestDatabase) {
        let tenant = db.new_tenant();
        make_hash(&db, tenant).await;
        let rows = db.raw().await.rows("SELECT wrapped FROM storage_tenant_key").await;
        let Cell::Bytes(wrapped) = &rows[0][0] else { panic!("{rows:?}") };
        let bound = |tenant: TenantId, number: u32| {
            [b"florin.tenant.key.1", &tenant.uuid().as_bytes()[..], &number.to_be_bytes()].concat()
        };
        assert!(master_key().unwrapped(&bound(tenant, 0), wrapped).is_some());
        assert!(master_key().unwrapped(&bound(tenant, 1), wrapped).is_none());
        assert!(master_key().unwrapped(&bound(db.new_tenant(), 0), wrapped).is_none());
    }

    async fn without_its_master_key_a_tenant_s_key_is_refused_by_name(db: TestDatabase) {
        let tenant = db.new_tenant();
        make_hash(&db, tenant).await;
        let none = db.open_without_keys(db.env.clone(), Limits::default());
        let error = hash_in(&none, tenant).await.unwrap_err().to_string();
        assert!(error.contains("no master key is open"), "{error}");
        let other = open(&db, vec![Key::from_bytes([9; 32])]);
        let error = hash_in(&other, tenant).await.unwrap_err().to_string();
        let id = MasterKeyId::of_local(&master_key());
        assert!(error.contains(&format!("the master key {id} is not open here")), "{error}");
    }

    async fn a_new_master_key_takes_over_while_both_are_open(db: TestDatabase) {
        let tenants = [db.new_tenant(), db.new_tenant(), db.new_tenant()];
        let mut hashes = Vec::new();
        for tenant in tenants {
            hashes.push(make_hash(&db, tenant).await);
        }
        let new = Key::from_bytes([9; 32]);
        let both = open(&db, vec![new.clone(), master_key()]);
        let first = rewrap(&both, 2).await.unwrap();
        assert_eq!((first.keys, first.more), (2, true));
        // What is half done is read all the same.
        for (tenant, hash) in tenants.into_iter().zip(&hashes) {
            assert_eq!(hash_in(&both, tenant).await.unwrap(), Some(*hash));
        }
        let second = rewrap(&both, 2).await.unwrap();
        assert_eq!((second.keys, second.more), (1, false));
        let counts = master_key_counts(&both).await.unwrap();
        assert_eq!(counts, [(MasterKeyId::of_local(&new), 3)]);
        // Now the old one is not needed any more.
        let only = open(&db, vec![new]);
        for (tenant, hash) in tenants.into_iter().zip(&hashes) {
            assert_eq!(hash_in(&only, tenant).await.unwrap(), Some(*hash));
        }
        assert!(hash_in(&open(&db, vec![master_key()]), tenants[0]).await.is_err());
    }

    async fn a_newer_wrapping_key_stands_beside_the_older_until_that_is_forgotten(
        db: TestDatabase,
    ) {
        let tenant = db.new_tenant();
        let mut tx = begin(&db, tenant, Mode::Write).await;
        assert!(newest_wrapping_key(&mut tx).await.unwrap().is_none());
        let first = wrapping_key(&mut tx).await.unwrap();
        assert_eq!(wrapping_key(&mut tx).await.unwrap().key.expose(), first.key.expose());
        let second = add_wrapping_key(&mut tx, 2).await.unwrap();
        assert_eq!((first.number, second.number), (1, 2));
        assert_ne!(first.key.expose(), second.key.expose());
        tenant_hash(&mut tx, &db.context(tenant), "INV-7").await.unwrap();
        tx.commit().await.unwrap();

        let mut tx = begin(&db, tenant, Mode::Write).await;
        let newest = newest_wrapping_key(&mut tx).await.unwrap().unwrap();
        assert_eq!(newest.key.expose(), second.key.expose());
        assert!(storage::keys::tenant_key(&mut tx, 1).await.unwrap().is_some());
        assert_eq!(forget_wrapping_keys(&mut tx, 2).await.unwrap(), 1);
        assert!(storage::keys::tenant_key(&mut tx, 1).await.unwrap().is_none());
        // The key of hashes is no wrapping key.
        assert!(known_tenant_hash(&mut tx, "INV-7").await.unwrap().is_some());
        tx.commit().await.unwrap();
    }
}
