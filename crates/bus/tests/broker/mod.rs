//! A broker: NATS with JetStream, as `scripts/setup.sh test` installs it, and what a client of it
//! sees.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use testing::eventually;

/// A running broker, which ends with the test. It keeps what it has between starts.
pub struct Nats {
    process: Option<Child>,
    port: u16,
    folder: TempDir,
}

/// A message of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The subject it was published under.
    pub subject: String,
    /// Its headers, as they were sent.
    pub headers: String,
    /// What it says.
    pub payload: String,
}

impl Nats {
    /// Starts one with nothing in it.
    ///
    /// # Panics
    /// Where it is not installed, or does not answer.
    pub async fn start() -> Self {
        let port =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut broker = Self { process: None, port, folder: TempDir::new().unwrap() };
        broker.revive().await;
        broker
    }

    /// Starts it again, with what it kept.
    pub async fn revive(&mut self) {
        let program = program();
        let process = Command::new(&program)
            .args(["-js", "-a", "127.0.0.1", "-p", &self.port.to_string(), "-sd"])
            .arg(self.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.process = Some(process.unwrap_or_else(|error| {
            panic!("{}: {error}; run scripts/setup.sh test", program.display())
        }));
        eventually("the broker to answer", async || self.try_talk("PING\r\n", "PONG")).await;
    }

    /// Ends it at once, as a fault of the machine would.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Publishes, and waits until a stream keeps it.
    pub async fn publish(&self, subject: &str, payload: &str) {
        let said =
            format!("SUB answers 9\r\nPUB {subject} answers {}\r\n{payload}\r\n", payload.len());
        eventually("a stream to keep it", async || self.try_talk(&said, "\"stream\"")).await;
    }

    /// The messages of a stream, in order.
    pub async fn messages(&self, stream: &str) -> Vec<Kept> {
        eventually("the stream", async || self.try_messages(stream)).await
    }

    fn try_messages(&self, stream: &str) -> Option<Vec<Kept>> {
        let info = self.api(&format!("STREAM.INFO.{stream}"), "")?;
        let state = &info["state"];
        let (first, last) = (state["first_seq"].as_u64()?, state["last_seq"].as_u64()?);
        let text = |value: &serde_json::Value| {
            let bytes = BASE64.decode(value.as_str().unwrap_or_default());
            String::from_utf8(bytes.unwrap()).unwrap()
        };
        let one = |number: u64| {
            let asked = format!("{{\"seq\":{number}}}");
            let found = self.api(&format!("STREAM.MSG.GET.{stream}"), &asked)?;
            let message = &found["message"];
            let subject = message["subject"].as_str()?.to_owned();
            Some(Kept { subject, headers: text(&message["hdrs"]), payload: text(&message["data"]) })
        };
        (first.max(1)..=last).map(one).collect()
    }

    fn api(&self, what: &str, body: &str) -> Option<serde_json::Value> {
        let said =
            format!("SUB answers 9\r\nPUB $JS.API.{what} answers {}\r\n{body}\r\n", body.len());
        let answer = self.try_talk(&said, "}")?;
        let value: serde_json::Value = serde_json::from_str(&answer).ok()?;
        value.get("error").is_none().then_some(value)
    }

    /// Says something, and the first line that holds what is waited for.
    fn try_talk(&self, said: &str, awaited: &str) -> Option<String> {
        let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok()?;
        socket.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        let hello = "CONNECT {\"verbose\":false,\"headers\":true}\r\n";
        socket.write_all([hello, said].concat().as_bytes()).ok()?;
        let mut lines = BufReader::new(socket.take(16 << 20)).lines();
        // The first line tells what the broker is.
        lines.next()?.ok()?;
        lines.map_while(Result::ok).find(|line| line.contains(awaited))
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The one that was installed for the tests, or else the machine's.
fn program() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache = cache.or_else(home).unwrap();
    let own = cache.join("florin/nats/bin/nats-server");
    if own.exists() { own } else { PathBuf::from("nats-server") }
}
