//! Every statement of this module binds the tenant, PostgreSQL holds it a second time, and events
//! say what they always said.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod house;

use approvals::event::{
    ApprovalAsked, ApprovalDecided, ApprovalEnded, ApprovalUsed, ApprovalWaived, DelegationEnded,
    WordDelegated,
};
use approvals::{ApprovalId, ApprovalState, DelegationId, MODULE, Verdict};
use house::{House, sell};
use identity::Role;
use kernel::{UserId, Uuid};
use storage::log::ObjectRef;
use testing::golden_event;

const MODULES: [storage::Module; 5] =
    [jobs::MODULE, vault::MODULE, notices::MODULE, identity::MODULE, MODULE];

#[test]
fn every_statement_binds_the_tenant_or_is_listed() {
    testing::tenancy::check_registered(&MODULES, "testdata/system_statements.txt");
}

#[test]
fn events_say_what_they_always_said() {
    let id = |number| Uuid::from_u128(number);
    let (approval, delegation) = (ApprovalId::from_uuid(id(1)), DelegationId::from_uuid(id(2)));
    let (principal, delegate) = (UserId::from_uuid(id(3)), UserId::from_uuid(id(4)));
    let path = |name: &str| format!("testdata/events/approvals.{name}.1.json");
    let (kind, subject) = ("house.sell".to_owned(), ObjectRef::new("house", "home"));
    let command = "d066260ba96d9c97747fe2fe3fe7588179523901a2e1e69e4168f78d8c98a9c7".to_owned();
    let time = "2026-04-30T10:30:00Z".parse().unwrap();
    let asked = ApprovalAsked {
        approval,
        kind: kind.clone(),
        subject: subject.clone(),
        command: command.clone(),
        people: 2,
        expires_at: time,
    };
    golden_event(&asked, &path("request.asked"));
    let decided = ApprovalDecided {
        approval,
        verdict: Verdict::Approve,
        on_behalf_of: Some(principal),
        state: ApprovalState::Pending,
    };
    golden_event(&decided, &path("request.decided"));
    let ended = ApprovalEnded { approval, state: ApprovalState::Withdrawn };
    golden_event(&ended, &path("request.ended"));
    golden_event(&ApprovalUsed { approval, command: command.clone() }, &path("request.used"));
    golden_event(&ApprovalWaived { kind, subject, command }, &path("command.waived"));
    let delegated = WordDelegated { delegation, principal, delegate, until: time };
    golden_event(&delegated, &path("word.delegated"));
    golden_event(&DelegationEnded { delegation, principal, delegate }, &path("word.returned"));
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, notices::MODULE, identity::MODULE, MODULE];

    async fn row_level_security_stands_behind(db: testing::TestDatabase) {
        // The module is linked by a use of its code, with every statement it declares.
        let house = House::of(&db).await;
        house.with("bat", Role::Adult).await;
        house.ask(&house.as_user(house.saraa), &sell("1.00")).await.unwrap();
        if db.dialect() == storage::Dialect::Postgres {
            testing::catalogue::check(&db, &MODULES).await;
        }
    }
}
