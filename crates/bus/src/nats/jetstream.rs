//! JetStream: streams that keep what is published, acknowledged, and consumers that hand it out.

use serde::{Deserialize, Serialize};

use super::{Connection, Incoming, MESSAGES_MAX, Message, timely};
use crate::error::BusError;

/// A stream, as it is made where there is none of its name. One that is there is the operator's.
#[derive(Debug, Serialize)]
pub(crate) struct StreamConfig<'a> {
    pub name: &'a str,
    pub subjects: Vec<String>,
    /// In nanoseconds, as all times of JetStream.
    pub max_age: u64,
    /// How long an id that was published is known.
    pub duplicate_window: u64,
}

/// A message that a consumer handed out.
#[derive(Debug)]
pub(crate) struct Delivered {
    pub subject: String,
    pub payload: Vec<u8>,
    /// Where it is acknowledged.
    pub ack: String,
    /// How many times it was handed out, this time included.
    pub times: u64,
}

#[derive(Deserialize)]
struct Answer {
    error: Option<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    code: u16,
    #[serde(default)]
    description: String,
}

const NOT_FOUND: u16 = 404;

impl Connection {
    /// What JetStream answers; the code where it fails.
    async fn command(&mut self, subject: &str, body: &[u8]) -> Result<Option<Failure>, BusError> {
        let answer = self.ask(&format!("$JS.API.{subject}"), body).await?;
        read(subject, &answer).map(|answer| answer.error)
    }

    /// Sees that there is a stream of this name.
    pub(crate) async fn ensure_stream(
        &mut self,
        config: &StreamConfig<'_>,
    ) -> Result<(), BusError> {
        let name = config.name;
        match self.command(&format!("STREAM.INFO.{name}"), b"").await? {
            None => return Ok(()),
            Some(failure) if failure.code == NOT_FOUND => {}
            Some(failure) => return Err(refused(&format!("to show the stream {name}"), failure)),
        }
        let body = serde_json::to_vec(config).unwrap_or_default();
        match self.command(&format!("STREAM.CREATE.{name}"), &body).await? {
            None => Ok(()),
            Some(failure) => Err(refused(&format!("to make the stream {name}"), failure)),
        }
    }

    /// Sees that a stream has a consumer of this name, whose messages are acknowledged one by one.
    pub(crate) async fn ensure_consumer(
        &mut self,
        stream: &str,
        name: &str,
    ) -> Result<(), BusError> {
        let body = serde_json::json!({
            "stream_name": stream,
            "config": {
                "durable_name": name,
                "ack_policy": "explicit",
                "deliver_policy": "all",
                "ack_wait": 60_000_000_000_u64,
                "max_ack_pending": MESSAGES_MAX,
            },
        });
        let subject = format!("CONSUMER.DURABLE.CREATE.{stream}.{name}");
        match self.command(&subject, body.to_string().as_bytes()).await? {
            None => Ok(()),
            Some(failure) => Err(refused(&format!("to make the consumer {name}"), failure)),
        }
    }

    /// Publishes messages in their order, at most [`MESSAGES_MAX`], and waits until all are kept.
    pub(crate) async fn publish(&mut self, messages: &[Message]) -> Result<(), BusError> {
        let first = self.asked + 1;
        let mut bytes = Vec::new();
        for message in messages {
            if message.payload.len() > self.payload_bytes_max {
                let text =
                    format!("{} bytes, of {}", message.payload.len(), self.payload_bytes_max);
                return Err(BusError::Refused { what: message.subject.clone(), text });
            }
            let reply = self.reply_to();
            message.write(&reply, &mut bytes);
        }
        let mut missing: std::collections::BTreeSet<u64> = (first..=self.asked).collect();
        timely(async {
            self.send(&bytes).await?;
            while !missing.is_empty() {
                let incoming = self.incoming().await?;
                let number = self.number_of(&incoming);
                // An answer to what was asked before, or the same once more, says nothing new.
                let Some(number) = number.filter(|number| missing.remove(number)) else { continue };
                let index = usize::try_from(number - first).unwrap_or(0);
                let subject = messages.get(index).map_or("", |message| message.subject.as_str());
                if let Some(failure) = read(subject, &incoming)?.error {
                    return Err(refused(&format!("to keep {subject}"), failure));
                }
            }
            Ok(())
        })
        .await
    }

    fn number_of(&self, incoming: &Incoming) -> Option<u64> {
        incoming.subject.strip_prefix(&self.inbox)?.strip_prefix('.')?.parse().ok()
    }

    /// The next message of a consumer; nothing where there is none for a second.
    pub(crate) async fn take(
        &mut self,
        stream: &str,
        consumer: &str,
    ) -> Result<Option<Delivered>, BusError> {
        let subject = format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}");
        let body = br#"{"batch":1,"expires":1000000000}"#;
        let incoming = self.take_from(&subject, body).await?;
        let Some(ack) = incoming.reply else {
            // 404 and 408 say that there is nothing; 409 that the consumer is gone or busy.
            return match incoming.status {
                Some(404 | 408) => Ok(None),
                Some(status) => {
                    let text = format!("status {status}");
                    Err(BusError::Refused { what: format!("messages of {stream}"), text })
                }
                None => Err(BusError::protocol(&incoming.payload)),
            };
        };
        // $JS.ACK.<stream>.<consumer>.<times>.…; since 2.10 a domain and an account may come first.
        let parts: Vec<&str> = ack.split('.').collect();
        let times = parts.iter().rev().nth(if parts.len() > 9 { 5 } else { 4 });
        let times = times.and_then(|times| times.parse().ok()).unwrap_or(1);
        let Incoming { subject, payload, .. } = incoming;
        Ok(Some(Delivered { subject, payload, ack, times }))
    }

    /// A delivered message has the subject it was published under, not the one that asked: it is
    /// the only thing that is under way, so what is no answer of ours is it.
    async fn take_from(&mut self, subject: &str, body: &[u8]) -> Result<Incoming, BusError> {
        let reply = self.reply_to();
        timely(async {
            let head = format!("PUB {subject} {reply} {}\r\n", body.len());
            self.send(&[head.as_bytes(), body, b"\r\n"].concat()).await?;
            loop {
                let incoming = self.incoming().await?;
                if incoming.subject == reply || self.number_of(&incoming).is_none() {
                    return Ok(incoming);
                }
            }
        })
        .await
    }
}

fn read(what: &str, answer: &Incoming) -> Result<Answer, BusError> {
    if answer.status == Some(503) {
        let text = "it has no JetStream, or nothing keeps this subject".to_owned();
        return Err(BusError::Refused { what: what.to_owned(), text });
    }
    serde_json::from_slice(&answer.payload).map_err(|_| BusError::protocol(&answer.payload))
}

fn refused(what: &str, failure: Failure) -> BusError {
    let Failure { code, description } = failure;
    BusError::Refused { what: what.to_owned(), text: format!("{code} {description}") }
}
