//! A client of NATS, as small as this module needs: one conversation at a time on a connection,
//! publishing with headers, requests, and JetStream's acknowledgements.
//!
//! What must stay true: whatever comes has a limit and a time, and an answer is taken for what it
//! answers by its address alone; so one that comes twice or late is nobody's.
//!
//! Source: the NATS client protocol, and the JetStream wire API (ADR 1 and following of
//! nats-architecture-and-design).

mod jetstream;
mod wire;

use std::time::Duration;

use kernel::Env;
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::error::BusError;
pub(crate) use jetstream::{Delivered, StreamConfig};
pub use wire::Address;
use wire::{Info, Operation};

/// How long the broker may take for an answer, in seconds.
const ANSWER_SECONDS_MAX: u64 = 10;
/// What one conversation sends before it looks at answers.
pub(crate) const MESSAGES_MAX: usize = 256;

/// What is published.
pub(crate) struct Message {
    pub subject: String,
    /// Names and values, none of which has a line end.
    pub headers: Vec<(&'static str, String)>,
    pub payload: Vec<u8>,
}

/// What came on a subject of ours.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub subject: String,
    pub reply: Option<String>,
    /// The status of the broker's own messages: 404, 408.
    pub status: Option<u16>,
    pub payload: Vec<u8>,
}

/// A connection to a broker.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    /// What answers to us are addressed to begins with it, and no one else's does.
    inbox: String,
    asked: u64,
    payload_bytes_max: usize,
}

/// Waits, but not for ever.
async fn timely<T>(work: impl Future<Output = Result<T, BusError>>) -> Result<T, BusError> {
    let limit = Duration::from_secs(ANSWER_SECONDS_MAX);
    let done = tokio::time::timeout(limit, work).await;
    done.unwrap_or(Err(BusError::Silent { seconds: ANSWER_SECONDS_MAX }))
}

impl Connection {
    /// Connects, and says who we are.
    pub(crate) async fn open(address: &Address, env: &Env) -> Result<Self, BusError> {
        timely(Self::open_slowly(address, env)).await
    }

    async fn open_slowly(address: &Address, env: &Env) -> Result<Self, BusError> {
        let stream = TcpStream::connect((address.host.as_str(), address.port)).await?;
        stream.set_nodelay(true)?;
        let inbox = format!("_INBOX.{}", kernel::id::encode(env.random_uuid()));
        let stream = BufReader::new(stream);
        let mut connection = Self { stream, inbox, asked: 0, payload_bytes_max: 0 };
        let Operation::Info(info) = connection.operation().await? else {
            return Err(BusError::protocol("it did not begin with INFO"));
        };
        let Info { max_payload, headers, tls_required } = info;
        if tls_required || !headers {
            let text = "it wants TLS, or knows no headers".to_owned();
            return Err(BusError::Refused { what: "the connection".to_owned(), text });
        }
        connection.payload_bytes_max = max_payload;
        let hello =
            format!("CONNECT {}\r\nSUB {}.* 1\r\nPING\r\n", address.hello(), connection.inbox);
        connection.send(hello.as_bytes()).await?;
        loop {
            match connection.operation().await? {
                Operation::Pong => return Ok(connection),
                Operation::Refused(text) => {
                    return Err(BusError::Refused { what: "the connection".to_owned(), text });
                }
                _ => {}
            }
        }
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), BusError> {
        Ok(self.stream.get_mut().write_all(bytes).await?)
    }

    /// An address that the answer to one question will have.
    fn reply_to(&mut self) -> String {
        self.asked += 1;
        format!("{}.{}", self.inbox, self.asked)
    }

    /// The next message for us; questions whether we live are answered.
    async fn incoming(&mut self) -> Result<Incoming, BusError> {
        loop {
            match self.operation().await? {
                Operation::Message(message) => return Ok(message),
                Operation::Ping => self.send(b"PONG\r\n").await?,
                Operation::Refused(text) => {
                    return Err(BusError::Refused { what: "what was sent".to_owned(), text });
                }
                Operation::Info(_) | Operation::Pong | Operation::Nothing => {}
            }
        }
    }

    /// Asks, and waits for the answer.
    pub(crate) async fn ask(&mut self, subject: &str, body: &[u8]) -> Result<Incoming, BusError> {
        let reply = self.reply_to();
        let asking = async {
            let head = format!("PUB {subject} {reply} {}\r\n", body.len());
            self.send(&[head.as_bytes(), body, b"\r\n"].concat()).await?;
            loop {
                let incoming = self.incoming().await?;
                if incoming.subject == reply {
                    return Ok(incoming);
                }
            }
        };
        timely(asking).await
    }

    /// Says something that nobody answers.
    pub(crate) async fn tell(&mut self, subject: &str, body: &[u8]) -> Result<(), BusError> {
        let head = format!("PUB {subject} {}\r\n", body.len());
        timely(self.send(&[head.as_bytes(), body, b"\r\n"].concat())).await
    }
}
