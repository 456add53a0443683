//! Sagas and their stories.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which sagas; all that is said must hold.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SagasQuery {
    /// Only those that are doing so.
    #[param(inline)]
    pub status: Option<SagaStatus>,
    /// At most so many items, 1 to 200; 50 where it is left out.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before; nothing for the first.
    pub cursor: Option<String>,
}

/// How a saga is doing. `stuck` is what stands still until its step is taken again, what it waits
/// for comes, or it is undone.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SagaStatus {
    Running,
    Stuck,
    Done,
    Undone,
}

/// A saga as it stands: a flow over several commits that ends in its goal or undone.
#[derive(Serialize, ToSchema)]
pub(crate) struct Saga {
    /// Its id: `saga_…`.
    pub id: String,
    /// Module and deed.
    #[schema(example = "remittances.remit")]
    pub kind: String,
    pub status: SagaStatus,
    /// Where it is on its way, by its kind.
    #[schema(example = "announcing")]
    pub state: String,
    /// The step that is under way.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The job that takes the step, where it is one of the same tenant's.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// When the state is late.
    #[schema(format = DateTime, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_at: Option<String>,
    /// Why it is stuck.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<SagaFailure>,
    #[schema(format = DateTime)]
    pub started_at: String,
    /// When it was done, or undone.
    #[schema(format = DateTime, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
}

/// Why a saga is stuck.
#[derive(Serialize, ToSchema)]
pub(crate) struct SagaFailure {
    /// Stable, for programs.
    pub code: String,
    /// The same for people.
    pub detail: String,
}

/// A saga with its story.
#[derive(Serialize, ToSchema)]
pub(crate) struct SagaStory {
    #[serde(flatten)]
    pub saga: Saga,
    /// From the beginning.
    pub story: Vec<SagaLine>,
}

/// A line of a saga's story: what was told to it, and where it was then.
#[derive(Serialize, ToSchema)]
pub(crate) struct SagaLine {
    #[schema(format = DateTime)]
    pub at: String,
    /// `started`, what a step brought, `failed`, `late`, `undo` or `again`.
    pub input: String,
    /// The code of a refusal or failure.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    pub state: String,
    /// The step that was begun.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Whether that step is in another tenant's rows.
    pub elsewhere: bool,
}

impl Saga {
    pub(crate) fn of(saga: &sagas::Story, tenant: kernel::TenantId) -> Self {
        let time = |time: kernel::Timestamp| time.to_string();
        let own = saga.step.as_ref().filter(|step| step.tenant == tenant);
        Self {
            id: saga.id.to_string(),
            kind: saga.kind.clone(),
            status: saga.status.into(),
            state: saga.state_name(),
            step: saga.step.as_ref().map(sagas::StepShown::name),
            job: own.map(|step| jobs::JobId::from_uuid(step.job).to_string()),
            late_at: saga.late_at.map(time),
            error: saga.error.clone().map(|(code, detail)| SagaFailure { code, detail }),
            started_at: time(saga.started_at),
            ended_at: saga.ended_at.map(time),
        }
    }
}

impl SagaLine {
    pub(crate) fn of(line: sagas::Line, tenant: kernel::TenantId) -> Self {
        Self {
            at: line.at.to_string(),
            input: line.input,
            detail: line.detail,
            state: line.state,
            step: line.step,
            elsewhere: line.step_tenant.is_some_and(|step| step != tenant),
        }
    }
}

impl From<SagaStatus> for sagas::Status {
    fn from(status: SagaStatus) -> Self {
        match status {
            SagaStatus::Running => Self::Running,
            SagaStatus::Stuck => Self::Stuck,
            SagaStatus::Done => Self::Done,
            SagaStatus::Undone => Self::Undone,
        }
    }
}

impl From<sagas::Status> for SagaStatus {
    fn from(status: sagas::Status) -> Self {
        match status {
            sagas::Status::Running => Self::Running,
            sagas::Status::Stuck => Self::Stuck,
            sagas::Status::Done => Self::Done,
            sagas::Status::Undone => Self::Undone,
        }
    }
}
