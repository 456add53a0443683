//! The events that this module emits: what people did to jobs, and what was given up. That a job
//! ran is told by what it did.

use serde::Serialize;
use storage::log::{EventBody, ObjectRef};

use crate::model::JobId;

/// A job was tried as often as it may be, and is a dead letter now.
#[derive(Clone, Debug, Serialize)]
pub struct JobDied {
    /// The job.
    pub job: JobId,
    /// What was to be done.
    pub kind: String,
    /// How often it was begun.
    pub attempt: u32,
    /// Why it failed last.
    pub code: String,
}

/// Somebody asked a job to stop; one that runs may still end otherwise.
#[derive(Clone, Debug, Serialize)]
pub struct JobCancelled {
    /// The job.
    pub job: JobId,
    /// What was to be done.
    pub kind: String,
}

/// Somebody asked for a job to be tried again.
#[derive(Clone, Debug, Serialize)]
pub struct JobRetried {
    /// The job.
    pub job: JobId,
    /// What is to be done.
    pub kind: String,
}

/// Somebody asked for the job of a schedule before its time.
#[derive(Clone, Debug, Serialize)]
pub struct ScheduleRun {
    /// The schedule.
    pub schedule: String,
    /// Its job.
    pub job: JobId,
}

macro_rules! about_a_job {
    ($event:ty, $type:literal) => {
        impl EventBody for $event {
            const TYPE: &'static str = $type;
            const VERSION: u16 = 1;

            fn objects(&self) -> Vec<ObjectRef> {
                vec![ObjectRef::new("job", self.job)]
            }
        }
    };
}

about_a_job!(JobDied, "jobs.job.died");
about_a_job!(JobCancelled, "jobs.job.cancelled");
about_a_job!(JobRetried, "jobs.job.retried");
about_a_job!(ScheduleRun, "jobs.schedule.run");
