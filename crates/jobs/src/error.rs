//! What can go wrong with jobs and schedules.

use kernel::{ErrorKind, FieldFault, Problematic};
use storage::StorageError;

use crate::model::{JobId, JobState};

/// An error of this module.
#[derive(Debug, thiserror::Error)]
pub enum JobsError {
    /// A field breaks its rule.
    #[error("{}: {}", .0.field, .0.detail)]
    Field(FieldFault),
    /// There is no such job, or not for this tenant.
    #[error("there is no {id}")]
    JobUnknown {
        /// The one asked for.
        id: JobId,
    },
    /// There is no such schedule, or not for this tenant.
    #[error("there is no schedule {name:?}")]
    ScheduleUnknown {
        /// The one asked for.
        name: String,
    },
    /// What was asked does not fit where the job is on its way.
    #[error("{id} is {state}, so it cannot be {wanted}")]
    WrongState {
        /// The job.
        id: JobId,
        /// Where it is.
        state: JobState,
        /// What was asked: `cancelled`, `retried`.
        wanted: &'static str,
    },
    /// Another job of the same kind and key is not finished.
    #[error("another job of the same kind and key is not finished, so {id} cannot be retried")]
    KeyTaken {
        /// The job that was to be retried.
        id: JobId,
    },
    /// The lease has ended, and perhaps somebody else has the job: nothing may be written for it.
    #[error("the lease of {id} is lost")]
    LeaseLost {
        /// The job.
        id: JobId,
    },
    /// The tenant has as many schedules as it may.
    #[error("a tenant has at most {} schedules", crate::limits::SCHEDULES_MAX)]
    TooManySchedules,
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl JobsError {
    pub(crate) fn field(field: &str, rule: &str, detail: impl ToString) -> Self {
        Self::Field(FieldFault::new(field, rule, detail))
    }
}

impl Problematic for JobsError {
    fn code(&self) -> &'static str {
        match self {
            Self::Field(_) => "invalid_fields",
            Self::JobUnknown { .. } => "job_unknown",
            Self::ScheduleUnknown { .. } => "schedule_unknown",
            Self::WrongState { .. } => "job_state",
            Self::KeyTaken { .. } => "job_key_taken",
            Self::LeaseLost { .. } => "lease_lost",
            Self::TooManySchedules => "too_many_schedules",
            Self::Storage(error) => error.code(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Field(_) => ErrorKind::Invalid,
            Self::JobUnknown { .. } | Self::ScheduleUnknown { .. } => ErrorKind::NotFound,
            Self::WrongState { .. } | Self::KeyTaken { .. } | Self::LeaseLost { .. } => {
                ErrorKind::Conflict
            }
            Self::TooManySchedules => ErrorKind::Refused,
            Self::Storage(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Field(fault) => vec![fault.clone()],
            Self::JobUnknown { .. }
            | Self::ScheduleUnknown { .. }
            | Self::WrongState { .. }
            | Self::KeyTaken { .. }
            | Self::LeaseLost { .. }
            | Self::TooManySchedules
            | Self::Storage(_) => Vec::new(),
        }
    }
}
