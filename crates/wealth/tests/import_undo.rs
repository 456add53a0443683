//! An import is undone as a whole, or not at all.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod bank;

use bank::{Bank, asset_of, camt, csv, date, ofx};
use kernel::{Money, PageRequest, Problematic as _};
use testing::TestDatabase;
use wealth::import::LineStatus::{Known, Undone};
use wealth::import::{ImportError, ImportStatus};
use wealth::{Stated, TransactionFilter, UpdateAsset, WealthError};

const JANUARY: &[&str] =
    &["2026-01-05 -100.00 R1 RENT", "2026-01-20 300.00 R2 SALARY", "2026-01-20 0.00 R7 NOTE"];
const FEBRUARY: &[&str] = &["2026-02-05 -100.00 R3 RENT", "2026-02-20 300.00 R4 SALARY"];

fn january() -> Vec<u8> {
    camt("1", ("1000.00 2026-01-01", "1200.00 2026-01-31"), JANUARY)
}

fn february() -> Vec<u8> {
    camt("1", ("1200.00 2026-02-01", "1400.00 2026-02-28"), FEBRUARY)
}

/// The imports that an undoing was refused for.
async fn refused(bank: &Bank<'_>, id: wealth::import::ImportId) -> Vec<wealth::import::ImportId> {
    let before = bank.state().await;
    let error = bank.wealth.undo(&bank.context, id, "").await.unwrap_err();
    assert_eq!((error.code(), bank.state().await), ("import_has_dependants", before));
    match error {
        WealthError::Import(ImportError::HasDependants { dependants, .. }) => dependants,
        error => panic!("{error}"),
    }
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, cases::MODULE, meters::MODULE, markets::MODULE, wealth::MODULE,
    ];

    async fn an_undone_import_leaves_nothing_and_can_be_brought_again(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let first = bank.bring(&january()).await;
        let asset = asset_of(&first);
        assert_eq!(bank.net_worth("2026-01-31").await, "1200.00 AUD");
        let undone = bank.undo(first.id).await;
        assert_eq!(undone.status, ImportStatus::Undone);
        assert_eq!(undone.reason.as_deref(), Some("wrong account"));
        assert_eq!(bank.statuses(first.id).await, [Undone; 3]);
        assert!(bank.state().await.0.values().all(|balance| balance.is_zero()));
        for day in ["2026-01-01", "2026-01-20", "2026-12-31"] {
            assert_eq!(bank.net_worth(day).await, "0.00 AUD", "{day}");
        }
        let linked = "SELECT count(*) FROM ledger_transfer AS back JOIN ledger_transfer AS original
                      ON original.tenant = back.tenant AND original.id = back.reverses";
        assert_eq!(bank.count(linked).await, 3);
        let gone = bank.asset(asset).await;
        assert_eq!(gone.disposal.unwrap().on, gone.opened_on);
        // Undoing it again answers as it is; it is not booked again under the same number.
        assert_eq!(bank.undo(first.id).await, undone);
        assert_eq!(bank.try_book(first.id, false).await.unwrap_err().code(), "import_status");

        let second = bank.bring(&january()).await;
        assert_eq!(second.counts().booked, 3);
        assert_ne!(asset_of(&second), asset);
        assert_eq!(bank.net_worth("2026-01-31").await, "1200.00 AUD");
        let events = bank.events("wealth.import.undone").await;
        assert_eq!(events.len(), 1);
        assert_eq!(events[0]["transfers"], 3);
        assert_eq!(events[0]["disposed"][0], asset.to_string());
        let disposed = bank.events("wealth.asset.disposed").await;
        assert_eq!((disposed.len(), disposed[0]["on"].as_str()), (1, Some("2026-01-01")));
    }

    async fn a_reversal_counts_from_the_same_day_and_names_the_import(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        bank.bring(&january()).await;
        let second = bank.bring(&february()).await;
        let asset = asset_of(&second);
        let days = ["2026-01-31", "2026-02-05", "2026-02-28"];
        let before = ["2026-01-31 1200.00", "2026-02-05 1100.00", "2026-02-28 1400.00"];
        assert_eq!(bank.balances(asset, &days).await, before);
        bank.undo(second.id).await;
        let after = ["2026-01-31 1200.00", "2026-02-05 1200.00", "2026-02-28 1200.00"];
        assert_eq!(bank.balances(asset, &days).await, after);
        let filter = TransactionFilter { asset: Some(asset), ..TransactionFilter::default() };
        let page = PageRequest::first(1);
        let last = bank.wealth.transactions(&bank.context, &filter, &page).await.unwrap();
        let last = &last.items[0];
        let purpose = format!("reversal of import {}", second.id);
        assert_eq!((last.date, last.purpose.as_ref()), (date("2026-02-20"), Some(&purpose)));
        assert_eq!(last.code.code(), "reversal");
        assert!(bank.asset(asset).await.disposal.is_none());
        assert_eq!(bank.bring(&february()).await.counts().booked, 2);
        assert_eq!(bank.balances(asset, &days).await, before);
    }

    async fn what_rests_on_an_import_is_undone_first(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let first = bank.bring(&january()).await;
        let later = bank.bring(&february()).await;
        // The first began the account, on which the later one booked.
        assert_eq!(refused(&bank, first.id).await, [later.id]);
        let both: Vec<&str> = FEBRUARY.iter().copied().chain(["2026-03-01 -1.00 R9 TEA"]).collect();
        let overlapping = bank.bring(&camt("1", ("", ""), &both)).await;
        // It knows lines of the later one, and has booked one of its own.
        assert_eq!(refused(&bank, later.id).await, [overlapping.id]);
        assert_eq!(refused(&bank, first.id).await, [later.id, overlapping.id]);
        for id in [overlapping.id, later.id, first.id] {
            bank.undo(id).await;
        }
        assert!(bank.state().await.0.values().all(|balance| balance.is_zero()));
    }

    async fn an_import_that_booked_nothing_goes_with_the_one_it_rests_on(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let first = bank.bring(&january()).await;
        let second = bank.bring(&january()).await;
        assert_eq!(bank.statuses(second.id).await, [Known; 3]);
        bank.undo(first.id).await;
        let second = bank.wealth.import(&bank.context, second.id).await.unwrap();
        assert_eq!(second.status, ImportStatus::Undone);
        assert_eq!(bank.bring(&january()).await.counts().booked, 3);
        // By itself it is undone too, and nothing moves.
        let third = bank.bring(&january()).await;
        let before = bank.state().await;
        assert_eq!(bank.undo(third.id).await.status, ImportStatus::Undone);
        assert_eq!(bank.state().await, before);
    }

    async fn an_older_statement_takes_its_opening_balance_back(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let later = bank.bring(&february()).await;
        let asset = asset_of(&later);
        let days = ["2026-01-01", "2026-01-31", "2026-02-28"];
        let before = bank.balances(asset, &days).await;
        assert_eq!(before, ["2026-01-01 0.00", "2026-01-31 0.00", "2026-02-28 1400.00"]);
        let older = bank.bring(&january()).await;
        let with = ["2026-01-01 1000.00", "2026-01-31 1200.00", "2026-02-28 1400.00"];
        assert_eq!(bank.balances(asset, &days).await, with);
        assert_eq!(bank.asset(asset).await.opened_on, date("2026-01-01"));
        assert_eq!(refused(&bank, later.id).await, [older.id]);
        bank.undo(older.id).await;
        assert_eq!(bank.balances(asset, &days).await, before);
        assert_eq!(bank.asset(asset).await.opened_on, date("2026-02-01"));
        bank.bring(&january()).await;
        assert_eq!(bank.balances(asset, &days).await, with);
    }

    async fn an_asset_that_something_else_was_booked_on_stays(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let first = bank.bring(&csv("1", JANUARY)).await;
        let asset = asset_of(&first);
        let stated = Stated::Balance(Money::parse("777.00", "AUD").unwrap());
        let update = UpdateAsset { stated: Some(stated), ..UpdateAsset::new(date("2026-02-01")) };
        bank.wealth.update_asset(&bank.context, asset, &update).await.unwrap();
        bank.undo(first.id).await;
        assert!(bank.asset(asset).await.disposal.is_none());
        assert_eq!(bank.balance(asset, "2026-01-31").await, "0.00");
        assert_eq!(bank.balance(asset, "2026-02-28").await, "577.00");
        // The account is still known by its number.
        let again = bank.bring(&csv("1", JANUARY)).await;
        assert_eq!(asset_of(&again), asset);
    }

    async fn a_line_that_was_undone_is_new_in_another_file(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        bank.bring(&ofx("1", "", &["2026-01-01 -1.00 A0 TEA"])).await;
        let wrong = bank.bring(&ofx("1", "", &["2026-01-05 -100.00 A1 RENT"])).await;
        bank.undo(wrong.id).await;
        let right = ofx("1", "", &["2026-01-05 -110.00 A1 RENT"]);
        assert_eq!(bank.bring(&right).await.counts().booked, 1);
    }
}
