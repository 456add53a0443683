//! Net worth over time, on both databases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod family;

use family::{Family, balance, currency, date, faults, money};
use kernel::Problematic as _;
use testing::TestDatabase;
use wealth::{
    History, HistoryPoint, HistoryQuery, HistoryStep, NetWorthQuery, PointTotal, Stated,
    WealthError,
};

async fn history(family: &Family, days: (&str, &str), step: HistoryStep) -> History {
    let days = (date(days.0), date(days.1));
    let query = HistoryQuery::new(currency("AUD"), days, step);
    family.wealth.net_worth_history(&family.context, &query).await.unwrap()
}

fn total(point: &HistoryPoint) -> String {
    match &point.total {
        PointTotal::Known(total) => format!("{} {total}", point.date),
        PointTotal::Unknown { code, .. } => format!("{} {code}", point.date),
    }
}

/// What the net worth of the day says, in the words of a point.
async fn asked_alone(family: &Family, point: &HistoryPoint) -> PointTotal {
    let query = NetWorthQuery::new(currency("AUD"), point.date);
    match family.try_worth(&query).await {
        Ok(worth) => PointTotal::Known(worth.total),
        Err(error) => {
            let (WealthError::Unconverted { asset, .. } | WealthError::PriceMissing { asset, .. }) =
                error
            else {
                panic!("{error}");
            };
            PointTotal::Unknown { asset, code: error.code(), detail: error.to_string() }
        }
    }
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, cases::MODULE, meters::MODULE, markets::MODULE, wealth::MODULE,
    ];

    async fn each_point_is_the_net_worth_of_its_day(db: TestDatabase) {
        let family = Family::of(&db).await;
        let assets = family.settle(&db).await;
        family.state(assets.loan, "2026-03-28", Stated::Balance(money("598000.50 AUD"))).await;
        family.state(assets.house, "2025-12-31", Stated::Value(money("1020000.00 AUD"))).await;
        family.dispose(assets.account, "2026-01-03").await.unwrap();
        let mut counts = [0, 0];
        for (days, step, length) in [
            (("2025-12-25", "2026-01-12"), HistoryStep::Day, 19),
            (("2023-05-01", "2026-04-01"), HistoryStep::Week, 153),
            (("2023-05-01", "2026-03-31"), HistoryStep::Month, 35),
        ] {
            let found = history(&family, days, step).await;
            assert_eq!(found.points.len(), length, "{step:?}");
            for point in &found.points {
                assert_eq!(point.total, asked_alone(&family, point).await, "{}", point.date);
                counts[usize::from(matches!(point.total, PointTotal::Known(_)))] += 1;
            }
            assert_eq!(found.points.last().unwrap().date, date(days.1));
        }
        assert!(counts.iter().all(|count| *count > 10), "{counts:?}");
    }

    async fn a_day_without_a_rate_has_no_figure(db: TestDatabase) {
        let family = Family::of(&db).await;
        let dollars = family.add("cash US Dollars 2026-03-01", balance("100 USD")).await;
        let rates = "2026-03-03,EUR,USD,1.1512,ecb\n2026-03-03,EUR,AUD,1.6731,ecb\n";
        family.rates(&db, "", rates).await;
        let found = history(&family, ("2026-02-28", "2026-03-11"), HistoryStep::Day).await;
        let lines: Vec<String> = found.points.iter().map(total).collect();
        assert_eq!((lines[0].as_str(), lines.len()), ("2026-02-28 0.00 AUD", 12));
        assert!(lines[1..3].iter().all(|line| line.ends_with("rate_missing")), "{lines:?}");
        assert!(lines[3..11].iter().all(|line| line.ends_with("145.34 AUD")), "{lines:?}");
        assert_eq!(lines[11], "2026-03-11 rate_too_old");
        let PointTotal::Unknown { asset, detail, .. } = &found.points[11].total else { panic!() };
        assert_eq!(*asset, dollars.id);
        assert!(detail.contains(&dollars.id.to_string()), "{detail}");
    }

    async fn a_history_breaks_no_rule(db: TestDatabase) {
        let family = Family::of(&db).await;
        let days = (date("2026-03-01"), date("2026-02-01"));
        let query = HistoryQuery::new(currency("BTC"), days, HistoryStep::Day);
        let refused = family.wealth.net_worth_history(&family.context, &query).await;
        assert_eq!(faults(refused), ["currency currency", "from after_to"]);
    }
}
