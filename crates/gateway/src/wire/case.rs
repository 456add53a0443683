//! Cases, and what happened to them.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which cases.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CasesQuery {
    /// Only those of this state.
    #[param(inline)]
    pub state: Option<CaseState>,
    /// Only those that this member looks at: `user_…`.
    pub assignee: Option<String>,
    /// At most so many items, 1 to 200; 50 where it is left out.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before; nothing for the first.
    pub cursor: Option<String>,
}

/// Whether somebody still has to decide. `closed` is what needs no decision any more.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CaseState {
    Open,
    Decided,
    Closed,
}

/// How much a case matters. One that was escalated is urgent.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CasePriority {
    Urgent,
    High,
    Normal,
    Low,
}

/// Something that a person must look at and decide.
#[derive(Serialize, ToSchema)]
pub(crate) struct Case {
    /// Its id: `case_…`.
    pub id: String,
    /// What kind of case.
    #[schema(example = "wealth.import.review")]
    pub kind: String,
    /// What it is about.
    pub subject: CaseSubject,
    pub state: CaseState,
    pub priority: CasePriority,
    /// Who looks at it.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// When it is escalated.
    #[schema(format = DateTime)]
    pub due_at: String,
    /// When it was.
    #[schema(format = DateTime, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalated_at: Option<String>,
    /// What may be decided.
    pub choices: Vec<String>,
    /// What was decided.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choice: Option<String>,
    /// Whether the caller may decide it now.
    pub may_decide: bool,
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it was changed last; comments do not count.
    #[schema(format = DateTime)]
    pub changed_at: String,
}

/// What a case is about.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseSubject {
    #[schema(example = "import")]
    pub kind: String,
    pub id: String,
}

/// One step of a case's history.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseEntry {
    /// Its number, from 1.
    pub number: u64,
    /// What happened: `opened`, `commented`, `attached`, `assigned`, `prioritised`, `postponed`,
    /// `escalated`, `decided` or `closed`.
    pub step: String,
    /// Who did it; nothing for the program, and the owner of the data directory.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// An id or a word: the file, the member, the priority, the time, the choice.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What somebody wrote.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    #[schema(format = DateTime)]
    pub happened_at: String,
}

/// What somebody says to a case.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommentRequest {
    /// At most 4000 characters.
    pub comment: String,
    /// A file that belongs to it: `object_…`.
    #[serde(default)]
    pub object: Option<String>,
}

/// What is to be another way; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeCaseRequest {
    /// How much it matters.
    #[serde(default)]
    pub priority: Option<CasePriority>,
    /// When it is due: a time to come, within a year.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub due_at: Option<String>,
}

/// To whom a case is given.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssignCaseRequest {
    /// A member who may decide such cases: `user_…`; null for nobody.
    #[schema(required = true)]
    pub to: Option<String>,
}

/// What is decided.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecideCaseRequest {
    /// One of the case's choices.
    pub choice: String,
    /// What there is to say to it, at most 4000 characters.
    #[serde(default)]
    pub comment: String,
}

impl Case {
    pub(crate) fn of(case: cases::Case, choices: &[&str], may_decide: bool) -> Self {
        Self {
            id: case.id.to_string(),
            kind: case.kind,
            subject: CaseSubject { kind: case.subject.kind, id: case.subject.id },
            state: case.state.into(),
            priority: case.priority.into(),
            assignee: case.assignee.map(|user| user.to_string()),
            due_at: case.due_at.to_string(),
            escalated_at: case.escalated_at.map(|time| time.to_string()),
            choices: choices.iter().map(ToString::to_string).collect(),
            choice: case.choice,
            may_decide,
            created_at: case.created_at.to_string(),
            changed_at: case.changed_at.to_string(),
        }
    }
}

impl From<cases::Entry> for CaseEntry {
    fn from(entry: cases::Entry) -> Self {
        Self {
            number: entry.number,
            step: entry.step.to_string(),
            actor: entry.actor.map(|user| user.to_string()),
            detail: entry.detail,
            comment: entry.said,
            happened_at: entry.happened_at.to_string(),
        }
    }
}

impl From<cases::CaseState> for CaseState {
    fn from(state: cases::CaseState) -> Self {
        match state {
            cases::CaseState::Open => Self::Open,
            cases::CaseState::Decided => Self::Decided,
            cases::CaseState::Closed => Self::Closed,
        }
    }
}

impl From<CaseState> for cases::CaseState {
    fn from(state: CaseState) -> Self {
        match state {
            CaseState::Open => Self::Open,
            CaseState::Decided => Self::Decided,
            CaseState::Closed => Self::Closed,
        }
    }
}

impl From<cases::Priority> for CasePriority {
    fn from(priority: cases::Priority) -> Self {
        match priority {
            cases::Priority::Urgent => Self::Urgent,
            cases::Priority::High => Self::High,
            cases::Priority::Normal => Self::Normal,
            cases::Priority::Low => Self::Low,
        }
    }
}

impl From<CasePriority> for cases::Priority {
    fn from(priority: CasePriority) -> Self {
        match priority {
            CasePriority::Urgent => Self::Urgent,
            CasePriority::High => Self::High,
            CasePriority::Normal => Self::Normal,
            CasePriority::Low => Self::Low,
        }
    }
}
