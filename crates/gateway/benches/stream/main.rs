//! How many transfers a second come in from another process: by one HTTP/2 connection that carries
//! many callers, each of whom waits for their own answer, in full batches, and as plain requests of
//! one transfer each. The client is a process of its own on the same machine.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench fails where it breaks")]

mod client;
#[path = "../served/mod.rs"]
mod served;

use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;

use gateway::Limits;
use kernel::BookId;

use client::Shape;
use served::Served;
use served::usage::Usage;

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
    served::on_both(run);
}

async fn run(name: String, url: String) {
    let served = Served::start(&url, Limits::default()).await;
    let ledger = served.ledger.clone();
    let bench = Arc::new(Bench::of(served).await);
    bench.client(Shape::Accounts, 1).await;
    for (what, shape, callers) in SHAPES {
        if !is_asked(what) {
            continue;
        }
        let before = Usage::now(&url);
        let told = bench.client(shape, callers).await;
        // What one shape leaves to the tables is not the next one's, and not for nothing.
        while ledger.wait_for_book(bench.book).await.is_err() {}
        let used = Usage::now(&url).since(&before);
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
    async fn of(served: Served) -> Self {
        let book = served.open_book().await;
        let Served { address, token, .. } = served;
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
