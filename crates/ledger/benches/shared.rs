//! What one commit serves: the books of many tenants at once, and rows that change with transfers,
//! beside the same rows changed by ordinary transactions.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod load;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use kernel::{Env, TenantId, Uuid};
use ledger::Step;
use ledger::book::Book;
use ledger::model::{Atomicity, Command, Outcome};
use load::{Transfers, millis};
use storage::journal::{Engine, EngineLimits, Progress, RowChange, SqlJournal};
use storage::{Database, Level, Migration, Mode, Module, params, sql};
use testing::TestDatabase;

/// Orders whose state changes with transfers, and what is noted of each.
const ORDERS: Module = Module {
    name: "orders",
    projections: &[],
    migrations: &[Migration {
        number: 1,
        name: "rows",
        sql: "CREATE TABLE orders_row (
                  tenant {uuid} NOT NULL, id {i64} NOT NULL, state {i64} NOT NULL,
                  PRIMARY KEY (tenant, id)
              ) {clustered};
              {{tenant_table orders_row}}
              CREATE TABLE orders_note (
                  tenant {uuid} NOT NULL, id {i64} NOT NULL, state {i64} NOT NULL,
                  PRIMARY KEY (tenant, id)
              ) {clustered};
              {{tenant_table orders_note}}",
    }],
};

sql! {
    ORDER = "INSERT INTO orders_row (tenant, id, state) VALUES (app_tenant(), $1, 0)";
    MOVE = "UPDATE orders_row SET state = state + 1 WHERE tenant = app_tenant() AND id = $1";
    NOTE = "INSERT INTO orders_note (tenant, id, state) VALUES (app_tenant(), $1, 1)";
}

const ACCOUNTS: u64 = 100;
const SPAN: Duration = Duration::from_secs(4);
/// So many that callers seldom meet on one.
const ORDERS_OPEN: i64 = 10_000;

fn main() {
    for dialect in load::databases() {
        testing::run(dialect, &[vault::MODULE, ledger::MODULE, ORDERS], async |db| run(db).await);
    }
}

async fn run(db: TestDatabase) {
    let name = format!("{:?}", db.dialect());
    let url = db.url().to_owned();
    // A runtime of many threads, as the program has it.
    let work = move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let limits = storage::Limits::default();
            let database = Database::open(&url, Env::system(), limits).unwrap();
            let shared = Arc::new(Shared::new(database));
            // First what a database does that has nothing left to do of something else.
            for callers in [8, 64] {
                shared.rows(&name, callers).await;
            }
            shared.many_books(&name, (100, 81), transfers::<81>).await;
            shared.many_books(&name, (1_000, 8), transfers::<8>).await;
            shared.quiet_tenants(&name).await;
        });
    };
    std::thread::spawn(work).join().unwrap();
}

struct Shared {
    database: Database,
    engine: Engine<Book>,
    transfers: Transfers,
    notes: AtomicI64,
}

/// What a caller does over and over.
type Call = for<'a> fn(&'a Shared, Place) -> BoxFuture<'a, ()>;

/// A tenant's only book.
#[derive(Clone, Copy)]
struct Place {
    tenant: TenantId,
    stream: Uuid,
}

impl Shared {
    fn new(database: Database) -> Self {
        let limits = EngineLimits { projection_lag_bytes_max: u64::MAX, ..EngineLimits::default() };
        let (journal, env) = (SqlJournal::new(database.clone()), Env::system());
        let (engine, _) = Engine::start(journal, env, Progress::default(), limits);
        let transfers = Transfers::between(ACCOUNTS);
        Self { database, engine, transfers, notes: AtomicI64::new(1) }
    }

    async fn open(&self) -> Place {
        let env = self.database.env();
        let place = Place { tenant: TenantId::from_uuid(env.new_uuid()), stream: env.new_uuid() };
        let mut steps = vec![load::define()];
        steps.extend(load::open(1, ACCOUNTS + 1));
        self.send(place, steps, Vec::new()).await;
        place
    }

    async fn send(&self, place: Place, steps: Vec<Step>, rows: Vec<RowChange>) {
        let (atomicity, steps) = (Atomicity::Each, Arc::new(steps));
        let command = Command::Steps { key: None, origin: None, atomicity, steps };
        let done = self.engine.execute(place.tenant, place.stream, command, rows).await.unwrap();
        assert!(matches!(done.outcome, Outcome::Done { .. }), "{done:?}");
    }

    /// Callers that each send to a book of their own.
    async fn many_books(self: &Arc<Self>, name: &str, (books, steps): (usize, usize), call: Call) {
        let mut places = Vec::new();
        for _ in 0..books {
            places.push(self.open().await);
        }
        let waits = self.callers(&places, call).await;
        told(name, &format!("{books} books x {steps}"), steps, &waits);
    }

    /// A hundred tenants at full speed beside ten thousand that now and then make one transfer.
    async fn quiet_tenants(self: &Arc<Self>, name: &str) {
        let mut quiet = Vec::new();
        for _ in 0..10_000 {
            quiet.push(self.open().await);
        }
        let busy: Vec<Place> = quiet.drain(..100).collect();
        let pause = Duration::from_secs(60) / u32::try_from(quiet.len()).unwrap();
        let now_and_then = {
            let shared = Arc::clone(self);
            tokio::spawn(async move {
                let (mut waits, end) = (Vec::new(), Instant::now() + SPAN);
                let mut ticks = tokio::time::interval(pause);
                for place in quiet.iter().cycle() {
                    ticks.tick().await;
                    let before = Instant::now();
                    if before > end {
                        break;
                    }
                    shared.send(*place, vec![shared.transfers.next(false)], Vec::new()).await;
                    waits.push(before.elapsed());
                }
                waits
            })
        };
        let waits = self.callers(&busy, transfers::<81>).await;
        told(name, "100 of 10,000 tenants x 81", 81, &waits);
        told(name, "the others, one each a minute", 1, &now_and_then.await.unwrap());
    }

    /// A command with a guarded update and an insert, beside a transaction with the same.
    async fn rows(self: &Arc<Self>, name: &str, callers: usize) {
        let place = self.open().await;
        let mut tx = self.begin(place).await;
        for id in 0..ORDERS_OPEN {
            tx.execute_one(&ORDER, params![id]).await.unwrap();
        }
        tx.commit().await.unwrap();
        let places = vec![place; callers];
        for (what, call) in [
            ("a transaction each", ordinary as Call),
            ("rows carried", carried),
            ("no rows", transfers::<1>),
        ] {
            let waits = self.callers(&places, call).await;
            told(name, &format!("{callers} callers, {what}"), 1, &waits);
        }
    }

    /// An order to be moved, and a note that is not there yet.
    fn order(&self) -> (i64, i64) {
        let note = self.notes.fetch_add(1, Ordering::Relaxed);
        (note % ORDERS_OPEN, note)
    }

    async fn begin(&self, place: Place) -> storage::Tx {
        self.database.begin(Level::Tenant(place.tenant), Mode::Write).await.unwrap()
    }

    /// Lets a caller a place send one after the other; how long each call took.
    async fn callers(self: &Arc<Self>, places: &[Place], call: Call) -> Vec<Duration> {
        let end = Instant::now() + SPAN;
        let callers: Vec<_> = places
            .iter()
            .map(|place| {
                let (shared, place) = (Arc::clone(self), *place);
                tokio::spawn(async move {
                    let mut waits = Vec::new();
                    while Instant::now() < end {
                        let before = Instant::now();
                        call(&shared, place).await;
                        waits.push(before.elapsed());
                    }
                    waits
                })
            })
            .collect();
        let mut waits = Vec::new();
        for caller in callers {
            waits.extend(caller.await.unwrap());
        }
        waits
    }
}

/// So many transfers in a command.
fn transfers<const STEPS: usize>(shared: &Shared, place: Place) -> BoxFuture<'_, ()> {
    let steps = (0..STEPS).map(|_| shared.transfers.next(false)).collect();
    Box::pin(shared.send(place, steps, Vec::new()))
}

/// A transfer with a guarded update and an insert.
fn carried(shared: &Shared, place: Place) -> BoxFuture<'_, ()> {
    let (id, note) = shared.order();
    let rows = vec![RowChange::one(&MOVE, params![id]), RowChange::one(&NOTE, params![note])];
    Box::pin(shared.send(place, vec![shared.transfers.next(false)], rows))
}

/// The same rows in a transaction of their own, without a transfer.
fn ordinary(shared: &Shared, place: Place) -> BoxFuture<'_, ()> {
    let (id, note) = shared.order();
    Box::pin(async move {
        let mut tx = shared.begin(place).await;
        tx.execute_one(&MOVE, params![id]).await.unwrap();
        tx.execute_one(&NOTE, params![note]).await.unwrap();
        tx.commit().await.unwrap();
    })
}

/// A line for a shape: how many transfers a second, and how long the calls took.
fn told(name: &str, shape: &str, steps: usize, waits: &[Duration]) {
    let mut waits = waits.to_vec();
    waits.sort_unstable();
    let rate = (waits.len() * steps) as u128 * 1_000_000 / SPAN.as_micros();
    let wait = |part: usize| millis(waits[(waits.len() - 1) * part / 100]);
    let (p50, p99, longest) = (wait(50), wait(99), wait(100));
    println!("{name:10} {shape:32} {rate:>10}/s  p50 {p50:>8} p99 {p99:>8} max {longest:>8} ms");
}
