//! The events' golden files: what was released once is never written otherwise.

use jobs::JobId;
use jobs::event::{JobCancelled, JobDied, JobRetried, ScheduleRun};
use kernel::Uuid;
use testing::golden_event;

#[test]
fn events_say_what_they_always_said() {
    let job = JobId::from_uuid(Uuid::from_u128(1));
    let kind = "markets.ecb_rates".to_owned();
    let died = JobDied { job, kind: kind.clone(), attempt: 10, code: "rates_feed".to_owned() };
    golden_event(&died, "testdata/events/jobs.job.died.1.json");
    let cancelled = JobCancelled { job, kind: kind.clone() };
    golden_event(&cancelled, "testdata/events/jobs.job.cancelled.1.json");
    let retried = JobRetried { job, kind: kind.clone() };
    golden_event(&retried, "testdata/events/jobs.job.retried.1.json");
    let run = ScheduleRun { schedule: kind, job };
    golden_event(&run, "testdata/events/jobs.schedule.run.1.json");
}
