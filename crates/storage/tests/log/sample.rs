//! Events, records and streams that the tests of the log share.

use std::sync::Arc;

use kernel::{EventId, TenantId, Timestamp, Uuid};
use serde::Serialize;
use storage::audit::Witness;
use storage::crypto::hex;
use storage::journal::{Commit, JournalStore, Record, RecordHeader, SqlJournal};
use storage::log::{
    EventBody, FileSink, HeadKey, HeadSigner, Lane, ObjectRef, Sequencer, StreamEvent,
};
use storage::{Database, Dialect, Level, Mode};
use testing::TestDatabase;

/// Something that happened.
#[derive(Serialize)]
pub struct Noted {
    pub number: u64,
}

impl EventBody for Noted {
    const TYPE: &'static str = "sample.noted";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        vec![ObjectRef::new("number", self.number)]
    }
}

/// Something that was tried and denied.
#[derive(Serialize)]
pub struct Denied;

impl EventBody for Denied {
    const TYPE: &'static str = "sample.denied";
    const VERSION: u16 = 1;
    const LANE: Lane = Lane::Denied;

    fn objects(&self) -> Vec<ObjectRef> {
        Vec::new()
    }
}

/// Emits an event in a transaction of its own.
pub async fn emit(db: &TestDatabase, tenant: TenantId, event: &impl EventBody) -> EventId {
    let mut tx = db.database.begin(Level::of(tenant), Mode::Write).await.unwrap();
    let id = tx.emit(&db.context(tenant), event).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// Emits numbered events, one a transaction.
pub async fn emit_numbers(db: &TestDatabase, tenant: TenantId, numbers: std::ops::Range<u64>) {
    for number in numbers {
        emit(db, tenant, &Noted { number }).await;
    }
}

/// Numbers all that waits; how many there were.
pub async fn sequence(database: &Database) -> usize {
    let sequencer = Sequencer::new(database.clone());
    let mut count = 0;
    loop {
        match sequencer.run_once().await.unwrap() {
            0 => return count,
            numbered => count += numbered,
        }
    }
}

/// A tenant's whole stream.
pub async fn stream(db: &TestDatabase, tenant: TenantId, lane: Lane) -> Vec<StreamEvent> {
    let mut tx = db.database.begin(Level::of(tenant), Mode::Read).await.unwrap();
    storage::log::read(&mut tx, lane.stream(tenant), 0, 1_000).await.unwrap()
}

/// Appends records to a journal stream: `count` of them after `last`.
pub async fn journal(
    db: &TestDatabase,
    tenant: TenantId,
    stream: Uuid,
    last: Option<Record>,
    count: u64,
) -> Record {
    let mut records = Vec::new();
    let mut last = last;
    for _ in 0..count {
        let (seq, previous) = last.as_ref().map_or((0, [0; 32]), |last| (last.seq, last.hash));
        let header = RecordHeader {
            codec: 1,
            stream,
            seq: seq + 1,
            previous,
            time: Timestamp::from_micros(i64::try_from(seq).unwrap()),
            first_number: seq,
            count: 1,
            tenant,
        };
        let record = Record::seal(&header, format!("entries of record {}", seq + 1).as_bytes());
        records.push(record.clone());
        last = Some(record);
    }
    let commit = SqlJournal::new(db.database.clone()).begin().await.unwrap();
    commit.commit(&records).await.unwrap();
    last.unwrap()
}

/// A signer of heads with its files beside the database, and what checks them.
pub fn signer(db: &TestDatabase) -> (HeadSigner, Witness) {
    let data = db.directory().join("data");
    let (heads, key) = (db.directory().join("heads"), db.directory().join("head.key"));
    let key = HeadKey::open(&key, &data, &db.env).unwrap();
    let witness = Witness { heads: heads.clone(), keys: vec![key.public()] };
    let sink = Arc::new(FileSink::open(&heads, &data).unwrap());
    let every = std::time::Duration::from_millis(20);
    (HeadSigner::new(db.database.clone(), key, sink, every), witness)
}

/// Bytes as the database writes them in SQL; an id is of another type than other bytes.
pub fn literal(dialect: Dialect, bytes: &[u8], is_id: bool) -> String {
    match (dialect, is_id) {
        (Dialect::Sqlite, _) => format!("x'{}'", hex(bytes)),
        (Dialect::Postgres, true) => format!("'{}'", hex(bytes)),
        (Dialect::Postgres, false) => format!("'\\x{}'", hex(bytes)),
    }
}
