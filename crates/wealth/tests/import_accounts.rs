//! One account has many names: formats of one bank name it by IBAN, by bank and number, or by its
//! number alone.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod bank;

use bank::{Bank, asset_of, camt, csv, ofx};
use kernel::Problematic as _;
use testing::TestDatabase;

const LINES: &[&str] = &["2026-01-05 -100.00 - RENT", "2026-01-20 300.00 - SALARY"];
/// In other words, so that no text is shared.
const OTHER_WORDS: &[&str] = &["2026-01-05 -100.00 - Dauerauftrag", "2026-01-20 300.00 - Lohn"];
const LATER: &[&str] = &["2026-02-05 -100.00 - Dauerauftrag"];

/// By its IBAN: DE, two digits, eight of the bank, ten of the account (SWIFT, IBAN Registry).
fn by_iban(lines: &[&str]) -> Vec<u8> {
    let text = String::from_utf8(camt("NUMBER", ("", ""), lines)).unwrap();
    let named = "<IBAN>DE89370400440532013000</IBAN>";
    text.replace("<Othr><Id>NUMBER</Id></Othr>", named).into_bytes()
}

/// By the bank's code and the account's number.
fn by_bank(bank: &str, lines: &[&str]) -> Vec<u8> {
    let text = String::from_utf8(ofx("0532013000", "", lines)).unwrap();
    let named = format!("<BANKACCTFROM><BANKID>{bank}\n");
    text.replace("<BANKACCTFROM>", &named).into_bytes()
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE, markets::MODULE,
        wealth::MODULE,
    ];

    async fn an_account_is_found_however_a_format_names_it(db: TestDatabase) {
        let ledger = Bank::of(&db).await.ledger;
        let files = [by_iban(LINES), by_bank("37040044", OTHER_WORDS), csv("532013000", LINES)];
        for order in [[0, 1, 2], [1, 0, 2], [2, 1, 0], [2, 0, 1], [0, 2, 1], [1, 2, 0]] {
            let bank = Bank::another(&db, &ledger).await;
            let first = bank.bring(&files[order[0]]).await;
            for number in &order[1..] {
                let next = bank.bring(&files[*number]).await;
                assert_eq!(asset_of(&next), asset_of(&first), "{order:?}");
                assert_eq!(next.counts().booked, 0, "{order:?}");
            }
            assert_eq!(bank.assets().await.len(), 1, "{order:?}");
            // From then on each name is its own.
            let later = bank.bring(&by_bank("37040044", LATER)).await;
            assert_eq!((asset_of(&later), later.counts().booked), (asset_of(&first), 1));
        }
    }

    async fn two_names_of_a_bank_without_a_proof_are_asked_about(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let first = bank.bring(&by_iban(LINES)).await;
        let staged = bank.stage(&by_bank("37040044", LATER)).await;
        let refused = bank.try_book(staged.id, false).await.unwrap_err();
        assert_eq!(refused.code(), "account_open");
        assert!(refused.to_string().contains(&asset_of(&first).to_string()), "{refused}");
    }

    async fn the_same_number_at_another_bank_is_another_account(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let first = bank.bring(&by_bank("37040044", LINES)).await;
        let other = bank.bring(&by_bank("10020030", LINES)).await;
        assert_ne!(asset_of(&other), asset_of(&first));
        assert_eq!(other.counts().booked, 2);
        // A number alone can be of either.
        let staged = bank.stage(&csv("0532013000", LATER)).await;
        let refused = bank.try_book(staged.id, false).await.unwrap_err();
        assert_eq!(refused.code(), "account_open");
    }
}
