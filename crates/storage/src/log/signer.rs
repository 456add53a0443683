//! The signer of heads: every few seconds, for each stream that grew.
//!
//! It learns in memory which streams grew, with the hash that was committed, so that what happens
//! to the database between commit and head shows too. What it did not learn (after a restart, or
//! when another process wrote) it finds by looking through all streams now and then.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kernel::{TenantId, Uuid};
use tokio::time::Instant;

use super::head::{HeadKey, HeadSink};
use super::tip::{StreamKind, Tip, after, next_tip};
use super::worker::{Task, Worker};
use crate::db::Database;
use crate::error::StorageError;
use crate::level::{Level, Mode};
use crate::value::Params;
use crate::{params, sql};

/// The heads of one commit.
const HEADS_MAX: usize = 512;
/// The streams that are looked at in one transaction.
const LOOK_STREAMS_MAX: usize = 128;
/// How often all streams are looked through.
const LOOK_EVERY: Duration = Duration::from_secs(600);

sql! {
    KEEP = "INSERT INTO log_head (tenant, kind, stream, seq, line)
            VALUES (app_tenant(), $1, $2, $3, $4)
            ON CONFLICT (kind, stream, seq) DO NOTHING";
}

/// Signs heads and copies them out.
pub struct HeadSigner {
    database: Database,
    key: HeadKey,
    sink: Arc<dyn HeadSink>,
    every: Duration,
    looked: Option<Instant>,
}

impl HeadSigner {
    /// A signer that signs `every` so often.
    #[must_use]
    pub const fn new(
        database: Database,
        key: HeadKey,
        sink: Arc<dyn HeadSink>,
        every: Duration,
    ) -> Self {
        Self { database, key, sink, every, looked: None }
    }

    /// Runs until the task is stopped.
    #[must_use]
    pub fn start(self) -> Task {
        Task::start(self)
    }

    /// Signs the heads of streams that grew, at most a few hundred; how many it signed.
    ///
    /// # Errors
    /// Where the copy or the row could not be written; the same heads are signed next time.
    pub async fn run_once(&mut self) -> Result<usize, StorageError> {
        if self.looked.is_none_or(|looked| looked.elapsed() >= LOOK_EVERY) {
            for kind in StreamKind::ALL {
                self.look_through(kind).await?;
            }
            self.looked = Some(Instant::now());
        }
        let tips = self.database.bell().take(HEADS_MAX);
        let outcome = if tips.is_empty() { Ok(()) } else { self.sign(&tips).await };
        if outcome.is_err() {
            self.database.bell().note(tips.iter().copied());
        }
        outcome.map(|()| tips.len())
    }

    /// Notes the streams that are further than their newest head.
    async fn look_through(&self, kind: StreamKind) -> Result<(), StorageError> {
        let mut from = Some(Uuid::nil());
        while from.is_some() {
            let mut tx = self.database.begin(Level::System, Mode::Read).await?;
            for _ in 0..LOOK_STREAMS_MAX {
                let Some(begin) = from else { break };
                let next = next_tip(&mut tx, kind, begin).await?;
                from = next.and_then(|(tip, _)| after(tip.stream));
                let ahead = next.filter(|(tip, signed)| tip.seq > *signed);
                self.database.bell().note(ahead.map(|(tip, _)| tip));
            }
            tx.commit().await?;
        }
        Ok(())
    }

    async fn sign(&self, tips: &[Tip]) -> Result<(), StorageError> {
        let time = self.database.env().now();
        let mut lines = Vec::with_capacity(tips.len());
        let mut rows: BTreeMap<TenantId, Vec<Params>> = BTreeMap::new();
        for tip in tips {
            let line = self.key.sign(tip, time)?.to_line()?;
            let row = params![tip.kind.name(), tip.stream, tip.seq, line.as_str()];
            rows.entry(tip.tenant).or_default().push(row);
            lines.push(line);
        }
        // The copy comes first: a row says that there is one.
        let sink = Arc::clone(&self.sink);
        let copy = tokio::task::spawn_blocking(move || sink.append(time, &lines));
        let ended = |error: tokio::task::JoinError| StorageError::Unavailable {
            text: format!("the copy of heads ended: {error}"),
        };
        copy.await.map_err(ended)??;
        let mut tx = self.database.begin(Level::System, Mode::Write).await?;
        for (tenant, rows) in rows {
            tx.bind(Level::of(tenant))?;
            tx.execute_many(&KEEP, rows).await?;
        }
        tx.commit().await
    }
}

impl Worker for HeadSigner {
    const NAME: &'static str = "signer of heads";

    async fn work(&mut self) -> Result<bool, StorageError> {
        Ok(self.run_once().await? == HEADS_MAX)
    }

    async fn woken(&self) {
        std::future::pending().await
    }

    fn pause(&self) -> Duration {
        self.every
    }
}
