//! What is of no use any more goes after its time, and the log says so.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod hall;

use std::sync::Arc;

use hall::Hall;
use meters::limits::COUNT_SECONDS;
use meters::{ForgetUsage, Forgets, MODULE, retain};
use testing::{Cell, TestDatabase};

const DAY_SECONDS: i64 = 86_400;

async fn hold(hall: &Hall<'_>) -> u64 {
    let rules: [Arc<dyn Forgets>; 1] = [Arc::new(ForgetUsage)];
    let mut tx = hall.tx().await;
    let gone = retain(&mut tx, &hall.context, &rules).await.unwrap();
    tx.commit().await.unwrap();
    gone
}

testing::both_databases! {
    modules = [jobs::MODULE, MODULE];

    async fn what_is_counted_goes_after_its_days_and_the_log_says_so(db: TestDatabase) {
        let hall = Hall::of(&db);
        let days = i64::from(ForgetUsage.rule().days);
        hall.record("a", 5).await;
        hall.pass(COUNT_SECONDS).await;
        db.clock.advance_seconds(days * DAY_SECONDS - COUNT_SECONDS);
        assert_eq!(hold(&hall).await, 0);
        db.clock.advance_seconds(1);
        assert_eq!((hold(&hall).await, hold(&hall).await), (1, 0));
        assert_eq!(hall.sums().await.len(), 2, "the sums stay");
        let rows = db.raw().await.rows("SELECT body FROM log_inbox").await;
        let event = |row: &Vec<Cell>| match &row[0] {
            Cell::Bytes(bytes) => serde_json::from_slice::<serde_json::Value>(bytes).unwrap(),
            cell => panic!("{cell:?}"),
        };
        let told: Vec<_> = rows.iter().map(event).map(|event| event["body"].clone()).collect();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0]["kind"], "meters.usage");
        assert_eq!(told[0]["count"], 1);
    }
}
