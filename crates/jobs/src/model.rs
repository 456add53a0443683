//! Jobs, their states, and what is asked of them.

use std::fmt;
use std::str::FromStr;

use kernel::{TenantId, Timestamp, Uuid};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::JobsError;
use crate::limits::{ARGS_BYTES_MAX, ATTEMPTS_DEFAULT, ATTEMPTS_MAX, KEY_BYTES_MAX};

kernel::typed_id! {
    /// A job.
    JobId, "job"
}

/// What a job is given to work with: ids and choices, never names or secrets, because rows of jobs
/// are read by whoever operates them.
pub trait JobArgs: Serialize + DeserializeOwned + Send + 'static {
    /// What jobs with these arguments are called: module and deed (`markets.ecb_rates`).
    const KIND: &'static str;
}

/// A job died: what a worker enqueues that tells of deaths
/// ([`Worker::telling_of_deaths`](crate::Worker::telling_of_deaths)), for whoever has a handler of
/// it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Died {
    /// The job.
    pub job: JobId,
    /// What was to be done.
    pub kind: String,
    /// How often it was begun.
    pub attempt: u32,
    /// The number of its last lease: a job may be retried, and die again.
    pub token: i64,
    /// Why it failed last.
    pub code: String,
}

impl JobArgs for Died {
    const KIND: &'static str = "jobs.died";
}

/// Where a job is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Its time has not come: it is delayed, or waits to be tried again.
    Scheduled,
    /// It may be run.
    Available,
    /// A worker has a lease of it.
    Running,
    /// Done.
    Completed,
    /// Somebody did not want it any more.
    Cancelled,
    /// Tried as often as it may be: the dead letters.
    Dead,
}

/// Which of a tenant's jobs goes first; between tenants it counts nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Somebody waits for it.
    High,
    /// As most are.
    #[default]
    Normal,
    /// When there is nothing else to do.
    Low,
}

/// A job that is to be enqueued.
#[derive(Clone, Debug)]
pub struct NewJob {
    pub(crate) kind: String,
    pub(crate) args: String,
    pub(crate) priority: Priority,
    pub(crate) run_at: Option<Timestamp>,
    pub(crate) attempts_max: u32,
    pub(crate) unique_key: Option<String>,
    pub(crate) schedule: Option<String>,
}

/// What became of a job that was enqueued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enqueued {
    /// The job: this one, or the one that has its key.
    pub id: JobId,
    /// Whether it was added; otherwise one of its kind and key is not finished yet.
    pub is_new: bool,
}

/// A job as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Whose it is; [`TenantId::COMMON`] for the system's.
    pub tenant: TenantId,
    /// Its id.
    pub id: JobId,
    /// What is to be done.
    pub kind: String,
    /// With what, as JSON.
    pub args: String,
    /// Where it is on its way.
    pub state: JobState,
    /// Which goes first.
    pub priority: Priority,
    /// Not before this time.
    pub run_at: Timestamp,
    /// How often it was begun.
    pub attempt: u32,
    /// How often it may be.
    pub attempts_max: u32,
    /// The number of its last lease.
    pub token: i64,
    /// Until when the worker that runs it has it.
    pub lease_until: Option<Timestamp>,
    /// Who runs it, or ran it last.
    pub worker: Option<String>,
    /// What no other unfinished job of its kind may have.
    pub unique_key: Option<String>,
    /// Whether somebody asked it to stop.
    pub cancel_requested: bool,
    /// How far it is, where it says so.
    pub progress: Option<Progress>,
    /// Why it failed last.
    pub error: Option<LastError>,
    /// The schedule that enqueued it.
    pub schedule: Option<String>,
    /// What ties it to the request that enqueued it.
    pub correlation: Uuid,
    /// When it was enqueued.
    pub enqueued_at: Timestamp,
    /// When it was begun last.
    pub started_at: Option<Timestamp>,
    /// When it was completed, cancelled, or given up.
    pub finished_at: Option<Timestamp>,
}

/// How far a job is, in parts of its own choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The parts that are done.
    pub done: u64,
    /// All of them, where that is known.
    pub total: Option<u64>,
}

/// Why a job failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastError {
    /// A stable code.
    pub code: String,
    /// The same for a person.
    pub detail: String,
}

impl NewJob {
    /// A job of normal priority, to be run as soon as it can be.
    ///
    /// # Errors
    /// Where its arguments are no JSON, or too long.
    pub fn of<A: JobArgs>(args: &A) -> Result<Self, JobsError> {
        let unfit = |detail: String| JobsError::field("args", "form", detail);
        let args = serde_json::to_string(args).map_err(|error| unfit(error.to_string()))?;
        if args.len() > ARGS_BYTES_MAX {
            return Err(unfit(format!("they have more than {ARGS_BYTES_MAX} bytes")));
        }
        Ok(Self {
            kind: A::KIND.to_owned(),
            args,
            priority: Priority::default(),
            run_at: None,
            attempts_max: ATTEMPTS_DEFAULT,
            unique_key: None,
            schedule: None,
        })
    }

    /// Not before this time.
    #[must_use]
    pub fn at(self, run_at: Timestamp) -> Self {
        Self { run_at: Some(run_at), ..self }
    }

    /// Before or behind the tenant's others.
    #[must_use]
    pub fn with_priority(self, priority: Priority) -> Self {
        Self { priority, ..self }
    }

    /// Tried at most so often, 1 to 100.
    #[must_use]
    pub fn with_attempts_max(self, attempts_max: u32) -> Self {
        Self { attempts_max: attempts_max.clamp(1, ATTEMPTS_MAX), ..self }
    }

    /// Only one of its kind with this key at a time: where one is not finished, that one stands for
    /// both.
    ///
    /// # Errors
    /// Where the key is empty or too long.
    pub fn unique(self, key: &str) -> Result<Self, JobsError> {
        if key.is_empty() || key.len() > KEY_BYTES_MAX {
            let detail = format!("a key has 1 to {KEY_BYTES_MAX} bytes");
            return Err(JobsError::field("unique_key", "length", detail));
        }
        Ok(Self { unique_key: Some(key.to_owned()), ..self })
    }
}

impl JobState {
    /// All of them, in the order of a job's way.
    pub const ALL: [Self; 6] = [
        Self::Scheduled,
        Self::Available,
        Self::Running,
        Self::Completed,
        Self::Cancelled,
        Self::Dead,
    ];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Available => "available",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Dead => "dead",
        }
    }

    /// Whether nothing more happens by itself.
    #[must_use]
    pub const fn is_finished(self) -> bool {
        match self {
            Self::Scheduled | Self::Available | Self::Running => false,
            Self::Completed | Self::Cancelled | Self::Dead => true,
        }
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

impl FromStr for JobState {
    type Err = JobsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| JobsError::field("state", "state", format!("{text:?} is no state")))
    }
}

impl Priority {
    /// The number that it is kept as; the lower goes first.
    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::High => 0,
            Self::Normal => 1,
            Self::Low => 2,
        }
    }

    pub(crate) const fn of_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::High),
            1 => Some(Self::Normal),
            2 => Some(Self::Low),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }
}
