//! The database, whichever it is, and the transactions it hands out.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use kernel::{Env, TenantId};

use crate::error::StorageError;
use crate::journal::RowChange;
use crate::keys::{KeyCache, MasterKeyId, MasterKeys};
use crate::level::{Level, Mode};
use crate::log::{Bell, event};
use crate::postgres::{Counts, Postgres, PostgresTx};
use crate::sqlite::{Sqlite, SqliteTx};
use crate::statement::{Reach, Statement};
use crate::value::{Params, Row, Value};

/// What may take how long, and how much of it there may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a transaction may wait for its turn.
    pub begin_wait_ms_max: u64,
    /// How long a transaction may run (PostgreSQL: each of its statements).
    pub transaction_ms_max: u64,
    /// Readers at a time on SQLite.
    pub readers_max: usize,
    /// Connections to PostgreSQL.
    pub connections_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            begin_wait_ms_max: 5_000,
            transaction_ms_max: 30_000,
            readers_max: 16,
            connections_max: 16,
        }
    }
}

/// An open database. Cloning it is cheap and gives the same one.
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    env: Env,
    /// Tells the tasks of this process what was committed here.
    bell: Bell,
    /// What opens the keys of tenants.
    master: OnceLock<Arc<dyn MasterKeys>>,
    /// The keys of tenants that are open.
    tenant_keys: KeyCache,
}

enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Embedded.
    Sqlite,
    /// A server.
    Postgres,
}

/// A transaction, bound to a level. Dropped without [`Tx::commit`], it is rolled back.
pub struct Tx {
    inner: EngineTx,
    level: Level,
    /// Set for the writer and the sequencer, which bind the tenant anew for each one's statements.
    system: bool,
    failed: bool,
    /// Set where it adds events, so that its commit wakes the sequencer.
    emitted: bool,
    /// Set where it made a key of a tenant.
    pub(crate) makes_key: bool,
    database: Database,
}

enum EngineTx {
    Sqlite(SqliteTx),
    Postgres(PostgresTx),
}

impl Database {
    /// Opens `postgres://…` or `sqlite:PATH`.
    pub fn open(url: &str, env: Env, limits: Limits) -> Result<Self, StorageError> {
        let engine = if let Some(path) = url.strip_prefix("sqlite:") {
            Engine::Sqlite(Sqlite::open(Path::new(path.trim_start_matches("//")), limits)?)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Engine::Postgres(Postgres::open(url, limits)?)
        } else {
            let text = "the database URL begins with neither sqlite: nor postgres://".to_owned();
            return Err(StorageError::Unavailable { text });
        };
        Ok(Self {
            inner: Arc::new(Inner {
                engine,
                env,
                bell: Bell::new(),
                master: OnceLock::new(),
                tenant_keys: KeyCache::default(),
            }),
        })
    }

    /// Which database it is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match &self.inner.engine {
            Engine::Sqlite(_) => Dialect::Sqlite,
            Engine::Postgres(_) => Dialect::Postgres,
        }
    }

    /// The file of the tables that are made from the journal, where they stand in one.
    pub(crate) fn projections_file(&self) -> Option<PathBuf> {
        match &self.inner.engine {
            Engine::Sqlite(sqlite) => Some(sqlite.projections_file()),
            Engine::Postgres(_) => None,
        }
    }

    /// Time and randomness.
    #[must_use]
    pub fn env(&self) -> &Env {
        &self.inner.env
    }

    /// Begins a transaction that sees the rows of `level` and no others.
    pub async fn begin(&self, level: Level, mode: Mode) -> Result<Tx, StorageError> {
        let inner = match &self.inner.engine {
            Engine::Sqlite(sqlite) => EngineTx::Sqlite(sqlite.begin(level, mode).await?),
            Engine::Postgres(postgres) => EngineTx::Postgres(postgres.begin(level, mode).await?),
        };
        Ok(self.tx(inner, level))
    }

    /// Begins a transaction of the migrations, as the owner of the tables.
    pub(crate) async fn begin_as_owner(&self, mode: Mode) -> Result<Tx, StorageError> {
        let inner = match &self.inner.engine {
            Engine::Sqlite(sqlite) => EngineTx::Sqlite(sqlite.begin(Level::System, mode).await?),
            Engine::Postgres(postgres) => EngineTx::Postgres(postgres.begin_as_owner().await?),
        };
        Ok(self.tx(inner, Level::System))
    }

    fn tx(&self, inner: EngineTx, level: Level) -> Tx {
        let system = level == Level::System;
        Tx {
            inner,
            level,
            system,
            failed: false,
            emitted: false,
            makes_key: false,
            database: self.clone(),
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StorageError> {
        let tx = self.begin(Level::Common, Mode::Read).await?;
        tx.commit().await
    }

    /// Changes each time a stream of whatever tenant grows in this process, or its tables do.
    #[must_use]
    pub fn growth(&self) -> tokio::sync::watch::Receiver<u64> {
        self.bell().growth()
    }

    /// What commits tell the tasks of this process.
    pub(crate) fn bell(&self) -> &Bell {
        &self.inner.bell
    }

    /// Names the keys that open those of tenants, once and before any of these is needed.
    ///
    /// # Errors
    /// Where it has some already.
    pub fn use_master_keys(&self, keys: Arc<dyn MasterKeys>) -> Result<(), StorageError> {
        let text = "the database has its master keys already".to_owned();
        self.inner.master.set(keys).map_err(|_| StorageError::Configuration { text })
    }

    /// The master key that wraps what is new.
    ///
    /// # Errors
    /// Where none is open.
    pub fn current_master_key(&self) -> Result<MasterKeyId, StorageError> {
        Ok(self.master_keys()?.current())
    }

    /// The keys that open those of tenants.
    pub(crate) fn master_keys(&self) -> Result<&Arc<dyn MasterKeys>, StorageError> {
        let text = "no master key is open, so that no key of a tenant can be used".to_owned();
        self.inner.master.get().ok_or(StorageError::Configuration { text })
    }

    /// The keys of tenants that are in memory.
    pub(crate) fn tenant_keys(&self) -> &KeyCache {
        &self.inner.tenant_keys
    }
}

impl Tx {
    /// The level it is bound to.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// The database it belongs to.
    #[must_use]
    pub const fn database(&self) -> &Database {
        &self.database
    }

    /// Binds a system transaction to a tenant for the statements that follow, or back.
    pub fn bind(&mut self, level: Level) -> Result<(), StorageError> {
        if !self.system {
            let (place, level) = ("Tx::bind".to_owned(), self.level.to_string());
            return Err(StorageError::Level { place, level });
        }
        match &mut self.inner {
            EngineTx::Sqlite(tx) => tx.bind(level)?,
            EngineTx::Postgres(tx) => tx.bind(level),
        }
        self.level = level;
        Ok(())
    }

    /// The rows a statement gives.
    pub async fn rows(
        &mut self,
        statement: &'static Statement,
        params: Params,
    ) -> Result<Vec<Row>, StorageError> {
        self.check(statement)?;
        let outcome = match &mut self.inner {
            EngineTx::Sqlite(tx) => tx.rows(statement, &params),
            EngineTx::Postgres(tx) => tx.rows(statement, &params).await,
        };
        self.note(outcome)
    }

    /// The rows that one query gives for each of many rows of parameters.
    pub async fn rows_many(
        &mut self,
        statement: &'static Statement,
        many: Vec<Params>,
    ) -> Result<Vec<Vec<Row>>, StorageError> {
        self.check(statement)?;
        let outcome = match &mut self.inner {
            EngineTx::Sqlite(tx) => {
                many.iter().map(|params: &Vec<Value>| tx.rows(statement, params)).collect()
            }
            EngineTx::Postgres(tx) => tx.rows_many(statement, &many).await,
        };
        self.note(outcome)
    }

    /// The first row a statement gives, if there is one.
    pub async fn row(
        &mut self,
        statement: &'static Statement,
        params: Params,
    ) -> Result<Option<Row>, StorageError> {
        Ok(self.rows(statement, params).await?.into_iter().next())
    }

    /// Runs a statement; the rows it touched.
    pub async fn execute(
        &mut self,
        statement: &'static Statement,
        params: Params,
    ) -> Result<u64, StorageError> {
        self.check(statement)?;
        let outcome = match &mut self.inner {
            EngineTx::Sqlite(tx) => tx.execute(statement, &params),
            EngineTx::Postgres(tx) => tx.execute(statement, &params).await,
        };
        self.note(outcome)
    }

    /// Runs a statement that must touch exactly one row.
    pub async fn execute_one(
        &mut self,
        statement: &'static Statement,
        params: Params,
    ) -> Result<(), StorageError> {
        let touched = self.execute(statement, params).await?;
        if touched == 1 {
            return Ok(());
        }
        self.failed = true;
        Err(StorageError::Guard { place: statement.place(), touched, expected: 1 })
    }

    /// Runs one statement with many rows of parameters; the rows each touched.
    pub async fn execute_many(
        &mut self,
        statement: &'static Statement,
        many: Vec<Params>,
    ) -> Result<Vec<u64>, StorageError> {
        self.check(statement)?;
        let outcome = match &mut self.inner {
            EngineTx::Sqlite(tx) => tx.execute_many(statement, &many),
            EngineTx::Postgres(tx) => tx.execute_many(statement, &many, Counts::Asked).await,
        };
        self.note(outcome)
    }

    /// Runs one insert with many rows of parameters, many rows at a time; `ON CONFLICT … DO
    /// NOTHING` leaves out what is there.
    pub(crate) async fn insert_many(
        &mut self,
        statement: &'static Statement,
        many: Vec<Params>,
    ) -> Result<(), StorageError> {
        self.check(statement)?;
        let outcome = match &mut self.inner {
            EngineTx::Sqlite(tx) => tx.execute_many(statement, &many).map(|_| ()),
            EngineTx::Postgres(tx) => {
                tx.execute_many(statement, &many, Counts::Unasked).await.map(|_| ())
            }
        };
        self.note(outcome)
    }

    /// Changes the rows of commands, each of a tenant, as if one after the other; whether each
    /// change touched the rows it must. Where one did not, or failed, all of them are to be given
    /// up. For system transactions, which are bound to a tenant afterwards.
    pub(crate) async fn change_rows(
        &mut self,
        commands: &[(TenantId, Vec<RowChange>)],
    ) -> Result<bool, StorageError> {
        for (tenant, changes) in commands {
            self.level = Level::of(*tenant);
            changes.iter().try_for_each(|change| self.check(change.statement))?;
        }
        if let EngineTx::Postgres(tx) = &mut self.inner {
            let outcome = tx.change_rows(commands).await;
            return self.note(outcome);
        }
        for (tenant, changes) in commands {
            self.bind(Level::of(*tenant))?;
            for RowChange { statement, params, rows, .. } in changes {
                let touched = self.execute(statement, params.clone()).await?;
                if rows.is_some_and(|rows| rows != touched) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Commits. What it wrote is durable when this returns.
    pub async fn commit(self) -> Result<(), StorageError> {
        if self.failed {
            return Err(StorageError::Poisoned);
        }
        match self.inner {
            EngineTx::Sqlite(tx) => tx.commit().await?,
            EngineTx::Postgres(tx) => tx.commit().await?,
        }
        if self.emitted {
            self.database.bell().ring_emitted();
        }
        Ok(())
    }

    /// Runs one statement with many rows of parameters and commits, without leaving this thread,
    /// which SQLite blocks meanwhile.
    pub(crate) async fn execute_many_and_commit(
        mut self,
        statement: &'static Statement,
        many: Vec<Params>,
    ) -> Result<(), StorageError> {
        self.check(statement)?;
        match self.inner {
            EngineTx::Sqlite(tx) => {
                tx.execute_many(statement, &many)?;
                tx.commit_here()
            }
            EngineTx::Postgres(tx) => tx.execute_many_and_commit(statement, many).await,
        }
    }

    /// Gives up what it wrote.
    pub fn rollback(self) {
        drop(self);
    }

    /// Begins a part that can be given up alone.
    pub(crate) fn savepoint(&mut self) -> Result<(), StorageError> {
        self.run_before_next("SAVEPOINT carried")
    }

    /// Keeps what was done since the savepoint.
    pub(crate) fn release(&mut self) -> Result<(), StorageError> {
        self.run_before_next("RELEASE SAVEPOINT carried")
    }

    /// Gives up what was done since the savepoint, its failure included.
    pub(crate) async fn rollback_to_savepoint(&mut self) -> Result<(), StorageError> {
        self.failed = false;
        let outcome = match &mut self.inner {
            EngineTx::Sqlite(tx) => {
                tx.run("ROLLBACK TO SAVEPOINT carried; RELEASE SAVEPOINT carried")
            }
            EngineTx::Postgres(tx) => tx.rollback_to_savepoint().await,
        };
        self.note(outcome)
    }

    /// Gives up what it wrote, and returns when that is done.
    pub(crate) async fn roll_back(self) -> Result<(), StorageError> {
        match self.inner {
            EngineTx::Sqlite(tx) => drop(tx),
            EngineTx::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }

    /// Runs text that no store declares, on PostgreSQL together with the next statement.
    pub(crate) fn run_before_next(&mut self, sql: &str) -> Result<(), StorageError> {
        let outcome = match &mut self.inner {
            EngineTx::Sqlite(tx) => tx.run(sql),
            EngineTx::Postgres(tx) => {
                tx.run_before_next(sql);
                Ok(())
            }
        };
        self.note(outcome)
    }

    /// Runs text that no store declares: migrations, savepoints, settings.
    pub(crate) async fn run(&mut self, sql: &str) -> Result<(), StorageError> {
        let outcome = match &mut self.inner {
            EngineTx::Sqlite(tx) => tx.run(sql),
            EngineTx::Postgres(tx) => tx.run(sql).await,
        };
        self.note(outcome)
    }

    fn check(&mut self, statement: &'static Statement) -> Result<(), StorageError> {
        let across = matches!(statement.reach(), Reach::System { .. });
        let unseen = cfg!(debug_assertions) && !statement.is_registered();
        if unseen || (across && self.level != Level::System) {
            let (place, level) = (statement.place(), self.level.to_string());
            return Err(StorageError::Level { place, level });
        }
        self.emitted |= event::is_emission(statement);
        if self.failed { Err(StorageError::Poisoned) } else { Ok(()) }
    }

    fn note<T>(&mut self, outcome: Result<T, StorageError>) -> Result<T, StorageError> {
        self.failed |= outcome.is_err();
        outcome
    }
}
