//! Events: one envelope, canonical bytes, versions that are never changed.
//!
//! The bytes of an event are its envelope as JSON with sorted keys, no blanks and no numbers but
//! whole ones (RFC 8785 for the values that occur here). They are written once, in the transaction
//! of the rows they tell of, and never again. Free text and personal data are not in them: a body
//! names the row that holds the text by its id and by a keyed hash.

use kernel::{Actor, Agent, Context, Date, EventId, TenantId, Timestamp, UserId, Uuid};
use serde::{Deserialize, Serialize};

use crate::crypto::{sha256, short};
use crate::db::Tx;
use crate::error::StorageError;
use crate::journal::RowChange;
use crate::statement::Statement;
use crate::{params, sql};

/// The largest body of an event, in bytes.
pub const EVENT_BYTES_MAX: usize = 64 * 1024;

sql! {
    // The main stream of a tenant has its bits: no parameter can name another tenant's.
    INBOX_MAIN = "INSERT INTO log_inbox (tenant, stream, id, body)
                  VALUES (app_tenant(), app_tenant(), $1, $2)";
    INBOX_DENIED = "INSERT INTO log_inbox (tenant, stream, id, body)
                    VALUES (app_tenant(), $1, $2, $3)";
}

/// What an event says, in the words of the module that emits it.
///
/// A type's version goes up when its meaning changes; its golden file in `testdata/events/` shows
/// the bytes of every version that was ever released.
pub trait EventBody: Serialize {
    /// Its name: module, thing, what happened (`wealth.asset.added`).
    const TYPE: &'static str;
    /// The version of its form.
    const VERSION: u16;
    /// Which of the tenant's streams it goes to.
    const LANE: Lane = Lane::Main;

    /// What it is about.
    fn objects(&self) -> Vec<ObjectRef>;

    /// The date from which it counts, where that is not the date it happened.
    fn effective(&self) -> Option<Date> {
        None
    }
}

/// A stream of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// What happened.
    Main,
    /// What was tried and denied: a flood there does not drown the rest.
    Denied,
}

/// A typed reference to what an event is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectRef {
    /// The kind of thing: `asset`.
    pub kind: String,
    /// Its id.
    pub id: String,
}

/// An event as it is read: the envelope, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Its id.
    pub id: EventId,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The version of its body.
    pub version: u16,
    /// Whose it is.
    pub tenant: TenantId,
    /// When it happened.
    pub occurred: Timestamp,
    /// The date from which it counts, where that is another.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "date_as_text")]
    pub effective: Option<Date>,
    /// Who did it.
    pub actor: Actor,
    /// For whom, where that is somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<UserId>,
    /// The program that acted for the actor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Agent>,
    /// What belongs together: one request or job.
    pub correlation: Uuid128,
    /// The event that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation: Option<EventId>,
    /// What the actor was doing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<String>,
    /// What it is about.
    pub objects: Vec<ObjectRef>,
    /// What it says.
    pub body: serde_json::Value,
}

/// A UUID that is written in its usual form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uuid128(pub Uuid);

impl std::fmt::Display for Uuid128 {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(out)
    }
}

impl std::str::FromStr for Uuid128 {
    type Err = kernel::IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || kernel::IdError::Suffix { found: text.chars().take(64).collect() };
        Uuid::try_parse(text).map(Self).map_err(|_| wrong())
    }
}

kernel::serde_as_text!(Uuid128);

mod date_as_text {
    use kernel::{Date, time};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(date: &Option<Date>, out: S) -> Result<S::Ok, S::Error> {
        date.map(|date| date.to_string()).serialize(out)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Date>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        let date = text.map(|text| time::parse_date(&text)).transpose();
        date.map_err(serde::de::Error::custom)
    }
}

impl ObjectRef {
    /// A reference by a typed id.
    pub fn new(kind: &str, id: impl ToString) -> Self {
        Self { kind: kind.to_owned(), id: id.to_string() }
    }
}

impl Lane {
    /// The stream of a tenant's lane: the main one has the tenant's own bits.
    #[must_use]
    pub fn stream(self, tenant: TenantId) -> Uuid {
        match self {
            Self::Main => tenant.uuid(),
            Self::Denied => {
                let hash = sha256(&[b"florin.stream.denied", tenant.uuid().as_bytes()]);
                Uuid::from_u128(short(hash))
            }
        }
    }
}

impl Envelope {
    /// The envelope of an event that happens now.
    pub fn of<E: EventBody>(context: &Context, event: &E) -> Result<Self, StorageError> {
        let body = serde_json::to_value(event).map_err(|error| damaged(E::TYPE, &error))?;
        refuse_floats(E::TYPE, &body)?;
        Ok(Self {
            id: EventId::from_uuid(context.env.new_uuid()),
            kind: E::TYPE.to_owned(),
            version: E::VERSION,
            tenant: context.tenant,
            occurred: context.now(),
            effective: event.effective(),
            actor: context.actor.clone(),
            on_behalf_of: context.on_behalf_of,
            agent: context.agent.clone(),
            correlation: Uuid128(context.correlation),
            causation: context.causation,
            activity: context.activity.clone(),
            objects: event.objects(),
            body,
        })
    }

    /// The canonical bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, StorageError> {
        // A `Value`'s map is ordered by key, a struct's fields are not.
        let value = serde_json::to_value(self).map_err(|error| damaged(&self.kind, &error))?;
        let bytes = serde_json::to_vec(&value).map_err(|error| damaged(&self.kind, &error))?;
        if bytes.len() > EVENT_BYTES_MAX {
            let text = format!("event {} has more than {EVENT_BYTES_MAX} bytes", self.kind);
            return Err(StorageError::Damaged { text });
        }
        Ok(bytes)
    }

    /// Reads canonical bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StorageError> {
        serde_json::from_slice(bytes).map_err(|error| damaged("an event", &error))
    }
}

impl Tx {
    /// Adds an event to this transaction: it is in the log if and only if the rows are.
    ///
    /// # Errors
    /// [`StorageError::Level`] where the context is another tenant's than the transaction.
    pub async fn emit<E: EventBody>(
        &mut self,
        context: &Context,
        event: &E,
    ) -> Result<EventId, StorageError> {
        let (id, change) = emission(context, event)?;
        if self.level().tenant() != context.tenant {
            let (place, level) = (format!("event {}", E::TYPE), self.level().to_string());
            return Err(StorageError::Level { place, level });
        }
        self.execute(change.statement, change.params).await?;
        Ok(id)
    }
}

/// The row by which an event is emitted, for a command that carries row changes.
pub fn emission<E: EventBody>(
    context: &Context,
    event: &E,
) -> Result<(EventId, RowChange), StorageError> {
    let envelope = Envelope::of(context, event)?;
    let (id, bytes) = (envelope.id.uuid(), envelope.to_bytes()?);
    let change = match E::LANE {
        Lane::Main => RowChange::unguarded(&INBOX_MAIN, params![id, bytes]),
        Lane::Denied => {
            let stream = E::LANE.stream(context.tenant);
            RowChange::unguarded(&INBOX_DENIED, params![stream, id, bytes])
        }
    };
    Ok((envelope.id, change))
}

/// Whether a statement puts events into the inbox, so that its commit wakes the sequencer.
pub(crate) fn is_emission(statement: &'static Statement) -> bool {
    std::ptr::eq(statement, &raw const INBOX_MAIN)
        || std::ptr::eq(statement, &raw const INBOX_DENIED)
}

fn damaged(kind: &str, error: &dyn std::error::Error) -> StorageError {
    StorageError::Damaged { text: format!("{kind}: {error}") }
}

/// Floating-point numbers have no canonical form that every reader agrees on.
fn refuse_floats(kind: &str, value: &serde_json::Value) -> Result<(), StorageError> {
    use serde_json::Value;
    match value {
        Value::Number(number) if number.is_f64() => {
            let text = format!("event {kind} holds the floating-point number {number}");
            Err(StorageError::Damaged { text })
        }
        Value::Array(items) => items.iter().try_for_each(|item| refuse_floats(kind, item)),
        Value::Object(map) => map.values().try_for_each(|item| refuse_floats(kind, item)),
        Value::Number(_) | Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}
