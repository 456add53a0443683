//! Every statement of this module binds the tenant, PostgreSQL holds it a second time, and events
//! say what they always said.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod post;

use kernel::{PartyId, Uuid};
use notices::event::{
    AddressAdded, AddressConfirmed, AddressRemoved, AddressResumed, AddressSuspended,
    AddressUnsubscribed, DeliveryFailed, NoticeWritten, PreferencesChanged,
};
use notices::{AddressId, ChannelKind, DeliveryId, MODULE, NoticeId, Severity};
use post::PostRoom;
use testing::golden_event;

const MODULES: [storage::Module; 3] = [jobs::MODULE, vault::MODULE, MODULE];

#[test]
fn every_statement_binds_the_tenant_or_is_listed() {
    testing::tenancy::check_registered(&MODULES, "testdata/system_statements.txt");
}

#[test]
fn events_say_what_they_always_said() {
    let id = |number| Uuid::from_u128(number);
    let (notice, address) = (NoticeId::from_uuid(id(1)), AddressId::from_uuid(id(2)));
    let (delivery, recipient) = (DeliveryId::from_uuid(id(3)), PartyId::from_uuid(id(4)));
    let path = |name: &str| format!("testdata/events/notices.{name}.1.json");
    let (kind, severity) = ("jobs.died".to_owned(), Severity::Warning);
    golden_event(&NoticeWritten { notice, kind, severity, recipient }, &path("notice.written"));
    let (channel, code) = (ChannelKind::Email, "smtp_550_5.1.1".to_owned());
    let failed = DeliveryFailed { delivery, notice, channel, code: code.clone() };
    golden_event(&failed, &path("delivery.failed"));
    golden_event(&AddressAdded { address, recipient, channel }, &path("address.added"));
    golden_event(&AddressConfirmed { address, recipient }, &path("address.confirmed"));
    golden_event(&AddressRemoved { address, recipient }, &path("address.removed"));
    golden_event(&AddressSuspended { address, recipient, code }, &path("address.suspended"));
    golden_event(&AddressUnsubscribed { address, recipient }, &path("address.unsubscribed"));
    golden_event(&AddressResumed { address, recipient }, &path("address.resumed"));
    golden_event(&PreferencesChanged { recipient }, &path("preferences.changed"));
}

testing::both_databases! {
    modules = [jobs::MODULE, vault::MODULE, MODULE];

    async fn row_level_security_stands_behind(db: testing::TestDatabase) {
        // The module is linked by a use of its code, with every statement it declares.
        let room = PostRoom::of(&db);
        room.write("a").await.unwrap();
        assert_eq!(room.unread().await, 1);
        if db.dialect() == storage::Dialect::Postgres {
            testing::catalogue::check(&db, &MODULES).await;
        }
    }
}
