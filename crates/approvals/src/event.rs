//! What approvals tell the log: ids, codes and hashes. Reasons stand sealed in rows.

use kernel::{Timestamp, UserId};
use serde::Serialize;
use storage::log::{EventBody, ObjectRef};

use crate::model::{ApprovalId, ApprovalState, DelegationId, Verdict};

/// Somebody asked for approval.
#[derive(Clone, Debug, Serialize)]
pub struct ApprovalAsked {
    /// The request.
    pub approval: ApprovalId,
    /// The kind of command.
    pub kind: String,
    /// What the command acts on.
    #[serde(skip)]
    pub subject: ObjectRef,
    /// The SHA-256 of the command's canonical form, in hexadecimal.
    pub command: String,
    /// How many must approve.
    pub people: u16,
    /// When it can be used no more.
    pub expires_at: Timestamp,
}

/// Somebody who may has decided.
#[derive(Clone, Debug, Serialize)]
pub struct ApprovalDecided {
    /// The request.
    pub approval: ApprovalId,
    /// What was said.
    pub verdict: Verdict,
    /// Whose word it counts as, where somebody delegated theirs.
    pub on_behalf_of: Option<UserId>,
    /// Where the request stands by it.
    pub state: ApprovalState,
}

/// A request ended without being used.
#[derive(Clone, Debug, Serialize)]
pub struct ApprovalEnded {
    /// The request.
    pub approval: ApprovalId,
    /// How it stands: withdrawn or expired.
    pub state: ApprovalState,
}

/// What was approved was done.
#[derive(Clone, Debug, Serialize)]
pub struct ApprovalUsed {
    /// The request.
    pub approval: ApprovalId,
    /// The SHA-256 of the command's canonical form, in hexadecimal.
    pub command: String,
}

/// A command that would have needed approval was done without: there was nobody to give it.
#[derive(Clone, Debug, Serialize)]
pub struct ApprovalWaived {
    /// The kind of command.
    pub kind: String,
    /// What it acted on.
    #[serde(skip)]
    pub subject: ObjectRef,
    /// The SHA-256 of its canonical form, in hexadecimal.
    pub command: String,
}

/// Somebody handed their word to another.
#[derive(Clone, Debug, Serialize)]
pub struct WordDelegated {
    /// The delegation.
    pub delegation: DelegationId,
    /// Whose word.
    pub principal: UserId,
    /// Who says it.
    pub delegate: UserId,
    /// Until when.
    pub until: Timestamp,
}

/// Somebody took their word back.
#[derive(Clone, Debug, Serialize)]
pub struct DelegationEnded {
    /// The delegation.
    pub delegation: DelegationId,
    /// Whose word.
    pub principal: UserId,
    /// Who said it.
    pub delegate: UserId,
}

/// The name and version of an event, and what it is about.
macro_rules! events {
    ($($event:ty = $name:literal, |$self:ident| $objects:expr;)+) => {$(
        impl EventBody for $event {
            const TYPE: &'static str = $name;
            const VERSION: u16 = 1;

            fn objects(&self) -> Vec<ObjectRef> {
                let $self = self;
                $objects.to_vec()
            }
        }
    )+};
}

events! {
    ApprovalAsked = "approvals.request.asked",
        |one| [ObjectRef::new("approval", one.approval), one.subject.clone()];
    ApprovalDecided = "approvals.request.decided",
        |one| [ObjectRef::new("approval", one.approval)];
    ApprovalEnded = "approvals.request.ended",
        |one| [ObjectRef::new("approval", one.approval)];
    ApprovalUsed = "approvals.request.used",
        |one| [ObjectRef::new("approval", one.approval)];
    ApprovalWaived = "approvals.command.waived",
        |one| [one.subject.clone()];
    WordDelegated = "approvals.word.delegated",
        |one| [ObjectRef::new("user", one.principal), ObjectRef::new("user", one.delegate)];
    DelegationEnded = "approvals.word.returned",
        |one| [ObjectRef::new("user", one.principal), ObjectRef::new("user", one.delegate)];
}
