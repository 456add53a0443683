//! Deliveries: at once, in quiet hours, in digests, tried again, given up.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod post;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use jobs::Worker;
use kernel::{ManualClock, Problematic as _, Timestamp};
use notices::{
    AddressState, Channel, ChannelKind, DeliveryState, Language, MODULE, Mode, NoticesError,
    Outcome, Outgoing, Preferences, QuietHours, Refusal, Sent,
};
use post::{Post, PostRoom, choice};

const HOUR: i64 = 3_600;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, MODULE];

    async fn a_notice_goes_to_each_address_and_each_attempt_is_seen(db: testing::TestDatabase) {
        let mut room = PostRoom::of(&db);
        room.add(ChannelKind::Email, "bat@example.mn").await;
        room.add(ChannelKind::Sms, "+97699112233").await;
        room.choose(Preferences { language: Language::De, ..Preferences::default() }).await;
        let receipt = Some("SM1".to_owned());
        room.answer([Err(Refusal::temporary("busy")), Ok(Sent { receipt })]);
        let notice = room.write("a").await.unwrap();
        assert!(room.sent().is_empty(), "nothing goes out within the transaction");
        room.pass(1).await;
        assert_eq!(room.sent().len(), 2);
        assert_eq!(room.sent()[0].message.title, "2 Briefe von Grammelknoedel");
        room.pass(HOUR).await;
        let sent = room.sent();
        assert_eq!(sent.len(), 3);
        assert_eq!(sent[0].id, sent[2].id, "tried again under the same id");
        let deliveries = room.deliveries(notice).await;
        let outcomes = |at: usize| {
            let attempts = deliveries[at].attempts.iter();
            attempts.map(|one| (one.number, one.outcome)).collect::<Vec<_>>()
        };
        assert!(deliveries.iter().all(|one| one.state == DeliveryState::Sent));
        let mut all = [outcomes(0), outcomes(1)];
        all.sort();
        assert_eq!(all[0], [(1, Outcome::Sent)]);
        assert_eq!(all[1], [(1, Outcome::Temporary), (2, Outcome::Sent)]);
        assert!(deliveries.iter().any(|one| one.receipt.as_deref() == Some("SM1")));
    }

    async fn an_address_that_is_gone_is_not_used_until_it_is_resumed(db: testing::TestDatabase) {
        let mut room = PostRoom::of(&db);
        let email = room.add(ChannelKind::Email, "bat@example.mn").await;
        room.answer([Err(Refusal::gone("smtp_550_5.1.1"))]);
        let first = room.write("a").await.unwrap();
        room.pass(1).await;
        let gone = room.address(&email).await;
        assert_eq!(gone.state, AddressState::Suspended);
        assert_eq!(gone.reason.as_deref(), Some("smtp_550_5.1.1"));
        let failed = (DeliveryState::Failed, Some("smtp_550_5.1.1".to_owned()));
        assert_eq!(room.states(first).await, [failed]);
        let second = room.write("b").await.unwrap();
        room.pass(HOUR).await;
        assert_eq!((room.sent().len(), room.states(second).await.len()), (1, 0));
        let mut tx = room.tx().await;
        let resumed = notices::resume_address(&mut tx, &room.context, room.own(), email.id);
        resumed.await.unwrap();
        tx.commit().await.unwrap();
        room.write("c").await.unwrap();
        room.pass(1).await;
        assert_eq!(room.sent().len(), 2);
    }

    async fn what_is_refused_for_good_is_not_tried_again(db: testing::TestDatabase) {
        let mut room = PostRoom::of(&db);
        let email = room.add(ChannelKind::Email, "bat@example.mn").await;
        room.answer([Err(Refusal::permanent("smtp_554"))]);
        let notice = room.write("a").await.unwrap();
        room.pass(1).await;
        room.pass(24 * HOUR).await;
        assert_eq!(room.sent().len(), 1);
        assert_eq!(room.address(&email).await.state, AddressState::Active);
        // Somebody may have it sent once more, under the same id.
        let delivery = room.deliveries(notice).await.remove(0);
        let mut tx = room.tx().await;
        notices::replay(&mut tx, &room.context, (notice, delivery.id)).await.unwrap();
        let again = notices::replay(&mut tx, &room.context, (notice, delivery.id)).await;
        assert_eq!(again.unwrap_err().code(), "delivery_state");
        tx.commit().await.unwrap();
        room.pass(1).await;
        assert_eq!(room.sent()[1].id, delivery.id);
        assert_eq!(room.states(notice).await, [(DeliveryState::Sent, None)]);
    }

    async fn what_is_never_taken_is_given_up_after_a_day(db: testing::TestDatabase) {
        let mut room = PostRoom::of(&db);
        room.add(ChannelKind::Email, "bat@example.mn").await;
        let busy = || Err(Refusal::temporary("smtp_451"));
        room.answer(std::iter::repeat_with(busy).take(200));
        let notice = room.write("a").await.unwrap();
        let mut hours = 0;
        while room.states(notice).await[0].0 == DeliveryState::Waiting {
            room.pass(HOUR).await;
            hours += 1;
        }
        let failed = (DeliveryState::Failed, Some("smtp_451".to_owned()));
        assert_eq!(room.states(notice).await, [failed]);
        assert_eq!(room.deliveries(notice).await[0].attempts.len(), 30);
        assert!((20..=30).contains(&hours), "{hours} hours");
        assert_eq!(room.list(Language::En).await.len(), 1, "no notice of a notice");
    }

    async fn nothing_but_what_is_urgent_comes_in_quiet_hours(db: testing::TestDatabase) {
        let mut room = PostRoom::of(&db);
        room.add(ChannelKind::Email, "bat@example.mn").await;
        // The clock shows 10:30 in UTC, 18:30 in Ulaanbaatar.
        let quiet = Some(QuietHours { from: 18 * 60, to: 7 * 60 });
        let zone = "Asia/Ulaanbaatar".to_owned();
        room.choose(Preferences { quiet, zone, ..Preferences::default() }).await;
        let notice = room.write("a").await.unwrap();
        room.cry_fire().await;
        room.pass(1).await;
        assert_eq!(room.sent().len(), 1);
        assert_eq!(room.sent()[0].message.title, "Fire in the kitchen");
        assert_eq!(room.deliveries(notice).await[0].due_at, at("2026-03-31T23:00:00Z"));
        room.pass(12 * HOUR).await;
        assert_eq!(room.sent().len(), 1);
        room.pass(HOUR).await;
        assert_eq!(room.sent().len(), 2);
    }

    async fn what_is_tried_again_waits_for_the_end_of_quiet_hours(db: testing::TestDatabase) {
        let mut room = PostRoom::of(&db);
        room.add(ChannelKind::Email, "bat@example.mn").await;
        room.answer([Err(Refusal::temporary("busy"))]);
        let quiet = Some(QuietHours { from: 10 * 60 + 31, to: 12 * 60 });
        room.choose(Preferences { quiet, ..Preferences::default() }).await;
        let notice = room.write("a").await.unwrap();
        room.pass(1).await;
        room.pass(120).await;
        assert_eq!(room.sent().len(), 1, "it was tried once, and waits");
        assert_eq!(room.deliveries(notice).await[0].due_at, at("2026-03-31T12:00:00Z"));
        room.pass(2 * HOUR).await;
        assert_eq!(room.states(notice).await, [(DeliveryState::Sent, None)]);
    }

    async fn a_digest_tells_what_came_since_the_last_one(db: testing::TestDatabase) {
        let mut room = PostRoom::of(&db);
        room.add(ChannelKind::Email, "bat@example.mn").await;
        let choices = vec![choice("*", ChannelKind::Email, Mode::Daily)];
        room.choose(Preferences { choices, digest_minute: 720, ..Preferences::default() }).await;
        let (first, second) = (room.write("a").await.unwrap(), room.write("b").await.unwrap());
        room.pass(HOUR).await;
        assert!(room.sent().is_empty());
        room.answer([Err(Refusal::temporary("busy"))]);
        room.pass(HOUR).await;
        // One that comes while the digest is tried again is told in the next.
        room.write("c").await.unwrap();
        room.pass(HOUR).await;
        let sent = room.sent();
        assert_eq!(sent.len(), 2, "tried twice, as one message");
        assert_eq!(sent[1].message.title, "2 notices from Florin");
        assert_eq!(sent[1].message.parts.len(), 2);
        assert!(sent[1].message.text.contains("By 30 April 2026"), "{}", sent[1].message.text);
        for notice in [first, second] {
            assert_eq!(room.states(notice).await, [(DeliveryState::Sent, None)]);
        }
        room.pass(24 * HOUR).await;
        assert_eq!(room.sent()[2].message.title, "1 notice from Florin");
    }

    async fn what_has_no_room_in_a_digest_follows_in_another(db: testing::TestDatabase) {
        let mut room = PostRoom::of(&db);
        room.add(ChannelKind::Email, "bat@example.mn").await;
        let choices = vec![choice("*", ChannelKind::Email, Mode::Daily)];
        room.choose(Preferences { choices, ..Preferences::default() }).await;
        for number in 0..103 {
            room.write(&number.to_string()).await.unwrap();
        }
        room.pass(24 * HOUR).await;
        let counts: Vec<usize> = room.sent().iter().map(|one| one.message.parts.len()).collect();
        assert_eq!(counts, [100, 3]);
    }

    async fn what_is_not_wanted_any_more_is_not_sent(db: testing::TestDatabase) {
        let mut room = PostRoom::of(&db);
        let email = room.add(ChannelKind::Email, "bat@example.mn").await;
        let first = room.write("a").await.unwrap();
        let off = vec![choice("house.letter", ChannelKind::Email, Mode::Off)];
        room.choose(Preferences { choices: off, ..Preferences::default() }).await;
        room.pass(1).await;
        room.choose(Preferences::default()).await;
        let second = room.write("b").await.unwrap();
        let mut tx = room.tx().await;
        notices::remove_address(&mut tx, &room.context, room.own(), email.id).await.unwrap();
        tx.commit().await.unwrap();
        room.pass(1).await;
        assert!(room.sent().is_empty());
        let suppressed = |code: &str| [(DeliveryState::Suppressed, Some(code.to_owned()))];
        assert_eq!(room.states(first).await, suppressed("not_wanted"));
        assert_eq!(room.states(second).await, suppressed("address_removed"));
    }

    async fn a_link_in_the_message_ends_it_without_signing_in(db: testing::TestDatabase) {
        let mut room = PostRoom::of(&db);
        let email = room.add(ChannelKind::Email, "bat@example.mn").await;
        room.write("a").await.unwrap();
        room.pass(1).await;
        let (link, footer) = room.sent().remove(0).unsubscribe.unwrap();
        assert!(footer.ends_with(&link), "{footer}");
        let token = link.strip_prefix("https://florin.example/unsubscribe/").unwrap();
        let mut forged = token.to_owned();
        forged.replace_range(0..1, if token.starts_with('A') { "B" } else { "A" });
        for wrong in ["", "x", &forged, &token[1..]] {
            let refused = notices::unsubscribe(&db.database, wrong).await.unwrap_err();
            assert_eq!(refused.code(), "unsubscribe_token_invalid", "{wrong}");
        }
        assert_eq!(room.address(&email).await.state, AddressState::Active);
        notices::unsubscribe(&db.database, token).await.unwrap();
        notices::unsubscribe(&db.database, token).await.unwrap();
        assert_eq!(room.address(&email).await.state, AddressState::Unsubscribed);
        room.write("b").await.unwrap();
        room.pass(HOUR).await;
        assert_eq!(room.sent().len(), 1);
    }

    async fn a_worker_that_dies_between_sending_and_noting_lets_it_be_sent_again(
        db: testing::TestDatabase,
    ) {
        let mut room = PostRoom::of(&db);
        room.add(ChannelKind::Email, "bat@example.mn").await;
        let notice = room.write("a").await.unwrap();
        db.clock.advance_seconds(1);
        let dies = Dies(Arc::clone(&room.post));
        post::worker(&db, &room.notices.clone().with(Arc::new(dies))).step().await.unwrap();
        assert_eq!(room.states(notice).await, [(DeliveryState::Waiting, None)]);
        room.pass(HOUR).await;
        let sent = room.sent();
        assert_eq!((sent.len(), sent[0].id), (2, sent[1].id));
        assert_eq!(room.states(notice).await, [(DeliveryState::Sent, None)]);
    }

    async fn of_two_workers_the_one_that_has_the_lease_notes_what_came_of_it(
        db: testing::TestDatabase,
    ) {
        let room = PostRoom::of(&db);
        room.add(ChannelKind::Email, "bat@example.mn").await;
        let notice = room.write("a").await.unwrap();
        db.clock.advance_seconds(1);
        let other = tokio::sync::Mutex::new(post::worker(&db, &room.notices));
        let slow = Slow { post: Arc::clone(&room.post), clock: Arc::clone(&db.clock), other };
        post::worker(&db, &room.notices.clone().with(Arc::new(slow))).step().await.unwrap();
        assert_eq!(room.sent().len(), 2);
        let delivery = room.deliveries(notice).await.remove(0);
        assert_eq!(delivery.state, DeliveryState::Sent, "what the slow one says does not count");
        assert_eq!(delivery.attempts.len(), 1);
    }
}

/// A channel whose process dies once the message is out.
struct Dies(Arc<Post>);

impl Channel for Dies {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Email
    }

    fn normal(&self, address: &str) -> Result<String, NoticesError> {
        Ok(address.to_owned())
    }

    fn send<'a>(&'a self, outgoing: &'a Outgoing) -> BoxFuture<'a, Result<Sent, Refusal>> {
        self.0.sent.lock().unwrap().push(outgoing.clone());
        Box::pin(async { panic!("the process ends here") })
    }
}

/// A channel that takes so long that another worker gets the job meanwhile.
struct Slow {
    post: Arc<Post>,
    clock: Arc<ManualClock>,
    other: tokio::sync::Mutex<Worker>,
}

impl Channel for Slow {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Email
    }

    fn normal(&self, address: &str) -> Result<String, NoticesError> {
        Ok(address.to_owned())
    }

    fn send<'a>(&'a self, outgoing: &'a Outgoing) -> BoxFuture<'a, Result<Sent, Refusal>> {
        self.post.sent.lock().unwrap().push(outgoing.clone());
        Box::pin(async {
            let mut other = self.other.lock().await;
            // The lease ends; the job waits for its next attempt, and the other takes it.
            for _ in 0..3 {
                self.clock.advance_seconds(HOUR);
                other.step().await.unwrap();
            }
            Err(Refusal::temporary("too_late"))
        })
    }
}
