//! The ledger with many accounts and transfers, the tables following: how fast it goes on for
//! minutes, how long its longest pause is, what it keeps in memory and on disk, how soon it answers
//! about an account's last transfers, and how long a start takes, also after a crash.
//!
//! FLORIN_BENCH_ACCOUNTS and FLORIN_BENCH_TRANSFERS say how many (a million and two million).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod load;

use std::path::Path;
use std::process::Command as Process;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kernel::{Actor, BookId, Commodity, Context, Env, PageRequest, TenantId};
use ledger::book::Book;
use ledger::model::Command;
use ledger::{Atomicity, EngineLimits, Ledger, Request, Step};
use load::{Meter, STEPS, Transfers, account, decimal, millis, resident};
use storage::journal::{Engine, Progress, SqlJournal};
use storage::{Database, Level, Mode};
use testing::TestDatabase;

/// The transfers that a crash leaves without tables.
const LEFT: u64 = 1_000_000;
/// How often an account's last transfers are asked for.
const LOOKS: u64 = 300;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    match &words[..] {
        [what, url, tenant, book] => {
            let (tenant, book) = (tenant.parse().unwrap(), book.parse().unwrap());
            runtime.block_on(Scale { url: url.clone(), tenant, book }.part(what));
        }
        // Cargo says `--bench`.
        _ => {
            for dialect in load::databases() {
                testing::run(dialect, &[vault::MODULE, ledger::MODULE], async |db| run(&db).await);
            }
        }
    }
}

/// Runs each part in a process of its own, whose memory is its own.
async fn run(db: &TestDatabase) {
    println!("{:?}", db.dialect());
    let context = db.context(db.new_tenant());
    let ledger = Ledger::start(db.database.clone(), EngineLimits::default()).await.unwrap();
    let aud = Commodity::well_known("AUD").unwrap();
    let level = Level::Tenant(context.tenant);
    let mut tx = db.database.begin(level, Mode::Write).await.unwrap();
    let book = ledger.open_book(&mut tx, &context, "Bench", aud).await.unwrap().id;
    tx.commit().await.unwrap();
    ledger.stop().await;
    for part in ["fill", "start", "crash", "start"] {
        let program = std::env::current_exe().unwrap();
        let words = [part, db.url(), &context.tenant.to_string(), &book.to_string()];
        assert!(Process::new(program).args(words).status().unwrap().success(), "{part}");
    }
}

/// A book in a database.
struct Scale {
    url: String,
    tenant: TenantId,
    book: BookId,
}

impl Scale {
    async fn part(self, what: &str) {
        let limits = storage::Limits::default();
        let database = Database::open(&self.url, Env::system(), limits).unwrap();
        match what {
            "fill" => self.fill(database).await,
            "crash" => self.crash(database).await,
            _ => self.start(database).await,
        }
    }

    fn context(&self) -> Context {
        Context::new(Env::system(), self.tenant, Actor::system("bench"))
    }

    async fn fill(self, database: Database) {
        let (accounts, transfers) = (
            number("FLORIN_BENCH_ACCOUNTS", 1_000_000),
            number("FLORIN_BENCH_TRANSFERS", 2_000_000),
        );
        let context = self.context();
        let ledger = Ledger::start(database.clone(), EngineLimits::default()).await.unwrap();
        let empty = resident();
        send(&ledger, &context, self.book, vec![load::define()]).await;
        let before = Instant::now();
        for from in (1..=accounts).step_by(STEPS) {
            let until = (from + STEPS as u64).min(accounts + 1);
            send(&ledger, &context, self.book, load::open(from, until)).await;
        }
        follow(&ledger, self.book).await;
        let per_account = (resident() - empty) / accounts;
        let (took, memory) = (before.elapsed().as_secs(), resident() >> 20);
        println!("{accounts} accounts opened in {took} s: {memory} MB, {per_account} B an account");

        let meter = Meter::of(&self.url).await;
        let (before, used) = (Instant::now(), meter.used());
        let mut waits = pound(&ledger, &context, self.book, transfers).await;
        let answered = before.elapsed();
        follow(&ledger, self.book).await;
        let (span, used) = (before.elapsed(), meter.used() - used);
        waits.sort_unstable();
        let rate = |span: Duration| u128::from(transfers) * 1_000_000 / span.as_micros();
        println!(
            "{transfers} transfers: {} a second answered, {} with the tables; {} µs of CPU each, \
             {} B written each; batches p50 {} ms, p99 {} ms, longest {} ms; {} MB",
            rate(answered),
            rate(span),
            decimal(used.cpu.as_nanos() / u128::from(transfers)),
            used.written / transfers,
            millis(waits[waits.len() / 2]),
            millis(waits[waits.len() * 99 / 100]),
            millis(waits[waits.len() - 1]),
            resident() >> 20,
        );
        self.look(&database, &ledger, accounts).await;
        if let Some(file) = self.url.strip_prefix("sqlite:") {
            let size = |name: &str| Path::new(name).metadata().map_or(0, |found| found.len());
            let tables = file.replace(".db", ".projections.db");
            println!(
                "{} MB of rows and journal, {} MB of tables",
                size(file) >> 20,
                size(&tables) >> 20
            );
        }
        ledger.stop().await;
    }

    /// Asks for the last 50 transfers of accounts.
    async fn look(&self, database: &Database, ledger: &Ledger, accounts: u64) {
        let mut waits = Vec::new();
        for number in 0..LOOKS {
            let account = account(1 + number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % accounts);
            let before = Instant::now();
            let mut tx = database.begin(Level::Tenant(self.tenant), Mode::Read).await.unwrap();
            let page = PageRequest::first(50);
            ledger.history(&mut tx, self.book, account, &page).await.unwrap();
            tx.commit().await.unwrap();
            waits.push(before.elapsed());
        }
        waits.sort_unstable();
        let wait = |part: usize| millis(waits[(waits.len() - 1) * part / 100]);
        println!("an account's last 50: p50 {} ms, p99 {} ms", wait(50), wait(99));
    }

    async fn start(self, database: Database) {
        let before = Instant::now();
        let ledger = Ledger::start(database, EngineLimits::default()).await.unwrap();
        let tables = before.elapsed();
        ledger.account(&self.context(), self.book, account(1)).await.unwrap();
        let (tables, all, memory) = (millis(tables), millis(before.elapsed()), resident() >> 20);
        println!("start: tables after {tables} ms, first answer after {all} ms; {memory} MB");
        ledger.stop().await;
    }

    /// Adds transfers of which the tables learn nothing.
    async fn crash(self, database: Database) {
        let limits = EngineLimits { projection_lag_bytes_max: u64::MAX, ..EngineLimits::default() };
        let (journal, env) = (SqlJournal::new(database), Env::system());
        let (engine, _) = Engine::<Book>::start(journal, env, Progress::default(), limits);
        let transfers = Transfers::between(number("FLORIN_BENCH_ACCOUNTS", 1_000_000));
        for _ in 0..LEFT / STEPS as u64 {
            let steps = (0..STEPS).map(|_| transfers.next(false)).collect();
            let (atomicity, steps) = (Atomicity::Each, Arc::new(steps));
            let command = Command::Steps { key: None, origin: None, atomicity, steps };
            let (tenant, stream) = (self.tenant, self.book.uuid());
            engine.execute(tenant, stream, command, Vec::new()).await.unwrap();
        }
        println!("a crash leaves {LEFT} transfers without tables");
    }
}

/// Two callers of full batches; how long each batch took.
async fn pound(ledger: &Ledger, context: &Context, book: BookId, count: u64) -> Vec<Duration> {
    let transfers = Arc::new(Transfers::between(number("FLORIN_BENCH_ACCOUNTS", 1_000_000)));
    let callers: Vec<_> = (0..2)
        .map(|_| {
            let (ledger, context) = (ledger.clone(), context.clone());
            let transfers = Arc::clone(&transfers);
            tokio::spawn(async move {
                let mut waits = Vec::new();
                for _ in 0..count / 2 / STEPS as u64 {
                    let steps = (0..STEPS).map(|_| transfers.next(false)).collect();
                    let before = Instant::now();
                    send(&ledger, &context, book, steps).await;
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

async fn send(ledger: &Ledger, context: &Context, book: BookId, steps: Vec<Step>) {
    let request = Request { steps, atomicity: Atomicity::Each, ..Request::default() };
    ledger.execute(context, book, request).await.unwrap();
}

async fn follow(ledger: &Ledger, book: BookId) {
    while ledger.wait_for_book(book).await.is_err() {}
}
