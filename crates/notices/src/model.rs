//! The words of notices.

use std::fmt;
use std::str::FromStr;

use kernel::{PartyId, UserId};
use serde::{Deserialize, Serialize};
use vault::{Content, Form};
use zeroize::Zeroizing;

use crate::error::NoticesError;

kernel::typed_id! {
    /// A notice.
    NoticeId, "notice"
}
kernel::typed_id! {
    /// Where somebody is told.
    AddressId, "addr"
}
kernel::typed_id! {
    /// A notice on its way to one address.
    DeliveryId, "dlv"
}

/// The party that a person who signs in is: what is written for them is sealed for it.
#[must_use]
pub const fn user_party(user: UserId) -> PartyId {
    PartyId::from_uuid(user.uuid())
}

/// Declares an enum whose values have names, in rows, on the wire and on the command line.
macro_rules! words {
    (
        $(#[$doc:meta])* $name:ident, $field:literal;
        $($(#[$value_doc:meta])* $value:ident = $word:literal,)+
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$value_doc])* #[serde(rename = $word)] $value,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$value),+];

            /// Its name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = NoticesError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let found = Self::ALL.iter().copied().find(|value| value.as_str() == text);
                found.ok_or_else(|| {
                    let text: String = text.chars().take(40).collect();
                    NoticesError::field($field, $field, format!("{text:?} is no {}", $field))
                })
            }
        }
    };
}

words! {
    /// How much it matters.
    Severity, "severity";
    /// Good to know.
    Info = "info",
    /// Somebody should look at it.
    Warning = "warning",
    /// It cannot wait: it goes out in quiet hours and at once.
    Urgent = "urgent",
}

words! {
    /// By what somebody is told.
    ChannelKind, "channel";
    /// In the application.
    App = "app",
    /// By e-mail.
    Email = "email",
    /// A program is told, by a request to its URL.
    Webhook = "webhook",
    /// By a browser's push service.
    Push = "push",
    /// By a text message.
    Sms = "sms",
    /// By WhatsApp.
    Whatsapp = "whatsapp",
}

impl ChannelKind {
    /// Whether whoever reads at such an address says first that they want to be told. A webhook
    /// disturbs no person, and no program could read the question; a browser's keys come from the
    /// browser alone, once the person at it has agreed.
    #[must_use]
    pub const fn is_asked_first(self) -> bool {
        match self {
            Self::Email | Self::Sms | Self::Whatsapp => true,
            Self::App | Self::Webhook | Self::Push => false,
        }
    }
}

words! {
    /// When somebody is told.
    Mode, "mode";
    /// Never.
    Off = "off",
    /// As soon as the hours allow.
    AtOnce = "at_once",
    /// Once a day, together with the others of the day.
    Daily = "daily",
    /// Once a week.
    Weekly = "weekly",
}

words! {
    /// Whether an address is used.
    AddressState, "state";
    /// Nobody who reads there has said that they want to be told.
    Unconfirmed = "unconfirmed",
    /// It is.
    Active = "active",
    /// It does not take what is sent to it, so nothing is.
    Suspended = "suspended",
    /// Whoever reads there does not want any more.
    Unsubscribed = "unsubscribed",
}

words! {
    /// Where a delivery is on its way.
    DeliveryState, "state";
    /// Its time has not come, or it is tried again.
    Waiting = "waiting",
    /// The other side has it.
    Sent = "sent",
    /// The other side did not want it, or a day was over.
    Failed = "failed",
    /// It was not sent, because the recipient or the address did not want it any more.
    Suppressed = "suppressed",
}

words! {
    /// What came of one attempt.
    Outcome, "outcome";
    /// The other side has it.
    Sent = "sent",
    /// It may go better later.
    Temporary = "temporary",
    /// The other side does not want this message.
    Permanent = "permanent",
    /// There is nobody at the address.
    AddressGone = "address_gone",
}

words! {
    /// In which language somebody is told.
    Language, "language";
    /// English.
    En = "en",
    /// German.
    De = "de",
    /// Mongolian.
    Mn = "mn",
}

/// What belongs to an address and is shown to nobody but its owner.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressSecret {
    /// Webhooks: the secrets that sign, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signing: Vec<String>,
    /// Web push: the browser's public key, P-256, uncompressed, in base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p256dh: Option<String>,
    /// Web push: the browser's authentication secret, 16 bytes in base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<String>,
}

/// Secrets are never printed.
impl fmt::Debug for AddressSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("(hidden)")
    }
}

impl Content for AddressSecret {
    const FORM: Form = Form::Key;

    fn to_bytes(&self) -> Option<Zeroizing<Vec<u8>>> {
        serde_json::to_vec(self).ok().map(Zeroizing::new)
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}
