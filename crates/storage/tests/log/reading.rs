//! Reading streams, at once and live.

use std::sync::Arc;
use std::time::Duration;

use kernel::{Position, TenantId};
use storage::log::{Feed, Lane, LogSource, Sequencer, StreamEvent};
use storage::{Level, Mode};
use testing::TestDatabase;

use crate::sample::{Denied, Noted, emit, emit_numbers, sequence};

/// Long enough that a test fails rather than passes by waiting.
const LONG: Duration = Duration::from_secs(20);

testing::both_databases! {
    modules = [];

    async fn a_reader_goes_on_after_its_position(db: TestDatabase) {
        let tenant = db.new_tenant();
        emit_numbers(&db, tenant, 0..5).await;
        sequence(&db.database).await;
        let mut feed = main_feed(&db, tenant, Position::default());
        assert_eq!(numbers(&feed.next_batch(2, LONG).await.unwrap()), [0, 1]);
        let kept = feed.position().to_string();
        drop(feed);
        let mut feed = main_feed(&db, tenant, kept.parse().unwrap());
        assert_eq!(numbers(&feed.next_batch(2, LONG).await.unwrap()), [2, 3]);
        assert_eq!(numbers(&feed.next_batch(2, LONG).await.unwrap()), [4]);
        assert_eq!(feed.next_batch(2, Duration::ZERO).await.unwrap(), []);
    }

    async fn a_live_reader_is_woken(db: TestDatabase) {
        let tenant = db.new_tenant();
        let task = Sequencer::new(db.database.clone()).start();
        let mut feed = main_feed(&db, tenant, Position::default());
        let writing = emit(&db, tenant, &Noted { number: 7 });
        let started = tokio::time::Instant::now();
        let (_, events) = tokio::join!(writing, feed.next_batch(10, LONG));
        assert_eq!(numbers(&events.unwrap()), [7]);
        // Polling alone would take a quarter of a second and then a whole one.
        assert!(started.elapsed() < Duration::from_secs(1), "it was found by polling");
        task.stop().await;
    }

    async fn a_live_reader_finds_what_another_process_added(db: TestDatabase) {
        let tenant = db.new_tenant();
        let mut feed = main_feed(&db, tenant, Position::default());
        let elsewhere = db.open(db.env.clone(), storage::Limits::default());
        emit_numbers(&db, tenant, 0..1).await;
        let numbering = async {
            // Not before the reader waits.
            tokio::task::yield_now().await;
            sequence(&elsewhere).await
        };
        let started = tokio::time::Instant::now();
        let (events, _) = tokio::join!(feed.next_batch(10, LONG), numbering);
        assert_eq!(numbers(&events.unwrap()), [0]);
        assert!(started.elapsed() < LONG / 2, "it waited to the end");
    }

    async fn a_reader_of_several_streams_keeps_a_position_in_each(db: TestDatabase) {
        let tenant = db.new_tenant();
        emit_numbers(&db, tenant, 0..2).await;
        emit(&db, tenant, &Denied).await;
        sequence(&db.database).await;
        let mut feed = main_feed(&db, tenant, Position::default());
        feed.add_log(Lane::Denied);
        assert_eq!(feed.next_batch(10, LONG).await.unwrap().len(), 3);
        assert_eq!(feed.position().of(Lane::Main.stream(tenant)), 2);
        assert_eq!(feed.position().of(Lane::Denied.stream(tenant)), 1);
        emit(&db, tenant, &Denied).await;
        sequence(&db.database).await;
        let events = feed.next_batch(10, LONG).await.unwrap();
        assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), [2]);
    }

    async fn no_reader_sees_another_tenants_stream(db: TestDatabase) {
        let (owner, thief) = (db.new_tenant(), db.new_tenant());
        emit_numbers(&db, owner, 0..2).await;
        sequence(&db.database).await;
        let mut feed = Feed::new(db.database.clone(), thief, Position::default());
        feed.add(Lane::Main.stream(owner), Arc::new(LogSource));
        assert_eq!(feed.next_batch(10, Duration::ZERO).await.unwrap(), []);
    }

    async fn the_last_number_of_a_stream_is_known(db: TestDatabase) {
        let tenant = db.new_tenant();
        let stream = Lane::Main.stream(tenant);
        for expected in [0, 3] {
            let mut tx = db.database.begin(Level::Tenant(tenant), Mode::Read).await.unwrap();
            assert_eq!(storage::log::last_seq(&mut tx, stream).await.unwrap(), expected);
            drop(tx);
            emit_numbers(&db, tenant, 0..3).await;
            sequence(&db.database).await;
        }
    }
}

fn main_feed(db: &TestDatabase, tenant: TenantId, position: Position) -> Feed {
    let mut feed = Feed::new(db.database.clone(), tenant, position);
    feed.add_log(Lane::Main);
    feed
}

fn numbers(events: &[StreamEvent]) -> Vec<u64> {
    events.iter().map(|event| event.envelope.body["number"].as_u64().unwrap()).collect()
}
