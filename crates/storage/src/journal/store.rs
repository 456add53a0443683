//! Where records and snapshots are kept. The writer sees only the traits, so that a simulation can
//! stand in for the disk; [`SqlJournal`] is the real one.

use std::future::Future;

use kernel::{TenantId, Uuid};

use super::RowChange;
use super::machine::Refusal;
use super::record::Record;
use super::snapshot::SnapshotHead;
use crate::db::{Database, Dialect, Tx};
use crate::error::StorageError;
use crate::level::{Level, Mode};
use crate::log::{StreamKind, Tip};
use crate::{params, sql};

/// How long PostgreSQL lets a commit of a process that stands still keep others from its streams.
const IDLE_MS_MAX: u32 = 2_000;
/// How long a carried row may stay locked by somebody else.
const ROW_LOCK_MS_MAX: u32 = 5;

sql! {
    STREAMS: system("engines let time pass in the streams of every tenant") =
        "SELECT DISTINCT stream, tenant FROM journal_projection";
    RECORDS_AFTER: system("engines recover the streams of every tenant") =
        "SELECT seq, hash, body, tenant FROM journal
         WHERE stream = $1 AND seq > $2 ORDER BY seq LIMIT $3";
    RECORD_HASH: system("resolves a commit whose answer was lost") =
        "SELECT hash FROM journal WHERE stream = $1 AND seq = $2";
    RECORD_APPEND: system("one commit serves the streams of many tenants") =
        "INSERT INTO journal (stream, seq, tenant, hash, body) VALUES ($1, $2, $3, $4, $5)";
    SNAPSHOT: system("engines recover the streams of every tenant") =
        "SELECT seq, tenant, state, record_hash, parts, bytes, hash FROM journal_snapshot
         WHERE stream = $1 ORDER BY seq DESC LIMIT 1";
    SNAPSHOT_PART: system("engines recover the streams of every tenant") =
        "SELECT body FROM journal_snapshot_part WHERE stream = $1 AND seq = $2 AND number = $3";
    SNAPSHOT_PART_ADD: system("snapshots are made of the streams of every tenant") =
        "INSERT INTO journal_snapshot_part (stream, seq, number, tenant, body)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (stream, seq, number) DO UPDATE SET body = excluded.body";
    SNAPSHOT_ADD: system("snapshots are made of the streams of every tenant") =
        "INSERT INTO journal_snapshot
             (stream, seq, tenant, state, record_hash, parts, bytes, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (stream, seq) DO UPDATE SET state = excluded.state, parts = excluded.parts,
             bytes = excluded.bytes, hash = excluded.hash";
    SNAPSHOTS_DROP: system("snapshots are made of the streams of every tenant") =
        "DELETE FROM journal_snapshot WHERE stream = $1 AND seq < $2";
    SNAPSHOT_PARTS_DROP: system("snapshots are made of the streams of every tenant") =
        "DELETE FROM journal_snapshot_part WHERE stream = $1 AND seq < $2";
}

/// A store of records.
pub trait JournalStore: Send + Sync + 'static {
    /// A commit under way.
    type Commit: Commit;

    /// The streams that have records, as far as they are projected.
    fn streams(&self) -> impl Future<Output = Result<Vec<(Uuid, TenantId)>, StorageError>> + Send;

    /// Begins one.
    fn begin(&self) -> impl Future<Output = Result<Self::Commit, StorageError>> + Send;

    /// The records of a stream after a number, in order, at most `limit`.
    fn read(
        &self,
        stream: Uuid,
        after: u64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Record>, StorageError>> + Send;

    /// The hash of a record, if it is there.
    fn hash_of(
        &self,
        stream: Uuid,
        seq: u64,
    ) -> impl Future<Output = Result<Option<[u8; 32]>, StorageError>> + Send;

    /// The head of a stream's last snapshot, if it has one.
    fn snapshot(
        &self,
        stream: Uuid,
    ) -> impl Future<Output = Result<Option<SnapshotHead>, StorageError>> + Send;

    /// A part of a snapshot of a stream as of a record.
    fn snapshot_part(
        &self,
        of: (Uuid, u64),
        number: u32,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StorageError>> + Send;

    /// Writes a part of a snapshot that is not complete.
    fn put_snapshot_part(
        &self,
        of: (Uuid, TenantId, u64),
        number: u32,
        body: Vec<u8>,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Completes a snapshot whose parts are written, and drops the stream's others.
    fn finish_snapshot(
        &self,
        head: SnapshotHead,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// The most commands with guarded rows that one commit should hold.
    fn carried_max(&self) -> usize;

    /// Whether the rows of many commands are better changed together than one by one.
    fn carries_together(&self) -> bool;

    /// Whether a commit blocks its thread, so that the writer needs one of its own.
    fn blocks(&self) -> bool;
}

/// What came of a command's row changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// They are done.
    Done,
    /// One of them did not touch the rows it must, and none is done.
    Refused(Refusal),
}

/// A commit under way: row changes and records that become durable together.
pub trait Commit: Send {
    /// Changes a command's rows, or none of them.
    fn carry(
        &mut self,
        tenant: TenantId,
        changes: &[RowChange],
    ) -> impl Future<Output = Result<Carried, StorageError>> + Send;

    /// Changes the rows of many commands as if one after the other. Where one of them cannot be
    /// done, which [`Commit::carry`] then says of each, the commit ends and leaves no trace.
    fn carry_together(
        self,
        commands: &[(TenantId, Vec<RowChange>)],
    ) -> impl Future<Output = Result<Option<Self>, StorageError>> + Send
    where
        Self: Sized;

    /// Adds rows that decide nothing.
    fn add_rows(
        &mut self,
        tenant: TenantId,
        changes: Vec<RowChange>,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Appends records, and makes all of it durable.
    fn commit(self, records: &[Record]) -> impl Future<Output = Result<(), StorageError>> + Send;
}

/// The journal in the database.
#[derive(Clone)]
pub struct SqlJournal {
    database: Database,
}

/// A system transaction of it.
pub struct SqlCommit {
    tx: Tx,
}

impl SqlJournal {
    /// The journal of a database.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

impl JournalStore for SqlJournal {
    type Commit = SqlCommit;

    async fn begin(&self) -> Result<SqlCommit, StorageError> {
        let dialect = self.database.dialect();
        let mut tx = self.database.begin(Level::System, Mode::Write).await?;
        if dialect == Dialect::Postgres {
            // Its few statements have one good plan each; making one for the arrays of each commit
            // takes longer than they do.
            tx.run_before_next(&format!(
                "SET LOCAL plan_cache_mode = force_generic_plan;
                 SET LOCAL lock_timeout = {ROW_LOCK_MS_MAX};
                 SET LOCAL idle_in_transaction_session_timeout = {IDLE_MS_MAX}"
            ))?;
        }
        Ok(SqlCommit { tx })
    }

    async fn streams(&self) -> Result<Vec<(Uuid, TenantId)>, StorageError> {
        let mut tx = self.database.begin(Level::System, Mode::Read).await?;
        let rows = tx.rows(&STREAMS, params![]).await?;
        tx.commit().await?;
        let stream = |row: &crate::Row| Ok((row.get(0)?, TenantId::from_uuid(row.get(1)?)));
        rows.iter().map(stream).collect()
    }

    async fn read(
        &self,
        stream: Uuid,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Record>, StorageError> {
        let mut tx = self.database.begin(Level::System, Mode::Read).await?;
        let rows = tx.rows(&RECORDS_AFTER, params![stream, after, limit]).await?;
        tx.commit().await?;
        let record = |row: &crate::Row| {
            Ok(Record {
                stream,
                tenant: TenantId::from_uuid(row.get(3)?),
                seq: row.get(0)?,
                hash: row.get(1)?,
                body: row.get(2)?,
            })
        };
        rows.iter().map(record).collect()
    }

    async fn hash_of(&self, stream: Uuid, seq: u64) -> Result<Option<[u8; 32]>, StorageError> {
        let mut tx = self.database.begin(Level::System, Mode::Read).await?;
        let row = tx.row(&RECORD_HASH, params![stream, seq]).await?;
        tx.commit().await?;
        row.map(|row| row.get(0)).transpose()
    }

    async fn snapshot(&self, stream: Uuid) -> Result<Option<SnapshotHead>, StorageError> {
        let mut tx = self.database.begin(Level::System, Mode::Read).await?;
        let row = tx.row(&SNAPSHOT, params![stream]).await?;
        tx.commit().await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(SnapshotHead {
            stream,
            seq: row.get(0)?,
            tenant: TenantId::from_uuid(row.get(1)?),
            state: row.get(2)?,
            record_hash: row.get(3)?,
            parts: row.get(4)?,
            bytes: row.get(5)?,
            hash: row.get(6)?,
        }))
    }

    async fn snapshot_part(
        &self,
        (stream, seq): (Uuid, u64),
        number: u32,
    ) -> Result<Option<Vec<u8>>, StorageError> {
        let mut tx = self.database.begin(Level::System, Mode::Read).await?;
        let row = tx.row(&SNAPSHOT_PART, params![stream, seq, number]).await?;
        tx.commit().await?;
        row.map(|row| row.get(0)).transpose()
    }

    async fn put_snapshot_part(
        &self,
        (stream, tenant, seq): (Uuid, TenantId, u64),
        number: u32,
        body: Vec<u8>,
    ) -> Result<(), StorageError> {
        let mut tx = self.database.begin(Level::System, Mode::Project).await?;
        let part = params![stream, seq, number, tenant.uuid(), body];
        tx.execute_one(&SNAPSHOT_PART_ADD, part).await?;
        tx.commit().await
    }

    async fn finish_snapshot(&self, head: SnapshotHead) -> Result<(), StorageError> {
        let SnapshotHead { stream, tenant, seq, state, record_hash, parts, bytes, hash } = head;
        let mut tx = self.database.begin(Level::System, Mode::Project).await?;
        let row = params![stream, seq, tenant.uuid(), state, record_hash, parts, bytes, hash];
        tx.execute_one(&SNAPSHOT_ADD, row).await?;
        tx.execute(&SNAPSHOTS_DROP, params![stream, seq]).await?;
        tx.execute(&SNAPSHOT_PARTS_DROP, params![stream, seq]).await?;
        tx.commit().await
    }

    fn carried_max(&self) -> usize {
        // Where one of them is refused they go one by one, and what is pure in the batch waits.
        64
    }

    fn carries_together(&self) -> bool {
        // Savepoints cost nothing where there is no way to a server.
        self.database.dialect() == Dialect::Postgres
    }

    fn blocks(&self) -> bool {
        self.database.dialect() == Dialect::Sqlite
    }
}

impl SqlCommit {
    async fn carry_each(&mut self, changes: &[RowChange]) -> Result<Carried, StorageError> {
        for (index, change) in changes.iter().enumerate() {
            let refusal = |duplicate| {
                let change = u16::try_from(index).unwrap_or(u16::MAX);
                Ok(Carried::Refused(Refusal { change, duplicate }))
            };
            match self.tx.execute(change.statement, change.params.clone()).await {
                Ok(touched) if change.rows.is_some_and(|rows| rows != touched) => {
                    return refusal(false);
                }
                Ok(_) => {}
                Err(StorageError::Duplicate { .. }) => return refusal(true),
                Err(error) => return Err(error),
            }
        }
        Ok(Carried::Done)
    }
}

impl Commit for SqlCommit {
    async fn carry(
        &mut self,
        tenant: TenantId,
        changes: &[RowChange],
    ) -> Result<Carried, StorageError> {
        self.tx.savepoint()?;
        self.tx.bind(Level::Tenant(tenant))?;
        let outcome = self.carry_each(changes).await;
        match outcome {
            Ok(Carried::Done) => self.tx.release()?,
            Ok(Carried::Refused(_)) | Err(_) => self.tx.rollback_to_savepoint().await?,
        }
        self.tx.bind(Level::System)?;
        outcome
    }

    async fn carry_together(
        mut self,
        commands: &[(TenantId, Vec<RowChange>)],
    ) -> Result<Option<Self>, StorageError> {
        match self.tx.change_rows(commands).await {
            Ok(true) => {
                self.tx.bind(Level::System)?;
                return Ok(Some(self));
            }
            Ok(false) => {}
            Err(error @ StorageError::Unavailable { .. }) => return Err(error),
            Err(error) => tracing::debug!(%error, "rows cannot be changed together"),
        }
        self.tx.roll_back().await?;
        Ok(None)
    }

    async fn add_rows(
        &mut self,
        tenant: TenantId,
        changes: Vec<RowChange>,
    ) -> Result<(), StorageError> {
        self.tx.bind(Level::Tenant(tenant))?;
        let mut changes = changes.into_iter().peekable();
        // Neighbours with the same statement go together: one bulk insert for a batch's texts.
        while let Some(change) = changes.next() {
            let statement = change.statement;
            let mut many = vec![change.params];
            while let Some(next) = changes.next_if(|next| std::ptr::eq(next.statement, statement)) {
                many.push(next.params);
            }
            self.tx.insert_many(statement, many).await?;
        }
        self.tx.bind(Level::System)
    }

    async fn commit(self, records: &[Record]) -> Result<(), StorageError> {
        let row = |record: &Record| {
            let Record { stream, tenant, seq, hash, body } = record;
            params![*stream, *seq, tenant.uuid(), *hash, body.clone()]
        };
        let tip = |record: &Record| {
            let Record { stream, tenant, seq, hash, .. } = *record;
            Tip { kind: StreamKind::Journal, stream, tenant, seq, hash }
        };
        let database = self.tx.database().clone();
        let rows = records.iter().map(row).collect();
        self.tx.execute_many_and_commit(&RECORD_APPEND, rows).await?;
        database.bell().ring_grew(records.iter().map(tip));
        Ok(())
    }
}
