//! A large change of what the family is worth is told.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod family;

use family::{Family, balance, date, money};
use jobs::{Worker, WorkerLimits};
use kernel::PageRequest;
use notices::{Language, Notices, Preferences, Reader};
use storage::{Level, Mode, Tx};
use testing::TestDatabase;
use wealth::{Stated, WatchWorth};

/// The titles of what the family was told, the latest first.
async fn told(db: &TestDatabase, family: &Family) -> Vec<String> {
    let own = vault::own_party(family.context.tenant);
    let reader = Reader { id: own.uuid(), own, household: None };
    let level = Level::Tenant(family.context.tenant);
    let mut tx = db.database.begin(level, Mode::Read).await.unwrap();
    let page = PageRequest::new(None, None, 0).unwrap();
    let service = Notices::new(&[wealth::NOTICES]);
    let who = (&reader, Language::En);
    let found = notices::notices(&mut tx, &service, who, (false, &page)).await.unwrap();
    found.items.into_iter().filter_map(|read| read.title).collect()
}

async fn write(db: &TestDatabase, family: &Family) -> Tx {
    db.database.begin(Level::Tenant(family.context.tenant), Mode::Write).await.unwrap()
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, cases::MODULE, meters::MODULE, markets::MODULE, wealth::MODULE,
    ];

    /// 1000.00 on 29 March, 1051.00 on 30 March: 5.1 %, computed by hand.
    async fn a_change_as_large_as_was_chosen_is_told_once(db: TestDatabase) {
        let family = Family::of(&db).await;
        let jar = family.add("cash AU Jar 2026-01-01", balance("1000.00 AUD")).await;
        family.state(jar.id, "2026-03-30", Stated::Balance(money("1051.00 AUD"))).await;
        let worker = || {
            Worker::new(db.database.clone(), "test", WorkerLimits::default())
                .with(WatchWorth(family.wealth.clone()))
        };
        // The clock shows 31 March, 10:30; the family is compared at six o'clock.
        for (day, expected) in [
            ("2026-03-31T06:59:00Z", vec!["Your net worth changed by AUD\u{a0}51.00 (5.1%)"]),
            ("2026-04-01T06:59:00Z", vec!["Your net worth changed by AUD\u{a0}51.00 (5.1%)"]),
        ] {
            db.clock.set(day.parse().unwrap());
            let mut tx = write(&db, &family).await;
            jobs::run_schedule(&mut tx, &family.context, "wealth.compare_worth").await.unwrap();
            tx.commit().await.unwrap();
            worker().step().await.unwrap();
            assert_eq!(told(&db, &family).await, expected, "{day}");
        }
        // Once more, for the same day: it is told already.
        db.clock.set("2026-03-31T07:30:00Z".parse().unwrap());
        let day = date("2026-03-30");
        let changed = family.wealth.worth_change(&family.context, day).await.unwrap().unwrap();
        assert_eq!(changed.basis_points, 510);
        let mut tx = write(&db, &family).await;
        wealth::tell_worth_change(&mut tx, &family.context, &changed).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(told(&db, &family).await.len(), 1);
        // Whoever wants to hear of larger changes only, or of none.
        for (least, is_told) in [(510, true), (511, false), (0, false)] {
            let mut tx = write(&db, &family).await;
            let own = vault::own_party(family.context.tenant);
            let chosen = Preferences { worth_change_bp: least, ..Preferences::default() };
            notices::put_preferences(&mut tx, &family.context, own, &chosen).await.unwrap();
            tx.commit().await.unwrap();
            let changed = family.wealth.worth_change(&family.context, day).await.unwrap();
            assert_eq!(changed.is_some(), is_told, "{least}");
        }
    }
}
