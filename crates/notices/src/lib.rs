//! Notices: what somebody is to be told is written once, in the transaction of what happened, and
//! delivered where they want it: in the application, by e-mail, to a browser or a telephone, to a
//! program.
//!
//! # What it owns
//! - `notices_notice`, `notices_reading`: what was written for whom, and who has read it;
//! - `notices_address`, `notices_setting`, `notices_choice`: where and how each is told;
//! - `notices_quota`: how much of what a person has sent for a trial was sent on a day;
//! - `notices_delivery`, `notices_attempt`: what became of it on the way.
//!
//! # What must stay true
//! - A notice is there if and only if its writer's rows are, and once for each key.
//! - What it says (its parameters) and where it goes (addresses, secrets of webhooks) is sealed for
//!   its recipient, and stands in no log, no event and no other table.
//! - Nothing is sent within a request or another's transaction: a delivery is a job.
//! - A delivery is sent at least once, until the other side has it, refuses it for good, or a day
//!   is over; each attempt is visible. Where a worker dies between sending and noting, it is sent
//!   again under the same id.
//! - Nothing but a question is sent to an e-mail address or a telephone before whoever reads there
//!   has said yes, nor after they said no; and few questions are sent on a day.
//! - An address that is gone is never tried again by itself.
//! - No address that a person enters makes this program call what is not on the public internet.
//!
//! # What it emits
//! `notices.notice.written`, `notices.delivery.failed`, `notices.address.added`,
//! `notices.address.confirmed`, `notices.address.removed`, `notices.address.suspended`,
//! `notices.address.unsubscribed`, `notices.address.resumed`, `notices.preferences.changed`.
//! It listens to nothing; what dies among jobs it is told by a job ([`TellOfDeath`]).
//!
//! ```no_run
//! use kernel::Context;
//! use notices::{Kind, Language, NewNotice, Param, ParamType, Severity};
//!
//! static RENT_DUE: Kind = Kind {
//!     name: "house.rent_due",
//!     severity: Severity::Info,
//!     params: &[("amount", ParamType::Money), ("on", ParamType::Date)],
//!     texts: &[(Language::En, "== house.rent_due\nRent of {amount} is due\n\nOn {on}.\n")],
//! };
//!
//! # async fn example(mut tx: storage::Tx, context: Context) -> Result<(), notices::NoticesError> {
//! let due = kernel::time::parse_date("2026-04-01").expect("invariant: a date");
//! let notice = NewNotice {
//!     kind: &RENT_DUE,
//!     key: "2026-04",
//!     recipient: vault::own_party(context.tenant),
//!     params: vec![
//!         ("amount", Param::money("1950.00", "AUD")),
//!         ("on", Param::date(due)),
//!     ],
//!     about: None,
//! };
//! // In the transaction of what happened:
//! notices::write(&mut tx, &context, &notice).await?;
//! # Ok(()) }
//! ```

mod address;
mod channel;
mod confirm;
mod delivery;
mod died;
mod dispatch;
mod error;
pub mod event;
mod forget;
mod format;
mod inbox;
mod kind;
pub mod limits;
mod message;
mod model;
mod plan;
mod preference;
mod quiet;
mod service;
mod store;
mod template;
mod token;
mod trial;
mod unsubscribe;
mod write;

pub use address::{
    Address, NewAddress, add_address, address, addresses, remove_address, resume_address,
    rotate_secret,
};
pub use channel::email::{EmailChannel, SmtpSecurity, SmtpServer};
pub use channel::guard::{Guard, Network};
pub use channel::phone::{MetaCloud, SmsChannel, Twilio, WhatsappChannel};
pub use channel::push::{PushChannel, VapidKey};
pub use channel::webhook::WebhookChannel;
pub use channel::{Channel, Outgoing, Refusal, RefusalClass, Sent};
pub use confirm::{ask_address, confirm, confirm_code};
pub use delivery::{Attempt, Delivery, deliveries, replay};
pub use died::TellOfDeath;
pub use dispatch::{Deliver, DeliverNotice, Digest, SendDigest};
pub use error::NoticesError;
pub use forget::forget;
pub use inbox::{Read, Reader, notice, notices, read, read_all, unread};
pub use kind::{Kind, Param, ParamType};
pub use message::{Message, Part};
pub use model::{
    AddressId, AddressSecret, AddressState, ChannelKind, DeliveryId, DeliveryState, Language, Mode,
    NoticeId, Outcome, Severity, user_party,
};
pub use preference::{Choice, Preferences, QuietHours, preferences, put_preferences};
pub use service::{KINDS, Notices};
pub use template::check_texts;
pub use trial::test_notice;
pub use unsubscribe::unsubscribe;
pub use write::{NewNotice, write};

/// The tables of this module.
pub const MODULE: storage::Module =
    storage::migrations!("notices", 1 "notices" = "0001_notices.sql");

/// Its sealed columns.
pub static SEALED: &[vault::SealedTable] = &store::SEALED;
