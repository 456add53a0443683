//! A worker: takes jobs in turn, runs them beside each other, keeps their leases alive.
//!
//! What must stay true: whatever a handler does (fails, panics, hangs, ends its process), its job
//! is tried again or seen as dead, and no other job suffers.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use kernel::TenantId;
use storage::{Database, StorageError};
use tokio::sync::watch;
use tokio::task::{AbortHandle, Id, JoinError, JoinHandle, JoinSet};
use tokio::time::MissedTickBehavior;

use crate::claim::Claims;
use crate::error::JobsError;
use crate::lease::{Failure, Lease, Leases, Standing};
use crate::model::JobArgs as _;
use crate::run::{Done, Handler, Run};

/// How much a worker does, and how long anything may take.
#[derive(Clone, Copy, Debug)]
pub struct WorkerLimits {
    /// Jobs at a time.
    pub slots: usize,
    /// Those of one tenant.
    pub slots_per_tenant: usize,
    /// How long a lease is good; it is extended three times meanwhile.
    pub lease_seconds: u32,
    /// How long a job may wait until it is noticed.
    pub poll_ms: u64,
    /// How long jobs may go on once the worker is asked to end.
    pub shutdown_ms: u64,
}

impl Default for WorkerLimits {
    fn default() -> Self {
        Self { slots: 8, slots_per_tenant: 4, lease_seconds: 60, poll_ms: 500, shutdown_ms: 10_000 }
    }
}

/// Does jobs.
pub struct Worker {
    leases: Leases,
    limits: WorkerLimits,
    handlers: BTreeMap<&'static str, Arc<dyn AnyHandler>>,
    claims: Option<Claims>,
    tasks: JoinSet<()>,
    running: HashMap<Id, Running>,
}

/// A worker that runs. Dropped, it ends after what it is at.
pub struct WorkerTask {
    stop: watch::Sender<bool>,
    handle: JoinHandle<()>,
}

/// A job that a worker is at.
struct Running {
    lease: Lease,
    stop: watch::Sender<bool>,
    abort: AbortHandle,
}

/// A handler whatever its arguments.
trait AnyHandler: Send + Sync {
    fn time_max(&self) -> Duration;

    fn attempt<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Result<Done, Failure>>;
}

impl<H: Handler> AnyHandler for H {
    fn time_max(&self) -> Duration {
        Duration::from_secs(H::RUN_SECONDS_MAX)
    }

    fn attempt<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Result<Done, Failure>> {
        Box::pin(async move {
            match serde_json::from_str(&run.lease().args) {
                Ok(args) => self.run(run, args).await,
                Err(error) => Err(Failure::fatal("args", &error.to_string())),
            }
        })
    }
}

impl Worker {
    /// A worker of this name, which is shown beside the jobs it runs.
    #[must_use]
    pub fn new(database: Database, name: &str, limits: WorkerLimits) -> Self {
        let leases = Leases::new(database, name, limits.lease_seconds);
        let (handlers, claims) = (BTreeMap::new(), None);
        Self { leases, limits, handlers, claims, tasks: JoinSet::new(), running: HashMap::new() }
    }

    /// That does jobs of this kind too.
    #[must_use]
    pub fn with<H: Handler>(mut self, handler: H) -> Self {
        self.handlers.insert(H::Args::KIND, Arc::new(handler));
        self.claims = None;
        self
    }

    /// That enqueues a [`Died`](crate::Died) in the transaction of each death, for whoever has a
    /// handler of it.
    #[must_use]
    pub fn telling_of_deaths(self) -> Self {
        Self { leases: self.leases.telling_of_deaths(), ..self }
    }

    /// Does what time brings, takes as many jobs as there are slots, and runs them to their end;
    /// how many. For tests, which steer the clock, and for programs that do not stay.
    ///
    /// # Errors
    /// Where the database does not answer. What a job's handler does is no error here.
    pub async fn step(&mut self) -> Result<usize, JobsError> {
        while self.leases.keep_up().await? {}
        let count = self.take_turn().await?;
        while let Some(ended) = self.tasks.join_next_with_id().await {
            self.note_end(ended).await;
        }
        Ok(count)
    }

    /// Runs until it is told to stop.
    #[must_use]
    pub fn start(self) -> WorkerTask {
        let (stop, stopped) = watch::channel(false);
        WorkerTask { stop, handle: tokio::spawn(self.run(stopped)) }
    }

    async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        let third = Duration::from_millis(u64::from(self.limits.lease_seconds.max(1)) * 1_000 / 3);
        let mut beat = tokio::time::interval(third);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let pause = Duration::from_millis(self.limits.poll_ms);
        let mut is_failing = false;
        loop {
            match self.look().await {
                Err(error) if !is_failing => {
                    tracing::error!(%error, "jobs cannot be taken, and will be tried again");
                    is_failing = true;
                }
                Err(_) => {}
                Ok(()) => is_failing = false,
            }
            tokio::select! {
                () = told_to_stop(&mut stopped) => break,
                Some(ended) = self.tasks.join_next_with_id() => self.note_end(ended).await,
                _ = beat.tick() => self.extend().await,
                () = tokio::time::sleep(pause) => {}
            }
        }
        self.finish().await;
    }

    /// Looks whether there is anything to do, and begins it.
    async fn look(&mut self) -> Result<(), JobsError> {
        if self.leases.is_work().await? {
            self.leases.keep_up().await?;
            self.take_turn().await?;
        }
        Ok(())
    }

    /// Takes jobs for the slots that are free, and starts them; how many.
    async fn take_turn(&mut self) -> Result<usize, JobsError> {
        let free = self.limits.slots.saturating_sub(self.running.len());
        if free == 0 {
            return Ok(0);
        }
        let mut of_tenant: BTreeMap<TenantId, usize> = BTreeMap::new();
        for running in self.running.values() {
            *of_tenant.entry(running.lease.tenant).or_default() += 1;
        }
        let (leases, handlers) = (&self.leases, &self.handlers);
        let claims = self.claims.get_or_insert_with(|| {
            let kinds: BTreeSet<String> = handlers.keys().map(ToString::to_string).collect();
            Claims::new(leases.clone(), kinds, self.limits.slots_per_tenant)
        });
        let claimed = claims.claim(free, &of_tenant).await?;
        let count = claimed.len();
        claimed.into_iter().for_each(|lease| self.begin(lease));
        Ok(count)
    }

    fn begin(&mut self, lease: Lease) {
        let Some(handler) = self.handlers.get(lease.kind.as_str()).map(Arc::clone) else { return };
        let (stop, to_stop) = watch::channel(false);
        let run = Run::new(self.leases.database().clone(), lease.clone(), to_stop);
        let leases = self.leases.clone();
        let abort = self.tasks.spawn(async move { attempt(&leases, &*handler, &run).await });
        self.running.insert(abort.id(), Running { lease, stop, abort });
    }

    async fn note_end(&mut self, ended: Result<(Id, ()), JoinError>) {
        let (id, panicked) = match &ended {
            Ok((id, ())) => (*id, false),
            Err(error) => (error.id(), error.is_panic()),
        };
        let Some(Running { lease, .. }) = self.running.remove(&id) else { return };
        if panicked {
            // What it said was reported where it happened, and may hold anything.
            let failure = Failure::again("panicked", "its handler panicked");
            report(&lease, self.leases.fail(&lease, failure).await.map(drop));
        }
    }

    /// Keeps the leases of what runs, hears who is to stop, and lets go what is lost.
    async fn extend(&mut self) {
        let leases: Vec<Lease> = self.running.values().map(|one| one.lease.clone()).collect();
        if leases.is_empty() {
            return;
        }
        let (until, now) = (self.leases.until(), self.leases.env().now());
        let standings = self.leases.extend(&leases).await;
        if let Err(error) = &standings {
            tracing::warn!(%error, "leases cannot be extended");
        }
        for (index, lease) in leases.iter().enumerate() {
            let of_lease = |one: &&mut Running| one.lease.job == lease.job;
            let Some(running) = self.running.values_mut().find(of_lease) else { continue };
            match standings.as_ref().ok().and_then(|all| all.get(index)) {
                Some(Standing::Held) => running.lease.until = until,
                Some(Standing::ToStop) => {
                    running.lease.until = until;
                    running.stop.send_replace(true);
                }
                Some(Standing::Lost) => running.abort.abort(),
                // Nobody knows: it is over where its time is.
                None if running.lease.until <= now => running.abort.abort(),
                None => {}
            }
        }
    }

    /// Lets what runs end, for some time; gives back the rest.
    async fn finish(mut self) {
        let time_max = Duration::from_millis(self.limits.shutdown_ms);
        let all = async {
            while let Some(ended) = self.tasks.join_next_with_id().await {
                self.note_end(ended).await;
            }
        };
        if tokio::time::timeout(time_max, all).await.is_ok() {
            return;
        }
        self.tasks.shutdown().await;
        for Running { lease, .. } in self.running.values() {
            report(lease, self.leases.give_back(lease).await);
        }
    }
}

impl WorkerTask {
    /// Lets it end what it is at, and waits for that.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // It ends by itself; a panic in it was reported where it happened.
        let _ = self.handle.await;
    }
}

async fn told_to_stop(stopped: &mut watch::Receiver<bool>) {
    // An error means that whoever could say so is gone.
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// Runs one attempt, and notes what came of it.
async fn attempt(leases: &Leases, handler: &dyn AnyHandler, run: &Run) {
    let lease = run.lease();
    let outcome = match tokio::time::timeout(handler.time_max(), handler.attempt(run)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Failure::again("timed_out", "it took longer than it may")),
    };
    let ended = match outcome {
        Ok(Done::In(tx)) => leases.complete_in(lease, tx).await,
        Ok(Done::Nothing) => leases.complete(lease).await,
        Ok(Done::Carried) => Ok(()),
        Err(failure) => leases.fail(lease, failure).await.map(drop),
    };
    let ended = match ended {
        // The effect is not there: that is a failure like any other. Of an unknown outcome nothing
        // is written; the lease ends, and the row then tells.
        Err(JobsError::Storage(error)) if !is_unknown(&error) => {
            leases.fail(lease, error.into()).await.map(drop)
        }
        ended => ended,
    };
    report(lease, ended);
}

const fn is_unknown(error: &StorageError) -> bool {
    matches!(error, StorageError::UnknownOutcome { .. } | StorageError::Unavailable { .. })
}

/// What cannot be noted shows when the lease ends.
fn report(lease: &Lease, noted: Result<(), JobsError>) {
    if let Err(error) = noted {
        tracing::warn!(job = %lease.job, kind = lease.kind, %error, "a job's end was not noted");
    }
}
