//! Files, and what keeps them.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which files; all that is said must hold.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ObjectsQuery {
    /// Only those of this party.
    pub party: Option<String>,
    /// At most so many items, 1 to 200; 50 where it is left out.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before; nothing for the first.
    pub cursor: Option<String>,
}

/// A file that is to be uploaded.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewObjectRequest {
    /// What it is called.
    #[schema(max_length = 255, example = "receipt.pdf")]
    pub name: String,
    /// How many bytes it has, 1 to 1,073,741,824.
    pub size: u64,
    /// For whom it is sealed; the caller's own tenant where it is left out.
    #[serde(default)]
    pub party: Option<String>,
}

/// Where a piece begins.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OffsetQuery {
    /// How many bytes of the file have come before: its `received`; none where it is left out.
    #[serde(default)]
    #[param(required = false)]
    pub offset: u64,
}

/// Until when a file is kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetentionRequest {
    #[schema(format = DateTime)]
    pub until: String,
}

/// Where a file is on its way.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ObjectState {
    Uploading,
    Checking,
    Stored,
    Refused,
    Removed,
}

/// A file, without its content.
#[derive(Serialize, ToSchema)]
pub(crate) struct Object {
    /// Its id: `obj_…`.
    pub id: String,
    /// For whom it is sealed.
    pub party: String,
    pub state: ObjectState,
    /// What it is called; null where its party was erased.
    #[schema(required = true)]
    pub name: Option<String>,
    /// How many bytes it has, or will have.
    pub size: u64,
    /// How many of them have come to stay: where the next piece begins.
    pub received: u64,
    /// What its first bytes say that it is; null before they came.
    #[schema(required = true)]
    pub media_type: Option<String>,
    /// What the virus scanner found, where it is refused.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Until when nothing takes it away.
    #[schema(format = DateTime, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_until: Option<String>,
    /// When its upload was begun.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// A legal hold.
#[derive(Serialize, ToSchema)]
pub(crate) struct Hold {
    /// What it is for: a code.
    #[schema(example = "2026-17")]
    pub matter: String,
    /// Since when.
    #[schema(format = DateTime)]
    pub placed_at: String,
}

impl From<objects::ObjectState> for ObjectState {
    fn from(state: objects::ObjectState) -> Self {
        match state {
            objects::ObjectState::Uploading => Self::Uploading,
            objects::ObjectState::Checking => Self::Checking,
            objects::ObjectState::Stored => Self::Stored,
            objects::ObjectState::Refused => Self::Refused,
            objects::ObjectState::Removed => Self::Removed,
        }
    }
}

impl From<objects::Object> for Object {
    fn from(object: objects::Object) -> Self {
        Self {
            id: object.id.to_string(),
            party: object.party.to_string(),
            state: object.state.into(),
            name: object.name,
            size: object.size,
            received: object.received,
            media_type: object.media_type,
            refusal: object.refusal,
            kept_until: object.kept_until.map(|time| time.to_string()),
            created_at: object.created_at.to_string(),
        }
    }
}

impl From<objects::Hold> for Hold {
    fn from(hold: objects::Hold) -> Self {
        Self { matter: hold.matter, placed_at: hold.placed_at.to_string() }
    }
}
