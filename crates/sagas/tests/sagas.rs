//! Sagas over two tenants: how they end, what stops them, and what one that dies loses.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod parcels;

use kernel::{PageRequest, Problematic as _};
use parcels::{Deed, Place, Post, SECONDS, Script};
use sagas::{SagasError, Status};
use serde_json::json;
use storage::{Level, Mode};
use testing::TestDatabase;

testing::both_databases! {
    modules = [jobs::MODULE, sagas::MODULE];

    async fn a_saga_reaches_its_goal_through_the_rows_of_two_tenants(db: TestDatabase) {
        let mut post = Post::open(db);
        let id = post.send().await;
        post.settle().await;
        let (story, _) = post.story(id).await;
        assert_eq!((story.status, story.state), (Status::Done, json!("delivered")));
        assert_eq!(post.told(id).await, ["started: packing", "did: on_the_way", "did: delivered"]);
        let (from, to) = (post.sent.from, post.sent.to);
        assert_eq!(post.deeds().await, [(from, "pack".to_owned()), (to, "deliver".to_owned())]);
        // Nothing waits for a time that does not matter any more.
        assert_eq!(post.open_jobs().await, 0);
    }

    async fn what_is_refused_is_taken_back(db: TestDatabase) {
        let mut post = Post::open(db);
        post.parcels.set(Deed::Deliver, Script::Refuses);
        let id = post.send().await;
        post.settle().await;
        let (story, _) = post.story(id).await;
        assert_eq!(story.status, Status::Undone);
        assert_eq!(story.state, json!({"back": {"why": "nobody_home"}}));
        let expected = ["started: packing", "did: on_the_way", "refused nobody_home: returning",
            "did: back"];
        assert_eq!(post.told(id).await, expected);
        assert_eq!(post.open_jobs().await, 0);
    }

    async fn a_step_that_fails_again_and_again_leaves_it_stuck_until_somebody_helps(
        db: TestDatabase,
    ) {
        let mut post = Post::open(db);
        post.parcels.set(Deed::Deliver, Script::Fails);
        let id = post.send().await;
        post.wait_out().await;
        let (story, _) = post.story(id).await;
        assert_eq!(story.status, Status::Stuck);
        assert_eq!(story.error, Some(("rain".to_owned(), "it rains".to_owned())));
        assert_eq!(story.step.unwrap().tenant, post.sent.to);
        post.parcels.set(Deed::Deliver, Script::Does);
        again(&post, id).await.unwrap();
        post.settle().await;
        let (story, _) = post.story(id).await;
        assert_eq!((story.status, story.error), (Status::Done, None));
        let told = post.told(id).await;
        assert_eq!(told[2..], ["failed rain: on_the_way", "again: on_the_way", "did: delivered"]);
        assert_eq!(post.deeds().await.len(), 2);
    }

    async fn one_that_is_late_goes_where_its_kind_says(db: TestDatabase) {
        let mut post = Post::open(db);
        let id = post.send().await;
        // Nobody is there to pack.
        post.db.clock.advance_seconds(SECONDS + 1);
        let leases = jobs::Leases::new(post.db.database.clone(), "test", 60);
        while leases.keep_up().await.unwrap() {}
        post.parcels.set(Deed::Pack, Script::Fails);
        post.settle().await;
        let expected = ["started: packing", "late: returning", "did: back"];
        assert_eq!(post.told(id).await, expected);
    }

    async fn one_that_is_late_where_nothing_can_be_done_is_stuck(db: TestDatabase) {
        let mut post = Post::open(db);
        let id = post.send().await;
        post.step().await;
        post.step().await;
        post.parcels.set(Deed::Deliver, Script::Fails);
        post.settle().await;
        post.db.clock.advance_seconds(SECONDS + 1);
        post.settle().await;
        let (story, _) = post.story(id).await;
        assert_eq!(story.status, Status::Stuck);
        assert_eq!(story.error.unwrap().0, "late");
        // The step may still be done.
        post.parcels.set(Deed::Deliver, Script::Does);
        post.wait_out().await;
        assert_eq!(post.story(id).await.0.status, Status::Done);
    }

    async fn one_that_is_not_wanted_any_more_is_undone_unless_that_comes_too_late(
        db: TestDatabase,
    ) {
        let mut post = Post::open(db);
        post.parcels.set(Deed::Pack, Script::Fails);
        let early = post.send().await;
        post.settle().await;
        undo(&post, early).await.unwrap();
        post.settle().await;
        assert_eq!(post.told(early).await, ["started: packing", "undo: returning", "did: back"]);

        post.parcels.set(Deed::Pack, Script::Does);
        post.parcels.set(Deed::Deliver, Script::Fails);
        let late = post.send().await;
        post.settle().await;
        undo(&post, late).await.unwrap();
        post.settle().await;
        post.parcels.set(Deed::Deliver, Script::Does);
        post.wait_out().await;
        let expected =
            ["started: packing", "did: on_the_way", "undo: on_the_way", "did: delivered"];
        assert_eq!(post.told(late).await, expected);

        let refused = undo(&post, late).await.unwrap_err();
        assert_eq!(refused.code(), "saga_status");
        assert!(refused.to_string().ends_with("is done, so it cannot be undone"), "{refused}");
        let refused = again(&post, late).await.unwrap_err();
        assert_eq!(refused.code(), "saga_status");
    }

    async fn what_a_step_brings_that_is_not_waited_for_any_more_is_passed_over(db: TestDatabase) {
        let mut post = Post::open(db);
        let id = post.send().await;
        // Packed, and told that it is not wanted before that is told.
        post.step().await;
        post.db.clock.advance_seconds(1);
        undo(&post, id).await.unwrap();
        let mut tx = post.db.database.begin(Level::of(post.sent.from), Mode::Write).await.unwrap();
        let page = jobs::jobs(&mut tx, None, &PageRequest::first(10)).await.unwrap();
        let brought = page.items.iter().find(|job| job.args.contains("brought")).unwrap();
        jobs::cancel(&mut tx, &post.db.context(post.sent.from), brought.id).await.unwrap();
        tx.commit().await.unwrap();
        post.parcels.set(Deed::TakeBack, Script::Fails);
        post.settle().await;
        // On its way back it hears that it is packed: that is not that it is back.
        let mut tx = post.db.database.begin(Level::of(post.sent.from), Mode::Write).await.unwrap();
        jobs::retry(&mut tx, &post.db.context(post.sent.from), brought.id).await.unwrap();
        tx.commit().await.unwrap();
        post.settle().await;
        assert_eq!(post.told(id).await, ["started: packing", "undo: returning"]);
        post.parcels.set(Deed::TakeBack, Script::Does);
        post.wait_out().await;
        assert_eq!(post.told(id).await, ["started: packing", "undo: returning", "did: back"]);
        assert_eq!(post.deeds().await.len(), 2);
    }

    async fn whoever_dies_at_any_job_loses_nothing_and_does_nothing_twice(db: TestDatabase) {
        let mut post = Post::open(db);
        post.parcels.set(Deed::Deliver, Script::Refuses);
        // Three steps, and what each brings: whoever takes the job at any of them dies.
        for dies_at in 0..6 {
            let before = post.deeds().await.len();
            let id = post.send().await;
            for _ in 0..dies_at {
                assert!(post.step().await);
            }
            assert!(post.take_and_die().await.is_some());
            post.wait_out().await;
            let (story, lines) = post.story(id).await;
            assert_eq!(story.status, Status::Undone, "dies at {dies_at}: {lines:?}");
            assert_eq!(lines.len(), 4, "{lines:?}");
            // Packed and taken back, each once.
            assert_eq!(post.deeds().await.len(), before + 2, "dies at {dies_at}");
        }
    }

    async fn another_tenant_sees_nothing_of_it(db: TestDatabase) {
        let mut post = Post::open(db);
        let id = post.send().await;
        post.settle().await;
        let mut tx = post.db.database.begin(Level::of(post.sent.to), Mode::Write).await.unwrap();
        let refused = sagas::saga(&mut tx, id).await.unwrap_err();
        assert!(matches!(refused, SagasError::SagaUnknown { id: unknown } if unknown == id));
        assert_eq!(sagas::lines(&mut tx, id).await.unwrap(), []);
        let context = post.db.context(post.sent.to);
        assert!(sagas::undo(&mut tx, &context, id).await.is_err());
        let page = sagas::sagas(&mut tx, None, &PageRequest::first(10)).await.unwrap();
        assert_eq!(page.items, []);
    }

    async fn sagas_are_listed_the_latest_first_by_how_they_are_doing(db: TestDatabase) {
        let mut post = Post::open(db);
        let first = post.send().await;
        post.settle().await;
        post.db.clock.advance_seconds(1);
        post.parcels.set(Deed::Pack, Script::Refuses);
        let second = post.send().await;
        post.settle().await;
        let mut tx = post.db.database.begin(Level::of(post.sent.from), Mode::Read).await.unwrap();
        let mut ids = Vec::new();
        for status in [None, Some(Status::Done), Some(Status::Undone), Some(Status::Stuck)] {
            let page = sagas::sagas(&mut tx, status, &PageRequest::first(10)).await.unwrap();
            ids.push(page.items.iter().map(|saga| saga.id).collect::<Vec<_>>());
        }
        assert_eq!(ids, [vec![second, first], vec![first], vec![second], vec![]]);
    }
}

async fn undo(post: &Post, id: sagas::SagaId) -> Result<sagas::Story, SagasError> {
    let mut tx = post.db.database.begin(Level::of(post.sent.from), Mode::Write).await.unwrap();
    let told = sagas::undo(&mut tx, &post.db.context(post.sent.from), id).await;
    tx.commit().await.unwrap();
    told
}

async fn again(post: &Post, id: sagas::SagaId) -> Result<sagas::Story, SagasError> {
    let mut tx = post.db.database.begin(Level::of(post.sent.from), Mode::Write).await.unwrap();
    let told = sagas::again(&mut tx, &post.db.context(post.sent.from), id).await;
    tx.commit().await.unwrap();
    told
}

#[test]
fn a_place_is_told_by_its_name() {
    assert_eq!(serde_json::to_value(Place::OnTheWay).unwrap(), json!("on_the_way"));
}
