//! How many transfers a second the engine makes durable, in process: in commands of many, and by
//! callers that each wait for one, on both databases, all on one thread.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kernel::{Actor, Amount, BookId, Commodity, Context, Env, TenantId, Uuid, time};
use ledger::{
    AccountId, AccountKind, EngineLimits, Ledger, Limits, Movement, NewAccount, NewTransfer,
    Request, Step, TransferId,
};
use storage::{Database, Dialect, Level, Mode};
use testing::TestDatabase;

const ACCOUNTS: u128 = 10_000;
const STEPS: usize = 8_190;
const SPAN: Duration = Duration::from_secs(5);

struct Bench {
    ledger: Ledger,
    context: Context,
    book: BookId,
    next: AtomicU64,
}

fn main() {
    println!("{:12} {:28} {:>12} {:>10}", "database", "shape", "transfers/s", "µs each");
    testing::run(Dialect::Sqlite, &[ledger::MODULE], run);
    testing::run(Dialect::Postgres, &[ledger::MODULE], run);
}

async fn run(db: TestDatabase) {
    let name = format!("{:?}", db.dialect());
    let database = db.open(Env::system(), storage::Limits::default());
    let bench = Arc::new(Bench::new(database).await.unwrap());
    for callers in [1, 8, 64] {
        let made = bench.single(callers).await.unwrap();
        report(&name, &format!("{callers} callers, one each"), made);
    }
    report(&name, &format!("commands of {STEPS}"), bench.bulk().await.unwrap());
    let started = Instant::now();
    bench.ledger.stop().await;
    println!("{name:12} the tables followed for {} ms more", started.elapsed().as_millis());
}

fn report(name: &str, shape: &str, made: u64) {
    let rate = made / SPAN.as_secs();
    let each = SPAN.as_nanos() / u128::from(made.max(1));
    println!("{name:12} {shape:28} {rate:>12} {:>6}.{:03}", each / 1_000, each % 1_000);
}

impl Bench {
    async fn new(database: Database) -> Result<Self, Box<dyn std::error::Error>> {
        let env = Env::system();
        let tenant = TenantId::from_uuid(env.new_uuid());
        let context = Context::new(env, tenant, Actor::system("bench"));
        let ledger = Ledger::start(database.clone(), EngineLimits::default()).await?;
        let mut tx = database.begin(Level::Tenant(tenant), Mode::Write).await?;
        let aud = Commodity::well_known("AUD")?;
        let book = ledger.open_book(&mut tx, &context, "Bench", aud).await?.id;
        tx.commit().await?;
        let mut steps = vec![Step::DefineCommodity { code: aud.code, scale: aud.scale }];
        steps.extend((1..ACCOUNTS).map(|number| {
            let (id, limits) = (account(number), Limits::default());
            let (commodity, kind) = (aud.code, AccountKind::Asset);
            Step::OpenAccount(NewAccount { id, commodity, kind, limits, code: 0 })
        }));
        let bench = Self { ledger, context, book, next: AtomicU64::new(1) };
        bench.send(steps).await?;
        Ok(bench)
    }

    async fn send(&self, steps: Vec<Step>) -> Result<(), ledger::LedgerError> {
        let request = Request { steps, ..Request::default() };
        self.ledger.execute(&self.context, self.book, request).await.map(|_| ())
    }

    fn transfer(&self) -> Step {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let debit = account(1 + u128::from(number) % (ACCOUNTS - 1));
        let credit = account(1 + u128::from(number * 7 + 1) % (ACCOUNTS - 1));
        let other = account(1 + u128::from(number + 1) % (ACCOUNTS - 1));
        let credit = if credit == debit { other } else { credit };
        Step::Transfer(NewTransfer {
            id: TransferId::from_uuid(Uuid::from_u64_pair(number, 7)),
            movement: Movement::Post { debit, credit, amount: Amount::from_minor(1) },
            code: 1,
            reference: None,
            effective: time::date_from_days(20_000).unwrap_or_default(),
        })
    }

    async fn single(self: &Arc<Self>, callers: usize) -> Result<u64, Box<dyn std::error::Error>> {
        let before = self.next.load(Ordering::Relaxed);
        let end = Instant::now() + SPAN;
        let callers: Vec<_> = (0..callers)
            .map(|_| {
                let bench = Arc::clone(self);
                tokio::spawn(async move {
                    while Instant::now() < end {
                        bench.send(vec![bench.transfer()]).await?;
                    }
                    Ok::<(), ledger::LedgerError>(())
                })
            })
            .collect();
        for caller in callers {
            caller.await??;
        }
        Ok(self.next.load(Ordering::Relaxed) - before)
    }

    async fn bulk(self: &Arc<Self>) -> Result<u64, Box<dyn std::error::Error>> {
        let before = self.next.load(Ordering::Relaxed);
        let end = Instant::now() + SPAN;
        while Instant::now() < end {
            let steps = (0..STEPS).map(|_| self.transfer()).collect();
            self.send(steps).await?;
        }
        Ok(self.next.load(Ordering::Relaxed) - before)
    }
}

fn account(number: u128) -> AccountId {
    AccountId::from_uuid(Uuid::from_u128(number))
}
