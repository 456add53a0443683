//! What comes of importing each sample: one row a file.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod bank;

use std::fmt::Write as _;

use bank::{Bank, check, sample, upload};
use kernel::Problematic as _;
use testing::TestDatabase;
use wealth::import::Import;

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, cases::MODULE, meters::MODULE, markets::MODULE, wealth::MODULE,
    ];

    async fn each_sample_is_booked_or_refused_as_it_deserves(db: TestDatabase) {
        let ledger = Bank::of(&db).await.ledger;
        let mut names: Vec<String> = std::fs::read_dir("testdata/statements")
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.ends_with(".md"))
            .collect();
        names.sort();
        let mut table = String::new();
        for name in names {
            let bank = Bank::another(&db, &ledger).await;
            let bytes = sample(&name);
            let file = upload(&name, bytes.clone());
            let staged = bank.wealth.stage(&bank.context, file).await.unwrap();
            match bank.try_book(staged.id, false).await {
                Ok(booked) => {
                    writeln!(table, "{name}: {}", outcome(&booked)).unwrap();
                    bank.bring_known(&bytes).await;
                }
                Err(error) => {
                    writeln!(table, "{name}: {}", error.code()).unwrap();
                    for fault in error.fields() {
                        writeln!(table, "    {}: {}", fault.field, fault.detail).unwrap();
                    }
                    if let Ok(part) = bank.try_book(staged.id, true).await {
                        writeln!(table, "    in part: {}", outcome(&part)).unwrap();
                        bank.state().await;
                    }
                }
            }
        }
        testing::golden_text("testdata/samples.txt", &table);
    }
}

/// For each statement: the lines that were booked, and `stated ledger difference`.
fn outcome(import: &Import) -> String {
    let statements = import.statements.iter().map(|statement| {
        let counts = statement.counts;
        let left = counts.total() - counts.booked;
        let left = if left == 0 { String::new() } else { format!(" of {}", counts.total()) };
        let booked = counts.booked;
        format!("{} {booked}{left} lines, {}", statement.account.label, check(statement))
    });
    statements.collect::<Vec<_>>().join("; ")
}
