//! Workers and handlers: what a handler writes is committed by the holder of the lease or not at
//! all, and nothing that a handler does harms another job.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod house;

use std::sync::{Arc, Mutex};

use house::{
    Errands, LEASE_SECONDS, cancel, claim_one, enqueue, errand, job, leases, listed, noting,
    one_by_one, worker,
};
use jobs::event::JobRetried;
use jobs::{Done, Failure, JobId, JobState, Progress, Run, WorkerLimits};
use kernel::{TenantId, Uuid};
use testing::{Cell, TestDatabase, eventually};
use tokio::sync::Notify;

/// Something that a handler writes: an event, whose body names a number.
async fn write(run: &Run, number: u64) -> Result<storage::Tx, Failure> {
    let mut tx = run.begin().await?;
    let job = JobId::from_uuid(Uuid::from_u128(u128::from(number)));
    tx.emit(run.context(), &JobRetried { job, kind: "written".to_owned() }).await?;
    Ok(tx)
}

/// How often handlers wrote something that was committed.
async fn written(db: &TestDatabase) -> usize {
    let rows = db.raw().await.rows("SELECT body FROM log_inbox").await;
    let is_ours = |row: &&Vec<Cell>| match &row[0] {
        Cell::Bytes(body) => String::from_utf8_lossy(body).contains("\"written\""),
        _ => false,
    };
    rows.iter().filter(is_ours).count()
}

testing::both_databases! {
    modules = [jobs::MODULE];

    async fn what_a_handler_writes_is_committed_with_the_jobs_end(db: TestDatabase) {
        let tenant = db.new_tenant();
        let id = enqueue(&db, tenant, errand(1)).await.id;
        let errands = Errands::by(|run, number| {
            Box::pin(async move { Ok(Done::In(write(run, number).await?)) })
        });
        let mut worker = worker(&db.database, one_by_one(), errands);
        assert_eq!(worker.step().await.unwrap(), 1);
        assert_eq!(job(&db, tenant, id).await.state, JobState::Completed);
        assert_eq!(written(&db).await, 1);
        assert_eq!(worker.step().await.unwrap(), 0);
    }

    async fn what_was_written_before_a_failure_is_not_there(db: TestDatabase) {
        let tenant = db.new_tenant();
        let id = enqueue(&db, tenant, errand(1)).await.id;
        let errands = Errands::by(|run, number| {
            Box::pin(async move {
                write(run, number).await?;
                Err(Failure::again("down", "it is down"))
            })
        });
        worker(&db.database, one_by_one(), errands).step().await.unwrap();
        assert_eq!(job(&db, tenant, id).await.state, JobState::Scheduled);
        assert_eq!(written(&db).await, 0);
    }

    async fn a_handler_whose_lease_was_lost_commits_nothing(db: TestDatabase) {
        let tenant = db.new_tenant();
        let id = enqueue(&db, tenant, errand(1)).await.id;
        // While it is at work its lease ends, and somebody else does the job. It would not even
        // leave the commit to the worker.
        let (clock, rival) = (Arc::clone(&db.clock), leases(&db, "rival"));
        let errands = Errands::by(move |run, number| {
            let (clock, rival) = (Arc::clone(&clock), rival.clone());
            Box::pin(async move {
                clock.advance_seconds(LEASE_SECONDS + 1);
                rival.keep_up().await?;
                clock.advance_seconds(3_600);
                rival.keep_up().await?;
                rival.complete(&claim_one(&rival).await).await?;
                write(run, number).await?.commit().await?;
                Ok(Done::Nothing)
            })
        });
        worker(&db.database, one_by_one(), errands).step().await.unwrap();
        let stands = job(&db, tenant, id).await;
        assert_eq!((stands.state, stands.worker.as_deref()), (JobState::Completed, Some("rival")));
        assert_eq!(stands.token, 2);
        assert_eq!(written(&db).await, 0);
    }

    async fn a_transaction_of_no_lease_is_not_committed_either(db: TestDatabase) {
        let tenant = db.new_tenant();
        enqueue(&db, tenant, errand(1)).await;
        let leases = leases(&db, "one");
        let lost = claim_one(&leases).await;
        leases.give_back(&lost).await.unwrap();
        let context = db.context(tenant);
        let level = storage::Level::of(tenant);
        let mut tx = db.database.begin(level, storage::Mode::Write).await.unwrap();
        let job = lost.job;
        tx.emit(&context, &JobRetried { job, kind: "written".to_owned() }).await.unwrap();
        leases.complete_in(&lost, tx).await.unwrap_err();
        assert_eq!(written(&db).await, 0);
    }

    async fn nobody_takes_a_job_whose_handler_holds_a_transaction(db: TestDatabase) {
        let tenant = db.new_tenant();
        let id = enqueue(&db, tenant, errand(1)).await.id;
        let (clock, env) = (Arc::clone(&db.clock), db.env.clone());
        let rival = db.open(env, storage::Limits { begin_wait_ms_max: 50, ..Default::default() });
        let rival = jobs::Leases::new(rival, "rival", 60);
        let is_sqlite = db.dialect() == storage::Dialect::Sqlite;
        let errands = Errands::by(move |run, number| {
            let (clock, rival) = (Arc::clone(&clock), rival.clone());
            Box::pin(async move {
                let tx = write(run, number).await?;
                clock.advance_seconds(LEASE_SECONDS + 1);
                // On SQLite nobody else writes meanwhile, so nobody can take anything.
                if !is_sqlite {
                    rival.keep_up().await?;
                }
                Ok(Done::In(tx))
            })
        });
        worker(&db.database, one_by_one(), errands).step().await.unwrap();
        let stands = job(&db, tenant, id).await;
        assert_eq!((stands.state, stands.attempt), (JobState::Completed, 1));
        assert_eq!(written(&db).await, 1);
    }

    async fn the_end_of_a_job_can_be_carried_by_a_command(db: TestDatabase) {
        let tenant = db.new_tenant();
        let id = enqueue(&db, tenant, errand(1)).await.id;
        let database = db.database.clone();
        // What an engine's writer does with a change of rows that a command carries.
        let errands = Errands::by(move |run, _| {
            let database = database.clone();
            Box::pin(async move {
                let end = run.completion(run.context().now());
                assert_eq!(end.rows, Some(1));
                let mut tx = database.begin(storage::Level::System, storage::Mode::Write).await?;
                tx.bind(storage::Level::of(run.context().tenant))?;
                assert_eq!(tx.execute(end.statement, end.params.clone()).await?, 1);
                assert_eq!(tx.execute(end.statement, end.params).await?, 0, "once only");
                tx.commit().await?;
                Ok(Done::Carried)
            })
        });
        worker(&db.database, one_by_one(), errands).step().await.unwrap();
        assert_eq!(job(&db, tenant, id).await.state, JobState::Completed);
    }

    async fn a_handler_that_panics_harms_no_other_job(db: TestDatabase) {
        let tenant = db.new_tenant();
        let poison = enqueue(&db, tenant, errand(0).with_attempts_max(2)).await.id;
        let sound = enqueue(&db, tenant, errand(1)).await.id;
        let errands = Errands::by(|run, number| {
            Box::pin(async move {
                let tx = write(run, number).await?;
                assert_ne!(number, 0, "a poisoned errand");
                Ok(Done::In(tx))
            })
        });
        let mut worker = worker(&db.database, WorkerLimits::default(), errands);
        worker.step().await.unwrap();
        assert_eq!(job(&db, tenant, sound).await.state, JobState::Completed);
        let waits = job(&db, tenant, poison).await;
        assert_eq!(waits.error.unwrap().code, "panicked");
        db.clock.set(waits.run_at);
        worker.step().await.unwrap();
        assert_eq!(job(&db, tenant, poison).await.state, JobState::Dead);
        assert_eq!(written(&db).await, 1);
    }

    async fn a_handler_says_how_far_it_is_and_hears_that_it_is_to_stop(db: TestDatabase) {
        let tenant = db.new_tenant();
        let id = enqueue(&db, tenant, errand(1)).await.id;
        let (began, told) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (begins, hears) = (Arc::clone(&began), Arc::clone(&told));
        let errands = Errands::by(move |run, _| {
            let (begins, hears) = (Arc::clone(&begins), Arc::clone(&hears));
            Box::pin(async move {
                run.progress(1, Some(3)).await?;
                begins.notify_one();
                hears.notified().await;
                run.progress(2, Some(3)).await?;
                Ok(Done::Nothing)
            })
        });
        let mut worker = worker(&db.database, one_by_one(), errands);
        let steering = async {
            began.notified().await;
            let runs = job(&db, tenant, id).await;
            assert_eq!(runs.progress, Some(Progress { done: 1, total: Some(3) }));
            cancel(&db, tenant, id).await.unwrap();
            told.notify_one();
        };
        let (stepped, ()) = tokio::join!(worker.step(), steering);
        stepped.unwrap();
        let stands = job(&db, tenant, id).await;
        assert_eq!(stands.state, JobState::Cancelled);
        assert_eq!(stands.progress, Some(Progress { done: 1, total: Some(3) }));
    }

    async fn arguments_that_are_no_longer_read_are_a_dead_letter(db: TestDatabase) {
        let tenant = db.new_tenant();
        let id = enqueue(&db, tenant, errand(1)).await.id;
        db.raw().await.run("UPDATE jobs_job SET args = '{\"name\":1}'").await;
        let (errands, done) = noting();
        worker(&db.database, one_by_one(), errands).step().await.unwrap();
        let dead = job(&db, tenant, id).await;
        assert_eq!((dead.state, dead.error.unwrap().code.as_str()), (JobState::Dead, "args"));
        assert!(done.lock().unwrap().is_empty());
    }

    async fn a_kind_that_nobody_here_knows_waits_for_who_does(db: TestDatabase) {
        let tenant = db.new_tenant();
        let id = enqueue(&db, tenant, errand(1)).await.id;
        let mut stranger = jobs::Worker::new(db.database.clone(), "stranger", one_by_one());
        assert_eq!(stranger.step().await.unwrap(), 0);
        let waits = job(&db, tenant, id).await;
        assert_eq!((waits.state, waits.attempt), (JobState::Scheduled, 0));
        assert_eq!(waits.error.unwrap().code, "kind_unknown");
        db.clock.set(waits.run_at);
        let (errands, done) = noting();
        worker(&db.database, one_by_one(), errands).step().await.unwrap();
        assert_eq!(*done.lock().unwrap(), [(tenant, 1)]);
    }

    async fn a_worker_that_runs_by_itself_ends_in_good_order(db: TestDatabase) {
        let tenant = db.new_tenant();
        for number in 0..20 {
            enqueue(&db, tenant, errand(number)).await;
        }
        // The last one never ends by itself.
        let began = Arc::new(Mutex::new(false));
        let begins = Arc::clone(&began);
        let errands = Errands::by(move |_, number| {
            let begins = Arc::clone(&begins);
            Box::pin(async move {
                if number == 19 {
                    *begins.lock().unwrap() = true;
                    std::future::pending::<()>().await;
                }
                Ok(Done::Nothing)
            })
        });
        let limits = WorkerLimits { poll_ms: 5, shutdown_ms: 20, ..WorkerLimits::default() };
        let running = worker(&db.database, limits, errands).start();
        eventually("nineteen errands", async || {
            let all = listed(&db, tenant, Some(JobState::Completed)).await.len() == 19;
            (all && *began.lock().unwrap()).then_some(())
        })
        .await;
        running.stop().await;
        let left = listed(&db, tenant, Some(JobState::Available)).await;
        assert_eq!((left.len(), left[0].attempt), (1, 0), "it is given back");
    }

    async fn a_worker_hears_by_its_heartbeat_who_is_to_stop(db: TestDatabase) {
        let tenant = TenantId::COMMON;
        let id = enqueue(&db, tenant, errand(1)).await.id;
        let errands = Errands::by(|run, _| {
            Box::pin(async move {
                run.asked_to_stop().await;
                assert!(run.is_to_stop());
                Err(Failure::Cancelled)
            })
        });
        let limits = WorkerLimits { lease_seconds: 1, poll_ms: 5, ..one_by_one() };
        let running = worker(&db.database, limits, errands).start();
        let state = async || job(&db, tenant, id).await.state;
        let is = async |wanted| (state().await == wanted).then_some(());
        eventually("its start", async || is(JobState::Running).await).await;
        cancel(&db, tenant, id).await.unwrap();
        eventually("its end", async || is(JobState::Cancelled).await).await;
        running.stop().await;
    }
}
