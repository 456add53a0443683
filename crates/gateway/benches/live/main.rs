//! What it costs to tell many what happens: processor time a delivery, how long it takes until all
//! have it, and what a silent socket takes. The clients are a process of its own on the same
//! machine.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench fails where it breaks")]

mod client;
#[path = "../served/mod.rs"]
mod served;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use gateway::Limits;
use kernel::{Actor, Context, Env};
use storage::log::{EventBody, ObjectRef, Sequencer};
use storage::{Level, Mode};

use served::Served;
use served::usage::Usage;

/// How many events a second, for how long, to how many.
const RATES: [(u64, u64, usize); 3] = [(20, 10, 1_000), (100, 5, 1_000), (100, 5, 100)];
const IDLE_SOCKETS: usize = 10_000;

/// Something that happened, and when, in microseconds.
#[derive(serde::Serialize)]
struct Ticked {
    at: u64,
}

impl EventBody for Ticked {
    const TYPE: &'static str = "bench.ticked";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        vec![ObjectRef::new("asset", "asset_01kn1q2v20e1etmjwasxv792n2")]
    }
}

/// Clients, and what they tell.
struct Clients {
    child: Child,
    stdin: ChildStdin,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

fn main() {
    if client::run() {
        return;
    }
    println!("load {}", std::fs::read_to_string("/proc/loadavg").unwrap().trim());
    served::on_both(run);
}

async fn run(name: String, url: String) {
    let limits = Limits {
        sockets_max: 20_000,
        sockets_per_tenant_max: 20_000,
        sockets_unknown_max: 20_000,
        ..Limits::default()
    };
    let served = Served::start(&url, limits).await;
    let sequencer = Sequencer::new(served.database.clone()).start();
    for (rate, seconds, count) in RATES {
        let clients = Clients::start(&served, count);
        let before = Usage::now(&url);
        tick(&served, rate, rate * seconds).await;
        // What was told last is still on its way.
        let second = Duration::from_secs(1);
        let _ = tokio::time::timeout(second, std::future::pending::<()>()).await;
        let used = Usage::now(&url).since(&before);
        let told = clients.end();
        let [deliveries, p50_us, p99_us, longest_us] = told;
        println!(
            "{name:10} {count:5} sockets, {rate:4} events/s: {deliveries} of {} deliveries, \
             {}.{:02} µs each, p50 {} µs, p99 {} µs, longest {} µs",
            rate * seconds * count as u64,
            used.server_ns / deliveries / 1_000,
            used.server_ns / deliveries % 1_000 / 10,
            p50_us,
            p99_us,
            longest_us,
        );
    }
    let before = resident_kib();
    let clients = Clients::start(&served, IDLE_SOCKETS);
    let after = resident_kib();
    println!("{name:10} {IDLE_SOCKETS} silent sockets: {} KiB", after.saturating_sub(before));
    clients.end();
    sequencer.stop().await;
}

/// Lets so many things happen a second.
async fn tick(served: &Served, rate: u64, count: u64) {
    let context = Context::new(Env::system(), served.tenant, Actor::Owner);
    let mut pace = tokio::time::interval(Duration::from_micros(1_000_000 / rate));
    for _ in 0..count {
        pace.tick().await;
        let mut tx =
            served.database.begin(Level::Tenant(served.tenant), Mode::Write).await.unwrap();
        tx.emit(&context, &Ticked { at: client::now_us() }).await.unwrap();
        tx.commit().await.unwrap();
    }
}

fn resident_kib() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

impl Clients {
    /// Opens so many sockets, all of which have subscribed.
    fn start(served: &Served, count: usize) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let words = [client::WORD, &count.to_string(), &served.address.to_string(), &served.token];
        command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "ready");
        Self { child, stdin, lines }
    }

    /// How many deliveries came, and after how many microseconds half, 99 of 100 and all had come.
    fn end(mut self) -> [u64; 4] {
        self.stdin.write_all(b"end\n").unwrap();
        let told = self.lines.next().unwrap().unwrap();
        self.child.wait().unwrap();
        let figures: Vec<u64> = told.split_whitespace().map(|one| one.parse().unwrap()).collect();
        figures.try_into().unwrap()
    }
}
