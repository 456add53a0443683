//! Schedules, by a clock that the test moves: forward, far, and back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod house;

use house::{claim_one, enqueue, errand, job, leases, listed};
use jobs::{Cron, JobState, NewSchedule, Schedule};
use kernel::{Problematic, TenantId, Timestamp};
use storage::{Level, Mode};
use testing::TestDatabase;

const DAILY: &str = "30 2 * * *";
const BERLIN: &str = "Europe/Berlin";

async fn put(db: &TestDatabase, tenant: TenantId, name: &str, cron: &str) {
    let cron = Cron::parse(cron, BERLIN).unwrap();
    let schedule = NewSchedule::new(name, cron, errand(7)).unwrap();
    let mut tx = db.database.begin(Level::of(tenant), Mode::Write).await.unwrap();
    jobs::put_schedule(&mut tx, &db.context(tenant), &schedule).await.unwrap();
    tx.commit().await.unwrap();
}

async fn schedules(db: &TestDatabase, tenant: TenantId) -> Vec<Schedule> {
    let mut tx = db.database.begin(Level::of(tenant), Mode::Read).await.unwrap();
    let schedules = jobs::schedules(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    schedules
}

/// Sets the clock, lets time bring what it brings, and does all jobs; how many there were.
async fn at(db: &TestDatabase, time: &str) -> usize {
    db.clock.set(time.parse::<Timestamp>().unwrap());
    let leases = leases(db, "one");
    leases.keep_up().await.unwrap();
    let taken = house::claim(&leases, 10).await;
    for lease in &taken {
        leases.complete(lease).await.unwrap();
    }
    taken.len()
}

testing::both_databases! {
    modules = [jobs::MODULE];

    async fn each_time_brings_one_job_over_both_changes_of_clocks(db: TestDatabase) {
        let tenant = db.new_tenant();
        db.clock.set("2026-03-28T12:00:00Z".parse::<Timestamp>().unwrap());
        put(&db, tenant, "nightly", DAILY).await;
        for (time, expected) in [
            // 02:30 does not exist on 29 March: the job is run at 03:00 of summer time.
            ("2026-03-29T00:59:59Z", 0),
            ("2026-03-29T01:00:00Z", 1),
            ("2026-03-29T01:30:00Z", 0),
            ("2026-03-30T00:29:59Z", 0),
            ("2026-03-30T00:30:00Z", 1),
            // Nobody was there until the night of 25 October, when 02:30 comes twice.
            ("2026-10-24T20:00:00Z", 1),
            ("2026-10-25T00:30:00Z", 1),
            ("2026-10-25T01:30:00Z", 0),
            ("2026-10-26T01:29:59Z", 0),
            ("2026-10-26T01:30:00Z", 1),
        ] {
            assert_eq!(at(&db, time).await, expected, "{time}");
        }
        let schedule = schedules(&db, tenant).await.remove(0);
        assert_eq!(schedule.next_at.unwrap().to_string(), "2026-10-27T01:30:00Z");
        assert_eq!(schedule.last_at.unwrap().to_string(), "2026-10-26T01:30:00Z");
        let last = job(&db, tenant, schedule.last_job.unwrap()).await;
        assert_eq!((last.state, last.schedule.as_deref()), (JobState::Completed, Some("nightly")));
    }

    async fn a_clock_that_is_put_back_repeats_nothing(db: TestDatabase) {
        let tenant = TenantId::COMMON;
        db.clock.set("2026-05-01T12:00:00Z".parse::<Timestamp>().unwrap());
        put(&db, tenant, "nightly", DAILY).await;
        assert_eq!(at(&db, "2026-05-02T00:30:00Z").await, 1);
        assert_eq!(at(&db, "2026-05-01T23:00:00Z").await, 0);
        assert_eq!(at(&db, "2026-05-02T00:45:00Z").await, 0);
        assert_eq!(at(&db, "2026-05-03T00:30:00Z").await, 1);
    }

    async fn days_that_were_missed_are_made_up_for_once(db: TestDatabase) {
        let tenant = db.new_tenant();
        db.clock.set("2026-05-01T12:00:00Z".parse::<Timestamp>().unwrap());
        put(&db, tenant, "nightly", DAILY).await;
        assert_eq!(at(&db, "2026-05-20T08:00:00Z").await, 1);
        assert_eq!(at(&db, "2026-05-20T09:00:00Z").await, 0);
    }

    async fn while_a_job_is_not_finished_its_schedule_brings_no_second(db: TestDatabase) {
        let tenant = db.new_tenant();
        db.clock.set("2026-05-01T12:00:00Z".parse::<Timestamp>().unwrap());
        put(&db, tenant, "nightly", DAILY).await;
        let leases = leases(&db, "one");
        db.clock.set("2026-05-02T00:30:00Z".parse::<Timestamp>().unwrap());
        leases.keep_up().await.unwrap();
        db.clock.set("2026-05-03T00:30:00Z".parse::<Timestamp>().unwrap());
        leases.keep_up().await.unwrap();
        assert_eq!(listed(&db, tenant, None).await.len(), 1);
        leases.complete(&claim_one(&leases).await).await.unwrap();
        assert_eq!(at(&db, "2026-05-04T00:30:00Z").await, 1);
    }

    async fn two_nodes_that_see_the_same_time_enqueue_one_job(db: TestDatabase) {
        let tenant = db.new_tenant();
        db.clock.set("2026-05-01T12:00:00Z".parse::<Timestamp>().unwrap());
        put(&db, tenant, "nightly", DAILY).await;
        db.clock.set("2026-05-02T00:30:00Z".parse::<Timestamp>().unwrap());
        let nodes = [leases(&db, "one"), leases(&db, "two"), leases(&db, "three")];
        let all = nodes.iter().map(|node| async {
            node.keep_up().await.unwrap();
            let taken = house::claim(node, 10).await;
            for lease in &taken {
                node.complete(lease).await.unwrap();
            }
            taken.len()
        });
        let counts = futures_util::future::join_all(all).await;
        assert_eq!(counts.iter().sum::<usize>() + at(&db, "2026-05-02T00:30:00Z").await, 1);
    }

    async fn one_that_stays_the_same_keeps_its_time(db: TestDatabase) {
        let tenant = db.new_tenant();
        let next = async || schedules(&db, tenant).await[0].next_at.unwrap().to_string();
        db.clock.set("2026-05-01T12:00:00Z".parse::<Timestamp>().unwrap());
        put(&db, tenant, "nightly", DAILY).await;
        // The program is started again the day after, before it looked: the time is not skipped.
        db.clock.set("2026-05-02T12:00:00Z".parse::<Timestamp>().unwrap());
        put(&db, tenant, "nightly", DAILY).await;
        assert_eq!(next().await, "2026-05-02T00:30:00Z");
        put(&db, tenant, "nightly", "0 5 * * *").await;
        assert_eq!(next().await, "2026-05-03T03:00:00Z");
        let mut tx = db.database.begin(Level::of(tenant), Mode::Write).await.unwrap();
        assert!(jobs::remove_schedule(&mut tx, "nightly").await.unwrap());
        assert!(!jobs::remove_schedule(&mut tx, "nightly").await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(schedules(&db, tenant).await, []);
    }

    async fn one_is_run_by_hand_besides_its_times(db: TestDatabase) {
        let (tenant, other) = (db.new_tenant(), db.new_tenant());
        db.clock.set("2026-05-01T12:00:00Z".parse::<Timestamp>().unwrap());
        put(&db, tenant, "nightly", DAILY).await;
        let run = async |tenant| {
            let mut tx = db.database.begin(Level::of(tenant), Mode::Write).await?;
            let enqueued = jobs::run_schedule(&mut tx, &db.context(tenant), "nightly").await?;
            tx.commit().await?;
            Ok::<_, jobs::JobsError>(enqueued)
        };
        let (first, second) = (run(tenant).await.unwrap(), run(tenant).await.unwrap());
        assert!(first.is_new && !second.is_new && first.id == second.id);
        assert_eq!(run(other).await.unwrap_err().code(), "schedule_unknown");
        let schedule = schedules(&db, tenant).await.remove(0);
        assert_eq!(schedule.last_job, Some(first.id));
        assert_eq!(schedule.next_at.unwrap().to_string(), "2026-05-02T00:30:00Z");
    }

    async fn a_schedule_that_can_no_longer_be_read_stands_still_alone(db: TestDatabase) {
        let tenant = db.new_tenant();
        db.clock.set("2026-05-01T12:00:00Z".parse::<Timestamp>().unwrap());
        put(&db, tenant, "nightly", DAILY).await;
        put(&db, tenant, "sound", DAILY).await;
        let raw = db.raw().await;
        raw.run("UPDATE jobs_schedule SET zone = 'Europe/Gone' WHERE name = 'nightly'").await;
        assert_eq!(at(&db, "2026-05-02T00:30:00Z").await, 1);
        let all = schedules(&db, tenant).await;
        assert_eq!((all[0].next_at, all[0].last_job), (None, None));
        assert!(all[1].next_at.is_some());
        put(&db, tenant, "nightly", DAILY).await;
        assert_eq!(at(&db, "2026-05-03T00:30:00Z").await, 2);
    }

    async fn names_and_numbers_have_limits(db: TestDatabase) {
        let tenant = db.new_tenant();
        let cron = Cron::parse(DAILY, BERLIN).unwrap();
        for name in ["", "Nightly", "a b", &"x".repeat(101)] {
            let error = NewSchedule::new(name, cron.clone(), errand(1)).unwrap_err();
            assert_eq!(error.fields()[0].field, "name");
        }
        for number in 0..200 {
            put(&db, tenant, &format!("s{number}"), DAILY).await;
        }
        put(&db, tenant, "s7", DAILY).await;
        let one_more = NewSchedule::new("more", cron, errand(1)).unwrap();
        let mut tx = db.database.begin(Level::of(tenant), Mode::Write).await.unwrap();
        let error = jobs::put_schedule(&mut tx, &db.context(tenant), &one_more).await.unwrap_err();
        assert_eq!(error.code(), "too_many_schedules");
        drop(tx);
        enqueue(&db, tenant, errand(1)).await;
    }
}
