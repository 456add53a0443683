//! Rates as they are asked for: across weekends, over the euro, from a tenant's own, for many days
//! at once.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod samples;

use std::collections::BTreeSet;

use kernel::{Amount, Commodity, ErrorKind, Money, Problematic, Rounding, time};
use markets::{MarketsError, RateTable, import_common, import_tenant};
use samples::{EXCERPT, MNT, ask, code, common, date, file, legs, plain, query};
use storage::{Level, Mode};
use testing::TestDatabase;

fn well_known(code: &str) -> Commodity {
    Commodity::well_known(code).unwrap()
}

testing::both_databases! {
    modules = [markets::MODULE];

    async fn fridays_rates_hold_over_the_weekend(db: TestDatabase) {
        import_common(&db.database, &common(&db), file(EXCERPT)).await.unwrap();
        let tenant = db.new_tenant();
        // 2026-10-30 is a Friday; grep '^2026-10-30' shows AUD 1.5904 and JPY 175.68.
        for (day, age_days) in [("2026-10-30", 0), ("2026-10-31", 1), ("2026-11-01", 2)] {
            let found = ask(&db, tenant, &query("AUD", "JPY", day)).await.unwrap();
            assert_eq!(legs(&found), [
                "/ EUR/AUD 1.5904 2026-10-30 ecb reference common",
                "* EUR/JPY 175.68 2026-10-30 ecb reference common",
            ]);
            assert_eq!(found.age_days(), age_days);
            // python3 decimal: 175.68 / 1.5904 = 110.46277665995975855130784708…
            let factor = found.factor().unwrap();
            let shown = factor.to_decimal(20, Rounding::HalfEven).unwrap();
            assert_eq!(shown.to_string(), "110.46277665995975855131");
            let yen = found.convert(
                Money::parse("100.00", "AUD").unwrap(), well_known("JPY"), Rounding::HalfEven,
            );
            assert_eq!(yen.unwrap().to_string(), "11046 JPY");
        }
        // The Thursday before has its own: 1.5842 and 1.113; 1.5842 / 1.113 = 1.42336028…
        let found = ask(&db, tenant, &query("USD", "AUD", "2026-10-29")).await.unwrap();
        let dollars = Money::parse("1000.00", "USD").unwrap();
        let converted = found.convert(dollars, well_known("AUD"), Rounding::HalfEven).unwrap();
        assert_eq!(converted.to_string(), "1423.36 AUD");
    }

    async fn a_currency_to_itself_is_one_for_one(db: TestDatabase) {
        let tenant = db.new_tenant();
        let found = ask(&db, tenant, &query("MNT", "MNT", "2026-10-30")).await.unwrap();
        assert_eq!((found.legs.len(), found.age_days()), (0, 0));
        let money = Money::parse("-12.34", "MNT").unwrap();
        assert_eq!(found.convert(money, well_known("MNT"), Rounding::Down).unwrap(), money);
    }

    async fn old_rates_are_an_error_unless_asked_for(db: TestDatabase) {
        import_common(&db.database, &common(&db), file(EXCERPT)).await.unwrap();
        let tenant = db.new_tenant();
        let a_week_later = query("AUD", "JPY", "2026-11-06");
        assert_eq!(ask(&db, tenant, &a_week_later).await.unwrap().age_days(), 7);
        let later = query("AUD", "JPY", "2026-11-07");
        let refused = ask(&db, tenant, &later).await.unwrap_err();
        assert_eq!((refused.code(), refused.kind()), ("rate_too_old", ErrorKind::Refused));
        assert_eq!(
            refused.to_string(),
            "the last known rate from AUD to JPY on 2026-11-07 rests on 1 EUR = 1.5904 AUD of \
             2026-10-30 (ecb), which is 8 days old; 7 are allowed"
        );
        let found = ask(&db, tenant, &later.with_age_days_max(8)).await.unwrap();
        assert_eq!(found.age_days(), 8);
        let strict = query("AUD", "JPY", "2026-10-31").with_age_days_max(0);
        assert_eq!(ask(&db, tenant, &strict).await.unwrap_err().code(), "rate_too_old");

        for missing in [query("AUD", "JPY", "2026-08-02"), query("AUD", "MNT", "2026-10-30")] {
            let refused = ask(&db, tenant, &missing).await.unwrap_err();
            assert_eq!((refused.code(), refused.kind()), ("rate_missing", ErrorKind::Refused));
        }
    }

    async fn own_and_common_rates_join_in_three_legs(db: TestDatabase) {
        import_common(&db.database, &common(&db), file(EXCERPT)).await.unwrap();
        let tenant = db.new_tenant();
        import_tenant(&db.database, &db.context(tenant), file(MNT)).await.unwrap();
        let found = ask(&db, tenant, &query("AUD", "MNT", "2026-10-31")).await.unwrap();
        assert_eq!(legs(&found), [
            "/ EUR/AUD 1.5904 2026-10-30 ecb reference common",
            "* EUR/USD 1.1172 2026-10-30 ecb reference common",
            "* USD/MNT 3573.08 2026-10-30 example made_up own",
        ]);
        // python3 decimal: 250.50 * 1.1172 * 3573.08 / 1.5904 = 628745.70327467…
        let money = Money::parse("250.50", "AUD").unwrap();
        let converted = found.convert(money, well_known("MNT"), Rounding::HalfEven).unwrap();
        assert_eq!(converted.to_string(), "628745.70 MNT");

        let back = ask(&db, tenant, &query("MNT", "AUD", "2026-10-31")).await.unwrap();
        let turned: Vec<_> = found.legs.iter().rev().map(|leg| (&leg.rate, !leg.inverse)).collect();
        let way_back: Vec<_> = back.legs.iter().map(|leg| (&leg.rate, leg.inverse)).collect();
        assert_eq!(way_back, turned);

        let other = Money::parse("1.00", "EUR").unwrap();
        let refused = found.convert(other, well_known("MNT"), Rounding::HalfEven);
        assert!(matches!(refused, Err(MarketsError::OtherCommodity { .. })), "{refused:?}");
    }

    async fn own_rates_come_first_while_they_are_fresh(db: TestDatabase) {
        import_common(&db.database, &common(&db), file(EXCERPT)).await.unwrap();
        let tenant = db.new_tenant();
        let own = plain(&["2026-10-20,EUR,AUD,1.6,broker,market"]);
        import_tenant(&db.database, &db.context(tenant), own).await.unwrap();
        let leg = async |day: &str| {
            let found = ask(&db, tenant, &query("EUR", "AUD", day).with_age_days_max(30)).await;
            legs(&found.unwrap()).join("")
        };
        // EUR/AUD of 2026-10-19, 2026-10-27 and 2026-10-28 in the file: 1.6068, 1.5856, 1.583.
        assert!(leg("2026-10-20").await.starts_with("* EUR/AUD 1.6 2026-10-20 broker market own"));
        assert!(leg("2026-10-27").await.starts_with("* EUR/AUD 1.6 2026-10-20 broker market own"));
        assert!(leg("2026-10-28").await.starts_with("* EUR/AUD 1.583 2026-10-28 ecb"));
    }

    async fn fewer_legs_come_first_but_not_when_they_are_old(db: TestDatabase) {
        import_common(&db.database, &common(&db), file(EXCERPT)).await.unwrap();
        let tenant = db.new_tenant();
        let direct = plain(&["2026-10-20,JPY,AUD,0.0091,broker,market"]);
        import_tenant(&db.database, &db.context(tenant), direct).await.unwrap();
        let on = |day: &str| query("AUD", "JPY", day).with_age_days_max(30);
        let fresh = ask(&db, tenant, &on("2026-10-27")).await.unwrap();
        assert_eq!(legs(&fresh), ["/ JPY/AUD 0.0091 2026-10-20 broker market own"]);
        let old = ask(&db, tenant, &on("2026-10-28")).await.unwrap();
        assert_eq!(legs(&old), [
            "/ EUR/AUD 1.583 2026-10-28 ecb reference common",
            "* EUR/JPY 175.86 2026-10-28 ecb reference common",
        ]);
        // Where all are old, the freshest is taken, and named where it is too old.
        let late = ask(&db, tenant, &on("2026-11-20")).await.unwrap();
        assert_eq!((late.legs.len(), late.age_days()), (2, 21));
        let refused = ask(&db, tenant, &query("AUD", "JPY", "2026-11-20")).await.unwrap_err();
        assert!(refused.to_string().contains("EUR = 1.5904 AUD of 2026-10-30"), "{refused}");
    }

    async fn of_several_sources_of_a_day_the_better_kind_counts(db: TestDatabase) {
        let tenant = db.new_tenant();
        for row in [
            "2026-10-30,USD,MNT,2,zzz,reference",
            "2026-10-30,USD,MNT,3,aaa,made_up",
            "2026-10-30,MNT,USD,4,bbb,market",
        ] {
            db.clock.advance_seconds(1);
            import_tenant(&db.database, &db.context(tenant), plain(&[row])).await.unwrap();
        }
        let found = ask(&db, tenant, &query("MNT", "USD", "2026-10-30")).await.unwrap();
        assert_eq!(legs(&found), ["/ USD/MNT 2 2026-10-30 zzz reference own"]);
        // Of one kind, what was recorded last.
        db.clock.advance_seconds(1);
        let row = "2026-10-30,MNT,USD,5,bbb,reference";
        import_tenant(&db.database, &db.context(tenant), plain(&[row])).await.unwrap();
        let found = ask(&db, tenant, &query("MNT", "USD", "2026-10-30")).await.unwrap();
        assert_eq!(legs(&found), ["* MNT/USD 5 2026-10-30 bbb reference own"]);
    }

    async fn what_was_not_known_yet_hides_nothing_that_was(db: TestDatabase) {
        let tenant = db.new_tenant();
        let own = ["2026-10-28,USD,MNT,3,example,made_up", "2026-10-30,USD,MNT,4,example,made_up"];
        let all = ["2026-10-28,CNY,MNT,5,example,made_up", "2026-10-30,CNY,MNT,6,example,made_up"];
        let import = async |count: usize| {
            let context = db.context(tenant);
            import_tenant(&db.database, &context, plain(&own[..count])).await.unwrap();
            import_common(&db.database, &context, plain(&all[..count])).await.unwrap();
        };
        import(1).await;
        let known_then = db.env.now();
        db.clock.advance_seconds(1);
        import(2).await;
        let mut tx = db.database.begin(Level::Tenant(tenant), Mode::Read).await.unwrap();
        for (base, then, now) in [("USD", "3", "4"), ("CNY", "5", "6")] {
            let asked = query(base, "MNT", "2026-10-31");
            let known = markets::rate(&mut tx, &asked, Some(known_then)).await.unwrap();
            assert_eq!(known.legs[0].rate.rate.to_string(), then);
            let known = markets::rate(&mut tx, &asked, None).await.unwrap();
            assert_eq!(known.legs[0].rate.rate.to_string(), now);
        }
    }

    async fn a_table_answers_every_day_as_a_single_question_does(db: TestDatabase) {
        import_common(&db.database, &common(&db), file(EXCERPT)).await.unwrap();
        let tenant = db.new_tenant();
        import_tenant(&db.database, &db.context(tenant), file(MNT)).await.unwrap();
        let known_then = db.env.now();
        db.clock.advance_seconds(60);
        let late = EXCERPT.replace("2026-10-30,1.1172,", "2026-10-30,1.2,");
        import_common(&db.database, &common(&db), file(&late)).await.unwrap();

        let currencies = ["AUD", "MNT", "USD", "XAF"].map(code);
        let set = BTreeSet::from(currencies);
        let mut tx = db.database.begin(Level::Tenant(tenant), Mode::Read).await.unwrap();
        // From before the first rate to after the last.
        let (first, last) = (date("2026-07-30"), date("2026-11-10"));
        for known_at in [None, Some(known_then)] {
            let table = RateTable::load(&mut tx, &set, (first, last), known_at).await.unwrap();
            let (mut found, mut refused) = (0, 0);
            for day in time::days_since_epoch(first)..=time::days_since_epoch(last) {
                let day = time::date_from_days(day).unwrap();
                for (from, to) in currencies.iter().zip(currencies.iter().cycle().skip(1)) {
                    let query = markets::RateQuery::new(*from, *to, day);
                    let single = markets::rate(&mut tx, &query, known_at).await;
                    match (table.rate(&query), single) {
                        (Ok(one), Ok(other)) => {
                            assert_eq!(one, other);
                            found += 1;
                        }
                        (Err(one), Err(other)) => {
                            assert_eq!(one.to_string(), other.to_string());
                            refused += 1;
                        }
                        other => panic!("{query:?}: {other:?}"),
                    }
                }
            }
            // 104 days with 4 questions each: AUD-MNT and MNT-USD have an answer from 2026-10-26 to
            // 2026-11-06, which are 12 days, and those with XAF never.
            assert_eq!((found, refused), (24, 392));
        }
    }

    async fn a_table_answers_only_what_it_was_loaded_for(db: TestDatabase) {
        import_common(&db.database, &common(&db), file(EXCERPT)).await.unwrap();
        let mut tx = db.database.begin(Level::Common, Mode::Read).await.unwrap();
        let set = BTreeSet::from([code("AUD"), code("USD")]);
        let days = (date("2026-10-01"), date("2026-10-30"));
        let table = RateTable::load(&mut tx, &set, days, None).await.unwrap();
        assert!(table.rate(&query("AUD", "USD", "2026-10-30")).is_ok());
        assert!(table.rate(&query("JPY", "JPY", "2026-10-30")).is_ok());
        for outside in [
            query("AUD", "USD", "2026-10-31"),
            query("AUD", "USD", "2026-09-30"),
            query("AUD", "JPY", "2026-10-30"),
        ] {
            let refused = table.rate(&outside);
            assert!(matches!(refused, Err(MarketsError::OutsideTable { .. })), "{refused:?}");
        }
        let long = (date("1900-01-01"), date("2026-10-30"));
        let refused = RateTable::load(&mut tx, &set, long, None).await.unwrap_err();
        assert_eq!(refused.code(), "range_too_large");
    }

    async fn an_amount_that_does_not_fit_is_an_error(db: TestDatabase) {
        import_common(&db.database, &common(&db), file(EXCERPT)).await.unwrap();
        let found = ask(&db, db.new_tenant(), &query("EUR", "IDR", "2026-10-30")).await.unwrap();
        let much = Money::new(Amount::MAX, well_known("EUR"));
        let refused = found.convert(much, well_known("IDR"), Rounding::HalfEven).unwrap_err();
        assert_eq!(refused.code(), "amount_out_of_range");
    }
}
