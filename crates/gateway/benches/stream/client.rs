//! The process that calls: what it sends, and how long it waits for answers.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::unfold;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use kernel::{Env, Uuid};
use ledger::{AccountId, TransferId};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};

/// The first word of a client's command line.
pub const WORD: &str = "client";
const ACCOUNTS: u64 = 10_000;
const SPAN: Duration = Duration::from_secs(5);
/// Lines of a piece in full batches.
const PIECE_LINES: usize = 1_000;

/// How a client calls.
#[derive(Clone, Copy)]
pub enum Shape {
    /// Opens the accounts.
    Accounts,
    /// Callers share a stream of lines, each of whom sends one and waits for its answer.
    Connection,
    /// A stream of lines, as fast as it is taken.
    Batches,
    /// A connection a caller, a request a transfer.
    Requests,
}

/// What a client was asked for.
pub struct Asked {
    shape: Shape,
    callers: usize,
    address: String,
    token: String,
    book: String,
}

/// What callers count together.
struct Counted {
    env: Env,
    drawn: AtomicU64,
    waits: Mutex<Vec<Duration>>,
    end: Instant,
}

/// A stream of lines and of answers to them.
struct Talk {
    lines: mpsc::Sender<Bytes>,
    answers: axum::body::BodyDataStream,
}

impl Shape {
    const ALL: [Self; 4] = [Self::Accounts, Self::Connection, Self::Batches, Self::Requests];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Connection => "connection",
            Self::Batches => "batches",
            Self::Requests => "requests",
        }
    }
}

/// What the command line asks a client for; nothing where it asks for none.
pub fn asked() -> Option<Asked> {
    let words: Vec<String> = std::env::args().collect();
    let [_, word, shape, callers, address, token, book] = words.as_slice() else { return None };
    let shape = Shape::ALL.into_iter().find(|one| one.word() == shape)?;
    (word == WORD).then(|| Asked {
        shape,
        callers: callers.parse().unwrap(),
        address: address.clone(),
        token: token.clone(),
        book: book.clone(),
    })
}

/// Calls, and prints what came of it.
pub fn run(asked: &Asked) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (started, count, mut waits) = match asked.shape {
            Shape::Accounts => asked.accounts().await,
            Shape::Connection => asked.connection().await,
            Shape::Batches => asked.batches().await,
            Shape::Requests => asked.requests().await,
        };
        let span_us = started.elapsed().as_micros();
        waits.sort_unstable();
        let wait = |part: usize| waits[(waits.len() - 1) * part / 100].as_micros();
        println!("{count} {span_us} {} {} {}", wait(50), wait(99), wait(100));
    });
}

type Outcome = (Instant, u64, Vec<Duration>);

impl Asked {
    async fn accounts(&self) -> Outcome {
        let started = Instant::now();
        let line = |number| {
            let id = account(number);
            let account = format!(r#"{{"id":"{id}","type":"asset","commodity":"AUD"}}"#);
            format!("{{\"account\":{account}}}\n")
        };
        let text: String = (0..ACCOUNTS).map(line).collect();
        let done = self.pour(vec![text.into()]).await;
        (started, done, vec![started.elapsed()])
    }

    /// One stream, full of lines: each piece is counted from when it was ready.
    async fn batches(&self) -> Outcome {
        let counted = Counted::new();
        // Made before, so that what is measured is the server.
        let pieces = (0..1_200).map(|_| {
            let mut text = String::new();
            (0..PIECE_LINES).for_each(|_| counted.line(&mut text));
            Bytes::from(text)
        });
        let pieces = pieces.collect();
        let started = Instant::now();
        let done = self.pour(pieces).await;
        (started, done, vec![started.elapsed()])
    }

    /// Sends pieces one after the other; how many of their lines were done.
    async fn pour(&self, pieces: Vec<Bytes>) -> u64 {
        let Talk { lines, mut answers } = self.talk("faults").await;
        tokio::spawn(async move {
            for piece in pieces {
                if lines.send(piece).await.is_err() {
                    return;
                }
            }
        });
        let mut told = Vec::new();
        while let Some(chunk) = answers.next().await {
            told.extend_from_slice(&chunk.unwrap());
        }
        let told = String::from_utf8(told).unwrap();
        let last: serde_json::Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
        assert!(last["end"] == "finished" && last["lines"] == last["done"], "{last}");
        last["done"].as_u64().unwrap()
    }

    /// Callers who share a stream: what they want to send meanwhile goes in one piece, and answers
    /// come in the order of lines.
    async fn connection(&self) -> Outcome {
        let Talk { lines, mut answers } = self.talk("each").await;
        let counted = Arc::new(Counted::new());
        let (to_writer, mut wanted) = mpsc::channel::<(String, oneshot::Sender<()>)>(self.callers);
        let waiting = Arc::new(Mutex::new(VecDeque::new()));
        let sent = Arc::clone(&waiting);
        tokio::spawn(async move {
            while let Some((mut text, answered)) = wanted.recv().await {
                sent.lock().unwrap().push_back(answered);
                while let Ok((line, answered)) = wanted.try_recv() {
                    text.push_str(&line);
                    sent.lock().unwrap().push_back(answered);
                }
                lines.send(text.into()).await.unwrap();
            }
        });
        tokio::spawn(async move {
            let mut open = Vec::new();
            while let Some(chunk) = answers.next().await {
                open.extend_from_slice(&chunk.unwrap());
                let whole = open.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
                let rest = open.split_off(whole);
                let mut waiting = waiting.lock().unwrap();
                for line in open.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                    let done = line.windows(16).any(|part| part == br#""status":"done","#);
                    assert!(done, "{}", String::from_utf8_lossy(line));
                    let _ = waiting.pop_front().unwrap().send(());
                }
                open = rest;
            }
        });
        let started = Instant::now();
        let callers = (0..self.callers).map(|_| {
            let (counted, to_writer) = (Arc::clone(&counted), to_writer.clone());
            tokio::spawn(async move {
                while Instant::now() < counted.end {
                    let before = Instant::now();
                    let (mut line, (answered, answer)) = (String::new(), oneshot::channel());
                    counted.line(&mut line);
                    to_writer.send((line, answered)).await.unwrap();
                    answer.await.unwrap();
                    counted.waits.lock().unwrap().push(before.elapsed());
                }
            })
        });
        for caller in callers.collect::<Vec<_>>() {
            caller.await.unwrap();
        }
        counted.outcome(started)
    }

    /// A connection a caller; each request has a transfer, a token and a key of its own.
    async fn requests(&self) -> Outcome {
        let counted = Arc::new(Counted::new());
        let mut streams = Vec::new();
        for _ in 0..self.callers {
            streams.push(TcpStream::connect(&self.address).await.unwrap());
        }
        let started = Instant::now();
        let callers = streams.into_iter().map(|mut stream| {
            let counted = Arc::clone(&counted);
            let head = format!(
                "POST /api/v1/books/{}/transfers HTTP/1.1\r\nhost: bench\r\n\
                 authorization: Bearer {}\r\ncontent-type: application/json\r\n",
                self.book, self.token
            );
            tokio::spawn(async move {
                stream.set_nodelay(true).unwrap();
                let mut answer = Vec::new();
                while Instant::now() < counted.end {
                    let before = Instant::now();
                    post(&mut stream, &head, &counted, &mut answer).await;
                    counted.waits.lock().unwrap().push(before.elapsed());
                }
            })
        });
        for caller in callers.collect::<Vec<_>>() {
            caller.await.unwrap();
        }
        counted.outcome(started)
    }

    /// Opens a stream over HTTP/2.
    async fn talk(&self, answers: &str) -> Talk {
        let (lines, taken) = mpsc::channel::<Bytes>(4);
        let body = Body::from_stream(unfold(taken, |mut taken| async move {
            Some((Ok::<_, std::io::Error>(taken.recv().await?), taken))
        }));
        let Self { address, token, book, .. } = self;
        let target = format!("http://{address}/api/v1/books/{book}/stream?answers={answers}");
        let request = hyper::Request::post(target)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/x-ndjson");
        let socket = TcpStream::connect(address).await.unwrap();
        socket.set_nodelay(true).unwrap();
        let begun = http2::handshake(TokioExecutor::new(), TokioIo::new(socket)).await;
        let (mut sender, connection) = begun.unwrap();
        tokio::spawn(connection);
        let response = sender.send_request(request.body(body).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200);
        Talk { lines, answers: Body::new(response.into_body()).into_data_stream() }
    }
}

/// Posts one transfer.
async fn post(stream: &mut TcpStream, head: &str, counted: &Counted, answer: &mut Vec<u8>) {
    let (debit, credit) = counted.pair();
    let body =
        format!(r#"{{"transfers":[{{"debit":"{debit}","credit":"{credit}","amount":"12.50"}}]}}"#);
    let (key, length) = (counted.env.random_uuid(), body.len());
    let request = format!("{head}idempotency-key: {key}\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    answer.clear();
    loop {
        let count = stream.read_buf(answer).await.unwrap();
        assert!(count > 0, "{}", String::from_utf8_lossy(answer));
        // The answer to one transfer ends with the number of the first.
        if answer.ends_with(b"}") {
            break;
        }
    }
    assert!(answer.starts_with(b"HTTP/1.1 201"), "{}", String::from_utf8_lossy(answer));
}

impl Counted {
    fn new() -> Self {
        let (env, drawn, waits) = (Env::system(), AtomicU64::new(1), Mutex::default());
        Self { env, drawn, waits, end: Instant::now() + SPAN }
    }

    /// Two accounts that are drawn evenly.
    fn pair(&self) -> (AccountId, AccountId) {
        let number = self.drawn.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let (debit, credit) = ((number >> 20) % ACCOUNTS, (number >> 40) % ACCOUNTS);
        (account(debit), account(if credit == debit { (credit + 1) % ACCOUNTS } else { credit }))
    }

    /// Adds a line with a transfer.
    fn line(&self, text: &mut String) {
        let id = TransferId::from_uuid(self.env.new_uuid());
        let (debit, credit) = self.pair();
        // A string takes whatever is written.
        let _ = writeln!(
            text,
            r#"{{"id":"{id}","debit":"{debit}","credit":"{credit}","amount":"12.50"}}"#
        );
    }

    fn outcome(&self, started: Instant) -> Outcome {
        let waits = std::mem::take(&mut *self.waits.lock().unwrap());
        (started, waits.len() as u64, waits)
    }
}

fn account(number: u64) -> AccountId {
    AccountId::from_uuid(Uuid::from_u64_pair(number + 1, 7))
}
