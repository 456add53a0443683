//! The process with the sockets: it reads what comes, and looks at the clock.

use std::io::BufRead as _;
use std::sync::{Arc, Mutex};

use kernel::Env;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The first word of a client's command line.
pub const WORD: &str = "sockets";
/// What stands before the time at which an event happened.
const AT: &[u8] = b"\"body\":{\"at\":";
/// Sockets that are opened at a time.
const OPENED_AT_ONCE: usize = 100;

/// Microseconds since 1970.
pub fn now_us() -> u64 {
    u64::try_from(Env::system().now().micros()).unwrap()
}

/// Runs where the command line asks for it; whether it did.
pub fn run() -> bool {
    let words: Vec<String> = std::env::args().collect();
    let [_, word, count, address, token] = words.as_slice() else { return false };
    if word != WORD {
        return false;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(listen(count.parse().unwrap(), address, token));
    true
}

async fn listen(count: usize, address: &str, token: &str) {
    let waits: Arc<Mutex<Vec<u64>>> = Arc::default();
    let mut opened = 0;
    while opened < count {
        let some = OPENED_AT_ONCE.min(count - opened);
        let sockets = (0..some).map(|_| open(address, token));
        for socket in futures_util::future::join_all(sockets).await {
            tokio::spawn(read(socket, Arc::clone(&waits)));
        }
        opened += some;
    }
    println!("ready");
    // The main thread's input is waited for elsewhere: sockets are read meanwhile.
    let asked = || std::io::stdin().lock().lines().next();
    tokio::task::spawn_blocking(asked).await.unwrap();
    let mut waits = std::mem::take(&mut *waits.lock().unwrap());
    waits.sort_unstable();
    let at = |share: usize| waits.get((waits.len() * share / 100).min(waits.len() - 1));
    let [half, most, all] = [50, 99, 100].map(|share| at(share).copied().unwrap_or(0));
    println!("{} {half} {most} {all}", waits.len().max(1));
}

/// A socket that has subscribed.
async fn open(address: &str, token: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "GET /ws HTTP/1.1\r\nhost: bench\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         authorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let said = br#"{"type":"subscribe","topic":"events"}"#;
    // A mask of zeros leaves the payload as it is.
    let frame = [&[0x81, 0x80 | u8::try_from(said.len()).unwrap(), 0, 0, 0, 0], &said[..]].concat();
    stream.write_all(&frame).await.unwrap();
    let mut text = Vec::new();
    while !contains(&text, b"\"subscribed\"") {
        assert!(stream.read_buf(&mut text).await.unwrap() > 0, "{:?}", String::from_utf8(text));
    }
    stream
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Reads events, and how long each was on its way; heartbeats are answered by what follows.
async fn read(mut stream: TcpStream, waits: Arc<Mutex<Vec<u64>>>) {
    let mut bytes = Vec::with_capacity(4_096);
    while stream.read_buf(&mut bytes).await.is_ok_and(|count| count > 0) {
        let now = now_us();
        let mut read = 0;
        while let Some(place) = bytes[read..].windows(AT.len()).position(|part| part == AT) {
            let digits = &bytes[read + place + AT.len()..];
            let Some(end) = digits.iter().position(|byte| !byte.is_ascii_digit()) else { break };
            let at: u64 = std::str::from_utf8(&digits[..end]).unwrap().parse().unwrap();
            waits.lock().unwrap().push(now.saturating_sub(at));
            read += place + AT.len() + end;
        }
        // What is left may be the beginning of the next one's time.
        let keep = bytes.len().min(64).min(bytes.len() - read);
        let from = bytes.len() - keep;
        bytes.drain(..from);
    }
}
