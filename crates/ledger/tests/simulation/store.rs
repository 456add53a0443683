//! A node's way to the simulated server: the journal's store and the projected tables, over a
//! connection that breaks, loses answers, and waits while the node is frozen.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use kernel::{TenantId, Uuid};
use storage::StorageError;
use storage::journal::{
    Carried, Commit, JournalStore, ProjectedTables, Record, Refusal, RowChange, SnapshotHead,
};
use tokio::sync::{Notify, oneshot};

use crate::frame::Frame;
use crate::rows::{RowAct, RowKey, RowWrite};
use crate::server::{Handed, LOCK_MS_MAX, Projected, Server};

/// A connection of a node.
#[derive(Clone)]
pub struct Connection {
    server: Arc<Server>,
    frozen: Arc<Frozen>,
}

/// Whether a node is frozen. Whoever waits for its end goes on in the order of waiting: a watch of
/// tokio's wakes in a random one.
#[derive(Default)]
pub struct Frozen {
    is_frozen: AtomicBool,
    thawed: Notify,
}

impl Frozen {
    pub fn set(&self, is_frozen: bool) {
        self.is_frozen.store(is_frozen, Ordering::Relaxed);
        if !is_frozen {
            self.thawed.notify_waiters();
        }
    }

    async fn end(&self) {
        while self.is_frozen.load(Ordering::Relaxed) {
            self.thawed.notified().await;
        }
    }
}

impl Connection {
    pub const fn new(server: Arc<Server>, frozen: Arc<Frozen>) -> Self {
        Self { server, frozen }
    }

    /// A frozen node does nothing, and does not know it.
    pub async fn thawed(&self) {
        self.frozen.end().await;
    }

    /// A way to the server and back, on which the connection may break.
    async fn travel(&self) -> Result<(), StorageError> {
        self.thawed().await;
        self.server.sim.pause(2).await;
        self.thawed().await;
        self.server.check_up()?;
        if self.server.sim.hits(|faults| faults.connection) {
            return Err(StorageError::Unavailable { text: "the connection broke".to_owned() });
        }
        Ok(())
    }

    async fn fetch(
        &self,
        stream: Uuid,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Record>, StorageError> {
        self.travel().await?;
        if self.server.sim.hits(|faults| faults.read) {
            return Err(StorageError::Unavailable { text: "reading failed".to_owned() });
        }
        let state = self.server.state();
        let records = state.journal.get(&stream).map_or(&[][..], Vec::as_slice);
        let later = records.iter().filter(|record| record.seq > after);
        Ok(later.take(limit as usize).cloned().collect())
    }
}

impl JournalStore for Connection {
    type Commit = SimCommit;

    async fn begin(&self) -> Result<SimCommit, StorageError> {
        self.travel().await?;
        let (transaction, generation) = self.server.begin()?;
        let handed = Handed { transaction, generation, frame: Frame::default() };
        Ok(SimCommit { connection: self.clone(), handed: Some(handed) })
    }

    async fn streams(&self) -> Result<Vec<(Uuid, TenantId)>, StorageError> {
        self.travel().await?;
        let heads = self.server.state().heads();
        Ok(heads.into_iter().map(|(stream, tenant, _)| (stream, tenant)).collect())
    }

    async fn read(
        &self,
        stream: Uuid,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Record>, StorageError> {
        self.fetch(stream, after, limit).await
    }

    async fn hash_of(&self, stream: Uuid, seq: u64) -> Result<Option<[u8; 32]>, StorageError> {
        let found = self.fetch(stream, seq.saturating_sub(1), 1).await?;
        Ok(found.first().filter(|record| record.seq == seq).map(|record| record.hash))
    }

    async fn snapshot(&self, stream: Uuid) -> Result<Option<SnapshotHead>, StorageError> {
        self.travel().await?;
        Ok(self.server.state().snapshots.head(stream))
    }

    async fn snapshot_part(
        &self,
        of: (Uuid, u64),
        number: u32,
    ) -> Result<Option<Vec<u8>>, StorageError> {
        self.travel().await?;
        Ok(self.server.state().snapshots.part(of, number))
    }

    async fn put_snapshot_part(
        &self,
        (stream, _, seq): (Uuid, TenantId, u64),
        number: u32,
        body: Vec<u8>,
    ) -> Result<(), StorageError> {
        self.travel().await?;
        self.server.state().snapshots.put_part((stream, seq), number, body);
        Ok(())
    }

    async fn finish_snapshot(&self, head: SnapshotHead) -> Result<(), StorageError> {
        self.travel().await?;
        self.server.state().snapshots.finish(head);
        let SnapshotHead { stream, seq, parts, .. } = head;
        self.server.sim.note(|| format!("snapshot: {stream} as of {seq} in {parts} parts"));
        Ok(())
    }

    fn carried_max(&self) -> usize {
        16
    }

    fn carries_together(&self) -> bool {
        true
    }

    fn blocks(&self) -> bool {
        false
    }
}

/// A transaction. Dropped, it is rolled back.
pub struct SimCommit {
    connection: Connection,
    handed: Option<Handed>,
}

impl SimCommit {
    /// One more way to the server; a transaction whose connection breaks has ended.
    async fn travel(&mut self) -> Result<&mut Handed, StorageError> {
        let mut travelled = self.connection.travel().await;
        if let (Ok(()), Some(handed)) = (&travelled, &self.handed) {
            travelled = self.connection.server.hear(handed.transaction);
        }
        if travelled.is_err() {
            self.roll_back();
        }
        travelled.and(self.handed.as_mut().ok_or_else(broken))
    }

    fn roll_back(&mut self) {
        if let Some(handed) = self.handed.take() {
            let mut state = self.connection.server.state();
            if state.generation == handed.generation {
                state.release(handed.transaction);
            }
        }
    }

    /// Takes a row's lock, or waits for it a little.
    async fn lock(&self, key: RowKey, transaction: u64) -> Result<(), StorageError> {
        for _ in 0..=LOCK_MS_MAX {
            {
                let mut state = self.connection.server.state();
                state.end_idle();
                if *state.row_locks.entry(key).or_insert(transaction) == transaction {
                    return Ok(());
                }
            }
            self.connection.server.sim.wait(1).await;
        }
        Err(StorageError::Locked { place: "sender_row".to_owned() })
    }

    async fn append(&mut self, records: &[Record]) -> Result<(), StorageError> {
        let transaction = self.travel().await?.transaction;
        let server = Arc::clone(&self.connection.server);
        let claimed = server.claim(transaction, records).await;
        if claimed.is_err() {
            self.roll_back();
        }
        claimed?;
        self.travel().await?.frame.records.extend_from_slice(records);
        Ok(())
    }

    /// Changes one row; whether it was as it must be.
    async fn change(&mut self, tenant: TenantId, act: RowAct) -> Result<bool, StorageError> {
        let (RowAct::Add { id, .. } | RowAct::Move { id, .. } | RowAct::Note { id }) = act;
        let key = RowKey { tenant: tenant.uuid(), id };
        let transaction = self.travel().await?.transaction;
        self.lock(key, transaction).await?;
        let kept = self.connection.server.state().rows.get(&key).copied();
        let frame = &mut self.travel().await?.frame;
        let own = frame.rows.iter().rev().find(|write| write.key == key);
        let now = own.map(|write| write.state).or(kept);
        let (fits, state) = match act {
            RowAct::Add { state, .. } => (now.is_none(), state),
            RowAct::Move { from, to, .. } => (now == Some(from), to),
            RowAct::Note { .. } => (now.is_none(), 0),
        };
        if fits {
            frame.rows.push(RowWrite { key, state });
        }
        Ok(fits)
    }
}

impl Commit for SimCommit {
    async fn carry(
        &mut self,
        tenant: TenantId,
        changes: &[RowChange],
    ) -> Result<Carried, StorageError> {
        let savepoint = self.travel().await?.frame.rows.len();
        for (index, change) in changes.iter().enumerate() {
            let act = RowAct::of(change);
            let came = self.change(tenant, act).await;
            if !matches!(came, Ok(true))
                && let Some(handed) = &mut self.handed
            {
                handed.frame.rows.truncate(savepoint);
            }
            if !came? {
                let duplicate = matches!(act, RowAct::Add { .. });
                let change = u16::try_from(index).unwrap();
                return Ok(Carried::Refused(Refusal { change, duplicate }));
            }
        }
        Ok(Carried::Done)
    }

    async fn carry_together(
        mut self,
        commands: &[(TenantId, Vec<RowChange>)],
    ) -> Result<Option<Self>, StorageError> {
        for (tenant, changes) in commands {
            match self.carry(*tenant, changes).await {
                Ok(Carried::Done) => {}
                Err(error) if self.handed.is_none() => return Err(error),
                // As on a server, it fails whatever the reason.
                _ => return Ok(None),
            }
        }
        Ok(Some(self))
    }

    async fn add_rows(
        &mut self,
        tenant: TenantId,
        changes: Vec<RowChange>,
    ) -> Result<(), StorageError> {
        for change in changes {
            let came = self.change(tenant, RowAct::of(&change)).await;
            if !matches!(came, Ok(true)) {
                // A failed statement ends the transaction.
                self.roll_back();
            }
            if !came? {
                let (place, constraint) = ("sender_row".to_owned(), "sender_row_pkey".to_owned());
                return Err(StorageError::Duplicate { place, constraint });
            }
        }
        Ok(())
    }

    async fn commit(mut self, records: &[Record]) -> Result<(), StorageError> {
        self.append(records).await?;
        self.travel().await?;
        let unknown = |text: &str| StorageError::UnknownOutcome { text: text.to_owned() };
        let Some(handed) = self.handed.take() else { return Err(unknown("it has ended")) };
        let server = Arc::clone(&self.connection.server);
        server.state().hand_over(handed.transaction);
        let (answer, heard) = oneshot::channel();
        tokio::spawn(Arc::clone(&server).commit(handed, answer));
        if server.sim.hits(|faults| faults.answer) {
            server.sim.note(|| "connection: the answer to a commit is lost".to_owned());
            server.sim.pause(50).await;
            self.connection.thawed().await;
            return Err(unknown("the connection broke"));
        }
        let answer = heard.await;
        self.connection.thawed().await;
        answer.map_err(|_| unknown("the connection broke"))?
    }
}

impl Drop for SimCommit {
    fn drop(&mut self) {
        self.roll_back();
    }
}

fn broken() -> StorageError {
    StorageError::Unavailable { text: "the connection is broken".to_owned() }
}

/// The projected tables, as one process sees them.
pub struct SimTables {
    connection: Connection,
    /// Where each stream was left: what a projection remembers must be about that record.
    remembered: Mutex<BTreeMap<Uuid, u64>>,
}

impl SimTables {
    pub const fn new(connection: Connection) -> Self {
        Self { connection, remembered: Mutex::new(BTreeMap::new()) }
    }

    fn remember(&self, stream: Uuid, seq: Option<u64>) -> Option<u64> {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        match seq {
            Some(seq) => remembered.insert(stream, seq),
            None => remembered.remove(&stream),
        }
    }
}

impl ProjectedTables for SimTables {
    const NAME: &'static str = "simulated";

    async fn behind(&self) -> Result<Vec<(Uuid, TenantId, u64)>, StorageError> {
        self.connection.travel().await?;
        let state = self.connection.server.state();
        let behind = |(stream, _, seq): &(Uuid, TenantId, u64)| {
            state.tables.get(stream).is_none_or(|table| (table.records.len() as u64) < *seq)
        };
        Ok(state.heads().into_iter().filter(behind).collect())
    }

    async fn checkpoint(&self, stream: Uuid, _: TenantId) -> Result<u64, StorageError> {
        self.connection.travel().await?;
        let state = self.connection.server.state();
        Ok(state.tables.get(&stream).map_or(0, |table| table.records.len() as u64))
    }

    async fn checkpoints(&self) -> Result<BTreeMap<Uuid, u64>, StorageError> {
        self.connection.travel().await?;
        let state = self.connection.server.state();
        let checkpoint =
            |(stream, table): (&Uuid, &Projected)| (*stream, table.records.len() as u64);
        Ok(state.tables.iter().map(checkpoint).collect())
    }

    async fn records(
        &self,
        stream: Uuid,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Record>, StorageError> {
        self.connection.fetch(stream, after, limit).await
    }

    async fn project(&self, records: &[Record], from: u64, to: u64) -> Result<(), StorageError> {
        self.connection.travel().await?;
        let stream = records[0].stream;
        if let Some(left) = self.remember(stream, Some(to))
            && left != from
        {
            let sim = &self.connection.server.sim;
            sim.fail(format!("of {stream} record {left} is remembered, projected is {from}"));
        }
        self.connection.server.project(stream, records, from)?;
        if self.connection.server.sim.hits(|faults| faults.answer) {
            let text = "the connection broke".to_owned();
            return Err(StorageError::UnknownOutcome { text });
        }
        Ok(())
    }

    fn forget(&self, stream: Uuid) {
        self.remember(stream, None);
    }
}
