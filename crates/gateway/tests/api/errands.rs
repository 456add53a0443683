//! Jobs and schedules over HTTP.

use jobs::{Cron, Failure, JobArgs, JobId, Leases, NewJob, NewSchedule};
use serde::{Deserialize, Serialize};
use serde_json::json;
use storage::{Level, Mode};
use testing::TestDatabase;

use crate::harness::{Reply, Signed, TestApp};

/// A job that says nothing more.
#[derive(Serialize, Deserialize)]
pub struct Errand {}

impl JobArgs for Errand {
    const KIND: &'static str = "house.errand";
}

struct House<'a> {
    db: &'a TestDatabase,
    app: TestApp,
    owner: Signed,
}

impl<'a> House<'a> {
    async fn new(db: &'a TestDatabase) -> Self {
        let app = TestApp::new(db).await;
        let owner = app.register("saraa@example.mn").await;
        Self { db, app, owner }
    }

    async fn enqueue(&self) -> JobId {
        let context = self.db.context(self.owner.tenant.parse().unwrap());
        let level = Level::Tenant(context.tenant);
        let mut tx = self.db.database.begin(level, Mode::Write).await.unwrap();
        let job = NewJob::of(&Errand {}).unwrap().with_attempts_max(1);
        let id = jobs::enqueue(&mut tx, &context, job).await.unwrap().id;
        tx.commit().await.unwrap();
        self.db.clock.advance_seconds(1);
        id
    }

    /// A worker takes the next job, and fails at it.
    async fn fail_one(&self) {
        let leases = Leases::new(self.db.database.clone(), "test", 60);
        let kinds = [Errand::KIND.to_owned()].into();
        let mut claims = jobs::Claims::new(leases.clone(), kinds, 1);
        let taken = claims.claim(1, &[].into()).await.unwrap();
        leases.fail(&taken[0], Failure::again("shop_closed", "the shop is closed")).await.unwrap();
    }

    async fn get(&self, path: &str) -> Reply {
        self.app.get(&format!("/api/v1{path}"), &self.owner.access).await
    }

    async fn post(&self, path: &str, key: &str) -> Reply {
        self.app.post(&format!("/api/v1{path}"), &self.owner.access, key, &json!({})).await
    }
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn a_dead_job_shows_why_and_is_retried(db: TestDatabase) {
        let house = House::new(&db).await;
        let id = house.enqueue().await;
        house.fail_one().await;
        let dead = house.get("/jobs?state=dead").await.json();
        assert_eq!(dead["items"].as_array().unwrap().len(), 1);
        let job = house.get(&format!("/jobs/{id}")).await.json();
        assert_eq!(job, dead["items"][0]);
        assert_eq!(job, json!({
            "id": id.to_string(), "kind": "house.errand", "args": {}, "state": "dead",
            "priority": "normal", "run_at": job["run_at"], "attempt": 1, "attempts_max": 1,
            "worker": "test", "cancel_requested": false,
            "error": { "code": "shop_closed", "detail": "the shop is closed" },
            "enqueued_at": "2026-03-31T10:30:00Z", "started_at": "2026-03-31T10:30:01Z",
            "finished_at": "2026-03-31T10:30:01Z",
        }));
        let path = format!("/jobs/{id}/retry");
        let retried = house.post(&path, "a").await;
        assert_eq!((retried.status.as_u16(), &retried.json()["state"]), (200, &json!("available")));
        assert_eq!(house.post(&path, "a").await.header("idempotency-replayed"), "true");
        house.post(&path, "b").await.assert_problem(409, "job_state");
    }

    async fn a_job_that_waits_is_cancelled(db: TestDatabase) {
        let house = House::new(&db).await;
        let id = house.enqueue().await;
        let cancelled = house.post(&format!("/jobs/{id}/cancel"), "a").await;
        assert_eq!(cancelled.json()["state"], "cancelled");
        house.get("/jobs/job_none").await.assert_problem(404, "not_found");
        house.get("/jobs?state=lost").await.assert_problem(400, "invalid_fields");
    }

    async fn jobs_come_in_pages_the_latest_first(db: TestDatabase) {
        let house = House::new(&db).await;
        let (first, second) = (house.enqueue().await, house.enqueue().await);
        let page = house.get("/jobs?limit=1").await.json();
        assert_eq!(page["items"][0]["id"], second.to_string());
        let cursor = page["next_cursor"].as_str().unwrap();
        let page = house.get(&format!("/jobs?limit=1&cursor={cursor}")).await.json();
        assert_eq!(page["items"][0]["id"], first.to_string());
        assert_eq!(page["next_cursor"], json!(null));
        let other = house.get(&format!("/jobs?state=dead&cursor={cursor}")).await;
        other.assert_problem(400, "invalid_fields");
    }

    async fn a_schedule_is_shown_and_run_before_its_time(db: TestDatabase) {
        let house = House::new(&db).await;
        let context = db.context(house.owner.tenant.parse().unwrap());
        let mut tx =
            db.database.begin(Level::Tenant(context.tenant), Mode::Write).await.unwrap();
        let cron = Cron::parse("15 16 * * 1-5", "Europe/Berlin").unwrap();
        let job = NewJob::of(&Errand {}).unwrap();
        let schedule = NewSchedule::new("nightly", cron, job).unwrap();
        jobs::put_schedule(&mut tx, &context, &schedule).await.unwrap();
        tx.commit().await.unwrap();
        let run = house.post("/schedules/nightly/run", "a").await.json();
        assert_eq!((&run["state"], &run["schedule"]), (&json!("available"), &json!("nightly")));
        let again = house.post("/schedules/nightly/run", "b").await.json();
        assert_eq!(again["id"], run["id"]);
        let schedules = house.get("/schedules").await.json();
        // The family's own, of what it is worth, stands behind it.
        assert_eq!(schedules["items"].as_array().map(Vec::len), Some(2));
        assert_eq!(schedules["items"][0], json!({
            "name": "nightly", "kind": "house.errand", "args": {}, "cron": "15 16 * * 1-5",
            "zone": "Europe/Berlin", "next_at": "2026-03-31T14:15:00Z",
            "last_at": "2026-03-31T10:30:00Z", "last_job": run["id"],
        }));
        house.post("/schedules/daily/run", "c").await.assert_problem(404, "schedule_unknown");
    }
}
