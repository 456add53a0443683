//! What objects tell the log: ids, sizes and times. What a file is called stands in its row.

use kernel::{PartyId, Timestamp};
use serde::Serialize;
use storage::log::{EventBody, ObjectRef};

use crate::model::ObjectId;

/// All of an object is here.
#[derive(Clone, Debug, Serialize)]
pub struct ObjectStored {
    /// Which.
    pub object: ObjectId,
    /// Whose.
    pub party: PartyId,
    /// How many bytes.
    pub size: u64,
    /// What its first bytes say that it is.
    pub media_type: String,
}

/// Nobody needed an object for long enough: its bytes go.
#[derive(Clone, Debug, Serialize)]
pub struct ObjectRemoved {
    /// Which.
    pub object: ObjectId,
    /// Whose.
    pub party: PartyId,
    /// How many bytes it has.
    pub size: u64,
}

/// The scanner found something in an object, which nobody can read.
#[derive(Clone, Debug, Serialize)]
pub struct ObjectRefused {
    /// Which.
    pub object: ObjectId,
    /// What was found.
    pub found: String,
}

/// Nothing may take an object away until the hold is released.
#[derive(Clone, Debug, Serialize)]
pub struct HoldPlaced {
    /// Which.
    pub object: ObjectId,
    /// Because of what.
    pub matter: String,
}

/// A hold is no more.
#[derive(Clone, Debug, Serialize)]
pub struct HoldReleased {
    /// Which.
    pub object: ObjectId,
    /// Because of what it was.
    pub matter: String,
}

/// An object is kept until a time, or longer than it was.
#[derive(Clone, Debug, Serialize)]
pub struct RetentionProlonged {
    /// Which.
    pub object: ObjectId,
    /// Until when.
    pub until: Timestamp,
}

/// The name and version of an event about one object.
macro_rules! about_an_object {
    ($($event:ty = $name:literal;)+) => {$(
        impl EventBody for $event {
            const TYPE: &'static str = $name;
            const VERSION: u16 = 1;

            fn objects(&self) -> Vec<ObjectRef> {
                vec![ObjectRef::new("object", self.object)]
            }
        }
    )+};
}

about_an_object! {
    ObjectStored = "objects.object.stored";
    ObjectRemoved = "objects.object.removed";
    ObjectRefused = "objects.object.refused";
    HoldPlaced = "objects.hold.placed";
    HoldReleased = "objects.hold.released";
    RetentionProlonged = "objects.retention.prolonged";
}
