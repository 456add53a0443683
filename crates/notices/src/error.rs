//! What can go wrong with notices.

use jobs::JobsError;
use kernel::{ErrorKind, FieldFault, Problematic};
use storage::StorageError;
use vault::VaultError;

use crate::limits::{ADDRESSES_MAX, CODE_TRIES_MAX};
use crate::model::{AddressId, AddressState, ChannelKind, DeliveryId, DeliveryState, NoticeId};

/// An error of this module.
#[derive(Debug, thiserror::Error)]
pub enum NoticesError {
    /// There is no such notice, or not for this reader.
    #[error("there is no {notice}")]
    NoticeUnknown {
        /// The one asked for.
        notice: NoticeId,
    },
    /// There is no such address, or it is another's.
    #[error("there is no {address}")]
    AddressUnknown {
        /// The one asked for.
        address: AddressId,
    },
    /// There is no such delivery.
    #[error("there is no {delivery}")]
    DeliveryUnknown {
        /// The one asked for.
        delivery: DeliveryId,
    },
    /// A delivery that is not over cannot be replayed.
    #[error("{delivery} is {state}, so it cannot be replayed")]
    WrongState {
        /// Which.
        delivery: DeliveryId,
        /// As it stands.
        state: DeliveryState,
    },
    /// The operator has not set the channel up.
    #[error("nothing is sent by {channel} here: it is not configured")]
    ChannelOff {
        /// Which.
        channel: ChannelKind,
    },
    /// The recipient has as many addresses as they may.
    #[error("a recipient has at most {ADDRESSES_MAX} addresses")]
    TooManyAddresses,
    /// The recipient has this address already.
    #[error("this address is there already, as {address}")]
    AddressKnown {
        /// Which.
        address: AddressId,
    },
    /// Nothing is sent to an address before whoever reads there has confirmed it.
    #[error("{address} is not confirmed yet")]
    AddressUnconfirmed {
        /// Which.
        address: AddressId,
    },
    /// An address that is used, or that takes nothing, has no question that is open.
    #[error("{address} is {state}, so nobody is asked there")]
    NothingToConfirm {
        /// Which.
        address: AddressId,
        /// As it stands.
        state: AddressState,
    },
    /// The token of a link to confirm is none that was given out, was used, or is too old.
    #[error("the link is not one that was given out, or it was used, or is too old")]
    ConfirmationInvalid,
    /// The recipient was erased: nothing can be written for them.
    #[error("the recipient was erased")]
    Erased,
    /// The token of a link to unsubscribe is none that was given out.
    #[error("the link is not one that was given out")]
    TokenInvalid,
    /// A field breaks its rule.
    #[error("{}: {}", .0.field, .0.detail)]
    Field(FieldFault),
    /// The texts of a kind do not say what they must, or a channel cannot be set up.
    #[error("{text}")]
    Configuration {
        /// What is wrong.
        text: String,
    },
    /// Keys.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Jobs.
    #[error(transparent)]
    Jobs(#[from] JobsError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl NoticesError {
    /// One field breaks a rule.
    pub(crate) fn field(field: &str, rule: &str, detail: impl ToString) -> Self {
        Self::Field(FieldFault::new(field, rule, detail))
    }

    /// A code that is not the one that was sent, or comes too late.
    pub(crate) fn wrong_code() -> Self {
        let detail = "it is not the code that was sent, or it is older than two days";
        Self::field("code", "code", detail)
    }

    /// So many codes were wrong that the right one is none any more.
    pub(crate) fn too_many_tries() -> Self {
        let detail = format!("{CODE_TRIES_MAX} codes were wrong: have another sent");
        Self::field("code", "tries", detail)
    }

    pub(crate) fn configuration(text: impl Into<String>) -> Self {
        Self::Configuration { text: text.into() }
    }
}

impl Problematic for NoticesError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoticeUnknown { .. } => "notice_unknown",
            Self::AddressUnknown { .. } => "address_unknown",
            Self::DeliveryUnknown { .. } => "delivery_unknown",
            Self::WrongState { .. } => "delivery_state",
            Self::ChannelOff { .. } => "channel_off",
            Self::TooManyAddresses => "too_many_addresses",
            Self::AddressKnown { .. } => "address_known",
            Self::AddressUnconfirmed { .. } => "address_unconfirmed",
            Self::NothingToConfirm { .. } => "nothing_to_confirm",
            Self::ConfirmationInvalid => "confirmation_invalid",
            Self::Erased => "recipient_erased",
            Self::TokenInvalid => "unsubscribe_token_invalid",
            Self::Field(_) => "invalid_fields",
            Self::Configuration { .. } => "internal",
            Self::Vault(error) => error.code(),
            Self::Jobs(error) => error.code(),
            Self::Storage(error) => error.code(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoticeUnknown { .. }
            | Self::AddressUnknown { .. }
            | Self::DeliveryUnknown { .. }
            | Self::ConfirmationInvalid
            | Self::TokenInvalid => ErrorKind::NotFound,
            Self::WrongState { .. }
            | Self::AddressKnown { .. }
            | Self::AddressUnconfirmed { .. }
            | Self::NothingToConfirm { .. } => ErrorKind::Conflict,
            Self::ChannelOff { .. } | Self::TooManyAddresses | Self::Erased => ErrorKind::Refused,
            Self::Field(_) => ErrorKind::Invalid,
            Self::Configuration { .. } => ErrorKind::Internal,
            Self::Vault(error) => error.kind(),
            Self::Jobs(error) => error.kind(),
            Self::Storage(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Field(fault) => vec![fault.clone()],
            Self::Vault(error) => error.fields(),
            Self::Jobs(error) => error.fields(),
            Self::NoticeUnknown { .. }
            | Self::AddressUnknown { .. }
            | Self::DeliveryUnknown { .. }
            | Self::WrongState { .. }
            | Self::ChannelOff { .. }
            | Self::TooManyAddresses
            | Self::AddressKnown { .. }
            | Self::AddressUnconfirmed { .. }
            | Self::NothingToConfirm { .. }
            | Self::ConfirmationInvalid
            | Self::Erased
            | Self::TokenInvalid
            | Self::Configuration { .. }
            | Self::Storage(_) => Vec::new(),
        }
    }
}
