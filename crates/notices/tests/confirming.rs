//! Nobody has a stranger written to: an address is told nothing before whoever reads there has
//! said yes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod post;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::Problematic;
use notices::{
    Address, AddressState, ChannelKind, DeliveryState, Language, MODULE, NoticesError, Outgoing,
    Refusal,
};
use post::{PostRoom, said, token_of};
use testing::TestDatabase;

const HOUR: i64 = 3_600;

async fn ask(room: &PostRoom<'_>, of: &Address) -> Result<Address, NoticesError> {
    let mut tx = room.tx().await;
    let asked = notices::ask_address(&mut tx, &room.context, room.own(), of.id).await?;
    tx.commit().await?;
    Ok(asked)
}

async fn test(room: &PostRoom<'_>, of: &Address) -> Result<(), NoticesError> {
    let mut tx = room.tx().await;
    notices::test_notice(&mut tx, &room.context, (room.own(), of.id)).await?;
    Ok(tx.commit().await?)
}

async fn end(room: &PostRoom<'_>, message: &Outgoing) {
    let (link, _) = message.unsubscribe.as_ref().unwrap();
    notices::unsubscribe(&room.db.database, token_of(link)).await.unwrap();
}

/// The field of an error, and the rule of it that was broken.
fn broken<T>(result: Result<T, NoticesError>) -> (String, String) {
    let fault = result.err().unwrap().fields().remove(0);
    (fault.field.to_string(), fault.rule.to_string())
}

fn field(name: &str, rule: &str) -> (String, String) {
    (name.to_owned(), rule.to_owned())
}

/// What was sent last: the jobs of both tenants are done by the worker of either.
fn newest(room: &PostRoom<'_>, other: &PostRoom<'_>) -> Outgoing {
    [room.sent(), other.sent()].concat().into_iter().max_by_key(|one| one.now).unwrap()
}

/// A token with one byte of it changed.
fn forged(token: &str, at: usize) -> String {
    let mut bytes = URL_SAFE_NO_PAD.decode(token).unwrap();
    bytes[at] ^= 1;
    URL_SAFE_NO_PAD.encode(bytes)
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, MODULE];

    async fn an_address_is_told_nothing_before_its_reader_said_yes(db: TestDatabase) {
        let mut room = PostRoom::of(&db);
        let email = room.try_add(ChannelKind::Email, "stranger@example.mn").await.unwrap();
        assert_eq!(email.state, AddressState::Unconfirmed);
        let early = room.write("a").await.unwrap();
        let fire = room.cry_fire().await;
        assert_eq!(test(&room, &email).await.unwrap_err().code(), "address_unconfirmed");
        room.pass(1).await;
        let sent = room.sent();
        assert_eq!(sent.len(), 1, "the question, and nothing else");
        assert_eq!(sent[0].message.title, "Do you want to be told here?");
        let (name, link) = said(&sent[0]);
        assert_eq!(name, "link");
        assert!(link.starts_with("https://florin.example/confirm/"), "{link}");
        assert_eq!(room.states(early).await, []);
        assert_eq!(room.states(fire).await, []);
        room.confirm(&email, &sent[0]).await.unwrap();
        assert_eq!(room.address(&email).await.state, AddressState::Active);
        let late = room.write("b").await.unwrap();
        room.pass(1).await;
        assert_eq!(room.states(late).await, [(DeliveryState::Sent, None)]);
        assert_eq!(room.sent().len(), 2, "what came before is not sent afterwards");
    }

    async fn who_entered_an_address_does_not_see_what_confirms_it(db: TestDatabase) {
        let mut room = PostRoom::of(&db);
        let sms = room.try_add(ChannelKind::Sms, "+97699112233").await.unwrap();
        room.pass(1).await;
        let asked = room.sent().remove(0);
        let (notice, (_, code)) = (asked.message.parts[0].notice, said(&asked));
        let (reader, mut tx) = (room.reader(), room.tx().await);
        let who = (&reader, Language::En);
        let read = notices::notice(&mut tx, &room.notices, who, notice).await.unwrap();
        drop(tx);
        assert_eq!(read.title.as_deref(), Some("Florin: –"));
        assert!(!format!("{read:?}").contains(code), "{read:?}");
        assert_eq!(room.list(Language::En).await, []);
        assert!(!format!("{:?}", room.address(&sms).await).contains(code));
    }

    async fn a_link_is_good_once_for_two_days_and_for_its_address(db: TestDatabase) {
        let (mut room, mut other) = (PostRoom::of(&db), PostRoom::of(&db));
        let email = room.try_add(ChannelKind::Email, "bat@example.mn").await.unwrap();
        other.try_add(ChannelKind::Email, "bat@example.mn").await.unwrap();
        room.pass(1).await;
        other.pass(1).await;
        let sent = [room.sent(), other.sent()].concat();
        assert_eq!(sent.len(), 2);
        let of = |tenant: &PostRoom<'_>| {
            let is_of = |one: &&Outgoing| {
                let bytes = URL_SAFE_NO_PAD.decode(token_of(said(one).1)).unwrap();
                bytes[..16] == *tenant.context.tenant.uuid().as_bytes()
            };
            token_of(said(sent.iter().find(is_of).unwrap()).1).to_owned()
        };
        let (own, others) = (of(&room), of(&other));
        // The address of one tenant under the signature of another's, and the other way round.
        let [mine, theirs] = [&own, &others].map(|token| URL_SAFE_NO_PAD.decode(token).unwrap());
        let crossed = URL_SAFE_NO_PAD.encode([&mine[..40], &theirs[40..]].concat());
        let moved = URL_SAFE_NO_PAD.encode([&theirs[..16], &mine[16..]].concat());
        let unsubscribing = token_of(&sent[0].unsubscribe.as_ref().unwrap().0);
        let [first, time, last] = [0, 39, 55].map(|at| forged(&own, at));
        for wrong in ["", "x", &crossed, &moved, unsubscribing, &first, &time, &last] {
            let refused = notices::confirm(&db.database, wrong).await.unwrap_err();
            assert_eq!(refused.code(), "confirmation_invalid", "{wrong}");
        }
        notices::confirm(&db.database, &others).await.unwrap();
        assert_eq!(room.address(&email).await.state, AddressState::Unconfirmed, "it is another's");
        // Once another was sent, only that one counts; and only for two days.
        ask(&room, &email).await.unwrap();
        let before = [room.sent(), other.sent()].concat().len();
        room.pass(1).await;
        assert_eq!([room.sent(), other.sent()].concat().len(), before + 1);
        let stale = notices::confirm(&db.database, &own).await.unwrap_err();
        assert_eq!(stale.code(), "confirmation_invalid");
        db.clock.advance_seconds(48 * HOUR);
        let newest = newest(&room, &other);
        let old = room.confirm(&email, &newest).await.unwrap_err();
        assert_eq!(old.code(), "confirmation_invalid");
        assert_eq!(room.address(&email).await.state, AddressState::Unconfirmed);
        ask(&room, &email).await.unwrap();
        room.pass(1).await;
        let newest = self::newest(&room, &other);
        room.confirm(&email, &newest).await.unwrap();
        let used = room.confirm(&email, &newest).await.unwrap_err();
        assert_eq!(used.code(), "confirmation_invalid");
    }

    async fn a_link_is_good_until_two_days_are_over(db: TestDatabase) {
        let mut room = PostRoom::of(&db);
        let email = room.try_add(ChannelKind::Email, "bat@example.mn").await.unwrap();
        room.pass(0).await;
        db.clock.advance_seconds(48 * HOUR);
        room.confirm(&email, &room.sent()[0]).await.unwrap();
        assert_eq!(room.address(&email).await.state, AddressState::Active);
    }

    async fn who_said_no_is_asked_again_before_anything_is_sent(db: TestDatabase) {
        let mut room = PostRoom::of(&db);
        let email = room.try_add(ChannelKind::Email, "stranger@example.mn").await.unwrap();
        room.pass(1).await;
        let first = room.sent().remove(0);
        end(&room, &first).await;
        let refused = room.confirm(&email, &first).await.unwrap_err();
        assert_eq!(refused.code(), "confirmation_invalid", "no is no");
        room.resume(&email).await;
        assert_eq!(room.address(&email).await.state, AddressState::Unconfirmed);
        room.pass(1).await;
        let second = room.sent().remove(1);
        room.confirm(&email, &second).await.unwrap();
        // The same of an address that was used: its reader said no, and only they say yes again.
        let waits = room.write("a").await.unwrap();
        end(&room, &second).await;
        room.resume(&email).await;
        room.write("b").await.unwrap();
        room.pass(1).await;
        let suppressed = (DeliveryState::Suppressed, Some("address_unconfirmed".to_owned()));
        assert_eq!(room.states(waits).await, [suppressed]);
        assert_eq!(room.sent().len(), 3, "another question alone");
        let used = room.confirm(&email, &second).await.unwrap_err();
        assert_eq!(used.code(), "confirmation_invalid");
        assert_eq!(room.address(&email).await.state, AddressState::Unconfirmed);
    }

    async fn a_question_that_bounces_is_no_yes(db: TestDatabase) {
        let mut room = PostRoom::of(&db);
        let email = room.try_add(ChannelKind::Email, "nobody@example.mn").await.unwrap();
        room.answer([Err(Refusal::gone("smtp_550_5.1.1"))]);
        room.pass(1).await;
        assert_eq!(room.address(&email).await.state, AddressState::Suspended);
        let refused = room.confirm(&email, &room.sent()[0]).await.unwrap_err();
        assert_eq!(refused.code(), "confirmation_invalid");
        room.resume(&email).await;
        assert_eq!(room.address(&email).await.state, AddressState::Unconfirmed);
    }

    async fn a_code_is_guessed_five_times_at_most(db: TestDatabase) {
        let mut room = PostRoom::of(&db);
        let sms = room.try_add(ChannelKind::Sms, "+97699112233").await.unwrap();
        room.pass(1).await;
        let asked = room.sent().remove(0);
        let (name, code) = said(&asked);
        assert_eq!((name, code.len()), ("code", 6));
        assert!(code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
        let guess = if code == "000000" { "000001" } else { "000000" };
        for _ in 0..5 {
            assert_eq!(broken(room.confirm_code(&sms, guess).await), field("code", "code"));
        }
        assert_eq!(broken(room.confirm_code(&sms, code).await), field("code", "tries"));
        assert_eq!(room.address(&sms).await.state, AddressState::Unconfirmed);
        ask(&room, &sms).await.unwrap();
        room.pass(1).await;
        let again = room.sent().remove(1);
        assert_eq!(broken(room.confirm_code(&sms, code).await), field("code", "code"));
        room.confirm(&sms, &again).await.unwrap();
        assert_eq!(room.address(&sms).await.state, AddressState::Active);
        // Whoever sends it twice, because the answer was lost, has the same answer.
        let twice = room.confirm_code(&sms, said(&again).1).await.unwrap();
        assert_eq!(twice.state, AddressState::Active);
        assert_eq!(ask(&room, &sms).await.unwrap_err().code(), "nothing_to_confirm");
    }

    async fn a_code_is_good_for_two_days_and_for_its_owners_address(db: TestDatabase) {
        let (mut room, other) = (PostRoom::of(&db), PostRoom::of(&db));
        let sms = room.try_add(ChannelKind::Sms, "+97699112233").await.unwrap();
        room.pass(1).await;
        let asked = room.sent().remove(0);
        let stranger = other.confirm_code(&sms, said(&asked).1).await.unwrap_err();
        assert_eq!(stranger.code(), "address_unknown");
        db.clock.advance_seconds(48 * HOUR);
        assert_eq!(broken(room.confirm_code(&sms, said(&asked).1).await), field("code", "code"));
    }

    async fn so_many_questions_and_tests_go_to_an_address_on_a_day(db: TestDatabase) {
        let room = PostRoom::of(&db);
        let email = room.add(ChannelKind::Email, "bat@example.mn").await;
        test(&room, &email).await.unwrap();
        // It is counted though the address is removed in between.
        let mut tx = room.tx().await;
        notices::remove_address(&mut tx, &room.context, room.own(), email.id).await.unwrap();
        tx.commit().await.unwrap();
        let email = room.add(ChannelKind::Email, "bat@example.mn").await;
        test(&room, &email).await.unwrap();
        test(&room, &email).await.unwrap();
        assert_eq!(broken(test(&room, &email).await), field("address", "daily"));
        db.clock.advance_seconds(24 * HOUR);
        test(&room, &email).await.unwrap();
    }

    async fn so_many_questions_and_tests_are_a_recipients_on_a_day(db: TestDatabase) {
        let room = PostRoom::of(&db);
        let mut sent = 0;
        for number in 0..10 {
            let email = room.add(ChannelKind::Email, &format!("bat{number}@example.mn")).await;
            sent += 1;
            while sent < 30 && sent % 3 != 0 {
                test(&room, &email).await.unwrap();
                sent += 1;
            }
        }
        let one_more = room.try_add(ChannelKind::Email, "saraa@example.mn").await;
        assert_eq!(broken(one_more), field("address", "daily"));
    }

    async fn what_is_replayed_counts_as_if_it_were_new(db: TestDatabase) {
        let mut room = PostRoom::of(&db);
        let email = room.try_add(ChannelKind::Email, "stranger@example.mn").await.unwrap();
        room.pass(1).await;
        let notice = room.sent()[0].message.parts[0].notice;
        let delivery = room.deliveries(notice).await.remove(0).id;
        for number in 1..=5 {
            let mut tx = room.tx().await;
            let replayed = notices::replay(&mut tx, &room.context, (notice, delivery)).await;
            if number == 5 {
                assert_eq!(broken(replayed), field("address", "daily"));
                continue;
            }
            replayed.unwrap();
            tx.commit().await.unwrap();
            if number == 4 {
                // Whoever said yes meanwhile is not asked once more.
                room.confirm(&email, &room.sent()[3]).await.unwrap();
            }
            room.pass(1).await;
        }
        assert_eq!(room.sent().len(), 4);
        let suppressed = (DeliveryState::Suppressed, Some("address_confirmed".to_owned()));
        assert_eq!(room.states(notice).await, [suppressed]);
    }
}
