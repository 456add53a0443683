//! Jobs and schedules.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::ApiError;

/// Which jobs; all that is said must hold.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct JobsQuery {
    /// Only those of this state.
    #[param(inline)]
    pub state: Option<JobState>,
    /// At most so many items, 1 to 200; 50 where it is left out.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before; nothing for the first.
    pub cursor: Option<String>,
}

/// Where a job is on its way. `dead` is what was tried as often as it may be.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobState {
    Scheduled,
    Available,
    Running,
    Completed,
    Cancelled,
    Dead,
}

/// Which of a tenant's jobs goes first.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobPriority {
    High,
    Normal,
    Low,
}

/// A job as it stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct Job {
    /// Its id: `job_…`.
    pub id: String,
    /// Module and deed.
    #[schema(example = "markets.ecb_rates")]
    pub kind: String,
    /// What it works with, by its kind.
    pub args: serde_json::Value,
    pub state: JobState,
    pub priority: JobPriority,
    /// Not before this time.
    #[schema(format = DateTime)]
    pub run_at: String,
    /// How often it was begun.
    pub attempt: u32,
    /// How often it may be.
    pub attempts_max: u32,
    /// Who runs it, or ran it last.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// Until when that worker has it, unless it says that it still does.
    #[schema(format = DateTime, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease_until: Option<String>,
    /// Whether somebody asked it to stop.
    pub cancel_requested: bool,
    /// What no other unfinished job of its kind may have.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unique_key: Option<String>,
    /// The schedule that enqueued it.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// How far it is, where it says so.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<JobProgress>,
    /// Why it failed last.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<JobFailure>,
    #[schema(format = DateTime)]
    pub enqueued_at: String,
    /// When it was begun last.
    #[schema(format = DateTime, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// When it was completed, cancelled or given up.
    #[schema(format = DateTime, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
}

/// How far a job is, in parts of its own choice.
#[derive(Serialize, ToSchema)]
pub(crate) struct JobProgress {
    pub done: u64,
    /// All of them, where that is known.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// Why a job failed.
#[derive(Serialize, ToSchema)]
pub(crate) struct JobFailure {
    /// Stable, for programs.
    pub code: String,
    /// The same for people.
    pub detail: String,
}

/// A job that comes again and again.
#[derive(Serialize, ToSchema)]
pub(crate) struct Schedule {
    /// Its name, which no other has.
    #[schema(example = "markets.ecb_rates")]
    pub name: String,
    /// Module and deed of its jobs.
    pub kind: String,
    /// What they work with.
    pub args: serde_json::Value,
    /// When: minute, hour, day of month, month, day of week.
    #[schema(example = "15 16 * * 1-5")]
    pub cron: String,
    /// In which time zone.
    #[schema(example = "Europe/Berlin")]
    pub zone: String,
    /// When it enqueues next; null where no day will come.
    #[schema(format = DateTime, required = true)]
    pub next_at: Option<String>,
    /// When it enqueued last.
    #[schema(format = DateTime, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_at: Option<String>,
    /// The job that it enqueued last.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_job: Option<String>,
}

impl Job {
    pub(crate) fn of(job: jobs::Job) -> Result<Self, ApiError> {
        let time = |time: kernel::Timestamp| time.to_string();
        Ok(Self {
            id: job.id.to_string(),
            kind: job.kind,
            args: read(&job.args)?,
            state: job.state.into(),
            priority: job.priority.into(),
            run_at: time(job.run_at),
            attempt: job.attempt,
            attempts_max: job.attempts_max,
            worker: job.worker,
            lease_until: job.lease_until.map(time),
            cancel_requested: job.cancel_requested,
            unique_key: job.unique_key,
            schedule: job.schedule,
            progress: job.progress.map(JobProgress::from),
            error: job.error.map(JobFailure::from),
            enqueued_at: time(job.enqueued_at),
            started_at: job.started_at.map(time),
            finished_at: job.finished_at.map(time),
        })
    }
}

impl Schedule {
    pub(crate) fn of(schedule: jobs::Schedule) -> Result<Self, ApiError> {
        Ok(Self {
            name: schedule.name,
            kind: schedule.kind,
            args: read(&schedule.args)?,
            cron: schedule.cron,
            zone: schedule.zone,
            next_at: schedule.next_at.map(|time| time.to_string()),
            last_at: schedule.last_at.map(|time| time.to_string()),
            last_job: schedule.last_job.map(|job| job.to_string()),
        })
    }
}

fn read(args: &str) -> Result<serde_json::Value, ApiError> {
    serde_json::from_str(args).map_err(ApiError::internal)
}

impl From<jobs::Progress> for JobProgress {
    fn from(progress: jobs::Progress) -> Self {
        Self { done: progress.done, total: progress.total }
    }
}

impl From<jobs::LastError> for JobFailure {
    fn from(error: jobs::LastError) -> Self {
        Self { code: error.code, detail: error.detail }
    }
}

impl From<JobState> for jobs::JobState {
    fn from(state: JobState) -> Self {
        match state {
            JobState::Scheduled => Self::Scheduled,
            JobState::Available => Self::Available,
            JobState::Running => Self::Running,
            JobState::Completed => Self::Completed,
            JobState::Cancelled => Self::Cancelled,
            JobState::Dead => Self::Dead,
        }
    }
}

impl From<jobs::JobState> for JobState {
    fn from(state: jobs::JobState) -> Self {
        match state {
            jobs::JobState::Scheduled => Self::Scheduled,
            jobs::JobState::Available => Self::Available,
            jobs::JobState::Running => Self::Running,
            jobs::JobState::Completed => Self::Completed,
            jobs::JobState::Cancelled => Self::Cancelled,
            jobs::JobState::Dead => Self::Dead,
        }
    }
}

impl From<jobs::Priority> for JobPriority {
    fn from(priority: jobs::Priority) -> Self {
        match priority {
            jobs::Priority::High => Self::High,
            jobs::Priority::Normal => Self::Normal,
            jobs::Priority::Low => Self::Low,
        }
    }
}
