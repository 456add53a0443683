//! The three stores that must keep the contract.

use std::sync::Arc;

use kernel::{TenantId, Uuid};
use storage::journal::SqlJournal;
use storage::{Level, Mode, params, sql};
use testing::TestDatabase;

use crate::contract::{self, Face};
use crate::rows::{self, SENDER};
use crate::server::Server;
use crate::sim::Sim;
use crate::store::Connection;

sql! {
    STAND: system("the test stands still in the middle of a projection") =
        "INSERT INTO journal_projection (projection, stream, tenant, seq) VALUES ($1, $2, $3, 0)";
}

struct Simulated {
    server: Arc<Server>,
    connection: Connection,
}

impl Face for Simulated {
    type Store = Connection;

    fn store(&self) -> &Connection {
        &self.connection
    }

    async fn rows(&self, tenant: TenantId) -> Vec<(i64, i64)> {
        let state = self.server.state();
        let mine = state.rows.iter().filter(|(key, _)| key.tenant == tenant.uuid());
        mine.map(|(key, state)| (key.id, *state)).collect()
    }
}

/// Runs a part of the contract in simulated time, where nothing fails.
fn simulate(part: impl AsyncFnOnce(Simulated)) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap().block_on(async {
        let server = Server::new(Sim::new(1), true);
        let connection = Connection::new(Arc::clone(&server), Arc::default());
        part(Simulated { server, connection }).await;
    });
}

struct Sql {
    db: TestDatabase,
    journal: SqlJournal,
}

impl Sql {
    fn new(db: TestDatabase) -> Self {
        let journal = SqlJournal::new(db.database.clone());
        Self { db, journal }
    }
}

impl Face for Sql {
    type Store = SqlJournal;

    fn store(&self) -> &SqlJournal {
        &self.journal
    }

    async fn rows(&self, tenant: TenantId) -> Vec<(i64, i64)> {
        let level = Level::Tenant(tenant);
        let mut tx = self.db.database.begin(level, Mode::Read).await.unwrap();
        rows::states(&mut tx).await
    }
}

macro_rules! keep_the_contract {
    ($($part:ident),+ $(,)?) => {
        mod simulated {
            $(
                #[test]
                fn $part() {
                    super::simulate(async |face| super::contract::$part(&face).await);
                }
            )+
        }

        testing::both_databases! {
            modules = [SENDER];

            $(
                async fn $part(db: TestDatabase) {
                    contract::$part(&Sql::new(db)).await;
                }
            )+
        }
    };
}

keep_the_contract! {
    records_are_read_in_their_order,
    a_place_in_a_stream_is_taken_once,
    a_commit_that_is_dropped_leaves_no_trace,
    what_is_not_committed_is_not_seen,
    rows_that_do_not_fit_are_refused_alone,
    rows_go_together_or_not_at_all,
    tenants_do_not_meet,
    of_two_commits_at_once_one_is_done,
    a_snapshot_is_there_whole_or_not_at_all,
}

// SQLite is one process's.
#[test]
fn simulated_whoever_stands_still_is_passed() {
    simulate(async |face| contract::whoever_stands_still_is_passed(&face).await);
}

#[test]
fn postgres_whoever_stands_still_is_passed() {
    let part = async |db| contract::whoever_stands_still_is_passed(&Sql::new(db)).await;
    testing::run(storage::Dialect::Postgres, &[SENDER], part);
}

/// A projector that stopped in the middle of a transaction keeps no other from the tables for long.
#[test]
fn postgres_whoever_projects_and_stands_still_is_passed() {
    let part = async |db: TestDatabase| {
        let begin = async || db.database.begin(Level::System, Mode::Project).await.unwrap();
        let row = || params!["standing", Uuid::from_u128(1), Uuid::from_u128(2)];
        let mut frozen = begin().await;
        frozen.execute_one(&STAND, row()).await.unwrap();
        let mut next = begin().await;
        next.execute_one(&STAND, row()).await.unwrap();
        next.commit().await.unwrap();
        assert!(frozen.commit().await.is_err(), "it was passed");
    };
    testing::run(storage::Dialect::Postgres, &[SENDER], part);
}
