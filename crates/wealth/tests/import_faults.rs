//! What is faulty, too large, somebody else's, or done twice at once.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod bank;

use bank::{Bank, State, asset_of, check, csv, ofx, sample, upload};
use kernel::{CommandKey, Context, ErrorKind, PageRequest, Problematic as _, Timestamp};
use storage::Dialect;
use testing::{Cell, TestDatabase};
use wealth::import::{
    BookOptions, Decision, IMPORT_BYTES_MAX, IMPORT_LINES_MAX, Import, ImportStatus,
};

/// The third of four lines has an amount that is none.
fn broken() -> Vec<u8> {
    ofx(
        "1",
        "85.00 2026-01-31",
        &[
            "2026-01-02 -5.00 A1 COFFEE",
            "2026-01-03 -4.00 A2 BAKERY",
            "2026-01-04 -4,0,0 A3 BAKERY",
            "2026-01-05 -2.00 A4 TEA",
        ],
    )
}

/// The same file as the bank corrected it.
fn repaired() -> Vec<u8> {
    String::from_utf8(broken()).unwrap().replace("-4,0,0", "-4.00").into_bytes()
}

async fn imports(bank: &Bank<'_>) -> Vec<Import> {
    let page = PageRequest::first(50);
    bank.wealth.imports(&bank.context, &page).await.unwrap().items
}

fn keyed(bank: &Bank<'_>, id: u128) -> Context {
    let first_seen: Timestamp = "2026-03-31T10:30:00Z".parse().unwrap();
    Context { key: Some(CommandKey { id, body: 7, first_seen }), ..bank.context.clone() }
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, cases::MODULE, meters::MODULE, markets::MODULE, wealth::MODULE,
    ];

    async fn a_faulty_file_is_refused_whole_or_booked_as_far_as_it_is_sound(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let empty = bank.state().await;
        let staged = bank.stage(&broken()).await;
        assert_eq!((staged.status, staged.faults.len()), (ImportStatus::Staged, 1));
        let fault = &staged.faults[0];
        assert_eq!((fault.field.as_str(), fault.found.as_str()), ("TRNAMT", "-4,0,0"));
        assert_eq!(fault.entry, Some(2));
        let refused = bank.try_book(staged.id, false).await.unwrap_err();
        assert_eq!((refused.code(), refused.fields().len()), ("import_faulty", 1));
        assert_eq!(bank.state().await, empty);

        let booked = bank.try_book(staged.id, true).await.unwrap();
        assert_eq!((booked.counts().booked, booked.statements[0].refused), (3, 1));
        // What is missing is not hidden in the opening balance.
        assert_eq!(check(&booked.statements[0]), "85.00 -11.00 96.00");
        let whole = bank.bring(&repaired()).await;
        assert_eq!(bank.lines(whole.id).await, [
            "known -5.00 COFFEE", "known -4.00 BAKERY", "booked -4.00 BAKERY", "known -2.00 TEA",
        ]);
        assert_eq!(check(&whole.statements[0]), "85.00 85.00 0.00 inferred");
        assert_eq!(bank.balance(asset_of(&whole), "2026-01-01").await, "0.00");
        assert_eq!(bank.balance(asset_of(&whole), "2026-01-02").await, "95.00");
    }

    async fn a_file_that_is_no_statement_is_refused(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let files: [&[u8]; 6] = [b"", b"hello", b"PK\x03\x04...", b"\0", b"<xml/>", b"a,b\n1,2\n"];
        for bytes in files {
            let staged = bank.stage(bytes).await;
            assert_eq!(staged.status, ImportStatus::Refused, "{bytes:?}");
            assert!(!staged.faults.is_empty(), "{bytes:?}");
            for partial in [false, true] {
                let refused = bank.try_book(staged.id, partial).await.unwrap_err();
                assert_eq!(refused.code(), "import_refused");
            }
        }
        assert_eq!(imports(&bank).await.len(), 6);
    }

    async fn characters_that_no_database_keeps_are_no_fault_of_ours(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let file = b"Date,De\0scription,Amount,\0\n2026-01-02,A\0B\x07C,-5.00,\0\n";
        let named = upload("na\0me\x1b", file.to_vec());
        let staged = bank.wealth.stage(&bank.context, named).await.unwrap();
        assert_eq!(staged.file_name, "na me");
        let booked = bank.try_book(staged.id, true).await;
        if let Err(error) = booked {
            assert_ne!(error.kind(), ErrorKind::Internal, "{error}");
        }
    }

    async fn what_is_too_large_is_refused(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let empty = bank.state().await;
        let bytes = vec![b' '; IMPORT_BYTES_MAX + 1];
        let refused = bank.wealth.stage(&bank.context, upload("huge", bytes)).await.unwrap_err();
        assert_eq!((refused.code(), refused.kind()), ("file_too_large", ErrorKind::TooLarge));
        let lines: Vec<String> = (0..=IMPORT_LINES_MAX)
            .map(|number| format!("2026-01-02 -1.00 - LINE {number}"))
            .collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let many = csv("1", &lines);
        let most = csv("1", &lines[1..]);
        let refused = bank.wealth.stage(&bank.context, upload("many", many)).await.unwrap_err();
        assert_eq!(refused.code(), "too_many_lines");
        assert_eq!(bank.state().await, empty);
        assert_eq!(imports(&bank).await, []);
        // One line less is booked in one command.
        let booked = bank.bring(&most).await;
        assert_eq!(booked.counts().booked, u64::try_from(IMPORT_LINES_MAX).unwrap());
        assert_eq!(bank.balance(asset_of(&booked), "2026-01-02").await, "-9000.00");
        assert_eq!(bank.undo(booked.id).await.status, ImportStatus::Undone);
        assert!(bank.state().await.0.values().all(|balance| balance.is_zero()));
    }

    async fn another_family_sees_none_of_it(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let booked = bank.bring(&repaired()).await;
        let staged = bank.stage(&broken()).await;
        let other = Bank::another(&db, &bank.ledger).await;
        let (wealth, context) = (&other.wealth, &other.context);
        let page = PageRequest::first(10);
        for id in [booked.id, staged.id] {
            let codes = [
                wealth.import(context, id).await.unwrap_err().code(),
                wealth.lines(context, id, &page).await.unwrap_err().code(),
                wealth.decide(context, id, 1, Decision::Book).await.unwrap_err().code(),
                wealth.book(context, id, BookOptions { partial: true }).await.unwrap_err().code(),
                wealth.undo(context, id, "").await.unwrap_err().code(),
                wealth.discard(context, id).await.unwrap_err().code(),
            ];
            assert_eq!(codes, ["import_unknown"; 6]);
        }
        assert_eq!(wealth.imports(context, &page).await.unwrap().items, []);
        let mut named = upload("theirs", repaired());
        named.asset = Some(asset_of(&booked));
        assert_eq!(wealth.stage(context, named).await.unwrap_err().code(), "asset_unknown");
        // The same account of the same bank is another asset for another family.
        let own = other.bring(&repaired()).await;
        assert_ne!(asset_of(&own), asset_of(&booked));
        assert_eq!(own.counts().booked, 4);
    }

    async fn two_imports_at_once_book_each_line_once(db: TestDatabase) {
        let ledger = Bank::of(&db).await.ledger;
        let unnamed =
            b"Date,Description,Amount\n2026-01-02,COFFEE,-5.00\n2026-01-02,COFFEE,-5.00\n".to_vec();
        for (file, known) in [(repaired(), false), (repaired(), true), (unnamed, false)] {
            let bank = Bank::another(&db, &ledger).await;
            if known {
                bank.bring(&ofx("1", "", &["2026-01-01 -1.00 A0 TEA"])).await;
            }
            let (one, other) = (bank.stage(&file).await, bank.stage(&file).await);
            let booked =
                tokio::join!(bank.try_book(one.id, false), bank.try_book(other.id, false));
            let counts = [booked.0.unwrap().counts(), booked.1.unwrap().counts()];
            let lines = counts[0].total();
            let both = (counts[0].booked + counts[1].booked, counts[0].known + counts[1].known);
            assert_eq!(both, (lines, lines));
            let accounts = bank.assets().await;
            assert_eq!(accounts.len(), 1);
            bank.bring_known(&file).await;
            // The same import, booked twice at once.
            let again = ofx("1", "", &["2026-02-01 -1.00 B1 TEA", "2026-02-02 -1.00 B2 TEA"]);
            let staged = bank.stage(&again).await;
            let twice =
                tokio::join!(bank.try_book(staged.id, false), bank.try_book(staged.id, false));
            assert_eq!(twice.0.unwrap(), twice.1.unwrap());
            bank.state().await;
        }
    }

    async fn two_imports_into_one_account_see_each_other(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        bank.bring(&ofx("1", "", &["2026-01-01 -1.00 A0 TEA"])).await;
        for round in 1..=12 {
            let line = format!("2026-02-{round:02} -1.00 - TEA");
            let [one, other] = [csv("1", &[&line]), csv("1", &[&line, "2026-03-01 -2.00 - PIE"])];
            let (one, other) = (bank.stage(&one).await, bank.stage(&other).await);
            let booked =
                tokio::join!(bank.try_book(one.id, false), bank.try_book(other.id, false));
            let counts = [booked.0.unwrap().counts(), booked.1.unwrap().counts()];
            let new = if round == 1 { 2 } else { 1 };
            assert_eq!(counts[0].booked + counts[1].booked, new, "round {round}");
        }
    }

    async fn what_was_booked_while_a_booking_was_planned_is_not_booked_again(db: TestDatabase) {
        // On SQLite a plan is made while nothing else is written.
        if db.dialect() == Dialect::Sqlite {
            return;
        }
        let bank = Bank::of(&db).await;
        bank.bring(&ofx("1", "99.00 2026-01-01", &["2026-01-01 -1.00 A0 TEA"])).await;
        let (one, other) = (bank.stage(&repaired()).await, bank.stage(&repaired()).await);
        let (holder, watcher) = (db.raw().await, db.raw().await);
        // Its lines are compared, and then it waits for this table.
        holder.run("BEGIN; LOCK TABLE wealth_role_account IN ACCESS EXCLUSIVE MODE").await;
        let meanwhile = async {
            // Other tests' databases stand in the same server, and their locks in the same table.
            let waiting = "SELECT count(*) FROM pg_locks AS held
                           JOIN pg_database AS own ON own.oid = held.database
                           WHERE own.datname = current_database() AND NOT held.granted
                               AND held.relation = 'wealth_role_account'::regclass";
            testing::eventually("the booking that waits", async || {
                (watcher.rows(waiting).await != [[Cell::Number(0)]]).then_some(())
            })
            .await;
            let other = other.id.uuid();
            let book = format!(
                "UPDATE wealth_import_line SET status = 'booked' WHERE import = '{other}';
                 UPDATE wealth_import SET status = 'booked', booked_at = created_at
                 WHERE id = '{other}';
                 UPDATE wealth_asset SET version = version + 1; COMMIT"
            );
            holder.run(&book).await;
        };
        let (booked, ()) = tokio::join!(bank.try_book(one.id, false), meanwhile);
        assert_eq!((booked.unwrap().counts().known, bank.state().await.3), (4, 1));
    }

    async fn a_call_that_is_sent_twice_is_done_once(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let context = keyed(&bank, 1);
        let file = || upload("a file", repaired());
        let staged = bank.wealth.stage(&context, file()).await.unwrap();
        assert_eq!(bank.wealth.stage(&context, file()).await.unwrap(), staged);
        assert_eq!(imports(&bank).await.len(), 1);
        let context = keyed(&bank, 2);
        let book = || bank.wealth.book(&context, staged.id, BookOptions::default());
        let booked = book().await.unwrap();
        let state = bank.state().await;
        assert_eq!(book().await.unwrap(), booked);
        assert_eq!(bank.state().await, state);
        let context = keyed(&bank, 3);
        let undo = || bank.wealth.undo(&context, staged.id, "again");
        let undone = undo().await.unwrap();
        let state = bank.state().await;
        assert_eq!(undo().await.unwrap(), undone);
        assert_eq!(bank.state().await, state);
    }

    async fn lists_come_in_pages(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        let mut ids = Vec::new();
        for number in 0..5 {
            let line = format!("2026-01-0{} -1.00 A{number} TEA", number + 1);
            ids.push(bank.bring(&ofx("1", "", &[&line])).await.id);
        }
        ids.reverse();
        let mut page = PageRequest::first(2);
        let mut found = Vec::new();
        loop {
            let imports = bank.wealth.imports(&bank.context, &page).await.unwrap();
            assert!(imports.items.len() <= 2);
            found.extend(imports.items.iter().map(|import| import.id));
            page.after = imports.next;
            if page.after.is_none() {
                break;
            }
        }
        assert_eq!(found, ids);
        let staged = bank.stage(&repaired()).await;
        let page = async |page| {
            bank.wealth.lines(&bank.context, staged.id, &page).await.unwrap()
        };
        let first = page(PageRequest::first(3)).await;
        assert_eq!(first.items.len(), 3);
        let rest = page(PageRequest { after: first.next, ..PageRequest::first(3) }).await;
        assert_eq!((rest.items.len(), rest.items[0].number, rest.next), (1, 4, None));
    }

    async fn broken_files_never_book_half(db: TestDatabase) {
        let bank = Bank::of(&db).await;
        // What is there already must not be touched either.
        bank.bring(&sample("au_everyday_102.ofx")).await;
        let names = [
            "au_everyday_102.ofx", "two_accounts_one_line_103.ofx", "giro_053_v2.xml",
            "us_checking.csv", "us_card_220.ofx", "mn_statement.csv",
        ];
        let mut seed = 0x2545_f491_4f6c_dd1d_u64;
        let mut outcomes = [0; 3];
        let mut before = bank.state().await;
        for round in 0..rounds(db.dialect()) {
            for name in names {
                let mut bytes = sample(name);
                mutate(&mut bytes, round, &mut seed);
                let staged = bank.wealth.stage(&bank.context, upload(name, bytes)).await;
                let booked = match staged {
                    Ok(staged) => bank.try_book(staged.id, round % 2 == 1).await,
                    Err(error) => Err(error),
                };
                match booked {
                    Ok(import) => {
                        let counts = import.counts();
                        assert_eq!((import.status, counts.new), (ImportStatus::Booked, 0));
                        before = booked_whole(&bank, &before, &import).await;
                        outcomes[usize::from(counts.booked > 0)] += 1;
                    }
                    Err(error) => {
                        assert_ne!(error.kind(), ErrorKind::Internal, "{name}: {error}");
                        assert_eq!(bank.state().await, before, "{name}: {error}");
                        outcomes[2] += 1;
                    }
                }
            }
        }
        // Each kind of outcome was met: nothing new, something booked, refused.
        assert!(outcomes.iter().all(|count| *count > 10), "{outcomes:?}");
    }
}

/// How often each sample is broken; more often in a soak. A round trip to a server takes longer
/// than one to a file, and what must be true is the same.
fn rounds(dialect: Dialect) -> usize {
    let soak = std::env::var("FLORIN_SOAK_ROUNDS").ok().and_then(|text| text.parse().ok());
    soak.unwrap_or(0).max(if dialect == Dialect::Sqlite { 54 } else { 12 })
}

/// Whether the ledger has as many more transfers as the import says that it booked.
async fn booked_whole(bank: &Bank<'_>, before: &State, import: &Import) -> State {
    let after = bank.state().await;
    let lines = bank.all_lines(import.id).await;
    let moved = lines.iter().filter(|line| line.transfer.is_some()).count();
    let openings = "SELECT count(*) FROM wealth_import_opening WHERE import = ";
    let id = import.id.uuid().simple();
    let id = match bank.db.dialect() {
        Dialect::Sqlite => format!("x'{id}'"),
        Dialect::Postgres => format!("'{id}'"),
    };
    let openings = bank.count(&format!("{openings}{id}")).await;
    let booked = u64::try_from(moved).unwrap() + openings;
    assert_eq!(after.1 - before.1, booked, "{import:?}");
    after
}

/// Changes a file in one of the ways in which files get broken.
fn mutate(bytes: &mut Vec<u8>, round: usize, seed: &mut u64) {
    let mut random = |below: usize| {
        *seed =
            seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(*seed >> 33).unwrap() % below.max(1)
    };
    match round % 6 {
        0 => bytes.truncate(random(bytes.len())),
        1 => {
            let at = random(bytes.len());
            bytes[at] = u8::try_from(random(256)).unwrap();
        }
        2 => {
            for _ in 0..8 {
                let at = random(bytes.len());
                bytes[at] ^= 1 << random(8);
            }
        }
        3 => {
            let (from, to) = (random(bytes.len()), random(bytes.len()));
            let part = bytes[from.min(to)..from.max(to)].to_vec();
            bytes.extend(part);
        }
        4 => {
            let at = random(bytes.len());
            let field = [b'9'; 5_000];
            bytes.splice(at..at, field);
        }
        _ => {
            // A digit of money or of a day.
            let digits: Vec<usize> =
                (0..bytes.len()).filter(|at| bytes[*at].is_ascii_digit()).collect();
            let at = digits[random(digits.len())];
            bytes[at] = b'0' + u8::try_from(random(10)).unwrap();
        }
    }
}
