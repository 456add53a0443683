//! Webhooks to a server on this machine, with its faults; and what is not called at all.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod other;
mod post;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kernel::Problematic as _;
use notices::{AddressState, ChannelKind, DeliveryState, Guard, MODULE, Notices, WebhookChannel};
use other::{Other, Reply};
use post::{FIRE, LETTER, Post, PostRoom};
use storage::crypto::hmac_sha256;
use testing::TestDatabase;

const HOUR: i64 = 3_600;

/// A guard that lets this machine through, as an operator may say.
fn here() -> Guard {
    Guard::new(&["127.0.0.1/32".parse().unwrap()])
}

fn room(db: &TestDatabase, guard: Guard) -> PostRoom<'_> {
    let channel = Arc::new(WebhookChannel::new(guard));
    let notices = Notices::new(&[&[&LETTER, &FIRE]]).with(channel);
    PostRoom::with(db, notices, Arc::new(Post::default()))
}

/// The signature of the standard, made anew.
fn signature(secret: &str, id: &str, timestamp: &str, body: &[u8]) -> String {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let head = format!("{id}.{timestamp}.");
    format!("v1,{}", STANDARD.encode(hmac_sha256(&key, &[head.as_bytes(), body])))
}

fn answer(status: u16) -> Reply {
    Reply::Answer(status, "", String::new())
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, MODULE];

    async fn a_program_is_told_and_knows_from_whom(db: TestDatabase) {
        let other = Other::start([]);
        let mut room = room(&db, here());
        let hook = room.add(ChannelKind::Webhook, &other.url("/florin?a=b")).await;
        let notice = room.write("a").await.unwrap();
        room.pass(1).await;
        let asked = other.asked().remove(0);
        assert_eq!(asked.line, "POST /florin?a=b HTTP/1.1");
        let delivery = room.deliveries(notice).await.remove(0);
        assert_eq!(delivery.state, DeliveryState::Sent);
        let (id, time) = (asked.header("webhook-id"), asked.header("webhook-timestamp"));
        // 2026-03-31T10:30:01Z.
        assert_eq!((id, time), (delivery.id.to_string().as_str(), "1774953001"));
        let secret = &hook.secret.unwrap().signing[0];
        assert_eq!(asked.header("webhook-signature"), signature(secret, id, time, &asked.body));
        let said = asked.json();
        assert_eq!(said["type"], "house.letter");
        assert_eq!(said["timestamp"], "2026-03-31T10:30:00Z");
        assert_eq!(said["data"]["id"], notice.to_string());
        assert_eq!(said["data"]["params"]["sum"]["amount"], "1234.50");
        assert_eq!(said["data"]["title"], "2 letters from Grammelknoedel");
    }

    async fn while_a_secret_is_replaced_both_sign(db: TestDatabase) {
        let other = Other::start([]);
        let mut room = room(&db, here());
        let hook = room.add(ChannelKind::Webhook, &other.url("/")).await;
        let old = hook.secret.clone().unwrap().signing.remove(0);
        let mut tx = room.tx().await;
        let turned = notices::rotate_secret(&mut tx, &room.context, room.own(), hook.id).await;
        tx.commit().await.unwrap();
        let secrets = turned.unwrap().secret.unwrap().signing;
        assert_eq!((secrets.len(), &secrets[1]), (2, &old));
        assert_ne!(secrets[0], old);
        room.write("a").await.unwrap();
        room.pass(1).await;
        let asked = other.asked().remove(0);
        let (id, time) = (asked.header("webhook-id"), asked.header("webhook-timestamp"));
        let expected = secrets.iter().map(|secret| signature(secret, id, time, &asked.body));
        let expected: Vec<String> = expected.collect();
        assert_eq!(asked.header("webhook-signature"), expected.join(" "));
    }

    async fn what_is_not_taken_is_tried_again_under_the_same_id(db: TestDatabase) {
        let redirect = Reply::Answer(302, "location: http://127.0.0.1:1/\r\n", String::new());
        let other = Other::start([
            answer(500), answer(429), answer(404), redirect, Reply::Nonsense, Reply::HangUp,
        ]);
        let mut room = room(&db, here());
        room.add(ChannelKind::Webhook, &other.url("/")).await;
        let notice = room.write("a").await.unwrap();
        for _ in 0..8 {
            room.pass(HOUR).await;
        }
        let delivery = room.deliveries(notice).await.remove(0);
        let codes: Vec<&str> =
            delivery.attempts.iter().filter_map(|one| one.code.as_deref()).collect();
        let broken = "http_unreachable";
        assert_eq!(codes, ["http_500", "http_429", "http_404", "http_302", broken, broken]);
        assert_eq!(delivery.state, DeliveryState::Sent);
        let asked = other.asked();
        assert_eq!(asked.len(), 7);
        assert!(asked.iter().all(|one| one.header("webhook-id") == asked[0].header("webhook-id")));
        assert!(asked.iter().all(|one| one.body == asked[0].body));
        assert_ne!(asked[0].header("webhook-timestamp"), asked[6].header("webhook-timestamp"));
    }

    async fn an_endpoint_that_is_gone_is_not_asked_again(db: TestDatabase) {
        let other = Other::start([answer(410)]);
        let mut room = room(&db, here());
        let hook = room.add(ChannelKind::Webhook, &other.url("/")).await;
        room.write("a").await.unwrap();
        room.pass(1).await;
        room.write("b").await.unwrap();
        room.pass(HOUR).await;
        assert_eq!(other.asked().len(), 1);
        assert_eq!(room.address(&hook).await.state, AddressState::Suspended);
    }

    async fn what_only_this_machine_can_reach_is_not_called(db: TestDatabase) {
        let other = Other::start([]);
        let looked_up = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&looked_up);
        // A name that is public when it is entered, and this machine when it is called.
        let guard = Guard::new(&[]).looking_up(move |host, port| {
            count.fetch_add(1, Ordering::SeqCst);
            let both = ["203.0.114.1", "127.0.0.1"];
            let addresses: &[&str] = match host {
                "two.example" => &both,
                "mapped.example" => &["::ffff:127.0.0.1"],
                "metadata.google.internal" => &["169.254.169.254"],
                _ => &["127.0.0.1"],
            };
            let address = |text: &&str| SocketAddr::new(text.parse().unwrap(), port);
            Ok(addresses.iter().map(address).collect())
        });
        let mut room = room(&db, guard);
        let port = other.port;
        for host in [
            "rebound.example", "two.example", "mapped.example", "metadata.google.internal",
            "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "169.254.169.254",
            "[fd00:ec2::254]", "2130706433", "0x7f000001", "localhost",
        ] {
            let hook = room.add(ChannelKind::Webhook, &format!("https://{host}:{port}/")).await;
            let notice = room.write(host).await.unwrap();
            room.pass(1).await;
            let refused = (DeliveryState::Failed, Some("address_refused".to_owned()));
            assert_eq!(room.states(notice).await, [refused], "{host}");
            let mut tx = room.tx().await;
            notices::remove_address(&mut tx, &room.context, room.own(), hook.id).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!(looked_up.load(Ordering::SeqCst), 7, "each name is looked up once");
        assert!(other.asked().is_empty());
        let plain = room.try_add(ChannelKind::Webhook, "http://example.com/").await;
        assert_eq!(plain.unwrap_err().code(), "invalid_fields");
    }

    async fn a_redirect_leads_nowhere(db: TestDatabase) {
        let inner = Other::start([]);
        let location = format!("location: {}\r\n", inner.url("/secret"));
        let location: &'static str = Box::leak(location.into_boxed_str());
        let outer = Other::start([Reply::Answer(307, location, String::new())]);
        let mut room = room(&db, here());
        room.add(ChannelKind::Webhook, &outer.url("/")).await;
        room.write("a").await.unwrap();
        db.clock.advance_seconds(1);
        room.worker.step().await.unwrap();
        assert_eq!((outer.asked().len(), inner.asked().len()), (1, 0));
    }
}
