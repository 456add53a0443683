//! What was used is counted once, whatever dies in between.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod hall;

use hall::Hall;
use kernel::Problematic as _;
use meters::limits::{COUNT_SECONDS, COUNTED_MAX};
use meters::{MODULE, Usage, UsageKind};
use testing::TestDatabase;

testing::both_databases! {
    modules = [jobs::MODULE, MODULE];

    async fn a_use_is_written_down_once_and_summed_by_hour_and_month(db: TestDatabase) {
        // The tests' clock begins at 10:30 on the last of March.
        let hall = Hall::of(&db);
        assert!(hall.record("a", 3).await);
        assert!(!hall.record("a", 3).await);
        assert!(hall.record("b", 4).await);
        assert!(hall.sums().await.is_empty(), "a job counts");
        hall.pass(COUNT_SECONDS).await;
        let first = ["hour 2026-03-31T10:00:00Z 7", "month 2026-03-01T00:00:00Z 7"];
        assert_eq!(hall.sums().await, first);
        hall.pass(COUNT_SECONDS).await;
        assert_eq!(hall.sums().await, first);
        assert!(!hall.record("a", 3).await, "counted, it is still the same use");
        db.clock.advance_seconds(86_400);
        hall.record("c", 1).await;
        hall.pass(COUNT_SECONDS).await;
        let both = [
            "hour 2026-04-01T10:00:00Z 1", "hour 2026-03-31T10:00:00Z 7",
            "month 2026-04-01T00:00:00Z 1", "month 2026-03-01T00:00:00Z 7",
        ];
        assert_eq!(hall.sums().await, both);
    }

    async fn what_dies_between_steps_loses_and_doubles_nothing(db: TestDatabase) {
        let hall = Hall::of(&db);
        // Dead before its commit, a use was none.
        let mut tx = hall.tx().await;
        let usage = Usage { kind: UsageKind::Requests, party: hall.party, key: "a", amount: 5 };
        meters::record(&mut tx, &hall.context, &usage).await.unwrap();
        drop(tx);
        assert!(hall.record("a", 5).await);
        // Dead after it was counted and before that was committed.
        let mut tx = hall.tx().await;
        assert_eq!(meters::count(&mut tx).await.unwrap(), 1);
        drop(tx);
        assert!(hall.sums().await.is_empty());
        // Dead after that, and before the job had ended: it runs again, and finds nothing.
        let mut tx = hall.tx().await;
        assert_eq!(meters::count(&mut tx).await.unwrap(), 1);
        tx.commit().await.unwrap();
        hall.pass(COUNT_SECONDS).await;
        let once = ["hour 2026-03-31T10:00:00Z 5", "month 2026-03-01T00:00:00Z 5"];
        assert_eq!(hall.sums().await, once);
    }

    async fn more_than_one_transaction_counts_is_counted_by_several(db: TestDatabase) {
        let hall = Hall::of(&db);
        let mut tx = hall.tx().await;
        let many = u64::from(COUNTED_MAX) + 1;
        for number in 0..many {
            let key = number.to_string();
            let (kind, party) = (UsageKind::Requests, hall.party);
            let usage = Usage { kind, party, key: &key, amount: 1 };
            meters::record(&mut tx, &hall.context, &usage).await.unwrap();
        }
        tx.commit().await.unwrap();
        hall.pass(COUNT_SECONDS).await;
        assert_eq!(hall.sums().await[1], format!("month 2026-03-01T00:00:00Z {many}"));
    }

    async fn what_is_counted_may_be_forgotten_and_what_is_not_stays(db: TestDatabase) {
        let hall = Hall::of(&db);
        hall.record("a", 5).await;
        hall.pass(COUNT_SECONDS).await;
        hall.record("b", 1).await;
        let mut tx = hall.tx().await;
        let later = hall.context.now().plus_seconds(1);
        assert_eq!(meters::forget(&mut tx, later).await.unwrap(), 1);
        tx.commit().await.unwrap();
        hall.pass(COUNT_SECONDS).await;
        assert_eq!(hall.sums().await[1], "month 2026-03-01T00:00:00Z 6");
    }

    async fn keys_and_amounts_have_bounds(db: TestDatabase) {
        let hall = Hall::of(&db);
        let long = "x".repeat(meters::limits::KEY_BYTES_MAX + 1);
        let most = meters::limits::AMOUNT_MAX;
        for (key, amount, field) in [("", 1, "key"), (&long, 1, "key"), ("a", most + 1, "amount")] {
            let usage = Usage { kind: UsageKind::Requests, party: hall.party, key, amount };
            let mut tx = hall.tx().await;
            let refused = meters::record(&mut tx, &hall.context, &usage).await.unwrap_err();
            assert_eq!(refused.fields()[0].field, field);
        }
    }
}
