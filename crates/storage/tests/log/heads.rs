//! Signed heads: the key, the signatures, the copies.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use kernel::{Env, Timestamp};
use storage::crypto::PublicKey;
use storage::log::{FileSink, HeadKey, HeadSigner, HeadSink, SignedHead, StreamKind};
use storage::{Level, Mode, StorageError, params};
use testing::TestDatabase;

use crate::sample::{emit_numbers, journal, sequence, signer};

storage::sql! {
    HEADS = "SELECT line FROM log_head WHERE tenant = app_tenant() ORDER BY kind, seq";
}

testing::both_databases! {
    modules = [];

    async fn each_stream_that_grew_gets_a_head(db: TestDatabase) {
        let tenant = db.new_tenant();
        let book = db.env.new_uuid();
        let (mut signer, witness) = signer(&db);
        emit_numbers(&db, tenant, 0..3).await;
        sequence(&db.database).await;
        let last = journal(&db, tenant, book, None, 2).await;
        assert_eq!(signer.run_once().await.unwrap(), 2);
        assert_eq!(signer.run_once().await.unwrap(), 0, "nothing grew");
        emit_numbers(&db, tenant, 3..4).await;
        sequence(&db.database).await;
        assert_eq!(signer.run_once().await.unwrap(), 1);
        let last = journal(&db, tenant, book, Some(last), 1).await;
        assert_eq!(signer.run_once().await.unwrap(), 1);

        let file = witness.heads.join("heads-2026-03-31.jsonl");
        let heads: Vec<SignedHead> = fs::read_to_string(file)
            .unwrap()
            .lines()
            .map(|line| SignedHead::from_line(line).unwrap())
            .collect();
        let places: Vec<_> = heads.iter().map(|head| (head.head.kind, head.head.seq)).collect();
        use StreamKind::{Journal, Log};
        assert_eq!(places, [(Log, 3), (Journal, 2), (Log, 4), (Journal, 3)]);
        assert!(heads.iter().all(|head| head.is_signed_by(&witness.keys)));
        assert_eq!(heads[3].head.hash, storage::crypto::hex(&last.hash));

        let mut tx = db.database.begin(Level::Tenant(tenant), Mode::Read).await.unwrap();
        assert_eq!(tx.rows(&HEADS, params![]).await.unwrap().len(), 4);
    }

    async fn after_a_restart_it_finds_what_grew_before(db: TestDatabase) {
        let mut db = db;
        let tenant = db.new_tenant();
        for (count, heads) in [(0..2, 1), (2..2, 0), (2..3, 1)] {
            emit_numbers(&db, tenant, count).await;
            sequence(&db.database).await;
            db.reopen();
            assert_eq!(signer(&db).0.run_once().await.unwrap(), heads);
        }
    }

    async fn heads_that_could_not_be_copied_are_signed_again(db: TestDatabase) {
        struct Broken;
        impl HeadSink for Broken {
            fn append(&self, _: Timestamp, _: &[String]) -> Result<(), StorageError> {
                Err(StorageError::Configuration { text: "no room".to_owned() })
            }
        }
        let tenant = db.new_tenant();
        let (mut good, _) = signer(&db);
        assert_eq!(good.run_once().await.unwrap(), 0);
        let key = db.directory().join("head.key");
        let key = HeadKey::open(&key, &db.directory().join("data"), &db.env).unwrap();
        let every = Duration::from_secs(1);
        let mut broken = HeadSigner::new(db.database.clone(), key, Arc::new(Broken), every);
        emit_numbers(&db, tenant, 0..1).await;
        sequence(&db.database).await;
        broken.run_once().await.unwrap_err();
        assert_eq!(good.run_once().await.unwrap(), 1);
    }

    async fn the_task_signs_by_itself(db: TestDatabase) {
        let tenant = db.new_tenant();
        let (signer, witness) = signer(&db);
        let task = signer.start();
        emit_numbers(&db, tenant, 0..1).await;
        sequence(&db.database).await;
        let file = witness.heads.join("heads-2026-03-31.jsonl");
        testing::eventually("a head", async || file.exists().then_some(())).await;
        task.stop().await;
    }
}

#[test]
fn the_key_is_made_once_and_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (path, data) = (folder.path().join("keys/head.key"), folder.path().join("data"));
    let key = HeadKey::open(&path, &data, &Env::system()).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path().join("keys")).unwrap().count(), 1);
    let again = HeadKey::open(&path, &data, &Env::system()).unwrap();
    assert_eq!(again.public(), key.public());
    assert_eq!(key.public().to_string().parse::<PublicKey>().unwrap(), key.public());
}

#[test]
fn a_key_that_others_may_use_or_that_lies_among_the_data_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let open = |path: &std::path::Path| {
        let refusal = HeadKey::open(path, &data, &Env::system()).err();
        refusal.map(|error| error.to_string()).unwrap_or_default()
    };
    let path = folder.path().join("head.key");
    assert_eq!(open(&path), "");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(open(&path).contains("others may use it (mode 640)"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&path, "something else").unwrap();
    assert!(open(&path).contains("this is no such key"));

    let inside = "lies inside the data directory";
    assert!(open(&data.join("head.key")).contains(inside));
    assert!(open(&folder.path().join("other/../data/keys/head.key")).contains(inside));
    std::os::unix::fs::symlink(&data, folder.path().join("link")).unwrap();
    assert!(open(&folder.path().join("link/head.key")).contains(inside));
    assert!(FileSink::open(&data.join("heads"), &data).is_err());
    assert!(FileSink::open(&folder.path().join("data-heads"), &data).is_ok());
}

#[test]
fn half_a_line_is_cut_before_the_next_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let sink = FileSink::open(&folder.path().join("heads"), &folder.path().join("data")).unwrap();
    let file = folder.path().join("heads/heads-1970-01-01.jsonl");
    let append = |line: &str| sink.append(Timestamp::EPOCH, &[line.to_owned()]).unwrap();
    append("one");
    fs::write(&file, "one\nhal").unwrap();
    append("two");
    assert_eq!(fs::read_to_string(&file).unwrap(), "one\ntwo\n");
    fs::write(&file, "hal").unwrap();
    append("one");
    assert_eq!(fs::read_to_string(&file).unwrap(), "one\n");
}
