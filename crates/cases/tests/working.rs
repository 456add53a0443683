//! Cases are opened, worked on, escalated, decided and closed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod desk;

use std::sync::atomic::Ordering;

use cases::{CaseFilter, CaseState, MODULE, Priority};
use desk::{DUE_SECONDS, Desk, LEAK, roof};
use futures_util::future::join;
use identity::Role;
use kernel::{PageRequest, Problematic as _, UserId, Uuid};
use objects::ObjectId;
use testing::{Cell, TestDatabase};

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, identity::MODULE, MODULE,
    ];

    async fn of_one_thing_there_is_one_open_case(db: TestDatabase) {
        let desk = Desk::of(&db).await;
        let first = desk.open().await;
        assert_eq!(desk.open().await, first);
        assert_eq!(desk.history(first).await, ["opened : "]);
        desk.decide((desk.saraa, Role::Owner), first, "leave").await.unwrap();
        assert_ne!(desk.open().await, first);
    }

    async fn what_is_decided_is_done_once(db: TestDatabase) {
        let desk = Desk::of(&db).await;
        let id = desk.open().await;
        let by = (desk.saraa, Role::Owner);
        let unknown = desk.decide(by, id, "pray").await.unwrap_err();
        assert_eq!(unknown.fields()[0].field, "choice");
        let decided = desk.decide(by, id, "mend").await.unwrap();
        assert_eq!((decided.state, decided.choice.as_deref()), (CaseState::Decided, Some("mend")));
        assert_eq!(desk.decide(by, id, "mend").await.unwrap_err().code(), "case_state");
        assert_eq!(desk.mend.done.load(Ordering::Relaxed), 1);
        assert_eq!(desk.history(id).await, ["opened : ", "decided mend: weil es regnet"]);
    }

    async fn of_two_who_decide_at_once_one_does(db: TestDatabase) {
        let desk = Desk::of(&db).await;
        let bat = desk.with("bat", Role::Adult).await;
        let id = desk.open().await;
        let (one, other) = join(
            desk.decide((desk.saraa, Role::Owner), id, "mend"),
            desk.decide((bat, Role::Adult), id, "leave"),
        )
        .await;
        assert_eq!([one.is_ok(), other.is_ok()].iter().filter(|done| **done).count(), 1);
        assert_eq!(desk.mend.done.load(Ordering::Relaxed), 1);
    }

    async fn what_cannot_be_done_is_not_decided(db: TestDatabase) {
        let desk = Desk::of(&db).await;
        let id = desk.open().await;
        let refused = desk.decide((desk.saraa, Role::Owner), id, "burn").await.unwrap_err();
        assert_eq!(refused.code(), "house_insured");
        assert_eq!(refused.to_string(), "the house is insured");
        assert_eq!(desk.case(id).await.state, CaseState::Open);
        assert_eq!(desk.history(id).await, ["opened : "]);
    }

    async fn who_may_not_see_or_decide_it_does_not(db: TestDatabase) {
        let desk = Desk::of(&db).await;
        let id = desk.open().await;
        let mut tx = desk.tx().await;
        for role in [Role::Child, Role::Viewer] {
            assert_eq!(cases::case(&mut tx, role, id).await.unwrap_err().code(), "case_unknown");
            assert_eq!(cases::history(&mut tx, role, id).await.unwrap_err().code(), "case_unknown");
            let page = PageRequest::first(10);
            let seen = cases::cases(&mut tx, role, CaseFilter::default(), &page).await.unwrap();
            assert!(seen.items.is_empty());
        }
        assert!(cases::case(&mut tx, Role::Adviser, id).await.is_ok());
        drop(tx);
        for (role, code) in [(Role::Adviser, "case_not_yours"), (Role::Child, "case_unknown")] {
            let refused = desk.decide((desk.saraa, role), id, "mend").await.unwrap_err();
            assert_eq!(refused.code(), code);
        }
    }

    async fn it_is_given_to_somebody_who_may_and_who_hears_of_it(db: TestDatabase) {
        let desk = Desk::of(&db).await;
        let bat = desk.with("bat", Role::Adult).await;
        let adviser = desk.with("mark", Role::Adviser).await;
        let id = desk.open().await;
        let saraa = desk.as_user(desk.saraa);
        let which = (Role::Owner, id);
        let stranger = UserId::from_uuid(Uuid::from_u128(7));
        for to in [adviser, stranger] {
            let mut tx = desk.tx().await;
            let assigned = cases::assign(&mut tx, &saraa, &desk.cases, (which, Some(to))).await;
            assert_eq!(assigned.unwrap_err().fields()[0].field, "to");
        }
        for to in [Some(bat), Some(bat), None, Some(desk.saraa)] {
            let mut tx = desk.tx().await;
            let stands = cases::assign(&mut tx, &saraa, &desk.cases, (which, to)).await.unwrap();
            assert_eq!(stands.assignee, to);
            tx.commit().await.unwrap();
        }
        assert_eq!(desk.told(bat).await, ["A case was given to you"]);
        assert!(desk.told(desk.saraa).await.is_empty(), "she took it herself");
        let expected = [
            format!("assigned {bat}: "),
            "assigned : ".to_owned(),
            format!("assigned {}: ", desk.saraa),
        ];
        assert_eq!(desk.history(id).await[1..], expected);
        let mut tx = desk.tx().await;
        for (assignee, count) in [(desk.saraa, 1), (bat, 0)] {
            let filter = CaseFilter { assignee: Some(assignee), ..CaseFilter::default() };
            let page = PageRequest::first(10);
            let seen = cases::cases(&mut tx, Role::Adult, filter, &page).await.unwrap();
            assert_eq!(seen.items.len(), count);
        }
    }

    async fn what_is_left_until_it_is_due_is_escalated_once(db: TestDatabase) {
        let desk = Desk::of(&db).await;
        let bat = desk.with("bat", Role::Adult).await;
        let adviser = desk.with("mark", Role::Adviser).await;
        let id = desk.open().await;
        let due_at = desk.case(id).await.due_at;
        desk.pass(DUE_SECONDS - 1).await;
        assert_eq!(desk.case(id).await.priority, Priority::Normal);
        desk.pass(1).await;
        let escalated = desk.case(id).await;
        assert_eq!((escalated.priority, escalated.escalated_at), (Priority::Urgent, Some(due_at)));
        for person in [desk.saraa, bat] {
            assert_eq!(desk.told(person).await, ["A case is overdue"]);
        }
        assert!(desk.told(adviser).await.is_empty(), "an adviser cannot decide it");
        // Put off, it is escalated once more, and at its new time.
        let mut tx = desk.tx().await;
        let context = desk.as_user(bat);
        for due_at in [due_at, due_at.plus_seconds(400 * 86_400)] {
            let wrong = cases::postpone(&mut tx, &context, (Role::Adult, id), due_at).await;
            assert_eq!(wrong.unwrap_err().fields()[0].field, "due_at");
        }
        let later = due_at.plus_seconds(3_600);
        cases::postpone(&mut tx, &context, (Role::Adult, id), later).await.unwrap();
        tx.commit().await.unwrap();
        desk.pass(3_599).await;
        assert_eq!(desk.told(bat).await.len(), 1);
        desk.pass(1).await;
        assert_eq!(desk.told(bat).await.len(), 2);
        let steps: Vec<String> = desk.history(id).await;
        assert_eq!(steps[1], "escalated : ");
        assert_eq!(steps[3], "escalated : ");
    }

    async fn what_is_decided_or_put_off_in_time_is_not_escalated(db: TestDatabase) {
        let desk = Desk::of(&db).await;
        let decided = desk.open().await;
        desk.decide((desk.saraa, Role::Owner), decided, "mend").await.unwrap();
        let later = desk.open().await;
        let saraa = desk.as_user(desk.saraa);
        let mut tx = desk.tx().await;
        let due_at = saraa.now().plus_seconds(2 * DUE_SECONDS);
        cases::postpone(&mut tx, &saraa, (Role::Owner, later), due_at).await.unwrap();
        tx.commit().await.unwrap();
        desk.pass(DUE_SECONDS).await;
        assert!(desk.told(desk.saraa).await.is_empty());
        assert!(!desk.logged().await.contains(&"escalated".to_owned()));
    }

    async fn what_is_said_and_attached_is_kept(db: TestDatabase) {
        let desk = Desk::of(&db).await;
        let id = desk.open().await;
        let (saraa, which) = (desk.as_user(desk.saraa), (Role::Owner, id));
        let mut tx = desk.tx().await;
        let mute = cases::comment(&mut tx, &saraa, which, "  ").await.unwrap_err();
        assert_eq!(mute.fields()[0].field, "comment");
        let long = "x".repeat(cases::limits::COMMENT_CHARS_MAX + 1);
        assert!(cases::comment(&mut tx, &saraa, which, &long).await.is_err());
        cases::comment(&mut tx, &saraa, which, "Grammelknoedel\u{7}").await.unwrap();
        cases::prioritise(&mut tx, &saraa, which, Priority::High).await.unwrap();
        cases::prioritise(&mut tx, &saraa, which, Priority::High).await.unwrap();
        let nothing = ObjectId::from_uuid(Uuid::from_u128(7));
        let attached = cases::attach(&mut tx, &saraa, which, (nothing, "photo")).await;
        assert_eq!(attached.unwrap_err().code(), "object_unknown");
        tx.commit().await.unwrap();
        let expected = ["opened : ", "commented : Grammelknoedel ", "prioritised high: "];
        assert_eq!(desk.history(id).await, expected);
        assert_eq!(desk.logged().await, ["commented", "prioritised"]);
        let rows = db.raw().await.rows("SELECT said, detail FROM cases_entry").await;
        let rows = rows.into_iter().chain(db.raw().await.rows("SELECT body FROM log_inbox").await);
        for cell in rows.flatten() {
            let text = match cell {
                Cell::Text(text) => text,
                Cell::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                Cell::Number(_) | Cell::Null => continue,
            };
            assert!(!text.contains("Grammelknoedel"), "{text}");
        }
    }

    async fn what_needs_no_decision_any_more_is_closed(db: TestDatabase) {
        let desk = Desk::of(&db).await;
        let (saraa, thing) = (desk.as_user(desk.saraa), (&LEAK, &roof()));
        let id = desk.open().await;
        let mut tx = desk.tx().await;
        cases::close(&mut tx, &saraa, thing, "dry").await.unwrap();
        cases::close(&mut tx, &saraa, thing, "dry").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(desk.case(id).await.state, CaseState::Closed);
        assert_eq!(desk.history(id).await, ["opened : ", "closed dry: "]);
        let late = desk.decide((desk.saraa, Role::Owner), id, "mend").await.unwrap_err();
        assert_eq!(late.code(), "case_state");
        // The same by rows that a command carries.
        let second = desk.open().await;
        let mut tx = desk.tx().await;
        let rows = cases::closing(&mut tx, &saraa, thing, "dry").await.unwrap();
        for row in rows {
            tx.execute(row.statement, row.params).await.unwrap();
        }
        assert!(cases::closing(&mut tx, &saraa, thing, "dry").await.unwrap().is_empty());
        tx.commit().await.unwrap();
        assert_eq!(desk.case(second).await.state, CaseState::Closed);
        assert_eq!(desk.logged().await, ["closed", "closed"]);
    }
}
