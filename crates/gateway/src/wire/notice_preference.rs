//! How and where somebody is told of notices.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::wire::notice::{AddressState, ChannelKind, Language, Mode};

/// How somebody is told.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoticePreferences {
    pub language: Language,
    /// By whose clocks: a name of the IANA's database.
    #[schema(example = "Asia/Ulaanbaatar")]
    pub zone: String,
    /// When nothing but what is urgent is sent; null where it always may be.
    #[schema(required = true)]
    pub quiet: Option<NoticeQuietHours>,
    /// When digests come, in minutes of the day.
    #[schema(maximum = 1439, example = 480)]
    pub digest_minute: u16,
    /// On which day weekly ones come; 0 is Sunday.
    #[schema(maximum = 6, example = 1)]
    pub digest_weekday: u8,
    /// From which change within a day the net worth is worth a notice, in hundredths of a percent;
    /// 0 is never. Of the household's preferences.
    #[schema(maximum = 1_000_000, example = 500)]
    pub worth_change_bp: u32,
    /// What was chosen; whatever is not chosen is told at once, wherever there is an address.
    pub choices: Vec<NoticeChoice>,
}

/// Hours of a day, in its minutes; they may go over midnight.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoticeQuietHours {
    /// The first quiet minute.
    #[schema(maximum = 1439, example = 1320)]
    pub from: u16,
    /// The first that is not quiet any more.
    #[schema(maximum = 1439, example = 420)]
    pub to: u16,
}

/// When a kind is told by a channel.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoticeChoice {
    /// Which kind; `*` for those that no other choice names.
    #[schema(example = "wealth.import_faults")]
    pub kind: String,
    pub channel: ChannelKind,
    pub mode: Mode,
}

/// What somebody may be told of, and by what.
#[derive(Serialize, ToSchema)]
pub(crate) struct NoticeOffer {
    /// The kinds of notices.
    pub kinds: Vec<String>,
    /// The channels that are set up here, besides the application.
    pub channels: Vec<ChannelKind>,
    /// What a browser must know to subscribe to web push, where that is set up: its
    /// `applicationServerKey`.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push_key: Option<String>,
}

/// The secrets of a webhook, of which each message has a signature.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookSecrets {
    /// The newest first: `whsec_…`. Two, once the first was replaced.
    pub secrets: Vec<String>,
}

/// An address that is to be used.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAddressRequest {
    pub channel: ChannelKind,
    /// An e-mail address, a URL, or a telephone number with its country.
    #[schema(max_length = 2048, example = "bat@example.mn")]
    pub address: String,
    /// Web push: the browser's public key, as its subscription gives it.
    #[serde(default)]
    pub p256dh: Option<String>,
    /// Web push: the browser's authentication secret.
    #[serde(default)]
    pub auth: Option<String>,
}

/// What was sent to an address, so that whoever reads there may say yes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddressConfirmation {
    /// The six digits.
    #[schema(max_length = 40, example = "042317")]
    pub code: String,
}

/// Where somebody is told.
#[derive(Serialize, ToSchema)]
pub(crate) struct NoticeAddress {
    /// Its id: `addr_…`.
    pub id: String,
    pub channel: ChannelKind,
    /// The address; nothing where its owner was erased.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    pub state: AddressState,
    /// Why it is not used, where it is not.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When its state changed, or its secret.
    #[schema(format = DateTime)]
    pub changed_at: String,
}

impl From<notices::Preferences> for NoticePreferences {
    fn from(preferences: notices::Preferences) -> Self {
        let choice = |choice: notices::Choice| NoticeChoice {
            kind: choice.kind,
            channel: choice.channel.into(),
            mode: choice.mode.into(),
        };
        let quiet =
            |quiet: notices::QuietHours| NoticeQuietHours { from: quiet.from, to: quiet.to };
        Self {
            language: preferences.language.into(),
            zone: preferences.zone,
            quiet: preferences.quiet.map(quiet),
            digest_minute: preferences.digest_minute,
            digest_weekday: preferences.digest_weekday,
            worth_change_bp: preferences.worth_change_bp,
            choices: preferences.choices.into_iter().map(choice).collect(),
        }
    }
}

impl From<NoticePreferences> for notices::Preferences {
    fn from(preferences: NoticePreferences) -> Self {
        let choice = |choice: NoticeChoice| notices::Choice {
            kind: choice.kind,
            channel: choice.channel.into(),
            mode: choice.mode.into(),
        };
        let quiet =
            |quiet: NoticeQuietHours| notices::QuietHours { from: quiet.from, to: quiet.to };
        Self {
            language: preferences.language.into(),
            zone: preferences.zone,
            quiet: preferences.quiet.map(quiet),
            digest_minute: preferences.digest_minute,
            digest_weekday: preferences.digest_weekday,
            worth_change_bp: preferences.worth_change_bp,
            choices: preferences.choices.into_iter().map(choice).collect(),
        }
    }
}

impl From<notices::Address> for NoticeAddress {
    fn from(address: notices::Address) -> Self {
        Self {
            id: address.id.to_string(),
            channel: address.channel.into(),
            address: address.address,
            state: address.state.into(),
            reason: address.reason,
            created_at: address.created_at.to_string(),
            changed_at: address.changed_at.to_string(),
        }
    }
}

impl NewAddressRequest {
    /// What belongs to the address.
    pub(crate) fn secret(&self) -> notices::AddressSecret {
        let (p256dh, auth) = (self.p256dh.clone(), self.auth.clone());
        notices::AddressSecret { p256dh, auth, ..notices::AddressSecret::default() }
    }
}
