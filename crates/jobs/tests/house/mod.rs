//! A house with errands: the set-up that the tests share.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use jobs::{
    Claims, Done, Enqueued, Failure, Handler, Job, JobArgs, JobId, JobState, Lease, Leases, NewJob,
    Run, Worker, WorkerLimits,
};
use kernel::{PageRequest, TenantId};
use serde::{Deserialize, Serialize};
use storage::{Database, Level, Mode};
use testing::TestDatabase;

/// How long the leases of the tests are good.
pub const LEASE_SECONDS: i64 = 60;

/// A job that says its number.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Errand {
    pub number: u64,
}

impl JobArgs for Errand {
    const KIND: &'static str = "house.errand";
}

/// An errand, to be changed further.
pub fn errand(number: u64) -> NewJob {
    NewJob::of(&Errand { number }).unwrap()
}

/// What becomes of an errand.
pub type Outcome<'a> = futures_util::future::BoxFuture<'a, Result<Done, Failure>>;

/// What is done with each errand.
type Deed = dyn for<'a> Fn(&'a Run, u64) -> Outcome<'a> + Send + Sync;

/// Who was served with which errand, in their order.
pub type Served = Arc<Mutex<Vec<(TenantId, u64)>>>;

/// Does errands as it was told.
pub struct Errands(Box<Deed>);

impl Errands {
    /// Does each by a closure.
    pub fn by(deed: impl for<'a> Fn(&'a Run, u64) -> Outcome<'a> + Send + Sync + 'static) -> Self {
        Self(Box::new(deed))
    }
}

impl Handler for Errands {
    type Args = Errand;

    async fn run(&self, run: &Run, args: Errand) -> Result<Done, Failure> {
        self.0(run, args.number).await
    }
}

/// Errands that all go well, and in which order they were done.
pub fn noting() -> (Errands, Served) {
    let done = Served::default();
    let noted = Arc::clone(&done);
    let errands = Errands::by(move |run, number| {
        noted.lock().unwrap().push((run.context().tenant, number));
        Box::pin(std::future::ready(Ok(Done::Nothing)))
    });
    (errands, done)
}

/// Limits by which one job runs at a time.
pub fn one_by_one() -> WorkerLimits {
    WorkerLimits { slots: 1, slots_per_tenant: 1, ..WorkerLimits::default() }
}

/// A worker that does errands in this way.
pub fn worker(database: &Database, limits: WorkerLimits, errands: Errands) -> Worker {
    Worker::new(database.clone(), "test", limits).with(errands)
}

/// The leases of a worker of this name.
pub fn leases(db: &TestDatabase, name: &str) -> Leases {
    Leases::new(db.database.clone(), name, u32::try_from(LEASE_SECONDS).unwrap())
}

/// Takes up to so many errands.
pub async fn claim(leases: &Leases, count: usize) -> Vec<Lease> {
    let kinds = [Errand::KIND.to_owned()].into();
    let mut claims = Claims::new(leases.clone(), kinds, usize::MAX);
    claims.claim(count, &BTreeMap::new()).await.unwrap()
}

/// Takes the only errand that is available.
pub async fn claim_one(leases: &Leases) -> Lease {
    let mut claimed = claim(leases, 10).await;
    assert_eq!(claimed.len(), 1);
    claimed.remove(0)
}

/// Enqueues a job in a transaction of its own.
pub async fn enqueue(db: &TestDatabase, tenant: TenantId, job: NewJob) -> Enqueued {
    let mut tx = db.database.begin(Level::of(tenant), Mode::Write).await.unwrap();
    let enqueued = jobs::enqueue(&mut tx, &db.context(tenant), job).await.unwrap();
    tx.commit().await.unwrap();
    enqueued
}

/// A job as it stands.
pub async fn job(db: &TestDatabase, tenant: TenantId, id: JobId) -> Job {
    let mut tx = db.database.begin(Level::of(tenant), Mode::Read).await.unwrap();
    let job = jobs::job(&mut tx, id).await.unwrap();
    tx.commit().await.unwrap();
    job
}

/// A tenant's jobs of a state, the latest first.
pub async fn listed(db: &TestDatabase, tenant: TenantId, state: Option<JobState>) -> Vec<Job> {
    let mut tx = db.database.begin(Level::of(tenant), Mode::Read).await.unwrap();
    let page = jobs::jobs(&mut tx, state, &PageRequest::first(200)).await.unwrap();
    tx.commit().await.unwrap();
    page.items
}

/// Cancels a job.
pub async fn cancel(
    db: &TestDatabase,
    tenant: TenantId,
    id: JobId,
) -> Result<Job, jobs::JobsError> {
    let mut tx = db.database.begin(Level::of(tenant), Mode::Write).await?;
    let outcome = jobs::cancel(&mut tx, &db.context(tenant), id).await;
    end(tx, outcome).await
}

/// Lets a job be tried anew.
pub async fn retry(db: &TestDatabase, tenant: TenantId, id: JobId) -> Result<Job, jobs::JobsError> {
    let mut tx = db.database.begin(Level::of(tenant), Mode::Write).await?;
    let outcome = jobs::retry(&mut tx, &db.context(tenant), id).await;
    end(tx, outcome).await
}

/// Ends a transaction before the test goes on, also one that was refused: dropped, it would hold
/// its rows for a moment longer, and workers pass over what somebody holds.
async fn end(
    tx: storage::Tx,
    outcome: Result<Job, jobs::JobsError>,
) -> Result<Job, jobs::JobsError> {
    tx.commit().await?;
    outcome
}
