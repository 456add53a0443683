//! Notices, how and where they are told, and what became of each.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::ApiError;

/// Declares an enum of the wire that has the same values as one of the module.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident: $($value:ident),+) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum $name {
            $($value),+
        }

        impl From<notices::$name> for $name {
            fn from(value: notices::$name) -> Self {
                match value {
                    $(notices::$name::$value => Self::$value),+
                }
            }
        }

        impl From<$name> for notices::$name {
            fn from(value: $name) -> Self {
                match value {
                    $($name::$value => Self::$value),+
                }
            }
        }
    };
}

words! {
    /// How much a notice matters. What is urgent goes out in quiet hours too.
    Severity: Info, Warning, Urgent
}
words! {
    /// By what somebody is told.
    ChannelKind: App, Email, Webhook, Push, Sms, Whatsapp
}
words! {
    /// When somebody is told.
    Mode: Off, AtOnce, Daily, Weekly
}
words! {
    /// Whether an address is used. Of one that is unconfirmed nobody who reads there has said that
    /// they want to be told; one that is suspended did not take what was sent to it.
    AddressState: Unconfirmed, Active, Suspended, Unsubscribed
}
words! {
    /// Where a delivery is on its way.
    DeliveryState: Waiting, Sent, Failed, Suppressed
}
words! {
    /// What came of one attempt.
    Outcome: Sent, Temporary, Permanent, AddressGone
}
words! {
    /// In which language somebody is told: English, German, Mongolian.
    Language: En, De, Mn
}

/// Whose preferences and addresses.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NoticeScope {
    /// The caller's own.
    #[default]
    Own,
    /// Those of the tenant itself, for whoever keeps it.
    Household,
}

/// Which notices, and in which language.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct NoticesQuery {
    /// Only those that the caller has not read.
    #[serde(default)]
    #[param(required = false)]
    pub unread: bool,
    /// In which language; that of the caller's preferences where it is left out.
    #[param(inline)]
    pub language: Option<Language>,
    /// At most so many items, 1 to 200; 50 where it is left out.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before; nothing for the first.
    pub cursor: Option<String>,
}

/// In which language.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LanguageQuery {
    /// That of the caller's preferences where it is left out.
    #[param(inline)]
    pub language: Option<Language>,
}

/// Whose.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ScopeQuery {
    /// The caller's own where it is left out.
    #[serde(default)]
    #[param(inline, required = false)]
    pub scope: NoticeScope,
}

/// A notice.
#[derive(Serialize, ToSchema)]
pub(crate) struct Notice {
    /// Its id: `notice_…`.
    pub id: String,
    /// Module and matter.
    #[schema(example = "wealth.import_faults")]
    pub kind: String,
    pub severity: Severity,
    /// For whom it was written.
    pub scope: NoticeScope,
    /// One line; nothing where the recipient was erased.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What the text is made of, by name: each says its type.
    pub params: serde_json::Value,
    /// What it is about.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<NoticeSubject>,
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When the caller read it.
    #[schema(format = DateTime, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_at: Option<String>,
    /// Where it went; of one notice alone.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deliveries: Option<Vec<Delivery>>,
}

/// What a notice is about.
#[derive(Serialize, ToSchema)]
pub(crate) struct NoticeSubject {
    /// The kind of thing.
    #[schema(example = "import")]
    pub kind: String,
    /// Which.
    pub id: String,
}

/// A notice on its way to one address.
#[derive(Serialize, ToSchema)]
pub(crate) struct Delivery {
    /// Its id, `dlv_…`: the same however often it is sent.
    pub id: String,
    /// Where to: `addr_…`.
    pub address: String,
    pub channel: ChannelKind,
    pub mode: Mode,
    pub state: DeliveryState,
    /// Not before this time.
    #[schema(format = DateTime)]
    pub due_at: String,
    /// Why it stands as it does, where it was not simply sent.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// By which the other side's own system knows it.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    pub attempts: Vec<DeliveryAttempt>,
}

/// One time that somebody tried.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryAttempt {
    pub number: u32,
    pub outcome: Outcome,
    /// Why, where it was not sent.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[schema(format = DateTime)]
    pub tried_at: String,
}

/// How many notices the caller has not read.
#[derive(Serialize, ToSchema)]
pub(crate) struct UnreadNotices {
    /// At most 1000 are counted.
    pub unread: u64,
}

/// Up to which notice the caller has read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadNoticesRequest {
    /// The latest that was seen.
    pub through: String,
}

impl Notice {
    /// A notice as one of the tenant reads it.
    pub(crate) fn of(read: notices::Read, tenant: kernel::TenantId) -> Result<Self, ApiError> {
        let is_household = read.recipient == vault::own_party(tenant);
        let params: std::collections::BTreeMap<_, _> = read.params.into_iter().flatten().collect();
        Ok(Self {
            id: read.id.to_string(),
            kind: read.kind,
            severity: read.severity.into(),
            scope: if is_household { NoticeScope::Household } else { NoticeScope::Own },
            title: read.title,
            text: read.text,
            params: serde_json::to_value(params).map_err(ApiError::internal)?,
            about: read.about.map(|about| NoticeSubject { kind: about.kind, id: about.id }),
            created_at: read.created_at.to_string(),
            read_at: read.read_at.map(|time| time.to_string()),
            deliveries: None,
        })
    }
}

impl From<notices::Delivery> for Delivery {
    fn from(delivery: notices::Delivery) -> Self {
        Self {
            id: delivery.id.to_string(),
            address: delivery.address.to_string(),
            channel: delivery.channel.into(),
            mode: delivery.mode.into(),
            state: delivery.state.into(),
            due_at: delivery.due_at.to_string(),
            code: delivery.code,
            receipt: delivery.receipt,
            created_at: delivery.created_at.to_string(),
            finished_at: delivery.finished_at.map(|time| time.to_string()),
            attempts: delivery.attempts.into_iter().map(DeliveryAttempt::from).collect(),
        }
    }
}

impl From<notices::Attempt> for DeliveryAttempt {
    fn from(attempt: notices::Attempt) -> Self {
        Self {
            number: attempt.number,
            outcome: attempt.outcome.into(),
            code: attempt.code,
            tried_at: attempt.tried_at.to_string(),
        }
    }
}
