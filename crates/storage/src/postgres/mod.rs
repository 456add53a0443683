//! PostgreSQL: a pool of connections, statements prepared once a connection and sent pipelined
//! where they do not need each other's answers.
//!
//! What must stay true: every statement runs between BEGIN and COMMIT under the role and tenant of
//! its transaction; a connection goes back to the pool only after COMMIT or ROLLBACK, and never
//! once a statement on it was cancelled: the server may act on that after the next one has begun.

mod types;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use futures_util::future::try_join_all;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Config, NoTls};

use crate::db::Limits;
use crate::error::StorageError;
use crate::level::{Level, Mode};
use crate::statement::Statement;
use crate::value::{Row, Value};

/// The statements of one bulk call that are under way at a time.
const PIPELINE_MAX: usize = 512;
/// The fewest rows that are inserted as arrays.
const BULK_ROWS_MIN: usize = 16;
/// The most that one statement inserts.
const BULK_ROWS_MAX: usize = 1_024;
/// The bulk inserts of one call that are under way at a time.
const BULKS_PIPELINED_MAX: usize = 4;

/// How long a projector that stands still keeps others from the tables: their readers wait so long.
const PROJECT_IDLE_MS_MAX: u64 = 2_000;

/// A PostgreSQL server.
pub(crate) struct Postgres {
    pool: Pool,
    limits: Limits,
}

/// A transaction of PostgreSQL. Dropping it rolls it back before the connection is used again.
pub(crate) struct PostgresTx {
    client: Option<Object>,
    /// Set while a statement is under way: still set when this is dropped, it was abandoned.
    busy: AtomicBool,
}

impl Postgres {
    pub(crate) fn open(url: &str, limits: Limits) -> Result<Self, StorageError> {
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            StorageError::Unavailable { text: format!("the database URL is not valid: {error}") }
        })?;
        config.application_name("florin").connect_timeout(Duration::from_secs(5));
        let recycling_method = RecyclingMethod::Fast;
        let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method });
        let wait = Some(Duration::from_millis(limits.begin_wait_ms_max));
        let pool = Pool::builder(manager)
            .max_size(limits.connections_max)
            .runtime(Runtime::Tokio1)
            .wait_timeout(wait)
            .create_timeout(Some(Duration::from_secs(5)))
            .build()
            .map_err(|error| StorageError::Unavailable { text: error.to_string() })?;
        Ok(Self { pool, limits })
    }

    pub(crate) async fn begin(&self, level: Level, mode: Mode) -> Result<PostgresTx, StorageError> {
        let client = self.pool.get().await.map_err(|error| match error {
            deadpool_postgres::PoolError::Timeout(_) => {
                StorageError::BeginTimeout { waited_ms: self.limits.begin_wait_ms_max }
            }
            error => StorageError::Unavailable { text: chain(&error) },
        })?;
        let kind = match mode {
            Mode::Read => "ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Mode::Write => "ISOLATION LEVEL READ COMMITTED READ WRITE",
            Mode::Project => {
                "ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL synchronous_commit = off"
            }
        };
        let tx = PostgresTx::new(client);
        let statement_ms = self.limits.transaction_ms_max;
        // A process that stands still keeps nobody from its rows for ever.
        let idle_ms = if mode == Mode::Project { PROJECT_IDLE_MS_MAX } else { statement_ms };
        tx.run(&format!(
            "BEGIN {kind}; SET LOCAL statement_timeout = {statement_ms};
             SET LOCAL idle_in_transaction_session_timeout = {idle_ms}; {}",
            bind_sql(level)
        ))
        .await?;
        Ok(tx)
    }

    /// A transaction of the migrations: under the role that connects, which owns the tables.
    pub(crate) async fn begin_as_owner(&self) -> Result<PostgresTx, StorageError> {
        let unavailable = |text| StorageError::Unavailable { text };
        let client = self.pool.get().await.map_err(|error| unavailable(chain(&error)))?;
        let tx = PostgresTx::new(client);
        tx.run("BEGIN").await?;
        Ok(tx)
    }
}

fn bind_sql(level: Level) -> String {
    format!("SET LOCAL ROLE {}; SET LOCAL app.tenant = '{}'", level.role(), level.tenant().uuid())
}

impl PostgresTx {
    const fn new(client: Object) -> Self {
        Self { client: Some(client), busy: AtomicBool::new(false) }
    }

    /// Marks the connection as busy until the answer is there.
    async fn answer<T>(&self, statement: impl Future<Output = T>) -> T {
        self.busy.store(true, Ordering::Relaxed);
        let answer = statement.await;
        self.busy.store(false, Ordering::Relaxed);
        answer
    }

    fn client(&self) -> Result<&Object, StorageError> {
        self.client.as_ref().ok_or(StorageError::Poisoned)
    }

    pub(crate) async fn bind(&self, level: Level) -> Result<(), StorageError> {
        self.run(&bind_sql(level)).await
    }

    pub(crate) async fn rows(
        &self,
        statement: &Statement,
        params: &[Value],
    ) -> Result<Vec<Row>, StorageError> {
        let client = self.client()?;
        let failed = |error| failed(statement.place(), &error);
        let answer = self.answer(async {
            let prepared = client.prepare_cached(statement.postgres()).await?;
            client.query(&prepared, &borrow(params)).await
        });
        answer.await.map_err(failed)?.iter().map(types::row).collect()
    }

    pub(crate) async fn execute(
        &self,
        statement: &Statement,
        params: &[Value],
    ) -> Result<u64, StorageError> {
        let client = self.client()?;
        let failed = |error| failed(statement.place(), &error);
        let answer = self.answer(async {
            let prepared = client.prepare_cached(statement.postgres()).await?;
            client.execute(&prepared, &borrow(params)).await
        });
        answer.await.map_err(failed)
    }

    /// Asks one query with many rows of parameters, pipelined.
    pub(crate) async fn rows_many(
        &self,
        statement: &Statement,
        many: &[Vec<Value>],
    ) -> Result<Vec<Vec<Row>>, StorageError> {
        let client = self.client()?;
        let failed = |error| failed(statement.place(), &error);
        let answer = self.answer(async {
            let prepared = client.prepare_cached(statement.postgres()).await?;
            let mut answers = Vec::with_capacity(many.len());
            for chunk in many.chunks(PIPELINE_MAX) {
                let under_way = chunk.iter().map(|params| {
                    let (client, prepared, params) = (client, &prepared, borrow(params));
                    async move { client.query(prepared, &params).await }
                });
                answers.extend(try_join_all(under_way).await?);
            }
            Ok(answers)
        });
        let rows = |rows: &Vec<tokio_postgres::Row>| rows.iter().map(types::row).collect();
        answer.await.map_err(failed)?.iter().map(rows).collect()
    }

    /// Executes one statement with many rows of parameters, pipelined; the rows each touched. A
    /// plain insert of many rows goes as arrays; one that may leave a row out does so only where
    /// nobody asks for the rows that each touched.
    pub(crate) async fn execute_many(
        &self,
        statement: &Statement,
        many: &[Vec<Value>],
        counts: Counts,
    ) -> Result<Vec<u64>, StorageError> {
        let client = self.client()?;
        let failed = |error| failed(statement.place(), &error);
        let width = many.first().map_or(0, Vec::len);
        if many.iter().any(|row| row.len() != width) {
            let text = "its rows have different numbers of parameters".to_owned();
            return Err(StorageError::Statement { place: statement.place(), text });
        }
        let bulk = statement
            .postgres_bulk()
            .filter(|bulk| bulk.all || counts == Counts::Unasked)
            .filter(|_| many.len() >= BULK_ROWS_MIN);
        let answer = self.answer(async {
            let prepared = client.prepare_cached(statement.postgres()).await?;
            if let Some(bulk) = bulk {
                let types = prepared.params();
                let sql = bulk.sql(types.iter().map(Type::name));
                let prepared = client.prepare_cached(sql).await?;
                for chunk in many.chunks(BULK_ROWS_MAX * BULKS_PIPELINED_MAX) {
                    let under_way = chunk.chunks(BULK_ROWS_MAX).map(|rows| {
                        let (client, prepared) = (client, &prepared);
                        let arrays = columns(rows, width);
                        async move { client.execute_raw(prepared, arrays).await }
                    });
                    try_join_all(under_way).await?;
                }
                return Ok(vec![1; many.len()]);
            }
            let mut touched = Vec::with_capacity(many.len());
            for chunk in many.chunks(PIPELINE_MAX) {
                let under_way = chunk.iter().map(|params| {
                    let (client, prepared, params) = (client, &prepared, borrow(params));
                    async move { client.execute(prepared, &params).await }
                });
                touched.extend(try_join_all(under_way).await?);
            }
            Ok(touched)
        });
        answer.await.map_err(failed)
    }

    /// Runs text that is not a statement of a store: BEGIN, migrations, savepoints.
    pub(crate) async fn run(&self, sql: &str) -> Result<(), StorageError> {
        let failed = |error| failed(sql.chars().take(60).collect(), &error);
        self.answer(self.client()?.batch_execute(sql)).await.map_err(failed)
    }

    /// Commits; the future's end does not stop it.
    pub(crate) async fn commit(mut self) -> Result<(), StorageError> {
        let Some(client) = self.client.take() else { return Err(StorageError::Poisoned) };
        let unknown = |text| StorageError::UnknownOutcome { text };
        let commit = tokio::spawn(async move {
            let outcome = client.batch_execute("COMMIT").await;
            if outcome.is_err() {
                drop(Object::take(client));
            }
            outcome
        });
        match commit.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => match failed("COMMIT".into(), &error) {
                // The server was shut down, perhaps after it had committed.
                StorageError::Unavailable { text } => Err(unknown(text)),
                refused if error.as_db_error().is_some() => Err(refused),
                _ => Err(unknown(chain(&error))),
            },
            Err(error) => Err(unknown(error.to_string())),
        }
    }
}

impl Drop for PostgresTx {
    fn drop(&mut self) {
        let Some(client) = self.client.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            drop(Object::take(client));
            return;
        };
        let abandoned = self.busy.load(Ordering::Relaxed);
        runtime.spawn(async move {
            if abandoned {
                // Ended with its connection, so that no other transaction meets the cancellation.
                let _ = client.cancel_token().cancel_query(NoTls).await;
                drop(Object::take(client));
            } else if client.batch_execute("ROLLBACK").await.is_err() {
                drop(Object::take(client));
            }
        });
    }
}

/// Whether it matters how many rows each row of parameters touched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counts {
    Asked,
    Unasked,
}

fn borrow(params: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    params.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

/// The columns of rows, each an array.
fn columns(rows: &[Vec<Value>], count: usize) -> impl ExactSizeIterator<Item = Vec<&Value>> {
    (0..count).map(move |index| rows.iter().filter_map(|row| row.get(index)).collect())
}

/// An error with its causes: tokio-postgres says "db error" and keeps the rest in the source.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn failed(place: String, error: &tokio_postgres::Error) -> StorageError {
    let Some(database) = error.as_db_error() else {
        let text = chain(error);
        return if error.is_closed() {
            StorageError::Unavailable { text }
        } else {
            StorageError::Statement { place, text }
        };
    };
    match *database.code() {
        SqlState::UNIQUE_VIOLATION => {
            let constraint = database.constraint().unwrap_or_default().to_owned();
            StorageError::Duplicate { place, constraint }
        }
        SqlState::LOCK_NOT_AVAILABLE | SqlState::T_R_DEADLOCK_DETECTED => {
            StorageError::Locked { place }
        }
        SqlState::QUERY_CANCELED => StorageError::Timeout { place },
        SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN | SqlState::CANNOT_CONNECT_NOW => {
            StorageError::Unavailable { text: database.message().to_owned() }
        }
        // Its DETAIL may show a row; the message and the code do not.
        _ => {
            let text = format!("{} ({})", database.message(), database.code().code());
            StorageError::Statement { place, text }
        }
    }
}
