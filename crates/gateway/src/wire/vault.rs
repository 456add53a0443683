//! Keys, parties, and what is held about one.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the keys of the caller's tenant stand.
#[derive(Serialize, ToSchema)]
pub(crate) struct VaultStatus {
    /// The number of the tenant's newest wrapping key; null before anything was sealed.
    #[schema(required = true)]
    pub wrapping_key: Option<u32>,
    /// How many keys of parties each wrapping key wraps. More than one while keys are replaced.
    pub wrapped: Vec<WrappedKeys>,
    /// Parties that something is or was sealed for.
    pub parties: u64,
    /// Those of them that were erased.
    pub erased: u64,
}

/// What one wrapping key wraps.
#[derive(Serialize, ToSchema)]
pub(crate) struct WrappedKeys {
    pub wrapping_key: u32,
    /// Keys of parties.
    pub keys: u64,
}

/// Somebody that something is sealed for. The tenant itself is one.
#[derive(Serialize, ToSchema)]
pub(crate) struct Party {
    /// Its id: `party_…`.
    pub id: String,
    /// When something was sealed for it first.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it was erased.
    #[schema(format = DateTime, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<String>,
    /// How many keys open what is sealed for it; none once it is erased.
    pub keys: u64,
}

/// Which keys to replace.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotateKeysRequest {
    /// Whether the keys of parties are replaced too, and everything is sealed anew; false where it
    /// is left out.
    #[serde(default)]
    pub parties: bool,
}

/// The content of one sealed column of one row.
#[derive(Serialize, ToSchema)]
pub(crate) struct HeldContent {
    #[schema(example = "wealth_import_line")]
    pub table: String,
    #[schema(example = "texts")]
    pub column: String,
    /// Which row: an id, and a number below it.
    pub row: String,
    /// What stands there: text, or whatever JSON it is.
    pub content: serde_json::Value,
}

impl VaultStatus {
    pub(crate) fn of(status: vault::Status) -> Self {
        let wrapped = |(wrapping_key, keys): (u32, u64)| WrappedKeys { wrapping_key, keys };
        Self {
            wrapping_key: status.wrapping,
            wrapped: status.wrapped.into_iter().map(wrapped).collect(),
            parties: status.parties,
            erased: status.erased,
        }
    }
}

impl From<vault::Party> for Party {
    fn from(party: vault::Party) -> Self {
        Self {
            id: party.party.to_string(),
            created_at: party.created_at.to_string(),
            erased_at: party.erased_at.map(|time| time.to_string()),
            keys: party.keys,
        }
    }
}

impl From<vault::Held> for HeldContent {
    fn from(held: vault::Held) -> Self {
        Self {
            table: held.table.to_owned(),
            column: held.column.to_owned(),
            row: format!("{} {}", held.row.id, held.row.part),
            content: held.content,
        }
    }
}
