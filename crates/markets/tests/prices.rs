//! Prices of commodities through the public face.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod samples;

use std::collections::BTreeSet;

use kernel::{Commodity, Context, Decimal, Money, Problematic, Rounding, TenantId};
use markets::{
    MarketsError, NewPrice, Price, PriceKind, PriceTable, RecordedPrice, SourceCode, add_price,
    import_common,
};
use samples::{EXCERPT, ask, code, common, date, file, query};
use storage::log::Envelope;
use storage::{Level, Mode};
use testing::{Cell, TestDatabase};

fn valuation(day: &str, price: &str, currency: &str) -> NewPrice {
    NewPrice {
        commodity: code("ASSET-HOUSE"),
        date: date(day),
        price: Decimal::parse(price).unwrap(),
        currency: code(currency),
        source: SourceCode::own(),
        kind: PriceKind::Valuation,
    }
}

async fn add(
    db: &TestDatabase,
    context: &Context,
    new: &NewPrice,
) -> Result<RecordedPrice, MarketsError> {
    let mut tx = db.database.begin(Level::Tenant(context.tenant), Mode::Write).await.unwrap();
    let recorded = add_price(&mut tx, context, new).await;
    tx.commit().await.unwrap();
    recorded
}

async fn price_on(db: &TestDatabase, tenant: TenantId, day: &str) -> Option<Price> {
    let mut tx = db.database.begin(Level::Tenant(tenant), Mode::Read).await.unwrap();
    let price = markets::price(&mut tx, code("ASSET-HOUSE"), date(day), None).await.unwrap();
    tx.commit().await.unwrap();
    price
}

fn shown(price: Option<&Price>) -> String {
    price.map_or_else(String::new, |price| {
        format!("{} {} {} r{}", price.price, price.currency, price.date, price.revision)
    })
}

testing::both_databases! {
    modules = [markets::MODULE];

    async fn the_last_price_on_or_before_a_day_counts(db: TestDatabase) {
        let context = db.context(db.new_tenant());
        for (day, price) in [("2020-01-15", "750000"), ("2023-07-01", "812500.50")] {
            assert!(add(&db, &context, &valuation(day, price, "AUD")).await.unwrap().is_new);
        }
        let tenant = context.tenant;
        assert_eq!(price_on(&db, tenant, "2020-01-14").await, None);
        let first = price_on(&db, tenant, "2020-01-15").await;
        assert_eq!(shown(first.as_ref()), "750000 AUD 2020-01-15 r0");
        let last = price_on(&db, tenant, "2026-10-30").await.unwrap();
        assert_eq!(shown(Some(&last)), "812500.50 AUD 2023-07-01 r0");
        // date -d: from 2023-07-01 to 2026-10-30 are 1217 days.
        assert_eq!(last.age_days(date("2026-10-30")), 1217);
        assert_eq!(price_on(&db, db.new_tenant(), "2026-10-30").await, None, "another tenant's");
    }

    async fn the_same_price_is_recorded_once(db: TestDatabase) {
        let context = db.context(db.new_tenant());
        let new = valuation("2020-01-15", "750000", "AUD");
        let first = add(&db, &context, &new).await.unwrap();
        let longer = valuation("2020-01-15", "750000.00", "AUD");
        let second = add(&db, &context, &longer).await.unwrap();
        assert_eq!((first.is_new, second.is_new), (true, false));
        assert_eq!(first.price, second.price);
        let row = db.raw().await.rows("SELECT body FROM log_inbox").await;
        let [row] = row.as_slice() else { panic!("{row:?}") };
        let [Cell::Bytes(bytes)] = row.as_slice() else { panic!("{row:?}") };
        let event = Envelope::from_bytes(bytes).unwrap();
        assert_eq!(event.kind, "markets.price.recorded");
        assert_eq!(event.effective, Some(date("2020-01-15")));
        assert_eq!(event.tenant, context.tenant);
        assert_eq!(event.objects[0].id, "ASSET-HOUSE");
        assert_eq!(event.body["price"], "750000");
    }

    async fn a_correction_leaves_what_was_known_before(db: TestDatabase) {
        let context = db.context(db.new_tenant());
        add(&db, &context, &valuation("2020-01-15", "750000", "AUD")).await.unwrap();
        let known_then = db.env.now();
        db.clock.advance_seconds(1);
        add(&db, &context, &valuation("2020-01-15", "700000", "USD")).await.unwrap();
        add(&db, &context, &valuation("2020-01-15", "750000", "AUD")).await.unwrap();
        add(&db, &context, &valuation("2020-11-01", "800000", "AUD")).await.unwrap();
        let set = BTreeSet::from([code("ASSET-HOUSE"), code("ASSET-CAR")]);
        let days = (date("2020-01-01"), date("2020-12-31"));
        let mut tx = db.database.begin(Level::Tenant(context.tenant), Mode::Read).await.unwrap();
        let now = PriceTable::load(&mut tx, &set, days, None).await.unwrap();
        let then = PriceTable::load(&mut tx, &set, days, Some(known_then)).await.unwrap();
        let earlier = known_then.plus_seconds(-1);
        let before = PriceTable::load(&mut tx, &set, days, Some(earlier)).await.unwrap();
        let on = |table: &PriceTable, day: &str| {
            shown(table.price(code("ASSET-HOUSE"), date(day)).unwrap())
        };
        assert_eq!(on(&now, "2020-06-30"), "750000 AUD 2020-01-15 r2");
        assert_eq!(on(&then, "2020-06-30"), "750000 AUD 2020-01-15 r0");
        assert_eq!(on(&before, "2020-06-30"), "");
        assert_eq!(on(&now, "2020-01-14"), "");
        let later = PriceTable::load(&mut tx, &set, (days.1, days.1), Some(known_then));
        assert_eq!(on(&later.await.unwrap(), "2020-12-31"), "750000 AUD 2020-01-15 r0");
        assert_eq!(now.price(code("ASSET-CAR"), date("2020-06-30")).unwrap(), None);
        assert!(now.price(code("ASSET-BOAT"), date("2020-06-30")).is_err());
        assert!(now.price(code("ASSET-HOUSE"), date("2021-01-01")).is_err());
    }

    async fn of_several_sources_the_last_counts_and_an_invented_price_least(db: TestDatabase) {
        let context = db.context(db.new_tenant());
        let from = |source: &str, price: &str, kind: PriceKind| NewPrice {
            source: SourceCode::parse(source).unwrap(),
            kind,
            ..valuation("2020-01-15", price, "AUD")
        };
        let steps = [
            (from("demo", "1", PriceKind::MadeUp), "1"),
            (from("zillow", "2", PriceKind::Market), "2"),
            (from("own", "3", PriceKind::Valuation), "3"),
            (from("demo", "4", PriceKind::MadeUp), "3"),
            (from("zillow", "5", PriceKind::Market), "5"),
        ];
        for (new, expected) in steps {
            db.clock.advance_seconds(1);
            add(&db, &context, &new).await.unwrap();
            let found = price_on(&db, context.tenant, "2020-01-15").await.unwrap();
            assert_eq!(found.price.to_string(), expected);
        }
    }

    async fn prices_that_break_a_rule_are_refused(db: TestDatabase) {
        let context = db.context(db.new_tenant());
        let same = NewPrice { commodity: code("AUD"), ..valuation("2020-01-15", "1", "AUD") };
        for (new, field) in [
            (valuation("2020-01-15", "-0.01", "AUD"), "price"),
            (valuation("2020-01-15", "1234567890123456789012345", "AUD"), "price"),
            (valuation("2020-01-15", "0.1234567890123456789", "AUD"), "price"),
            (valuation("1812-01-15", "1", "AUD"), "date"),
            (same, "currency"),
        ] {
            let refused = add(&db, &context, &new).await.unwrap_err();
            assert_eq!(refused.code(), "price_invalid");
            assert_eq!(refused.fields()[0].field, field);
        }
        // What is worth nothing any more may say so.
        assert!(add(&db, &context, &valuation("2020-01-15", "0", "AUD")).await.unwrap().is_new);

        let mut tx = db.database.begin(Level::Common, Mode::Write).await.unwrap();
        let new = valuation("2020-01-15", "1", "AUD");
        let refused = add_price(&mut tx, &context, &new).await;
        assert!(matches!(refused, Err(MarketsError::NoTenant)), "{refused:?}");
    }

    async fn a_first_price_can_go_with_an_engines_command(db: TestDatabase) {
        let context = db.context(db.new_tenant());
        let new = valuation("2020-01-15", "750000", "AUD");
        let (price, changes) = markets::first_price(&context, &new).unwrap();
        let mut tx =
            db.database.begin(Level::Tenant(context.tenant), Mode::Write).await.unwrap();
        for change in changes {
            let touched = tx.execute(change.statement, change.params).await.unwrap();
            assert!(change.rows.is_none_or(|rows| rows == touched));
        }
        tx.commit().await.unwrap();
        assert_eq!(price_on(&db, context.tenant, "2020-01-15").await, Some(price.clone()));
        let again = add(&db, &context, &new).await.unwrap();
        assert_eq!(again, RecordedPrice { price, is_new: false });
    }

    async fn what_a_thing_is_worth_is_rounded_once(db: TestDatabase) {
        import_common(&db.database, &common(&db), file(EXCERPT)).await.unwrap();
        let context = db.context(db.new_tenant());
        let share = Commodity::new("XNAS:AAPL", 4).unwrap();
        let new = NewPrice {
            commodity: share.code,
            kind: PriceKind::Market,
            ..valuation("2026-10-30", "227.525", "USD")
        };
        let price = add(&db, &context, &new).await.unwrap().price;
        let quantity = Money::new(kernel::Amount::parse("33.3333", 4).unwrap(), share);
        let (usd, aud) = ["USD", "AUD"].map(|code| Commodity::well_known(code).unwrap()).into();
        // python3 decimal: 33.3333 * 227.525 = 7584.1590825; * 1.5904 / 1.1172 = 10796.49714
        let dollars = price.value(quantity, usd, Rounding::HalfEven).unwrap();
        assert_eq!(dollars.to_string(), "7584.16 USD");
        let rate = ask(&db, context.tenant, &query("USD", "AUD", "2026-10-30")).await.unwrap();
        let factor = rate.priced_factor(&price).unwrap();
        let worth = quantity.amount.convert(4, &factor, aud.scale, Rounding::HalfEven).unwrap();
        assert_eq!(Money::new(worth, aud).to_string(), "10796.50 AUD");
    }
}
