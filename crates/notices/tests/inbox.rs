//! Writing notices, and reading them in the application.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod post;

use kernel::{Problematic as _, UserId};
use notices::{
    ChannelKind, Language, MODULE, Mode, NewNotice, Param, Preferences, Reader, Severity,
    user_party,
};
use post::{FIRE, LETTER, PostRoom, choice, letter};
use testing::Cell;

#[test]
fn the_kinds_of_the_tests_have_their_texts() {
    notices::check_texts(&LETTER).unwrap();
    notices::check_texts(&FIRE).unwrap();
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, MODULE];

    async fn a_notice_is_written_once_and_says_itself_in_each_language(db: testing::TestDatabase) {
        let room = PostRoom::of(&db);
        let first = room.write("a").await.unwrap();
        db.clock.advance_seconds(1);
        assert_eq!(room.write("a").await, Some(first));
        assert_ne!(room.write("b").await, Some(first));
        for (language, title, text) in [
            (Language::En, "2 letters from Grammelknoedel", "By 30 April 2026: EUR\u{a0}1,234.50."),
            (Language::De, "2 Briefe von Grammelknoedel", "Bis 30. April 2026: 1.234,50\u{a0}EUR."),
            (
                Language::Mn,
                "Grammelknoedel: 2 захидал",
                "2026 оны дөрөвдүгээр сарын 30 хүртэл: EUR\u{a0}1,234.50.",
            ),
        ] {
            let list = room.list(language).await;
            assert_eq!(list.len(), 2);
            assert_eq!(list[1].id, first, "the latest comes first");
            assert_eq!(list[1].title.as_deref(), Some(title));
            assert_eq!(list[1].text.as_deref(), Some(text));
            assert_eq!(list[1].severity, Severity::Info);
        }
    }

    async fn what_is_read_is_read_by_one_reader(db: testing::TestDatabase) {
        let room = PostRoom::of(&db);
        let first = room.write("a").await.unwrap();
        db.clock.advance_seconds(1);
        let last = room.write("b").await.unwrap();
        assert_eq!(room.unread().await, 2);
        let child = user_party(UserId::from_uuid(kernel::Uuid::from_u128(7)));
        let guest = Reader { id: child.uuid(), own: child, household: None };
        let grown_up = Reader { household: Some(room.own()), ..guest };
        let mut tx = room.tx().await;
        assert_eq!(notices::unread(&mut tx, &grown_up).await.unwrap(), 2);
        assert_eq!(notices::unread(&mut tx, &guest).await.unwrap(), 0);
        let refused = notices::read(&mut tx, &room.context, &guest, first).await.unwrap_err();
        assert_eq!(refused.code(), "notice_unknown");
        drop(tx);
        let mut tx = room.tx().await;
        notices::read(&mut tx, &room.context, &grown_up, first).await.unwrap();
        notices::read(&mut tx, &room.context, &grown_up, first).await.unwrap();
        assert_eq!(notices::unread(&mut tx, &grown_up).await.unwrap(), 1);
        let all = notices::read_all(&mut tx, &room.context, &grown_up, last).await.unwrap();
        assert_eq!(all, 1);
        tx.commit().await.unwrap();
        assert_eq!(room.unread().await, 2, "another reader has read neither");
        let own = room.list(Language::En).await;
        assert!(own.iter().all(|read| read.read_at.is_none()));
    }

    async fn a_kind_that_is_not_wanted_is_kept_and_not_listed(db: testing::TestDatabase) {
        let room = PostRoom::of(&db);
        let off = choice("house.letter", ChannelKind::App, Mode::Off);
        room.choose(Preferences { choices: vec![off], ..Preferences::default() }).await;
        let written = room.write("a").await.unwrap();
        assert_eq!((room.unread().await, room.list(Language::En).await.len()), (0, 0));
        let (reader, mut tx) = (room.reader(), room.tx().await);
        let who = (&reader, Language::En);
        assert!(notices::notice(&mut tx, &room.notices, who, written).await.is_ok());
    }

    async fn parameters_that_are_not_the_kinds_are_refused(db: testing::TestDatabase) {
        let room = PostRoom::of(&db);
        let given = |params| NewNotice { params, ..letter(room.own(), "a") };
        let complete = letter(room.own(), "a").params;
        let mut fewer = complete.clone();
        fewer.pop();
        let mut more = complete.clone();
        more.push(("who", Param::count(1)));
        let mut other = complete;
        other[0] = ("from", Param::count(1));
        for params in [fewer, more, other] {
            let mut tx = room.tx().await;
            let written = notices::write(&mut tx, &room.context, &given(params)).await;
            assert_eq!(written.unwrap_err().code(), "internal");
        }
    }

    async fn what_is_said_stands_in_no_table_but_sealed(db: testing::TestDatabase) {
        let room = PostRoom::of(&db);
        room.add(ChannelKind::Email, "marillenknoedel@example.mn").await;
        room.write("a").await.unwrap();
        let raw = db.raw().await;
        for query in [
            "SELECT params, kind, severity FROM notices_notice",
            "SELECT address, secret, fingerprint FROM notices_address",
            "SELECT body FROM log_inbox",
            "SELECT args, unique_key FROM jobs_job",
        ] {
            let rows = raw.rows(query).await;
            assert!(!rows.is_empty(), "{query}");
            for cell in rows.into_iter().flatten() {
                let text = match cell {
                    Cell::Text(text) => text,
                    Cell::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                    Cell::Number(_) | Cell::Null => continue,
                };
                assert!(!text.to_lowercase().contains("noedel"), "{query}: {text}");
            }
        }
    }
}
