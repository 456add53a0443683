//! What a file says in words stands sealed: it is read by its family, sealed anew when keys are
//! replaced, and gone when the family is erased, while amounts and hashes stay.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod bank;

use std::sync::Arc;

use bank::{Bank, camt, ofx};
use jobs::{JobState, Worker, WorkerLimits};
use kernel::{PageRequest, Problematic as _};
use ledger::{TransferFilter, TransferView};
use storage::{Level, Mode};
use testing::{Cell, TestDatabase, eventually};
use vault::{Register, RotateKeys, Vault, own_party};

const LINES: &[&str] =
    &["2026-03-02 -12.50 A1 Kaffeehaus Sperl", "2026-03-03 2400.00 A2 Salary of Saraa"];

fn vault(db: &TestDatabase) -> Vault {
    Vault::new(
        &[objects::SEALED, wealth::SEALED, ledger::SEALED],
        Register::at(&db.directory().join("erased-parties")),
    )
}

impl Bank<'_> {
    /// The sealed bytes of the lines.
    async fn sealed(&self) -> Vec<Vec<u8>> {
        self.texts("wealth_import_line ORDER BY import, number").await
    }

    /// The sealed bytes of a table.
    async fn texts(&self, table: &str) -> Vec<Vec<u8>> {
        let sql = &format!("SELECT texts FROM {table}");
        let bytes = |row: Vec<Cell>| match &row[0] {
            Cell::Bytes(bytes) => bytes.clone(),
            other => panic!("{other:?}"),
        };
        self.db.raw().await.rows(sql).await.into_iter().map(bytes).collect()
    }

    /// The transfers of its book, the newest first, and what its accounts are called.
    async fn book_texts(&self) -> (Vec<TransferView>, Vec<String>) {
        let mut tx = self.ledger_tx().await;
        let book = self.ledger.books(&mut tx).await.unwrap()[0].id;
        let (filter, page) = (TransferFilter::default(), PageRequest::first(10));
        let transfers = self.ledger.transfers(&mut tx, book, &filter, &page).await.unwrap();
        let names = self.ledger.account_names(&mut tx, book).await.unwrap();
        (transfers.items, names.into_iter().map(|(_, name)| name).collect())
    }

    async fn ledger_tx(&self) -> storage::Tx {
        let level = Level::Tenant(self.context.tenant);
        self.db.database.begin(level, Mode::Read).await.unwrap()
    }

    async fn erase(&self) {
        let level = Level::Tenant(self.context.tenant);
        let mut tx = self.db.database.begin(level, Mode::Write).await.unwrap();
        let party = own_party(self.context.tenant);
        vault(self.db).erase(&mut tx, &self.context, party).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn rotate(&self) {
        self.db.clock.advance_seconds(60);
        let level = Level::Tenant(self.context.tenant);
        let mut tx = self.db.database.begin(level, Mode::Write).await.unwrap();
        let job = vault(self.db).rotate(&mut tx, &self.context, true).await.unwrap().id;
        tx.commit().await.unwrap();
        let limits = WorkerLimits { poll_ms: 1, ..WorkerLimits::default() };
        let handler = RotateKeys::new(Arc::clone(vault(self.db).tables()));
        let database = self.db.database.clone();
        let worker = Worker::new(database.clone(), "test", limits).with(handler).start();
        eventually("the rotation", async || {
            let mut tx = database.begin(level, Mode::Read).await.unwrap();
            let stands = jobs::job(&mut tx, job).await.unwrap();
            (stands.state == JobState::Completed).then_some(())
        })
        .await;
        worker.stop().await;
    }
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, cases::MODULE, meters::MODULE, markets::MODULE, wealth::MODULE,
    ];

    async fn a_line_is_read_by_its_family_and_sealed_anew(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let import = bank.stage(&ofx("1", "", LINES)).await;
        let before = bank.sealed().await;
        let read = bank.all_lines(import.id).await;
        assert_eq!(read[0].counterparty.as_deref(), Some("Kaffeehaus Sperl"));
        let lines = bank.lines(import.id).await;
        bank.rotate().await;
        let after = bank.sealed().await;
        assert_eq!((before.len(), after.len()), (2, 2));
        assert!(before.iter().zip(&after).all(|(before, after)| before[1..17] != after[1..17]));
        assert_eq!(bank.all_lines(import.id).await, read);
        // What is booked afterwards has its texts.
        bank.book(import.id).await;
        let booked: Vec<String> = lines.iter().map(|line| line.replace("new", "booked")).collect();
        assert_eq!(bank.lines(import.id).await, booked);
    }

    async fn an_erased_family_s_texts_are_gone_and_its_figures_stay(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let file = camt("77", ("0.00 2026-03-01", "2387.50 2026-03-31"), LINES);
        let import = bank.bring(&file).await;
        let worth = bank.net_worth("2026-03-31").await;
        assert_eq!(worth, "2387.50 AUD");
        let other = Bank::another(&db, &bank.ledger).await;
        let of_other = other.stage(&ofx("2", "", LINES)).await;

        bank.erase().await;
        for line in bank.all_lines(import.id).await {
            assert!(line.is_erased, "{line:?}");
            let texts = [line.counterparty, line.purpose, line.reference, line.bank_reference];
            assert_eq!((texts, line.metadata), ([const { None }; 4], None));
        }
        assert_eq!(bank.net_worth("2026-03-31").await, worth);
        assert!(!other.all_lines(of_other.id).await[0].is_erased);
        // Nothing more is sealed for it, so nothing more is imported.
        let upload = bank::upload("more", ofx("1", "", LINES));
        let refused = bank.wealth.stage(&bank.context, upload).await.unwrap_err();
        assert_eq!(refused.code(), "party_erased", "{refused}");
    }

    async fn the_ledger_s_texts_are_sealed_anew_and_erased_as_well(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        bank.bring(&camt("77", ("0.00 2026-03-01", "2387.50 2026-03-31"), LINES)).await;
        let (transfers, names) = bank.book_texts().await;
        let told = |one: &TransferView| one.purpose.clone();
        let told: Vec<_> = transfers.iter().map(told).collect();
        assert!(told.contains(&Some("Kaffeehaus Sperl".to_owned())), "{told:?}");
        assert!(!names.is_empty());

        let tables =
            ["ledger_transfer_text ORDER BY transfer", "ledger_account_text ORDER BY account"];
        let before = [bank.texts(tables[0]).await, bank.texts(tables[1]).await].concat();
        bank.rotate().await;
        let after = [bank.texts(tables[0]).await, bank.texts(tables[1]).await].concat();
        assert_eq!(after.len(), before.len());
        assert!(before.iter().zip(&after).all(|(before, after)| before[1..17] != after[1..17]));
        assert_eq!(bank.book_texts().await, (transfers.clone(), names));

        bank.erase().await;
        let (left, names) = bank.book_texts().await;
        assert_eq!(names, [""; 0]);
        let without = |one: &TransferView| TransferView {
            reference: None,
            purpose: None,
            counterparty: None,
            metadata: None,
            ..one.clone()
        };
        assert_eq!(left, transfers.iter().map(without).collect::<Vec<_>>());
    }

    async fn all_that_a_file_said_is_shown_to_whom_it_is_about(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        bank.stage(&ofx("1", "", LINES)).await;
        let level = Level::Tenant(bank.context.tenant);
        let mut tx = db.database.begin(level, Mode::Read).await.unwrap();
        let party = own_party(bank.context.tenant);
        let held = vault(&db).export(&mut tx, party, &PageRequest::first(10)).await.unwrap();
        let told = |one: &vault::Held| (one.table, one.content["counterparty"].clone());
        let told: Vec<_> = held.items.iter().map(told).collect();
        let line = |who: &str| ("wealth_import_line", who.into());
        let file = ("objects_object", serde_json::Value::Null);
        assert_eq!(told[..3], [file, line("Kaffeehaus Sperl"), line("Salary of Saraa")]);
        // And the names of the accounts that were opened for it.
        assert!(held.items[3..].iter().all(|one| one.table == "ledger_account_text"));
        assert_eq!(held.items[3..].len(), bank.book_texts().await.1.len());
        assert_eq!(held.items[0].content, "a file");
    }
}
