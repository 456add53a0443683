//! From emission to a number and a hash.

use std::collections::BTreeMap;

use kernel::{TenantId, Timestamp};
use storage::crypto::sha256;
use storage::log::{Lane, Sequencer, StreamEvent};
use storage::{Dialect, Level, Mode, StorageError};
use testing::{Cell, TestDatabase};

use crate::sample::{Denied, Noted, emit, emit_numbers, sequence, stream};

testing::both_databases! {
    modules = [];

    async fn events_are_numbered_in_order_and_chained(db: TestDatabase) {
        let tenant = db.new_tenant();
        emit_numbers(&db, tenant, 0..3).await;
        assert_eq!(stream(&db, tenant, Lane::Main).await, [], "unnumbered events are not seen");
        assert_eq!(Sequencer::new(db.database.clone()).pending().await.unwrap(), 3);
        assert_eq!(sequence(&db.database).await, 3);
        assert_eq!(Sequencer::new(db.database.clone()).pending().await.unwrap(), 0);

        let mut previous = [0; 32];
        let events = stream(&db, tenant, Lane::Main).await;
        for (number, event) in (0_u64..).zip(&events) {
            assert_eq!(event.seq, number + 1);
            assert_eq!(event.envelope.body["number"], number);
            // As the documentation writes it, byte by byte.
            let mut bytes = b"florin.log.1".to_vec();
            bytes.extend(event.stream.as_bytes());
            bytes.extend((number + 1).to_be_bytes());
            bytes.extend(previous);
            bytes.extend(event.recorded.micros().to_be_bytes());
            bytes.extend(sha256(&[&event.bytes]));
            assert_eq!(event.hash, sha256(&[&bytes]));
            previous = event.hash;
        }
        assert_eq!(events.len(), 3);
    }

    async fn a_transaction_that_is_given_up_leaves_no_event(db: TestDatabase) {
        let tenant = db.new_tenant();
        let mut tx = db.database.begin(Level::Tenant(tenant), Mode::Write).await.unwrap();
        tx.emit(&db.context(tenant), &Noted { number: 1 }).await.unwrap();
        tx.rollback();
        assert_eq!(sequence(&db.database).await, 0);
    }

    async fn an_event_is_of_the_tenant_of_its_transaction(db: TestDatabase) {
        let (one, other) = (db.new_tenant(), db.new_tenant());
        let mut tx = db.database.begin(Level::Tenant(one), Mode::Write).await.unwrap();
        let error = tx.emit(&db.context(other), &Noted { number: 1 }).await.unwrap_err();
        assert!(matches!(error, StorageError::Level { .. }), "{error}");
    }

    async fn lanes_and_tenants_have_streams_of_their_own(db: TestDatabase) {
        let (one, other) = (db.new_tenant(), db.new_tenant());
        for tenant in [one, other, one, TenantId::COMMON] {
            emit(&db, tenant, &Noted { number: 1 }).await;
            emit(&db, tenant, &Denied).await;
        }
        assert_eq!(sequence(&db.database).await, 8);
        for (tenant, count) in [(one, 2), (other, 1), (TenantId::COMMON, 1)] {
            for lane in [Lane::Main, Lane::Denied] {
                let events = stream(&db, tenant, lane).await;
                let seqs: Vec<u64> = events.iter().map(|event| event.seq).collect();
                assert_eq!(seqs, Vec::from_iter(1..=count));
            }
        }
    }

    async fn recorded_time_does_not_go_back_when_the_clock_does(db: TestDatabase) {
        let tenant = db.new_tenant();
        let later = db.clock_moved_by(60);
        emit_numbers(&db, tenant, 0..1).await;
        sequence(&db.database).await;
        db.clock.set(Timestamp::EPOCH);
        emit_numbers(&db, tenant, 1..2).await;
        sequence(&db.database).await;
        let events = stream(&db, tenant, Lane::Main).await;
        assert_eq!(events[0].recorded, later);
        assert_eq!(events[1].recorded, later);
        assert_eq!(events[1].envelope.occurred, Timestamp::EPOCH);
    }

    async fn many_batches_leave_no_gap(db: TestDatabase) {
        let tenants = [db.new_tenant(), db.new_tenant(), db.new_tenant()];
        for tenant in tenants {
            let mut tx = db.database.begin(Level::Tenant(tenant), Mode::Write).await.unwrap();
            for number in 0..200 {
                tx.emit(&db.context(tenant), &Noted { number }).await.unwrap();
            }
            tx.commit().await.unwrap();
        }
        let first = Sequencer::new(db.database.clone()).run_once().await.unwrap();
        assert!(first < 600, "a batch has a limit");
        assert_eq!(first + sequence(&db.database).await, 600);
        for tenant in tenants {
            let events = stream(&db, tenant, Lane::Main).await;
            for (number, event) in (0_u64..).zip(&events) {
                let found = (event.seq, event.envelope.body["number"].as_u64());
                assert_eq!(found, (number + 1, Some(number)));
            }
            assert_eq!(events.len(), 200);
        }
    }

    async fn two_sequencers_give_each_number_once(db: TestDatabase) {
        let tenant = db.new_tenant();
        emit_numbers(&db, tenant, 0..50).await;
        let other = db.open(db.env.clone(), storage::Limits::default());
        let (one, two) = tokio::join!(sequence(&db.database), sequence(&other));
        assert_eq!(one + two + sequence(&db.database).await, 50);
        let seqs: Vec<u64> =
            stream(&db, tenant, Lane::Main).await.iter().map(|event| event.seq).collect();
        assert_eq!(seqs, Vec::from_iter(1..=50));
    }

    async fn an_event_in_a_foreign_stream_stops_the_sequencer(db: TestDatabase) {
        let (tenant, other) = (db.new_tenant(), db.new_tenant());
        emit(&db, tenant, &Noted { number: 1 }).await;
        let raw = db.raw().await;
        let stream = match db.dialect() {
            Dialect::Sqlite => format!("x'{}'", storage::crypto::hex(other.uuid().as_bytes())),
            Dialect::Postgres => format!("'{}'", other.uuid()),
        };
        raw.run(&format!("UPDATE log_inbox SET stream = {stream}")).await;
        let error = Sequencer::new(db.database.clone()).run_once().await.unwrap_err();
        assert!(matches!(error, StorageError::Damaged { .. }), "{error}");
        let counts = "SELECT (SELECT count(*) FROM log_inbox), (SELECT count(*) FROM log_event)";
        assert_eq!(raw.rows(counts).await, [[Cell::Number(1), Cell::Number(0)]]);
    }

    async fn the_task_numbers_what_is_committed_and_what_waits_at_its_end(db: TestDatabase) {
        let tenant = db.new_tenant();
        let task = Sequencer::new(db.database.clone()).start();
        emit_numbers(&db, tenant, 0..5).await;
        testing::eventually("five numbered events", async || {
            (stream(&db, tenant, Lane::Main).await.len() == 5).then_some(())
        })
        .await;
        emit_numbers(&db, tenant, 5..6).await;
        task.stop().await;
        assert_eq!(stream(&db, tenant, Lane::Main).await.len(), 6);
    }

    async fn what_is_in_the_log_can_be_neither_changed_nor_deleted(db: TestDatabase) {
        emit_numbers(&db, db.new_tenant(), 0..1).await;
        sequence(&db.database).await;
        let raw = db.raw().await;
        let roles: &[&str] = match db.dialect() {
            Dialect::Sqlite => &[""],
            Dialect::Postgres => &["SET ROLE florin_app; ", "SET ROLE florin_system; "],
        };
        for role in roles {
            for sql in ["UPDATE log_event SET seq = 2", "DELETE FROM log_event"] {
                let refusal = raw.try_run(&format!("{role}{sql}")).await.unwrap_err();
                let words = ["append-only", "permission denied"];
                assert!(words.iter().any(|word| refusal.contains(word)), "{refusal}");
            }
        }
    }
}

/// On SQLite nobody commits late: there is one writer.
#[test]
fn an_event_that_commits_late_comes_after_those_before_it() {
    testing::run(Dialect::Postgres, &[], async |db: TestDatabase| {
        let tenant = db.new_tenant();
        let mut late = db.database.begin(Level::Tenant(tenant), Mode::Write).await.unwrap();
        late.emit(&db.context(tenant), &Noted { number: 1 }).await.unwrap();
        emit(&db, tenant, &Noted { number: 2 }).await;
        assert_eq!(sequence(&db.database).await, 1);
        late.commit().await.unwrap();
        assert_eq!(sequence(&db.database).await, 1);
        let events = stream(&db, tenant, Lane::Main).await;
        let number = |event: &StreamEvent| event.envelope.body["number"].as_u64();
        assert_eq!(Vec::from_iter(events.iter().map(number)), [Some(2), Some(1)]);
    });
}

#[test]
fn an_event_has_the_bytes_of_its_golden_file() {
    testing::golden_event(&Noted { number: 7 }, "testdata/events/sample.noted.1.json");
}

#[test]
fn streams_of_a_tenant_are_told_apart() {
    let tenant = TenantId::from_uuid(kernel::Uuid::from_u128(1));
    let streams: BTreeMap<_, _> =
        [Lane::Main, Lane::Denied].iter().map(|lane| (lane.stream(tenant), ())).collect();
    assert_eq!(streams.len(), 2);
}
