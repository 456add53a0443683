//! Lines that may be booked already are a case, which is decided there or at the import.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod bank;

use std::sync::Arc;

use bank::{Bank, asset_of, ofx};
use cases::{Case, CaseFilter, CaseState, Cases, CasesError};
use identity::Role;
use kernel::PageRequest;
use kernel::Problematic as _;
use storage::log::ObjectRef;
use storage::{Level, Mode};
use testing::TestDatabase;
use wealth::ReviewImport;
use wealth::import::LineStatus::{New, Review, Skipped};
use wealth::import::{Decision, Import};

/// A bank whose second file says something else of two lines of the first.
async fn doubtful(bank: &Bank<'_>) -> (Import, Import) {
    let file = ofx("1", "", &["2026-01-02 -5.00 A1 COFFEE", "2026-01-03 -2.00 A2 TEA"]);
    let first = bank.bring(&file).await;
    let lines =
        ["2026-01-02 -5.50 A1 COFFEE", "2026-01-03 -2.50 A2 TEA", "2026-01-04 -1.00 A3 MILK"];
    let staged = bank.stage(&ofx("1", "", &lines)).await;
    assert_eq!(bank.statuses(staged.id).await, [Review, Review, New]);
    (first, staged)
}

/// The cases, the latest first.
async fn cases_of(bank: &Bank<'_>) -> Vec<Case> {
    let level = Level::Tenant(bank.context.tenant);
    let mut tx = bank.db.database.begin(level, Mode::Read).await.unwrap();
    let page = PageRequest::first(10);
    let found = cases::cases(&mut tx, Role::Adviser, CaseFilter::default(), &page).await.unwrap();
    tx.commit().await.unwrap();
    found.items
}

async fn states(bank: &Bank<'_>) -> Vec<CaseState> {
    cases_of(bank).await.into_iter().map(|case| case.state).collect()
}

async fn decide(bank: &Bank<'_>, choice: &str) -> Result<Case, CasesError> {
    let case = cases_of(bank).await.remove(0);
    let service = Cases::default().with(Arc::new(ReviewImport));
    let level = Level::Tenant(bank.context.tenant);
    let mut tx = bank.db.database.begin(level, Mode::Write).await.unwrap();
    let what = ((Role::Adult, case.id), (choice, ""));
    let decided = cases::decide(&mut tx, &bank.context, &service, what).await?;
    tx.commit().await.unwrap();
    Ok(decided)
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, cases::MODULE, meters::MODULE, markets::MODULE, wealth::MODULE,
    ];

    async fn one_import_is_one_case_and_deciding_it_decides_its_lines(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let (first, staged) = doubtful(&bank).await;
        let case = cases_of(&bank).await.remove(0);
        assert_eq!(case.subject, ObjectRef::new("import", staged.id));
        decide(&bank, "skip").await.unwrap();
        assert_eq!(bank.statuses(staged.id).await, [Skipped, Skipped, New]);
        bank.book(staged.id).await;
        assert_eq!(bank.balance(asset_of(&first), "2026-01-31").await, "-8.00");
        assert_eq!(states(&bank).await, [CaseState::Decided]);
    }

    async fn what_is_to_be_booked_is_booked_with_the_import(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let (first, staged) = doubtful(&bank).await;
        decide(&bank, "book").await.unwrap();
        assert_eq!(bank.statuses(staged.id).await, [New, New, New]);
        // A person may still think better of one of them.
        bank.wealth.decide(&bank.context, staged.id, 2, Decision::Skip).await.unwrap();
        bank.book(staged.id).await;
        assert_eq!(bank.balance(asset_of(&first), "2026-01-31").await, "-13.50");
        assert_eq!(states(&bank).await, [CaseState::Decided]);
    }

    async fn deciding_the_last_line_at_the_import_closes_the_case(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let (_, staged) = doubtful(&bank).await;
        for (line, state) in [(1, CaseState::Open), (2, CaseState::Closed)] {
            bank.wealth.decide(&bank.context, staged.id, line, Decision::Skip).await.unwrap();
            assert_eq!(states(&bank).await, [state]);
        }
        assert_eq!(decide(&bank, "book").await.unwrap_err().code(), "case_state");
        assert_eq!(bank.statuses(staged.id).await, [Skipped, Skipped, New]);
    }

    async fn booking_and_discarding_close_the_case(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let (_, staged) = doubtful(&bank).await;
        bank.book(staged.id).await;
        assert_eq!(states(&bank).await, [CaseState::Closed]);
        let again = bank.stage(&ofx("1", "", &["2026-01-02 -6.00 A1 COFFEE"])).await;
        assert_eq!(states(&bank).await, [CaseState::Open, CaseState::Closed]);
        bank.wealth.discard(&bank.context, again.id).await.unwrap();
        assert_eq!(states(&bank).await, [CaseState::Closed, CaseState::Closed]);
        // Nothing of it is new: it is booked without a command.
        let last = bank.stage(&ofx("1", "", &["2026-01-02 -6.00 A1 COFFEE"])).await;
        bank.book(last.id).await;
        assert_eq!(states(&bank).await[0], CaseState::Closed);
        let closed = bank.events("cases.case.changed").await;
        let why: Vec<_> = closed.iter().map(|event| event["detail"].as_str().unwrap()).collect();
        assert_eq!(why, ["import_booked", "import_discarded", "import_booked"]);
    }

    async fn an_import_without_doubt_is_no_case(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        bank.bring(&ofx("1", "", &["2026-01-02 -5.00 A1 COFFEE"])).await;
        assert!(cases_of(&bank).await.is_empty());
    }
}
