//! Import of rates: what is added, what is known, what an event says of it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod samples;

use kernel::{CommodityCode, ErrorKind, Problematic};
use markets::{ImportedRates, MarketsError, RateFormat, import_common, import_tenant};
use samples::{EXCERPT, MNT, ask, code, common, date, file, legs, plain, query};
use storage::log::Envelope;
use storage::{Level, Mode};
use testing::{Cell, TestDatabase};

/// The bodies of the events that were emitted, those of rates only, in order.
async fn events(db: &TestDatabase) -> Vec<serde_json::Value> {
    let raw = db.raw().await;
    let mut bodies = Vec::new();
    for row in raw.rows("SELECT body FROM log_inbox ORDER BY ord").await {
        let [Cell::Bytes(bytes)] = row.as_slice() else { panic!("{row:?}") };
        let envelope = Envelope::from_bytes(bytes).unwrap();
        assert_eq!((envelope.kind.as_str(), envelope.version), ("markets.rates.imported", 1));
        bodies.push(envelope.body);
    }
    bodies
}

async fn rows_of(db: &TestDatabase, table: &str) -> i64 {
    let raw = db.raw().await;
    match raw.rows(&format!("SELECT count(*) FROM {table}")).await.as_slice() {
        [row] => match row.as_slice() {
            [Cell::Number(count)] => *count,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn numbers(imported: &ImportedRates) -> (u64, u64, u64) {
    (imported.added, imported.corrected, imported.known)
}

testing::both_databases! {
    modules = [markets::MODULE];

    async fn a_file_is_added_once(db: TestDatabase) {
        let context = common(&db);
        let first = import_common(&db.database, &context, file(EXCERPT)).await.unwrap();
        assert_eq!(numbers(&first), (1885, 0, 0));
        assert_eq!(first.format, RateFormat::EcbCsv);
        assert_eq!((first.first, first.last), (date("2026-08-03"), date("2026-10-30")));
        assert_eq!(first.currencies.len(), 30, "29 and the euro");
        assert!(first.currencies.contains(&code("JPY")));

        let second = import_common(&db.database, &context, file(EXCERPT)).await.unwrap();
        assert_eq!(numbers(&second), (0, 0, 1885));
        assert_eq!(rows_of(&db, "markets_rate").await, 1885);
        assert_eq!(rows_of(&db, "markets_pair").await, 29);

        // What brought nothing is no event.
        let [event] = events(&db).await.try_into().unwrap();
        assert_eq!(event["scope"], "common");
        assert_eq!(event["format"], "ecb_csv");
        assert_eq!(event["sources"], serde_json::json!(["ecb"]));
        assert_eq!((&event["added"], &event["known"]), (&1885.into(), &0.into()));
        assert_eq!(event["first"], "2026-08-03");
        assert_eq!(event["last"], "2026-10-30");
        assert_eq!(event["currencies"].as_array().unwrap().len(), 30);
    }

    async fn an_overlapping_file_adds_what_is_new(db: TestDatabase) {
        let context = common(&db);
        let lines: Vec<&str> = EXCERPT.lines().collect();
        let older = [&lines[..1], &lines[11..]].concat().join("\n");
        let newer = lines[..21].join("\n");
        let first = import_common(&db.database, &context, file(&older)).await.unwrap();
        let second = import_common(&db.database, &context, file(&newer)).await.unwrap();
        assert_eq!((numbers(&first), numbers(&second)), ((55 * 29, 0, 0), (10 * 29, 0, 10 * 29)));
        let whole = import_common(&db.database, &context, file(EXCERPT)).await.unwrap();
        assert_eq!(numbers(&whole), (0, 0, 1885));
    }

    async fn a_long_file_goes_in_by_parts_and_is_told_of_once(db: TestDatabase) {
        let context = common(&db);
        let mut rows = Vec::new();
        for day in 0..2_500 {
            let date = kernel::time::date_from_days(15_000 + day).unwrap();
            rows.push(format!("{date},1.{},2.{day},3.{day},4.{day},5.{day},", day + 1));
        }
        let text = format!("Date,USD,JPY,AUD,CHF,GBP,\n{}\n", rows.join("\n"));
        let imported = import_common(&db.database, &context, file(&text)).await.unwrap();
        assert_eq!(numbers(&imported), (12_500, 0, 0));
        assert_eq!(rows_of(&db, "markets_rate").await, 12_500);
        let [event] = events(&db).await.try_into().unwrap();
        assert_eq!(event["added"], 12_500);
    }

    async fn a_correction_is_a_new_row(db: TestDatabase) {
        let context = common(&db);
        import_common(&db.database, &context, file(EXCERPT)).await.unwrap();
        let before = db.clock.clone();
        let known_then = kernel::Clock::now(&*before);
        db.clock.advance_seconds(60);
        let corrected = EXCERPT.replace("2026-10-30,1.1172,", "2026-10-30,1.1173,");
        let imported = import_common(&db.database, &context, file(&corrected)).await.unwrap();
        assert_eq!(numbers(&imported), (1, 1, 1884));
        assert_eq!(rows_of(&db, "markets_rate").await, 1886);

        let tenant = db.new_tenant();
        let mut tx = db.database.begin(Level::Tenant(tenant), Mode::Read).await.unwrap();
        let asked = query("EUR", "USD", "2026-11-01");
        let then = markets::rate(&mut tx, &asked, Some(known_then)).await.unwrap();
        let now = markets::rate(&mut tx, &asked, None).await.unwrap();
        assert_eq!(legs(&then), ["* EUR/USD 1.1172 2026-10-30 ecb reference common"]);
        assert_eq!(legs(&now), ["* EUR/USD 1.1173 2026-10-30 ecb reference common"]);
        assert_eq!((then.legs[0].rate.revision, now.legs[0].rate.revision), (0, 1));
        assert_eq!(then.legs[0].rate.recorded, known_then);
        let earlier = known_then.plus_seconds(-1);
        let unknown = markets::rate(&mut tx, &asked, Some(earlier)).await.unwrap_err();
        assert_eq!(unknown.code(), "rate_missing");
    }

    async fn corrections_count_in_their_order_though_the_clock_stands_still(db: TestDatabase) {
        let context = common(&db);
        let tenant = db.new_tenant();
        for (rate, numbered) in [("3.10", (1, 0, 0)), ("3.20", (1, 1, 0)), ("3.1", (1, 1, 0))] {
            let row = format!("2026-03-30,USD,MNT,{rate},example,made_up");
            let imported = import_common(&db.database, &context, plain(&[&row])).await.unwrap();
            assert_eq!(numbers(&imported), numbered, "{rate}");
        }
        // Put back, as after a wrong setting: what is corrected stays corrected, and no correction
        // was known before what it corrects.
        let known_then = db.env.now();
        db.clock.advance_seconds(-3_600);
        let row = "2026-03-30,USD,MNT,3.1,example,reference";
        let imported = import_common(&db.database, &context, plain(&[row])).await.unwrap();
        assert_eq!(numbers(&imported), (1, 1, 0), "another kind is a correction");
        let found = ask(&db, tenant, &query("USD", "MNT", "2026-03-31")).await.unwrap();
        assert_eq!(legs(&found), ["* USD/MNT 3.1 2026-03-30 example reference common"]);
        assert_eq!(found.legs[0].rate.revision, 3);
        assert_eq!(found.legs[0].rate.recorded, known_then);
    }

    async fn a_file_with_a_fault_adds_nothing(db: TestDatabase) {
        let context = common(&db);
        let faulty = EXCERPT.replace("2026-08-03,1.1535,", "2026-08-03,-1.1535,");
        let refused = import_common(&db.database, &context, file(&faulty)).await.unwrap_err();
        assert_eq!((refused.code(), refused.kind()), ("rates_file_faulty", ErrorKind::Invalid));
        let problem = refused.problem();
        assert_eq!(problem.fields[0].field, "line 66: USD");
        assert_eq!(
            problem.detail,
            "rates.csv is no sound file of rates: line 66, USD: found \"-1.1535\", expected a \
             decimal number above zero, such as 1.1172"
        );
        assert_eq!(rows_of(&db, "markets_rate").await, 0);
        assert_eq!(events(&db).await.len(), 0);
    }

    async fn a_tenants_rates_are_its_own(db: TestDatabase) {
        let (one, other) = (db.new_tenant(), db.new_tenant());
        let imported = import_tenant(&db.database, &db.context(one), file(MNT)).await.unwrap();
        assert_eq!(numbers(&imported), (5, 0, 0));
        let again = import_tenant(&db.database, &db.context(one), file(MNT)).await.unwrap();
        assert_eq!(numbers(&again), (0, 0, 5));
        let asked = query("MNT", "USD", "2026-10-31");
        let found = ask(&db, one, &asked).await.unwrap();
        assert_eq!(legs(&found), ["/ USD/MNT 3573.08 2026-10-30 example made_up own"]);
        assert!(found.is_made_up());
        assert_eq!(ask(&db, other, &asked).await.unwrap_err().code(), "rate_missing");

        // The other's are its own as well, under the same keys.
        let imported = import_tenant(&db.database, &db.context(other), file(MNT)).await.unwrap();
        assert_eq!(numbers(&imported), (5, 0, 0));
        assert_eq!(rows_of(&db, "markets_tenant_rate").await, 10);
        let scopes: Vec<_> = events(&db).await.iter().map(|body| body["scope"].clone()).collect();
        assert_eq!(scopes, ["own", "own"]);

        let nobodys = import_tenant(&db.database, &common(&db), file(MNT)).await;
        assert!(matches!(nobodys, Err(MarketsError::NoTenant)), "{nobodys:?}");
    }

    async fn imports_at_the_same_time_add_each_rate_once(db: TestDatabase) {
        let context = common(&db);
        let import = || import_common(&db.database, &context, file(EXCERPT));
        let (one, two, three) = tokio::join!(import(), import(), import());
        let imports = [one.unwrap(), two.unwrap(), three.unwrap()];
        assert_eq!(imports.iter().map(|import| import.added).sum::<u64>(), 1885);
        assert!(imports.iter().all(|import| import.added + import.known == 1885));
        assert!(imports.iter().all(|import| import.corrected == 0));
        assert_eq!(rows_of(&db, "markets_rate").await, 1885);
        assert_eq!(events(&db).await.len(), 1);
    }

    async fn rows_are_never_changed(db: TestDatabase) {
        import_common(&db.database, &common(&db), file(EXCERPT)).await.unwrap();
        if db.dialect() == storage::Dialect::Sqlite {
            let raw = db.raw().await;
            for sql in ["UPDATE markets_rate SET rate = '1'", "DELETE FROM markets_rate"] {
                let refused = raw.try_run(sql).await.unwrap_err();
                assert!(refused.contains("markets_rate is append-only"), "{refused}");
            }
        }
        let raw = db.raw().await;
        let role = "SET ROLE florin_app; UPDATE markets_rate SET rate = '1'";
        if db.dialect() == storage::Dialect::Postgres {
            let refused = raw.try_run(role).await.unwrap_err();
            assert!(refused.contains("permission denied"), "{refused}");
        }
    }

    async fn there_may_be_only_so_many_pairs(db: TestDatabase) {
        let codes: Vec<CommodityCode> = kernel::iso4217::CURRENCIES
            .iter()
            .map(|currency| code(currency.code))
            .take(46)
            .collect();
        let mut pairs = Vec::new();
        for (index, base) in codes.iter().enumerate() {
            for quote in &codes[index + 1..] {
                pairs.push(format!("2026-10-30,{base},{quote},2,example,made_up"));
            }
        }
        let pairs: Vec<&str> = pairs.iter().map(String::as_str).collect();
        let tenant = db.context(db.new_tenant());
        import_tenant(&db.database, &tenant, plain(&pairs[..1_000])).await.unwrap();
        import_tenant(&db.database, &tenant, plain(&pairs[..10])).await.unwrap();
        let refused = import_tenant(&db.database, &tenant, plain(&pairs[1_000..1_001])).await;
        assert_eq!(refused.unwrap_err().code(), "pairs_too_many");
        // The worst graph that there can be is still searched at once.
        let found = ask(&db, tenant.tenant, &query("AED", "BND", "2026-10-30")).await.unwrap();
        assert_eq!(found.legs.len(), 1);
    }
}
