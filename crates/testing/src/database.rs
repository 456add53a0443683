//! A database of a test's own, on either kind.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kernel::{Actor, Context, Env, ManualClock, SeededEntropy, TenantId, Timestamp};
use storage::keys::{Key, LocalMasterKeys};
use storage::{Database, Dialect, Limits, Module, migrate};
use tempfile::TempDir;

use crate::raw::Raw;
use crate::server::Server;

/// Where the clock of every test stands at first.
const START: &str = "2026-03-31T10:30:00Z";
/// How long what a test left running may take to end.
const SHUTDOWN_WAIT: Duration = Duration::from_secs(5);

/// A migrated database of a test's own; gone when the test ends, however it ends.
pub struct TestDatabase {
    /// The open database.
    pub database: Database,
    /// Its time and randomness: the clock below, and bytes that are the same on every run.
    pub env: Env,
    /// Stands still until the test moves it.
    pub clock: Arc<ManualClock>,
    url: String,
    directory: Arc<TempDir>,
}

impl TestDatabase {
    fn open_at(url: String, directory: Arc<TempDir>) -> Self {
        let clock = ManualClock::at(START.parse::<Timestamp>().unwrap());
        let env = Env::new(Arc::clone(&clock) as _, SeededEntropy::new(1));
        let database = with_keys(Database::open(&url, env.clone(), Limits::default()).unwrap());
        Self { database, env, clock, url, directory }
    }

    /// Its address, as `FLORIN_DATABASE_URL` takes it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Which kind it is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.database.dialect()
    }

    /// A directory that is gone after the test; on SQLite the database is in it.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Another handle on the same database, as another process would have it.
    #[must_use]
    pub fn open(&self, env: Env, limits: Limits) -> Database {
        with_keys(self.open_without_keys(env, limits))
    }

    /// The same, without a master key: the test brings its own, or needs none.
    #[must_use]
    pub fn open_without_keys(&self, env: Env, limits: Limits) -> Database {
        Database::open(&self.url, env, limits).unwrap()
    }

    /// Opens the database anew, as after a restart.
    pub fn reopen(&mut self) {
        self.database = self.open(self.env.clone(), Limits::default());
    }

    /// A tenant that nobody else has.
    #[must_use]
    pub fn new_tenant(&self) -> TenantId {
        TenantId::from_uuid(self.env.new_uuid())
    }

    /// The context of a call by the owner of the data.
    #[must_use]
    pub fn context(&self, tenant: TenantId) -> Context {
        Context::new(self.env.clone(), tenant, Actor::Owner)
    }

    /// Moves the clock on; the time it shows then.
    pub fn clock_moved_by(&self, seconds: i64) -> Timestamp {
        self.clock.advance_seconds(seconds);
        self.env.now()
    }

    /// A way in behind the stores' backs.
    pub async fn raw(&self) -> Raw {
        Raw::open(&self.url).await
    }
}

/// The master key of every test's database.
#[must_use]
pub fn master_key() -> Key {
    Key::from_bytes(*b"the master key of tests, 32 byte")
}

/// Opens the master key of tests.
#[must_use]
pub fn with_keys(database: Database) -> Database {
    let keys = LocalMasterKeys::new(vec![master_key()]).unwrap();
    database.use_master_keys(Arc::new(keys)).unwrap();
    database
}

/// Runs a test on a database of its own; [`both_databases!`](crate::both_databases) calls it.
pub fn run<T>(
    dialect: Dialect,
    modules: &[Module],
    test: impl AsyncFnOnce(TestDatabase) -> T,
) -> T {
    let directory = Arc::new(tempfile::tempdir().unwrap());
    let server = match dialect {
        Dialect::Sqlite => None,
        Dialect::Postgres => Some(Server::create_database(modules)),
    };
    let url = match &server {
        Some(server) => server.url(),
        None => format!("sqlite:{}", directory.path().join("florin.db").display()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let running = || {
        runtime.block_on(async {
            let db = TestDatabase::open_at(url, Arc::clone(&directory));
            if dialect == Dialect::Sqlite {
                migrate::migrate(&db.database, modules).await.unwrap();
            }
            test(db).await
        })
    };
    // Whatever the test did, its database goes: first what still uses it, then itself.
    let outcome = catch_unwind(AssertUnwindSafe(running));
    runtime.shutdown_timeout(SHUTDOWN_WAIT);
    drop(server);
    outcome.unwrap_or_else(|panic| resume_unwind(panic))
}
