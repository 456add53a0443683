//! Backups of a database that runs: what each holds, what it takes, what is refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use backup::{BackupError, Taker, open_key, restore};
use kernel::{Env, TenantId};
use storage::keys::Key;
use storage::log::{EventBody, ObjectRef, Sequencer};
use storage::{Database, Dialect, Level, Limits, Mode};
use testing::TestDatabase;

const PLANTED: &str = "a text that nobody may find";

#[derive(serde::Serialize)]
struct Noted {
    text: String,
}

impl EventBody for Noted {
    const TYPE: &'static str = "test.noted";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        Vec::new()
    }
}

/// A database, a folder for its backups, and where they are restored.
struct Case {
    db: TestDatabase,
    tenant: TenantId,
    folder: PathBuf,
    key: Key,
}

fn case(test: impl AsyncFnOnce(Case)) {
    testing::run(Dialect::Sqlite, &[], async |db| {
        let (tenant, folder) = (db.new_tenant(), db.directory().join("backups"));
        let key = open_key(&db.directory().join("backup.key"), &db.env, true).unwrap();
        test(Case { db, tenant, folder, key }).await;
    });
}

impl Case {
    fn database(&self) -> PathBuf {
        PathBuf::from(self.db.url().strip_prefix("sqlite:").unwrap())
    }

    fn taker(&self) -> Taker {
        let (env, key) = (self.db.env.clone(), self.key.clone());
        Taker::open(env, key, &self.database(), &self.folder, 2).unwrap()
    }

    async fn note(&self, count: usize) {
        for number in 0..count {
            let level = Level::Tenant(self.tenant);
            let mut tx = self.db.database.begin(level, Mode::Write).await.unwrap();
            let text = format!("{PLANTED}, number {number} {}", "x".repeat(2_000));
            tx.emit(&self.db.context(self.tenant), &Noted { text }).await.unwrap();
            tx.commit().await.unwrap();
        }
        while Sequencer::new(self.db.database.clone()).run_once().await.unwrap() > 0 {}
    }

    fn place(&self, name: &str) -> PathBuf {
        self.db.directory().join(name)
    }

    fn restore(&self, name: &str) -> Result<backup::Restored, BackupError> {
        restore(&self.key, &self.folder, None, &self.place(name))
    }

    /// The segments, in their order.
    fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        for generation in fs::read_dir(&self.folder).unwrap() {
            let entries = fs::read_dir(generation.unwrap().path()).unwrap();
            files.extend(entries.map(|entry| entry.unwrap().path()));
        }
        files.sort();
        files
    }
}

/// The records of a restored database's log, once every chain in it was walked.
async fn records(path: &Path) -> u64 {
    let url = format!("sqlite:{}", path.display());
    let database = Database::open(&url, Env::system(), Limits::default()).unwrap();
    let report = storage::audit::verify(&database, None).await.unwrap();
    assert!(report.is_intact(), "{report:?}");
    let raw = testing::Raw::open(&url).await;
    let checked = raw.rows("PRAGMA integrity_check").await;
    assert_eq!(format!("{checked:?}"), "[[Text(\"ok\")]]");
    report.log.records
}

#[test]
fn what_was_taken_last_comes_back_and_walks_its_chain() {
    case(async |case| {
        case.note(50).await;
        let mut taker = case.taker();
        let whole = taker.take().unwrap().unwrap();
        assert!(whole.is_whole && whole.bytes > whole.database_bytes, "{whole:?}");
        assert_eq!(taker.take().unwrap(), None, "nothing changed");
        case.note(3).await;
        let further = taker.take().unwrap().unwrap();
        assert!(!further.is_whole && further.bytes < whole.bytes / 4, "{further:?} {whole:?}");
        let restored = case.restore("restored.db").unwrap();
        assert_eq!((restored.segments, restored.bytes), (2, further.database_bytes));
        assert_eq!(records(&case.place("restored.db")).await, 53);
        let again = case.restore("restored.db").unwrap_err();
        assert!(matches!(again, BackupError::Exists { .. }), "{again}");
    });
}

#[test]
fn each_is_a_state_that_a_transaction_left_while_others_write() {
    case(async |case| {
        case.note(10).await;
        let mut taker = case.taker();
        let ends = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&ends);
        let takes = tokio::task::spawn_blocking(move || {
            let mut taken = 0;
            while !ended.load(Ordering::SeqCst) {
                taken += usize::from(taker.take().unwrap().is_some());
            }
            taken + usize::from(taker.take().unwrap().is_some())
        });
        for _ in 0..20 {
            case.note(5).await;
        }
        ends.store(true, Ordering::SeqCst);
        let taking = takes.await.unwrap();
        assert!(taking > 1, "{taking}");
        let mut last = 0;
        for (number, file) in case.files().iter().enumerate() {
            // As it was when there was no more than this.
            let earlier = case.place(&format!("earlier-{number}"));
            let generation = file.parent().unwrap().file_name().unwrap();
            fs::create_dir_all(earlier.join(generation)).unwrap();
            let before =
                case.files().into_iter().filter(|one| one.parent() == file.parent() && one <= file);
            for one in before {
                fs::copy(&one, earlier.join(generation).join(one.file_name().unwrap())).unwrap();
            }
            let to = case.place(&format!("restored-{number}.db"));
            restore(&case.key, &earlier, None, &to).unwrap();
            let found = records(&to).await;
            assert!(found >= last, "{found} after {last}");
            last = found;
        }
        assert_eq!(last, 110);
    });
}

#[test]
fn a_time_in_the_past_is_restored_as_it_was_then() {
    case(async |case| {
        let mut taker = case.taker();
        let mut taken = Vec::new();
        for count in [5, 7, 9] {
            case.note(count).await;
            taken.push(taker.take().unwrap().unwrap().at);
            case.db.clock.advance_seconds(60);
        }
        for (at, records_then) in taken.iter().zip([5, 12, 21]) {
            let to = case.place(&format!("at-{}.db", at.micros()));
            // A while later, and before the next one.
            let until = at.plus_seconds(30);
            let restored = restore(&case.key, &case.folder, Some(until), &to).unwrap();
            assert_eq!(restored.taken_at, *at);
            assert_eq!(records(&to).await, records_then);
        }
        let before = Some(taken[0].plus_seconds(-1));
        let nothing = restore(&case.key, &case.folder, before, &case.place("no.db")).unwrap_err();
        assert!(matches!(nothing, BackupError::Nothing { .. }), "{nothing}");
    });
}

#[test]
fn another_run_goes_on_and_old_generations_go() {
    case(async |case| {
        case.note(20).await;
        assert!(case.taker().take().unwrap().unwrap().is_whole);
        case.note(1).await;
        assert!(!case.taker().take().unwrap().unwrap().is_whole);
        // One that cannot be read is not gone on with.
        let files = case.files();
        fs::write(&files[1], b"florin backup 1\n").unwrap();
        for _ in 0..3 {
            case.db.clock.advance_seconds(1);
            case.note(1).await;
            let mut taker = case.taker();
            assert!(taker.take().unwrap().unwrap().is_whole);
            fs::write(case.files().last().unwrap(), b"").unwrap();
        }
        assert_eq!(fs::read_dir(&case.folder).unwrap().count(), 2);
        assert!(case.restore("restored.db").is_err());
    });
}

#[test]
fn nothing_can_be_read_without_the_key_and_nothing_changed_is_restored() {
    case(async |case| {
        case.note(30).await;
        let mut taker = case.taker();
        taker.take().unwrap();
        case.note(2).await;
        taker.take().unwrap();
        let files = case.files();
        assert_eq!(files.len(), 2);
        let clear = fs::read(case.database()).unwrap();
        let shows =
            |bytes: &[u8]| bytes.windows(PLANTED.len()).any(|part| part == PLANTED.as_bytes());
        assert!(shows(&clear) || shows(&fs::read(wal(&case.database())).unwrap()));
        for file in &files {
            assert!(!shows(&fs::read(file).unwrap()), "{}", file.display());
        }
        let other = Key::random(&Env::system());
        let to = case.place("restored.db");
        assert!(restore(&other, &case.folder, None, &to).is_err());
        for file in &files {
            let sound = fs::read(file).unwrap();
            for place in [0, 17, 40, sound.len() / 2, sound.len() - 1] {
                let mut changed = sound.clone();
                changed[place] ^= 1;
                fs::write(file, changed).unwrap();
                assert!(restore(&case.key, &case.folder, None, &to).is_err(), "byte {place}");
                assert!(!to.exists());
            }
            fs::write(file, &sound[..sound.len() - 100]).unwrap();
            assert!(restore(&case.key, &case.folder, None, &to).is_err(), "cut off");
            fs::write(file, &sound).unwrap();
        }
        // The second in place of the first, and the first away.
        let (first, second) = (fs::read(&files[0]).unwrap(), fs::read(&files[1]).unwrap());
        fs::write(&files[0], &second).unwrap();
        assert!(restore(&case.key, &case.folder, None, &to).is_err());
        fs::remove_file(&files[0]).unwrap();
        let missing = restore(&case.key, &case.folder, None, &to).unwrap_err().to_string();
        assert!(missing.contains("number 0 before it is missing"), "{missing}");
        fs::write(&files[0], &first).unwrap();
        restore(&case.key, &case.folder, None, &to).unwrap();
    });
}

fn wal(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}-wal", path.display()))
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    case(async |case| {
        use std::os::unix::fs::PermissionsExt as _;
        let path = case.place("other.key");
        assert!(open_key(&path, &case.db.env, false).is_err(), "it is not there");
        open_key(&path, &case.db.env, true).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = open_key(&path, &case.db.env, true).unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "no key\n").unwrap();
        assert!(open_key(&path, &case.db.env, true).is_err());
    });
}
