//! The events that this module emits. They name parties by their ids, and nothing that is sealed.

use kernel::PartyId;
use serde::Serialize;
use storage::log::{EventBody, ObjectRef};

/// A party was erased: its keys are gone, and what they sealed can be opened by nobody.
#[derive(Clone, Debug, Serialize)]
pub struct PartyErased {
    /// Whom.
    pub party: PartyId,
    /// How many keys it had.
    pub keys: u64,
}

/// Somebody asked for all that is held about a party. It is noted when the first page is given.
#[derive(Clone, Debug, Serialize)]
pub struct PartyExported {
    /// About whom.
    pub party: PartyId,
}

/// The tenant's wrapping key was replaced, and with it, where that was asked, the keys of parties.
#[derive(Clone, Debug, Serialize)]
pub struct KeysRotated {
    /// The number of the tenant's wrapping key from now on.
    pub wrapping: u32,
    /// Whether the keys of parties were replaced too, and everything sealed anew.
    pub parties: bool,
    /// Rows that were sealed anew by the last attempt.
    pub rows: u64,
}

impl EventBody for PartyErased {
    const TYPE: &'static str = "vault.party.erased";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        vec![ObjectRef::new("party", self.party)]
    }
}

impl EventBody for PartyExported {
    const TYPE: &'static str = "vault.party.exported";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        vec![ObjectRef::new("party", self.party)]
    }
}

impl EventBody for KeysRotated {
    const TYPE: &'static str = "vault.keys.rotated";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        Vec::new()
    }
}
