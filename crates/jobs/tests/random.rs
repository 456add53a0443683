//! Random sequences of everything that can happen to jobs, compared after each step with a plain
//! model: rows in a list, walked over from beginning to end.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod house;

use std::collections::BTreeMap;
use std::slice::from_ref;

use house::{LEASE_SECONDS, cancel, claim, enqueue, errand, leases, listed, retry};
use jobs::{Failure, JobId, JobState, Lease, Leases, Priority, Standing};
use kernel::{Problematic, TenantId};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use testing::TestDatabase;

const STEPS: usize = 40;
const WORKERS: [&str; 3] = ["one", "two", "three"];
const PRIORITIES: [Priority; 3] = [Priority::High, Priority::Normal, Priority::Low];

/// More sequences in a soak.
fn sequences() -> usize {
    let soak = std::env::var("FLORIN_SOAK_ROUNDS").ok().and_then(|text| text.parse().ok());
    soak.unwrap_or(25)
}

#[derive(Clone, Copy, Debug)]
struct New {
    tenant: usize,
    delay: i64,
    priority: usize,
    key: Option<u8>,
    attempts_max: u32,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Enqueue(New),
    Wait { seconds: i64 },
    KeepUp,
    Claim { worker: usize, count: usize },
    Complete { lease: usize },
    Fail { lease: usize, is_final: bool },
    Extend { lease: usize },
    GiveBack { lease: usize },
    Cancel { job: usize },
    Retry { job: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let (lease, job) = (0..64_usize, 0..64_usize);
    let delay = prop_oneof![3 => Just(0), 1 => 1..60_i64];
    let new = (0..3_usize, delay, 0..3_usize, prop::option::of(0..2_u8), 1..4_u32).prop_map(
        |(tenant, delay, priority, key, attempts_max)| New {
            tenant,
            delay,
            priority,
            key,
            attempts_max,
        },
    );
    prop_oneof![
        6 => new.prop_map(Step::Enqueue),
        3 => (0..2 * LEASE_SECONDS).prop_map(|seconds| Step::Wait { seconds }),
        4 => Just(Step::KeepUp),
        5 => (0..3_usize, 1..4_usize).prop_map(|(worker, count)| Step::Claim { worker, count }),
        4 => lease.clone().prop_map(|lease| Step::Complete { lease }),
        4 => (lease.clone(), prop::bool::weighted(0.2))
            .prop_map(|(lease, is_final)| Step::Fail { lease, is_final }),
        2 => lease.clone().prop_map(|lease| Step::Extend { lease }),
        1 => lease.prop_map(|lease| Step::GiveBack { lease }),
        2 => job.clone().prop_map(|job| Step::Cancel { job }),
        2 => job.prop_map(|job| Step::Retry { job }),
    ]
}

/// A job as the model has it. Times are in microseconds.
#[derive(Clone, Debug)]
struct Modelled {
    id: JobId,
    tenant: TenantId,
    state: JobState,
    rank: usize,
    run_at: i64,
    attempt: u32,
    attempts_max: u32,
    token: i64,
    until: i64,
    key: Option<u8>,
    is_to_stop: bool,
}

struct Play<'a> {
    db: &'a TestDatabase,
    tenants: [TenantId; 3],
    workers: [Leases; 3],
    jobs: Vec<Modelled>,
    /// Every lease that was ever given.
    given: Vec<Lease>,
}

impl Modelled {
    fn is_live(&self) -> bool {
        matches!(self.state, JobState::Scheduled | JobState::Available | JobState::Running)
    }

    /// What becomes of an attempt that did not succeed.
    fn fail(&mut self, is_final: bool) {
        self.state = if self.is_to_stop {
            JobState::Cancelled
        } else if is_final || self.attempt >= self.attempts_max {
            JobState::Dead
        } else {
            JobState::Scheduled
        };
    }
}

impl Play<'_> {
    fn now(&self) -> i64 {
        self.db.env.now().micros()
    }

    /// A lease that was given, and the job it is good for, if it is.
    fn lease(&self, index: usize) -> Option<(Lease, Option<usize>)> {
        let lease = self.given.get(index % self.given.len().max(1))?.clone();
        let good = self.jobs.iter().position(|job| {
            job.id == lease.job && job.token == lease.token && job.state == JobState::Running
        });
        Some((lease, good))
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Enqueue(new) => self.enqueue(new).await,
            Step::Wait { seconds } => self.db.clock.advance_seconds(seconds),
            Step::KeepUp => self.keep_up().await,
            Step::Claim { worker, count } => self.claim(worker, count).await,
            Step::Complete { lease } => self.complete(lease).await,
            Step::Fail { lease, is_final } => self.fail(lease, is_final).await,
            Step::Extend { lease } => self.extend(lease).await,
            Step::GiveBack { lease } => self.give_back(lease).await,
            Step::Cancel { job } => self.cancel(job).await,
            Step::Retry { job } => self.retry(job).await,
        }
    }

    async fn enqueue(&mut self, new: New) {
        let (tenant, now) = (self.tenants[new.tenant], self.now());
        let mut job = errand(1)
            .with_priority(PRIORITIES[new.priority])
            .with_attempts_max(new.attempts_max)
            .at(self.db.env.now().plus_seconds(new.delay));
        if let Some(key) = new.key {
            job = job.unique(&key.to_string()).unwrap();
        }
        let enqueued = enqueue(self.db, tenant, job).await;
        let holder = self.jobs.iter().find(|job| {
            new.key.is_some() && job.key == new.key && job.tenant == tenant && job.is_live()
        });
        match holder {
            Some(holder) => assert_eq!((enqueued.id, enqueued.is_new), (holder.id, false)),
            None => {
                assert!(enqueued.is_new);
                let is_due = new.delay == 0;
                self.jobs.push(Modelled {
                    id: enqueued.id,
                    tenant,
                    state: if is_due { JobState::Available } else { JobState::Scheduled },
                    rank: new.priority,
                    run_at: now + new.delay * 1_000_000,
                    attempt: 0,
                    attempts_max: new.attempts_max,
                    token: 0,
                    until: 0,
                    key: new.key,
                    is_to_stop: false,
                });
            }
        }
    }

    async fn keep_up(&mut self) {
        self.workers[0].keep_up().await.unwrap();
        let now = self.now();
        for job in &mut self.jobs {
            match job.state {
                JobState::Scheduled if job.run_at <= now => job.state = JobState::Available,
                JobState::Running if job.until < now => job.fail(false),
                _ => {}
            }
        }
    }

    async fn claim(&mut self, worker: usize, count: usize) {
        let claimed = claim(&self.workers[worker], count).await;
        let mut expected = Vec::new();
        loop {
            let before = expected.len();
            let mut tenants = self.tenants;
            tenants.sort();
            for tenant in tenants {
                let waiting = self.jobs.iter().enumerate().filter(|(index, job)| {
                    job.tenant == tenant
                        && job.state == JobState::Available
                        && !expected.contains(index)
                });
                let first = waiting.min_by_key(|(_, job)| (job.rank, job.run_at, job.id));
                expected.extend(first.map(|(index, _)| index).filter(|_| expected.len() < count));
            }
            if expected.len() == before {
                break;
            }
        }
        let until = self.now() + LEASE_SECONDS * 1_000_000;
        for index in &expected {
            let job = &mut self.jobs[*index];
            (job.state, job.until) = (JobState::Running, until);
            job.attempt += 1;
            job.token += 1;
        }
        let ids = |index: &usize| self.jobs[*index].id;
        let claimed_ids: Vec<JobId> = claimed.iter().map(|lease| lease.job).collect();
        assert_eq!(claimed_ids, expected.iter().map(ids).collect::<Vec<_>>());
        self.given.extend(claimed);
    }

    async fn complete(&mut self, lease: usize) {
        let Some((lease, good)) = self.lease(lease) else { return };
        let outcome = self.workers[0].complete(&lease).await;
        assert_eq!(outcome.is_ok(), good.is_some(), "{outcome:?}");
        if let Some(index) = good {
            self.jobs[index].state = JobState::Completed;
        }
    }

    async fn fail(&mut self, lease: usize, is_final: bool) {
        let Some((lease, good)) = self.lease(lease) else { return };
        let failure = if is_final { Failure::fatal("x", "x") } else { Failure::again("x", "x") };
        let outcome = self.workers[0].fail(&lease, failure).await;
        assert_eq!(outcome.is_ok(), good.is_some(), "{outcome:?}");
        if let Some(index) = good {
            self.jobs[index].fail(is_final);
        }
    }

    async fn extend(&mut self, lease: usize) {
        let Some((lease, good)) = self.lease(lease) else { return };
        let standing = self.workers[0].extend(from_ref(&lease)).await.unwrap();
        let until = self.now() + LEASE_SECONDS * 1_000_000;
        let expected = match good.map(|index| &mut self.jobs[index]) {
            None => Standing::Lost,
            Some(job) => {
                job.until = until;
                if job.is_to_stop { Standing::ToStop } else { Standing::Held }
            }
        };
        assert_eq!(standing, [expected]);
    }

    async fn give_back(&mut self, lease: usize) {
        let Some((lease, good)) = self.lease(lease) else { return };
        assert_eq!(self.workers[0].give_back(&lease).await.is_ok(), good.is_some());
        if let Some(index) = good {
            let job = &mut self.jobs[index];
            job.attempt -= 1;
            job.state = JobState::Available;
        }
    }

    async fn cancel(&mut self, job: usize) {
        let count = self.jobs.len().max(1);
        let Some(job) = self.jobs.get_mut(job % count) else { return };
        let outcome = cancel(self.db, job.tenant, job.id).await;
        match job.state {
            JobState::Scheduled | JobState::Available => job.state = JobState::Cancelled,
            JobState::Running => job.is_to_stop = true,
            JobState::Cancelled => {}
            JobState::Completed | JobState::Dead => {
                assert_eq!(outcome.unwrap_err().code(), "job_state");
                return;
            }
        }
        outcome.unwrap();
    }

    async fn retry(&mut self, job: usize) {
        let index = job % self.jobs.len().max(1);
        let Some(job) = self.jobs.get(index) else { return };
        let outcome = retry(self.db, job.tenant, job.id).await;
        let may = matches!(job.state, JobState::Scheduled | JobState::Cancelled | JobState::Dead);
        let is_taken = self.jobs.iter().any(|other| {
            let is_same = job.key.is_some() && (other.tenant, other.key) == (job.tenant, job.key);
            is_same && other.id != job.id && other.is_live()
        });
        match (may, is_taken) {
            (false, _) => assert_eq!(outcome.unwrap_err().code(), "job_state"),
            (true, true) => assert_eq!(outcome.unwrap_err().code(), "job_key_taken"),
            (true, false) => {
                outcome.unwrap();
                let now = self.now();
                let job = &mut self.jobs[index];
                (job.state, job.attempt, job.run_at) = (JobState::Available, 0, now);
                job.is_to_stop = false;
            }
        }
    }

    /// Every row is as the model has it. When one is tried again is chance: the model learns it.
    async fn compare(&mut self) {
        let mut rows = BTreeMap::new();
        for tenant in self.tenants {
            rows.extend(listed(self.db, tenant, None).await.into_iter().map(|job| (job.id, job)));
        }
        assert_eq!(rows.len(), self.jobs.len());
        let now = self.now();
        for job in &mut self.jobs {
            let row = &rows[&job.id];
            assert_eq!((row.tenant, row.state), (job.tenant, job.state), "{job:?}");
            assert_eq!((row.attempt, row.token), (job.attempt, job.token), "{job:?}");
            assert_eq!(row.cancel_requested, job.is_to_stop, "{job:?}");
            assert_eq!(row.finished_at.is_some(), !job.is_live(), "{job:?}");
            let until = row.lease_until.map(|until| until.micros());
            assert_eq!(until, (job.state == JobState::Running).then_some(job.until), "{job:?}");
            if row.run_at.micros() != job.run_at {
                assert_eq!(job.state, JobState::Scheduled, "{job:?}");
                assert!(row.run_at.micros() > now);
                job.run_at = row.run_at.micros();
            }
        }
    }
}

testing::both_databases! {
    modules = [jobs::MODULE];

    async fn everything_that_can_happen_to_jobs_happens_as_in_the_model(db: TestDatabase) {
        let mut runner = TestRunner::deterministic();
        let steps = prop::collection::vec(step(), STEPS);
        for _ in 0..sequences() {
            let steps = steps.new_tree(&mut runner).unwrap().current();
            let mut play = Play {
                db: &db,
                tenants: [(); 3].map(|()| db.new_tenant()),
                workers: WORKERS.map(|name| leases(&db, name)),
                jobs: Vec::new(),
                given: Vec::new(),
            };
            for step in &steps {
                play.take(*step).await;
                play.compare().await;
            }
            // The next sequence begins with nothing that could be taken.
            db.raw().await.run("DELETE FROM jobs_job").await;
        }
    }
}
