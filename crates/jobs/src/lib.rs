//! Durable jobs, for tenants and for the system: what is to be done later, again, or beside the
//! request that asked for it.
//!
//! What must stay true:
//! - a job is enqueued in its caller's transaction, and is there if and only if the caller's rows
//!   are;
//! - a job that was enqueued is completed, cancelled by somebody, or seen as dead: a worker that
//!   dies loses nothing;
//! - it never runs twice at once, as far as anybody can tell from what is committed: each attempt
//!   has a lease with a token, and the transactions that a handler is given hold the job's row and
//!   check the token ([`Run::begin`]);
//! - tenants take turns ([`Claims`]), so that no number of one's jobs delays another's.
//!
//! It emits `jobs.job.died`, `jobs.job.cancelled`, `jobs.job.retried` and `jobs.schedule.run`; it
//! listens to nothing. Time comes from the database's [`Env`](kernel::Env).
//!
//! ```no_run
//! use jobs::{Done, Failure, Handler, JobArgs, NewJob, Run, Worker, WorkerLimits};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct CloseMonth {
//!     month: String,
//! }
//!
//! impl JobArgs for CloseMonth {
//!     const KIND: &'static str = "books.close_month";
//! }
//!
//! struct Closing;
//!
//! impl Handler for Closing {
//!     type Args = CloseMonth;
//!
//!     async fn run(&self, run: &Run, args: CloseMonth) -> Result<Done, Failure> {
//!         let mut tx = run.begin().await?;
//!         // … changes rows in `tx`, for the month of `args` …
//!         Ok(Done::In(tx))
//!     }
//! }
//!
//! # use kernel::Context;
//! # async fn example(mut tx: storage::Tx, context: Context) -> Result<(), jobs::JobsError> {
//! let close = NewJob::of(&CloseMonth { month: "2026-03".to_owned() })?.unique("2026-03")?;
//! let enqueued = jobs::enqueue(&mut tx, &context, close).await?;
//! # let database = tx.database().clone();
//! tx.commit().await?;
//!
//! let worker = Worker::new(database, "here", WorkerLimits::default()).with(Closing).start();
//! # worker.stop().await;
//! # Ok(()) }
//! ```

mod backoff;
mod claim;
mod cron;
mod error;
pub mod event;
mod fields;
mod lease;
pub mod limits;
mod model;
mod queue;
mod run;
mod schedule;
mod store;
mod worker;

pub use backoff::{FIRST_SECONDS as BACKOFF_FIRST_SECONDS, SECONDS_MAX as BACKOFF_SECONDS_MAX};
pub use claim::Claims;
pub use cron::Cron;
pub use error::JobsError;
pub use lease::{Failure, Lease, Leases, Standing};
pub use model::{
    Died, Enqueued, Job, JobArgs, JobId, JobState, LastError, NewJob, Priority, Progress,
};
pub use queue::{cancel, enqueue, enqueuing, job, jobs, retry, withdraw};
pub use run::{Done, Handler, Run};
pub use schedule::{NewSchedule, Schedule, put_schedule, remove_schedule, run_schedule, schedules};
pub use worker::{Worker, WorkerLimits, WorkerTask};

/// The tables of this module.
pub const MODULE: storage::Module =
    storage::migrations!("jobs", 1 "jobs and schedules" = "0001_jobs_and_schedules.sql");
