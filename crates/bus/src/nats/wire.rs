//! The lines of the protocol.

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _};

use super::{Connection, Incoming, Message};
use crate::error::BusError;

const PORT: u16 = 4_222;
/// The longest line of the broker; the first one lists what it is and knows.
const LINE_BYTES_MAX: usize = 64 << 10;
/// The largest message that is taken.
const MESSAGE_BYTES_MAX: usize = 8 << 20;

/// Where a broker is, and who we are there.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    pub(super) host: String,
    pub(super) port: u16,
    user: Option<(String, String)>,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "nats://{}:{}", self.host, self.port)
    }
}

impl std::str::FromStr for Address {
    type Err = BusError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let place = text.rsplit_once('@').map_or(text, |(_, place)| place);
        let wrong = || BusError::Address { address: place.chars().take(100).collect() };
        let rest = text.strip_prefix("nats://").ok_or_else(wrong)?;
        let (user, place) = match rest.rsplit_once('@') {
            Some((user, place)) => {
                let (name, word) = user.split_once(':').ok_or_else(wrong)?;
                (Some((name.to_owned(), word.to_owned())), place)
            }
            None => (None, rest),
        };
        let place = place.trim_end_matches('/');
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| wrong())?),
            None => (place, PORT),
        };
        if host.is_empty() || host.contains(['/', ' ']) {
            return Err(wrong());
        }
        Ok(Self { host: host.to_owned(), port, user })
    }
}

impl Address {
    /// What a connection begins with.
    pub(super) fn hello(&self) -> String {
        #[derive(Serialize)]
        struct Hello<'a> {
            verbose: bool,
            pedantic: bool,
            headers: bool,
            no_responders: bool,
            lang: &'a str,
            version: &'a str,
            name: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            user: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            pass: Option<&'a str>,
        }
        let hello = Hello {
            verbose: false,
            pedantic: false,
            headers: true,
            no_responders: true,
            lang: "rust",
            version: env!("CARGO_PKG_VERSION"),
            name: "florin",
            user: self.user.as_ref().map(|(user, _)| user.as_str()),
            pass: self.user.as_ref().map(|(_, word)| word.as_str()),
        };
        // Strings and booleans are always JSON.
        serde_json::to_string(&hello).unwrap_or_default()
    }
}

/// What the broker is, as far as it matters here.
#[derive(Deserialize)]
pub(super) struct Info {
    pub max_payload: usize,
    #[serde(default)]
    pub headers: bool,
    #[serde(default)]
    pub tls_required: bool,
}

/// What the broker says.
pub(super) enum Operation {
    Info(Info),
    Message(Incoming),
    Ping,
    Pong,
    Refused(String),
    Nothing,
}

impl Connection {
    async fn line(&mut self) -> Result<String, BusError> {
        let mut line = Vec::new();
        let limit = LINE_BYTES_MAX as u64;
        (&mut self.stream).take(limit).read_until(b'\n', &mut line).await?;
        if !line.ends_with(b"\r\n") {
            let ended = line.len() < LINE_BYTES_MAX;
            let kind = std::io::ErrorKind::UnexpectedEof;
            return Err(if ended {
                std::io::Error::from(kind).into()
            } else {
                BusError::protocol(&line)
            });
        }
        line.truncate(line.len() - 2);
        String::from_utf8(line).map_err(|error| BusError::protocol(error.as_bytes()))
    }

    /// The next thing that the broker says.
    pub(super) async fn operation(&mut self) -> Result<Operation, BusError> {
        let line = self.line().await?;
        let (word, rest) = line.split_once([' ', '\t']).unwrap_or((&line, ""));
        let words: Vec<&str> = rest.split_whitespace().collect();
        Ok(match (word.to_ascii_uppercase().as_str(), words.as_slice()) {
            ("INFO", _) => {
                let info = serde_json::from_str(rest).map_err(|_| BusError::protocol(&line))?;
                Operation::Info(info)
            }
            ("PING", _) => Operation::Ping,
            ("PONG", _) => Operation::Pong,
            ("+OK", _) => Operation::Nothing,
            ("-ERR", _) => Operation::Refused(rest.trim_matches('\'').to_owned()),
            ("MSG", [subject, _, reply @ .., bytes]) if reply.len() < 2 => {
                self.message((subject, reply.first()), (0, size(&line, bytes)?)).await?
            }
            ("HMSG", [subject, _, reply @ .., head, all]) if reply.len() < 2 => {
                let sizes = (size(&line, head)?, size(&line, all)?);
                self.message((subject, reply.first()), sizes).await?
            }
            _ => return Err(BusError::protocol(&line)),
        })
    }

    async fn message(
        &mut self,
        (subject, reply): (&str, Option<&&str>),
        (head, all): (usize, usize),
    ) -> Result<Operation, BusError> {
        if head > all || all > MESSAGE_BYTES_MAX {
            return Err(BusError::protocol("a message of too many bytes"));
        }
        let mut bytes = vec![0; all + 2];
        self.stream.read_exact(&mut bytes).await?;
        if !bytes.ends_with(b"\r\n") {
            return Err(BusError::protocol("a message that does not end where it should"));
        }
        bytes.truncate(all);
        let payload = bytes.split_off(head);
        // `NATS/1.0 404 No Messages`
        let head = String::from_utf8_lossy(&bytes);
        let status = head.lines().next().and_then(|line| line.split(' ').nth(1));
        let status = status.and_then(|status| status.parse().ok());
        let (subject, reply) = (subject.to_owned(), reply.map(|reply| (*reply).to_owned()));
        Ok(Operation::Message(Incoming { subject, reply, status, payload }))
    }
}

fn size(line: &str, text: &str) -> Result<usize, BusError> {
    text.parse().map_err(|_| BusError::protocol(line))
}

impl Message {
    /// Its bytes, with where it is to be answered.
    pub(super) fn write(&self, reply: &str, out: &mut Vec<u8>) {
        let mut head = "NATS/1.0\r\n".to_owned();
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let (head_bytes, all) = (head.len(), head.len() + self.payload.len());
        let line = format!("HPUB {} {reply} {head_bytes} {all}\r\n{head}", self.subject);
        out.extend_from_slice(line.as_bytes());
        out.extend_from_slice(&self.payload);
        out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn addresses_are_read_and_never_show_who_we_are() {
        for (text, shown) in [
            ("nats://localhost", "nats://localhost:4222"),
            ("nats://10.0.0.7:4333/", "nats://10.0.0.7:4333"),
            ("nats://florin:a:b@broker:1", "nats://broker:1"),
        ] {
            assert_eq!(format!("{:?}", text.parse::<Address>().unwrap()), shown);
        }
        for text in
            ["", "localhost", "http://x", "nats://", "nats://a b", "nats://x:y", "nats://u@x"]
        {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains("no address"), "{text}");
        }
        let secret = "tls://florin:hush@broker".parse::<Address>().unwrap_err().to_string();
        assert!(!secret.contains("hush"), "{secret}");
    }
}
