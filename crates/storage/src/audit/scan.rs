//! The scan of one table, record by record in the order of its key, as the table has them.
//!
//! What must stay true: no record is passed over, even where somebody damaged the tree that finds
//! them. A batch begins behind the last record of the one before, so that record must be found
//! again by its key.

use std::collections::BTreeMap;

use kernel::Uuid;

use super::heads::NewestHeads;
use super::walk::Walk;
use crate::db::Database;
use crate::error::StorageError;
use crate::level::{Level, Mode};
use crate::log::StreamKind;
use crate::statement::Statement;
use crate::value::Row;
use crate::{params, sql};

/// The records that are read at a time.
const BATCH_RECORDS: u32 = 64;

sql! {
    LOG_RECORDS: system("the audit walks the streams of every tenant") =
        "SELECT stream, seq, tenant, hash, body, id, recorded FROM log_event
         WHERE (stream, seq) > ($1, $2) ORDER BY stream, seq LIMIT $3";
    LOG_RECORD: system("the audit walks the streams of every tenant") =
        "SELECT seq FROM log_event WHERE stream = $1 AND seq = $2";
    JOURNAL_RECORDS: system("the audit walks the streams of every tenant") =
        "SELECT stream, seq, tenant, hash, body FROM journal
         WHERE (stream, seq) > ($1, $2) ORDER BY stream, seq LIMIT $3";
    JOURNAL_RECORD: system("the audit walks the streams of every tenant") =
        "SELECT seq FROM journal WHERE stream = $1 AND seq = $2";
}

/// The key of a record.
type Key = (Uuid, i64);

/// What a scan saw.
pub(super) struct Scan {
    kind: StreamKind,
    pub(super) walks: BTreeMap<Uuid, Walk>,
    /// Where it could not go on: behind which record, and why.
    pub(super) stuck: Option<(Key, String)>,
}

/// Whether an error says that what is stored cannot be read, rather than that nobody could look.
const fn is_damage(error: &StorageError) -> bool {
    matches!(
        error,
        StorageError::Statement { .. } | StorageError::Type { .. } | StorageError::Damaged { .. }
    )
}

impl Scan {
    pub(super) const fn new(kind: StreamKind) -> Self {
        Self { kind, walks: BTreeMap::new(), stuck: None }
    }

    /// Reads the table to its end, or to where it cannot be read.
    pub(super) async fn run(
        &mut self,
        database: &Database,
        newest: &mut NewestHeads,
    ) -> Result<(), StorageError> {
        let mut last = (Uuid::nil(), i64::MIN);
        let mut limit = BATCH_RECORDS;
        loop {
            let rows = match self.read(database, last, limit).await {
                Ok(rows) => rows,
                // One of them cannot be read. Alone, it shows which.
                Err(error) if is_damage(&error) && limit > 1 => {
                    limit = 1;
                    continue;
                }
                Err(error) if is_damage(&error) => {
                    self.stuck = Some((last, format!("what follows cannot be read: {error}")));
                    return Ok(());
                }
                Err(error) => return Err(error),
            };
            let begin = last;
            for row in &rows {
                let (Ok(stream), Ok(seq)) = (row.get(0), row.get(1)) else {
                    let what = "what follows has no key that can be read".to_owned();
                    self.stuck = Some((last, what));
                    return Ok(());
                };
                last = (stream, seq);
                let kind = self.kind;
                let walk = self.walks.entry(stream);
                let walk =
                    walk.or_insert_with(|| Walk::new(kind, stream, newest.take(kind, stream)));
                walk.take(row);
            }
            if rows.is_empty() {
                return Ok(());
            }
            if last <= begin || !self.is_found(database, last).await? {
                self.stuck = Some((
                    last,
                    "it is not where its key says; what follows was not read".to_owned(),
                ));
                return Ok(());
            }
        }
    }

    async fn read(
        &self,
        database: &Database,
        after: Key,
        limit: u32,
    ) -> Result<Vec<Row>, StorageError> {
        let statement: &'static Statement = match self.kind {
            StreamKind::Log => &LOG_RECORDS,
            StreamKind::Journal => &JOURNAL_RECORDS,
        };
        let mut tx = database.begin(Level::System, Mode::Read).await?;
        let rows = tx.rows(statement, params![after.0, after.1, limit]).await?;
        tx.commit().await?;
        Ok(rows)
    }

    async fn is_found(&self, database: &Database, key: Key) -> Result<bool, StorageError> {
        let statement: &'static Statement = match self.kind {
            StreamKind::Log => &LOG_RECORD,
            StreamKind::Journal => &JOURNAL_RECORD,
        };
        let mut tx = database.begin(Level::System, Mode::Read).await?;
        match tx.row(statement, params![key.0, key.1]).await {
            Ok(row) => Ok(row.is_some()),
            Err(error) if is_damage(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
