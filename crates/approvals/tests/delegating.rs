//! Words that are handed to another for a time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod house;

use approvals::{ApprovalState, MODULE, Verdict};
use house::{House, sell};
use identity::Role;
use kernel::{Problematic as _, UserId};
use testing::TestDatabase;

const DAY_SECONDS: i64 = 86_400;

async fn delegate(
    house: &House<'_>,
    (from, to): (UserId, UserId),
    seconds: i64,
) -> Result<approvals::Delegation, approvals::ApprovalsError> {
    let context = house.as_user(from);
    let until = context.now().plus_seconds(seconds);
    let mut tx = house.tx().await;
    let made = approvals::delegate(&mut tx, &context, (to, until)).await?;
    tx.commit().await.unwrap();
    Ok(made)
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, notices::MODULE, identity::MODULE, MODULE];

    async fn a_delegate_says_the_word_of_another_until_its_time_is_over(db: TestDatabase) {
        let house = House::of(&db).await;
        let bat = house.with("bat", Role::Adult).await;
        let adviser = house.with("mark", Role::Adviser).await;
        let saraa = house.as_user(house.saraa);
        let asked = house.ask(&saraa, &sell("1.00")).await.unwrap();
        let no = house.decide(adviser, asked.id, Verdict::Approve).await.unwrap_err();
        assert_eq!(no.code(), "approval_no_say");
        delegate(&house, (bat, adviser), DAY_SECONDS).await.unwrap();
        let decided = house.decide(adviser, asked.id, Verdict::Approve).await.unwrap();
        assert_eq!(decided.state, ApprovalState::Approved);
        assert_eq!(decided.decisions[0].on_behalf_of, Some(bat));
        let said = house.events("approvals.request.decided").await;
        assert_eq!(said[0]["on_behalf_of"], bat.to_string());
        house.carry_out(&saraa, &sell("1.00")).await.unwrap();
        db.clock.advance_seconds(DAY_SECONDS);
        let later = house.ask(&saraa, &sell("1.00")).await.unwrap();
        let no = house.decide(adviser, later.id, Verdict::Approve).await.unwrap_err();
        assert_eq!(no.code(), "approval_no_say");
    }

    async fn a_word_counts_once_whoever_says_it(db: TestDatabase) {
        let house = House::of(&db).await;
        let bat = house.with("bat", Role::Adult).await;
        let mark = house.with("mark", Role::Adult).await;
        let adviser = house.with("dorj", Role::Adviser).await;
        let asked = house.ask(&house.as_user(house.saraa), &sell("10000.00")).await.unwrap();
        delegate(&house, (bat, adviser), DAY_SECONDS).await.unwrap();
        assert_eq!(house.approve(adviser, asked.id).await, ApprovalState::Pending);
        let no = house.decide(bat, asked.id, Verdict::Approve).await.unwrap_err();
        assert_eq!(no.code(), "approval_no_say");
        assert_eq!(house.approve(mark, asked.id).await, ApprovalState::Approved);
    }

    async fn who_asked_cannot_let_another_say_their_word(db: TestDatabase) {
        let house = House::of(&db).await;
        house.with("bat", Role::Adult).await;
        let adviser = house.with("dorj", Role::Adviser).await;
        delegate(&house, (house.saraa, adviser), DAY_SECONDS).await.unwrap();
        let asked = house.ask(&house.as_user(house.saraa), &sell("1.00")).await.unwrap();
        let no = house.decide(adviser, asked.id, Verdict::Approve).await.unwrap_err();
        assert_eq!(no.code(), "approval_no_say");
    }

    async fn who_asked_cannot_say_the_word_of_another(db: TestDatabase) {
        let house = House::of(&db).await;
        let bat = house.with("bat", Role::Adult).await;
        delegate(&house, (bat, house.saraa), DAY_SECONDS).await.unwrap();
        let asked = house.ask(&house.as_user(house.saraa), &sell("1.00")).await.unwrap();
        let no = house.decide(house.saraa, asked.id, Verdict::Approve).await.unwrap_err();
        assert_eq!(no.code(), "approval_no_say");
    }

    async fn a_word_goes_to_a_member_who_may_and_comes_back(db: TestDatabase) {
        let house = House::of(&db).await;
        let bat = house.with("bat", Role::Adult).await;
        let child = house.with("temuulen", Role::Child).await;
        let stranger = UserId::from_uuid(kernel::Uuid::from_u128(7));
        for to in [child, stranger, bat] {
            let refused = delegate(&house, (bat, to), DAY_SECONDS).await.unwrap_err();
            assert_eq!(refused.fields()[0].field, "to");
        }
        for seconds in [0, 91 * DAY_SECONDS] {
            let refused = delegate(&house, (bat, house.saraa), seconds).await.unwrap_err();
            assert_eq!(refused.fields()[0].field, "until");
        }
        let made = delegate(&house, (bat, house.saraa), 90 * DAY_SECONDS).await.unwrap();
        let mut tx = house.tx().await;
        let listed = approvals::delegations(&mut tx, &house.as_owner()).await.unwrap();
        assert_eq!(listed, [made]);
        let saraa = house.as_user(house.saraa);
        let no = approvals::end_delegation(&mut tx, &saraa, made.id).await.unwrap_err();
        assert_eq!(no.code(), "delegation_unknown");
        approvals::end_delegation(&mut tx, &house.as_user(bat), made.id).await.unwrap();
        assert!(approvals::delegations(&mut tx, &saraa).await.unwrap().is_empty());
    }
}
