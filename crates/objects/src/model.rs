//! Objects and their states.

use std::fmt;
use std::str::FromStr;

use kernel::{PartyId, Timestamp, Uuid};
use serde::{Deserialize, Serialize};

use crate::error::ObjectsError;

kernel::typed_id! {
    /// A file that is kept.
    ObjectId, "obj"
}

/// Where an object is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectState {
    /// Some of it has come, or nothing yet.
    Uploading,
    /// All of it has come, and the scanner has not said yet what it thinks of it.
    Checking,
    /// It can be read.
    Stored,
    /// The scanner found something in it.
    Refused,
    /// Nobody needs it: its bytes go.
    Removed,
}

/// An object that is to be kept.
#[derive(Clone, Debug)]
pub struct NewObject<'a> {
    /// For whom it is sealed.
    pub party: PartyId,
    /// What it is called: shown to people, never the name of a file here.
    pub name: &'a str,
}

/// What needs an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The kind of thing: module and thing (`wealth.import`).
    pub kind: &'static str,
    /// Which.
    pub id: Uuid,
}

/// An object as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its id.
    pub id: ObjectId,
    /// For whom it is sealed.
    pub party: PartyId,
    /// Where it is on its way.
    pub state: ObjectState,
    /// What it is called; nothing where its party was erased.
    pub name: Option<String>,
    /// How many bytes it has, or will have.
    pub size: u64,
    /// How many of them have come to stay.
    pub received: u64,
    /// What its first bytes say that it is, as a media type.
    pub media_type: Option<String>,
    /// The hash of its content, keyed for tenant and party, once all of it has come.
    pub hash: Option<[u8; 32]>,
    /// The object that held the same content before, and stands for this one.
    pub same_as: Option<ObjectId>,
    /// What the scanner found.
    pub refusal: Option<String>,
    /// Until when nothing takes it away, whether or not it is needed.
    pub kept_until: Option<Timestamp>,
    /// When its upload was begun.
    pub created_at: Timestamp,
    /// When something of it came, or somebody began or ceased to need it.
    pub touched_at: Timestamp,
}

impl ObjectState {
    /// All of them, in the order of an object's way.
    pub const ALL: [Self; 5] =
        [Self::Uploading, Self::Checking, Self::Stored, Self::Refused, Self::Removed];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uploading => "uploading",
            Self::Checking => "checking",
            Self::Stored => "stored",
            Self::Refused => "refused",
            Self::Removed => "removed",
        }
    }
}

impl fmt::Display for ObjectState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

impl FromStr for ObjectState {
    type Err = ObjectsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| ObjectsError::field("state", "state", format!("{text:?} is no state")))
    }
}
