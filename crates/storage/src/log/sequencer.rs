//! The sequencer: gives committed events their number and hash.
//!
//! What must stay true:
//! - a number is given once: `UNIQUE (stream, seq)` is the fence, whoever else tries;
//! - an event leaves the inbox in the commit that puts it into the log, so it is never lost and
//!   never there twice;
//! - recorded times never go backwards within a stream.

use std::collections::BTreeMap;
use std::time::Duration;

use kernel::{TenantId, Timestamp, Uuid};

use super::event::Lane;
use super::tip::{StreamKind, Tip};
use super::worker::{Task, Worker};
use crate::crypto::sha256;
use crate::db::{Database, Tx};
use crate::error::StorageError;
use crate::level::{Level, Mode};
use crate::value::Params;
use crate::{params, sql};

/// The events of one commit of the sequencer.
const BATCH_EVENTS_MAX: usize = 256;
/// How often it looks for events that other processes committed.
const PAUSE: Duration = Duration::from_millis(250);
/// The lock that says who numbers; on SQLite the one writer is lock enough.
const LOCK: i64 = 7_239_446_106;

sql! {
    WAITING: system("the sequencer numbers the events of every tenant") =
        "SELECT ord FROM log_inbox ORDER BY ord LIMIT 1";
    TRY_LOCK: system("one sequencer at a time, for all tenants") = "SELECT app_try_lock($1)";
    BATCH: system("the sequencer numbers the events of every tenant") =
        "SELECT ord, tenant, stream, id, body FROM log_inbox ORDER BY ord LIMIT $1";
    PENDING: system("the gauge counts the events of every tenant") =
        "SELECT count(*) FROM log_inbox";
    LAST = "SELECT seq, hash, recorded FROM log_event
            WHERE tenant = app_tenant() AND stream = $1 ORDER BY seq DESC LIMIT 1";
    APPEND = "INSERT INTO log_event (tenant, stream, seq, id, recorded, body, hash)
              VALUES (app_tenant(), $1, $2, $3, $4, $5, $6)";
    TAKE = "DELETE FROM log_inbox WHERE tenant = app_tenant() AND ord = $1";
}

/// Gives committed events their number and hash.
pub struct Sequencer {
    database: Database,
}

/// A committed event without its number.
struct Unnumbered {
    ord: i64,
    stream: Uuid,
    id: Uuid,
    body: Vec<u8>,
}

/// The end of a stream, as far as the batch has come.
struct End {
    seq: u64,
    hash: [u8; 32],
    recorded: Timestamp,
}

/// The hash of an event: over its place, the time it was recorded, and all events before it.
#[must_use]
pub fn chain_hash(
    stream: Uuid,
    seq: u64,
    previous: &[u8; 32],
    recorded: Timestamp,
    body: &[u8],
) -> [u8; 32] {
    sha256(&[
        b"florin.log.1",
        stream.as_bytes(),
        &seq.to_be_bytes(),
        previous,
        &recorded.micros().to_be_bytes(),
        &sha256(&[body]),
    ])
}

impl Sequencer {
    /// The sequencer of a database.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// Runs until the task is stopped: woken by the commits of this process, and looking every
    /// quarter of a second for those of others.
    #[must_use]
    pub fn start(self) -> Task {
        Task::start(self)
    }

    /// How many events wait for their number, for a gauge.
    pub async fn pending(&self) -> Result<u64, StorageError> {
        let mut tx = self.database.begin(Level::System, Mode::Read).await?;
        let row = tx.row(&PENDING, params![]).await?;
        tx.commit().await?;
        row.map_or(Ok(0), |row| row.get(0))
    }

    /// Numbers one batch of events; how many there were. Does nothing where another process is at
    /// it.
    ///
    /// # Errors
    /// [`StorageError::Duplicate`] or [`StorageError::Guard`] where another one numbered the same
    /// events in spite of the lock; nothing is changed then.
    pub async fn run_once(&self) -> Result<usize, StorageError> {
        if !self.has_waiting().await? {
            return Ok(0);
        }
        let mut tx = self.database.begin(Level::System, Mode::Write).await?;
        let locked = tx.row(&TRY_LOCK, params![LOCK]).await?;
        if !locked.map_or(Ok(false), |row| row.get(0))? {
            tx.rollback();
            return Ok(0);
        }
        let mut tenants: BTreeMap<TenantId, Vec<Unnumbered>> = BTreeMap::new();
        let mut count = 0;
        for row in tx.rows(&BATCH, params![BATCH_EVENTS_MAX]).await? {
            let (stream, id) = (row.get(2)?, row.get(3)?);
            let event = Unnumbered { ord: row.get(0)?, stream, id, body: row.get(4)? };
            tenants.entry(TenantId::from_uuid(row.get(1)?)).or_default().push(event);
            count += 1;
        }
        let now = self.database.env().now();
        let mut tips = Vec::new();
        for (tenant, events) in tenants {
            tips.extend(number(&mut tx, tenant, events, now).await?);
        }
        tx.commit().await?;
        self.database.bell().ring_grew(tips);
        Ok(count)
    }

    /// Asked first, so that a quiet sequencer takes nobody's turn to write.
    async fn has_waiting(&self) -> Result<bool, StorageError> {
        let mut tx = self.database.begin(Level::System, Mode::Read).await?;
        let waiting = tx.row(&WAITING, params![]).await?.is_some();
        tx.commit().await?;
        Ok(waiting)
    }
}

impl Worker for Sequencer {
    const NAME: &'static str = "sequencer";

    async fn work(&mut self) -> Result<bool, StorageError> {
        Ok(self.run_once().await? == BATCH_EVENTS_MAX)
    }

    async fn woken(&self) {
        self.database.bell().emitted().await;
    }

    fn pause(&self) -> Duration {
        PAUSE
    }
}

/// Numbers the events of one tenant, in the order in which they came.
async fn number(
    tx: &mut Tx,
    tenant: TenantId,
    events: Vec<Unnumbered>,
    now: Timestamp,
) -> Result<Vec<Tip>, StorageError> {
    tx.bind(Level::of(tenant))?;
    let mut ends: BTreeMap<Uuid, End> = BTreeMap::new();
    let (mut rows, mut taken): (Vec<Params>, Vec<Params>) = (Vec::new(), Vec::new());
    for event in events {
        let Unnumbered { ord, stream, id, body } = event;
        let end = match ends.remove(&stream) {
            Some(end) => end,
            None => last(tx, tenant, stream).await?,
        };
        let (seq, recorded) = (end.seq + 1, now.max(end.recorded));
        let hash = chain_hash(stream, seq, &end.hash, recorded, &body);
        rows.push(params![stream, seq, id, recorded, body, hash]);
        taken.push(params![ord]);
        ends.insert(stream, End { seq, hash, recorded });
    }
    tx.execute_many(&APPEND, rows).await?;
    for touched in tx.execute_many(&TAKE, taken).await? {
        if touched != 1 {
            return Err(StorageError::Guard { place: TAKE.place(), touched, expected: 1 });
        }
    }
    let kind = StreamKind::Log;
    let tip =
        |(stream, end): (Uuid, End)| Tip { kind, stream, tenant, seq: end.seq, hash: end.hash };
    Ok(ends.into_iter().map(tip).collect())
}

async fn last(tx: &mut Tx, tenant: TenantId, stream: Uuid) -> Result<End, StorageError> {
    // A stream that is not one of the tenant's own could never be read back under its tenant.
    if ![Lane::Main, Lane::Denied].iter().any(|lane| lane.stream(tenant) == stream) {
        let text = format!("the inbox holds an event of {tenant} for the stream {stream}");
        return Err(StorageError::Damaged { text });
    }
    match tx.row(&LAST, params![stream]).await? {
        Some(row) => Ok(End { seq: row.get(0)?, hash: row.get(1)?, recorded: row.get(2)? }),
        None => {
            let recorded = Timestamp::from_micros(i64::MIN);
            Ok(End { seq: 0, hash: [0; 32], recorded })
        }
    }
}
