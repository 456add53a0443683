//! Web push, text messages and WhatsApp, against servers on this machine whose answers are those of
//! the providers' documentation.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod other;
mod post;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use kernel::Problematic as _;
use notices::{
    AddressSecret, AddressState, ChannelKind, DeliveryState, Guard, MODULE, MetaCloud, NewAddress,
    Notices, PushChannel, SmsChannel, Twilio, VapidKey, WhatsappChannel,
};
use other::{Other, Reply};
use post::{FIRE, LETTER, Post, PostRoom};
use testing::TestDatabase;

const HOUR: i64 = 3_600;

fn room<'a>(db: &'a TestDatabase, other: &Other) -> PostRoom<'a> {
    let key = VapidKey::from_pkcs8(&VapidKey::generate().unwrap()).unwrap();
    let guard = Guard::new(&["127.0.0.1/32".parse().unwrap()]);
    let twilio = Twilio {
        base_url: other.url(""),
        account: "AC00000000000000000000000000000001".to_owned(),
        token: "twilio-token".to_owned(),
        from: "+15557122661".to_owned(),
    };
    let meta = MetaCloud {
        base_url: other.url(""),
        version: "v23.0".to_owned(),
        phone_number_id: "106540352242922".to_owned(),
        token: "meta-token".to_owned(),
        template: "florin_notice".to_owned(),
    };
    let notices = Notices::new(&[&[&LETTER, &FIRE]])
        .with(Arc::new(PushChannel::new(guard, key, "mailto:florin@florin.example")))
        .with(Arc::new(SmsChannel::new(twilio)))
        .with(Arc::new(WhatsappChannel::new(meta)));
    PostRoom::with(db, notices, Arc::new(Post::default()))
}

fn json(status: u16, body: &str) -> Reply {
    Reply::Answer(status, "content-type: application/json\r\n", body.to_owned())
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, MODULE];

    async fn a_browser_is_told_what_only_it_can_read(db: TestDatabase) {
        let other = Other::start([Reply::Answer(201, "location: /m/1\r\n", String::new()),
            Reply::Answer(404, "", String::new())]);
        let mut room = room(&db, &other);
        let mut tx = room.tx().await;
        let address = other.url("/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV");
        // The browser's keys of RFC 8291, section 5.
        let public = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH\
                      6SRpkNtoIAiw4";
        let secret = |p256dh: &str| AddressSecret {
            p256dh: Some(p256dh.to_owned()),
            auth: Some("BTBZMqHH6r4Tts7J_aSIgg".to_owned()),
            ..AddressSecret::default()
        };
        let new = |p256dh: &str| NewAddress {
            recipient: room.own(),
            channel: ChannelKind::Push,
            address: &address,
            secret: secret(p256dh),
        };
        let short = notices::add_address(&mut tx, &room.context, &room.notices, new("BCVx")).await;
        assert_eq!(short.unwrap_err().code(), "invalid_fields");
        notices::add_address(&mut tx, &room.context, &room.notices, new(public)).await.unwrap();
        tx.commit().await.unwrap();
        let notice = room.write("a").await.unwrap();
        room.pass(1).await;
        let asked = other.asked().remove(0);
        let delivery = room.deliveries(notice).await.remove(0);
        assert_eq!(delivery.state, DeliveryState::Sent);
        assert_eq!(asked.header("content-encoding"), "aes128gcm");
        assert_eq!((asked.header("ttl"), asked.header("urgency")), ("86400", "normal"));
        assert_eq!(asked.header("topic"), URL_SAFE_NO_PAD.encode(delivery.id.uuid().as_bytes()));
        let key = room.notices.push_key().unwrap();
        assert!(asked.header("authorization").ends_with(&format!(", k={key}")));
        // RFC 8188, section 2.1: salt, record size, and a key of 65 bytes.
        assert_eq!(&asked.body[16..21], &[0, 0, 16, 0, 65]);
        assert!(!asked.body.windows(7).any(|bytes| bytes == b"Grammel"));
        // A subscription that is gone is removed.
        room.write("b").await.unwrap();
        room.pass(1).await;
        let mut tx = room.tx().await;
        assert!(notices::addresses(&mut tx, room.own()).await.unwrap().is_empty());
    }

    async fn a_text_message_goes_through_twilio(db: TestDatabase) {
        // Twilio's documentation, "Create a Message", and its dictionary of errors.
        let created = r#"{"account_sid": "AC00000000000000000000000000000001",
            "api_version": "2010-04-01", "body": "Hi there", "date_created": "Thu, 24 Aug 2023
            05:01:45 +0000", "direction": "outbound-api", "error_code": null, "error_message": null,
            "from": "+15557122661", "num_media": "0", "num_segments": "1", "price": null,
            "price_unit": null, "sid": "SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "status": "queued",
            "to": "+15558675310"}"#.replace('\n', " ");
        let error = |code: u32, status: u16| json(status, &format!(
            r#"{{"code": {code}, "message": "The 'To' number +97699112233 is not valid.",
                "more_info": "https://www.twilio.com/docs/errors/{code}", "status": {status}}}"#));
        let other = Other::start([error(20429, 429), json(503, "<html>busy</html>"),
            json(201, &created), error(21211, 400)]);
        let mut room = room(&db, &other);
        let phone = room.add(ChannelKind::Sms, "+976 9911 2233").await;
        let notice = room.write("a").await.unwrap();
        for _ in 0..3 {
            room.pass(HOUR).await;
        }
        let delivery = room.deliveries(notice).await.remove(0);
        let codes: Vec<_> = delivery.attempts.iter().map(|one| one.code.as_deref()).collect();
        assert_eq!(codes, [Some("twilio_20429"), Some("http_503"), None]);
        assert_eq!(delivery.receipt.as_deref(), Some("SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
        let asked = other.asked().remove(2);
        let path = "/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages.json";
        assert_eq!(asked.line, format!("POST {path} HTTP/1.1"));
        let user = STANDARD.encode("AC00000000000000000000000000000001:twilio-token");
        assert_eq!(asked.header("authorization"), format!("Basic {user}"));
        let body = String::from_utf8(asked.body).unwrap();
        let begin = "To=%2B97699112233&From=%2B15557122661&Body=2+letters+from+Grammelknoedel%0A";
        assert!(body.starts_with(begin), "{body}");
        room.write("b").await.unwrap();
        room.pass(1).await;
        let gone = room.address(&phone).await;
        assert_eq!((gone.state, gone.reason.as_deref()),
            (AddressState::Suspended, Some("twilio_21211")));
    }

    async fn a_message_of_whatsapp_goes_through_meta(db: TestDatabase) {
        // Meta's documentation of the Cloud API, "Send messages" and "Error codes".
        let taken = r#"{"messaging_product": "whatsapp",
            "contacts": [{"input": "97699112233", "wa_id": "97699112233"}],
            "messages": [{"id": "wamid.HBgLMTY0NjcwNDM1OTUVAgARGBI1RjQyNUE3NEYxMzAzMzQ5MkEA",
                          "message_status": "accepted"}]}"#;
        let error = |code: u32, status: u16| json(status, &format!(
            r#"{{"error": {{"message": "(#{code}) something", "type": "OAuthException",
                "code": {code}, "error_data": {{"messaging_product": "whatsapp",
                "details": "+97699112233"}}, "fbtrace_id": "Az8or2yhqkZfEZ-_4Qn_Bam"}}}}"#));
        let other = Other::start([error(130_429, 429), error(190, 401), json(200, taken),
            error(132_001, 404), error(131_026, 400), json(200, "{}")]);
        let mut room = room(&db, &other);
        let phone = room.add(ChannelKind::Whatsapp, "+97699112233").await;
        let first = room.write("a").await.unwrap();
        for _ in 0..3 {
            room.pass(HOUR).await;
        }
        let delivery = room.deliveries(first).await.remove(0);
        let codes: Vec<_> = delivery.attempts.iter().map(|one| one.code.as_deref()).collect();
        assert_eq!(codes, [Some("meta_130429"), Some("meta_190"), None]);
        assert!(delivery.receipt.is_some_and(|receipt| receipt.starts_with("wamid.")));
        let asked = other.asked().remove(2);
        assert_eq!(asked.line, "POST /v23.0/106540352242922/messages HTTP/1.1");
        assert_eq!(asked.header("authorization"), "Bearer meta-token");
        let said = asked.json();
        assert_eq!(said["messaging_product"], "whatsapp");
        assert_eq!(said["to"], "97699112233");
        assert_eq!(said["template"]["name"], "florin_notice");
        assert_eq!(said["template"]["language"]["code"], "en");
        let parameters = &said["template"]["components"][0]["parameters"];
        assert_eq!(parameters[0]["text"], "2 letters from Grammelknoedel");
        let second = room.write("b").await.unwrap();
        room.pass(1).await;
        let failed = |code: &str| [(DeliveryState::Failed, Some(code.to_owned()))];
        assert_eq!(room.states(second).await, failed("meta_132001"));
        let third = room.write("c").await.unwrap();
        room.pass(1).await;
        assert_eq!(room.states(third).await, failed("meta_131026"));
        assert_eq!(room.address(&phone).await.state, AddressState::Suspended);
    }
}
