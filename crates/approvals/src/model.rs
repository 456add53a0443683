//! The words of approvals.

use identity::Role;
use kernel::{Timestamp, UserId};
use serde::{Deserialize, Serialize};
use storage::log::ObjectRef;

kernel::typed_id! {
    /// A request for approval.
    ApprovalId, "approval"
}
kernel::typed_id! {
    /// One person's word, handed to another for a time.
    DelegationId, "delegation"
}

kernel::words! {
    /// Where a request stands.
    ApprovalState, "state";
    /// Nobody has refused it, and not enough have approved.
    Pending = "pending",
    /// Enough have: the command may be done, once.
    Approved = "approved",
    /// Somebody who may has refused it.
    Refused = "refused",
    /// Its time was over before it was used.
    Expired = "expired",
    /// Whoever asked does not want it any more, or asked for another command on the same thing.
    Withdrawn = "withdrawn",
    /// The command was done.
    Used = "used",
}

kernel::words! {
    /// What somebody says to a request.
    Verdict, "verdict";
    /// It may be done.
    Approve = "approve",
    /// It may not.
    Refuse = "refuse",
}

/// A request, with everything that was said to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// What kind of command.
    pub kind: String,
    /// What the command acts on.
    pub subject: ObjectRef,
    /// The SHA-256 of the command's canonical form.
    pub hash: [u8; 32],
    /// The command and why it is wanted; nothing where the tenant's party was erased.
    pub content: Option<Content>,
    /// Who asked; nothing for the owner of the data directory.
    pub asked_by: Option<UserId>,
    /// How many must approve.
    pub people: u16,
    /// Of which roles each must be.
    pub roles: Vec<Role>,
    /// Where it stands.
    pub state: ApprovalState,
    /// What was said, the earliest first.
    pub decisions: Vec<Decision>,
    /// When it was asked.
    pub created_at: Timestamp,
    /// When it can be neither decided nor used any more.
    pub expires_at: Timestamp,
    /// When its state changed last.
    pub changed_at: Timestamp,
}

/// What is to be approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The command's canonical form.
    pub command: String,
    /// Why it is wanted.
    pub reason: String,
}

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Who said it.
    pub person: UserId,
    /// Whose word it counts as, where somebody delegated theirs.
    pub on_behalf_of: Option<UserId>,
    /// What was said.
    pub verdict: Verdict,
    /// Why; nothing where the tenant's party was erased.
    pub reason: Option<String>,
    /// When.
    pub decided_at: Timestamp,
}

/// A word handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delegation {
    /// Its id.
    pub id: DelegationId,
    /// Whose word.
    pub principal: UserId,
    /// Who says it.
    pub delegate: UserId,
    /// Until when.
    pub until: Timestamp,
    /// Since when.
    pub created_at: Timestamp,
}

impl Approval {
    /// How many have approved.
    #[must_use]
    pub fn approvals(&self) -> usize {
        self.decisions.iter().filter(|one| one.verdict == Verdict::Approve).count()
    }
}
