//! What was found about a line can be asked for and overturned, before it is booked and afterwards,
//! and stays overturned.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod bank;

use bank::{Bank, asset_of, camt, csv, ofx};
use kernel::{Actor, Problematic as _};
use testing::TestDatabase;
use wealth::import::LineStatus::{self, Booked, Known, New, Review, Skipped};
use wealth::import::{Agreement, BookOptions, Decision, ImportId, LineExplanation, Why};

const COFFEES: &[&str] = &["2026-01-02 -5.00 - COFFEE", "2026-01-03 -5.00 - COFFEE"];

async fn decide(bank: &Bank<'_>, import: ImportId, line: u32, decision: Decision) -> LineStatus {
    bank.db.clock.advance_seconds(1);
    bank.wealth.decide(&bank.context, import, line, decision).await.unwrap().status
}

async fn explain(bank: &Bank<'_>, import: ImportId, line: u32) -> LineExplanation {
    bank.wealth.explain_line(&bank.context, import, line).await.unwrap()
}

fn january() -> Vec<u8> {
    let lines = ["2026-01-05 -100.00 R1 RENT", "2026-01-20 300.00 R2 SALARY"];
    camt("1", ("1000.00 2026-01-01", "1200.00 2026-01-31"), &lines)
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE, markets::MODULE,
        wealth::MODULE,
    ];

    async fn a_known_line_can_be_another_one_and_stays_so(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let first = bank.bring(&csv("1", COFFEES)).await;
        let second = bank.stage(&csv("1", COFFEES)).await;
        assert_eq!(bank.statuses(second.id).await, [Known, Known]);
        assert_eq!(decide(&bank, second.id, 1, Decision::Book).await, New);
        bank.book(second.id).await;
        assert_eq!(bank.statuses(second.id).await, [Booked, Known]);
        let asset = asset_of(&first);
        assert_eq!(bank.balance(asset, "2026-01-31").await, "-15.00");
        // Both coffees of that day are there, whichever file comes again.
        bank.bring_known(&csv("1", COFFEES)).await;
        let both = [COFFEES, &COFFEES[..1]].concat();
        bank.bring_known(&csv("1", &both)).await;
        let explained = explain(&bank, second.id, 1).await;
        let [taken] = &explained.decisions[..] else { panic!("{explained:?}") };
        assert_eq!((taken.decision, taken.from, taken.to), (Decision::Book, Known, New));
        assert_eq!((&taken.by, taken.why), (&bank.context.actor, Some(Why::Same)));
        assert_ne!(taken.by, Actor::Anonymous);
    }

    async fn a_new_line_that_is_left_out_stays_left_out(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let staged = bank.stage(&csv("1", COFFEES)).await;
        assert_eq!(decide(&bank, staged.id, 1, Decision::Skip).await, Skipped);
        bank.book(staged.id).await;
        let again = bank.stage(&csv("1", COFFEES)).await;
        assert_eq!(bank.statuses(again.id).await, [Skipped, Known]);
        // As another format tells it, too.
        let told = ofx("1", "", &["2026-01-02 -5.00 - Coffee", "2026-01-03 -5.00 - Coffee"]);
        let told = bank.stage(&told).await;
        assert_eq!(bank.statuses(told.id).await, [Skipped, Known]);
        // And is booked where somebody says so then.
        assert_eq!(decide(&bank, again.id, 1, Decision::Book).await, New);
        bank.book(again.id).await;
        assert_eq!(bank.balance(asset_of(&again), "2026-01-31").await, "-10.00");
        bank.bring_known(&csv("1", COFFEES)).await;
    }

    async fn a_booked_line_is_taken_back_and_booked_again(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let first = bank.bring(&january()).await;
        let asset = asset_of(&first);
        let before = bank.all_lines(first.id).await[0].transfer.unwrap();
        let said = async |decision| decide(&bank, first.id, 1, decision).await;
        assert_eq!(said(Decision::Skip).await, Skipped);
        assert_eq!(bank.balance(asset, "2026-01-31").await, "1300.00");
        // Saying it again changes nothing.
        let state = bank.state().await;
        assert_eq!(said(Decision::Skip).await, Skipped);
        assert_eq!(bank.state().await, state);
        let again = bank.stage(&january()).await;
        assert_eq!(bank.statuses(again.id).await, [Skipped, Known]);
        assert_eq!(said(Decision::Book).await, Booked);
        assert_eq!(bank.balance(asset, "2026-01-31").await, "1200.00");
        let after = bank.all_lines(first.id).await[0].transfer.unwrap();
        assert_ne!(after, before);
        let explained = bank.wealth.explain_transfer(&bank.context, after).await.unwrap();
        assert_eq!((explained.import, explained.line.number), (first.id, 1));
        assert_eq!(explained.decisions.len(), 3);
        let unknown = bank.wealth.explain_transfer(&bank.context, before).await.unwrap_err();
        assert_eq!(unknown.code(), "import_transfer_unknown");
        let told = bank.events("wealth.import.overturned").await;
        assert_eq!((told.len(), told[0]["to"].as_str()), (3, Some("skipped")));
        // What remains is undone as a whole.
        bank.undo(first.id).await;
        assert!(bank.state().await.0.values().all(|balance| balance.is_zero()));
    }

    async fn what_explained_the_opening_balance_gives_it_back(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let february = camt("1", ("1200.00 2026-02-01", "1100.00 2026-02-28"), &[
            "2026-02-05 -100.00 R3 RENT",
        ]);
        let later = bank.bring(&february).await;
        let older = csv("1", &["2026-01-05 -100.00 - RENT", "2026-01-20 300.00 - SALARY"]);
        let first = bank.bring(&older).await;
        let asset = asset_of(&later);
        let days = ["2026-01-04", "2026-01-05", "2026-01-31", "2026-02-28"];
        let with = ["2026-01-04 0.00", "2026-01-05 900.00", "2026-01-31 1200.00"];
        assert_eq!(bank.balances(asset, &days[..3]).await, with);
        // Without the salary there was more from the beginning: what the bank stated stays so.
        decide(&bank, first.id, 2, Decision::Skip).await;
        let without = ["2026-01-05 1200.00", "2026-01-31 1200.00", "2026-02-28 1100.00"];
        assert_eq!(bank.balances(asset, &days[1..]).await, without);
        decide(&bank, first.id, 2, Decision::Book).await;
        assert_eq!(bank.balances(asset, &days[..3]).await, with);
        assert_eq!(bank.balance(asset, "2026-02-28").await, "1100.00");
        for id in [first.id, later.id] {
            bank.undo(id).await;
        }
        assert!(bank.state().await.0.values().all(|balance| balance.is_zero()));
    }

    async fn an_explanation_names_file_line_question_and_what_was_compared(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let first = bank.bring(&csv("77", &["2026-01-02 -5.00 - Bäckerei Müller Filiale"])).await;
        let file = camt("77", ("", ""), &["2026-01-02 -5.00 - BAECKEREI MUELLER"]);
        let second = bank.bring(&file).await;
        let explained = explain(&bank, second.id, 1).await;
        assert_eq!((explained.line.status, explained.question), (Known, Some(3)));
        assert_eq!(explained.line.why, Some(Why::SameWords));
        let found = explained.found.unwrap();
        assert_eq!((found.place.import, found.place.number), (first.id, 1));
        assert_eq!((found.file_name.as_str(), found.line.file_line), ("a file", 2));
        let fields: Vec<_> =
            explained.compared.iter().map(|one| (one.field, one.agreement)).collect();
        assert_eq!(fields, [
            ("booked", Agreement::Equal),
            ("value", Agreement::Missing),
            ("amount", Agreement::Equal),
            ("purpose", Agreement::Cut),
        ]);
        // The third is answered by what the second told.
        let third = bank.stage(&file).await;
        let explained = explain(&bank, third.id, 1).await;
        assert_eq!((explained.line.why, explained.question), (Some(Why::Same), Some(1)));
        assert_eq!(explained.found.unwrap().place.import, first.id);
        assert_eq!(explained.told.unwrap().place.import, second.id);
        assert!(explained.compared.iter().all(|one| one.agreement == Agreement::Equal));
        let unknown = bank.wealth.explain_line(&bank.context, third.id, 2).await.unwrap_err();
        assert_eq!(unknown.code(), "import_line_unknown");
    }

    async fn an_undone_import_is_booked_again_as_it_was_decided(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let options = BookOptions::default();
        let staged = bank.stage(&january()).await;
        decide(&bank, staged.id, 1, Decision::Skip).await;
        let first = bank.book(staged.id).await;
        let state = bank.state().await.0;
        for round in 0..2 {
            bank.undo(first.id).await;
            assert!(bank.state().await.0.values().all(|balance| balance.is_zero()), "{round}");
            bank.db.clock.advance_seconds(1);
            let redone = bank.wealth.redo(&bank.context, first.id, options).await.unwrap();
            assert_eq!(redone.status.code(), "booked");
            assert_eq!(bank.statuses(first.id).await, [Skipped, Booked]);
            assert_eq!(bank.balance(asset_of(&redone), "2026-01-31").await, "1300.00");
            assert!(redone.undone_at < redone.booked_at);
        }
        let balances = |state: &std::collections::BTreeMap<_, kernel::Amount>| {
            let mut all: Vec<_> = state.values().filter(|one| !one.is_zero()).copied().collect();
            all.sort();
            all
        };
        assert_eq!(balances(&bank.state().await.0), balances(&state));
        let refused = bank.wealth.redo(&bank.context, first.id, options).await.unwrap_err();
        assert_eq!(refused.code(), "import_status");
        assert_eq!(bank.events("wealth.import.restaged").await.len(), 2);
    }

    async fn what_came_otherwise_meanwhile_is_not_booked_twice_by_redoing(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let first = bank.bring(&january()).await;
        bank.undo(first.id).await;
        let second = bank.bring(&january()).await;
        let state = bank.state().await;
        let redone = bank.wealth.redo(&bank.context, first.id, BookOptions::default()).await;
        assert_eq!(redone.unwrap().counts().known, 2);
        assert_eq!(bank.state().await.0, state.0);
        assert_eq!(bank.balance(asset_of(&second), "2026-01-31").await, "1200.00");
    }

    async fn nobody_decides_about_what_the_bank_has_not_booked(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let text = "Account Number,Date,Description,Amount,Status\n\
                    1,2026-01-02,COFFEE,-5.00,booked\n1,2026-01-03,TEA,-2.00,pending\n";
        let staged = bank.stage(text.as_bytes()).await;
        assert_eq!(bank.statuses(staged.id).await, [New, LineStatus::Pending]);
        let refused = bank.wealth.decide(&bank.context, staged.id, 2, Decision::Book).await;
        assert_eq!(refused.unwrap_err().code(), "not_for_review");
        // Once it is booked it is new, and the other one is known.
        bank.book(staged.id).await;
        let evening = text.replace("pending", "booked");
        let evening = bank.bring(evening.as_bytes()).await;
        assert_eq!(bank.statuses(evening.id).await, [Known, Booked]);
        assert!(!bank.statuses(evening.id).await.contains(&Review));
    }
}
