//! What can go wrong with sagas.

use jobs::JobsError;
use kernel::{ErrorKind, FieldFault, Problematic};
use storage::StorageError;

use crate::model::{SagaId, Status};

/// An error of this module.
#[derive(Debug, thiserror::Error)]
pub enum SagasError {
    /// A field breaks its rule.
    #[error("{}: {}", .0.field, .0.detail)]
    Field(FieldFault),
    /// There is no such saga, or not for this tenant.
    #[error("there is no {id}")]
    SagaUnknown {
        /// The one asked for.
        id: SagaId,
    },
    /// It has ended, or waits for nothing that could be tried again.
    #[error("{id} is {status}, so it cannot be {wanted}")]
    WrongStatus {
        /// The saga.
        id: SagaId,
        /// How it is doing.
        status: Status,
        /// What was asked: `undone`, `tried again`.
        wanted: &'static str,
    },
    /// A saga begins with a step in the rows of the tenant whose transaction begins it.
    #[error("a saga of kind {kind} begins elsewhere than where it is asked for")]
    BeginsElsewhere {
        /// Its kind.
        kind: &'static str,
    },
    /// This program does not know the kind, or cannot read the state; a newer one may.
    #[error("a saga of kind {kind} cannot be read: {text}")]
    Unread {
        /// Its kind.
        kind: String,
        /// Why.
        text: String,
    },
    /// Its job.
    #[error(transparent)]
    Jobs(#[from] JobsError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl SagasError {
    pub(crate) fn field(field: &str, rule: &str, detail: impl ToString) -> Self {
        Self::Field(FieldFault::new(field, rule, detail))
    }

    pub(crate) fn unread(kind: &str, error: impl ToString) -> Self {
        Self::Unread { kind: kind.to_owned(), text: error.to_string() }
    }
}

impl Problematic for SagasError {
    fn code(&self) -> &'static str {
        match self {
            Self::Field(_) => "invalid_fields",
            Self::SagaUnknown { .. } => "saga_unknown",
            Self::WrongStatus { .. } => "saga_status",
            Self::BeginsElsewhere { .. } => "saga_begins_elsewhere",
            Self::Unread { .. } => "saga_unread",
            Self::Jobs(error) => error.code(),
            Self::Storage(error) => error.code(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Field(_) => ErrorKind::Invalid,
            Self::SagaUnknown { .. } => ErrorKind::NotFound,
            Self::WrongStatus { .. } => ErrorKind::Conflict,
            Self::BeginsElsewhere { .. } | Self::Unread { .. } => ErrorKind::Internal,
            Self::Jobs(error) => error.kind(),
            Self::Storage(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Field(fault) => vec![fault.clone()],
            Self::Jobs(error) => error.fields(),
            Self::SagaUnknown { .. }
            | Self::WrongStatus { .. }
            | Self::BeginsElsewhere { .. }
            | Self::Unread { .. }
            | Self::Storage(_) => Vec::new(),
        }
    }
}
