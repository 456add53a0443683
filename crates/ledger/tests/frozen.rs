//! Two processes on one PostgreSQL: the one that writes a book is frozen in the middle of a commit,
//! another goes on with the book, and the first is woken. The first one's commit must not take
//! place, and nothing that it knew before may be told as fresh.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod pounded;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kernel::{Amount, Uuid};
use ledger::{EngineLimits, Ledger};
use storage::Dialect;
use testing::{Raw, TestDatabase};
use tokio::sync::mpsc::{Receiver, channel};

/// How long the book may be without anybody who writes it.
const TAKEOVER_MAX: Duration = Duration::from_secs(5);
/// What the one that takes over does meanwhile.
const CENTS_MEANWHILE: u64 = 20;
/// The lines that are kept until somebody hears them; more wait in the process that says them.
const LINES_MAX: usize = 100_000;
/// A commit with its texts written: what has only been prepared has no transaction's number. Its
/// record comes together with the word to commit, so there is nothing between these two.
const IN_COMMIT: &str = "SELECT pid, CAST(xact_start AS text) FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'idle in transaction'
        AND query LIKE '%INSERT INTO ledger_transfer_text%' AND backend_xid IS NOT NULL";

/// How often it is frozen; more in a soak.
fn rounds() -> u64 {
    let soak = std::env::var("FLORIN_SOAK_ROUNDS").ok().and_then(|text| text.parse::<u64>().ok());
    soak.map_or(2, |rounds| rounds / 10)
}

/// The process that is frozen, and what it says.
struct Writer {
    child: Child,
    lines: Receiver<String>,
    done: BTreeSet<Uuid>,
}

impl Writer {
    fn start(words: &[String]) -> Self {
        let mut child =
            Command::new(pounded::program()).args(words).stdout(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel(LINES_MAX);
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        std::thread::spawn(move || {
            for line in said.map_while(Result::ok) {
                let _ = sender.blocking_send(line);
            }
        });
        Self { child, lines, done: BTreeSet::new() }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// The next thing that it says, unless it is silent for a while.
    async fn hear(&mut self, patience: Duration) -> Option<String> {
        let line = tokio::time::timeout(patience, self.lines.recv()).await.ok()??;
        if let Some(id) = line.strip_prefix("done ") {
            self.done.insert(Uuid::parse_str(id).unwrap());
        }
        Some(line)
    }

    /// Hears what it said so far.
    async fn drain(&mut self) {
        while self.hear(Duration::from_millis(200)).await.is_some() {}
    }

    /// Hears so many acknowledgements.
    async fn work(&mut self, acknowledgements: usize) {
        let wanted = self.done.len() + acknowledgements;
        while self.done.len() < wanted {
            assert!(self.hear(Duration::from_secs(60)).await.is_some(), "it works no more");
        }
    }

    /// Freezes it in the middle of a commit.
    async fn freeze(&mut self, watcher: &Raw) {
        for attempt in 0_u32.. {
            self.work(5).await;
            // Acknowledgements come at the end of a commit: each time a little later after them.
            let later = format!("SELECT 1 FROM pg_sleep({} / 6000.0)", attempt % 30);
            watcher.rows(&later).await;
            self.signal("-STOP");
            let first = watcher.rows(IN_COMMIT).await;
            watcher.rows("SELECT 1 FROM pg_sleep(0.02)").await;
            // What stands there twice stands still.
            if !first.is_empty() && watcher.rows(IN_COMMIT).await == first {
                return self.drain().await;
            }
            self.signal("-CONT");
        }
    }

    /// What it sees when it is asked after its waking.
    async fn sees(&mut self) -> i128 {
        let mut asked = None;
        loop {
            let line = self.hear(Duration::from_secs(60)).await.unwrap();
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["asked", number] if asked.is_none() => asked = Some(number.to_owned()),
                ["saw", number, cents] if asked.as_deref() == Some(number) => {
                    return cents.parse().unwrap();
                }
                _ => {}
            }
        }
    }
}

testing::both_databases! {
    modules = [vault::MODULE, ledger::MODULE];

    async fn a_frozen_writer_writes_nothing_once_another_went_on(db: TestDatabase) {
        // One process at a time has an embedded database.
        if db.dialect() == Dialect::Sqlite {
            return;
        }
        let context = db.context(db.new_tenant());
        let ledger = Ledger::start(db.database.clone(), EngineLimits::default()).await.unwrap();
        let book = pounded::open(&db.database, &ledger, &context).await;
        let watcher = db.raw().await;
        let words = [db.url().to_owned(), context.tenant.to_string(), book.to_string()];
        let mut writer = Writer::start(&[&words[..], &["7".to_owned()]].concat());
        let mut own = BTreeSet::new();
        for round in 1..=rounds() {
            writer.freeze(&watcher).await;
            let commit = watcher.rows(IN_COMMIT).await.remove(0);
            let frozen = Instant::now();
            for number in 0..CENTS_MEANWHILE {
                let id = Uuid::from_u64_pair(1_000 + round, number);
                let sent = async || {
                    ledger.execute(&context, book, pounded::cent(id)).await.ok()
                };
                testing::eventually("the other one's turn", sent).await;
                own.insert(id);
                assert!(frozen.elapsed() < TAKEOVER_MAX, "{:?}", frozen.elapsed());
            }
            // Its record was not written, so it kept nobody from the book. It is woken now, and
            // finds that its place is taken, or after the server has given it up.
            if round % 2 == 0 {
                let ended = async || {
                    (!watcher.rows(IN_COMMIT).await.contains(&commit)).then_some(())
                };
                testing::eventually("the end of its commit", ended).await;
            }
            let seen = ledger.account(&context, book, pounded::DEBIT).await.unwrap();
            writer.signal("-CONT");
            let sees = Amount::from_minor(writer.sees().await);
            assert!(sees >= seen.balance.posted, "it saw {sees} of {}", seen.balance.posted);
            writer.work(50).await;
        }
        writer.child.kill().unwrap();
        writer.drain().await;

        // Where both write, each acknowledgement is kept.
        let account = ledger.account(&context, book, pounded::DEBIT).await.unwrap();
        ledger.wait_for_book(book).await.unwrap();
        let there = pounded::transfers(&db.database, &ledger, &context, book).await;
        let unique: BTreeSet<Uuid> = there.iter().copied().collect();
        assert_eq!(there.len(), unique.len(), "a transfer is there twice");
        assert!(writer.done.is_subset(&unique), "an acknowledged transfer is lost");
        assert!(own.is_subset(&unique), "an acknowledged transfer of the other is lost");
        assert_eq!(account.balance.posted, Amount::from_minor(unique.len() as i128));
        ledger.stop().await;
        let report = storage::audit::verify(&db.database, None).await.unwrap();
        assert!(report.is_intact(), "{report:?}");
    }
}
