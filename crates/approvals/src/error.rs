//! What can go wrong with approvals.

use identity::IdentityError;
use jobs::JobsError;
use kernel::{ErrorKind, FieldFault, Problematic};
use notices::NoticesError;
use storage::StorageError;
use vault::VaultError;

use crate::model::{ApprovalId, ApprovalState, DelegationId};

/// An error of this module.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalsError {
    /// There is no such request.
    #[error("there is no {approval}")]
    ApprovalUnknown {
        /// The one asked for.
        approval: ApprovalId,
    },
    /// There is no such delegation of the caller's.
    #[error("there is no {delegation} of yours")]
    DelegationUnknown {
        /// The one asked for.
        delegation: DelegationId,
    },
    /// The command needs approval, and nobody was asked.
    #[error("this needs the approval of {}: ask for it", others(*.people, .roles))]
    Needed {
        /// How many must approve.
        people: u16,
        /// Of which roles.
        roles: String,
    },
    /// The command needs approval, which was asked for and is not given yet.
    #[error("{approval} is not decided yet")]
    Undecided {
        /// The request.
        approval: ApprovalId,
    },
    /// What was approved is another command on the same thing.
    #[error("{approval} is for another command, or what it was decided on has changed: ask anew")]
    Void {
        /// The request.
        approval: ApprovalId,
    },
    /// The command needs no approval.
    #[error("this needs nobody's approval")]
    NotNeeded,
    /// The tenant has not so many people who may approve.
    #[error("this needs the approval of {}, who are not there", others(*.people, .roles))]
    Barred {
        /// How many must approve.
        people: u16,
        /// Of which roles.
        roles: String,
    },
    /// A request that is over is not decided, and not withdrawn.
    #[error("{approval} is {state}")]
    WrongState {
        /// Which.
        approval: ApprovalId,
        /// As it stands.
        state: ApprovalState,
    },
    /// Who asked does not approve, and whoever has no say cannot either.
    #[error("you have no say in {approval}: {why}")]
    NoSay {
        /// Which.
        approval: ApprovalId,
        /// Why.
        why: &'static str,
    },
    /// Each decides once.
    #[error("you have decided about {approval} already")]
    DecidedAlready {
        /// Which.
        approval: ApprovalId,
    },
    /// Somebody else asked for the same thing at the same moment.
    #[error("somebody asked for the same thing just now; look at it")]
    AskedMeanwhile,
    /// There are as many delegations as there may be.
    #[error("no more words can be delegated before others end")]
    TooManyDelegations,
    /// The tenant's own party was erased: nothing can be sealed for it.
    #[error("what belongs to the family was erased")]
    Erased,
    /// A field breaks its rule.
    #[error("{}: {}", .0.field, .0.detail)]
    Field(FieldFault),
    /// Who there is.
    #[error(transparent)]
    Identity(#[from] IdentityError),
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

impl ApprovalsError {
    /// One field breaks a rule.
    pub(crate) fn field(field: &str, rule: &str, detail: impl ToString) -> Self {
        Self::Field(FieldFault::new(field, rule, detail))
    }
}

/// `2 other people (owner, adult)`
fn others(count: u16, roles: &str) -> String {
    match count {
        1 => format!("another person ({roles})"),
        count => format!("{count} other people ({roles})"),
    }
}

impl Problematic for ApprovalsError {
    fn code(&self) -> &'static str {
        match self {
            Self::ApprovalUnknown { .. } => "approval_unknown",
            Self::DelegationUnknown { .. } => "delegation_unknown",
            Self::Needed { .. } => "approval_needed",
            Self::Undecided { .. } => "approval_undecided",
            Self::Void { .. } => "approval_void",
            Self::NotNeeded => "approval_not_needed",
            Self::Barred { .. } => "approval_impossible",
            Self::WrongState { .. } => "approval_state",
            Self::NoSay { .. } => "approval_no_say",
            Self::DecidedAlready { .. } => "approval_decided",
            Self::AskedMeanwhile => "changed_meanwhile",
            Self::TooManyDelegations => "too_many_delegations",
            Self::Erased => "recipient_erased",
            Self::Field(_) => "invalid_fields",
            Self::Identity(error) => error.code(),
            Self::Notices(error) => error.code(),
            Self::Jobs(error) => error.code(),
            Self::Vault(error) => error.code(),
            Self::Storage(error) => error.code(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::ApprovalUnknown { .. } | Self::DelegationUnknown { .. } => ErrorKind::NotFound,
            Self::Needed { .. }
            | Self::Undecided { .. }
            | Self::Void { .. }
            | Self::NotNeeded
            | Self::Barred { .. }
            | Self::TooManyDelegations
            | Self::Erased => ErrorKind::Refused,
            Self::WrongState { .. } | Self::DecidedAlready { .. } | Self::AskedMeanwhile => {
                ErrorKind::Conflict
            }
            Self::NoSay { .. } => ErrorKind::Forbidden,
            Self::Field(_) => ErrorKind::Invalid,
            Self::Identity(error) => error.kind(),
            Self::Notices(error) => error.kind(),
            Self::Jobs(error) => error.kind(),
            Self::Vault(error) => error.kind(),
            Self::Storage(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Field(fault) => vec![fault.clone()],
            _ => Vec::new(),
        }
    }
}
