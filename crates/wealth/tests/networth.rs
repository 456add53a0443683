//! Net worth through the public face, on both databases. The expected figures were computed apart,
//! with exact fractions.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod family;

use family::{Family, balance, code, currency, date, figures, money, new_asset, price, unit};
use kernel::Problematic as _;
use testing::TestDatabase;
use wealth::{AssetType, NetWorthQuery, Part, Stated, WealthError};

fn text<K: std::fmt::Debug>(parts: &[Part<K>]) -> Vec<String> {
    let text = |part: &Part<K>| format!("{:?} {} of {}", part.key, part.value, part.assets);
    parts.iter().map(text).collect()
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, cases::MODULE, meters::MODULE, markets::MODULE, wealth::MODULE,
    ];

    async fn what_a_family_is_worth_on_its_days(db: TestDatabase) {
        let family = Family::of(&db).await;
        let assets = family.settle(&db).await;
        family.state(assets.loan, "2026-03-31", Stated::Balance(money("598000.50 AUD"))).await;
        family.state(assets.house, "2026-03-31", Stated::Value(money("1020000.00 AUD"))).await;
        let cases: &[(&str, &str, &[&str])] = &[
            ("AUD", "2023-05-14", &["total 0.00 AUD"]),
            ("AUD", "2024-06-28", &[
                "Apartment 199670.26", "House 950000.00", "Loan -610000.00", "total 539670.26 AUD",
            ]),
            ("AUD", "2026-01-02", &[
                "Apartment 189674.39", "House 950000.00", "Loan -610000.00", "Everyday 12345.67",
                "Bitcoin 18670.93", "total 560690.99 AUD",
            ]),
            ("AUD", "2026-03-31", &[
                "Apartment 183072.69", "House 1020000.00", "Loan -598000.50", "Everyday 12345.67",
                "Bitcoin 18670.93", "total 636088.79 AUD",
            ]),
            ("USD", "2026-03-31", &[
                "Apartment 125965.74", "House 701825.35", "Loan -411462.66", "Everyday 8494.61",
                "Bitcoin 12846.80", "total 437669.84 USD",
            ]),
            ("EUR", "2026-03-31", &[
                "Apartment 109421.25", "House 609646.76", "Loan -357420.66", "Everyday 7378.92",
                "Bitcoin 11159.48", "total 380185.75 EUR",
            ]),
        ];
        for (code, day, expected) in cases {
            assert_eq!(figures(&family.worth(code, day).await), *expected, "{code} {day}");
        }
    }

    async fn each_figure_names_its_price_and_rates(db: TestDatabase) {
        let family = Family::of(&db).await;
        family.settle(&db).await;
        let worth = family.worth("AUD", "2026-01-02").await;
        let shown: Vec<String> = worth.assets.iter().map(|valued| {
            let price = valued.price.as_ref().map(|price| {
                format!(" {} {} {} {} {}", price.price, price.currency, price.date, price.source,
                    price.kind)
            });
            let legs = valued.rate.iter().flat_map(|rate| &rate.legs).map(|leg| {
                let rate = &leg.rate;
                format!(" {}{}/{} {} {}", if leg.inverse { "1/" } else { "" }, rate.base,
                    rate.quote, rate.date, rate.source)
            });
            let age = valued.rate.as_ref().map(|rate| format!(" {} d", rate.age_days()));
            let parts = price.into_iter().chain(legs).chain(age).collect::<String>();
            format!("{}{parts}", valued.native)
        }).collect();
        assert_eq!(shown, [
            "450000000.00 MNT 450000000.00 MNT 2023-05-15 own valuation 1/USD/MNT 2025-12-31 \
             mongolbank 1/EUR/USD 2025-12-31 ecb EUR/AUD 2025-12-31 ecb 2 d",
            "950000.00 AUD 950000.00 AUD 2024-06-28 own valuation 0 d",
            "-610000.00 AUD 0 d",
            "12345.67 AUD 0 d",
            "18670.93 AUD 151234.56 AUD 2025-12-31 own valuation 0 d",
        ]);
    }

    async fn what_is_recorded_later_was_not_known_before(db: TestDatabase) {
        let family = Family::of(&db).await;
        let assets = family.settle(&db).await;
        let before = family.context.now();
        let then = family.worth("AUD", "2026-03-31").await;
        db.clock.advance_seconds(3_600);
        family.state(assets.house, "2026-03-31", Stated::Value(money("1020000 AUD"))).await;
        family.state(assets.loan, "2026-02-28", Stated::Balance(money("600000 AUD"))).await;
        let half = Stated::Quantity {
            quantity: Some(family::decimal("0.05")), price: Some(price("99999.5 AUD")),
        };
        family.state(assets.bitcoin, "2026-03-01", half).await;
        family.dispose(assets.account, "2026-03-15").await.unwrap();
        family.rates(&db, "", "2026-03-31,EUR,AUD,1.7,ecb\n").await;
        family.add("cash AU Till 2020-01-01", balance("5 AUD")).await;
        let now = family.worth("AUD", "2026-03-31").await;
        assert_eq!(figures(&now), [
            "Apartment 186016.12", "House 1020000.00", "Loan -600000.00", "Bitcoin 4999.98",
            "Till 5.00", "total 611021.10 AUD",
        ]);
        let known = family.worth_known_at("AUD", "2026-03-31", before).await.unwrap();
        assert_eq!(figures(&known), figures(&then));
        let later = family.context.now();
        assert_eq!(family.worth_known_at("AUD", "2026-03-31", later).await.unwrap(), now);
        let first = family.worth_known_at("AUD", "2026-03-31", before.plus_seconds(-86_400));
        assert_eq!(figures(&first.await.unwrap()), ["total 0.00 AUD"]);
    }

    async fn a_disposal_leaves_the_past_alone(db: TestDatabase) {
        let family = Family::of(&db).await;
        let assets = family.settle(&db).await;
        let days = ["2024-06-28", "2026-01-02", "2026-03-31"];
        let mut before = Vec::new();
        for day in days {
            before.push(family.worth("AUD", day).await.total);
        }
        for id in [assets.house, assets.loan, assets.apartment, assets.account, assets.bitcoin] {
            family.dispose(id, "2026-03-31").await.unwrap();
        }
        for (day, total) in days.iter().zip(&before).take(2) {
            assert_eq!(family.worth("AUD", day).await.total, *total, "{day}");
        }
        assert_eq!(figures(&family.worth("AUD", "2026-03-31").await), ["total 0.00 AUD"]);
    }

    async fn what_cannot_be_told_is_an_error_that_names_the_asset(db: TestDatabase) {
        let family = Family::of(&db).await;
        let assets = family.settle(&db).await;
        let ask = |code: &str, day: &str| NetWorthQuery::new(currency(code), date(day));
        let check = async |query: NetWorthQuery, expected: &str, asset| {
            let error = family.try_worth(&query).await.unwrap_err();
            assert_eq!(error.code(), expected, "{error}");
            assert!(error.to_string().contains(&format!("{asset}")), "{error}");
        };
        check(ask("AUD", "2023-06-01"), "rate_missing", assets.apartment).await;
        check(ask("AUD", "2026-01-10"), "rate_too_old", assets.apartment).await;
        let too_old =
            NetWorthQuery { price_age_days_max: Some(1_000), ..ask("AUD", "2026-03-31") };
        check(too_old, "price_too_old", assets.apartment).await;
        check(ask("CHF", "2026-03-31"), "rate_missing", assets.apartment).await;
        let patient = NetWorthQuery { rate_age_days_max: 10, ..ask("AUD", "2026-01-10") };
        family.try_worth(&patient).await.unwrap();
        // What is empty is worth nothing at any rate.
        family.dispose(assets.apartment, "2023-06-01").await.unwrap();
        family.add("cash MN Safe 2023-06-01", balance("0 MNT")).await;
        let worth = family.worth("AUD", "2023-06-02").await;
        assert_eq!(figures(&worth), ["Safe 0.00", "total 0.00 AUD"]);
    }

    async fn a_question_breaks_no_rule(db: TestDatabase) {
        let family = Family::of(&db).await;
        let btc = NetWorthQuery::new(currency("BTC"), date("2026-03-31"));
        let early = NetWorthQuery::new(currency("AUD"), date("1800-01-01"));
        assert_eq!(family::faults(family.try_worth(&btc).await), ["currency currency"]);
        assert_eq!(family::faults(family.try_worth(&early).await), ["as_of out_of_range"]);
    }

    async fn a_summary_has_parts_that_add_up(db: TestDatabase) {
        let family = Family::of(&db).await;
        family.settle(&db).await;
        db.clock.advance_seconds(1);
        let car = new_asset("vehicle MN Car 2026-01-01", unit("20000000 MNT"));
        let car = wealth::NewAsset { owner: Some(" Saraa ".to_owned()), ..car };
        family.wealth.add_asset(&family.context, &car).await.unwrap();
        let query = NetWorthQuery::new(currency("AUD"), date("2026-03-31"));
        let summary = family.wealth.summary(&family.context, &query).await.unwrap();
        assert_eq!(summary.net_worth, family.worth("AUD", "2026-03-31").await);
        assert_eq!(text(&summary.by_type), [
            "Cash 12345.67 AUD of 1", "Property 1133072.69 AUD of 2", "Vehicle 8136.56 AUD of 1",
            "Crypto 18670.93 AUD of 1", "Debt -610000.00 AUD of 1",
        ]);
        assert_eq!(text(&summary.by_country), [
            "AU 371016.60 AUD of 4", "MN 191209.25 AUD of 2",
        ]);
        assert_eq!(text(&summary.by_owner), [
            "None 554089.29 AUD of 5", "Some(\"Saraa\") 8136.56 AUD of 1",
        ]);
        let sums = [
            summary.by_type.iter().map(|part| part.value.amount.minor()).sum::<i128>(),
            summary.by_country.iter().map(|part| part.value.amount.minor()).sum(),
            summary.by_owner.iter().map(|part| part.value.amount.minor()).sum(),
        ];
        assert_eq!(sums, [summary.net_worth.total.amount.minor(); 3]);
        assert_eq!(summary.by_type[4].key, AssetType::Debt);
    }

    async fn families_do_not_see_each_other(db: TestDatabase) {
        let family = Family::of(&db).await;
        let assets = family.settle(&db).await;
        let other = Family::another(&db, &family.ledger).await;
        assert_eq!(figures(&other.worth("AUD", "2026-03-31").await), ["total 0.00 AUD"]);
        let unknown = other.wealth.asset(&other.context, assets.house).await;
        let house = assets.house;
        assert!(matches!(unknown, Err(WealthError::AssetUnknown { asset }) if asset == house));
        let value = Stated::Value(money("1 AUD"));
        assert_eq!(code(other.try_state(assets.house, "2026-03-31", value).await), "asset_unknown");
        assert_eq!(code(other.dispose(assets.house, "2026-03-31").await), "asset_unknown");
        let nobody = db.context(db.new_tenant());
        let query = NetWorthQuery::new(currency("AUD"), date("2026-03-31"));
        assert_eq!(code(family.wealth.net_worth(&nobody, &query).await), "no_book");
        assert_eq!(family.worth("AUD", "2026-03-31").await.total, money("554089.29 AUD"));
    }
}
