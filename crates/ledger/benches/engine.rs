//! How many transfers a second the engine makes durable, in process: in batches, by callers that
//! each wait for one, and on one hot account; with the journal alone, and with the tables
//! following.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod load;

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kernel::{Actor, BookId, Commodity, Context, Env, TenantId};
use ledger::book::Book;
use ledger::model::Command;
use ledger::{Atomicity, EngineLimits, Ledger, Request, Step};
use load::{Meter, STEPS, Transfers, Used, decimal, millis};
use storage::crypto::sha256;
use storage::journal::{Engine, Progress, SqlJournal};
use storage::{Database, Level, Mode, migrate, params, sql};
use testing::TestDatabase;

sql! {
    RECORD_BYTES: system("the bench reads its own book, whatever its tenant") =
        "SELECT max(length(body)) FROM journal WHERE stream = $1";
}

const ACCOUNTS: u64 = 10_000;
const SPAN: Duration = Duration::from_secs(4);

/// Where transfers go.
enum Target {
    Journal(Engine<Book>),
    Ledger(Ledger),
}

struct Bench {
    database: Database,
    target: Target,
    context: Context,
    book: BookId,
    transfers: Transfers,
}

fn main() {
    println!(
        "{:10} {:8} {:26} {:>12} {:>9} {:>7} {:>9} {:>9} {:>9}",
        "database", "what", "shape", "transfers/s", "CPU µs", "bytes", "p50 ms", "p99 ms", "max ms"
    );
    for dialect in load::databases() {
        for tables in [false, true] {
            testing::run(dialect, &[vault::MODULE, ledger::MODULE], async |db| {
                run(db, tables).await
            });
        }
    }
}

async fn run(db: TestDatabase, tables: bool) {
    let name = format!("{:?}", db.dialect());
    let url = db.url().to_owned();
    // A runtime of many threads, as the program has it.
    let work = move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let database = Database::open(&url, Env::system(), storage::Limits::default()).unwrap();
            migrate::migrate(&database, &[vault::MODULE, ledger::MODULE]).await.unwrap();
            let bench = Arc::new(Bench::new(database, tables).await.unwrap());
            measure(&name, &bench, &Meter::of(&url).await).await;
        });
    };
    std::thread::spawn(work).join().unwrap();
}

async fn measure(name: &str, bench: &Arc<Bench>, meter: &Meter) {
    let what = if matches!(bench.target, Target::Journal(_)) { "journal" } else { "tables" };
    for (callers, steps, hot) in [
        (1, 1, false),
        (8, 1, false),
        (64, 1, false),
        (64, 1, true),
        (2, STEPS, false),
        (2, STEPS, true),
    ] {
        let (before, used) = (Instant::now(), meter.used());
        let waits = bench.run(callers, steps, hot).await;
        let shape = format!("{callers} x {steps}{}", if hot { ", one account hot" } else { "" });
        told((name, what, &shape), (waits, steps), before.elapsed(), meter.used() - used);
    }
    if let Target::Journal(_) = &bench.target {
        limit(name, bench.record_bytes().await, meter);
    }
    if let Target::Ledger(ledger) = &bench.target {
        let started = Instant::now();
        while ledger.wait_for_book(bench.book).await.is_err() {}
        println!("{name:10} {what:8} followed for {} ms more", started.elapsed().as_millis());
        ledger.stop().await;
    }
}

/// What hash and disk allow: as many bytes as a batch's record has, each time chained to those
/// before, appended to a file and flushed.
fn limit(name: &str, bytes: usize, meter: &Meter) {
    let mut file = tempfile::tempfile().unwrap();
    let (mut body, mut waits) = (vec![7; bytes], Vec::new());
    let (before, used) = (Instant::now(), meter.used());
    while before.elapsed() < SPAN {
        let begun = Instant::now();
        let hash = sha256(&[&body]);
        body[..hash.len()].copy_from_slice(&hash);
        file.write_all(&body).unwrap();
        file.sync_data().unwrap();
        waits.push(begun.elapsed());
    }
    let row = (name, "limit", "the same bytes in a file");
    told(row, (waits, STEPS), before.elapsed(), meter.used() - used);
}

/// A line of the table: calls of so many transfers each, and how long each took.
fn told(
    (name, what, shape): (&str, &str, &str),
    (mut waits, steps): (Vec<Duration>, usize),
    span: Duration,
    used: Used,
) {
    waits.sort_unstable();
    let made = waits.len() * steps;
    let wait = |part: usize| millis(waits[(waits.len() - 1) * part / 100]);
    println!(
        "{name:10} {what:8} {shape:26} {:>12} {:>9} {:>7} {:>9} {:>9} {:>9}",
        made as u128 * 1_000_000 / span.as_micros(),
        decimal(used.cpu.as_nanos() / made as u128),
        used.written / made as u64,
        wait(50),
        wait(99),
        wait(100),
    );
}

impl Bench {
    /// The bytes of the book's longest record, which is a full batch's.
    async fn record_bytes(&self) -> usize {
        let mut tx = self.database.begin(Level::System, Mode::Read).await.unwrap();
        let row = tx.row(&RECORD_BYTES, params![self.book.uuid()]).await.unwrap().unwrap();
        row.get::<u64>(0).unwrap().try_into().unwrap()
    }

    async fn new(database: Database, tables: bool) -> Result<Self, Box<dyn std::error::Error>> {
        let env = Env::system();
        let tenant = TenantId::from_uuid(env.new_uuid());
        let context = Context::new(env, tenant, Actor::system("bench"));
        let aud = Commodity::well_known("AUD")?;
        let (target, book) = if tables {
            let ledger = Ledger::start(database.clone(), EngineLimits::default()).await?;
            let mut tx = database.begin(Level::Tenant(tenant), Mode::Write).await?;
            let book = ledger.open_book(&mut tx, &context, "Bench", aud).await?.id;
            tx.commit().await?;
            (Target::Ledger(ledger), book)
        } else {
            let limits =
                EngineLimits { projection_lag_bytes_max: u64::MAX, ..EngineLimits::default() };
            let (journal, env) = (SqlJournal::new(database.clone()), database.env().clone());
            let (engine, _) = Engine::start(journal, env, Progress::default(), limits);
            (Target::Journal(engine), BookId::from_uuid(context.env.new_uuid()))
        };
        let transfers = Transfers::between(ACCOUNTS);
        let bench = Self { database, target, context, book, transfers };
        let mut steps = vec![load::define()];
        steps.extend(load::open(1, ACCOUNTS));
        bench.send(steps).await;
        bench.send(load::open(ACCOUNTS, ACCOUNTS + 1)).await;
        Ok(bench)
    }

    async fn send(&self, steps: Vec<Step>) {
        match &self.target {
            Target::Journal(engine) => {
                let (atomicity, steps) = (Atomicity::Each, Arc::new(steps));
                let command = Command::Steps { key: None, origin: None, atomicity, steps };
                let (tenant, stream) = (self.context.tenant, self.book.uuid());
                engine.execute(tenant, stream, command, Vec::new()).await.unwrap();
            }
            Target::Ledger(ledger) => {
                let atomicity = Atomicity::Each;
                let request = Request { steps, atomicity, ..Request::default() };
                ledger.execute(&self.context, self.book, request).await.unwrap();
            }
        }
    }

    /// Lets callers send one after the other; how long each call took.
    async fn run(self: &Arc<Self>, callers: usize, steps: usize, hot: bool) -> Vec<Duration> {
        let end = Instant::now() + SPAN;
        let callers: Vec<_> = (0..callers)
            .map(|_| {
                let bench = Arc::clone(self);
                tokio::spawn(async move {
                    let mut waits = Vec::new();
                    while Instant::now() < end {
                        let steps = (0..steps).map(|_| bench.transfers.next(hot)).collect();
                        let started = Instant::now();
                        bench.send(steps).await;
                        waits.push(started.elapsed());
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
