//! Asking, deciding, and doing what was approved: once, and only that.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod house;

use approvals::{ApprovalState, Command, MODULE, Verdict};
use futures_util::future::join;
use house::{BURN, House, SELL, WEEK_SECONDS, commit, sell};
use identity::Role;
use kernel::Problematic as _;
use serde_json::json;
use storage::crypto;
use storage::log::ObjectRef;
use testing::{Cell, TestDatabase};

#[test]
fn a_command_has_the_hash_of_its_canonical_form() {
    // By coreutils: printf '{"arguments":{"price":"1950.00 AUD"},"kind":"house.sell","subject":
    // {"id":"home","kind":"house"}}' | sha256sum, without the line break.
    let house = ObjectRef::new("house", "home");
    let command = Command::new(&SELL, house, &json!({ "price": "1950.00 AUD" })).unwrap();
    let expected = "d066260ba96d9c97747fe2fe3fe7588179523901a2e1e69e4168f78d8c98a9c7";
    assert_eq!(crypto::hex(&command.hash()), expected);
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, notices::MODULE, identity::MODULE, MODULE];

    async fn who_asked_does_not_approve_and_another_does(db: TestDatabase) {
        let house = House::of(&db).await;
        let bat = house.with("bat", Role::Adult).await;
        let child = house.with("temuulen", Role::Child).await;
        let saraa = house.as_user(house.saraa);
        let refused = house.carry_out(&saraa, &sell("9000.00")).await.unwrap_err();
        assert_eq!(refused.code(), "approval_needed");
        assert!(refused.to_string().contains("another person (owner, adult)"), "{refused}");
        let asked = house.ask(&saraa, &sell("9000.00")).await.unwrap();
        assert_eq!((asked.state, asked.people), (ApprovalState::Pending, 1));
        assert_eq!(house.told(bat).await, ["May it be sold?"]);
        assert!(house.told(house.saraa).await.is_empty() && house.told(child).await.is_empty());
        let undecided = house.carry_out(&saraa, &sell("9000.00")).await.unwrap_err();
        assert_eq!(undecided.code(), "approval_undecided");
        for person in [house.saraa, child] {
            let no = house.decide(person, asked.id, Verdict::Approve).await.unwrap_err();
            assert_eq!(no.code(), "approval_no_say");
        }
        assert_eq!(house.approve(bat, asked.id).await, ApprovalState::Approved);
        assert_eq!(house.told(house.saraa).await, ["What you asked for was approved"]);
        house.carry_out(&saraa, &sell("9000.00")).await.unwrap();
        assert_eq!(house.state(asked.id).await, ApprovalState::Used);
        // Once: the next time it needs another.
        let again = house.carry_out(&saraa, &sell("9000.00")).await.unwrap_err();
        assert_eq!(again.code(), "approval_needed");
        let used = house.events("approvals.request.used").await;
        assert_eq!(used.len(), 1);
        assert_eq!(used[0]["command"], crypto::hex(&sell("9000.00").hash()));
    }

    async fn of_two_who_use_it_at_once_one_does(db: TestDatabase) {
        let house = House::of(&db).await;
        let bat = house.with("bat", Role::Adult).await;
        let saraa = house.as_user(house.saraa);
        let asked = house.ask(&saraa, &sell("1.00")).await.unwrap();
        house.approve(bat, asked.id).await;
        let mut tx = house.tx().await;
        let first = approvals::clear(&mut tx, &saraa, &sell("1.00")).await.unwrap();
        let second = approvals::clear(&mut tx, &saraa, &sell("1.00")).await.unwrap();
        tx.commit().await.unwrap();
        commit(house.tx().await, first).await.unwrap();
        assert!(commit(house.tx().await, second).await.is_err());
        assert_eq!(house.events("approvals.request.used").await.len(), 1);
    }

    async fn what_changed_is_another_command(db: TestDatabase) {
        let house = House::of(&db).await;
        let bat = house.with("bat", Role::Adult).await;
        let saraa = house.as_user(house.saraa);
        let first = house.ask(&saraa, &sell("9000.00")).await.unwrap();
        assert_eq!(house.ask(&saraa, &sell("9000.00")).await.unwrap().id, first.id);
        house.approve(bat, first.id).await;
        let void = house.carry_out(&saraa, &sell("9000.01")).await.unwrap_err();
        assert_eq!(void.code(), "approval_void");
        let second = house.ask(&saraa, &sell("9000.01")).await.unwrap();
        assert_eq!(house.state(first.id).await, ApprovalState::Withdrawn);
        let void = house.carry_out(&saraa, &sell("9000.00")).await.unwrap_err();
        assert_eq!(void.code(), "approval_void");
        house.approve(bat, second.id).await;
        house.carry_out(&saraa, &sell("9000.01")).await.unwrap();
    }

    async fn large_amounts_need_more_people_or_others(db: TestDatabase) {
        let house = House::of(&db).await;
        let bat = house.with("bat", Role::Adult).await;
        let mark = house.with("mark", Role::Adult).await;
        let dorj = house.with("dorj", Role::Adult).await;
        let bat_asks = house.as_user(bat);
        let large = house.ask(&bat_asks, &sell("10000.00")).await.unwrap();
        assert_eq!(large.people, 2);
        assert_eq!(house.approve(mark, large.id).await, ApprovalState::Pending);
        let twice = house.decide(mark, large.id, Verdict::Approve).await.unwrap_err();
        assert_eq!(twice.code(), "approval_decided");
        assert_eq!(house.approve(dorj, large.id).await, ApprovalState::Approved);
        let largest = house.ask(&bat_asks, &sell("100000.00")).await.unwrap();
        let no = house.decide(mark, largest.id, Verdict::Approve).await.unwrap_err();
        assert_eq!(no.code(), "approval_no_say");
        assert_eq!(house.approve(house.saraa, largest.id).await, ApprovalState::Approved);
        // What it moves is not known: then it counts as much.
        let unknown = ObjectRef::new("house", "hut");
        let unknown = Command::new(&SELL, unknown, &json!({})).unwrap();
        assert_eq!(house.ask(&bat_asks, &unknown).await.unwrap().roles, [Role::Owner]);
    }

    async fn two_who_approve_at_once_are_two(db: TestDatabase) {
        let house = House::of(&db).await;
        let bat = house.with("bat", Role::Adult).await;
        let mark = house.with("mark", Role::Adult).await;
        let asked = house.ask(&house.as_user(house.saraa), &sell("10000.00")).await.unwrap();
        let both = join(
            house.decide(bat, asked.id, Verdict::Approve),
            house.decide(mark, asked.id, Verdict::Approve),
        );
        let (one, other) = both.await;
        let mut states = [one.unwrap().state, other.unwrap().state];
        states.sort();
        assert_eq!(states, [ApprovalState::Pending, ApprovalState::Approved]);
    }

    async fn one_refusal_ends_it_and_says_why(db: TestDatabase) {
        let house = House::of(&db).await;
        let bat = house.with("bat", Role::Adult).await;
        let asked = house.ask(&house.as_user(house.saraa), &sell("1.00")).await.unwrap();
        let mut tx = house.tx().await;
        let mute = (Verdict::Refuse, " ");
        let mute = approvals::decide(&mut tx, &house.as_user(bat), asked.id, mute).await;
        assert_eq!(mute.unwrap_err().code(), "invalid_fields");
        drop(tx);
        let refused = house.decide(bat, asked.id, Verdict::Refuse).await.unwrap();
        assert_eq!(refused.state, ApprovalState::Refused);
        assert_eq!(refused.decisions[0].reason.as_deref(), Some("zu billig"));
        assert_eq!(house.told(house.saraa).await, ["What you asked for was refused"]);
        let late = house.decide(house.saraa, asked.id, Verdict::Approve).await.unwrap_err();
        assert_eq!(late.code(), "approval_state");
        // It can be asked for once more.
        let again = house.ask(&house.as_user(house.saraa), &sell("1.00")).await.unwrap();
        assert_ne!(again.id, asked.id);
    }

    async fn who_asked_withdraws(db: TestDatabase) {
        let house = House::of(&db).await;
        let bat = house.with("bat", Role::Adult).await;
        let asked = house.ask(&house.as_user(house.saraa), &sell("1.00")).await.unwrap();
        house.approve(bat, asked.id).await;
        let mut tx = house.tx().await;
        let no = approvals::withdraw(&mut tx, &house.as_user(bat), asked.id).await.unwrap_err();
        assert_eq!(no.code(), "approval_no_say");
        for _ in 0..2 {
            let saraa = house.as_user(house.saraa);
            let stands = approvals::withdraw(&mut tx, &saraa, asked.id).await.unwrap();
            assert_eq!(stands.state, ApprovalState::Withdrawn);
        }
        tx.commit().await.unwrap();
        assert_eq!(house.events("approvals.request.ended").await.len(), 1);
    }

    async fn after_its_time_it_is_neither_decided_nor_used(db: TestDatabase) {
        let house = House::of(&db).await;
        let bat = house.with("bat", Role::Adult).await;
        let saraa = house.as_user(house.saraa);
        let asked = house.ask(&saraa, &sell("1.00")).await.unwrap();
        house.approve(bat, asked.id).await;
        db.clock.advance_seconds(WEEK_SECONDS - 1);
        let mut tx = house.tx().await;
        let rows = approvals::clear(&mut tx, &saraa, &sell("1.00")).await.unwrap();
        tx.commit().await.unwrap();
        db.clock.advance_seconds(1);
        // No job has noted it, and it counts.
        assert_eq!(house.state(asked.id).await, ApprovalState::Expired);
        assert!(house.carry_out(&saraa, &sell("1.00")).await.is_err());
        house.pass(0).await;
        assert_eq!(house.events("approvals.request.ended").await[0]["state"], "expired");
        let told = house.told(house.saraa).await;
        assert_eq!(told[0], "What you asked for was not decided or used in time");
        assert!(commit(house.tx().await, rows).await.is_err(), "the plan was made in time");
        assert_ne!(house.ask(&saraa, &sell("1.00")).await.unwrap().id, asked.id);
    }

    async fn a_household_of_one_needs_nobody_and_the_log_says_so(db: TestDatabase) {
        let house = House::of(&db).await;
        house.with("temuulen", Role::Child).await;
        let saraa = house.as_user(house.saraa);
        let asked = house.ask(&saraa, &sell("1.00")).await;
        assert_eq!(asked.unwrap_err().code(), "approval_not_needed");
        house.carry_out(&saraa, &sell("1.00")).await.unwrap();
        let waived = house.events("approvals.command.waived").await;
        assert_eq!((waived.len(), &waived[0]["kind"]), (1, &json!("house.sell")));
        // What is barred needs as many as it says.
        let burn = Command::new(&BURN, ObjectRef::new("house", "home"), &json!({})).unwrap();
        let (asked, done) = (house.ask(&saraa, &burn).await, house.carry_out(&saraa, &burn).await);
        for refused in [asked.unwrap_err(), done.unwrap_err()] {
            assert_eq!(refused.code(), "approval_impossible");
        }
    }

    async fn the_owner_of_the_data_needs_one_more(db: TestDatabase) {
        let house = House::of(&db).await;
        let owner = house.as_owner();
        house.carry_out(&owner, &sell("1.00")).await.unwrap();
        let bat = house.with("bat", Role::Adult).await;
        let asked = house.ask(&owner, &sell("1.00")).await.unwrap();
        // Either of the two may sit at the command line.
        assert_eq!((asked.asked_by, asked.people), (None, 2));
        assert_eq!(house.approve(bat, asked.id).await, ApprovalState::Pending);
        assert_eq!(house.approve(house.saraa, asked.id).await, ApprovalState::Approved);
        let mut tx = house.tx().await;
        let word = (Verdict::Approve, "");
        let no = approvals::decide(&mut tx, &owner, asked.id, word).await.unwrap_err();
        assert_eq!(no.code(), "approval_no_say");
    }

    async fn commands_and_reasons_stand_in_no_table_but_sealed(db: TestDatabase) {
        let house = House::of(&db).await;
        let bat = house.with("bat", Role::Adult).await;
        let asked = house.ask(&house.as_user(house.saraa), &sell("1.00")).await.unwrap();
        assert_eq!(asked.content.unwrap().reason, "wir ziehen nach Darkhan");
        house.decide(bat, asked.id, Verdict::Refuse).await.unwrap();
        let raw = db.raw().await;
        for query in [
            "SELECT content FROM approvals_request",
            "SELECT reason FROM approvals_decision",
            "SELECT body FROM log_inbox",
            "SELECT args, unique_key FROM jobs_job",
            "SELECT params FROM notices_notice",
        ] {
            let rows = raw.rows(query).await;
            assert!(!rows.is_empty(), "{query}");
            for cell in rows.into_iter().flatten() {
                let text = match cell {
                    Cell::Text(text) => text,
                    Cell::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                    Cell::Number(_) | Cell::Null => continue,
                };
                for secret in ["Darkhan", "billig", "1.00"] {
                    assert!(!text.contains(secret), "{query}: {text}");
                }
            }
        }
    }
}
