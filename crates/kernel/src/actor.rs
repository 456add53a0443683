//! Who does something.

use serde::{Deserialize, Serialize};

use crate::id::UserId;

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Actor {
    /// A person who signed in.
    User {
        /// Which one.
        id: UserId,
    },
    /// The person who owns the data directory, through the command line.
    Owner,
    /// Florin itself: the sequencer, an importer, a scheduled job.
    System {
        /// Which part of it.
        name: String,
    },
    /// Nobody who is known: a failed sign-in.
    Anonymous,
}

/// A program that acts for a person, such as an assistant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Actor {
    /// A part of Florin.
    #[must_use]
    pub fn system(name: &str) -> Self {
        Self::System { name: name.to_owned() }
    }
}
