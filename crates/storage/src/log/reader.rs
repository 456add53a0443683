//! Reading streams: a batch within a transaction, or live as they grow.
//!
//! What must stay true: only numbered events are seen, so a reader that keeps the position of the
//! last one never misses one that was committed late.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use kernel::{Position, TenantId, Timestamp, Uuid};
use tokio::sync::watch;

use super::event::Envelope;
use crate::db::{Database, Tx};
use crate::error::StorageError;
use crate::level::{Level, Mode};
use crate::{params, sql};

/// The most events of one read.
pub const READ_EVENTS_MAX: u32 = 1_000;
/// How often a live reader looks for what other processes added.
const POLL: Duration = Duration::from_secs(1);

sql! {
    AFTER = "SELECT seq, recorded, hash, body FROM log_event
             WHERE tenant = app_tenant() AND stream = $1 AND seq > $2 ORDER BY seq LIMIT $3";
    LAST_SEQ = "SELECT seq FROM log_event
                WHERE tenant = app_tenant() AND stream = $1 ORDER BY seq DESC LIMIT 1";
}

/// An event with its place in a stream.
///
/// Engines put many commands into one record: then several events have its number, and a reader
/// that stopped between them gets all of them again. Readers know events by their id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamEvent {
    /// Its stream.
    pub stream: Uuid,
    /// Its number there, or its record's.
    pub seq: u64,
    /// When it got its number.
    pub recorded: Timestamp,
    /// The hash of its record, and so of everything before it.
    pub hash: [u8; 32],
    /// The canonical bytes of the envelope.
    pub bytes: Vec<u8>,
    /// What they say.
    pub envelope: Envelope,
}

/// Where the events of a stream are read from: the log, or an engine's journal.
pub trait EventSource: Send + Sync {
    /// The events after number `after`, in order: at most `limit` numbers, each with all of its
    /// events. No events mean that there are none after `after`: a source whose records may hold
    /// none reads on until it finds one. The transaction is bound to the stream's tenant.
    fn read<'a>(
        &'a self,
        tx: &'a mut Tx,
        stream: Uuid,
        after: u64,
        limit: u32,
    ) -> BoxFuture<'a, Result<Vec<StreamEvent>, StorageError>>;

    /// The last number that [`read`](Self::read) would find now; 0 where there is none.
    fn end<'a>(&'a self, tx: &'a mut Tx, stream: Uuid) -> BoxFuture<'a, Result<u64, StorageError>>;
}

/// The streams of the log.
pub struct LogSource;

impl EventSource for LogSource {
    fn read<'a>(
        &'a self,
        tx: &'a mut Tx,
        stream: Uuid,
        after: u64,
        limit: u32,
    ) -> BoxFuture<'a, Result<Vec<StreamEvent>, StorageError>> {
        Box::pin(read(tx, stream, after, limit))
    }

    fn end<'a>(&'a self, tx: &'a mut Tx, stream: Uuid) -> BoxFuture<'a, Result<u64, StorageError>> {
        Box::pin(last_seq(tx, stream))
    }
}

/// The events of a log stream after number `after`, in order, at most `limit`.
///
/// # Errors
/// [`StorageError::Damaged`] where an envelope cannot be read.
pub async fn read(
    tx: &mut Tx,
    stream: Uuid,
    after: u64,
    limit: u32,
) -> Result<Vec<StreamEvent>, StorageError> {
    let params = params![stream, after, limit.min(READ_EVENTS_MAX)];
    let mut events = Vec::new();
    for row in tx.rows(&AFTER, params).await? {
        let bytes: Vec<u8> = row.get(3)?;
        let envelope = Envelope::from_bytes(&bytes)?;
        let (seq, recorded, hash) = (row.get(0)?, row.get(1)?, row.get(2)?);
        events.push(StreamEvent { stream, seq, recorded, hash, bytes, envelope });
    }
    Ok(events)
}

/// The number of a log stream's last event; 0 before the first.
pub async fn last_seq(tx: &mut Tx, stream: Uuid) -> Result<u64, StorageError> {
    tx.row(&LAST_SEQ, params![stream]).await?.map_or(Ok(0), |row| row.get(0))
}

/// A live reader of some of a tenant's streams.
///
/// ```no_run
/// # use std::time::Duration;
/// # use kernel::Position;
/// # use storage::log::{Feed, Lane};
/// # async fn example(database: storage::Database, tenant: kernel::TenantId)
/// # -> Result<(), storage::StorageError> {
/// let mut feed = Feed::new(database, tenant, Position::default());
/// feed.add_log(Lane::Main);
/// loop {
///     for event in feed.next_batch(100, Duration::from_secs(15)).await? {
///         println!("{} {}", event.seq, event.envelope.kind);
///     }
///     println!("to be continued after {}", feed.position());
/// }
/// # }
/// ```
pub struct Feed {
    database: Database,
    tenant: TenantId,
    streams: Vec<(Uuid, Arc<dyn EventSource>)>,
    position: Position,
    growth: watch::Receiver<u64>,
}

impl Feed {
    /// A reader that goes on after `position`; it reads nothing until streams are added.
    #[must_use]
    pub fn new(database: Database, tenant: TenantId, position: Position) -> Self {
        let growth = database.bell().growth_of(tenant);
        Self { database, tenant, streams: Vec::new(), position, growth }
    }

    /// Adds a stream of the tenant's log.
    pub fn add_log(&mut self, lane: super::Lane) {
        self.add(lane.stream(self.tenant), Arc::new(LogSource));
    }

    /// Adds a stream, which must be the tenant's.
    pub fn add(&mut self, stream: Uuid, source: Arc<dyn EventSource>) {
        self.streams.push((stream, source));
    }

    /// How far it has come.
    #[must_use]
    pub const fn position(&self) -> &Position {
        &self.position
    }

    /// Passes over everything that is there now.
    pub async fn skip_to_end(&mut self) -> Result<(), StorageError> {
        let mut tx = self.database.begin(Level::of(self.tenant), Mode::Read).await?;
        let mut ends = Vec::with_capacity(self.streams.len());
        for (stream, source) in &self.streams {
            ends.push((*stream, source.end(&mut tx, *stream).await?));
        }
        tx.commit().await?;
        for (stream, seq) in ends {
            self.position.advance(stream, seq);
        }
        Ok(())
    }

    /// Whether a stream of the tenant grew in this process since the last read.
    #[must_use]
    pub fn has_grown(&self) -> bool {
        // An error would mean that the database is gone.
        self.growth.has_changed().unwrap_or(false)
    }

    /// What is new, at most `limit` numbers of each stream, in the order of each; waits for it
    /// where there is nothing, and answers with nothing after `wait`.
    pub async fn next_batch(
        &mut self,
        limit: u32,
        wait: Duration,
    ) -> Result<Vec<StreamEvent>, StorageError> {
        let end = tokio::time::Instant::now() + wait;
        loop {
            // Marked before the read: what comes during it wakes the wait.
            self.growth.mark_unchanged();
            let events = self.read_batch(limit).await?;
            let now = tokio::time::Instant::now();
            if !events.is_empty() || now >= end {
                return Ok(events);
            }
            let pause = POLL.min(end - now);
            // The sender lives as long as the database that this holds. A timeout is no failure:
            // other processes do not ring here.
            let _ = tokio::time::timeout(pause, self.growth.changed()).await;
        }
    }

    async fn read_batch(&mut self, limit: u32) -> Result<Vec<StreamEvent>, StorageError> {
        let mut tx = self.database.begin(Level::of(self.tenant), Mode::Read).await?;
        let mut events = Vec::new();
        for (stream, source) in &self.streams {
            events.extend(source.read(&mut tx, *stream, self.position.of(*stream), limit).await?);
        }
        tx.commit().await?;
        for event in &events {
            self.position.advance(event.stream, event.seq);
        }
        Ok(events)
    }
}
