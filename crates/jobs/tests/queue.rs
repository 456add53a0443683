//! Enqueuing, looking, cancelling, retrying, leases: on both databases, by a clock that the test
//! moves.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod house;

use std::slice::from_ref;

use house::{LEASE_SECONDS, cancel, claim, claim_one, enqueue, errand, job, leases, listed, retry};
use jobs::{
    BACKOFF_FIRST_SECONDS, BACKOFF_SECONDS_MAX, Failure, JobState, Priority, Standing, limits,
};
use kernel::{PageRequest, Problematic, TenantId};
use storage::{Level, Mode};
use testing::TestDatabase;

testing::both_databases! {
    modules = [jobs::MODULE];

    async fn a_job_is_there_with_its_callers_rows_or_not_at_all(db: TestDatabase) {
        let tenant = db.new_tenant();
        let context = db.context(tenant);
        let mut tx = db.database.begin(Level::of(tenant), Mode::Write).await.unwrap();
        let gone = jobs::enqueue(&mut tx, &context, errand(1)).await.unwrap();
        tx.rollback();
        let kept = enqueue(&db, tenant, errand(2)).await;
        assert_ne!(gone.id, kept.id);
        let all = listed(&db, tenant, None).await;
        assert_eq!(all.iter().map(|job| job.id).collect::<Vec<_>>(), [kept.id]);
        assert_eq!(all[0].args, r#"{"number":2}"#);
        // Another tenant sees none of it, and nobody enqueues in another's name.
        let other = db.new_tenant();
        assert_eq!(listed(&db, other, None).await, []);
        let mut tx = db.database.begin(Level::of(other), Mode::Write).await.unwrap();
        let error = jobs::enqueue(&mut tx, &context, errand(3)).await.unwrap_err();
        assert_eq!(error.code(), "internal");
    }

    async fn a_job_runs_not_before_its_time(db: TestDatabase) {
        let tenant = TenantId::COMMON;
        let at = db.env.now().plus_seconds(90);
        let id = enqueue(&db, tenant, errand(1).at(at)).await.id;
        assert_eq!(job(&db, tenant, id).await.state, JobState::Scheduled);
        let leases = leases(&db, "one");
        for (seconds, expected) in [(89, 0), (1, 1)] {
            db.clock.advance_seconds(seconds);
            leases.keep_up().await.unwrap();
            assert_eq!(claim(&leases, 10).await.len(), expected);
        }
    }

    async fn priority_then_age_decides_among_a_tenants_own(db: TestDatabase) {
        let tenant = db.new_tenant();
        for (number, priority) in
            [(1, Priority::Low), (2, Priority::Normal), (3, Priority::High), (4, Priority::Normal)]
        {
            enqueue(&db, tenant, errand(number).with_priority(priority)).await;
            db.clock.advance_seconds(1);
        }
        let order = claim(&leases(&db, "one"), 10).await;
        let order: Vec<&str> = order.iter().map(|lease| lease.args.as_str()).collect();
        let number = |number| format!("{{\"number\":{number}}}");
        assert_eq!(order, [3, 2, 4, 1].map(number));
    }

    async fn one_of_a_key_stands_for_all_until_it_is_finished(db: TestDatabase) {
        let (tenant, other) = (db.new_tenant(), db.new_tenant());
        let unique = || errand(1).unique("rates").unwrap();
        let first = enqueue(&db, tenant, unique()).await;
        let second = enqueue(&db, tenant, unique()).await;
        assert!(first.is_new && !second.is_new);
        assert_eq!(first.id, second.id);
        assert!(enqueue(&db, other, unique()).await.is_new, "a key counts within its tenant");
        let leases = leases(&db, "one");
        let lease = claim(&leases, 1).await.remove(0);
        assert!(!enqueue(&db, lease.tenant, unique()).await.is_new, "it runs");
        leases.complete(&lease).await.unwrap();
        assert!(enqueue(&db, lease.tenant, unique()).await.is_new, "it is done");
    }

    async fn of_many_callers_with_one_key_one_enqueues(db: TestDatabase) {
        let tenant = db.new_tenant();
        let callers = (0..8).map(|number| {
            let job = errand(number).unique("once").unwrap();
            enqueue(&db, tenant, job)
        });
        let enqueued = futures_util::future::join_all(callers).await;
        assert_eq!(enqueued.iter().filter(|one| one.is_new).count(), 1);
        assert!(enqueued.iter().all(|one| one.id == enqueued[0].id));
        assert_eq!(listed(&db, tenant, None).await.len(), 1);
    }

    async fn a_failure_waits_longer_each_time_and_ends_as_dead(db: TestDatabase) {
        let tenant = db.new_tenant();
        let id = enqueue(&db, tenant, errand(1).with_attempts_max(12)).await.id;
        let leases = leases(&db, "one");
        let mut waits = Vec::new();
        for attempt in 1..=12 {
            leases.keep_up().await.unwrap();
            let lease = claim_one(&leases).await;
            assert_eq!(lease.attempt, attempt);
            let state = leases.fail(&lease, Failure::again("down", "it is down")).await.unwrap();
            let stands = job(&db, tenant, id).await;
            assert_eq!(stands.state, state);
            assert_eq!(stands.error.unwrap().code, "down");
            if attempt == 12 {
                assert_eq!(state, JobState::Dead);
                break;
            }
            assert_eq!(state, JobState::Scheduled);
            waits.push(stands.run_at.micros() - db.env.now().micros());
            db.clock.set(stands.run_at);
        }
        // Half of 10, 20, 40 … 3,600 seconds at least, all of it at most.
        for (wait, index) in waits.iter().zip(0..) {
            let all = (BACKOFF_FIRST_SECONDS << index).min(BACKOFF_SECONDS_MAX) * 1_000_000;
            assert!((all / 2..=all).contains(wait), "{wait} of {all}");
        }
        assert_eq!(listed(&db, tenant, Some(JobState::Dead)).await.len(), 1);

        // Somebody has mended what was down.
        let again = retry(&db, tenant, id).await.unwrap();
        assert_eq!((again.state, again.attempt), (JobState::Available, 0));
        let lease = claim_one(&leases).await;
        assert_eq!((lease.attempt, lease.token), (1, 13));
        leases.complete(&lease).await.unwrap();
        assert_eq!(job(&db, tenant, id).await.error, None);
        let error = retry(&db, tenant, id).await.unwrap_err();
        assert_eq!(error.to_string(), format!("{id} is completed, so it cannot be retried"));
    }

    async fn what_cannot_succeed_is_dead_at_once(db: TestDatabase) {
        let tenant = db.new_tenant();
        let id = enqueue(&db, tenant, errand(1)).await.id;
        let leases = leases(&db, "one");
        let lease = claim_one(&leases).await;
        leases.fail(&lease, Failure::fatal("gone", &"x".repeat(1_000))).await.unwrap();
        let dead = job(&db, tenant, id).await;
        assert_eq!((dead.state, dead.attempt), (JobState::Dead, 1));
        assert_eq!(dead.error.unwrap().detail.len(), limits::ERROR_CHARS_MAX);
    }

    async fn a_lease_that_is_extended_lasts_and_one_that_is_not_is_given_on(db: TestDatabase) {
        let tenant = db.new_tenant();
        let id = enqueue(&db, tenant, errand(1)).await.id;
        let (one, two) = (leases(&db, "one"), leases(&db, "two"));
        let first = claim_one(&one).await;
        for _ in 0..3 {
            db.clock.advance_seconds(LEASE_SECONDS - 1);
            assert_eq!(one.extend(from_ref(&first)).await.unwrap(), [Standing::Held]);
            two.keep_up().await.unwrap();
            assert_eq!(claim(&two, 1).await, []);
        }
        // To the last moment, and no further.
        db.clock.advance_seconds(LEASE_SECONDS);
        two.keep_up().await.unwrap();
        assert_eq!(job(&db, tenant, id).await.state, JobState::Running);
        db.clock.advance_seconds(1);
        two.keep_up().await.unwrap();
        let waiting = job(&db, tenant, id).await;
        assert_eq!(waiting.state, JobState::Scheduled);
        assert_eq!(waiting.error.unwrap().code, "worker_lost");

        db.clock.set(waiting.run_at);
        two.keep_up().await.unwrap();
        let second = claim_one(&two).await;
        assert!(second.token > first.token);
        // The first comes back, and may do nothing any more.
        assert_eq!(one.extend(from_ref(&first)).await.unwrap(), [Standing::Lost]);
        let again = Failure::again("late", "late");
        for lost in [
            one.complete(&first).await.unwrap_err(),
            one.fail(&first, again).await.unwrap_err(),
            one.give_back(&first).await.unwrap_err(),
        ] {
            assert_eq!(lost.code(), "lease_lost");
        }
        assert_eq!(job(&db, tenant, id).await.worker.as_deref(), Some("two"));
        two.complete(&second).await.unwrap();
    }

    async fn a_job_that_kills_its_workers_is_given_up(db: TestDatabase) {
        let tenant = db.new_tenant();
        let id = enqueue(&db, tenant, errand(1).with_attempts_max(3)).await.id;
        let leases = leases(&db, "one");
        for _ in 0..3 {
            db.clock.set(job(&db, tenant, id).await.run_at);
            leases.keep_up().await.unwrap();
            claim_one(&leases).await;
            db.clock.advance_seconds(LEASE_SECONDS + 1);
            leases.keep_up().await.unwrap();
        }
        assert_eq!(job(&db, tenant, id).await.state, JobState::Dead);
    }

    async fn a_job_that_waits_is_cancelled_and_one_that_runs_is_asked(db: TestDatabase) {
        let tenant = db.new_tenant();
        let waits = enqueue(&db, tenant, errand(1)).await.id;
        assert_eq!(cancel(&db, tenant, waits).await.unwrap().state, JobState::Cancelled);
        assert_eq!(cancel(&db, tenant, waits).await.unwrap().state, JobState::Cancelled);

        let runs = enqueue(&db, tenant, errand(2)).await.id;
        let leases = leases(&db, "one");
        let lease = claim_one(&leases).await;
        assert!(cancel(&db, tenant, runs).await.unwrap().cancel_requested);
        assert_eq!(leases.extend(from_ref(&lease)).await.unwrap(), [Standing::ToStop]);
        // It failed by stopping: it is not tried again.
        let state = leases.fail(&lease, Failure::again("stopped", "stopped")).await.unwrap();
        assert_eq!(state, JobState::Cancelled);

        // One that was done before it heard is done.
        let quick = enqueue(&db, tenant, errand(3)).await.id;
        let lease = claim_one(&leases).await;
        cancel(&db, tenant, quick).await.unwrap();
        leases.complete(&lease).await.unwrap();
        let error = cancel(&db, tenant, quick).await.unwrap_err();
        assert_eq!((error.code(), error.kind()), ("job_state", kernel::ErrorKind::Conflict));

        // And one whose worker is lost after that is cancelled, not tried again.
        let lost = enqueue(&db, tenant, errand(4)).await.id;
        claim_one(&leases).await;
        cancel(&db, tenant, lost).await.unwrap();
        db.clock.advance_seconds(LEASE_SECONDS + 1);
        leases.keep_up().await.unwrap();
        assert_eq!(job(&db, tenant, lost).await.state, JobState::Cancelled);
    }

    async fn a_retry_meets_the_job_that_took_its_key(db: TestDatabase) {
        let tenant = db.new_tenant();
        let unique = || errand(1).unique("rates").unwrap();
        let first = enqueue(&db, tenant, unique()).await.id;
        cancel(&db, tenant, first).await.unwrap();
        let second = enqueue(&db, tenant, unique()).await.id;
        assert_eq!(retry(&db, tenant, first).await.unwrap_err().code(), "job_key_taken");
        cancel(&db, tenant, second).await.unwrap();
        assert_eq!(retry(&db, tenant, first).await.unwrap().state, JobState::Available);
        assert!(!enqueue(&db, tenant, unique()).await.is_new);
    }

    async fn a_job_given_back_was_never_taken(db: TestDatabase) {
        let tenant = db.new_tenant();
        let id = enqueue(&db, tenant, errand(1)).await.id;
        let leases = leases(&db, "one");
        let lease = claim_one(&leases).await;
        leases.give_back(&lease).await.unwrap();
        let stands = job(&db, tenant, id).await;
        assert_eq!((stands.state, stands.attempt), (JobState::Available, 0));
        assert!(claim_one(&leases).await.token > lease.token);
    }

    async fn finished_jobs_are_kept_for_days_and_dead_ones_for_months(db: TestDatabase) {
        let tenant = db.new_tenant();
        let leases = leases(&db, "one");
        enqueue(&db, tenant, errand(1)).await;
        leases.complete(&claim_one(&leases).await).await.unwrap();
        enqueue(&db, tenant, errand(2)).await;
        let dead = Failure::fatal("gone", "gone");
        leases.fail(&claim_one(&leases).await, dead).await.unwrap();
        for (days, expected) in [(7, 2), (1, 1), (82, 1), (1, 0)] {
            db.clock.advance_seconds(days * 24 * 3_600);
            let more = listed(&db, tenant, None).await.len() > expected;
            assert_eq!(leases.is_work().await.unwrap(), more);
            leases.keep_up().await.unwrap();
            assert_eq!(listed(&db, tenant, None).await.len(), expected, "after {days} days");
        }
    }

    async fn a_list_comes_in_pages_of_one_state(db: TestDatabase) {
        let tenant = db.new_tenant();
        let mut ids = Vec::new();
        for number in 0..5 {
            db.clock.advance_seconds(1);
            ids.insert(0, enqueue(&db, tenant, errand(number)).await.id);
        }
        cancel(&db, tenant, ids[0]).await.unwrap();
        let mut tx = db.database.begin(Level::of(tenant), Mode::Read).await.unwrap();
        let mut page = PageRequest::first(2);
        let mut seen = Vec::new();
        loop {
            let found = jobs::jobs(&mut tx, Some(JobState::Available), &page).await.unwrap();
            seen.extend(found.items.iter().map(|job| job.id));
            let Some(next) = found.next else { break };
            page.after = Some(next);
        }
        assert_eq!(seen, ids[1..]);
    }
}
