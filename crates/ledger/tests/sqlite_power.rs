//! SQLite loses its power in the middle of a commit: of the sectors that the commit writes, any are
//! kept, dropped or torn. What was acknowledged before is there, and the commit is whole or not.
//!
//! The files are copied before a commit, when all of them is flushed, and after it. What lies
//! between is laid over the first copy sector by sector, and SQLite is opened on the result. A
//! checkpoint writes the database's own file only after the log is flushed, so the two are cut
//! apart: the log in the middle, or the log whole and the database's file in the middle.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use std::path::Path;

use kernel::{Entropy, Env, SeededEntropy, TenantId, Timestamp, Uuid};
use storage::journal::{
    Carried, Commit, JournalStore, Record, RecordHeader, RowChange, SqlJournal,
};
use storage::{Database, Dialect, Level, Limits, Migration, Mode, Module, params, sql};
use testing::TestDatabase;

const SECTOR: usize = 512;
/// The commits of a run: enough that the log is checkpointed and begun anew.
const COMMITS: u64 = 50;
/// The losses of power in each.
const LOSSES: u64 = 3;

const SENDER: Module = Module {
    name: "sender",
    projections: &[],
    migrations: &[Migration {
        number: 1,
        name: "rows",
        sql: "CREATE TABLE sender_row (
                  tenant {uuid} NOT NULL, id {i64} NOT NULL, PRIMARY KEY (tenant, id)
              ) {clustered};
              {{tenant_table sender_row}}",
    }],
};

sql! {
    ROW_ADD = "INSERT INTO sender_row (tenant, id) VALUES (app_tenant(), $1)";
    ROWS = "SELECT id FROM sender_row WHERE tenant = app_tenant() ORDER BY id";
    SYNCHRONOUS = "PRAGMA synchronous";
    INTEGRITY = "PRAGMA integrity_check";
}

const STREAM: Uuid = Uuid::from_u128(1);
const TENANT: TenantId = TenantId::from_uuid(Uuid::from_u128(2));

struct Chance(std::sync::Arc<SeededEntropy>);

impl Chance {
    fn below(&self, end: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes)).unwrap() % end.max(1)
    }
}

/// The database's file and its log.
#[derive(Clone, PartialEq, Eq)]
struct Files {
    main: Vec<u8>,
    log: Vec<u8>,
}

impl Files {
    fn read(directory: &Path) -> Self {
        let read = |name: &str| std::fs::read(directory.join(name)).unwrap_or_default();
        Self { main: read("florin.db"), log: read("florin.db-wal") }
    }

    fn write(&self, directory: &Path) {
        std::fs::write(directory.join("florin.db"), &self.main).unwrap();
        std::fs::write(directory.join("florin.db-wal"), &self.log).unwrap();
    }

    /// What a loss of power leaves on the way from here to `after`.
    fn torn(&self, after: &Self, chance: &Chance) -> Self {
        if self.main != after.main && chance.below(2) == 0 {
            let main = torn(&self.main, &after.main, chance);
            return Self { main, log: after.log.clone() };
        }
        Self { main: self.main.clone(), log: torn(&self.log, &after.log, chance) }
    }
}

fn torn(before: &[u8], after: &[u8], chance: &Chance) -> Vec<u8> {
    let mut file = before.to_vec();
    let often = [2, 30, 10_000][chance.below(3)];
    for at in (0..after.len()).step_by(SECTOR) {
        let sector = &after[at..after.len().min(at + SECTOR)];
        let kept = match chance.below(often) {
            0 => 0..0,
            1 => chance.below(sector.len())..sector.len(),
            _ => 0..sector.len(),
        };
        if kept.is_empty() || before.get(at..at + sector.len()) == Some(sector) {
            continue;
        }
        if file.len() < at + kept.end {
            file.resize(at + kept.end, 0);
        }
        file[at + kept.start..at + kept.end].copy_from_slice(&sector[kept]);
    }
    file
}

fn record(seq: u64, previous: [u8; 32], chance: &Chance) -> Record {
    let header = RecordHeader {
        codec: 1,
        stream: STREAM,
        seq,
        previous,
        time: Timestamp::from_micros(1),
        first_number: 1,
        count: 1,
        tenant: TENANT,
    };
    let entries: Vec<u8> = (0..chance.below(240_000)).map(|at| at.to_le_bytes()[0]).collect();
    Record::seal(&header, &entries)
}

async fn commit(journal: &SqlJournal, record: &Record) {
    let mut commit = journal.begin().await.unwrap();
    let row = RowChange::one(&ROW_ADD, params![record.seq]);
    assert_eq!(commit.carry(TENANT, &[row]).await.unwrap(), Carried::Done);
    commit.commit(std::slice::from_ref(record)).await.unwrap();
}

/// Opens what a loss of power left; how many of the records are there, each with its row.
async fn recovered(files: &Files, records: &[Record]) -> usize {
    let directory = tempfile::tempdir().unwrap();
    files.write(directory.path());
    let url = format!("sqlite:{}", directory.path().join("florin.db").display());
    let database = Database::open(&url, Env::system(), Limits::default()).unwrap();
    let mut tx = database.begin(Level::Tenant(TENANT), Mode::Read).await.unwrap();
    let whole: String = tx.row(&INTEGRITY, params![]).await.unwrap().unwrap().get(0).unwrap();
    assert_eq!(whole, "ok");
    let rows = tx.rows(&ROWS, params![]).await.unwrap();
    tx.commit().await.unwrap();
    let rows: Vec<u64> = rows.iter().map(|row| row.get(0).unwrap()).collect();
    let found = SqlJournal::new(database.clone()).read(STREAM, 0, 1_000).await.unwrap();
    assert_eq!(found, records[..found.len()], "records are as they were written");
    let numbers: Vec<u64> = found.iter().map(|record| record.seq).collect();
    assert_eq!(rows, numbers, "records and rows are there together");
    found.len()
}

async fn lose_power(db: TestDatabase) {
    let chance = Chance(SeededEntropy::new(1));
    let journal = SqlJournal::new(db.database.clone());
    let mut records: Vec<Record> = Vec::new();
    let (mut whole, mut gone, mut checkpoints) = (0, 0, 0);
    for seq in 1..=COMMITS {
        let before = Files::read(db.directory());
        let previous = records.last().map_or([0; 32], |record| record.hash);
        records.push(record(seq, previous, &chance));
        commit(&journal, &records[records.len() - 1]).await;
        let after = Files::read(db.directory());
        checkpoints += u64::from(before.main != after.main);
        for _ in 0..LOSSES {
            let found = recovered(&before.torn(&after, &chance), &records).await;
            assert!(found + 1 >= records.len(), "an acknowledged commit is lost");
            whole += u64::from(found == records.len());
            gone += u64::from(found < records.len());
        }
    }
    let last = Files::read(db.directory());
    assert_eq!(recovered(&last, &records).await, records.len(), "what is flushed is there");
    // Or the losses of power were none.
    assert!(whole > 20 && gone > 20 && checkpoints > 0, "{whole}, {gone}, {checkpoints}");
}

#[test]
fn a_loss_of_power_takes_nothing_that_was_acknowledged() {
    testing::run(Dialect::Sqlite, &[SENDER], lose_power);
}

#[test]
fn the_writer_flushes_each_commit() {
    testing::run(Dialect::Sqlite, &[SENDER], async |db| {
        let mut tx = db.database.begin(Level::System, Mode::Write).await.unwrap();
        let level: u64 = tx.row(&SYNCHRONOUS, params![]).await.unwrap().unwrap().get(0).unwrap();
        assert_eq!(level, 2, "2 is FULL");
    });
}
