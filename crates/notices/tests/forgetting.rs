//! What was read long ago is forgotten; what nobody has read, or is on its way, is not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod post;

use notices::{ChannelKind, Language, MODULE};
use post::PostRoom;
use testing::TestDatabase;

async fn read(room: &PostRoom<'_>, id: notices::NoticeId) {
    let mut tx = room.tx().await;
    notices::read(&mut tx, &room.context, &room.reader(), id).await.unwrap();
    tx.commit().await.unwrap();
}

async fn forget(room: &PostRoom<'_>) -> u64 {
    let mut tx = room.tx().await;
    let gone = notices::forget(&mut tx, room.context.now()).await.unwrap();
    tx.commit().await.unwrap();
    gone
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, MODULE];

    async fn what_was_read_is_forgotten_with_its_deliveries(db: TestDatabase) {
        let mut room = PostRoom::of(&db);
        let (first, second) = (room.write("a").await.unwrap(), room.write("b").await.unwrap());
        read(&room, first).await;
        assert_eq!(forget(&room).await, 0, "it was read just now");
        db.clock.advance_seconds(1);
        assert_eq!((forget(&room).await, forget(&room).await), (1, 0));
        let left: Vec<_> = room.list(Language::En).await.into_iter().map(|one| one.id).collect();
        assert_eq!(left, [second], "nobody has read it");
        room.add(ChannelKind::Email, "bat@example.mn").await;
        let third = room.write("c").await.unwrap();
        read(&room, third).await;
        db.clock.advance_seconds(1);
        assert_eq!(forget(&room).await, 1, "the question was sent, and this is on its way");
        room.pass(1).await;
        assert_eq!(forget(&room).await, 1);
        // A day later what was counted of the question goes too.
        db.clock.advance_seconds(86_400);
        assert_eq!(forget(&room).await, 2);
    }
}
