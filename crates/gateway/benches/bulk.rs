//! How many transfers a second come in through the API, ten thousand in a request: over a socket,
//! with token and permission, the client on the same machine and in the same process.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench fails where it breaks")]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gateway::{Gateway, Limits, Services};
use identity::{Identity, NewUser, Secret, SigningKeys};
use kernel::{Actor, Commodity, Context, Env, TenantId};
use ledger::{EngineLimits, Ledger};
use objects::{Blobs, Objects};
use serde_json::{Value, json};
use storage::{Database, Dialect, Level, Mode, migrate};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use wealth::Wealth;

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
const ACCOUNTS: usize = 1_000;
const TRANSFERS: usize = 10_000;
const SPAN: Duration = Duration::from_secs(4);

/// A server, and who calls it.
struct Bench {
    address: SocketAddr,
    token: String,
    book: String,
    accounts: Vec<String>,
    env: Env,
}

fn main() {
    println!(
        "{:10} {:8} {:12} {:>12} {:>9} {:>9}",
        "database", "callers", "texts", "transfers/s", "p50 ms", "max ms"
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
    let bench = Arc::new(Bench::start(database).await);
    for texts in [false, true] {
        for callers in [1, 2, 4] {
            let body: Arc<[u8]> = bench.transfers(texts).to_string().into_bytes().into();
            let calls = (0..callers).map(|_| {
                let (bench, body) = (Arc::clone(&bench), Arc::clone(&body));
                tokio::spawn(async move { bench.call_for(SPAN, &body).await })
            });
            let (started, mut waits) = (Instant::now(), Vec::new());
            for call in calls.collect::<Vec<_>>() {
                waits.extend(call.await.unwrap());
            }
            let span = started.elapsed().as_millis();
            waits.sort_unstable();
            let made = (waits.len() * TRANSFERS) as u128;
            let texts = if texts { "with" } else { "without" };
            println!(
                "{name:10} {callers:<8} {texts:12} {:>12} {:>9} {:>9}",
                made * 1_000 / span,
                waits[waits.len() / 2].as_millis(),
                waits[waits.len() - 1].as_millis(),
            );
        }
    }
}

impl Bench {
    async fn start(database: Database) -> Self {
        let env = Env::system();
        let ledger = Ledger::start(database.clone(), EngineLimits::default()).await.unwrap();
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
            env: env.clone(),
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
        let (book, accounts) = (book.to_string(), Vec::new());
        let mut bench = Self { address, token, book, accounts, env };
        let mut stream = TcpStream::connect(address).await.unwrap();
        for number in 0..ACCOUNTS {
            let name = format!("Account {number}");
            let body = json!({ "name": name, "type": "asset", "commodity": "AUD" });
            let answer = bench.post(&mut stream, "accounts", body.to_string().as_bytes()).await;
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            bench.accounts.push(answer["id"].as_str().unwrap().to_owned());
        }
        bench
    }

    /// A request's body; the ids follow from each request's key.
    fn transfers(&self, texts: bool) -> Value {
        let transfer = |number: usize| {
            let (debit, credit) = (number * 7 % ACCOUNTS, (number * 13 + 1) % ACCOUNTS);
            let credit = if credit == debit { (credit + 1) % ACCOUNTS } else { credit };
            let (debit, credit) = (&self.accounts[debit], &self.accounts[credit]);
            let mut one = json!({ "debit": debit, "credit": credit, "amount": "12.50" });
            if texts {
                one["reference"] = json!(format!("INV-{number}"));
                one["purpose"] = json!(format!("Payment {number}, thank you"));
            }
            one
        };
        let transfers: Vec<Value> = (0..TRANSFERS).map(transfer).collect();
        json!({ "transfers": transfers, "atomicity": "each" })
    }

    /// Posts one request after the other; how long each took.
    async fn call_for(&self, span: Duration, body: &[u8]) -> Vec<Duration> {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let (end, mut waits) = (Instant::now() + span, Vec::new());
        while Instant::now() < end {
            let started = Instant::now();
            let answer = self.post(&mut stream, "transfers", body).await;
            waits.push(started.elapsed());
            let done = answer.windows(6).filter(|text| text == b"\"done\"").count();
            assert_eq!(done, TRANSFERS);
        }
        waits
    }

    /// Posts one request; the body of its answer.
    async fn post(&self, stream: &mut TcpStream, what: &str, body: &[u8]) -> Vec<u8> {
        let Self { token, book, .. } = self;
        let (key, length) = (self.env.random_uuid(), body.len());
        let head = format!(
            "POST /api/v1/books/{book}/{what} HTTP/1.1\r\nhost: bench\r\n\
             authorization: Bearer {token}\r\nidempotency-key: {key}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        let (mut answer, mut start, mut end) = (Vec::new(), 0, usize::MAX);
        while answer.len() < end {
            let count = stream.read_buf(&mut answer).await.unwrap();
            assert!(count > 0, "{}", String::from_utf8_lossy(&answer));
            let head = answer.windows(4).position(|four| four == b"\r\n\r\n");
            if end == usize::MAX
                && let Some(head) = head
            {
                let text = String::from_utf8_lossy(&answer[..head]).to_lowercase();
                assert!(text.starts_with("http/1.1 201"), "{}", String::from_utf8_lossy(&answer));
                let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
                start = head + 4;
                end = start + length.unwrap().parse::<usize>().unwrap();
                answer.reserve(end - answer.len());
            }
        }
        answer.split_off(start)
    }
}
