//! Each line is booked exactly once, in whatever files and in whatever order it comes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod bank;

use bank::{Bank, asset_of, camt, check, csv, csv_running, ofx};
use testing::TestDatabase;
use wealth::import::LineStatus::{Booked, Known, New, Review, Skipped};
use wealth::import::{Decision, Why};

const JANUARY: &[&str] = &[
    "2026-01-02 -5.00 A1 COFFEE",
    "2026-01-15 2500.00 A2 SALARY",
    "2026-01-15 -4.50 A3 BAKERY",
    "2026-01-15 -4.50 A4 BAKERY",
    "2026-01-20 -800.00 A5 RENT",
];

/// The first half of a month and the second, both with the day on which there are two equal
/// payments.
const FIRST_HALF: &[&str] =
    &["2026-01-02 -5.00 A COFFEE", "2026-01-15 -4.50 B BAKERY", "2026-01-15 -4.50 C BAKERY"];
const SECOND_HALF: &[&str] =
    &["2026-01-15 -4.50 B BAKERY", "2026-01-15 -4.50 C BAKERY", "2026-01-20 -800.00 D RENT"];

fn without_ids(lines: &[&'static str]) -> Vec<String> {
    let without = |line: &&str| {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        format!("{} {} - {}", words[0], words[1], words[3])
    };
    lines.iter().map(without).collect()
}

/// The file in each way of writing it: with the bank's ids and without.
fn forms(lines: &[&'static str]) -> [Vec<u8>; 3] {
    let plain = without_ids(lines);
    let plain: Vec<&str> = plain.iter().map(String::as_str).collect();
    [ofx("1", "", lines), ofx("1", "", &plain), csv("1", &plain)]
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, cases::MODULE, meters::MODULE, markets::MODULE, wealth::MODULE,
    ];

    async fn a_second_import_changes_nothing(db: TestDatabase) {
        for (number, file) in forms(JANUARY).into_iter().enumerate() {
            let bank = Bank::another(&db, &Bank::of(&db).await.ledger).await;
            let first = bank.bring(&file).await;
            assert_eq!(first.counts().booked, 5, "form {number}");
            let asset = asset_of(&first);
            assert_eq!(bank.balance(asset, "2026-01-31").await, "1686.00");
            bank.bring_known(&file).await;
            let again = bank.stage(&file).await;
            assert_eq!(bank.statuses(again.id).await, [Known; 5]);
            let note = format!("the same file was booked as {}", first.id);
            assert!(again.notes.iter().any(|found| found.text == note), "{:?}", again.notes);
            // Booking what is booked answers as it is.
            let before = bank.state().await;
            let stands = bank.wealth.import(&bank.context, first.id).await.unwrap();
            assert_eq!(bank.book(first.id).await, stands);
            assert_eq!(bank.state().await, before);
        }
    }

    async fn two_equal_payments_of_a_day_are_two_whichever_file_comes_first(db: TestDatabase) {
        let ledger = Bank::of(&db).await.ledger;
        for (one, other) in forms(FIRST_HALF).into_iter().zip(forms(SECOND_HALF)) {
            for files in [[&one, &other], [&other, &one]] {
                let bank = Bank::another(&db, &ledger).await;
                let first = bank.bring(files[0]).await;
                assert_eq!(first.counts().booked, 3);
                let second = bank.bring(files[1]).await;
                let counts = second.counts();
                assert_eq!((counts.booked, counts.known, counts.review), (1, 2, 0));
                let asset = asset_of(&first);
                assert_eq!(asset_of(&second), asset);
                assert_eq!(bank.balance(asset, "2026-01-15").await, "-14.00");
                assert_eq!(bank.balance(asset, "2026-01-31").await, "-814.00");
                bank.bring_known(&one).await;
                bank.bring_known(&other).await;
            }
        }
    }

    async fn a_day_that_was_cut_off_is_completed(db: TestDatabase) {
        // Downloaded at noon, and again in the evening: of two equal payments the first file has
        // one.
        let ledger = Bank::of(&db).await.ledger;
        let noon = forms(&FIRST_HALF[..2]);
        let evening = forms(FIRST_HALF);
        for (noon, evening) in noon.into_iter().zip(evening) {
            for (files, expected) in [([&noon, &evening], [2, 1]), ([&evening, &noon], [3, 0])] {
                let bank = Bank::another(&db, &ledger).await;
                let booked = [
                    bank.bring(files[0]).await.counts().booked,
                    bank.bring(files[1]).await.counts().booked,
                ];
                assert_eq!(booked, expected);
            }
        }
    }

    async fn a_reference_with_another_amount_is_for_a_person(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let first = bank.bring(&ofx("1", "", &["2026-01-02 -5.00 A1 COFFEE"])).await;
        let file = ofx("1", "", &["2026-01-02 -5.50 A1 COFFEE", "2026-01-03 -1.00 A2 TEA"]);
        let second = bank.bring(&file).await;
        assert_eq!(bank.lines(second.id).await, ["review -5.50 COFFEE", "booked -1.00 TEA"]);
        let line = &bank.all_lines(second.id).await[0];
        let candidate = line.candidate.unwrap();
        assert_eq!((candidate.import, candidate.number), (first.id, 1));
        assert_eq!(line.why, Some(Why::OtherAmount));
        assert_eq!(bank.balance(asset_of(&first), "2026-01-31").await, "-6.00");
    }

    async fn what_a_person_decided_is_booked_or_left(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let file = ofx("1", "", &["2026-01-02 -5.00 A1 COFFEE", "2026-01-03 -2.00 A2 TEA"]);
        let first = bank.bring(&file).await;
        let file = ofx("1", "", &["2026-01-02 -5.50 A1 COFFEE", "2026-01-03 -2.50 A2 TEA"]);
        let staged = bank.stage(&file).await;
        assert_eq!(bank.statuses(staged.id).await, [Review, Review]);
        let decide = async |line, decision| {
            bank.wealth.decide(&bank.context, staged.id, line, decision).await.unwrap().status
        };
        assert_eq!(decide(1, Decision::Skip).await, Skipped);
        assert_eq!(decide(1, Decision::Book).await, New);
        assert_eq!(decide(2, Decision::Skip).await, Skipped);
        let booked = bank.book(staged.id).await;
        assert_eq!(bank.statuses(staged.id).await, [Booked, Skipped]);
        assert_eq!(bank.balance(asset_of(&first), "2026-01-31").await, "-12.50");
        let refused = async |import, line| {
            let decided = bank.wealth.decide(&bank.context, import, line, Decision::Book).await;
            kernel::Problematic::code(&decided.unwrap_err())
        };
        assert_eq!(refused(booked.id, 4).await, "import_line_unknown");
        let again = bank.stage(&file).await;
        assert_eq!(bank.statuses(again.id).await, [Known, Skipped]);
        assert_eq!(refused(again.id, 3).await, "import_line_unknown");
    }

    async fn another_format_is_recognised_on_days_that_are_complete(db: TestDatabase) {
        let ledger = Bank::of(&db).await.ledger;
        let in_csv: &[&str] = &[
            "2026-01-02 -5.00 - Card payment Coffee",
            "2026-01-15 -4.50 - Card payment Bakery",
            "2026-01-15 -4.50 - Card payment Bakery",
            "2026-01-20 -800.00 - Standing order",
        ];
        let in_camt: &[&str] = &[
            "2025-12-20 -800.00 R0 RENT DECEMBER",
            "2026-01-02 -5.00 R1 COFFEE SHOP",
            "2026-01-15 -4.50 R2 THE BAKERY",
            "2026-01-15 -4.50 R3 THE BAKERY",
            "2026-01-20 -800.00 R4 RENT JANUARY",
            "2026-02-20 -800.00 R5 RENT FEBRUARY",
        ];
        for order in [true, false] {
            let bank = Bank::another(&db, &ledger).await;
            let (csv, camt) = (csv("77", in_csv), camt("77", ("", ""), in_camt));
            let files = if order { [&csv, &camt] } else { [&camt, &csv] };
            bank.bring(files[0]).await;
            let second = bank.stage(files[1]).await;
            // Both name the account by its number alone, so both are about the same.
            let expected: Vec<&str> = if order {
                vec![
                    "new -800.00 RENT DECEMBER", "known -5.00 COFFEE SHOP",
                    "known -4.50 THE BAKERY", "known -4.50 THE BAKERY",
                    "known -800.00 RENT JANUARY", "new -800.00 RENT FEBRUARY",
                ]
            } else {
                vec![
                    "known -5.00 Card payment Coffee", "known -4.50 Card payment Bakery",
                    "known -4.50 Card payment Bakery", "known -800.00 Standing order",
                ]
            };
            assert_eq!(bank.lines(second.id).await, expected);
        }
    }

    async fn another_format_is_for_a_person_where_nothing_proves_it(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        // Neither file has the second of January completely.
        let file = csv("77", &["2026-01-02 -5.00 - Card payment", "2026-01-01 1.00 - X"]);
        let first = bank.bring(&file).await;
        let file = camt("77", ("", ""), &["2026-01-02 -5.00 R1 COFFEE", "2026-01-03 -6.00 R2 TEA"]);
        let second = bank.bring(&file).await;
        assert_eq!(bank.lines(second.id).await, ["review -5.00 COFFEE", "booked -6.00 TEA"]);
        let before = bank.state().await;
        bank.bring_known(&file).await;
        assert_eq!(bank.state().await, before);
        assert_eq!(bank.balance(asset_of(&first), "2026-01-31").await, "-10.00");
    }

    async fn a_file_that_names_no_account_is_matched_by_proof_alone(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let (coffee, rent) = ("2026-01-02 -5.00 95.00 COFFEE", "2026-01-20 -15.00 80.00 RENT");
        let january = csv_running(&[coffee, rent]);
        let (coffee, rent) = ("2026-02-02 -5.00 75.00 COFFEE", "2026-02-20 -15.00 60.00 RENT");
        let february = csv_running(&[coffee, rent]);
        let another = csv_running(&["2026-02-01 -1.00 7.00 TEA", "2026-02-02 -2.00 5.00 TEA"]);
        let first = bank.bring(&january).await;
        let second = bank.stage(&february).await;
        assert_eq!(asset_of(&second), asset_of(&first));
        assert!(!second.statements[0].account.opens);
        assert_eq!(check(&bank.book(second.id).await.statements[0]), "60.00 60.00 0.00");
        // Another account of the same bank: no line and no balance in common.
        let third = bank.stage(&another).await;
        assert_eq!(third.statements[0].account.asset, None);
        let refused = bank.try_book(third.id, false).await.unwrap_err();
        assert_eq!(kernel::Problematic::code(&refused), "account_open");
        assert!(refused.to_string().contains(&asset_of(&first).to_string()), "{refused}");
        bank.bring_known(&january).await;
        bank.bring_known(&february).await;
    }

    async fn pending_lines_wait_until_the_bank_books_them(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let pending = "Date,Description,Amount,Currency,State\n\
                       2026-01-02,COFFEE,-5.00,AUD,COMPLETED\n2026-01-03,TEA,-2.00,AUD,PENDING\n";
        let booked = "Date,Description,Amount,Currency,State\n\
                      2026-01-02,COFFEE,-5.00,AUD,COMPLETED\n2026-01-03,TEA,-2.00,AUD,COMPLETED\n";
        let first = bank.bring(pending.as_bytes()).await;
        assert_eq!(bank.lines(first.id).await, ["booked -5.00 COFFEE", "pending -2.00 TEA"]);
        let second = bank.bring(booked.as_bytes()).await;
        assert_eq!(bank.lines(second.id).await, ["known -5.00 COFFEE", "booked -2.00 TEA"]);
        assert_eq!(bank.balance(asset_of(&first), "2026-01-31").await, "-7.00");
    }
}
