//! Entering, reading, changing and disposing of assets through the public face, on both databases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod family;

use family::{
    Family, balance, code, currency, date, decimal, faults, figures, money, new_asset, price,
    quantity, stated, unit,
};
use kernel::{CommandKey, Commodity, Context, PageRequest, Timestamp};
use testing::{Cell, TestDatabase};
use wealth::limits::ASSETS_MAX;
use wealth::{
    AssetFilter, AssetType, Holding, NetWorthQuery, NewAsset, NewHolding, Origin, Stated,
    TransactionFilter, UpdateAsset, WealthError,
};

fn keyed(family: &Family, id: u128, body: u128) -> Context {
    let first_seen: Timestamp = "2026-03-31T10:30:00Z".parse().unwrap();
    Context { key: Some(CommandKey { id, body, first_seen }), ..family.context.clone() }
}

/// The bodies of the events that were emitted, in order.
async fn events(db: &TestDatabase) -> Vec<String> {
    let rows = db.raw().await.rows("SELECT body FROM log_inbox ORDER BY ord").await;
    let text = |row: Vec<Cell>| match &row[0] {
        Cell::Bytes(bytes) => String::from_utf8(bytes.clone()).unwrap(),
        cell => panic!("{cell:?}"),
    };
    rows.into_iter().map(text).collect()
}

async fn listed(family: &Family, filter: AssetFilter) -> Vec<String> {
    let page = PageRequest::first(200);
    let page = family.wealth.assets(&family.context, &filter, &page).await.unwrap();
    assert_eq!(page.next, None);
    let text =
        |value: Option<kernel::Money>| value.map_or("?".to_owned(), |value| value.to_string());
    page.items.iter().map(|view| format!("{} {}", view.asset.name, text(view.value))).collect()
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, cases::MODULE, meters::MODULE, markets::MODULE, wealth::MODULE,
    ];

    async fn an_asset_is_entered_and_read(db: TestDatabase) {
        let family = Family::of(&db).await;
        let assets = family.settle(&db).await;
        let view = family.wealth.asset(&family.context, assets.bitcoin).await.unwrap();
        assert_eq!(view.value, Some(money("18670.93 AUD")));
        let asset = view.asset;
        assert_eq!((asset.kind, asset.holding), (AssetType::Crypto, Holding::Quantity));
        assert_eq!((asset.commodity, asset.currency), (currency("BTC"), currency("AUD")));
        assert_eq!((asset.origin, asset.version, asset.disposal), (Origin::Manual, 1, None));
        assert_eq!((asset.opened_on, asset.country.as_str()), (date("2025-12-31"), "AU"));
        let account = family.ledger.account(&family.context, asset.book, asset.account).await;
        assert_eq!(account.unwrap().balance.posted.minor(), 12_345_678);
        let house = family.wealth.asset(&family.context, assets.house).await.unwrap().asset;
        let letters = assets.house.to_string().to_uppercase().replace('_', "-");
        assert_eq!(house.commodity, Commodity::new(&letters, 0).unwrap());
    }

    async fn assets_are_listed_by_country_and_type(db: TestDatabase) {
        let family = Family::of(&db).await;
        let assets = family.settle(&db).await;
        family.dispose(assets.account, "2026-03-31").await.unwrap();
        let all = AssetFilter::default();
        let mongolia = AssetFilter { country: Some("MN".parse().unwrap()), ..all };
        let property = AssetFilter { kind: Some(AssetType::Property), ..all };
        let cases: [(AssetFilter, &[&str]); 5] = [
            (all, &["Apartment 450000000.00 MNT", "House 950000.00 AUD", "Loan -610000.00 AUD",
                "Bitcoin 18670.93 AUD"]),
            (mongolia, &["Apartment 450000000.00 MNT"]),
            (property, &["Apartment 450000000.00 MNT", "House 950000.00 AUD"]),
            (AssetFilter { kind: Some(AssetType::Cash), include_disposed: true, ..all },
                &["Everyday 0.00 AUD"]),
            (AssetFilter { kind: Some(AssetType::Debt), ..mongolia }, &[]),
        ];
        for (filter, expected) in cases {
            assert_eq!(listed(&family, filter).await, expected, "{filter:?}");
        }
        let everything = AssetFilter { include_disposed: true, ..all };
        let (mut names, mut after) = (Vec::new(), None);
        loop {
            let request = PageRequest { limit: 2, after: after.clone(), filter: 7 };
            let page = family.wealth.assets(&family.context, &everything, &request).await.unwrap();
            names.extend(page.items.into_iter().map(|view| view.asset.name));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(names, ["Apartment", "House", "Loan", "Everyday", "Bitcoin"]);
    }

    async fn every_fault_of_an_asset_is_named(db: TestDatabase) {
        let family = Family::of(&db).await;
        let digits = "9".repeat(15);
        let own = format!("ASSET-{}", "0".repeat(26));
        let counted = |code: &str, scale, one: &str| NewHolding::Quantity {
            commodity: Commodity::new(code, scale).unwrap(),
            quantity: decimal("1"),
            price: price(one),
        };
        let day = "2026-03-31";
        let cases = [
            ("cash AU A 2026-03-31", balance(&format!("{digits}.99 AUD")), ""),
            ("cash AU A 2026-03-31", balance("1000000000000000 AUD"), "holding.balance too_large"),
            ("cash AU A 2026-03-31", balance("-20 AUD"), ""),
            ("cash AU A 2026-03-31", balance("1 BTC"), "holding.balance currency"),
            ("cash AU A 2026-04-02", balance("1 AUD"), "opened_on in_future"),
            ("cash AU A 2026-04-01", balance("1 AUD"), ""),
            ("cash AU A 1899-12-31", balance("1 AUD"), "opened_on out_of_range"),
            ("cash AU A 2026-03-31", unit("1 AUD"), "holding.kind holding"),
            ("debt AU A 2026-03-31", balance("-1 AUD"), "holding.balance negative"),
            ("debt AU A 2026-03-31", unit("1 AUD"), "holding.kind holding"),
            ("superannuation AU A 2026-03-31", balance("-1 AUD"), "holding.balance negative"),
            ("superannuation AU A 2026-03-31", balance("0 AUD"), ""),
            ("property AU A 2026-03-31", unit("0 AUD"), "holding.value not_positive"),
            ("property AU A 2026-03-31", unit("-1 AUD"), "holding.value not_positive"),
            ("property AU A 2026-03-31", unit("1000000000000000 AUD"), "holding.value too_large"),
            ("crypto AU A 2026-03-31", quantity("0 BTC", "1 AUD"), "holding.quantity not_positive"),
            ("crypto AU A 2026-03-31", quantity("0.123456789 BTC", "1 AUD"),
                "holding.quantity too_precise"),
            ("crypto AU A 2026-03-31", quantity("9999999999999999999999999999999 BTC", "1 AUD"),
                "holding.quantity too_large"),
            ("crypto AU A 2026-03-31", quantity("1 BTC", "0 AUD"), "holding.price not_positive"),
            ("crypto AU A 2026-03-31", quantity("1 BTC", "1 ETH"), "holding.price currency"),
            ("crypto AU A 2026-03-31", quantity("1 BTC", "1.0123456789012345678 AUD"),
                "holding.price out_of_range"),
            ("crypto AU A 2026-03-31", counted("BTC", 2, "1 AUD"), "holding.scale differs"),
            ("investment AU A 2026-03-31", counted("USD", 2, "1 AUD"),
                "holding.commodity currency"),
            ("investment AU A 2026-03-31", counted(&own, 0, "1 AUD"),
                "holding.commodity reserved"),
            ("investment AU A 2026-03-31", counted("XNAS:AAPL", 4, "310.125 AUD"), ""),
            ("investment AU A 2026-03-31", counted("XNAS:AAPL", 2, "310.125 AUD"),
                "holding.scale differs"),
        ];
        for (words, holding, expected) in cases {
            let found = faults(family.try_add(words, holding.clone()).await).join(", ");
            assert_eq!(found, expected, "{words} {holding:?}");
        }
        let names = [("", "name blank"), (" \t", "name blank"), ("a\nb", "name control_character")];
        for (name, expected) in names {
            let new = NewAsset {
                name: name.to_owned(),
                ..new_asset(&format!("cash AU A {day}"), balance("1 AUD"))
            };
            assert_eq!(faults(family.wealth.add_asset(&family.context, &new).await), [expected]);
        }
        let new = NewAsset {
            name: "x".repeat(201),
            owner: Some(String::new()),
            ..new_asset("cash AU A 2199-01-01", balance("1000000000000000 AUD"))
        };
        let all = ["name too_long", "owner blank", "opened_on in_future",
            "holding.balance too_large"];
        assert_eq!(faults(family.wealth.add_asset(&family.context, &new).await), all);
    }

    async fn every_fault_of_a_statement_is_named(db: TestDatabase) {
        let family = Family::of(&db).await;
        let assets = family.settle(&db).await;
        let none = Stated::Quantity { quantity: None, price: None };
        let some = |amount: &str, one: &str| Stated::Quantity {
            quantity: Some(decimal(amount)),
            price: Some(price(one)),
        };
        let day = "2026-03-31";
        let cases = [
            (assets.account, "2024-12-31", Stated::Balance(money("1 AUD")), "as_of before_opening"),
            (assets.account, "2026-04-02", Stated::Balance(money("1 AUD")), "as_of in_future"),
            (assets.account, day, Stated::Balance(money("1 MNT")), "balance currency"),
            (assets.account, day, Stated::Value(money("1 AUD")), "value holding"),
            (assets.account, day, some("1", "1 AUD"), "quantity holding"),
            (assets.loan, day, Stated::Balance(money("-1 AUD")), "balance negative"),
            (assets.house, day, Stated::Balance(money("1 AUD")), "balance holding"),
            (assets.house, day, Stated::Value(money("0 AUD")), "value not_positive"),
            (assets.house, day, Stated::Value(money("1 MNT")), "value currency"),
            (assets.bitcoin, day, none, "quantity missing"),
            (assets.bitcoin, day, some("-1", "1 AUD"), "quantity negative"),
            (assets.bitcoin, day, some("1", "-1 AUD"), "price not_positive"),
            (assets.bitcoin, day, some("1", "1 USD"), "price currency"),
            (assets.bitcoin, day, some("0.000000001", "1 AUD"), "quantity too_precise"),
            (assets.bitcoin, day, some("1000000000000000", "1 AUD"), "quantity too_large"),
            (assets.bitcoin, day, some("1", "1.0123456789012345678 AUD"), "price out_of_range"),
        ];
        let before = family.worth("AUD", day).await;
        for (asset, as_of, what, expected) in cases {
            let found = faults(family.try_state(asset, as_of, what.clone()).await).join(", ");
            assert_eq!(found, expected, "{what:?}");
        }
        assert_eq!(family.worth("AUD", day).await, before);
    }

    async fn words_are_changed_and_versions_counted(db: TestDatabase) {
        let family = Family::of(&db).await;
        let assets = family.settle(&db).await;
        let update = UpdateAsset {
            name: Some(" Family home ".to_owned()),
            owner: Some(Some("Saraa".to_owned())),
            country: Some("NZ".parse().unwrap()),
            expected_version: Some(1),
            ..UpdateAsset::new(date("2026-03-31"))
        };
        let (context, id) = (&family.context, assets.house);
        db.clock.advance_seconds(60);
        let (house, _) = family.wealth.update_asset(context, id, &update).await.unwrap();
        assert_eq!((house.name.as_str(), house.owner.as_deref()), ("Family home", Some("Saraa")));
        assert_eq!((house.country.as_str(), house.version), ("NZ", 2));
        assert!(house.updated_at > house.created_at);
        let again = family.wealth.update_asset(context, id, &update).await;
        assert!(matches!(again, Err(WealthError::Changed { asset }) if asset == id));
        let same = UpdateAsset { expected_version: Some(2), ..update };
        assert_eq!(family.wealth.update_asset(context, id, &same).await.unwrap().0, house);
        let nobody = UpdateAsset { owner: Some(None), ..UpdateAsset::new(date("2026-03-31")) };
        let (house, _) = family.wealth.update_asset(context, id, &nobody).await.unwrap();
        assert_eq!((house.owner, house.version), (None, 3));
        let blank = UpdateAsset { name: Some("".into()), ..UpdateAsset::new(date("2026-03-31")) };
        assert_eq!(faults(family.wealth.update_asset(context, id, &blank).await), ["name blank"]);
    }

    async fn a_statement_holds_until_the_next_one(db: TestDatabase) {
        let family = Family::of(&db).await;
        let id = family.add("cash AU Everyday 2025-01-10", balance("100 AUD")).await.id;
        let state = async |day: &str, amount: &str| {
            family.state(id, day, Stated::Balance(money(&format!("{amount} AUD")))).await
        };
        state("2025-03-10", "500").await;
        state("2025-02-10", "300").await;
        state("2025-04-10", "500").await;
        // The day of opening and a day that was stated before are corrected.
        state("2025-01-10", "-70.5").await;
        state("2025-03-10", "450").await;
        let cases = [
            ("2025-01-09", None),
            ("2025-01-10", Some("-70.50")),
            ("2025-02-09", Some("-70.50")),
            ("2025-02-10", Some("300.00")),
            ("2025-03-09", Some("300.00")),
            ("2025-03-10", Some("450.00")),
            ("2025-04-09", Some("450.00")),
            ("2025-04-10", Some("500.00")),
            ("2026-03-31", Some("500.00")),
        ];
        for (day, expected) in cases {
            let worth = family.worth("AUD", day).await;
            let found = worth.assets.first().map(|valued| valued.value.amount_text());
            assert_eq!(found.as_deref(), expected, "{day}");
        }
    }

    async fn of_many_editors_one_wins_and_the_others_are_told(db: TestDatabase) {
        let family = Family::of(&db).await;
        let assets = family.settle(&db).await;
        let context = &family.context;
        for version in 1..4 {
            let update = |what| UpdateAsset {
                expected_version: Some(version),
                ..stated("2026-03-31", what)
            };
            let amounts = (1..=6).map(|amount| money(&format!("{amount} AUD")));
            let (balances, values): (Vec<_>, Vec<_>) = amounts
                .map(|amount| (update(Stated::Balance(amount)), update(Stated::Value(amount))))
                .unzip();
            for (id, updates) in [(assets.account, balances), (assets.house, values)] {
                let mut editors = tokio::task::JoinSet::new();
                for update in updates {
                    let (wealth, context) = (family.wealth.clone(), context.clone());
                    let edit = async move { wealth.update_asset(&context, id, &update).await };
                    editors.spawn(edit);
                }
                let all = editors.join_all().await;
                let (won, lost): (Vec<_>, Vec<_>) = all.into_iter().partition(Result::is_ok);
                assert_eq!((won.len(), lost.len()), (1, 5));
                for lost in lost {
                    assert!(matches!(lost, Err(WealthError::Changed { asset }) if asset == id));
                }
                let asset = family.wealth.asset(context, id).await.unwrap().asset;
                assert_eq!(asset.version, version + 1);
            }
        }
        let filter =
            TransactionFilter { asset: Some(assets.account), ..TransactionFilter::default() };
        let page = PageRequest::first(50);
        let found = family.wealth.transactions(context, &filter, &page).await.unwrap();
        assert!(found.items.len() <= 1 + 3, "who lost has booked something: {found:?}");
    }

    async fn nobody_books_on_what_is_disposed_of_at_the_same_time(db: TestDatabase) {
        let family = Family::of(&db).await;
        let assets = family.settle(&db).await;
        let (stated, gone) = tokio::join!(
            family.try_state(assets.loan, "2026-03-31", Stated::Balance(money("5 AUD"))),
            family.dispose(assets.loan, "2026-03-31"),
        );
        let ok = [code(stated), code(gone)];
        let loan = family.wealth.asset(&family.context, assets.loan).await.unwrap();
        if loan.asset.disposal.is_some() {
            assert_eq!(loan.value, Some(money("0 AUD")), "{ok:?}");
        }
        assert!(ok.contains(&"ok"), "{ok:?}");
    }

    async fn two_first_assets_of_a_currency_at_once(db: TestDatabase) {
        let family = Family::of(&db).await;
        let contexts = [keyed(&family, 1, 1), keyed(&family, 2, 2), family.context.clone()];
        let new = |name: &str| new_asset(&format!("cash JP {name} 2026-01-01"), balance("10 JPY"));
        let news = [new("One"), new("Two"), new("Three")];
        let add = |at: usize| family.wealth.add_asset(&contexts[at], &news[at]);
        let (one, two, three) = tokio::join!(add(0), add(1), add(2));
        let ids = [one.unwrap().0.id, two.unwrap().0.id, three.unwrap().0.id];
        // Whichever lost the first attempt is found by its key again.
        for at in [0, 1] {
            assert_eq!(add(at).await.unwrap().0.id, ids[at]);
        }
        assert_eq!(family.worth("JPY", "2026-03-31").await.total, money("30 JPY"));
    }

    async fn the_same_key_gives_the_same_asset(db: TestDatabase) {
        let family = Family::of(&db).await;
        let new = new_asset("crypto AU Bitcoin 2026-01-01", quantity("1 BTC", "150000 AUD"));
        let context = keyed(&family, 7, 1);
        let (asset, _) = family.wealth.add_asset(&context, &new).await.unwrap();
        let (again, _) = family.wealth.add_asset(&context, &new).await.unwrap();
        assert_eq!(asset, again);
        let other = keyed(&family, 7, 2);
        let reused = family.wealth.add_asset(&other, &new).await;
        assert_eq!(code(reused), "idempotency_key_reused");
        let (second, _) = family.wealth.add_asset(&keyed(&family, 8, 1), &new).await.unwrap();
        assert_ne!(second.id, asset.id);
        assert_eq!(family.worth("AUD", "2026-03-31").await.total, money("300000 AUD"));
    }

    async fn a_family_has_so_many_assets(db: TestDatabase) {
        let family = Family::of(&db).await;
        let new = new_asset("cash AU First 2026-01-01", balance("1 AUD"));
        let context = keyed(&family, 1, 1);
        let (first, _) = family.wealth.add_asset(&context, &new).await.unwrap();
        let id = match db.dialect() {
            storage::Dialect::Sqlite => "randomblob(16)",
            storage::Dialect::Postgres => "gen_random_uuid()",
        };
        let copies = format!(
            "WITH RECURSIVE number(value) AS
                 (SELECT 1 UNION ALL SELECT value + 1 FROM number WHERE value < {})
             INSERT INTO wealth_asset
                 (tenant, id, book, account, type, holding, country, name, commodity, scale,
                  currency, opened_on, origin, version, created_at, updated_at)
             SELECT tenant, {id}, book, {id}, type, holding, country, name, commodity, scale,
                 currency, opened_on, origin, version, created_at, created_at
             FROM wealth_asset CROSS JOIN number",
            ASSETS_MAX - 1
        );
        db.raw().await.run(&copies).await;
        let refused = family.try_add("cash AU Last 2026-01-01", balance("1 AUD")).await;
        assert_eq!(code(refused), "too_many_assets");
        assert_eq!(family.wealth.add_asset(&context, &new).await.unwrap().0, first, "a replay");
        assert_eq!(family.worth("AUD", "2026-03-31").await.assets.len(), ASSETS_MAX);
    }

    async fn a_disposal_has_its_rules(db: TestDatabase) {
        let family = Family::of(&db).await;
        let assets = family.settle(&db).await;
        family.state(assets.account, "2026-02-10", Stated::Balance(money("7 AUD"))).await;
        family.state(assets.loan, "2026-02-10", Stated::Balance(money("610000 AUD"))).await;
        assert_eq!(faults(family.dispose(assets.house, "2024-06-27").await), ["on before_opening"]);
        assert_eq!(faults(family.dispose(assets.house, "2026-04-02").await), ["on in_future"]);
        for id in [assets.account, assets.loan] {
            let early = family.dispose(id, "2026-02-09").await;
            let Err(WealthError::BookingsLater { last, .. }) = early else { panic!("{early:?}") };
            assert_eq!(last, date("2026-02-10"));
        }
        let gone = family.dispose(assets.account, "2026-02-10").await.unwrap();
        assert_eq!(gone.disposal.map(|gone| gone.on), Some(date("2026-02-10")));
        assert_eq!(family.dispose(assets.account, "2026-02-10").await.unwrap(), gone);
        assert_eq!(code(family.dispose(assets.account, "2026-02-11").await), "asset_disposed");
        let stated = Stated::Balance(money("1 AUD"));
        let refused = family.try_state(assets.account, "2026-01-01", stated).await;
        assert_eq!(code(refused), "asset_disposed");
        let update = UpdateAsset::new(date("2026-03-31"));
        let rename = UpdateAsset { name: Some("Old".into()), ..update };
        let renamed = family.wealth.update_asset(&family.context, assets.account, &rename).await;
        assert_eq!(renamed.unwrap().0.name, "Old");
        let account = family.ledger.account(&family.context, gone.book, gone.account).await;
        let account = account.unwrap();
        assert!(account.closed && account.balance.posted.is_zero());
        let query = NetWorthQuery::new(currency("AUD"), date("2026-02-09"));
        let query = NetWorthQuery { rate_age_days_max: 60, ..query };
        let before = family.try_worth(&query).await.unwrap();
        assert_eq!(figures(&before)[3], "Old 12345.67");
    }

    async fn events_tell_ids_codes_amounts_and_dates(db: TestDatabase) {
        let family = Family::of(&db).await;
        let new = NewAsset {
            owner: Some("Сараа".to_owned()),
            ..new_asset("crypto MN Nestegg 2026-01-01", quantity("0.5 BTC", "150000.5 AUD"))
        };
        let (asset, _) = family.wealth.add_asset(&family.context, &new).await.unwrap();
        let update = UpdateAsset { name: Some("Piggybank".into()), ..stated("2026-02-01",
            Stated::Quantity { quantity: Some(decimal("0.4")), price: None }) };
        family.wealth.update_asset(&family.context, asset.id, &update).await.unwrap();
        family.dispose(asset.id, "2026-03-01").await.unwrap();
        let events = events(&db).await;
        let kind = |event: &String| {
            storage::log::Envelope::from_bytes(event.as_bytes()).unwrap().kind
        };
        let mut kinds: Vec<String> = events.iter().map(kind).collect();
        kinds[1..3].sort();
        assert_eq!(kinds, [
            "ledger.book.opened", "markets.price.recorded", "wealth.asset.added",
            "wealth.asset.updated", "wealth.asset.valued", "wealth.asset.disposed",
        ]);
        for word in ["Nestegg", "Piggybank", "Сараа"] {
            assert!(!events.iter().any(|event| event.contains(word)), "{word}");
        }
        let all = events.join("\n");
        for part in ["\"opening\":\"0.50000000\"", "\"difference\":\"-0.10000000\"",
            "\"amount\":\"0.40000000\"", "\"effective\":\"2026-02-01\"", "\"fields\":[\"name\"]"]
        {
            assert!(all.contains(part), "{part} in {all}");
        }
    }
}
