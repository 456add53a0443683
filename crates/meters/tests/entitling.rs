//! What may be used, and why.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod hall;

use futures_util::future::join;
use hall::{ASSISTANT, Hall, IMPORTS, METERS};
use kernel::{Problematic as _, Timestamp, UserId, Uuid};
use meters::limits::COUNT_SECONDS;
use meters::{Allowance, Feature, MODULE, Source};
use testing::TestDatabase;

const SAID: fn(&meters::Said) -> (Source, Allowance, bool) =
    |said| (said.source, said.allowance, said.is_over);

fn saraa() -> UserId {
    UserId::from_uuid(Uuid::from_u128(3))
}

async fn entitlement(
    hall: &Hall<'_>,
    feature: &'static Feature,
    user: Option<UserId>,
) -> meters::Entitlement {
    let mut tx = hall.tx().await;
    meters::entitlement(&mut tx, &hall.context, &METERS, (feature, user)).await.unwrap()
}

async fn grant(
    hall: &Hall<'_>,
    what: (&'static Feature, Option<UserId>),
    granted: (Allowance, Option<Timestamp>),
) {
    let mut tx = hall.tx().await;
    meters::grant(&mut tx, &hall.context, what, granted).await.unwrap();
    tx.commit().await.unwrap();
}

testing::both_databases! {
    modules = [jobs::MODULE, MODULE];

    async fn the_strongest_word_that_is_not_over_holds(db: TestDatabase) {
        let hall = Hall::of(&db);
        let usual = entitlement(&hall, &ASSISTANT, Some(saraa())).await;
        assert!(!usual.allowance.is_on());
        assert_eq!(usual.why.iter().map(SAID).collect::<Vec<_>>(), [
            (Source::Usual, Allowance::UpTo(0), false),
        ]);
        hall.plan("starter").await;
        assert!(entitlement(&hall, &ASSISTANT, None).await.allowance.is_on());
        grant(&hall, (&ASSISTANT, None), (Allowance::UpTo(0), None)).await;
        assert!(!entitlement(&hall, &ASSISTANT, Some(saraa())).await.allowance.is_on());
        let until = hall.context.now().plus_seconds(60);
        grant(&hall, (&ASSISTANT, Some(saraa())), (Allowance::UpTo(1), Some(until))).await;
        let hers = entitlement(&hall, &ASSISTANT, Some(saraa())).await;
        assert!(hers.allowance.is_on());
        assert!(!entitlement(&hall, &ASSISTANT, None).await.allowance.is_on());
        db.clock.advance_seconds(60);
        let over = entitlement(&hall, &ASSISTANT, Some(saraa())).await;
        assert!(!over.allowance.is_on());
        assert_eq!(over.why.iter().map(SAID).collect::<Vec<_>>(), [
            (Source::User, Allowance::UpTo(1), true),
            (Source::Tenant, Allowance::UpTo(0), false),
            (Source::Plan, Allowance::Unlimited, false),
            (Source::Usual, Allowance::UpTo(0), false),
        ]);
        assert_eq!(over.why[2].plan.as_deref(), Some("starter"));
        let mut tx = hall.tx().await;
        let unknown = meters::set_plan(&mut tx, &hall.context, &METERS, "gold").await;
        assert_eq!(unknown.unwrap_err().code(), "plan_unknown");
    }

    async fn what_is_limited_is_refused_beyond_it_until_the_next_month(db: TestDatabase) {
        let hall = Hall::of(&db);
        hall.plan("starter").await;
        for key in ["a", "b", "b", "c", "c"] {
            hall.spend(key).await.unwrap();
            // Counted or not, it is the same.
            hall.pass(COUNT_SECONDS / 2).await;
        }
        let refused = hall.spend("d").await.unwrap_err();
        assert_eq!((refused.code(), refused.to_string().as_str()), (
            "limit_reached",
            "imports: 3 of 3 were used this month, so no 1 more; it begins anew on \
             2026-04-01T00:00:00Z",
        ));
        hall.spend("a").await.unwrap();
        let stands = entitlement(&hall, &IMPORTS, None).await;
        assert_eq!((stands.used, stands.allowance), (Some(3), Allowance::UpTo(3)));
        assert_eq!(stands.resets_at.unwrap().to_string(), "2026-04-01T00:00:00Z");
        db.clock.advance_seconds(86_400);
        hall.spend("d").await.unwrap();
        assert_eq!(entitlement(&hall, &IMPORTS, None).await.used, Some(1));
    }

    async fn of_two_who_take_the_last_one_at_once_one_does(db: TestDatabase) {
        let hall = Hall::of(&db);
        hall.plan("starter").await;
        hall.spend("a").await.unwrap();
        hall.spend("b").await.unwrap();
        let (one, other) = join(hall.spend("c"), hall.spend("d")).await;
        assert_eq!([one.is_ok(), other.is_ok()].iter().filter(|done| **done).count(), 1);
    }

    async fn without_a_limit_nothing_is_refused(db: TestDatabase) {
        let hall = Hall::of(&db);
        for number in 0..5 {
            hall.spend(&number.to_string()).await.unwrap();
        }
        let stands = entitlement(&hall, &IMPORTS, None).await;
        assert_eq!((stands.used, stands.allowance), (Some(5), Allowance::Unlimited));
    }
}
