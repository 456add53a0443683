//! Events as the live stream shows them, for the contract: what is sent are the envelope's own
//! bytes.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Where to begin.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsQuery {
    /// The `id:` of the last event that was read; from the beginning where it is left out. The
    /// header `Last-Event-ID` counts before it.
    pub after: Option<String>,
}

/// What happened.
#[derive(Serialize, ToSchema)]
pub(crate) struct Event {
    /// Its id: `event_…`.
    pub id: String,
    /// Module, thing and what happened.
    #[serde(rename = "type")]
    #[schema(example = "identity.member.added")]
    pub kind: String,
    /// The version of its body.
    pub version: u16,
    /// Whose it is.
    pub tenant: String,
    /// When it happened.
    #[schema(format = DateTime)]
    pub occurred: String,
    /// The date from which it counts, where that is another.
    #[schema(format = Date, nullable = false)]
    pub effective: Option<String>,
    /// Who did it.
    pub actor: EventActor,
    /// For whom, where that is somebody else.
    #[schema(nullable = false)]
    pub on_behalf_of: Option<String>,
    /// What belongs together: one request or job.
    pub correlation: String,
    /// The event that caused it.
    #[schema(nullable = false)]
    pub causation: Option<String>,
    /// What it is about.
    pub objects: Vec<ObjectRef>,
    /// What it says, by its type and version.
    pub body: serde_json::Value,
}

/// Who did something.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventActor {
    pub kind: ActorKind,
    /// Which user: `user_…`.
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// Which part of Florin.
    #[schema(nullable = false)]
    pub name: Option<String>,
}

/// What somebody is who did something.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "for the contract alone: the envelope's own bytes are sent")]
pub(crate) enum ActorKind {
    /// A person who signed in.
    User,
    /// The person who owns the data, through the command line.
    Owner,
    /// Florin itself.
    System,
    /// Nobody who is known.
    Anonymous,
}

/// Something that an event is about.
#[derive(Serialize, ToSchema)]
pub(crate) struct ObjectRef {
    /// What it is: `asset`.
    pub kind: String,
    /// Its id.
    pub id: String,
}
