//! Requests for approval, what is said to them, and words that are handed over.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::ApiError;

/// Which requests.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ApprovalsQuery {
    /// Only those of this state.
    #[param(inline)]
    pub state: Option<ApprovalState>,
    /// At most so many items, 1 to 200; 50 where it is left out.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before; nothing for the first.
    pub cursor: Option<String>,
}

/// Where a request stands. `approved` may be used once; the last four are for good.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ApprovalState {
    Pending,
    Approved,
    Refused,
    Expired,
    Withdrawn,
    Used,
}

/// What is said to a request.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ApprovalVerdict {
    Approve,
    Refuse,
}

/// A command that somebody wants to be approved.
#[derive(Serialize, ToSchema)]
pub(crate) struct Approval {
    /// Its id: `approval_…`.
    pub id: String,
    /// What kind of command.
    #[schema(example = "wealth.import.undo")]
    pub kind: String,
    /// What the command acts on.
    pub subject: ApprovalSubject,
    pub state: ApprovalState,
    /// The command as it is approved, and no other; nothing where the family's party was erased.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<serde_json::Value>,
    /// The SHA-256 of the command's canonical form (RFC 8785), in hexadecimal.
    pub hash: String,
    /// Why it is wanted; nothing where the family's party was erased.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who asked; nothing for the owner of the data directory.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<String>,
    /// How many must approve.
    pub people: u16,
    /// Of which roles each must be.
    pub roles: Vec<String>,
    /// What was said, the earliest first.
    pub decisions: Vec<ApprovalDecision>,
    /// Whether the caller may decide about it now.
    pub may_decide: bool,
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it can be neither decided nor used any more.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// When its state changed last.
    #[schema(format = DateTime)]
    pub changed_at: String,
}

/// What a command acts on.
#[derive(Serialize, ToSchema)]
pub(crate) struct ApprovalSubject {
    #[schema(example = "import")]
    pub kind: String,
    pub id: String,
}

/// One word.
#[derive(Serialize, ToSchema)]
pub(crate) struct ApprovalDecision {
    /// Who said it.
    pub person: String,
    /// Whose word it counts as, where somebody handed theirs over.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<String>,
    pub verdict: ApprovalVerdict,
    /// Why; nothing where the family's party was erased.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[schema(format = DateTime)]
    pub decided_at: String,
}

/// Why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReasonRequest {
    /// For those who look at it, at most 500 characters; only who approves may leave it out.
    #[serde(default)]
    pub reason: String,
}

/// A word that somebody handed over.
#[derive(Serialize, ToSchema)]
pub(crate) struct ApprovalDelegation {
    /// Its id: `delegation_…`.
    pub id: String,
    /// Whose word.
    pub principal: String,
    /// Who says it.
    pub delegate: String,
    /// Until when.
    #[schema(format = DateTime)]
    pub until: String,
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// To whom the caller hands their word.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDelegationRequest {
    /// Another member: `user_…`.
    pub to: String,
    /// Until when, 90 days at most.
    #[schema(format = DateTime)]
    pub until: String,
}

impl Approval {
    pub(crate) fn of(one: approvals::Approval, may_decide: bool) -> Result<Self, ApiError> {
        let (command, reason) =
            one.content.map(|content| (content.command, content.reason)).unzip();
        let command = command.map(|command| serde_json::from_str(&command)).transpose();
        Ok(Self {
            id: one.id.to_string(),
            kind: one.kind,
            subject: ApprovalSubject { kind: one.subject.kind, id: one.subject.id },
            state: one.state.into(),
            command: command.map_err(ApiError::internal)?,
            hash: storage::crypto::hex(&one.hash),
            reason,
            asked_by: one.asked_by.map(|user| user.to_string()),
            people: one.people,
            roles: one.roles.iter().map(ToString::to_string).collect(),
            decisions: one.decisions.into_iter().map(ApprovalDecision::from).collect(),
            may_decide,
            created_at: one.created_at.to_string(),
            expires_at: one.expires_at.to_string(),
            changed_at: one.changed_at.to_string(),
        })
    }
}

impl From<approvals::Decision> for ApprovalDecision {
    fn from(one: approvals::Decision) -> Self {
        Self {
            person: one.person.to_string(),
            on_behalf_of: one.on_behalf_of.map(|user| user.to_string()),
            verdict: match one.verdict {
                approvals::Verdict::Approve => ApprovalVerdict::Approve,
                approvals::Verdict::Refuse => ApprovalVerdict::Refuse,
            },
            reason: one.reason,
            decided_at: one.decided_at.to_string(),
        }
    }
}

impl From<approvals::Delegation> for ApprovalDelegation {
    fn from(one: approvals::Delegation) -> Self {
        Self {
            id: one.id.to_string(),
            principal: one.principal.to_string(),
            delegate: one.delegate.to_string(),
            until: one.until.to_string(),
            created_at: one.created_at.to_string(),
        }
    }
}

impl From<approvals::ApprovalState> for ApprovalState {
    fn from(state: approvals::ApprovalState) -> Self {
        match state {
            approvals::ApprovalState::Pending => Self::Pending,
            approvals::ApprovalState::Approved => Self::Approved,
            approvals::ApprovalState::Refused => Self::Refused,
            approvals::ApprovalState::Expired => Self::Expired,
            approvals::ApprovalState::Withdrawn => Self::Withdrawn,
            approvals::ApprovalState::Used => Self::Used,
        }
    }
}

impl From<ApprovalState> for approvals::ApprovalState {
    fn from(state: ApprovalState) -> Self {
        match state {
            ApprovalState::Pending => Self::Pending,
            ApprovalState::Approved => Self::Approved,
            ApprovalState::Refused => Self::Refused,
            ApprovalState::Expired => Self::Expired,
            ApprovalState::Withdrawn => Self::Withdrawn,
            ApprovalState::Used => Self::Used,
        }
    }
}
