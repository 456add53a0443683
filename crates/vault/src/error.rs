//! What can go wrong with keys and what they seal.

use jobs::JobsError;
use kernel::{ErrorKind, FieldFault, PartyId, Problematic};
use storage::StorageError;

use crate::sealed::CONTENT_BYTES_MAX;

/// An error of this module.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// Nothing was ever sealed for this party, or not in this tenant.
    #[error("nothing is kept of {party}")]
    PartyUnknown {
        /// The one asked for.
        party: PartyId,
    },
    /// The party was erased, so nothing more is sealed for it.
    #[error("{party} was erased")]
    PartyErased {
        /// The one asked for.
        party: PartyId,
    },
    /// A field breaks its rule.
    #[error("{}: {}", .0.field, .0.detail)]
    Field(FieldFault),
    /// More than a sealed column holds.
    #[error("{column} has {bytes} bytes, and at most {CONTENT_BYTES_MAX} can be sealed")]
    TooLarge {
        /// Table and column.
        column: String,
        /// How many they are.
        bytes: usize,
    },
    /// What is sealed does not open: it was changed, moved, or its key is not there.
    #[error("{place} does not open: {text}")]
    Damaged {
        /// Table, column and row.
        place: String,
        /// Why.
        text: &'static str,
    },
    /// The file of master keys, or the register of erasures, is not as it must be.
    #[error("{what} {path}: {text}")]
    File {
        /// Which of the two.
        what: &'static str,
        /// Where it is.
        path: String,
        /// What is wrong.
        text: String,
    },
    /// The master keys do not fit what the database holds.
    #[error("{text}")]
    MasterKey {
        /// What is wrong, and what to do.
        text: String,
    },
    /// Jobs.
    #[error(transparent)]
    Jobs(#[from] JobsError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Problematic for VaultError {
    fn code(&self) -> &'static str {
        match self {
            Self::PartyUnknown { .. } => "party_unknown",
            Self::PartyErased { .. } => "party_erased",
            Self::Field(_) => "invalid_fields",
            Self::TooLarge { .. } => "content_too_large",
            Self::Damaged { .. } | Self::File { .. } | Self::MasterKey { .. } => "internal",
            Self::Jobs(error) => error.code(),
            Self::Storage(error) => error.code(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::PartyUnknown { .. } => ErrorKind::NotFound,
            Self::PartyErased { .. } => ErrorKind::Refused,
            Self::Field(_) => ErrorKind::Invalid,
            Self::TooLarge { .. } => ErrorKind::TooLarge,
            Self::Damaged { .. } | Self::File { .. } | Self::MasterKey { .. } => {
                ErrorKind::Internal
            }
            Self::Jobs(error) => error.kind(),
            Self::Storage(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Field(fault) => vec![fault.clone()],
            Self::Jobs(error) => error.fields(),
            Self::PartyUnknown { .. }
            | Self::PartyErased { .. }
            | Self::TooLarge { .. }
            | Self::Damaged { .. }
            | Self::File { .. }
            | Self::MasterKey { .. }
            | Self::Storage(_) => Vec::new(),
        }
    }
}
