//! Where a projection's tables and its checkpoints are kept. The projector sees only the trait, so
//! that a simulation can stand in for the disk; [`SqlTables`] is the real one.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use kernel::{Position, TenantId, Uuid};

use super::projector::{POSITION_WAIT, Progress};
use super::record::Record;
use super::store::{JournalStore, SqlJournal};
use crate::db::{Database, Dialect, Tx};
use crate::error::StorageError;
use crate::level::{Level, Mode};
use crate::{params, sql};

/// How often the tables are asked how far another process has come.
const TABLES_PAUSE: Duration = Duration::from_millis(20);

sql! {
    STREAMS_BEHIND: system("after a start, the streams of all tenants are caught up") =
        "SELECT last.stream, last.tenant, last.seq
         FROM (SELECT stream, tenant, max(seq) AS seq FROM journal GROUP BY stream, tenant) AS last
         LEFT JOIN journal_projection AS done
             ON done.stream = last.stream AND done.projection = $1
         WHERE done.seq IS NULL OR done.seq < last.seq
         ORDER BY last.stream";
    CHECKPOINTS: system("the projector works on the streams of all tenants") =
        "SELECT stream, seq FROM journal_projection WHERE projection = $1";
    CHECKPOINT: system("the projector works on the streams of all tenants") =
        "SELECT seq FROM journal_projection WHERE projection = $1 AND stream = $2";
    CHECKPOINT_BEGIN: system("the projector works on the streams of all tenants") =
        "INSERT INTO journal_projection (projection, stream, tenant, seq) VALUES ($1, $2, $3, 0)
         ON CONFLICT (projection, stream) DO NOTHING";
    CHECKPOINT_MOVE: system("the projector works on the streams of all tenants") =
        "UPDATE journal_projection SET seq = $4
         WHERE projection = $1 AND stream = $2 AND seq = $3";
}

/// Waits until a projection's tables hold everything up to a position. What this process has not
/// written, another one has, or this one before it started: of that the tables are asked.
///
/// # Errors
/// [`StorageError::Stale`] where that takes longer than [`POSITION_WAIT`].
pub async fn wait_for_tables(
    database: &Database,
    projection: &'static str,
    (progress, position): (&Progress, &Position),
) -> Result<(), StorageError> {
    let is_others = |(stream, seq): &(Uuid, u64)| progress.head(*stream) < *seq;
    let others: Vec<(Uuid, u64)> = position.iter().filter(is_others).collect();
    let followed = async {
        for (stream, seq) in others {
            while projected_to(database, projection, stream).await? < seq {
                tokio::time::sleep(TABLES_PAUSE).await;
            }
        }
        Ok::<_, StorageError>(())
    };
    tokio::time::timeout(POSITION_WAIT, followed).await.map_err(|_| StorageError::Stale)??;
    progress.wait_for(position).await
}

/// The last record of a stream that a projection has in the tables, whichever process put it there;
/// 0 where it has none.
async fn projected_to(
    database: &Database,
    projection: &'static str,
    stream: Uuid,
) -> Result<u64, StorageError> {
    let mut tx = database.begin(Level::System, Mode::Read).await?;
    let row = tx.row(&CHECKPOINT, params![projection, stream]).await?;
    tx.commit().await?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// Turns records into rows. Their entries name things as the machine wrote them.
pub trait Projection: Send + Sync + 'static {
    /// Its name in the checkpoints.
    const NAME: &'static str;

    /// Adds the rows of records of one stream, which follow each other, in a transaction bound to
    /// their tenant.
    fn project(
        &self,
        tx: &mut Tx,
        records: &[Record],
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Forgets what it remembers of a stream: another process has moved on, or a transaction was
    /// rolled back.
    fn forget(&self, stream: Uuid);
}

/// Tables with the checkpoints of one projection.
pub trait ProjectedTables: Send + Sync + 'static {
    /// The projection's name.
    const NAME: &'static str;

    /// The streams whose tables are behind the journal, with their tenants and last records.
    fn behind(
        &self,
    ) -> impl Future<Output = Result<Vec<(Uuid, TenantId, u64)>, StorageError>> + Send;

    /// The last record of a stream that is projected; 0 where none is.
    fn checkpoint(
        &self,
        stream: Uuid,
        tenant: TenantId,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;

    /// The last record of every stream that is projected.
    fn checkpoints(&self)
    -> impl Future<Output = Result<BTreeMap<Uuid, u64>, StorageError>> + Send;

    /// The records of a stream after a number, in order, at most `limit`.
    fn records(
        &self,
        stream: Uuid,
        after: u64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Record>, StorageError>> + Send;

    /// Adds the rows of one stream's records and moves its checkpoint, all of it or nothing.
    ///
    /// # Errors
    /// Where the checkpoint does not stand at `from`: another process has moved on.
    fn project(
        &self,
        records: &[Record],
        from: u64,
        to: u64,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Forgets what is remembered of a stream between records.
    fn forget(&self, stream: Uuid);

    /// Whether projecting blocks its thread, so that it needs one of its own.
    fn blocks(&self) -> bool {
        false
    }
}

/// The tables in the database.
pub struct SqlTables<P: Projection> {
    database: Database,
    projection: P,
}

impl<P: Projection> SqlTables<P> {
    pub(super) const fn new(database: Database, projection: P) -> Self {
        Self { database, projection }
    }
}

impl<P: Projection> ProjectedTables for SqlTables<P> {
    const NAME: &'static str = P::NAME;

    async fn behind(&self) -> Result<Vec<(Uuid, TenantId, u64)>, StorageError> {
        let mut tx = self.database.begin(Level::System, Mode::Read).await?;
        let rows = tx.rows(&STREAMS_BEHIND, params![P::NAME]).await?;
        tx.commit().await?;
        let stream =
            |row: &crate::Row| Ok((row.get(0)?, TenantId::from_uuid(row.get(1)?), row.get(2)?));
        rows.iter().map(stream).collect()
    }

    async fn checkpoint(&self, stream: Uuid, tenant: TenantId) -> Result<u64, StorageError> {
        let done = projected_to(&self.database, P::NAME, stream).await?;
        if done > 0 {
            return Ok(done);
        }
        let mut tx = self.database.begin(Level::System, Mode::Project).await?;
        tx.execute(&CHECKPOINT_BEGIN, params![P::NAME, stream, tenant.uuid()]).await?;
        tx.commit().await?;
        Ok(0)
    }

    async fn checkpoints(&self) -> Result<BTreeMap<Uuid, u64>, StorageError> {
        let mut tx = self.database.begin(Level::System, Mode::Read).await?;
        let rows = tx.rows(&CHECKPOINTS, params![P::NAME]).await?;
        tx.commit().await?;
        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }

    async fn records(
        &self,
        stream: Uuid,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Record>, StorageError> {
        SqlJournal::new(self.database.clone()).read(stream, after, limit).await
    }

    async fn project(&self, records: &[Record], from: u64, to: u64) -> Result<(), StorageError> {
        let Some(Record { stream, tenant, .. }) = records.first() else { return Ok(()) };
        let mut tx = self.database.begin(Level::System, Mode::Project).await?;
        tx.bind(Level::Tenant(*tenant))?;
        self.projection.project(&mut tx, records).await?;
        tx.bind(Level::System)?;
        // Where another process has moved on, this touches no row, and nothing is committed.
        tx.execute_one(&CHECKPOINT_MOVE, params![P::NAME, *stream, from, to]).await?;
        tx.commit().await?;
        // Readers of engines' events see what is projected, and wake now.
        self.database.bell().ring_projected(*tenant);
        Ok(())
    }

    fn forget(&self, stream: Uuid) {
        self.projection.forget(stream);
    }

    fn blocks(&self) -> bool {
        self.database.dialect() == Dialect::Sqlite
    }
}
