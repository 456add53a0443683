//! The file of an import is kept as the bank sent it, as long as its import is there and its party
//! is not erased.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod bank;

use bank::{Bank, upload};
use kernel::Problematic as _;
use storage::{Level, Mode};
use testing::TestDatabase;
use vault::{Register, Vault};
use wealth::{ImportId, WealthError};

const CSV: &[u8] = b"Date,Description,Amount\n2026-03-02,Kaffeehaus Sperl,-12.50\n";

impl Bank<'_> {
    async fn file(&self, id: ImportId) -> Result<Vec<u8>, WealthError> {
        let mut file = self.wealth.import_file(&self.context, id).await?;
        assert_eq!(file.object().name.as_deref(), Some("a file"));
        let mut read = Vec::new();
        while let Some(bytes) = file.next().await? {
            read.extend_from_slice(&bytes);
        }
        Ok(read)
    }
}

fn code(outcome: Result<Vec<u8>, WealthError>) -> &'static str {
    outcome.err().map_or("ok", |error| error.code())
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, cases::MODULE, meters::MODULE, markets::MODULE, wealth::MODULE,
    ];

    async fn the_file_is_there_as_it_came(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let staged = bank.stage(CSV).await;
        assert_eq!(bank.file(staged.id).await.unwrap(), CSV);
        bank.book(staged.id).await;
        assert_eq!(bank.file(staged.id).await.unwrap(), CSV);
        // One that nothing can be read from is kept as well: somebody will want to know why.
        let unread = bank.stage(b"\x00\x01 not a statement").await;
        assert_eq!(bank.file(unread.id).await.unwrap(), b"\x00\x01 not a statement");
        let empty = bank.stage(b"").await;
        assert_eq!(code(bank.file(empty.id).await), "import_file_unknown");
        let other = Bank::another(&db, &bank.ledger).await;
        assert_eq!(code(other.file(staged.id).await), "import_unknown");
    }

    async fn it_goes_with_the_last_import_that_has_it(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let (first, second) = (bank.stage(CSV).await, bank.stage(CSV).await);
        let collect = async || {
            db.clock.advance_seconds(86_401);
            bank.objects.collect().await.unwrap().removed
        };
        bank.wealth.discard(&bank.context, first.id).await.unwrap();
        assert_eq!(collect().await, 0);
        assert_eq!(bank.file(second.id).await.unwrap(), CSV);
        bank.wealth.discard(&bank.context, second.id).await.unwrap();
        assert_eq!(collect().await, 1);
    }

    async fn a_program_is_no_statement(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let staged = bank.wealth.stage(&bank.context, upload("a.csv", b"MZ\x90\x00")).await;
        assert_eq!(staged.err().map(|error| error.code()), Some("object_type_refused"));
    }

    async fn once_the_family_is_erased_nobody_reads_it(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let staged = bank.stage(CSV).await;
        let register = Register::at(&db.directory().join("erased-parties"));
        let vault = Vault::new(&[objects::SEALED, wealth::SEALED, ledger::SEALED], register);
        let level = Level::Tenant(bank.context.tenant);
        let mut tx = db.database.begin(level, Mode::Write).await.unwrap();
        let party = vault::own_party(bank.context.tenant);
        vault.erase(&mut tx, &bank.context, party).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(code(bank.file(staged.id).await), "object_erased");
    }
}
