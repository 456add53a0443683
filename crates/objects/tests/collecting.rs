//! What nobody needs goes, a day later; what somebody needs stays.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod shelf;

use std::path::PathBuf;

use kernel::Timestamp;
use objects::{Collected, Collection, MODULE, ObjectId, ObjectState, ObjectsError};
use shelf::{CHUNK, DAY, Shelf, code, noise, reference};
use testing::TestDatabase;

impl Shelf<'_> {
    async fn collect(&self) -> Collected {
        self.objects.collect().await.unwrap()
    }

    /// A day passes, and then some.
    fn a_day_later(&self) {
        self.db.clock.advance_seconds(DAY + 1);
    }

    async fn hold(&self, id: ObjectId, matter: &str) -> Result<usize, ObjectsError> {
        let mut tx = self.write().await;
        let holds = objects::place_hold(&mut tx, &self.context, id, matter).await?;
        tx.commit().await.unwrap();
        Ok(holds.len())
    }

    async fn release_hold(&self, id: ObjectId, matter: &str) {
        let mut tx = self.write().await;
        objects::release_hold(&mut tx, &self.context, id, matter).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn keep_until(&self, id: ObjectId, until: Timestamp) -> Result<(), ObjectsError> {
        let mut tx = self.write().await;
        objects::keep_until(&mut tx, &self.context, id, until).await?;
        Ok(tx.commit().await?)
    }

    async fn state(&self, id: ObjectId) -> Option<ObjectState> {
        let found = self.objects.object(&self.context, id).await;
        found.ok().map(|object| object.state)
    }
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, MODULE];

    async fn what_nobody_refers_to_goes_in_two_steps(db: TestDatabase) {
        let shelf = Shelf::of(&db);
        let (lost, needed) = (shelf.keep(&noise(1, CHUNK + 1)).await, shelf.keep(b"needed").await);
        shelf.refer(needed, reference(1)).await.unwrap();
        assert_eq!(shelf.collect().await, Collected::default(), "it may be referred to yet");
        shelf.a_day_later();
        assert_eq!(shelf.collect().await, Collected { removed: 1, ..Collected::default() });
        assert_eq!(code(shelf.read(lost).await), "object_unknown");
        assert_eq!(code(shelf.refer(lost, reference(2)).await), "object_unknown");
        assert_eq!(shelf.stored().len(), 3, "what is on its way may still arrive");
        // A chunk that arrives after its object was removed goes with the others.
        let second = |path: &PathBuf| path.to_string_lossy().contains("00001-");
        let late = shelf.stored().into_iter().find(second);
        let late = late.unwrap().with_file_name("00001-ffffffffffffffffffffffffffffffff");
        std::fs::write(late, b"late").unwrap();
        shelf.a_day_later();
        let expected = Collected { forgotten: 1, names: 3, ..Collected::default() };
        assert_eq!(shelf.collect().await, expected);
        assert_eq!((shelf.stored().len(), shelf.count("objects_object").await), (1, 1));
        assert_eq!(shelf.count("objects_chunk").await, 1);
        assert_eq!(shelf.read(needed).await.unwrap(), b"needed");
        // The same content comes again as another object.
        let again = shelf.keep(&noise(1, CHUNK + 1)).await;
        assert_ne!(again, lost);
        // What refers to nothing any more lets it go.
        shelf.release(reference(1)).await;
        assert_eq!(shelf.collect().await, Collected::default(), "a day from now on");
        shelf.a_day_later();
        assert_eq!(shelf.collect().await.removed, 2);
    }

    async fn an_object_stays_while_anything_needs_it(db: TestDatabase) {
        let shelf = Shelf::of(&db);
        let id = shelf.keep(b"for two").await;
        shelf.refer(id, reference(1)).await.unwrap();
        shelf.refer(id, reference(2)).await.unwrap();
        shelf.refer(id, reference(2)).await.unwrap();
        shelf.release(reference(1)).await;
        shelf.a_day_later();
        shelf.collect().await;
        assert_eq!(shelf.read(id).await.unwrap(), b"for two");
        shelf.release(reference(2)).await;
        shelf.a_day_later();
        shelf.collect().await;
        assert_eq!(shelf.state(id).await, None);
    }

    async fn holds_and_times_keep_what_nobody_refers_to(db: TestDatabase) {
        let shelf = Shelf::of(&db);
        let id = shelf.keep(b"evidence").await;
        let until = db.env.now().plus_seconds(10 * DAY);
        shelf.keep_until(id, until).await.unwrap();
        shelf.keep_until(id, until).await.unwrap();
        let shorter = shelf.keep_until(id, until.plus_seconds(-1)).await;
        assert_eq!(code(shorter), "object_kept_longer");
        for matter in ["", "Müller", "a b", &"a".repeat(65)] {
            assert_eq!(code(shelf.hold(id, matter).await), "invalid_fields", "{matter:?}");
        }
        assert_eq!(shelf.hold(id, "2026-17").await.unwrap(), 1);
        assert_eq!(shelf.hold(id, "2026-17").await.unwrap(), 1);
        assert_eq!(shelf.hold(id, "2026-18").await.unwrap(), 2);
        let mut tx = shelf.write().await;
        let refused = objects::check_erasable(&mut tx, shelf.own()).await;
        assert_eq!(code(refused), "object_held");
        tx.rollback();
        for days in [5, 5, 5] {
            db.clock.advance_seconds(days * DAY);
            shelf.collect().await;
            assert_eq!(shelf.read(id).await.unwrap(), b"evidence");
        }
        shelf.release_hold(id, "2026-17").await;
        shelf.a_day_later();
        shelf.collect().await;
        assert_eq!(shelf.state(id).await, Some(ObjectState::Stored));
        shelf.release_hold(id, "2026-18").await;
        let mut tx = shelf.write().await;
        objects::check_erasable(&mut tx, shelf.own()).await.unwrap();
        tx.rollback();
        shelf.collect().await;
        assert_eq!(shelf.state(id).await, Some(ObjectState::Stored), "a day from now on");
        shelf.a_day_later();
        shelf.collect().await;
        assert_eq!(shelf.state(id).await, None);
    }

    async fn what_is_held_while_a_collection_is_at_it_stays(db: TestDatabase) {
        let shelf = Shelf::of(&db);
        let mut ids = Vec::new();
        for number in 0..40_u64 {
            ids.push(shelf.keep(&number.to_be_bytes()).await);
        }
        shelf.a_day_later();
        let holding = async {
            let mut held = Vec::new();
            for id in ids.iter().rev() {
                match shelf.hold(*id, "2026-17").await {
                    Ok(_) => held.push(*id),
                    Err(error) => assert_eq!(code::<()>(Err(error)), "object_unknown"),
                }
            }
            held
        };
        let (collected, held) = futures_util::join!(shelf.collect(), holding);
        assert_eq!(collected.removed + held.len() as u64, 40);
        for id in held {
            shelf.read(id).await.unwrap();
        }
    }

    async fn an_upload_that_rests_for_a_week_goes(db: TestDatabase) {
        let shelf = Shelf::of(&db);
        let content = noise(1, 2 * CHUNK);
        let id = shelf.begin(content.len()).await.id;
        shelf.send(id, 0, &content[..CHUNK]).await.unwrap();
        db.clock.advance_seconds(7 * DAY);
        assert_eq!(shelf.collect().await, Collected::default());
        db.clock.advance_seconds(1);
        assert_eq!(shelf.collect().await.removed, 1);
        let late = shelf.send(id, CHUNK as u64, &content[CHUNK..]).await;
        assert_eq!(code(late), "object_unknown");
        shelf.a_day_later();
        assert_eq!(shelf.collect().await.forgotten, 1);
        assert_eq!(shelf.stored().len(), 0);
        assert_eq!(shelf.count("objects_reference").await, 0);
    }

    async fn what_a_piece_that_was_sent_twice_left_behind_is_tidied_away(db: TestDatabase) {
        let shelf = Shelf::of(&db);
        let content = noise(1, 2 * CHUNK);
        let id = shelf.begin(content.len()).await.id;
        shelf.send(id, 0, &content[..CHUNK]).await.unwrap();
        // As a process leaves it that ends between store and row.
        let stray = shelf.stored()[0].with_file_name("00001-ffffffffffffffffffffffffffffffff");
        std::fs::write(&stray, b"stray").unwrap();
        shelf.send(id, CHUNK as u64, &content[CHUNK..]).await.unwrap();
        db.clock.advance_seconds(DAY);
        assert_eq!(shelf.collect().await, Collected::default());
        db.clock.advance_seconds(1);
        assert_eq!(shelf.collect().await, Collected { names: 1, ..Collected::default() });
        assert!(!stray.exists());
        assert!(shelf.read(id).await.unwrap() == content);
    }

    async fn a_file_goes_when_it_is_given_up_and_not_before(db: TestDatabase) {
        let shelf = Shelf::of(&db);
        let id = shelf.begin(5).await.id;
        shelf.send(id, 0, b"hello").await.unwrap();
        db.clock.advance_seconds(100 * DAY);
        shelf.collect().await;
        assert_eq!(shelf.read(id).await.unwrap(), b"hello");
        let mut tx = shelf.write().await;
        shelf.objects.give_up(&mut tx, &shelf.context, id).await.unwrap();
        tx.commit().await.unwrap();
        shelf.a_day_later();
        assert_eq!(shelf.collect().await.removed, 1);
    }

    async fn a_job_collects(db: TestDatabase) {
        let shelf = Shelf::of(&db);
        let id = shelf.keep(b"nobody's").await;
        shelf.a_day_later();
        let common = db.context(kernel::TenantId::COMMON);
        let mut tx = db.database.begin(storage::Level::Common, storage::Mode::Write).await.unwrap();
        let job = jobs::NewJob::of(&Collection {}).unwrap();
        jobs::enqueue(&mut tx, &common, job).await.unwrap();
        tx.commit().await.unwrap();
        let worker = jobs::Worker::new(db.database.clone(), "test", jobs::WorkerLimits::default());
        let worker = worker.with(objects::CollectObjects::new(shelf.objects.clone())).start();
        testing::eventually("the object is removed", async || {
            shelf.state(id).await.is_none().then_some(())
        })
        .await;
        worker.stop().await;
    }
}
