//! A job that was given up is told to whoever keeps its tenant, once for each death.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod post;

use jobs::{Done, Failure, Handler, JobArgs, JobState, NewJob, Run};
use notices::{Language, MODULE};
use post::PostRoom;
use serde::{Deserialize, Serialize};
use storage::log::ObjectRef;

/// Something that never works out.
#[derive(Serialize, Deserialize)]
struct Errand {}

impl JobArgs for Errand {
    const KIND: &'static str = "house.errand";
}

struct Failing;

impl Handler for Failing {
    type Args = Errand;

    async fn run(&self, _: &Run, _: Errand) -> Result<Done, Failure> {
        Err(Failure::again("shop_closed", "the shop is closed"))
    }
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, MODULE];

    async fn a_death_is_told_and_a_second_one_again(db: testing::TestDatabase) {
        let mut room = PostRoom::of(&db);
        room.worker = post::worker(&db, &room.notices).with(Failing);
        let mut tx = room.tx().await;
        let job = NewJob::of(&Errand {}).unwrap().with_attempts_max(2);
        let job = jobs::enqueue(&mut tx, &room.context, job).await.unwrap().id;
        tx.commit().await.unwrap();
        room.pass(1).await;
        assert!(room.list(Language::En).await.is_empty(), "it is tried once more");
        room.pass(60).await;
        let told = room.list(Language::En).await;
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].title.as_deref(), Some("The job house.errand was given up"));
        let text = told[0].text.as_deref().unwrap();
        let begin = "It was tried 2 times and failed last with shop_closed.";
        assert!(text.starts_with(begin), "{text}");
        assert_eq!(told[0].about, Some(ObjectRef::new("job", job)));
        let mut tx = room.tx().await;
        assert_eq!(jobs::job(&mut tx, job).await.unwrap().state, JobState::Dead);
        jobs::retry(&mut tx, &room.context, job).await.unwrap();
        tx.commit().await.unwrap();
        room.pass(60).await;
        room.pass(60).await;
        assert_eq!(room.list(Language::En).await.len(), 2);
    }
}
