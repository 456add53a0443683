//! How many transfers a second come in through the API, ten thousand in a request: over a socket,
//! with token and permission, the client on the same machine and in the same process.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench fails where it breaks")]

#[path = "served/mod.rs"]
mod served;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gateway::Limits;
use kernel::Env;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use served::Served;

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
    served::on_both(run);
}

async fn run(name: String, url: String) {
    let bench = Arc::new(Bench::start(&url).await);
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
    async fn start(url: &str) -> Self {
        let served = Served::start(url, Limits::default()).await;
        let (book, accounts) = (served.open_book().await.to_string(), Vec::new());
        let Served { address, token, .. } = served;
        let mut bench = Self { address, token, book, accounts, env: Env::system() };
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
