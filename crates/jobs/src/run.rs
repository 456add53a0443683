//! What a handler gets, and what it answers.
//!
//! The natural way to write one is the right one: the only transaction that a [`Run`] gives is
//! fenced, and handed back in [`Done::In`] it is committed with the job's own end.

use std::future::Future;

use kernel::{Actor, Context, Problematic, Timestamp};
use storage::journal::RowChange;
use storage::{Database, Level, Mode, StorageError, Tx};
use tokio::sync::watch;

use crate::error::JobsError;
use crate::lease::{Failure, Lease};
use crate::model::{JobArgs, LastError, Progress};
use crate::store;

/// Does jobs of one kind.
pub trait Handler: Send + Sync + 'static {
    /// What its jobs are given.
    type Args: JobArgs;

    /// How long one attempt may take.
    const RUN_SECONDS_MAX: u64 = 900;

    /// Does a job. It may be called again for the same job, after a failure or a lost worker: what
    /// it writes is committed with the job's end, or may be written twice.
    fn run(
        &self,
        run: &Run,
        args: Self::Args,
    ) -> impl Future<Output = Result<Done, Failure>> + Send;
}

/// How a job was done.
pub enum Done {
    /// What it did is in this transaction, which is committed with the job's end: both or neither.
    In(Tx),
    /// Nothing is left to commit but the job's end.
    Nothing,
    /// A command carried [`Run::completion`], so that the job has ended with what it did.
    Carried,
}

/// One attempt at a job.
pub struct Run {
    database: Database,
    context: Context,
    lease: Lease,
    to_stop: watch::Receiver<bool>,
}

impl Run {
    pub(crate) fn new(database: Database, lease: Lease, to_stop: watch::Receiver<bool>) -> Self {
        let env = database.env().clone();
        let context = Context::new(env, lease.tenant, Actor::system(&lease.kind));
        let correlation = lease.correlation;
        let activity = Some(lease.kind.clone());
        Self { database, context: Context { correlation, activity, ..context }, lease, to_stop }
    }

    /// Who acts, for which tenant, as part of what.
    #[must_use]
    pub const fn context(&self) -> &Context {
        &self.context
    }

    /// The lease: its job, attempt and token. Whatever is told to the outside carries the token, so
    /// that a later attempt's word counts more.
    #[must_use]
    pub const fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Begins a transaction on the rows of the job's tenant that only the holder of the lease can
    /// commit: it holds the job's row, so that nobody is given the job until it ends.
    ///
    /// # Errors
    /// [`Failure::LeaseLost`] or [`Failure::Cancelled`]: a handler passes both on by `?`.
    pub async fn begin(&self) -> Result<Tx, Failure> {
        self.fenced(self.database.begin(Level::of(self.lease.tenant), Mode::Write).await?).await
    }

    /// A transaction that holds the job's row, where the lease is good.
    async fn fenced(&self, mut tx: Tx) -> Result<Tx, Failure> {
        match store::job::fence(&mut tx, &self.lease).await? {
            Some(false) => Ok(tx),
            Some(true) => Err(Failure::Cancelled),
            None => Err(Failure::LeaseLost),
        }
    }

    /// Begins the same as a transaction of the system, which may be bound to other tenants
    /// ([`Tx::bind`]): for flows that cross from one to another. It comes bound to the job's.
    ///
    /// # Errors
    /// As [`Run::begin`].
    pub async fn begin_across_tenants(&self) -> Result<Tx, Failure> {
        let mut tx = self.database.begin(Level::System, Mode::Write).await?;
        tx.bind(Level::of(self.lease.tenant))?;
        self.fenced(tx).await
    }

    /// Begins a transaction that reads the rows of the job's tenant.
    pub async fn read(&self) -> Result<Tx, Failure> {
        Ok(self.database.begin(Level::of(self.lease.tenant), Mode::Read).await?)
    }

    /// Says how far it is: in a transaction of its own, so not more often than somebody would look.
    ///
    /// # Errors
    /// As [`Run::begin`].
    pub async fn progress(&self, done: u64, total: Option<u64>) -> Result<(), Failure> {
        let mut tx = self.begin().await?;
        store::job::progress(&mut tx, &self.lease, Progress { done, total }).await?;
        Ok(tx.commit().await?)
    }

    /// Where the rows are.
    #[must_use]
    pub const fn database(&self) -> &Database {
        &self.database
    }

    /// The job's end as a change of rows that a command to an engine carries: value is moved and
    /// the job is completed in one commit, by the holder of the lease or not at all.
    #[must_use]
    pub fn completion(&self, now: Timestamp) -> RowChange {
        store::job::completion(&self.lease, now)
    }

    /// Whether somebody asked it to stop.
    #[must_use]
    pub fn is_to_stop(&self) -> bool {
        *self.to_stop.borrow()
    }

    /// Ends when somebody asks it to stop, for a handler that waits for something else meanwhile.
    pub async fn asked_to_stop(&self) {
        let mut to_stop = self.to_stop.clone();
        if to_stop.wait_for(|stop| *stop).await.is_err() {
            // Nobody is left who could ask.
            std::future::pending::<()>().await;
        }
    }
}

impl Failure {
    /// Tried again later: a code for programs, a text for people.
    #[must_use]
    pub fn again(code: &str, detail: &str) -> Self {
        Self::Again(LastError::new(code, detail))
    }

    /// Given up at once.
    #[must_use]
    pub fn fatal(code: &str, detail: &str) -> Self {
        Self::Final(LastError::new(code, detail))
    }

    /// Whatever went wrong may go better later, unless the handler says otherwise. What is a fault
    /// of ours is told to the log alone.
    #[must_use]
    pub fn of(error: &impl Problematic) -> Self {
        let problem = error.problem();
        if problem.kind == kernel::ErrorKind::Internal {
            tracing::error!(%error, "a job failed by a fault of ours");
        }
        Self::again(problem.code, &problem.detail)
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        Self::of(&error)
    }
}

impl From<JobsError> for Failure {
    fn from(error: JobsError) -> Self {
        match error {
            JobsError::LeaseLost { .. } => Self::LeaseLost,
            other => Self::of(&other),
        }
    }
}
