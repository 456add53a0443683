//! Pounds a book with transfers until it is killed: `pound URL TENANT BOOK ROUND`.
//!
//! It prints `sent ID` before each transfer and `done ID` after it was acknowledged, `asked N`
//! before it looks at the debited account and `saw N CENTS` afterwards, so that whoever kills or
//! freezes it knows what must be there. A transfer that fails is sent again.

#![allow(clippy::unwrap_used, reason = "whoever started it sees what broke")]

#[path = "../tests/pounded/mod.rs"]
mod pounded;

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kernel::{Actor, BookId, Context, Env, TenantId, Uuid};
use ledger::{EngineLimits, Ledger, LedgerError};
use pounded::cent_with_text as cent;
use storage::{Database, Limits};

const CALLERS: u64 = 16;
/// How often one transfer is sent.
const ATTEMPTS_MAX: u32 = 2_000;
const PAUSE: Duration = Duration::from_millis(10);

/// The book, as each caller needs it.
struct Caller {
    ledger: Ledger,
    context: Context,
    book: BookId,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(pound())
}

async fn pound() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, tenant, book, round] = arguments.as_slice() else {
        return Err("pound URL TENANT BOOK ROUND".into());
    };
    let tenant: TenantId = tenant.parse()?;
    let (book, round): (BookId, u64) = (book.parse()?, round.parse()?);
    let database = testing::with_keys(Database::open(url, Env::system(), Limits::default())?);
    let ledger = Ledger::start(database, EngineLimits::default()).await?;
    let context = Context::new(Env::system(), tenant, Actor::system("pound"));
    let caller = Arc::new(Caller { ledger, context, book });
    let next = Arc::new(AtomicU64::new(0));
    let mut callers = vec![tokio::spawn(Arc::clone(&caller).look())];
    for _ in 0..CALLERS {
        callers.push(tokio::spawn(Arc::clone(&caller).transfer(round, Arc::clone(&next))));
    }
    // They end together, because none of them can go on without the ledger.
    match callers.pop() {
        Some(caller) => Err(caller.await?.into()),
        None => Ok(()),
    }
}

impl Caller {
    async fn transfer(self: Arc<Self>, round: u64, next: Arc<AtomicU64>) -> LedgerError {
        loop {
            let id = Uuid::from_u64_pair(round, next.fetch_add(1, Ordering::Relaxed));
            say(&format!("sent {id}"));
            let mut attempt = 0;
            while let Err(error) = self.ledger.execute(&self.context, self.book, cent(id)).await {
                attempt += 1;
                if attempt == ATTEMPTS_MAX {
                    return error;
                }
                tokio::time::sleep(PAUSE).await;
            }
            say(&format!("done {id}"));
        }
    }

    async fn look(self: Arc<Self>) -> LedgerError {
        let mut number: u64 = 0;
        loop {
            number += 1;
            say(&format!("asked {number}"));
            if let Ok(seen) = self.ledger.account(&self.context, self.book, pounded::DEBIT).await {
                say(&format!("saw {number} {}", seen.balance.posted));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// One line in one write: a pipe takes it whole or not at all.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush());
}
