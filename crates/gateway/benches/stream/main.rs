//! How many transfers a second come in from another process: by one HTTP/2 connection that carries
//! many callers, each of whom waits for their own answer, in full batches, and as plain requests of
//! one transfer each. The client is a process of its own on the same machine.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench fails where it breaks")]

mod client;
mod usage;

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use gateway::{Gateway, Limits, Services};
use identity::{Identity, NewUser, Secret, SigningKeys};
use kernel::{Actor, BookId, Commodity, Context, Env, TenantId};
use ledger::{EngineLimits, Ledger};
use objects::{Blobs, Objects};
use storage::{Database, Dialect, Level, Mode, migrate};
use tokio::net::TcpListener;
use wealth::Wealth;

use client::Shape;
use usage::Usage;

const MODULES: [storage::Module; 11] = [
    jobs::MODULE,
    vault::MODULE,
    objects::MODULE,
    notices::MODULE,
    ledger::MODULE,
    identity::MODULE,
    approvals::MODULE,
    cases::MODULE,
    meters::MODULE,
    markets::MODULE,
    wealth::MODULE,
];
/// What each line of the table is of.
const SHAPES: [(&str, Shape, usize); 6] = [
    ("one connection, 64 callers", Shape::Connection, 64),
    ("one connection, 8 callers", Shape::Connection, 8),
    ("one connection, full batches", Shape::Batches, 1),
    ("64 connections, a request each", Shape::Requests, 64),
    ("8 connections, a request each", Shape::Requests, 8),
    ("1 connection, a request each", Shape::Requests, 1),
];

/// A server, and who calls it.
struct Bench {
    address: SocketAddr,
    token: String,
    book: BookId,
}

fn main() {
    // The client is this program too.
    if let Some(asked) = client::asked() {
        client::run(&asked);
        return;
    }
    println!("load {}", std::fs::read_to_string("/proc/loadavg").unwrap().trim());
    println!(
        "{:10} {:32} {:>11} {:>8} {:>8} {:>8} {:>9} {:>9} {:>7}",
        "database",
        "shape",
        "transfers/s",
        "p50 ms",
        "p99 ms",
        "max ms",
        "server µs",
        "its db µs",
        "bytes"
    );
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        testing::run(dialect, &MODULES, async |db| {
            let (name, url) = (format!("{:?}", db.dialect()), db.url().to_owned());
            // A runtime of many threads, as the program has it.
            let work = move || {
                let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
                runtime.unwrap().block_on(run(&name, &url));
            };
            std::thread::spawn(work).join().unwrap();
        });
    }
}

async fn run(name: &str, url: &str) {
    let database = Database::open(url, Env::system(), storage::Limits::default()).unwrap();
    let database = testing::with_keys(database);
    migrate::migrate(&database, &MODULES).await.unwrap();
    let ledger = Ledger::start(database.clone(), EngineLimits::default()).await.unwrap();
    let bench = Arc::new(Bench::start(database, ledger.clone()).await);
    bench.client(Shape::Accounts, 1).await;
    for (what, shape, callers) in SHAPES {
        if !is_asked(what) {
            continue;
        }
        let before = Usage::now(url);
        let told = bench.client(shape, callers).await;
        // What one shape leaves to the tables is not the next one's, and not for nothing.
        while ledger.wait_for_book(bench.book).await.is_err() {}
        let used = Usage::now(url).since(&before);
        let [count, span_us, p50_us, p99_us, longest_us] = told;
        let millis = |us: u64| format!("{}.{:02}", us / 1_000, us % 1_000 / 10);
        let each = |ns: u64| format!("{}.{:01}", ns / count / 1_000, ns / count % 1_000 / 100);
        println!(
            "{name:10} {what:32} {:>11} {:>8} {:>8} {:>8} {:>9} {:>9} {:>7}",
            count * 1_000_000 / span_us,
            millis(p50_us),
            millis(p99_us),
            millis(longest_us),
            each(used.server_ns),
            each(used.database_ns),
            used.written_bytes / count,
        );
    }
}

/// Whether a shape is measured: all are where the command line has no words for some.
fn is_asked(what: &str) -> bool {
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with('-')).peekable();
    words.peek().is_none() || words.any(|word| what.contains(&word))
}

impl Bench {
    async fn start(database: Database, ledger: Ledger) -> Self {
        let env = Env::system();
        let objects = Objects::new(database.clone(), Blobs::in_memory());
        let wealth = Wealth::new(database.clone(), ledger.clone(), objects.clone());
        let keys = SigningKeys::generate(&env).unwrap();
        let identity = Arc::new(Identity::new(database.clone(), keys));
        let anonymous = Context::new(env.clone(), TenantId::COMMON, Actor::Anonymous);
        let user = NewUser {
            email: "bench@example.com".to_owned(),
            password: Secret::new("correct horse battery"),
            name: "Bench".to_owned(),
            family_name: "Bench".to_owned(),
            currency: "AUD".to_owned(),
            country: Some("AU".to_owned()),
        };
        let session = identity.register(&anonymous, user, None).await.unwrap();
        let tenant = session.tenant.id;
        let mut tx = database.begin(Level::Tenant(tenant), Mode::Write).await.unwrap();
        let context = Context::new(env.clone(), tenant, Actor::Owner);
        let aud = Commodity::well_known("AUD").unwrap();
        let book = ledger.open_book(&mut tx, &context, "Bench", aud).await.unwrap().id;
        tx.commit().await.unwrap();
        let services = Services {
            env,
            database,
            identity,
            vault: vault::Vault::new(&[], vault::Register::at(Path::new("erased-parties"))),
            ledger,
            objects,
            notices: notices::Notices::new(&[]),
            cases: cases::Cases::default(),
            meters: meters::Meters::new(&[], &[]),
            wealth,
            rate_age_days_max: 7,
            checks: Vec::new(),
            gauges: Vec::new(),
            limits: Limits::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(Gateway::new(services).serve(listener, std::future::pending()));
        let token = session.access_token.expose().to_owned();
        Self { address, token, book }
    }

    /// Runs a client; how many transfers it had answered in how many microseconds, and how long
    /// half, 99 of 100 and all of its calls took at most.
    async fn client(self: &Arc<Self>, shape: Shape, callers: usize) -> [u64; 5] {
        let Self { address, token, book } = &**self;
        let words = [
            client::WORD.to_owned(),
            shape.word().to_owned(),
            callers.to_string(),
            address.to_string(),
            token.clone(),
            book.to_string(),
        ];
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(words).stderr(std::process::Stdio::inherit());
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        assert!(output.status.success());
        let told = String::from_utf8(output.stdout).unwrap();
        let figures: Vec<u64> = told.split_whitespace().map(|one| one.parse().unwrap()).collect();
        figures.try_into().unwrap()
    }
}
