//! One changed byte of one record, anywhere: found, and found where it is.

use std::fs;

use kernel::{Entropy, SeededEntropy, TenantId, Uuid};
use storage::audit::{Finding, verify};
use storage::{Dialect, Limits};
use testing::{Cell, Raw, TestDatabase};

use crate::sample::{emit_numbers, journal, literal, sequence};

/// The columns of bytes, and whether they are ids.
const COLUMNS: &[(&str, &[(&str, bool)])] = &[
    ("log_event", &[("body", false), ("hash", false), ("id", true), ("tenant", true)]),
    ("journal", &[("body", false), ("hash", false), ("tenant", true)]),
];
const RECORDS: u64 = 6;
/// The bytes of each cell that are changed, one after the other.
const POSITIONS: usize = 5;

async fn fill(db: &TestDatabase) -> (TenantId, Uuid) {
    let (tenant, book) = (db.new_tenant(), db.env.new_uuid());
    emit_numbers(db, tenant, 0..RECORDS).await;
    sequence(&db.database).await;
    journal(db, tenant, book, None, RECORDS).await;
    (tenant, book)
}

/// First, last, and some between.
fn positions(entropy: &SeededEntropy, length: usize) -> Vec<usize> {
    let mut positions = vec![0, length - 1];
    while positions.len() < POSITIONS.min(length) {
        let mut random = [0; 8];
        entropy.fill(&mut random);
        positions.push(usize::try_from(u64::from_be_bytes(random) >> 1).unwrap() % length);
    }
    positions
}

async fn cell(raw: &Raw, sql: &str) -> Vec<u8> {
    match raw.rows(sql).await.pop().unwrap().pop().unwrap() {
        Cell::Bytes(bytes) => bytes,
        cell => panic!("{sql}: {cell:?}"),
    }
}

fn place(finding: &Finding) -> (&str, Option<Uuid>, u64) {
    (&finding.table, finding.stream.map(|stream| stream.0), finding.seq)
}

testing::both_databases! {
    modules = [];

    async fn a_changed_byte_of_any_cell_is_located(db: TestDatabase) {
        let (tenant, book) = fill(&db).await;
        let raw = db.raw().await;
        let entropy = SeededEntropy::new(1);
        for (table, columns) in COLUMNS {
            raw.disarm(table).await;
            let stream = if *table == "journal" { book } else { tenant.uuid() };
            for seq in 1..=RECORDS {
                for (column, is_id) in *columns {
                    let query = format!("SELECT {column} FROM {table} WHERE seq = {seq}");
                    let whole = cell(&raw, &query).await;
                    let set = async |bytes: &[u8]| {
                        let value = literal(db.dialect(), bytes, *is_id);
                        let set = format!("{column} = {value}");
                        raw.run(&format!("UPDATE {table} SET {set} WHERE seq = {seq}")).await;
                    };
                    for position in positions(&entropy, whole.len()) {
                        let mut changed = whole.clone();
                        changed[position] ^= 1 << (position % 8);
                        set(&changed).await;
                        let report = verify(&db.database, None).await.unwrap();
                        let found: Vec<_> = report.findings.iter().map(place).collect();
                        let what = format!("byte {position} of {table}.{column}");
                        assert_eq!(found, [(*table, Some(stream), seq)], "{what}");
                    }
                    set(&whole).await;
                }
            }
        }
        assert!(verify(&db.database, None).await.unwrap().is_intact());
    }

    async fn a_changed_time_is_located(db: TestDatabase) {
        let (tenant, _) = fill(&db).await;
        let raw = db.raw().await;
        raw.disarm("log_event").await;
        let step = match db.dialect() {
            Dialect::Sqlite => "1",
            Dialect::Postgres => "interval '1 microsecond'",
        };
        raw.run(&format!("UPDATE log_event SET recorded = recorded + {step} WHERE seq = 4")).await;
        let report = verify(&db.database, None).await.unwrap();
        let found: Vec<_> = report.findings.iter().map(place).collect();
        assert_eq!(found, [("log_event", Some(tenant.uuid()), 4)]);
    }

    async fn a_record_in_another_stream_is_missed_and_found(db: TestDatabase) {
        let (tenant, _) = fill(&db).await;
        let raw = db.raw().await;
        raw.disarm("log_event").await;
        let other = Uuid::from_u128(7);
        let value = literal(db.dialect(), other.as_bytes(), true);
        raw.run(&format!("UPDATE log_event SET stream = {value} WHERE seq = 3")).await;
        let report = verify(&db.database, None).await.unwrap();
        let found: Vec<_> = report.findings.iter().map(place).collect();
        let expected =
            [("log_event", Some(other), 1), ("log_event", Some(tenant.uuid()), 3)];
        assert_eq!(found, expected);
    }
}

/// Where body and hash of a record lie in the file.
struct Region {
    table: &'static str,
    stream: Uuid,
    seq: u64,
    start: usize,
    end: usize,
}

fn find(file: &[u8], bytes: &[u8]) -> usize {
    let mut found = file.windows(bytes.len()).enumerate().filter(|(_, window)| *window == bytes);
    let at = found.next().expect("the bytes are in the file").0;
    assert!(found.next().is_none(), "they are there once");
    at
}

async fn regions(db: &TestDatabase, tenant: TenantId, book: Uuid) -> Vec<Region> {
    let raw = db.raw().await;
    raw.run("PRAGMA wal_checkpoint(TRUNCATE)").await;
    let file = fs::read(db.directory().join("florin.db")).unwrap();
    let mut regions = Vec::new();
    for (table, stream) in [("log_event", tenant.uuid()), ("journal", book)] {
        for seq in 1..=RECORDS {
            let column = async |name: &str| {
                cell(&raw, &format!("SELECT {name} FROM {table} WHERE seq = {seq}")).await
            };
            let (body, hash) = (column("body").await, column("hash").await);
            // The order of the columns; elsewhere in the file either may stand alone.
            let bytes = if table == "journal" { [hash, body] } else { [body, hash] }.concat();
            let start = find(&file, &bytes);
            regions.push(Region { table, stream, seq, start, end: start + bytes.len() });
        }
    }
    regions
}

/// Under SQLite, the bytes of the file itself.
#[test]
fn a_changed_byte_of_the_file_is_located() {
    testing::run(Dialect::Sqlite, &[], async |db: TestDatabase| {
        let (tenant, book) = fill(&db).await;
        let regions = regions(&db, tenant, book).await;
        let (path, env) = (db.directory().join("florin.db"), db.env.clone());
        let whole = fs::read(&path).unwrap();
        let entropy = SeededEntropy::new(2);
        for region in &regions {
            for position in positions(&entropy, region.end - region.start) {
                let mut changed = whole.clone();
                changed[region.start + position] ^= 1 << (position % 8);
                fs::write(&path, &changed).unwrap();
                // A new handle, so that nothing is answered from memory.
                let database = db.open(env.clone(), Limits::default());
                let report = verify(&database, None).await.unwrap();
                let found: Vec<_> = report.findings.iter().map(place).collect();
                let expected = [(region.table, Some(region.stream), region.seq)];
                assert_eq!(found, expected, "byte {position} of {}", region.end - region.start);
            }
        }
    });
}

/// Any byte of the pages, those that hold the tree together included: never taken for intact where
/// a record changed, and never a panic.
#[test]
fn a_changed_byte_around_the_records_is_noticed() {
    testing::run(Dialect::Sqlite, &[], async |db: TestDatabase| {
        let (tenant, book) = fill(&db).await;
        let before = contents(&db).await;
        let regions = regions(&db, tenant, book).await;
        let (path, env) = (db.directory().join("florin.db"), db.env.clone());
        let whole = fs::read(&path).unwrap();
        for region in &regions {
            // What stands before a body or a hash: keys, other columns, the header of the cell.
            for at in region.start.saturating_sub(96)..region.start {
                let mut changed = whole.clone();
                changed[at] ^= 0x10;
                fs::write(&path, &changed).unwrap();
                let database = db.open(env.clone(), Limits::default());
                let report = verify(&database, None).await.unwrap();
                let same = !report.is_intact() || contents(&db).await == before;
                assert!(same, "byte {at} of the file");
            }
        }
    });
}

/// The key of the last record of a batch is where the next batch begins: changed, it could hide all
/// that follows.
#[test]
fn a_changed_key_at_the_end_of_a_batch_hides_nothing() {
    testing::run(Dialect::Sqlite, &[], async |db: TestDatabase| {
        let tenant = db.new_tenant();
        emit_numbers(&db, tenant, 0..70).await;
        sequence(&db.database).await;
        let raw = db.raw().await;
        raw.run("PRAGMA wal_checkpoint(TRUNCATE)").await;
        let path = db.directory().join("florin.db");
        let mut file = fs::read(&path).unwrap();
        // The 64 records of a batch end with this one.
        let body = cell(&raw, "SELECT body FROM log_event WHERE seq = 64").await;
        let hash = cell(&raw, "SELECT hash FROM log_event WHERE seq = 64").await;
        let start = find(&file, &[body, hash].concat());
        let before = file[..start].windows(16).rposition(|bytes| bytes == tenant.uuid().as_bytes());
        let column_tenant = before.unwrap();
        let column_stream = file[..column_tenant]
            .windows(16)
            .rposition(|bytes| bytes == tenant.uuid().as_bytes())
            .unwrap();
        file[column_stream] ^= 0xf0;
        fs::write(&path, &file).unwrap();
        let database = db.open(db.env.clone(), Limits::default());
        let report = verify(&database, None).await.unwrap();
        let found: Vec<_> =
            report.findings.iter().map(|found| (found.seq, found.what.as_str())).collect();
        let expected = [
            (1, "it is missing; the next one is 64"),
            (64, "it is not where its key says; what follows was not read"),
        ];
        assert_eq!(found, expected);
    });
}

async fn contents(db: &TestDatabase) -> Vec<Vec<Cell>> {
    let raw = db.raw().await;
    let mut rows =
        raw.rows("SELECT stream, seq, tenant, id, recorded, body, hash FROM log_event").await;
    rows.extend(raw.rows("SELECT stream, seq, tenant, body, hash FROM journal").await);
    rows
}
