//! Channels: what a message is handed to. Each knows one way out of here, and nothing of notices'
//! rows.

pub(crate) mod email;
pub(crate) mod guard;
mod http;
pub(crate) mod phone;
pub(crate) mod push;
pub(crate) mod webhook;

use futures_util::future::BoxFuture;
use kernel::{Env, Timestamp};

use crate::error::NoticesError;
use crate::message::Message;
use crate::model::{AddressSecret, ChannelKind, DeliveryId, Outcome};

/// A way by which somebody is told.
pub trait Channel: Send + Sync {
    /// Which.
    fn kind(&self) -> ChannelKind;

    /// An address in the one form in which it is kept.
    ///
    /// # Errors
    /// A fault of the field `address` where it is none that this channel could send to.
    fn normal(&self, address: &str) -> Result<String, NoticesError>;

    /// What belongs to a new address, made of what was given with it.
    ///
    /// # Errors
    /// Where something is missing that must be given.
    fn secret(&self, env: &Env, given: AddressSecret) -> Result<AddressSecret, NoticesError> {
        let _ = (env, given);
        Ok(AddressSecret::default())
    }

    /// The key that a browser must know to subscribe, where the channel has one.
    fn public_key(&self) -> Option<String> {
        None
    }

    /// Sends a message. It ends by itself after
    /// [`SEND_SECONDS_MAX`](crate::limits::SEND_SECONDS_MAX) or soon after, and may be called again
    /// for the same message.
    fn send<'a>(&'a self, outgoing: &'a Outgoing) -> BoxFuture<'a, Result<Sent, Refusal>>;
}

/// A message on its way out.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// What tells it from every other, the same however often it is sent.
    pub id: DeliveryId,
    /// Where to.
    pub address: String,
    /// What belongs to the address.
    pub secret: AddressSecret,
    /// What is said.
    pub message: Message,
    /// Where whoever reads it can end it: an address of ours that takes a POST, and the footer that
    /// says so in words.
    pub unsubscribe: Option<(String, String)>,
    /// The time of this attempt.
    pub now: Timestamp,
}

/// The other side has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// By which its own system knows it.
    pub receipt: Option<String>,
}

/// The other side does not have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is to be done about it.
    pub class: RefusalClass,
    /// Why, in a word of ours: never in the other side's, which may repeat the address or the text.
    pub code: String,
}

/// What is to be done about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalClass {
    /// It may go better later.
    Temporary,
    /// The other side does not want this message.
    Permanent,
    /// There is nobody at the address.
    AddressGone,
}

impl Refusal {
    /// It may go better later.
    #[must_use]
    pub fn temporary(code: impl Into<String>) -> Self {
        Self { class: RefusalClass::Temporary, code: code.into() }
    }

    /// The other side does not want this message.
    #[must_use]
    pub fn permanent(code: impl Into<String>) -> Self {
        Self { class: RefusalClass::Permanent, code: code.into() }
    }

    /// There is nobody at the address.
    #[must_use]
    pub fn gone(code: impl Into<String>) -> Self {
        Self { class: RefusalClass::AddressGone, code: code.into() }
    }
}

impl RefusalClass {
    pub(crate) const fn outcome(self) -> Outcome {
        match self {
            Self::Temporary => Outcome::Temporary,
            Self::Permanent => Outcome::Permanent,
            Self::AddressGone => Outcome::AddressGone,
        }
    }
}
