//! E-mail to a real server, with its faults.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod post;

use std::sync::Arc;
use std::time::Duration;

use kernel::Problematic as _;
use notices::{
    AddressState, ChannelKind, DeliveryState, EmailChannel, Language, MODULE, Notices, Outcome,
    Preferences, SmtpSecurity, SmtpServer,
};
use post::{FIRE, LETTER, Post, PostRoom};
use testing::{Smtp, SmtpMode, TestDatabase};

const HOUR: i64 = 3_600;

fn server(smtp: &Smtp, security: SmtpSecurity) -> SmtpServer {
    SmtpServer {
        host: "localhost".to_owned(),
        port: smtp.port(),
        security,
        credentials: (security != SmtpSecurity::None)
            .then(|| ("florin".to_owned(), "s3cret".to_owned())),
        from: "Florin <florin@florin.example>".to_owned(),
        root: smtp.certificate(),
        time_max: Duration::from_secs(10),
    }
}

fn room(db: &TestDatabase, server: SmtpServer) -> PostRoom<'_> {
    let channel = Arc::new(EmailChannel::new(server).unwrap());
    let notices = Notices::new(&[&[&LETTER, &FIRE]]).with(channel).at("https://florin.example");
    PostRoom::with(db, notices, Arc::new(Post::default()))
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, MODULE];

    async fn a_message_says_what_it_must_and_how_to_end_it(db: TestDatabase) {
        let smtp = Smtp::start(SmtpMode::Plain);
        let mut room = room(&db, server(&smtp, SmtpSecurity::None));
        room.choose(Preferences { language: Language::De, ..Preferences::default() }).await;
        room.add(ChannelKind::Email, " bat@Example.MN ").await;
        let notice = room.write("a").await.unwrap();
        room.pass(1).await;
        let delivery = room.deliveries(notice).await.remove(0);
        assert_eq!(delivery.state, DeliveryState::Sent);
        let message = smtp.messages().remove(0);
        for line in [
            "From: Florin <florin@florin.example>\r\n",
            "To: bat@example.mn\r\n",
            "Subject: 2 Briefe von Grammelknoedel\r\n",
            &format!("Message-ID: <{}@florin.example>\r\n", delivery.id),
            "Date: Tue, 31 Mar 2026 10:30:01 +0000\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Content-Language: de\r\n",
            // RFC 8058, section 8.1.
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
            "Content-Type: text/plain; charset=utf-8\r\n",
        ] {
            assert!(message.contains(line), "{line} in {message}");
        }
        let unfolded = message.replace("\r\n ", " ").replace("=\r\n", "");
        let link = "https://florin.example/unsubscribe/";
        assert!(unfolded.contains(&format!("List-Unsubscribe: <{link}")), "{message}");
        assert!(unfolded.contains(&format!("Keine mehr davon: {link}")), "{message}");
    }

    async fn each_fault_of_the_server_is_seen_as_what_it_is(db: TestDatabase) {
        let smtp = Smtp::start(SmtpMode::Plain);
        let time_max = Duration::from_millis(1_500);
        let server = SmtpServer { time_max, ..server(&smtp, SmtpSecurity::None) };
        let mut room = room(&db, server);
        for (name, outcome, code, state) in [
            ("busy", Outcome::Temporary, "smtp_451_4.3.0", AddressState::Active),
            ("gone", Outcome::AddressGone, "smtp_550_5.1.1", AddressState::Suspended),
            ("spam", Outcome::Permanent, "smtp_550_5.7.1", AddressState::Active),
            ("drop", Outcome::Temporary, "smtp_unreachable", AddressState::Active),
            ("slow", Outcome::Temporary, "smtp_timeout", AddressState::Active),
            ("nonsense", Outcome::Temporary, "smtp_unreachable", AddressState::Active),
        ] {
            let address = room.add(ChannelKind::Email, &format!("{name}@example.mn")).await;
            let notice = room.write(name).await.unwrap();
            // One attempt: what waits behind it is another test's.
            db.clock.advance_seconds(1);
            room.worker.step().await.unwrap();
            let delivery = room.deliveries(notice).await.remove(0);
            let tried = delivery.attempts.first().unwrap();
            assert_eq!((tried.outcome, tried.code.as_deref()), (outcome, Some(code)), "{name}");
            assert_eq!(room.address(&address).await.state, state, "{name}");
            let mut tx = room.tx().await;
            notices::remove_address(&mut tx, &room.context, room.own(), address.id).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert!(smtp.messages().is_empty());
    }

    async fn what_the_server_took_and_did_not_say_comes_twice_under_one_id(db: TestDatabase) {
        let smtp = Smtp::start(SmtpMode::Plain);
        let mut room = room(&db, server(&smtp, SmtpSecurity::None));
        room.add(ChannelKind::Email, "lost@example.mn").await;
        room.write("a").await.unwrap();
        db.clock.advance_seconds(1);
        room.worker.step().await.unwrap();
        db.clock.advance_seconds(HOUR);
        room.worker.step().await.unwrap();
        let messages = smtp.messages();
        let id = |message: &str| {
            let line = message.lines().find(|line| line.starts_with("Message-ID:"));
            line.unwrap().to_owned()
        };
        assert_eq!(messages.len(), 2);
        assert_eq!(id(&messages[0]), id(&messages[1]));
    }

    async fn a_server_that_is_down_is_tried_again(db: TestDatabase) {
        let smtp = Smtp::start(SmtpMode::Plain);
        let described = server(&smtp, SmtpSecurity::None);
        drop(smtp);
        let mut room = room(&db, described);
        room.add(ChannelKind::Email, "bat@example.mn").await;
        let notice = room.write("a").await.unwrap();
        room.pass(1).await;
        let delivery = room.deliveries(notice).await.remove(0);
        assert_eq!(delivery.state, DeliveryState::Waiting);
        assert_eq!(delivery.attempts[0].code.as_deref(), Some("smtp_unreachable"));
    }
}

#[test]
fn the_way_is_kept_from_others_or_not_taken() {
    for (mode, security) in
        [(SmtpMode::StartTls, SmtpSecurity::StartTls), (SmtpMode::Tls, SmtpSecurity::Tls)]
    {
        let smtp = Smtp::start(mode);
        let good = server(&smtp, security);
        let untrusted = SmtpServer { root: None, ..good.clone() };
        let wrong_password =
            SmtpServer { credentials: Some(("florin".into(), "guess".into())), ..good.clone() };
        // To a server that waits for TLS a client that waits for words says nothing.
        let time_max = Duration::from_millis(1_500);
        let plain = SmtpServer { security: SmtpSecurity::None, time_max, ..good.clone() };
        for (server, code) in [
            (good, None),
            (untrusted, Some(["smtp_tls", "smtp_unreachable"])),
            (wrong_password, Some(["smtp_535_5.7.8", "smtp_535_5.7.8"])),
            (plain, Some(["smtp_mismatch", "smtp_timeout"])),
        ] {
            let sent = try_out(server);
            match code {
                None => assert_eq!(sent, None, "{mode:?}"),
                Some(codes) => {
                    let sent = sent.unwrap_or_default();
                    assert!(codes.contains(&sent.as_str()), "{mode:?}: {sent}");
                }
            }
        }
        assert_eq!(smtp.messages().len(), 1);
    }
}

#[test]
fn a_server_elsewhere_is_not_spoken_to_without_tls() {
    let smtp = SmtpServer {
        host: "mail.example.com".to_owned(),
        port: 25,
        security: SmtpSecurity::None,
        credentials: None,
        from: "florin@florin.example".to_owned(),
        root: None,
        time_max: Duration::from_secs(1),
    };
    assert_eq!(EmailChannel::new(smtp).err().unwrap().code(), "internal");
}

/// The code of the first attempt; nothing where it was sent.
fn try_out(server: SmtpServer) -> Option<String> {
    testing::run(storage::Dialect::Sqlite, DATABASE_MODULES, async |db: TestDatabase| {
        let mut room = room(&db, server);
        room.add(ChannelKind::Email, "bat@example.mn").await;
        let notice = room.write("a").await.unwrap();
        db.clock.advance_seconds(1);
        room.worker.step().await.unwrap();
        room.deliveries(notice).await.remove(0).attempts.remove(0).code
    })
}
