//! From the broker to the API: commands, each done once, answered, and laid aside where it cannot
//! be done.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use kernel::{Env, TenantId};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use storage::crypto::{hex, sha256};
use tokio::sync::watch;

use crate::cloudevent::{CloudEvent, MEDIA_TYPE, PREFIX, Received};
use crate::error::BusError;
use crate::export::{Task, pause, told_to_stop};
use crate::nats::{Address, Connection, Delivered, Message, StreamConfig};

const COMMANDS: &str = "FLORIN_COMMANDS";
const ANSWERS: &str = "FLORIN_ANSWERS";
const CONSUMER: &str = "florin";
/// What a command's subject begins with; the tenant follows.
const COMMAND_SUBJECT: &str = "florin.commands";
const ANSWER_SUBJECT: &str = "florin.answers";
/// Where commands are laid aside that cannot be done.
const DEAD_SUBJECT: &str = "florin.dead";
const DAY_NS: u64 = 24 * 60 * 60 * 1_000_000_000;
/// A command that is in our way so often is laid aside.
const TRIES_MAX: u64 = 20;
/// How long the broker waits before it hands a command out again that could not be done yet.
const AGAIN: &[u8] = br#"-NAK {"delay": 5000000000}"#;
/// What a command's type is.
const KIND: &str = "command";

/// Who does what commands ask for. The binary gives the routes of the API.
pub trait Commands: Send + Sync {
    /// Sends a POST to a path of the API on behalf of the tenant's owner, under a key; the status
    /// and the body of the answer.
    fn run<'a>(
        &'a self,
        tenant: TenantId,
        command: &'a Command,
        key: &'a str,
    ) -> BoxFuture<'a, Result<(u16, Vec<u8>), String>>;
}

/// What a command says: a POST to the API.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// Below `/api/v1`: `/books/{book}/transfers`.
    pub path: String,
    /// The body, as the contract has it.
    pub body: Value,
}

/// What became of one.
struct Outcome {
    status: u16,
    body: Value,
}

/// Takes commands.
pub struct Intake {
    env: Env,
    commands: Arc<dyn Commands>,
    address: Address,
}

impl Intake {
    /// One that takes commands from a broker.
    #[must_use]
    pub fn new(env: Env, commands: Arc<dyn Commands>, address: Address) -> Self {
        Self { env, commands, address }
    }

    /// Takes commands until it is stopped; a broker that is away is tried again.
    #[must_use]
    pub fn start(self) -> Task {
        Task::start(|stopped| self.run(stopped))
    }

    async fn run(self, mut stopped: watch::Receiver<bool>) {
        let mut failures: u32 = 0;
        loop {
            let mut done: u64 = 0;
            let ended = self.serve(&mut stopped, &mut done).await;
            let Err(error) = ended else { return };
            failures = if done > 0 { 1 } else { failures.saturating_add(1) };
            if failures == 1 {
                tracing::error!(%error, broker = ?self.address, "commands cannot be taken");
            } else {
                tracing::debug!(%error, failures, "commands still cannot be taken");
            }
            tokio::select! {
                () = tokio::time::sleep(pause(failures)) => {}
                () = told_to_stop(&mut stopped) => return,
            }
        }
    }

    /// Takes over one connection; ends well only where it is told to stop.
    async fn serve(
        &self,
        stopped: &mut watch::Receiver<bool>,
        done: &mut u64,
    ) -> Result<(), BusError> {
        let mut connection = Connection::open(&self.address, &self.env).await?;
        for (name, subjects) in [
            (COMMANDS, vec![format!("{COMMAND_SUBJECT}.*")]),
            (ANSWERS, vec![format!("{ANSWER_SUBJECT}.*"), format!("{DEAD_SUBJECT}.*")]),
        ] {
            let (max_age, duplicate_window) = (7 * DAY_NS, 10 * 60 * 1_000_000_000);
            let config = StreamConfig { name, subjects, max_age, duplicate_window };
            connection.ensure_stream(&config).await?;
        }
        connection.ensure_consumer(COMMANDS, CONSUMER).await?;
        while !*stopped.borrow() && stopped.has_changed().is_ok() {
            if let Some(delivered) = connection.take(COMMANDS, CONSUMER).await? {
                self.handle(&mut connection, delivered).await?;
                *done += 1;
            }
        }
        Ok(())
    }

    async fn handle(
        &self,
        connection: &mut Connection,
        delivered: Delivered,
    ) -> Result<(), BusError> {
        let tenant = delivered.subject.rsplit('.').next().unwrap_or_default();
        let read = read(tenant, &delivered.payload);
        let outcome = match &read {
            Ok((tenant, event, command)) => {
                let key = key_of(event);
                match self.commands.run(*tenant, command, &key).await {
                    Ok((status, body)) => outcome(status, &body),
                    Err(text) => Outcome { status: 500, body: json!({ "detail": text }) },
                }
            }
            Err(text) => {
                Outcome { status: 400, body: json!({ "code": "command_invalid", "detail": text }) }
            }
        };
        if outcome.may_pass() && delivered.times < TRIES_MAX {
            return connection.tell(&delivered.ack, AGAIN).await;
        }
        // Answered before it is acknowledged: where this ends between the two, the command comes
        // again, gets the same answer, and the broker keeps that once.
        let about =
            read.as_ref().ok().map(|(_, event, _)| (event.source.as_str(), event.id.as_str()));
        let mut told = vec![answer(tenant, about, &delivered, &outcome)];
        if outcome.status >= 400 {
            let headers = vec![("Nats-Msg-Id", format!("dead {}", place(&delivered)))];
            let subject = format!("{DEAD_SUBJECT}.{}", word(tenant));
            told.push(Message { subject, headers, payload: delivered.payload });
        }
        connection.publish(&told).await?;
        connection.tell(&delivered.ack, b"+ACK").await
    }
}

impl Outcome {
    /// Whether it may go better another time.
    fn may_pass(&self) -> bool {
        matches!(self.status, 409 | 429 | 500..=599)
            && (self.status != 409 || self.body["code"] == "idempotency_in_progress")
    }
}

fn outcome(status: u16, body: &[u8]) -> Outcome {
    let body = serde_json::from_slice(body).unwrap_or(Value::Null);
    Outcome { status, body }
}

/// Whose command it is, and what it says.
fn read(tenant: &str, payload: &[u8]) -> Result<(TenantId, Received, Command), String> {
    let tenant = tenant.parse().map_err(|_| "the subject names no tenant".to_owned())?;
    let event = Received::read(payload)?;
    if event.kind.strip_prefix(PREFIX) != Some(KIND) {
        return Err(format!("its type is not {PREFIX}{KIND}"));
    }
    let data = event.data.clone().unwrap_or_default();
    let command: Command =
        serde_json::from_value(data).map_err(|error| format!("its data is no command: {error}"))?;
    let is_plain = command.path.starts_with('/') && !command.path.contains("..");
    if !is_plain || command.path.len() > 512 {
        return Err("its path is none below /api/v1".to_owned());
    }
    Ok((tenant, event, command))
}

/// The same for the same command, however often it comes.
fn key_of(event: &Received) -> String {
    let hash = sha256(&[event.source.as_bytes(), &[0], event.id.as_bytes()]);
    format!("bus-{}", hex(&hash))
}

/// Where a message stands in the stream of commands, whichever time it is handed out.
fn place(delivered: &Delivered) -> String {
    hex(&sha256(&[delivered.subject.as_bytes(), &[0], &delivered.payload])[..16])
}

/// A part of a subject; what is none becomes one.
fn word(text: &str) -> String {
    let is_plain =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_plain { text.to_owned() } else { "unknown".to_owned() }
}

fn answer(
    tenant: &str,
    about: Option<(&str, &str)>,
    delivered: &Delivered,
    outcome: &Outcome,
) -> Message {
    let kind = if outcome.status < 400 { "command.done" } else { "command.refused" };
    let data = json!({
        "command": about.map(|(source, id)| json!({ "source": source, "id": id })),
        "status": outcome.status,
        "answer": outcome.body,
    });
    let id = place(delivered);
    let data = RawValue::from_string(data.to_string());
    let payload = data.ok().and_then(|data| {
        let told = CloudEvent {
            id: id.clone(),
            source: "urn:florin:commands".to_owned(),
            kind: format!("{PREFIX}{kind}"),
            partitionkey: word(tenant),
            ..CloudEvent::with(&data)
        };
        serde_json::to_vec(&told).ok()
    });
    Message {
        subject: format!("{ANSWER_SUBJECT}.{}", word(tenant)),
        headers: vec![
            ("Nats-Msg-Id", format!("answer {id}")),
            ("Content-Type", MEDIA_TYPE.to_owned()),
        ],
        payload: payload.unwrap_or_default(),
    }
}
