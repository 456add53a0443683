//! What can go wrong with objects.

use jobs::JobsError;
use kernel::{ErrorKind, FieldFault, Problematic, Timestamp};
use storage::StorageError;
use vault::VaultError;

use crate::limits::{HOLDS_MAX, OBJECT_BYTES_MAX, UPLOADS_MAX};
use crate::model::{ObjectId, ObjectState};

/// An error of this module.
#[derive(Debug, thiserror::Error)]
pub enum ObjectsError {
    /// There is no such object, or it was removed.
    #[error("there is no object {object}")]
    Unknown {
        /// The one asked for.
        object: ObjectId,
    },
    /// It cannot be read, referred to or continued as it stands.
    #[error("object {object} is {state}, and must be {expected}")]
    WrongState {
        /// Which.
        object: ObjectId,
        /// As it stands.
        state: ObjectState,
        /// As it must be.
        expected: ObjectState,
    },
    /// Its party was erased: nobody can open it.
    #[error("object {object} belonged to a party that was erased")]
    Erased {
        /// Which.
        object: ObjectId,
    },
    /// What is sent does not begin where the upload ends, or somebody else sent it at the same
    /// time.
    #[error("object {object} has {received} bytes, so the next piece begins there")]
    WrongOffset {
        /// Which.
        object: ObjectId,
        /// Where the next piece begins.
        received: u64,
    },
    /// More bytes than were announced, or than an object may have.
    #[error("the content has more bytes than {bytes_max}")]
    TooLarge {
        /// How many may come.
        bytes_max: u64,
    },
    /// Nothing was sent, or announced.
    #[error("an object has 1 to {OBJECT_BYTES_MAX} bytes")]
    Empty,
    /// Its first bytes say that it is something that is not kept.
    #[error("files of the type {media_type} are not kept")]
    TypeRefused {
        /// What it is.
        media_type: &'static str,
    },
    /// The scanner found something in it.
    #[error("the scanner refuses the content: {found}")]
    Infected {
        /// What it found.
        found: String,
    },
    /// The tenant has too many uploads that are not complete.
    #[error("there are {UPLOADS_MAX} uploads that are not complete; end some of them")]
    TooManyUploads,
    /// The object has as many holds as it may.
    #[error("an object has at most {HOLDS_MAX} holds")]
    TooManyHolds,
    /// The range is not in the content.
    #[error("the content has {size} bytes, and what is asked for begins behind them")]
    Range {
        /// How many there are.
        size: u64,
    },
    /// Something holds it: nothing may take it away.
    #[error("a legal hold keeps objects of this party")]
    Held,
    /// A time until which it is kept can only be moved on.
    #[error("object {object} is kept until {until}, which can only be prolonged")]
    KeptLonger {
        /// Which.
        object: ObjectId,
        /// Until when it is kept.
        until: Timestamp,
    },
    /// A field breaks its rule.
    #[error("{}: {}", .0.field, .0.detail)]
    Field(FieldFault),
    /// What reads the caller's bytes failed.
    #[error("the content ended before its end: {text}")]
    Unreadable {
        /// Why.
        text: String,
    },
    /// The store of bytes does not do what it is asked.
    #[error("the object store: {text}")]
    Store {
        /// What it says.
        text: String,
    },
    /// The scanner does not answer, or not what it should.
    #[error("the virus scanner: {text}")]
    Scanner {
        /// What it says.
        text: String,
    },
    /// What is stored is not what was stored.
    #[error("object {object} is damaged: {text}")]
    Damaged {
        /// Which.
        object: ObjectId,
        /// What is wrong.
        text: String,
    },
    /// The configuration of the store cannot be used.
    #[error("{text}")]
    Configuration {
        /// What is wrong.
        text: String,
    },
    /// Keys.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Jobs.
    #[error(transparent)]
    Jobs(#[from] JobsError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl ObjectsError {
    /// One field breaks a rule.
    pub(crate) fn field(field: &str, rule: &str, detail: impl ToString) -> Self {
        Self::Field(FieldFault::new(field, rule, detail.to_string()))
    }

    pub(crate) fn damaged(object: ObjectId, text: impl Into<String>) -> Self {
        Self::Damaged { object, text: text.into() }
    }
}

impl Problematic for ObjectsError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "object_unknown",
            Self::WrongState { .. } => "object_wrong_state",
            Self::Erased { .. } => "object_erased",
            Self::WrongOffset { .. } => "upload_wrong_offset",
            Self::TooLarge { .. } => "object_too_large",
            Self::Empty => "object_empty",
            Self::TypeRefused { .. } => "object_type_refused",
            Self::Infected { .. } => "object_infected",
            Self::TooManyUploads => "too_many_uploads",
            Self::TooManyHolds => "too_many_holds",
            Self::Range { .. } => "range_not_in_content",
            Self::Held => "object_held",
            Self::KeptLonger { .. } => "object_kept_longer",
            Self::Field(_) => "invalid_fields",
            Self::Unreadable { .. } => "body_unreadable",
            Self::Store { .. } => "object_store_unavailable",
            Self::Scanner { .. } => "scanner_unavailable",
            Self::Damaged { .. } | Self::Configuration { .. } => "internal",
            Self::Vault(error) => error.code(),
            Self::Jobs(error) => error.code(),
            Self::Storage(error) => error.code(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unknown { .. } => ErrorKind::NotFound,
            Self::WrongState { .. } | Self::WrongOffset { .. } => ErrorKind::Conflict,
            Self::TooLarge { .. } => ErrorKind::TooLarge,
            Self::TooManyUploads => ErrorKind::TooMany,
            Self::Empty | Self::Field(_) | Self::Unreadable { .. } => ErrorKind::Invalid,
            Self::Erased { .. }
            | Self::TypeRefused { .. }
            | Self::Infected { .. }
            | Self::TooManyHolds
            | Self::Range { .. }
            | Self::Held
            | Self::KeptLonger { .. } => ErrorKind::Refused,
            Self::Store { .. } | Self::Scanner { .. } => ErrorKind::Unavailable,
            Self::Damaged { .. } | Self::Configuration { .. } => ErrorKind::Internal,
            Self::Vault(error) => error.kind(),
            Self::Jobs(error) => error.kind(),
            Self::Storage(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Field(fault) => vec![fault.clone()],
            Self::Vault(error) => error.fields(),
            Self::Jobs(error) => error.fields(),
            Self::Unknown { .. }
            | Self::WrongState { .. }
            | Self::Erased { .. }
            | Self::WrongOffset { .. }
            | Self::TooLarge { .. }
            | Self::Empty
            | Self::TypeRefused { .. }
            | Self::Infected { .. }
            | Self::TooManyUploads
            | Self::TooManyHolds
            | Self::Range { .. }
            | Self::Held
            | Self::KeptLonger { .. }
            | Self::Unreadable { .. }
            | Self::Store { .. }
            | Self::Scanner { .. }
            | Self::Damaged { .. }
            | Self::Configuration { .. }
            | Self::Storage(_) => Vec::new(),
        }
    }
}
