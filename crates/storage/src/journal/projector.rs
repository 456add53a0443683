//! From records to tables: each record is projected once, in the transaction that moves the
//! checkpoint past it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kernel::{Position, TenantId, Uuid};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::record::Record;
use super::tables::{ProjectedTables, Projection, SqlTables};
use crate::db::Database;
use crate::error::StorageError;

/// The records that are read at a time.
const RECORDS_MAX: u32 = 64;
/// The bytes of records after which a transaction takes no further one: it must not last.
const TRANSACTION_BYTES_MAX: usize = 512 * 1024;
/// How long more records are waited for before those that have come are projected: a transaction
/// costs the same whether it is of one or of some. Nobody who waits for the tables waits for this.
const GATHERING: Duration = Duration::from_millis(5);
/// How often the checkpoints are compared with what this process knows of them.
const VERIFICATION: Duration = Duration::from_secs(5);
/// How long a reader waits for a position before it is told that the data is stale.
pub const POSITION_WAIT: Duration = Duration::from_secs(2);
/// The pause after a failure, doubled each time up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// How far the journal is written, and how far it is projected, in this process.
#[derive(Clone)]
pub struct Progress {
    state: Arc<Mutex<State>>,
    changed: Arc<watch::Sender<u64>>,
    /// Somebody waits for the tables.
    wanted: Arc<Notify>,
}

#[derive(Default)]
struct State {
    committed: BTreeMap<Uuid, (TenantId, u64)>,
    projected: BTreeMap<Uuid, u64>,
    /// The streams of `committed` that are not projected to their ends: of many thousands, few are.
    behind: BTreeSet<Uuid>,
    /// The streams whose records could not be read: they are not tried before the next
    /// verification, and nobody waits for them.
    left: BTreeSet<Uuid>,
    /// The bytes of each record that was committed here and is not known to be projected, but for
    /// streams that are left alone.
    unprojected: BTreeMap<(Uuid, u64), u64>,
    lag_bytes: u64,
    stopped: bool,
}

impl Default for Progress {
    fn default() -> Self {
        let state = Arc::default();
        Self { state, changed: Arc::new(watch::Sender::new(0)), wanted: Arc::default() }
    }
}

impl Progress {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.send_modify(|version| *version += 1);
    }

    pub(super) fn committed(&self, record: &Record) {
        self.change(|state| {
            let bytes = record.body.len() as u64;
            state.commit(record.stream, (record.tenant, record.seq));
            if !state.left.contains(&record.stream) {
                state.unprojected.insert((record.stream, record.seq), bytes);
                state.lag_bytes += bytes;
            }
        });
    }

    /// Learns how far the journal of a stream goes, which another process may have written.
    pub(super) fn found(&self, stream: Uuid, tenant: TenantId, seq: u64) {
        if self.head(stream) < seq {
            self.change(|state| state.commit(stream, (tenant, seq)));
        }
    }

    /// Learns that a stream is projected up to a record, here or by another process.
    fn projected(&self, stream: Uuid, seq: u64) {
        self.change(|state| {
            state.projected.insert(stream, seq);
            state.compare(stream);
            state.forget_lag(stream, seq);
        });
    }

    /// Leaves a stream alone whose records cannot be read. Its bytes are no lag: writers who wait
    /// for the tables would wait for ever.
    fn leave(&self, stream: Uuid) {
        self.change(|state| {
            state.left.insert(stream);
            state.forget_lag(stream, u64::MAX);
        });
    }

    /// Lets the streams that were left alone be tried again.
    fn try_again(&self) {
        self.state().left.clear();
    }

    /// How far this process knows a stream to be projected.
    fn projected_to(&self, stream: Uuid) -> Option<u64> {
        self.state().projected.get(&stream).copied()
    }

    /// Takes back what the tables do not hold after all; the streams that this concerns.
    fn recede(&self, kept: &BTreeMap<Uuid, u64>) -> Vec<Uuid> {
        let (mut receded, mut state) = (Vec::new(), self.state());
        for (stream, projected) in &mut state.projected {
            let kept = kept.get(stream).copied().unwrap_or(0);
            if kept < *projected {
                *projected = kept;
                receded.push(*stream);
            }
        }
        receded.iter().for_each(|stream| state.compare(*stream));
        receded
    }

    /// Bytes of records that were committed here and are not yet projected.
    #[must_use]
    pub fn lag_bytes(&self) -> u64 {
        self.state().lag_bytes
    }

    /// The last record of each stream that was committed here.
    #[must_use]
    pub fn heads(&self) -> Vec<(Uuid, TenantId, u64)> {
        let state = self.state();
        state.committed.iter().map(|(stream, (tenant, seq))| (*stream, *tenant, *seq)).collect()
    }

    /// The last record of a stream that was committed here; 0 where none was.
    #[must_use]
    pub fn head(&self, stream: Uuid) -> u64 {
        self.state().committed.get(&stream).map_or(0, |(_, seq)| *seq)
    }

    /// Lets the projector end.
    pub fn stop(&self) {
        self.change(|state| state.stopped = true);
        self.wanted.notify_one();
    }

    pub(super) async fn wait_until_below(&self, lag_max: u64) {
        let mut changes = self.changed.subscribe();
        while self.lag_bytes() > lag_max {
            self.wanted.notify_one();
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Waits until the tables hold everything up to a position, as far as this process has written
    /// it: of what others wrote it knows nothing ([`super::wait_for_tables`] does).
    ///
    /// # Errors
    /// [`StorageError::Stale`] where that takes longer than [`POSITION_WAIT`].
    pub async fn wait_for(&self, position: &Position) -> Result<(), StorageError> {
        let mut changes = self.changed.subscribe();
        let reached = || {
            let state = self.state();
            position.iter().all(|(stream, seq)| {
                let committed = state.committed.get(&stream).map_or(0, |(_, seq)| *seq);
                let projected = state.projected.get(&stream).copied().unwrap_or(0);
                projected >= seq || committed < seq
            })
        };
        let wait = async {
            while !reached() {
                self.wanted.notify_one();
                if changes.changed().await.is_err() {
                    return;
                }
            }
        };
        tokio::time::timeout(POSITION_WAIT, wait).await.map_err(|_| StorageError::Stale)
    }

    /// The streams whose tables are behind, as far as this process knows, without those that are
    /// left alone.
    fn behind(&self) -> Vec<(Uuid, TenantId, u64)> {
        let state = self.state();
        let committed = |stream: &Uuid| {
            let (tenant, seq) = state.committed.get(stream)?;
            Some((*stream, *tenant, *seq))
        };
        state.behind.difference(&state.left).filter_map(committed).collect()
    }
}

impl State {
    fn commit(&mut self, stream: Uuid, (tenant, seq): (TenantId, u64)) {
        self.committed.insert(stream, (tenant, seq));
        self.compare(stream);
    }

    /// Counts a stream's records up to one no longer as unprojected.
    fn forget_lag(&mut self, stream: Uuid, seq: u64) {
        let done = self.unprojected.range((stream, 0)..=(stream, seq));
        let done: Vec<(Uuid, u64)> = done.map(|(place, _)| *place).collect();
        for place in done {
            self.lag_bytes -= self.unprojected.remove(&place).unwrap_or(0);
        }
    }

    /// Notes whether a stream's tables are behind its journal.
    fn compare(&mut self, stream: Uuid) {
        let committed = self.committed.get(&stream).map(|(_, seq)| seq);
        if self.projected.get(&stream) < committed {
            self.behind.insert(stream);
        } else {
            self.behind.remove(&stream);
        }
    }
}

/// The task that projects.
pub struct Projector<T: ProjectedTables> {
    tables: T,
    progress: Progress,
}

impl<P: Projection> Projector<SqlTables<P>> {
    /// A projector of everything that `progress` hears of.
    #[must_use]
    pub const fn new(database: Database, projection: P, progress: Progress) -> Self {
        Self::over(SqlTables::new(database, projection), progress)
    }
}

impl<T: ProjectedTables> Projector<T> {
    /// A projector into any tables.
    #[must_use]
    pub const fn over(tables: T, progress: Progress) -> Self {
        Self { tables, progress }
    }

    /// Brings the tables up to what the journal holds, before anybody reads them; but for streams
    /// whose records cannot be read, for whose tables readers wait in vain.
    pub async fn catch_up(&self) -> Result<(), StorageError> {
        for (stream, tenant, seq) in self.tables.behind().await? {
            self.progress.found(stream, tenant, seq);
        }
        self.project_all().await
    }

    /// Projects until it is stopped: where that blocks, on a thread of its own.
    pub fn start(self) -> JoinHandle<()> {
        if self.tables.blocks() {
            tokio::task::spawn_blocking(|| super::block_on(self.run()))
        } else {
            tokio::spawn(self.run())
        }
    }

    async fn run(self) {
        let mut changes = self.progress.changed.subscribe();
        let mut pause = PAUSE_MIN;
        let mut verifications = tokio::time::interval(VERIFICATION);
        loop {
            changes.mark_unchanged();
            let projected = self.project_all().await;
            if self.progress.state().stopped {
                return;
            }
            if let Err(error) = projected {
                tracing::error!(%error, projection = T::NAME, "projection failed");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(PAUSE_MAX);
                continue;
            }
            pause = PAUSE_MIN;
            let goes_on = !self.progress.behind().is_empty();
            tokio::select! {
                biased;
                _ = verifications.tick() => {
                    self.verify().await;
                    self.progress.try_again();
                }
                changed = changes.changed(), if !goes_on => if changed.is_err() {
                    return;
                },
                () = std::future::ready(()), if goes_on => {}
            }
            if self.progress.lag_bytes() < TRANSACTION_BYTES_MAX as u64 {
                // It is only the sooner where it is asked for.
                let _ = tokio::time::timeout(GATHERING, self.progress.wanted.notified()).await;
            }
        }
    }

    /// Compares what this process knows with the tables. Their commits are not flushed: a server
    /// that lost power and came back may have lost the last of them.
    async fn verify(&self) {
        match self.tables.checkpoints().await {
            Ok(checkpoints) => {
                for stream in self.progress.recede(&checkpoints) {
                    self.tables.forget(stream);
                }
            }
            // It is tried again soon.
            Err(error) => tracing::warn!(%error, "the checkpoints could not be read"),
        }
    }

    /// Projects every stream to where its journal was when it was looked at. One whose records
    /// cannot be read is left alone, for it must not hold up the others.
    async fn project_all(&self) -> Result<(), StorageError> {
        for (stream, tenant, seq) in self.progress.behind() {
            if self.progress.state().stopped {
                return Ok(());
            }
            match self.project_to(stream, tenant, seq).await {
                Err(StorageError::Damaged { text }) => {
                    tracing::error!(%stream, text, projection = T::NAME, "a stream is left alone");
                    self.progress.leave(stream);
                }
                projected => projected?,
            }
        }
        Ok(())
    }

    async fn project_to(
        &self,
        stream: Uuid,
        tenant: TenantId,
        seq: u64,
    ) -> Result<(), StorageError> {
        loop {
            let done = self.tables.checkpoint(stream, tenant).await?;
            if self.progress.projected_to(stream) != Some(done) {
                // Another process has moved on: what is remembered here is of an earlier record.
                self.tables.forget(stream);
                self.progress.projected(stream, done);
            }
            if done >= seq {
                return Ok(());
            }
            let records = self.tables.records(stream, done, RECORDS_MAX).await?;
            if records.is_empty() {
                let text = format!("journal {stream} ends before record {seq}");
                return Err(StorageError::Damaged { text });
            }
            let mut from = done;
            for part in parts(&records) {
                let to = part.last().map_or(from, |record| record.seq);
                let outcome = self.tables.project(part, from, to).await;
                if outcome.is_err() {
                    self.tables.forget(stream);
                }
                outcome?;
                self.progress.projected(stream, to);
                from = to;
            }
        }
    }
}

/// Cuts records into the transactions that project them.
fn parts(records: &[Record]) -> impl Iterator<Item = &[Record]> {
    let mut bytes = 0;
    records.chunk_by(move |record, _| {
        bytes += record.body.len();
        let goes_on = bytes < TRANSACTION_BYTES_MAX;
        if !goes_on {
            bytes = 0;
        }
        goes_on
    })
}
