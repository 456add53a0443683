//! A process that is killed at random moments under load loses nothing that it acknowledged. The
//! acknowledgements are kept by the killer, in a process of its own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use kernel::{Amount, Commodity, PageRequest, Uuid};
use ledger::{
    AccountId, AccountKind, EngineLimits, Ledger, Limits, NewAccount, Request, Step,
    TransferFilter, TransferId,
};
use storage::{Level, Mode};
use testing::TestDatabase;

/// How often the process is killed; more in a soak.
fn rounds() -> u64 {
    let soak = std::env::var("FLORIN_SOAK_ROUNDS").ok().and_then(|text| text.parse().ok());
    soak.unwrap_or(20)
}

/// The example that pounds, beside this test in the build's folder.
fn pound() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().and_then(|deps| deps.parent()).unwrap().join("examples/pound");
    assert!(
        program.exists(),
        "{} is not built; `cargo test -p ledger` builds it",
        program.display()
    );
    program
}

/// What a killed process had said.
#[derive(Default)]
struct Said {
    sent: BTreeSet<Uuid>,
    done: BTreeSet<Uuid>,
}

impl Said {
    /// Listens until so many acknowledgements have come, kills, and hears the rest out.
    fn listen(&mut self, mut child: Child, acknowledgements: usize) {
        let mut heard = 0;
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for line in lines.map_while(Result::ok) {
            let (what, id) = line.split_once(' ').unwrap();
            let id = Uuid::parse_str(id).unwrap();
            match what {
                "sent" => self.sent.insert(id),
                "done" => self.done.insert(id),
                other => panic!("unknown word {other}"),
            };
            heard += usize::from(what == "done");
            if heard == acknowledgements {
                child.kill().unwrap();
            }
        }
        let status = child.wait().unwrap();
        assert!(heard >= acknowledgements, "it ended by itself: {status}");
    }
}

testing::both_databases! {
    modules = [ledger::MODULE];

    async fn nothing_acknowledged_is_lost_and_nothing_is_there_twice(db: TestDatabase) {
        let context = db.context(db.new_tenant());
        let ledger = Ledger::start(db.database.clone(), EngineLimits::default()).await.unwrap();
        let level = Level::Tenant(context.tenant);
        let mut tx = db.database.begin(level, Mode::Write).await.unwrap();
        let aud = Commodity::well_known("AUD").unwrap();
        let book = ledger.open_book(&mut tx, &context, "Pounded", aud).await.unwrap().id;
        tx.commit().await.unwrap();
        let [debit, credit] = [1, 2].map(|number| AccountId::from_uuid(Uuid::from_u128(number)));
        let open = |id, kind| {
            let (commodity, limits) = (aud.code, Limits::default());
            Step::OpenAccount(NewAccount { id, commodity, kind, limits, code: 0 })
        };
        let define = Step::DefineCommodity { code: aud.code, scale: aud.scale };
        let steps =
            vec![define, open(debit, AccountKind::Asset), open(credit, AccountKind::Equity)];
        let request = Request { steps, ..Request::default() };
        ledger.execute(&context, book, request).await.unwrap();
        ledger.stop().await;

        let mut said = Said::default();
        for round in 1..=rounds() {
            let child = Command::new(pound())
                .args([db.url(), &context.tenant.to_string(), &book.to_string()])
                .args([debit.to_string(), credit.to_string(), round.to_string()])
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            // Some die at once, some after a while; the moment within a commit is chance.
            let acknowledgements = usize::from(db.env.random_bytes::<1>()[0]) * 2;
            said.listen(child, acknowledgements.max(1));
        }

        let ledger = Ledger::start(db.database.clone(), EngineLimits::default()).await.unwrap();
        let there = transfers(&db, &ledger, &context, book).await;
        let unique: BTreeSet<Uuid> = there.iter().copied().collect();
        assert_eq!(there.len(), unique.len(), "a transfer is there twice");
        assert!(said.done.is_subset(&unique), "an acknowledged transfer is lost");
        assert!(unique.is_subset(&said.sent), "a transfer is there that nobody sent");
        let account = ledger.account(&context, book, debit).await.unwrap();
        assert_eq!(account.balance.posted, Amount::from_minor(unique.len() as i128));
        ledger.stop().await;
        let report = storage::audit::verify(&db.database, None).await.unwrap();
        assert!(report.is_intact(), "{report:?}");
        assert!(report.journal.records > rounds(), "{report:?}");
    }
}

async fn transfers(
    db: &TestDatabase,
    ledger: &Ledger,
    context: &kernel::Context,
    book: kernel::BookId,
) -> Vec<Uuid> {
    let level = Level::Tenant(context.tenant);
    let mut tx = db.database.begin(level, Mode::Read).await.unwrap();
    let mut page = PageRequest::first(200);
    let mut ids = Vec::new();
    loop {
        let filter = TransferFilter::default();
        let found = ledger.transfers(&mut tx, book, &filter, &page).await.unwrap();
        ids.extend(found.items.iter().map(|transfer| TransferId::uuid(transfer.id)));
        match found.next {
            Some(next) => page.after = Some(next),
            None => return ids,
        }
    }
}
