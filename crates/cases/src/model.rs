//! The words of cases.

use identity::Role;
use kernel::{Timestamp, UserId};
use storage::log::ObjectRef;

kernel::typed_id! {
    /// A case.
    CaseId, "case"
}

kernel::words! {
    /// Whether somebody still has to decide.
    CaseState, "state";
    /// Nobody has.
    Open = "open",
    /// Somebody has, and it was done.
    Decided = "decided",
    /// There is nothing to decide any more.
    Closed = "closed",
}

kernel::words! {
    /// How much a case matters.
    Priority, "priority";
    /// It cannot wait; a case that was escalated is.
    Urgent = "urgent",
    /// Before others.
    High = "high",
    /// As most.
    Normal = "normal",
    /// After others.
    Low = "low",
}

kernel::words! {
    /// What happened to a case.
    Step, "step";
    /// It was opened.
    Opened = "opened",
    /// Somebody wrote something.
    Commented = "commented",
    /// Somebody attached a file, which `detail` names.
    Attached = "attached",
    /// It was given to somebody, whom `detail` names, or to nobody.
    Assigned = "assigned",
    /// Its priority was changed, to `detail`.
    Prioritised = "prioritised",
    /// When it is due was changed, to `detail`.
    Postponed = "postponed",
    /// Nobody had decided when it was due.
    Escalated = "escalated",
    /// It was decided, as `detail` says.
    Decided = "decided",
    /// There was nothing to decide any more, for what `detail` says.
    Closed = "closed",
}

/// A case as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// What kind of case.
    pub kind: String,
    /// What it is about.
    pub subject: ObjectRef,
    /// The roles that see it.
    pub readers: Vec<Role>,
    /// Whether somebody still has to decide.
    pub state: CaseState,
    /// How much it matters.
    pub priority: Priority,
    /// Who looks at it.
    pub assignee: Option<UserId>,
    /// When it is escalated.
    pub due_at: Timestamp,
    /// When it was.
    pub escalated_at: Option<Timestamp>,
    /// What was decided.
    pub choice: Option<String>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was changed last; comments do not count.
    pub changed_at: Timestamp,
}

/// One step of a case's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 1.
    pub number: u64,
    /// What happened.
    pub step: Step,
    /// Who did it; nothing for the program itself, and the owner of the data directory.
    pub actor: Option<UserId>,
    /// An id or a word, as the step says.
    pub detail: Option<String>,
    /// What somebody wrote; nothing where they wrote nothing, or the tenant's party was erased.
    pub said: Option<String>,
    /// When.
    pub happened_at: Timestamp,
}
