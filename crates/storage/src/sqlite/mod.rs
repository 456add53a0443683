//! SQLite: one writer behind a fair queue, readers beside it, statements called inline.
//!
//! There are two files: the database's, and beside it one with the tables that are made from the
//! journal, which has a writer of its own and is attached to every other connection, to be read.
//!
//! What must stay true: at most one connection writes each file; a reader's connection cannot
//! write; a transaction that is dropped is rolled back before its connection is used again.

mod functions;
mod source;

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as StdMutex};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql};
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

pub use source::SqliteSource;

use crate::db::Limits;
use crate::error::StorageError;
use crate::level::{Level, Mode};
use crate::statement::Statement;
use crate::value::{Row, Value, amount_to_bytes};

/// How many instructions of SQLite's machine pass between two looks at the clock.
const PROGRESS_STEPS: i32 = 4_000;
/// The prepared statements that a connection keeps.
const STATEMENT_CACHE_MAX: usize = 512;

/// How much of a text that is no statement of a store an error shows.
const PLACE_CHARS_MAX: usize = 60;

/// What a database's file for projected tables ends with, in place of the database's own ending.
pub(crate) const PROJECTIONS_EXTENSION: &str = "projections.db";

/// An open SQLite database.
pub(crate) struct Sqlite {
    path: PathBuf,
    limits: Limits,
    writer: Arc<Mutex<Connected>>,
    projector: Arc<Mutex<Connected>>,
    readers: Arc<Readers>,
}

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Write,
    Project,
    Read,
}

struct Readers {
    permits: Arc<Semaphore>,
    idle: StdMutex<Vec<Connected>>,
}

/// A connection with the two things its callbacks look at.
struct Connected {
    connection: Connection,
    tenant: functions::BoundTenant,
    deadline: Arc<Deadline>,
}

/// When the running transaction must end, in milliseconds after `start`.
struct Deadline {
    start: Instant,
    at_ms: AtomicU64,
}

/// A transaction of SQLite. Dropping it rolls it back.
pub(crate) struct SqliteTx {
    held: Option<Held>,
}

enum Held {
    Writer(OwnedMutexGuard<Connected>),
    Reader { connected: Connected, readers: Arc<Readers>, _permit: OwnedSemaphorePermit },
}

impl Sqlite {
    pub(crate) fn open(path: &Path, limits: Limits) -> Result<Self, StorageError> {
        // First the one that makes the file that the others attach.
        let projector = Arc::new(Mutex::new(Connected::open(path, Purpose::Project)?));
        let writer = Arc::new(Mutex::new(Connected::open(path, Purpose::Write)?));
        let permits = Arc::new(Semaphore::new(limits.readers_max));
        let readers = Arc::new(Readers { permits, idle: StdMutex::new(Vec::new()) });
        Ok(Self { path: path.to_owned(), limits, writer, projector, readers })
    }

    /// Where the tables are that are made from the journal.
    pub(crate) fn projections_file(&self) -> PathBuf {
        projections_path(&self.path)
    }

    pub(crate) async fn begin(&self, level: Level, mode: Mode) -> Result<SqliteTx, StorageError> {
        let wait = Duration::from_millis(self.limits.begin_wait_ms_max);
        let busy = |_| StorageError::BeginTimeout { waited_ms: self.limits.begin_wait_ms_max };
        let held = match mode {
            Mode::Write | Mode::Project => {
                let one = if mode == Mode::Write { &self.writer } else { &self.projector };
                let writer = Arc::clone(one).lock_owned();
                Held::Writer(tokio::time::timeout(wait, writer).await.map_err(busy)?)
            }
            Mode::Read => {
                let permit = Arc::clone(&self.readers.permits).acquire_owned();
                let permit = tokio::time::timeout(wait, permit).await.map_err(busy)?;
                let permit = permit.map_err(|_| unavailable("the database is closed"))?;
                let idle = self.readers.pop();
                let connected = match idle {
                    Some(connected) => connected,
                    None => Connected::open(&self.path, Purpose::Read)?,
                };
                let readers = Arc::clone(&self.readers);
                Held::Reader { connected, readers, _permit: permit }
            }
        };
        let tx = SqliteTx { held: Some(held) };
        let connected = tx.connected()?;
        connected.deadline.set(Duration::from_millis(self.limits.transaction_ms_max));
        connected.tenant.set(level.tenant());
        let begin = if mode == Mode::Read { "BEGIN DEFERRED" } else { "BEGIN IMMEDIATE" };
        connected.run(begin)?;
        Ok(tx)
    }
}

impl Readers {
    fn pop(&self) -> Option<Connected> {
        self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop()
    }

    fn push(&self, connected: Connected) {
        self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(connected);
    }
}

impl Deadline {
    fn set(&self, from_now: Duration) {
        self.at_ms.store(millis(self.start.elapsed() + from_now), Ordering::Relaxed);
    }

    fn has_passed(&self) -> bool {
        millis(self.start.elapsed()) > self.at_ms.load(Ordering::Relaxed)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Connected {
    fn open(path: &Path, purpose: Purpose) -> Result<Self, StorageError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let projections = projections_path(path);
        let file = if purpose == Purpose::Project { &projections } else { path };
        let open = || -> rusqlite::Result<Self> {
            make_private(file);
            let mut connection = Connection::open_with_flags(file, flags)?;
            // What may not be written is opened all the same, and fails at the first write.
            if connection.is_readonly("main")? {
                let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY);
                return Err(rusqlite::Error::SqliteFailure(code, None));
            }
            connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE_MAX);
            connection.busy_timeout(Duration::from_secs(5))?;
            // A plan depends on its statement alone. Without this, each statement whose `LIMIT` is
            // a parameter is parsed and planned anew whenever that is bound.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
            // FULL: every commit is on the disk before it is acknowledged.
            connection.execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
                 PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;",
            )?;
            match purpose {
                // A loss of power may take the last commits: they are made again from the journal.
                // What it merges it has written lately: in the cache it is not read again, and
                // with a longer log more of it goes before it reaches the file.
                Purpose::Project => connection.execute_batch(
                    "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8192;
                     PRAGMA wal_autocheckpoint = 8192;",
                )?,
                Purpose::Read | Purpose::Write => {
                    // Read-only: a transaction that writes takes no lock on this file.
                    let url = format!("file:{}?mode=ro", escaped(&projections));
                    connection.execute("ATTACH ?1 AS projections", [url])?;
                }
            }
            match purpose {
                Purpose::Read => connection.execute_batch("PRAGMA query_only = ON;")?,
                // The wrapped key of a party that is erased does not stay behind in its page.
                Purpose::Write => connection.execute_batch("PRAGMA secure_delete = FAST;")?,
                Purpose::Project => {}
            }
            let tenant = functions::register(&connection)?;
            let start = Instant::now();
            let deadline = Arc::new(Deadline { start, at_ms: AtomicU64::new(u64::MAX) });
            let watched = Arc::clone(&deadline);
            connection.progress_handler(PROGRESS_STEPS, Some(move || watched.has_passed()))?;
            Ok(Self { connection, tenant, deadline })
        };
        open().map_err(|error| unavailable(&format!("{}: {error}", file.display())))
    }

    fn run(&self, sql: &str) -> Result<(), StorageError> {
        let place = || sql.chars().take(PLACE_CHARS_MAX).collect();
        self.connection.execute_batch(sql).map_err(|error| failed(place(), &error))
    }

    fn rollback(&self) {
        // A rollback must not be stopped by the clock. Where even it fails, the next BEGIN says so.
        self.deadline.at_ms.store(u64::MAX, Ordering::Relaxed);
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}

impl SqliteTx {
    fn connected(&self) -> Result<&Connected, StorageError> {
        match &self.held {
            Some(Held::Writer(connected)) => Ok(connected),
            Some(Held::Reader { connected, .. }) => Ok(connected),
            None => Err(StorageError::Poisoned),
        }
    }

    pub(crate) fn bind(&self, level: Level) -> Result<(), StorageError> {
        self.connected()?.tenant.set(level.tenant());
        Ok(())
    }

    pub(crate) fn rows(
        &self,
        statement: &Statement,
        params: &[Value],
    ) -> Result<Vec<Row>, StorageError> {
        let connection = &self.connected()?.connection;
        let query = || -> rusqlite::Result<Vec<Row>> {
            let mut prepared = connection.prepare_cached(statement.sqlite())?;
            let columns = prepared.column_count();
            let mut answer = prepared.query(rusqlite::params_from_iter(params))?;
            let mut rows = Vec::new();
            while let Some(row) = answer.next()? {
                let cell = |column| row.get_ref(column).map(cell);
                rows.push(Row::new((0..columns).map(cell).collect::<Result<_, _>>()?));
            }
            Ok(rows)
        };
        query().map_err(|error| failed(statement.place(), &error))
    }

    pub(crate) fn execute(
        &self,
        statement: &Statement,
        params: &[Value],
    ) -> Result<u64, StorageError> {
        let connection = &self.connected()?.connection;
        let execute = || -> rusqlite::Result<usize> {
            let mut prepared = connection.prepare_cached(statement.sqlite())?;
            prepared.execute(rusqlite::params_from_iter(params))
        };
        let touched = execute().map_err(|error| failed(statement.place(), &error))?;
        Ok(u64::try_from(touched).unwrap_or(u64::MAX))
    }

    /// Executes one statement with many rows of parameters; the rows each touched.
    pub(crate) fn execute_many(
        &self,
        statement: &Statement,
        many: &[Vec<Value>],
    ) -> Result<Vec<u64>, StorageError> {
        let connection = &self.connected()?.connection;
        let execute = || -> rusqlite::Result<Vec<u64>> {
            let mut prepared = connection.prepare_cached(statement.sqlite())?;
            let expected = prepared.parameter_count();
            let mut touched = Vec::with_capacity(many.len());
            for params in many {
                if params.len() != expected {
                    return Err(rusqlite::Error::InvalidParameterCount(params.len(), expected));
                }
                for (index, value) in params.iter().enumerate() {
                    match value {
                        Value::Amount(amount) => {
                            let bytes = amount_to_bytes(*amount);
                            prepared.raw_bind_parameter(index + 1, &bytes[..])?;
                        }
                        value => prepared.raw_bind_parameter(index + 1, value)?,
                    }
                }
                touched.push(u64::try_from(prepared.raw_execute()?).unwrap_or(u64::MAX));
            }
            Ok(touched)
        };
        execute().map_err(|error| failed(statement.place(), &error))
    }

    /// Runs text that is not a statement of a store: migrations and savepoints.
    pub(crate) fn run(&self, sql: &str) -> Result<(), StorageError> {
        self.connected()?.run(sql)
    }

    /// Commits, what was written on a thread that may block; the future's end does not stop it.
    pub(crate) async fn commit(self) -> Result<(), StorageError> {
        if !matches!(self.held, Some(Held::Writer(_))) {
            return self.commit_here();
        }
        tokio::task::spawn_blocking(|| self.commit_here())
            .await
            .map_err(|error| unavailable(&error.to_string()))?
    }

    /// Commits on this thread, which blocks until what was written is flushed.
    pub(crate) fn commit_here(mut self) -> Result<(), StorageError> {
        let outcome = self.connected()?.run("COMMIT");
        self.give_back();
        match outcome {
            // What a failed write or flush left in the file may be there after a loss of power.
            Err(StorageError::Statement { text, .. }) => Err(StorageError::UnknownOutcome { text }),
            outcome => outcome,
        }
    }

    fn give_back(&mut self) {
        match self.held.take() {
            Some(Held::Writer(connected)) => connected.rollback(),
            Some(Held::Reader { connected, readers, _permit }) => {
                connected.rollback();
                readers.push(connected);
            }
            None => {}
        }
    }
}

impl Drop for SqliteTx {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// Makes a database's file where it is missing: nobody else on the machine reads it, nor what
/// SQLite puts beside it, which takes its permissions. Where that fails, opening it says why.
fn make_private(file: &Path) {
    let mut open = OpenOptions::new();
    open.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    let _ = open.open(file);
}

/// The file of the tables that are made from the journal: `florin.db` has `florin.projections.db`.
fn projections_path(path: &Path) -> PathBuf {
    path.with_extension(PROJECTIONS_EXTENSION)
}

/// A path as SQLite reads it in a URI.
fn escaped(path: &Path) -> String {
    let text = path.to_string_lossy();
    text.replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

fn cell(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::I64(number),
        // No table of ours has such a column; an expression that makes one is not read as a number.
        ValueRef::Real(number) => Value::Text(format!("{number:?} (floating point)")),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        use rusqlite::types::Value as Owned;
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(Owned::Null),
            Self::I64(number) => ToSqlOutput::Owned(Owned::Integer(*number)),
            Self::Text(text) | Self::Json(text) => {
                ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))
            }
            Self::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Self::Bool(truth) => ToSqlOutput::Owned(Owned::Integer(i64::from(*truth))),
            Self::Uuid(uuid) => ToSqlOutput::Borrowed(ValueRef::Blob(uuid.as_bytes())),
            Self::Amount(amount) => {
                ToSqlOutput::Owned(Owned::Blob(amount_to_bytes(*amount).to_vec()))
            }
            Self::Time(time) => ToSqlOutput::Owned(Owned::Integer(time.micros())),
            Self::Date(date) => ToSqlOutput::Owned(Owned::Text(date.to_string())),
        })
    }
}

fn unavailable(text: &str) -> StorageError {
    StorageError::Unavailable { text: text.to_owned() }
}

fn failed(place: String, error: &rusqlite::Error) -> StorageError {
    let text = match error {
        // Its own text repeats the statement, which may be a whole migration.
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        error => error.to_string(),
    };
    match error.sqlite_error() {
        Some(code) if code.code == ErrorCode::OperationInterrupted => {
            StorageError::Timeout { place }
        }
        Some(code) if code.code == ErrorCode::DatabaseBusy => StorageError::Locked { place },
        Some(code)
            if code.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE
                || code.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY =>
        {
            let constraint = text.rsplit(": ").next().unwrap_or_default().to_owned();
            StorageError::Duplicate { place, constraint }
        }
        _ => StorageError::Statement { place, text },
    }
}
