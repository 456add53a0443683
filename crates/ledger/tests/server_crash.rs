//! PostgreSQL is killed under load, again and again, while the ledger goes on: nothing that was
//! acknowledged is lost, nothing is there twice, and the tables follow.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod pounded;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use kernel::{Actor, Amount, BookId, Context, Env, TenantId, Uuid};
use ledger::{EngineLimits, Ledger};
use storage::{Database, Level, Mode, migrate, params, sql};
use testing::Raw;

sql! {
    STARTED = "SELECT CAST(pg_postmaster_start_time() AS text)";
}

const CALLERS: u64 = 16;
/// What `pg_ctl stop -m immediate` does: no checkpoint, no goodbye.
const KILL: &str = "COPY (SELECT 1) TO PROGRAM 'kill -QUIT $(head -n 1 postmaster.pid)'";

/// How often the server is killed; more in a soak.
fn rounds() -> u64 {
    let soak = std::env::var("FLORIN_SOAK_ROUNDS").ok().and_then(|text| text.parse::<u64>().ok());
    soak.map_or(3, |rounds| rounds / 4)
}

/// A server of its own that comes back when it is killed, and goes with this value.
struct Server {
    script: Child,
    url: String,
}

impl Server {
    fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut script = Command::new(root.join("scripts/postgres.sh"))
            .args(["revived", "sh", "-c", "echo \"$FLORIN_TEST_POSTGRES_URL\"; cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { script, url: url.trim().to_owned() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its input ends, and so does it.
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}

/// A book whose callers note what they were told.
struct Pounded {
    ledger: Ledger,
    context: Context,
    book: BookId,
    next: AtomicU64,
    done: AtomicU64,
    ends: AtomicBool,
}

impl Pounded {
    async fn open(database: &Database) -> Arc<Self> {
        let tenant = TenantId::from_uuid(database.env().new_uuid());
        let context = Context::new(Env::system(), tenant, Actor::Owner);
        let ledger = Ledger::start(database.clone(), EngineLimits::default()).await.unwrap();
        let book = pounded::open(database, &ledger, &context).await;
        let (next, done, ends) = (AtomicU64::new(1), AtomicU64::new(0), AtomicBool::new(false));
        Arc::new(Self { ledger, context, book, next, done, ends })
    }

    /// Makes transfers until it is told to end; each is tried until it is acknowledged.
    async fn pound(self: Arc<Self>) -> Vec<Uuid> {
        let mut told = Vec::new();
        while !self.ends.load(Ordering::Relaxed) {
            let id = Uuid::from_u128(u128::from(self.next.fetch_add(1, Ordering::Relaxed)));
            let acknowledged = async || {
                self.ledger.execute(&self.context, self.book, pounded::cent(id)).await.ok()
            };
            testing::eventually("an acknowledgement", acknowledged).await;
            self.done.fetch_add(1, Ordering::Relaxed);
            told.push(id);
        }
        told
    }
}

/// When the server was started, if it answers.
async fn started(database: &Database) -> Option<String> {
    let mut tx = database.begin(Level::Common, Mode::Read).await.ok()?;
    let row = tx.row(&STARTED, params![]).await.ok()??;
    row.get(0).ok()
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_postgres_is_killed() {
    tokio::task::LocalSet::new().run_until(kill_and_check()).await;
}

async fn kill_and_check() {
    let server = Server::start();
    let env = Env::system();
    let database = Database::open(&server.url, env, storage::Limits::default()).unwrap();
    migrate::migrate(&database, &[vault::MODULE, ledger::MODULE]).await.unwrap();
    let pounded = Pounded::open(&database).await;
    let callers: Vec<_> =
        (0..CALLERS).map(|_| tokio::task::spawn_local(Arc::clone(&pounded).pound())).collect();

    for _ in 0..rounds() {
        let before = pounded.done.load(Ordering::Relaxed);
        let more = u64::from(pounded.context.env.random_bytes::<1>()[0]) * 2 + 1;
        let went_on =
            async || (pounded.done.load(Ordering::Relaxed) >= before + more).then_some(());
        testing::eventually("more acknowledgements", went_on).await;
        let started = testing::eventually("the server", async || started(&database).await).await;
        // The connection may break before the answer.
        let _ = Raw::open(&server.url).await.try_run(KILL).await;
        let back = async || self::started(&database).await.filter(|again| *again != started);
        testing::eventually("the server's return", back).await;
    }
    pounded.ends.store(true, Ordering::Relaxed);
    let mut told = BTreeSet::new();
    for caller in callers {
        told.extend(caller.await.unwrap());
    }

    let account =
        pounded.ledger.account(&pounded.context, pounded.book, pounded::DEBIT).await.unwrap();
    assert_eq!(account.balance.posted, Amount::from_minor(told.len() as i128));
    let followed = async || {
        let Pounded { ledger, context, book, .. } = &*pounded;
        let there = pounded::transfers(&database, ledger, context, *book).await;
        (there.len() == told.len()).then_some(there)
    };
    let there = testing::eventually("the tables", followed).await;
    assert_eq!(there.into_iter().collect::<BTreeSet<_>>(), told, "each is there once");
    pounded.ledger.stop().await;
    let report = storage::audit::verify(&database, None).await.unwrap();
    assert!(report.is_intact(), "{report:?}");
}
