//! Sagas as they stand, and their stories.

use std::fmt;
use std::str::FromStr;

use kernel::{TenantId, Timestamp, Uuid};
use serde_json::Value;

use crate::error::SagasError;

kernel::typed_id! {
    /// A saga.
    SagaId, "saga"
}

/// How a saga is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// On its way, to its goal or back.
    Running,
    /// A step failed as often as it may, or is late: it goes on when the step is taken again, when
    /// what it waits for comes, or when somebody wants it undone.
    Stuck,
    /// It reached its goal.
    Done,
    /// It did not, and what it had done is taken back.
    Undone,
}

/// A saga as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    /// The saga.
    pub id: SagaId,
    /// What it is called: module and deed.
    pub kind: String,
    /// What it is about: ids and choices.
    pub plan: Value,
    /// Where it is on its way.
    pub state: Value,
    /// How it is doing.
    pub status: Status,
    /// The step that is under way.
    pub step: Option<StepShown>,
    /// When its state is late.
    pub late_at: Option<Timestamp>,
    /// Why it is stuck: a stable code, and the same for a person.
    pub error: Option<(String, String)>,
    /// What ties it to the request that began it.
    pub correlation: Uuid,
    /// When it began.
    pub started_at: Timestamp,
    /// When something last changed.
    pub changed_at: Timestamp,
    /// When it was done, or undone.
    pub ended_at: Option<Timestamp>,
}

/// A step that is under way.
#[derive(Clone, Debug, PartialEq)]
pub struct StepShown {
    /// What is done.
    pub step: Value,
    /// Whose rows it changes.
    pub tenant: TenantId,
    /// The job that does it, one of that tenant's.
    pub job: Uuid,
}

/// A line of a story: what was told to the saga, and where it was then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its place, from 0.
    pub place: u64,
    /// When.
    pub at: Timestamp,
    /// What was told: `started`, what a step brought, `late`, `undo`, `again`, `failed`.
    pub input: String,
    /// More of it, where there is more: the code of a failure or refusal.
    pub detail: Option<String>,
    /// The name of the state then.
    pub state: String,
    /// The name of the step that was begun.
    pub step: Option<String>,
    /// Whose rows that step changes.
    pub step_tenant: Option<TenantId>,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Running, Self::Stuck, Self::Done, Self::Undone];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stuck => "stuck",
            Self::Done => "done",
            Self::Undone => "undone",
        }
    }

    /// Whether nothing more happens.
    #[must_use]
    pub const fn is_ended(self) -> bool {
        matches!(self, Self::Done | Self::Undone)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

impl FromStr for Status {
    type Err = SagasError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|status| status.as_str() == text);
        found.ok_or_else(|| SagasError::field("status", "status", format!("{text:?} is none")))
    }
}

/// What a variant is called: a text that stands for itself, or the one key of an object.
pub(crate) fn name_of(value: &Value) -> String {
    let key = value.as_object().and_then(|object| object.keys().next());
    match (value.as_str(), key) {
        (Some(name), _) => name.to_owned(),
        (None, Some(name)) => name.clone(),
        (None, None) => value.to_string(),
    }
}

impl Story {
    /// The name of the state.
    #[must_use]
    pub fn state_name(&self) -> String {
        name_of(&self.state)
    }
}

impl StepShown {
    /// The name of the step.
    #[must_use]
    pub fn name(&self) -> String {
        name_of(&self.step)
    }
}
