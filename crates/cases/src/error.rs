//! What can go wrong with cases.

use identity::IdentityError;
use jobs::JobsError;
use kernel::{ErrorKind, FieldFault, Problem, Problematic};
use notices::NoticesError;
use objects::ObjectsError;
use storage::StorageError;
use vault::VaultError;

use crate::limits::ENTRIES_MAX;
use crate::model::{CaseId, CaseState};

/// An error of this module.
#[derive(Debug, thiserror::Error)]
pub enum CasesError {
    /// There is no such case, or not for this role.
    #[error("there is no {case}")]
    CaseUnknown {
        /// The one asked for.
        case: CaseId,
    },
    /// This program does not know what to do with such a case.
    #[error("nobody here knows what to do with cases of {kind}")]
    KindUnknown {
        /// The kind.
        kind: String,
    },
    /// A case that is over is not worked on.
    #[error("{case} is {state}")]
    WrongState {
        /// Which.
        case: CaseId,
        /// As it stands.
        state: CaseState,
    },
    /// The role may look at the case, and not decide it.
    #[error("your role does not decide {case}")]
    MayNotDecide {
        /// Which.
        case: CaseId,
    },
    /// So much has happened to the case that no more is written down.
    #[error("{case} has {ENTRIES_MAX} entries: decide it, and no more are added")]
    TooMuchSaid {
        /// Which.
        case: CaseId,
    },
    /// What was decided could not be done.
    #[error("{}", .0.detail)]
    Refused(Problem),
    /// The tenant's own party was erased: nothing can be sealed for it.
    #[error("what belongs to the family was erased")]
    Erased,
    /// A field breaks its rule.
    #[error("{}: {}", .0.field, .0.detail)]
    Field(FieldFault),
    /// Who there is.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Files.
    #[error(transparent)]
    Objects(#[from] ObjectsError),
    /// Telling people.
    #[error(transparent)]
    Notices(#[from] NoticesError),
    /// Jobs.
    #[error(transparent)]
    Jobs(#[from] JobsError),
    /// Keys.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl CasesError {
    /// One field breaks a rule.
    pub(crate) fn field(field: &str, rule: &str, detail: impl ToString) -> Self {
        Self::Field(FieldFault::new(field, rule, detail))
    }
}

impl Problematic for CasesError {
    fn code(&self) -> &'static str {
        match self {
            Self::CaseUnknown { .. } => "case_unknown",
            Self::KindUnknown { .. } => "case_kind_unknown",
            Self::WrongState { .. } => "case_state",
            Self::MayNotDecide { .. } => "case_not_yours",
            Self::TooMuchSaid { .. } => "too_many_entries",
            Self::Refused(problem) => problem.code,
            Self::Erased => "recipient_erased",
            Self::Field(_) => "invalid_fields",
            Self::Identity(error) => error.code(),
            Self::Objects(error) => error.code(),
            Self::Notices(error) => error.code(),
            Self::Jobs(error) => error.code(),
            Self::Vault(error) => error.code(),
            Self::Storage(error) => error.code(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::CaseUnknown { .. } => ErrorKind::NotFound,
            Self::WrongState { .. } => ErrorKind::Conflict,
            Self::MayNotDecide { .. } => ErrorKind::Forbidden,
            Self::KindUnknown { .. } | Self::TooMuchSaid { .. } | Self::Erased => {
                ErrorKind::Refused
            }
            Self::Refused(problem) => problem.kind,
            Self::Field(_) => ErrorKind::Invalid,
            Self::Identity(error) => error.kind(),
            Self::Objects(error) => error.kind(),
            Self::Notices(error) => error.kind(),
            Self::Jobs(error) => error.kind(),
            Self::Vault(error) => error.kind(),
            Self::Storage(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Field(fault) => vec![fault.clone()],
            Self::Refused(problem) => problem.fields.clone(),
            _ => Vec::new(),
        }
    }
}
