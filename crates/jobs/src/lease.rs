//! Leases: who runs a job, and until when.
//!
//! What must stay true:
//! - a job has one lease at a time, and each has a higher token than the one before;
//! - whatever is written for a job names its token, in a transaction that holds the job's row: one
//!   whose lease was lost writes nothing;
//! - a lease that ends by itself counts as a failed attempt, so that a job that kills its worker is
//!   not tried for ever.

use kernel::{Actor, Context, Env, TenantId, Timestamp, Uuid};
use storage::{Database, Level, Mode, Tx};

use crate::backoff::wait_micros;
use crate::error::JobsError;
use crate::event::JobDied;
use crate::limits::{DEAD_SECONDS_MAX, ERROR_CHARS_MAX, FINISHED_SECONDS_MAX};
use crate::model::{Died, JobArgs as _, JobId, JobState, LastError, NewJob};
use crate::queue::enqueue;
use crate::{schedule, store};

/// A job that somebody may run, until its time is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Whose job it is.
    pub tenant: TenantId,
    /// The job.
    pub job: JobId,
    /// What is to be done.
    pub kind: String,
    /// With what, as JSON.
    pub args: String,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// How many there may be.
    pub attempts_max: u32,
    /// The fence: higher than that of every lease of this job before.
    pub token: i64,
    /// What ties the job to the request that enqueued it.
    pub correlation: Uuid,
    /// Until when it is good, unless it is extended.
    pub until: Timestamp,
}

/// What becomes of a job that was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It is tried again later, if it may be.
    Again(LastError),
    /// Trying again would not help.
    Final(LastError),
    /// It stopped because it was asked to.
    Cancelled,
    /// The lease was lost: nothing may be written, and nothing is to be.
    LeaseLost,
}

/// How a lease stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is good, until the time it was extended to.
    Held,
    /// It is good, and the job is asked to stop.
    ToStop,
    /// It is lost.
    Lost,
}

/// Everything that is done by the system, over one database.
#[derive(Clone)]
pub struct Leases {
    database: Database,
    worker: String,
    seconds: i64,
    /// Whether each death enqueues a job that tells of it.
    tells_of_deaths: bool,
}

impl Leases {
    /// Of a worker with this name, for so many seconds each.
    #[must_use]
    pub fn new(database: Database, worker: &str, seconds: u32) -> Self {
        let (worker, seconds) = (worker.to_owned(), i64::from(seconds.max(1)));
        Self { database, worker, seconds, tells_of_deaths: false }
    }

    /// The same, and each death of a job enqueues a [`Died`] in its transaction.
    #[must_use]
    pub fn telling_of_deaths(self) -> Self {
        Self { tells_of_deaths: true, ..self }
    }

    /// Where the jobs are.
    #[must_use]
    pub const fn database(&self) -> &Database {
        &self.database
    }

    /// How long a lease is good.
    #[must_use]
    pub const fn seconds(&self) -> i64 {
        self.seconds
    }

    pub(crate) fn env(&self) -> &Env {
        self.database.env()
    }

    /// When a lease ends that is given or extended now.
    pub(crate) fn until(&self) -> Timestamp {
        self.env().now().plus_seconds(self.seconds)
    }

    /// Takes a job that is offered, in a system transaction; nothing where somebody was faster.
    pub(crate) async fn take(
        &self,
        tx: &mut Tx,
        offered: &store::upkeep::Offered,
    ) -> Result<Option<Lease>, JobsError> {
        tx.bind(Level::of(offered.tenant))?;
        let (until, now) = (self.until(), self.env().now());
        let lease = store::job::take(tx, offered.job, until, &self.worker, now).await?;
        tx.bind(Level::System)?;
        Ok(lease)
    }

    /// Extends leases, all in one commit; how each stands.
    pub async fn extend(&self, leases: &[Lease]) -> Result<Vec<Standing>, JobsError> {
        let mut tx = self.database.begin(Level::System, Mode::Write).await?;
        let mut standings = Vec::with_capacity(leases.len());
        for lease in leases {
            tx.bind(Level::of(lease.tenant))?;
            let held = store::job::extend(&mut tx, lease, self.until()).await?;
            standings.push(Standing::of(held));
        }
        tx.commit().await?;
        Ok(standings)
    }

    /// Ends a job in the transaction of what it did, and commits both.
    ///
    /// # Errors
    /// [`JobsError::LeaseLost`], and then neither is there.
    pub async fn complete_in(&self, lease: &Lease, mut tx: Tx) -> Result<(), JobsError> {
        if tx.level().tenant() != lease.tenant {
            tx.bind(Level::of(lease.tenant))?;
        }
        let end = store::job::completion(lease, self.env().now());
        if tx.execute(end.statement, end.params).await? != 1 {
            return Err(JobsError::LeaseLost { id: lease.job });
        }
        Ok(tx.commit().await?)
    }

    /// Ends a job that did what it had to.
    ///
    /// # Errors
    /// [`JobsError::LeaseLost`]
    pub async fn complete(&self, lease: &Lease) -> Result<(), JobsError> {
        let tx = self.database.begin(Level::of(lease.tenant), Mode::Write).await?;
        self.complete_in(lease, tx).await
    }

    /// Notes that a job was not done, and lets it wait, or ends it; where it is then.
    ///
    /// # Errors
    /// [`JobsError::LeaseLost`]
    pub async fn fail(&self, lease: &Lease, failure: Failure) -> Result<JobState, JobsError> {
        let lost = || JobsError::LeaseLost { id: lease.job };
        if failure == Failure::LeaseLost {
            return Err(lost());
        }
        let mut tx = self.database.begin(Level::of(lease.tenant), Mode::Write).await?;
        let to_stop = store::job::fence(&mut tx, lease).await?.ok_or_else(lost)?;
        let state = self.end(&mut tx, lease, failure, to_stop).await?;
        tx.commit().await?;
        Ok(state)
    }

    /// Gives a job back as if it had never been taken.
    ///
    /// # Errors
    /// [`JobsError::LeaseLost`]
    pub async fn give_back(&self, lease: &Lease) -> Result<(), JobsError> {
        let mut tx = self.database.begin(Level::of(lease.tenant), Mode::Write).await?;
        if !store::job::give_back(&mut tx, lease).await? {
            return Err(JobsError::LeaseLost { id: lease.job });
        }
        Ok(tx.commit().await?)
    }

    /// Whether there is anything to do. Asked first, it spares a quiet database every write.
    pub async fn is_work(&self) -> Result<bool, JobsError> {
        let mut tx = self.database.begin(Level::System, Mode::Read).await?;
        let now = self.env().now();
        let is_work = store::upkeep::is_work(&mut tx, now, forgotten_before(now)).await?;
        tx.commit().await?;
        Ok(is_work)
    }

    /// Does what time brings: jobs that are due, schedules, leases that ended, what is forgotten.
    /// A bounded piece of each; whether there may be more.
    pub async fn keep_up(&self) -> Result<bool, JobsError> {
        let now = self.env().now();
        let (finished_before, dead_before) = forgotten_before(now);
        let mut tx = self.database.begin(Level::System, Mode::Write).await?;
        let mut touched = store::upkeep::promote(&mut tx, now).await?;
        touched += u64::try_from(schedule::fire(&mut tx, now).await?).unwrap_or(0);
        for (lease, to_stop) in store::upkeep::left_behind(&mut tx, now).await? {
            tx.bind(Level::of(lease.tenant))?;
            let error = LastError::new("worker_lost", "its worker did not extend the lease");
            self.end(&mut tx, &lease, Failure::Again(error), to_stop).await?;
            tx.bind(Level::System)?;
            touched += 1;
        }
        touched += store::upkeep::forget(&mut tx, finished_before, dead_before).await?;
        tx.commit().await?;
        Ok(touched >= u64::from(crate::limits::UPKEEP_ROWS_MAX))
    }

    /// Ends an attempt that did not succeed, in a transaction that holds the job's row.
    async fn end(
        &self,
        tx: &mut Tx,
        lease: &Lease,
        failure: Failure,
        to_stop: bool,
    ) -> Result<JobState, JobsError> {
        let env = tx.database().env().clone();
        let (state, error) = after(lease, failure, to_stop);
        let is_good = match (state, &error) {
            (JobState::Scheduled, Some(error)) => {
                let wait = wait_micros(lease.attempt, &env);
                let run_at = Timestamp::from_micros(env.now().micros().saturating_add(wait));
                store::job::again(tx, lease, error, run_at).await?
            }
            (state, error) => store::job::end(tx, lease, state, error.as_ref(), env.now()).await?,
        };
        if !is_good {
            return Err(JobsError::LeaseLost { id: lease.job });
        }
        if let (JobState::Dead, Some(error)) = (state, error) {
            let context = Context::new(env, lease.tenant, Actor::system("jobs"));
            let context = Context { correlation: lease.correlation, ..context };
            let (job, kind) = (lease.job, lease.kind.clone());
            let (attempt, code) = (lease.attempt, error.code.clone());
            tx.emit(&context, &JobDied { job, kind, attempt, code }).await?;
            // Whoever cannot be told of a death is not told of that.
            if self.tells_of_deaths && lease.kind != Died::KIND {
                let (kind, code) = (lease.kind.clone(), error.code);
                let died = Died { job, kind, attempt, token: lease.token, code };
                enqueue(tx, &context, NewJob::of(&died)?).await?;
            }
        }
        Ok(state)
    }

    /// How many jobs of all tenants are available, running and dead.
    pub async fn counts(&self) -> Result<Vec<(String, u64)>, JobsError> {
        let mut tx = self.database.begin(Level::System, Mode::Read).await?;
        let counts = store::upkeep::counts(&mut tx).await?;
        tx.commit().await?;
        Ok(counts)
    }
}

/// Where a job goes after an attempt that did not succeed.
fn after(lease: &Lease, failure: Failure, to_stop: bool) -> (JobState, Option<LastError>) {
    match failure {
        Failure::Cancelled | Failure::LeaseLost => (JobState::Cancelled, None),
        Failure::Again(error) | Failure::Final(error) if to_stop => {
            (JobState::Cancelled, Some(error))
        }
        Failure::Again(error) if lease.attempt < lease.attempts_max => {
            (JobState::Scheduled, Some(error))
        }
        Failure::Again(error) | Failure::Final(error) => (JobState::Dead, Some(error)),
    }
}

/// Before which times completed and cancelled jobs, and dead ones, are forgotten.
const fn forgotten_before(now: Timestamp) -> (Timestamp, Timestamp) {
    (now.plus_seconds(-FINISHED_SECONDS_MAX), now.plus_seconds(-DEAD_SECONDS_MAX))
}

impl Standing {
    const fn of(held: Option<bool>) -> Self {
        match held {
            Some(false) => Self::Held,
            Some(true) => Self::ToStop,
            None => Self::Lost,
        }
    }
}

impl LastError {
    /// A code and a text, which is cut where it is too long.
    #[must_use]
    pub fn new(code: &str, detail: &str) -> Self {
        let detail = detail.chars().take(ERROR_CHARS_MAX).collect();
        Self { code: code.to_owned(), detail }
    }
}
