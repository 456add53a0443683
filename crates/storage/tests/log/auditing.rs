//! The audit of streams that are whole, that were cut off, and of heads that were forged.

use std::fs;

use kernel::{TenantId, Uuid};
use storage::audit::{Finding, Report, Walked, Witness, verify};
use storage::crypto::{SigningKey, hex};
use storage::journal::{Commit, JournalStore, Record, RecordHeader, SqlJournal};
use storage::log::{HeadSigner, Lane, SignedHead, chain_hash};
use testing::{Cell, TestDatabase};

use crate::sample::{
    Denied, Noted, emit, emit_numbers, journal, literal, sequence, signer, stream,
};

/// A tenant with six events and a book with four records, and what signs them.
struct Setting {
    db: TestDatabase,
    tenant: TenantId,
    book: Uuid,
    signer: HeadSigner,
    witness: Witness,
}

impl Setting {
    async fn new(db: TestDatabase) -> Self {
        let (tenant, book) = (db.new_tenant(), db.env.new_uuid());
        let (signer, witness) = signer(&db);
        emit_numbers(&db, tenant, 0..6).await;
        sequence(&db.database).await;
        journal(&db, tenant, book, None, 4).await;
        Self { db, tenant, book, signer, witness }
    }

    async fn verify(&self) -> Report {
        verify(&self.db.database, Some(&self.witness)).await.unwrap()
    }

    async fn damage(&self, sql: &str) {
        let raw = self.db.raw().await;
        raw.disarm("log_event").await;
        raw.disarm("journal").await;
        raw.run(sql).await;
    }

    fn heads_file(&self) -> std::path::PathBuf {
        self.witness.heads.join("heads-2026-03-31.jsonl")
    }
}

/// The one finding of a report.
fn only(report: &Report) -> &Finding {
    assert!(!report.is_intact());
    assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
    &report.findings[0]
}

testing::both_databases! {
    modules = [];

    async fn an_empty_database_is_intact(db: TestDatabase) {
        let report = verify(&db.database, None).await.unwrap();
        assert_eq!(report, Report::default());
        assert!(report.is_intact());
    }

    async fn what_nobody_touched_is_intact(db: TestDatabase) {
        let mut setting = Setting::new(db).await;
        emit(&setting.db, TenantId::COMMON, &Denied).await;
        sequence(&setting.db.database).await;
        let report = verify(&setting.db.database, None).await.unwrap();
        assert_eq!(report.heads_compared, None);
        setting.signer.run_once().await.unwrap();
        emit_numbers(&setting.db, setting.tenant, 6..8).await;
        sequence(&setting.db.database).await;
        let report = setting.verify().await;
        let expected = Report {
            log: Walked { streams: 2, records: 9 },
            journal: Walked { streams: 1, records: 4 },
            heads_compared: Some(3),
            newer_than_heads: 2,
            ..Report::default()
        };
        assert_eq!(report, expected);
    }

    async fn a_stream_longer_than_a_batch_is_walked_to_its_end(db: TestDatabase) {
        let tenant = db.new_tenant();
        emit_numbers(&db, tenant, 0..130).await;
        sequence(&db.database).await;
        let report = verify(&db.database, None).await.unwrap();
        assert_eq!(report.log, Walked { streams: 1, records: 130 });
    }

    async fn an_end_that_was_cut_off_is_found_as_far_as_the_last_head(db: TestDatabase) {
        let mut setting = Setting::new(db).await;
        setting.signer.run_once().await.unwrap();
        emit_numbers(&setting.db, setting.tenant, 6..9).await;
        sequence(&setting.db.database).await;
        // What is newer than the head goes without a trace, and the report says how much that is.
        setting.damage("DELETE FROM log_event WHERE seq > 8").await;
        let report = setting.verify().await;
        assert!(report.is_intact());
        assert_eq!(report.newer_than_heads, 2);
        setting.damage("DELETE FROM log_event WHERE seq > 4").await;
        let report = setting.verify().await;
        let finding = only(&report);
        assert_eq!((finding.table.as_str(), finding.seq), ("log_event", 5));
        assert_eq!(finding.stream.map(|stream| stream.0), Some(setting.tenant.uuid()));
        let what = "the stream ends with record 4, but a head signed at 2026-03-31T10:30:00Z \
                    proves records up to 6: its end was cut off";
        assert_eq!(finding.what, what);
        assert!(verify(&setting.db.database, None).await.unwrap().is_intact());
    }

    async fn a_stream_that_is_gone_is_found(db: TestDatabase) {
        let mut setting = Setting::new(db).await;
        setting.signer.run_once().await.unwrap();
        setting.damage("DELETE FROM journal").await;
        let report = setting.verify().await;
        let finding = only(&report);
        assert_eq!((finding.table.as_str(), finding.seq), ("journal", 1));
        assert_eq!(finding.stream.map(|stream| stream.0), Some(setting.book));
    }

    async fn a_record_that_is_missing_is_found(db: TestDatabase) {
        let setting = Setting::new(db).await;
        setting.damage("DELETE FROM log_event WHERE seq = 3; DELETE FROM journal WHERE seq = 1")
            .await;
        let report = setting.verify().await;
        let found: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
        let (stream, book) = (Lane::Main.stream(setting.tenant), setting.book);
        assert_eq!(found, [
            format!("log_event {stream} record 3: it is missing; the next one is 4"),
            format!("journal {book} record 1: it is missing; the next one is 2"),
        ]);
    }

    async fn records_that_changed_places_are_found(db: TestDatabase) {
        let setting = Setting::new(db).await;
        for table in ["log_event", "journal"] {
            for (from, to) in [(2, 99), (4, 2), (99, 4)] {
                setting.damage(&format!("UPDATE {table} SET seq = {to} WHERE seq = {from}")).await;
            }
        }
        let report = setting.verify().await;
        let places: Vec<_> =
            report.findings.iter().map(|found| (found.table.as_str(), found.seq)).collect();
        assert_eq!(places, [("log_event", 2), ("journal", 2)]);
    }

    async fn a_record_that_was_sealed_anew_is_not_what_the_next_one_follows(db: TestDatabase) {
        let setting = Setting::new(db).await;
        let dialect = setting.db.dialect();
        // Other bytes with a hash that fits them, in the place of one record of each table.
        let events = stream(&setting.db, setting.tenant, Lane::Main).await;
        let body = String::from_utf8(events[2].bytes.clone()).unwrap();
        let body = body.replace("\"number\":2", "\"number\":7").into_bytes();
        let event = &events[2];
        let hash = chain_hash(event.stream, 3, &events[1].hash, event.recorded, &body);
        let (body, hash) = (literal(dialect, &body, false), literal(dialect, &hash, false));
        let change = format!("UPDATE log_event SET body = {body}, hash = {hash} WHERE seq = 3");
        setting.damage(&change).await;

        let store = SqlJournal::new(setting.db.database.clone());
        let record = store.read(setting.book, 1, 1).await.unwrap().remove(0);
        let record = Record::seal(&record.open().unwrap().0, b"other entries");
        let body = literal(dialect, &record.body, false);
        let hash = literal(dialect, &record.hash, false);
        let change = format!("UPDATE journal SET body = {body}, hash = {hash} WHERE seq = 2");
        setting.damage(&change).await;

        let report = setting.verify().await;
        let places: Vec<_> =
            report.findings.iter().map(|found| (found.table.as_str(), found.seq)).collect();
        assert_eq!(places, [("log_event", 4), ("journal", 3)]);
    }

    async fn a_stream_under_another_name_is_found(db: TestDatabase) {
        let setting = Setting::new(db).await;
        let other = literal(setting.db.dialect(), Uuid::from_u128(7).as_bytes(), true);
        setting.damage(&format!("UPDATE journal SET stream = {other}")).await;
        let report = setting.verify().await;
        let found = format!("its bytes are those of record 1 of stream {}", setting.book);
        assert_eq!(only(&report).what, found);
    }

    async fn an_event_that_names_another_tenant_is_found(db: TestDatabase) {
        let setting = Setting::new(db).await;
        let other = setting.db.new_tenant();
        emit(&setting.db, setting.tenant, &Noted { number: 6 }).await;
        let raw = setting.db.raw().await;
        // As a program with a fault would have written it.
        let [row] = raw.rows("SELECT body FROM log_inbox").await.try_into().unwrap();
        let Cell::Bytes(body) = &row[0] else { panic!("{row:?}") };
        let body = String::from_utf8(body.clone()).unwrap();
        let body = body.replace(&setting.tenant.to_string(), &other.to_string());
        let body = literal(setting.db.dialect(), body.as_bytes(), false);
        raw.run(&format!("UPDATE log_inbox SET body = {body}")).await;
        sequence(&setting.db.database).await;
        let report = setting.verify().await;
        let finding = only(&report);
        assert_eq!(finding.seq, 7);
        assert_eq!(finding.what, format!("its column tenant is not {other}, which its bytes name"));
    }

    async fn a_chain_that_was_made_anew_contradicts_the_head(db: TestDatabase) {
        let mut setting = Setting::new(db).await;
        setting.signer.run_once().await.unwrap();
        // Somebody with every right writes another history, with hashes that fit.
        setting.damage("DELETE FROM journal").await;
        let last = journal(&setting.db, setting.tenant, setting.book, None, 2).await;
        let (header, _) = last.open().unwrap();
        let header = RecordHeader { seq: 3, previous: last.hash, ..header };
        let other = Record::seal(&header, b"other entries");
        let commit = SqlJournal::new(setting.db.database.clone()).begin().await.unwrap();
        commit.commit(std::slice::from_ref(&other)).await.unwrap();
        journal(&setting.db, setting.tenant, setting.book, Some(other), 2).await;
        assert!(verify(&setting.db.database, None).await.unwrap().is_intact());
        let report = setting.verify().await;
        let finding = only(&report);
        assert_eq!((finding.table.as_str(), finding.seq), ("journal", 4));
        assert!(finding.what.contains("but the head signed at"), "{}", finding.what);
    }

    async fn a_forged_head_is_refused_and_the_good_one_before_it_counts(db: TestDatabase) {
        let mut setting = Setting::new(db).await;
        setting.signer.run_once().await.unwrap();
        setting.damage("DELETE FROM log_event WHERE seq > 3").await;
        let lines = fs::read_to_string(setting.heads_file()).unwrap();
        let good = lines.lines().find(|line| line.contains("\"log\"")).unwrap();
        // A head that hides the cut: under no good signature, under its old one, under another key.
        let mut unsigned = SignedHead::from_line(good).unwrap();
        unsigned.head.seq = 99;
        let mut strange = unsigned.clone();
        let other = SigningKey::from_seed(&[7; 32]).unwrap();
        strange.signature = hex(&other.sign(b"florin.head.1 "));
        for forged in [&unsigned, &strange] {
            let forged = forged.to_line().unwrap();
            fs::write(setting.heads_file(), format!("{lines}{forged}\n")).unwrap();
            let report = setting.verify().await;
            let found: Vec<_> = report.findings.iter().map(|found| found.seq).collect();
            assert_eq!(found, [3, 4], "line 3 is forged, record 4 was cut off");
            let what = &report.findings[0].what;
            assert!(what.starts_with("this head was signed by none of the keys"), "{what}");
        }
        let stranger = Witness {
            heads: setting.witness.heads.clone(),
            keys: vec![other.public()],
        };
        fs::write(setting.heads_file(), &lines).unwrap();
        let report = verify(&setting.db.database, Some(&stranger)).await.unwrap();
        assert_eq!((report.findings.len(), report.heads_compared), (2, Some(0)));
    }

    async fn a_line_that_is_no_head_is_named_and_half_a_line_is_not(db: TestDatabase) {
        let mut setting = Setting::new(db).await;
        setting.signer.run_once().await.unwrap();
        let lines = fs::read_to_string(setting.heads_file()).unwrap();
        fs::write(setting.heads_file(), format!("nothing\n{lines}{{\"kind\":\"lo")).unwrap();
        let report = setting.verify().await;
        let finding = only(&report);
        assert_eq!(finding.to_string(), "heads heads-2026-03-31.jsonl line 1: this is no head");
        assert_eq!(report.heads_compared, Some(2));
    }
}
