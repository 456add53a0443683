//! Events as CloudEvents 1.0, in the structured form of JSON.
//!
//! Source: CloudEvents specification 1.0.2, its JSON format, and the extensions `partitionkey` and
//! `sequence`.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use storage::StorageError;
use storage::log::StreamEvent;

/// The media type of one in the structured form.
pub(crate) const MEDIA_TYPE: &str = "application/cloudevents+json; charset=utf-8";
const VERSION: &str = "1.0";
/// What stands before our types (section 3.1: a reverse domain name, or something like it).
pub(crate) const PREFIX: &str = "florin.";

/// One that goes out. Its names are the specification's.
#[derive(Debug, Serialize)]
pub(crate) struct CloudEvent<'a> {
    pub specversion: &'static str,
    pub id: String,
    pub source: String,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub time: String,
    pub datacontenttype: &'static str,
    /// What is to stay in order: a tenant's events.
    pub partitionkey: String,
    /// The number within the stream that `source` names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<String>,
    pub data: &'a RawValue,
}

/// One that came.
#[derive(Debug, Deserialize)]
pub(crate) struct Received {
    pub specversion: String,
    pub id: String,
    pub source: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub data: Option<serde_json::Value>,
}

/// An event of a stream: its envelope as it stands in the log is its data.
pub(crate) fn of(event: &StreamEvent) -> Result<Vec<u8>, StorageError> {
    let envelope = &event.envelope;
    let damaged = |error| StorageError::Damaged { text: format!("{}: {error}", envelope.kind) };
    let data: &RawValue = serde_json::from_slice(&event.bytes).map_err(damaged)?;
    let about = envelope.objects.first();
    let told = CloudEvent {
        id: envelope.id.to_string(),
        source: format!("urn:florin:{}:{}", envelope.tenant, event.stream),
        kind: format!("{PREFIX}{}.v{}", envelope.kind, envelope.version),
        subject: about.map(|object| format!("{}/{}", object.kind, object.id)),
        time: envelope.occurred.to_string(),
        partitionkey: envelope.tenant.to_string(),
        sequence: Some(event.seq.to_string()),
        ..CloudEvent::with(data)
    };
    serde_json::to_vec(&told).map_err(damaged)
}

impl<'a> CloudEvent<'a> {
    /// One with nothing but its data.
    pub(crate) fn with(data: &'a RawValue) -> Self {
        Self {
            specversion: VERSION,
            id: String::new(),
            source: String::new(),
            kind: String::new(),
            subject: None,
            time: String::new(),
            datacontenttype: "application/json",
            partitionkey: String::new(),
            sequence: None,
            data,
        }
    }
}

impl Received {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let event: Self = serde_json::from_slice(bytes)
            .map_err(|error| format!("it is no structured CloudEvent: {error}"))?;
        if event.specversion != VERSION {
            return Err(format!("specversion {:?} is not {VERSION}", event.specversion));
        }
        if event.id.is_empty() || event.source.is_empty() {
            return Err("id and source must not be empty".to_owned());
        }
        Ok(event)
    }
}
