//! What the bank states and the ledger does not have is shown on the account until it is resolved.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod bank;

use bank::{Bank, asset_of, camt, csv};
use kernel::{Money, Problematic as _};
use testing::TestDatabase;
use wealth::AssetId;
use wealth::import::Decision;

/// `after until amount`, with `within` where it is within a statement.
async fn gaps(bank: &Bank<'_>, asset: AssetId) -> Vec<String> {
    let gaps = bank.wealth.gaps(&bank.context, asset).await.unwrap();
    let shown = gaps.items.iter().map(|gap| {
        let after = gap.after.map_or_else(|| "-".to_owned(), |day| day.to_string());
        let within = if gap.within.is_some() { " within" } else { "" };
        let amount = Money::new(gap.amount, gaps.currency).amount_text();
        format!("{after} {} {amount}{within}", gap.until)
    });
    shown.collect()
}

fn january() -> Vec<u8> {
    camt("1", ("1000.00 2026-01-01", "1300.00 2026-01-31"), &["2026-01-20 300.00 R1 SALARY"])
}

fn february() -> Vec<u8> {
    camt("1", ("1300.00 2026-02-01", "1200.00 2026-02-28"), &["2026-02-05 -100.00 R2 RENT"])
}

fn march() -> Vec<u8> {
    camt("1", ("1200.00 2026-03-01", "1150.00 2026-03-31"), &["2026-03-05 -50.00 R3 TEA"])
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE, markets::MODULE,
        wealth::MODULE,
    ];

    async fn a_missing_month_is_a_gap_until_it_comes_in_any_order(db: TestDatabase) {
        let ledger = Bank::of(&db).await.ledger;
        for files in [[january(), march()], [march(), january()]] {
            let bank = Bank::another(&db, &ledger).await;
            let asset = asset_of(&bank.bring(&files[0]).await);
            assert_eq!(gaps(&bank, asset).await, [""; 0]);
            bank.bring(&files[1]).await;
            assert_eq!(gaps(&bank, asset).await, ["2026-01-31 2026-02-28 -100.00"]);
            let missing = bank.bring(&february()).await;
            assert_eq!(gaps(&bank, asset).await, [""; 0]);
            bank.undo(missing.id).await;
            assert_eq!(gaps(&bank, asset).await, ["2026-01-31 2026-02-28 -100.00"]);
        }
    }

    async fn a_line_that_was_left_out_is_missing_within_its_statement(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let asset = asset_of(&bank.bring(&january()).await);
        let staged = bank.stage(&february()).await;
        bank.wealth.decide(&bank.context, staged.id, 1, Decision::Skip).await.unwrap();
        bank.book(staged.id).await;
        bank.bring(&march()).await;
        // It is named once, where it begins.
        assert_eq!(gaps(&bank, asset).await, ["2026-01-31 2026-02-28 -100.00 within"]);
        bank.wealth.decide(&bank.context, staged.id, 1, Decision::Book).await.unwrap();
        assert_eq!(gaps(&bank, asset).await, [""; 0]);
    }

    async fn what_is_unknown_or_undecided_is_said(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let first = bank.bring(&csv("1", &["2026-01-02 -5.00 - Card payment"])).await;
        let second = bank.bring(&camt("1", ("", ""), &["2026-01-02 -5.00 R1 COFFEE"])).await;
        let asset = asset_of(&first);
        let found = bank.wealth.gaps(&bank.context, asset).await.unwrap();
        assert_eq!((found.opening_unknown, found.undecided, found.items.len()), (true, 1, 0));
        bank.wealth.decide(&bank.context, second.id, 1, Decision::Skip).await.unwrap();
        assert_eq!(bank.wealth.gaps(&bank.context, asset).await.unwrap().undecided, 0);
        let unknown = AssetId::from_uuid(kernel::Uuid::from_u128(7));
        let refused = bank.wealth.gaps(&bank.context, unknown).await.unwrap_err();
        assert_eq!(refused.code(), "asset_unknown");
    }
}
