//! A process that is killed at random moments under load loses nothing that it acknowledged. The
//! acknowledgements are kept by the killer, in a process of its own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod pounded;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use kernel::{Amount, Uuid};
use ledger::{EngineLimits, Ledger};
use testing::TestDatabase;

/// How often the process is killed; more in a soak.
fn rounds() -> u64 {
    let soak = std::env::var("FLORIN_SOAK_ROUNDS").ok().and_then(|text| text.parse().ok());
    soak.unwrap_or(20)
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
            match what {
                "sent" => self.sent.insert(Uuid::parse_str(id).unwrap()),
                "done" => self.done.insert(Uuid::parse_str(id).unwrap()),
                "asked" | "saw" => continue,
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
    modules = [vault::MODULE, ledger::MODULE];

    async fn nothing_acknowledged_is_lost_and_nothing_is_there_twice(db: TestDatabase) {
        let context = db.context(db.new_tenant());
        let ledger = Ledger::start(db.database.clone(), EngineLimits::default()).await.unwrap();
        let book = pounded::open(&db.database, &ledger, &context).await;
        ledger.stop().await;

        let mut said = Said::default();
        for round in 1..=rounds() {
            let child = Command::new(pounded::program())
                .args([db.url(), &context.tenant.to_string(), &book.to_string()])
                .arg(round.to_string())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            // Some die at once, some after a while; the moment within a commit is chance.
            let acknowledgements = usize::from(db.env.random_bytes::<1>()[0]) * 2;
            said.listen(child, acknowledgements.max(1));
        }

        let ledger = Ledger::start(db.database.clone(), EngineLimits::default()).await.unwrap();
        let there = pounded::transfers(&db.database, &ledger, &context, book).await;
        let unique: BTreeSet<Uuid> = there.iter().copied().collect();
        assert_eq!(there.len(), unique.len(), "a transfer is there twice");
        assert!(said.done.is_subset(&unique), "an acknowledged transfer is lost");
        assert!(unique.is_subset(&said.sent), "a transfer is there that nobody sent");
        let account = ledger.account(&context, book, pounded::DEBIT).await.unwrap();
        assert_eq!(account.balance.posted, Amount::from_minor(unique.len() as i128));
        ledger.stop().await;
        let report = storage::audit::verify(&db.database, None).await.unwrap();
        assert!(report.is_intact(), "{report:?}");
        assert!(report.journal.records > rounds(), "{report:?}");
    }
}
