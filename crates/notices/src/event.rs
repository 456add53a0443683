//! What notices tell the log: ids and codes. What is said, and where, stands sealed in rows.

use kernel::PartyId;
use serde::Serialize;
use storage::log::{EventBody, ObjectRef};

use crate::model::{AddressId, ChannelKind, DeliveryId, NoticeId, Severity};

/// Something was written for somebody.
#[derive(Clone, Debug, Serialize)]
pub struct NoticeWritten {
    /// Which.
    pub notice: NoticeId,
    /// What it is about.
    pub kind: String,
    /// How much it matters.
    pub severity: Severity,
    /// For whom.
    pub recipient: PartyId,
}

/// A delivery was given up.
#[derive(Clone, Debug, Serialize)]
pub struct DeliveryFailed {
    /// Which.
    pub delivery: DeliveryId,
    /// Of what.
    pub notice: NoticeId,
    /// By what.
    pub channel: ChannelKind,
    /// Why.
    pub code: String,
}

/// Somebody is told in one more place.
#[derive(Clone, Debug, Serialize)]
pub struct AddressAdded {
    /// Which.
    pub address: AddressId,
    /// Whose.
    pub recipient: PartyId,
    /// By what.
    pub channel: ChannelKind,
}

/// Whoever reads at an address wants to be told there.
#[derive(Clone, Debug, Serialize)]
pub struct AddressConfirmed {
    /// Which.
    pub address: AddressId,
    /// Whose.
    pub recipient: PartyId,
}

/// An address is no more.
#[derive(Clone, Debug, Serialize)]
pub struct AddressRemoved {
    /// Which.
    pub address: AddressId,
    /// Whose it was.
    pub recipient: PartyId,
}

/// An address does not take what is sent to it.
#[derive(Clone, Debug, Serialize)]
pub struct AddressSuspended {
    /// Which.
    pub address: AddressId,
    /// Whose.
    pub recipient: PartyId,
    /// What the other side said.
    pub code: String,
}

/// Whoever reads at an address does not want any more.
#[derive(Clone, Debug, Serialize)]
pub struct AddressUnsubscribed {
    /// Which.
    pub address: AddressId,
    /// Whose.
    pub recipient: PartyId,
}

/// An address is used again.
#[derive(Clone, Debug, Serialize)]
pub struct AddressResumed {
    /// Which.
    pub address: AddressId,
    /// Whose.
    pub recipient: PartyId,
}

/// Somebody chose how they are told.
#[derive(Clone, Debug, Serialize)]
pub struct PreferencesChanged {
    /// Who.
    pub recipient: PartyId,
}

/// The name and version of an event, and what it is about.
macro_rules! events {
    ($($event:ty = $name:literal, $($kind:literal $field:ident),+;)+) => {$(
        impl EventBody for $event {
            const TYPE: &'static str = $name;
            const VERSION: u16 = 1;

            fn objects(&self) -> Vec<ObjectRef> {
                vec![$(ObjectRef::new($kind, self.$field)),+]
            }
        }
    )+};
}

events! {
    NoticeWritten = "notices.notice.written", "notice" notice, "party" recipient;
    DeliveryFailed = "notices.delivery.failed", "delivery" delivery, "notice" notice;
    AddressAdded = "notices.address.added", "address" address, "party" recipient;
    AddressConfirmed = "notices.address.confirmed", "address" address, "party" recipient;
    AddressRemoved = "notices.address.removed", "address" address, "party" recipient;
    AddressSuspended = "notices.address.suspended", "address" address, "party" recipient;
    AddressUnsubscribed = "notices.address.unsubscribed", "address" address, "party" recipient;
    AddressResumed = "notices.address.resumed", "address" address, "party" recipient;
    PreferencesChanged = "notices.preferences.changed", "party" recipient;
}
