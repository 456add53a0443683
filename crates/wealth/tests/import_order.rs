//! Opening balances, and statements that come out of order: the balance of each day is what the
//! bank stated, whichever came first.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod bank;

use bank::{Bank, asset_of, camt, check, csv, date, ofx, upload};
use kernel::{Money, PageRequest, Problematic as _};
use testing::TestDatabase;
use wealth::import::{Import, OpeningOrigin, Upload};
use wealth::{AssetType, NewAsset, NewHolding, TransactionFilter};

const JANUARY: &[&str] = &["2026-01-05 -100.00 R1 RENT", "2026-01-20 300.00 R2 SALARY"];
const FEBRUARY: &[&str] = &["2026-02-05 -100.00 R3 RENT", "2026-02-20 300.00 R4 SALARY"];
const MARCH: &[&str] = &["2026-03-05 -150.00 R5 RENT", "2026-03-20 300.00 R6 SALARY"];

/// The balances at the end of these days, of an account that began with 1000.00.
const DAYS: &[&str] = &[
    "2026-01-04",
    "2026-01-05",
    "2026-01-31",
    "2026-02-05",
    "2026-02-28",
    "2026-03-05",
    "2026-03-31",
];
const BALANCES: &[&str] = &[
    "2026-01-05 900.00",
    "2026-01-31 1200.00",
    "2026-02-05 1100.00",
    "2026-02-28 1400.00",
    "2026-03-05 1250.00",
    "2026-03-31 1550.00",
];

fn camts() -> [Vec<u8>; 3] {
    [
        camt("1", ("1000.00 2026-01-01", "1200.00 2026-01-31"), JANUARY),
        camt("1", ("1200.00 2026-02-01", "1400.00 2026-02-28"), FEBRUARY),
        camt("1", ("1400.00 2026-03-01", "1550.00 2026-03-31"), MARCH),
    ]
}

fn ofxes() -> [Vec<u8>; 3] {
    [
        ofx("1", "1200.00 2026-01-31", JANUARY),
        ofx("1", "1400.00 2026-02-28", FEBRUARY),
        ofx("1", "1550.00 2026-03-31", MARCH),
    ]
}

const ORDERS: &[[usize; 3]] = &[[0, 2, 1], [2, 0, 1], [2, 1, 0], [0, 1, 2], [1, 0, 2], [1, 2, 0]];

/// Brings files in an order; the balances at the end of the days from the first line on.
async fn brought(bank: &Bank<'_>, files: &[Vec<u8>; 3], order: [usize; 3]) -> Vec<String> {
    let mut asset = None;
    for number in order {
        asset = Some(asset_of(&bank.bring(&files[number]).await));
    }
    bank.bring_known(&files[order[0]]).await;
    bank.balances(asset.unwrap(), &DAYS[1..]).await
}

fn origin(import: &Import) -> OpeningOrigin {
    import.statements[0].opening.unwrap().origin
}

fn notes(import: &Import) -> String {
    import.statements[0].notes.join("; ")
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, cases::MODULE, meters::MODULE, markets::MODULE, wealth::MODULE,
    ];

    async fn three_months_give_the_same_balances_in_every_order(db: TestDatabase) {
        let ledger = Bank::of(&db).await.ledger;
        // January has no balances there, which is for the other two to say.
        let mut mixed = ofxes();
        mixed[0] = csv("1", JANUARY);
        mixed[1] = camts()[1].clone();
        for (files, orders) in [(mixed, ORDERS), (camts(), &ORDERS[..3]), (ofxes(), &ORDERS[..3])] {
            for order in orders {
                let bank = Bank::another(&db, &ledger).await;
                assert_eq!(brought(&bank, &files, *order).await, BALANCES, "{order:?}");
                let page = PageRequest::first(50);
                let imports = bank.wealth.imports(&bank.context, &page).await.unwrap();
                for import in imports.items {
                    let check = import.statements[0].closing_check;
                    assert!(check.is_none_or(|check| check.difference.is_zero()), "{order:?}");
                }
                assert_eq!(bank.net_worth("2026-01-05").await, "900.00 AUD", "{order:?}");
            }
        }
    }

    async fn an_inferred_opening_balance_says_so_and_the_check_counts_from_the_second_on(
        db: TestDatabase,
    ) {
        let bank = Bank::of(&db).await;
        let [january, february, _] = ofxes();
        let staged = bank.stage(&january).await;
        assert_eq!(origin(&staged), OpeningOrigin::Inferred);
        assert_eq!(check(&staged.statements[0]), "1200.00 1200.00 0.00 inferred");
        let booked = bank.book(staged.id).await;
        assert_eq!(check(&booked.statements[0]), "1200.00 1200.00 0.00 inferred");
        assert!(notes(&booked).contains("is inferred"), "{}", notes(&booked));
        let second = bank.bring(&february).await;
        assert_eq!(check(&second.statements[0]), "1400.00 1400.00 0.00");
        // One line of the bank is missing.
        let short = ofx("1", "1550.00 2026-03-31", &MARCH[..1]);
        let third = bank.stage(&short).await;
        assert_eq!(check(&third.statements[0]), "1550.00 1250.00 300.00");
        assert_eq!(check(&bank.book(third.id).await.statements[0]), "1550.00 1250.00 300.00");
        // It comes, and the difference is gone.
        bank.bring(&ofxes()[2]).await;
        let third = bank.wealth.import(&bank.context, third.id).await.unwrap();
        assert_eq!(check(&third.statements[0]), "1550.00 1550.00 0.00");
    }

    async fn a_gap_is_shown_until_it_is_filled(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let [january, february, march] = camts();
        bank.bring(&march).await;
        let older = bank.bring(&january).await;
        assert!(notes(&older).contains("200.00 AUD are unexplained"), "{}", notes(&older));
        let asset = asset_of(&older);
        let days = ["2026-01-31", "2026-02-28", "2026-03-05", "2026-03-31"];
        let gap = bank.balances(asset, &days).await;
        assert_eq!(gap, [
            "2026-01-31 1200.00", "2026-02-28 1200.00", "2026-03-05 1250.00", "2026-03-31 1550.00",
        ]);
        let between = bank.bring(&february).await;
        assert_eq!(notes(&between), "");
        assert_eq!(bank.balances(asset, &DAYS[1..]).await, BALANCES);
        // The other way round the bank's opening balance differs from the ledger.
        let bank = Bank::another(&db, &bank.ledger).await;
        bank.bring(&january).await;
        let later = bank.bring(&march).await;
        let opening = later.statements[0].opening_check.unwrap();
        assert_eq!(opening.difference.minor(), 20_000);
        assert_eq!(check(&later.statements[0]), "1550.00 1350.00 200.00");
    }

    async fn an_older_statement_that_contradicts_is_reported(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let [_, february, _] = camts();
        bank.bring(&february).await;
        let other = camt("1", ("990.00 2026-01-01", "1190.00 2026-01-31"), JANUARY);
        let older = bank.bring(&other).await;
        assert!(notes(&older).contains("10.00 AUD are unexplained"), "{}", notes(&older));
        assert_eq!(check(&older.statements[0]), "1190.00 1190.00 0.00");
        assert_eq!(bank.balance(asset_of(&older), "2026-02-28").await, "1400.00");
    }

    async fn what_is_not_known_is_zero_until_a_statement_says_it(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let first = bank.bring(&csv("1", JANUARY)).await;
        assert!(notes(&first).contains("not known: zero"), "{}", notes(&first));
        let asset = asset_of(&first);
        assert_eq!(bank.balance(asset, "2026-01-31").await, "200.00");
        bank.bring(&camts()[1]).await;
        assert_eq!(bank.balances(asset, &DAYS[1..5]).await, &BALANCES[..4]);
    }

    async fn a_file_of_several_statements_is_one_booking(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let [january, february, march] = camts().map(|file| String::from_utf8(file).unwrap());
        let statement = |file: &str| {
            let start = file.find("<Stmt>").unwrap();
            file[start..file.find("</BkToCstmrStmt>").unwrap()].to_owned()
        };
        let all = format!("{}{}", statement(&january), statement(&february));
        let file = march.replace("<Stmt>", &format!("{all}<Stmt>"));
        let booked = bank.bring(file.as_bytes()).await;
        let checks: Vec<String> = booked.statements.iter().map(check).collect();
        assert_eq!(checks, [
            "1200.00 1200.00 0.00", "1400.00 1400.00 0.00", "1550.00 1550.00 0.00",
        ]);
        assert_eq!(bank.balances(asset_of(&booked), &DAYS[1..]).await, BALANCES);
        for file in camts() {
            bank.bring_known(&file).await;
        }
        assert_eq!(bank.events("wealth.import.booked").await.len(), 1);
    }

    async fn what_a_card_owes_is_a_debt(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let file = String::from_utf8(ofx("4111", "-70.00 2026-01-31", &[
            "2026-01-05 -100.00 C1 SHOP", "2026-01-20 80.00 C2 PAYMENT",
        ])).unwrap();
        let card = file
            .replace("BANKMSGSRSV1", "CREDITCARDMSGSRSV1")
            .replace("STMTTRNRS", "CCSTMTTRNRS")
            .replace("STMTRS>", "CCSTMTRS>")
            .replace("BANKACCTFROM", "CCACCTFROM")
            .replace("<ACCTTYPE>CHECKING\n", "");
        let booked = bank.bring(card.as_bytes()).await;
        assert_eq!(check(&booked.statements[0]), "-70.00 -70.00 0.00 inferred");
        let added = bank.events("wealth.asset.added").await;
        assert_eq!((&added[0]["opening"], added.len()), (&"50.00".into(), 1));
        let events = bank.events("wealth.import.booked").await;
        let account = &events[0]["accounts"][0];
        let amounts = ["opening", "money_in", "money_out"].map(|name| account[name].clone());
        assert_eq!(amounts, ["-50.00", "80.00", "100.00"]);
        let asset = bank.asset(asset_of(&booked)).await;
        assert_eq!((asset.kind, asset.name.as_str()), (AssetType::Debt, "OFX CARD …4111"));
        assert_eq!(bank.balance(asset.id, "2026-01-05").await, "-150.00");
        assert_eq!(bank.net_worth("2026-01-31").await, "-70.00 AUD");
        let filter = TransactionFilter { asset: Some(asset.id), ..TransactionFilter::default() };
        let page = PageRequest::first(10);
        let found = bank.wealth.transactions(&bank.context, &filter, &page).await.unwrap().items;
        let texts: Vec<String> = found
            .iter()
            .map(|line| format!("{} {} {:?}", line.date, line.amount, line.counterparty))
            .collect();
        assert_eq!(texts, [
            "2026-01-20 80.00 AUD Some(\"PAYMENT\")", "2026-01-05 -100.00 AUD Some(\"SHOP\")",
            "2026-01-05 -50.00 AUD None",
        ]);
    }

    async fn an_account_that_was_kept_by_hand_keeps_what_was_stated(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let new = NewAsset {
            name: "Everyday".to_owned(),
            kind: AssetType::Cash,
            country: "AU".parse().unwrap(),
            owner: None,
            opened_on: date("2026-02-28"),
            holding: NewHolding::Balance { balance: Money::parse("1400.00", "AUD").unwrap() },
        };
        let asset = bank.wealth.add_asset(&bank.context, &new).await.unwrap().0;
        for file in camts() {
            bank.db.clock.advance_seconds(1);
            let named = Upload { asset: Some(asset.id), ..upload("named", file) };
            let staged = bank.wealth.stage(&bank.context, named).await.unwrap();
            let booked = bank.book(staged.id).await;
            assert_eq!(asset_of(&booked), asset.id);
            assert!(booked.statements[0].closing_check.unwrap().difference.is_zero());
        }
        assert_eq!(bank.balances(asset.id, &DAYS[1..]).await, BALANCES);
        assert_eq!(bank.asset(asset.id).await.opened_on, date("2026-01-01"));
        // From now on the file alone says which asset it is about.
        bank.bring_known(&camts()[0]).await;
        let dollars = String::from_utf8(camts()[0].clone()).unwrap().replace("AUD", "USD");
        let named = Upload { asset: Some(asset.id), ..upload("dollars", dollars) };
        let refused = bank.wealth.stage(&bank.context, named).await.unwrap_err();
        assert_eq!(refused.code(), "currency_differs");
    }
}
