//! PostgreSQL: a pool of connections, statements prepared once a connection and sent pipelined
//! where they do not need each other's answers. What begins a transaction or binds it goes to the
//! server with the statement behind it, and so costs no way there and back of its own.
//!
//! What must stay true: every statement runs between BEGIN and COMMIT under the role and tenant of
//! its transaction (where what stands before it fails, the server refuses it, for its transaction
//! has failed); a connection goes back to the pool only after COMMIT or ROLLBACK, and never once a
//! statement on it was cancelled: the server may act on that after the next one has begun.

mod many;
mod rows;
mod types;

pub(crate) use many::Counts;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, NoTls, Statement as Prepared};

use self::many::{Way, behind, fly};
use crate::db::Limits;
use crate::error::StorageError;
use crate::level::{Level, Mode};
use crate::statement::Statement;
use crate::value::{Row, Value};

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
    /// What the server is told before the next statement.
    before: String,
    /// The level of that statement; the migrations have none.
    level: Option<Level>,
    /// The level that the server knows of.
    bound: Option<Level>,
    /// Whether it was told anything.
    begun: bool,
    /// Set while a statement is under way: still set when this is dropped, it was abandoned.
    busy: AtomicBool,
}

impl Postgres {
    pub(crate) fn open(url: &str, limits: Limits) -> Result<Self, StorageError> {
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            StorageError::Unavailable { text: format!("the database URL is not valid: {error}") }
        })?;
        let Limits { transaction_ms_max, .. } = limits;
        // A process that stands still keeps nobody from its rows for ever.
        let options = format!(
            "{} -c statement_timeout={transaction_ms_max} \
             -c idle_in_transaction_session_timeout={transaction_ms_max}",
            config.get_options().unwrap_or_default(),
        );
        config.application_name("florin").connect_timeout(Duration::from_secs(5)).options(options);
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
        let begin = match mode {
            Mode::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".to_owned(),
            Mode::Write => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE".to_owned(),
            Mode::Project => format!(
                "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
                 SET LOCAL synchronous_commit = off;
                 SET LOCAL idle_in_transaction_session_timeout = {PROJECT_IDLE_MS_MAX}"
            ),
        };
        Ok(PostgresTx::new(client, begin, Some(level)))
    }

    /// A transaction of the migrations: under the role that connects, which owns the tables.
    pub(crate) async fn begin_as_owner(&self) -> Result<PostgresTx, StorageError> {
        let unavailable = |text| StorageError::Unavailable { text };
        let client = self.pool.get().await.map_err(|error| unavailable(chain(&error)))?;
        let begin = "BEGIN; SET LOCAL statement_timeout = 0;
                     SET LOCAL idle_in_transaction_session_timeout = 0";
        Ok(PostgresTx::new(client, begin.to_owned(), None))
    }
}

fn bind_sql(level: Level) -> String {
    format!("SET LOCAL ROLE {}; SET LOCAL app.tenant = '{}'", level.role(), level.tenant().uuid())
}

impl PostgresTx {
    fn new(client: Object, begin: String, level: Option<Level>) -> Self {
        let (client, busy) = (Some(client), AtomicBool::new(false));
        Self { client, before: begin, level, bound: None, begun: false, busy }
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

    /// What must be sent before the next statement, which the caller sends.
    fn take_before(&mut self) -> String {
        self.begun = true;
        if let Some(level) = self.level.filter(|_| self.level != self.bound) {
            self.run_before_next(&bind_sql(level));
            self.bound = self.level;
        }
        std::mem::take(&mut self.before)
    }

    /// Has text run before the next statement, or before the commit.
    pub(crate) fn run_before_next(&mut self, sql: &str) {
        if !self.before.is_empty() {
            self.before.push_str("; ");
        }
        self.before.push_str(sql);
    }

    pub(crate) const fn bind(&mut self, level: Level) {
        self.level = Some(level);
    }

    /// Gives up what was done since the savepoint, its failure included. Done when this returns: in
    /// a transaction that has failed the next statement could not be prepared.
    pub(crate) async fn rollback_to_savepoint(&mut self) -> Result<(), StorageError> {
        self.bound = self.level;
        self.run("ROLLBACK TO SAVEPOINT carried; RELEASE SAVEPOINT carried").await?;
        // What it was bound to since then is given up too.
        self.bound = None;
        Ok(())
    }

    /// Gives up everything. Done when this returns, so that no lock stands in the next one's way.
    pub(crate) async fn rollback(mut self) -> Result<(), StorageError> {
        if !self.begun {
            return Ok(());
        }
        self.before.clear();
        self.bound = self.level;
        self.run("ROLLBACK").await?;
        self.begun = false;
        Ok(())
    }

    /// Prepares a statement, where that was not done on this connection. What must be sent before
    /// it is taken only then: where this fails, the transaction is left as it was.
    async fn prepare(&self, statement: &Statement) -> Result<Prepared, StorageError> {
        let prepared = self.client()?.prepare_cached(statement.postgres());
        self.answer(prepared).await.map_err(|error| failed(statement.place(), &error))
    }

    pub(crate) async fn rows(
        &mut self,
        statement: &Statement,
        params: &[Value],
    ) -> Result<Vec<Row>, StorageError> {
        let prepared = self.prepare(statement).await?;
        let before = self.take_before();
        let (client, params) = (self.client()?, borrow(params));
        let answer = behind(client, &before, client.query(&prepared, &params));
        let rows = self.answer(answer).await.map_err(|error| failed(statement.place(), &error))?;
        rows.iter().map(types::row).collect()
    }

    pub(crate) async fn execute(
        &mut self,
        statement: &Statement,
        params: &[Value],
    ) -> Result<u64, StorageError> {
        let prepared = self.prepare(statement).await?;
        let before = self.take_before();
        let (client, params) = (self.client()?, borrow(params));
        let answer = behind(client, &before, client.execute(&prepared, &params));
        self.answer(answer).await.map_err(|error| failed(statement.place(), &error))
    }

    /// Asks one query with many rows of parameters, as arrays or pipelined. Behind the columns that
    /// it names a row may have one more.
    pub(crate) async fn rows_many(
        &mut self,
        statement: &Statement,
        many: &[Vec<Value>],
    ) -> Result<Vec<Vec<Row>>, StorageError> {
        let failed = |error| failed(statement.place(), &error);
        let way = Way::of_query(statement, many)?;
        let prepared = self.answer(way.prepare(self.client()?, statement)).await.map_err(failed)?;
        let before = self.take_before();
        let client = self.client()?;
        let answer = behind(client, &before, way.ask(client, &prepared, many));
        let answers = self.answer(answer).await.map_err(failed)?;
        let rows = |rows: &Vec<tokio_postgres::Row>| rows.iter().map(types::row).collect();
        answers.iter().map(rows).collect()
    }

    /// Executes one statement with many rows of parameters, pipelined; the rows each touched. A
    /// plain insert of many rows goes as arrays; one that may leave a row out does so only where
    /// nobody asks for the rows that each touched.
    pub(crate) async fn execute_many(
        &mut self,
        statement: &Statement,
        many: &[Vec<Value>],
        counts: Counts,
    ) -> Result<Vec<u64>, StorageError> {
        let failed = |error| failed(statement.place(), &error);
        let way = Way::of(statement, many, counts)?;
        let prepared = self.answer(way.prepare(self.client()?, statement)).await.map_err(failed)?;
        let before = self.take_before();
        let client = self.client()?;
        let answer = behind(client, &before, way.execute(client, &prepared, many));
        self.answer(answer).await.map_err(failed)
    }

    /// Executes one statement with many rows of parameters and commits, all of it on its way at
    /// once: where the server refuses the statement, it answers the commit with a rollback. The end
    /// of the future does not stop it.
    pub(crate) async fn execute_many_and_commit(
        mut self,
        statement: &'static Statement,
        many: Vec<Vec<Value>>,
    ) -> Result<(), StorageError> {
        let way = Way::of(statement, &many, Counts::Asked)?;
        if !way.is_one_flight(&many) {
            self.execute_many(statement, &many, Counts::Asked).await?;
            return self.commit().await;
        }
        let before = self.take_before();
        let Some(client) = self.client.take() else { return Err(StorageError::Poisoned) };
        let commit = tokio::spawn(async move {
            let outcome = fly(&client, &before, statement, (way, &many)).await;
            if outcome.is_err() {
                drop(Object::take(client));
            }
            outcome
        });
        commit.await.unwrap_or_else(|error| Err(unknown(error.to_string())))
    }

    /// Runs text that is not a statement of a store: BEGIN, migrations, savepoints.
    pub(crate) async fn run(&mut self, sql: &str) -> Result<(), StorageError> {
        let before = self.take_before();
        let client = self.client()?;
        let failed = |error| failed(sql.chars().take(60).collect(), &error);
        let text = behind(client, &before, client.batch_execute(sql));
        self.answer(text).await.map_err(failed)
    }

    /// Commits; the future's end does not stop it.
    pub(crate) async fn commit(mut self) -> Result<(), StorageError> {
        self.bound = self.level;
        self.run_before_next("COMMIT");
        let text = self.take_before();
        let Some(client) = self.client.take() else { return Err(StorageError::Poisoned) };
        let commit = tokio::spawn(async move {
            let outcome = client.batch_execute(&text).await;
            if outcome.is_err() {
                drop(Object::take(client));
            }
            outcome.map_err(|error| commit_failed(&error))
        });
        commit.await.unwrap_or_else(|error| Err(unknown(error.to_string())))
    }
}

const fn unknown(text: String) -> StorageError {
    StorageError::UnknownOutcome { text }
}

/// What a failure says after the server may have been told to commit.
fn commit_failed(error: &tokio_postgres::Error) -> StorageError {
    match failed("COMMIT".into(), error) {
        // The server was shut down, perhaps after it had committed.
        StorageError::Unavailable { text } => unknown(text),
        refused if error.as_db_error().is_some() => refused,
        _ => unknown(chain(error)),
    }
}

impl Drop for PostgresTx {
    fn drop(&mut self) {
        let Some(client) = self.client.take() else { return };
        if !self.begun {
            return;
        }
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

fn borrow(params: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    params.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
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
