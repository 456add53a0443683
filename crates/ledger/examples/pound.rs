//! Pounds a book with transfers until it is killed: `pound URL TENANT BOOK DEBIT CREDIT ROUND`.
//!
//! It prints `sent ID` before each call and `done ID` after it was acknowledged, so that whoever
//! kills it knows what must be there. The crash test starts it.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kernel::{Actor, Amount, BookId, Context, Env, TenantId, Uuid, time};
use ledger::{AccountId, EngineLimits, Ledger, Movement, NewTransfer, Request, Step, TransferId};
use storage::{Database, Limits};

const CALLERS: u64 = 16;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(pound())
}

async fn pound() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, tenant, book, debit, credit, round] = arguments.as_slice() else {
        return Err("pound URL TENANT BOOK DEBIT CREDIT ROUND".into());
    };
    let tenant: TenantId = tenant.parse()?;
    let (book, round): (BookId, u64) = (book.parse()?, round.parse()?);
    let (debit, credit): (AccountId, AccountId) = (debit.parse()?, credit.parse()?);
    let database = Database::open(url, Env::system(), Limits::default())?;
    let ledger = Ledger::start(database, EngineLimits::default()).await?;
    let context = Context::new(Env::system(), tenant, Actor::system("pound"));
    let next = Arc::new(AtomicU64::new(0));
    let mut callers = Vec::new();
    for _ in 0..CALLERS {
        let (ledger, context, next) = (ledger.clone(), context.clone(), Arc::clone(&next));
        callers.push(tokio::spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let id = Uuid::from_u64_pair(round, number);
                let transfer = NewTransfer {
                    id: TransferId::from_uuid(id),
                    movement: Movement::Post { debit, credit, amount: Amount::from_minor(1) },
                    code: 1,
                    reference: None,
                    effective: time::date_from_days(20_000).unwrap_or_default(),
                    reverses: None,
                };
                let steps = vec![Step::Transfer(transfer)];
                say("sent", id);
                let request = Request { steps, ..Request::default() };
                match ledger.execute(&context, book, request).await {
                    Ok(_) => say("done", id),
                    Err(error) => return error,
                }
            }
        }));
    }
    // They end together, because none of them can go on without the ledger.
    match callers.pop() {
        Some(caller) => Err(caller.await?.into()),
        None => Ok(()),
    }
}

/// One line in one write: a pipe takes it whole or not at all.
fn say(what: &str, id: Uuid) {
    let line = format!("{what} {id}\n");
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
}
