//! Payees, and what is sent to them.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::wire::book::text;

/// An account that others are to send to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenPayeeRequest {
    pub book: String,
    /// An asset or a liability of the book.
    pub account: String,
    /// What is shown to those who send, 1 to 140 characters.
    #[schema(example = "The Hargreaves")]
    pub name: String,
}

/// An account that others may send to.
#[derive(Serialize, ToSchema)]
pub(crate) struct Payee {
    /// What others name it by: `payee_…`. It says neither whose it is nor which account.
    pub id: String,
    pub book: String,
    pub account: String,
    /// What can be sent to it.
    pub commodity: String,
    /// What is shown to those who send; nothing where it was erased.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[schema(format = DateTime)]
    pub opened_at: String,
    /// Since when nothing can be sent to it any more.
    #[schema(format = DateTime, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<String>,
}

/// Which payee.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PayeeLookup {
    /// The id that somebody gave.
    pub payee: String,
}

/// What whoever has a payee's id sees of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct PayeeShown {
    pub id: String,
    /// Who that is, in their own words.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub commodity: String,
    /// Whether it can be sent to.
    pub open: bool,
}

/// What is to be sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRemittanceRequest {
    /// The book of the account that gives.
    pub book: String,
    /// The account that gives: an asset or a liability.
    pub account: String,
    /// To whom: `payee_…`.
    pub payee: String,
    /// How much, above zero, with at most the decimals of what the payee takes.
    #[schema(format = "decimal", example = "250.00")]
    pub amount: String,
    /// What it is for, at most 140 characters; both sides see it.
    pub reference: Option<String>,
}

/// Which remittances; all that is said must hold.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RemittancesQuery {
    /// Only those of this direction.
    #[param(inline)]
    pub direction: Option<RemittanceDirection>,
    /// At most so many items, 1 to 200; 50 where it is left out.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before; nothing for the first.
    pub cursor: Option<String>,
}

/// Which way a remittance goes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RemittanceDirection {
    Sent,
    Received,
}

/// Where a remittance is, as this side sees it. `sent` has left the account and is in transit,
/// `announced` is held towards the account that takes, `returned` is back or never left.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RemittanceStatus {
    Asked,
    Held,
    Sent,
    Announced,
    Arrived,
    Returned,
}

/// A remittance: value that goes from one book to another.
#[derive(Serialize, ToSchema)]
pub(crate) struct Remittance {
    /// Its id: `rmt_…`, the same on both sides. Its transfers have it as reference.
    pub id: String,
    /// The saga that moves it, with those who send it: `saga_…`.
    pub saga: String,
    pub direction: RemittanceDirection,
    pub status: RemittanceStatus,
    pub book: String,
    pub account: String,
    pub payee: String,
    #[schema(format = "decimal")]
    pub amount: String,
    pub commodity: String,
    /// From which date it counts in both books.
    #[schema(format = Date)]
    pub effective: String,
    /// What it is for.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Who is on the other side, in their own words.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counterparty: Option<String>,
    /// Why it came back: the code of a refusal, `unwanted` or `late`.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[schema(format = DateTime)]
    pub asked_at: String,
    /// When it last went on.
    #[schema(format = DateTime)]
    pub changed_at: String,
}

impl From<remittances::Payee> for Payee {
    fn from(payee: remittances::Payee) -> Self {
        Self {
            id: payee.id.to_string(),
            book: payee.book.to_string(),
            account: payee.account.to_string(),
            commodity: payee.commodity.code.to_string(),
            name: payee.name,
            opened_at: payee.opened_at.to_string(),
            closed_at: payee.closed_at.map(|time| time.to_string()),
        }
    }
}

impl From<remittances::PayeeShown> for PayeeShown {
    fn from(shown: remittances::PayeeShown) -> Self {
        let commodity = shown.commodity.code.to_string();
        Self { id: shown.id.to_string(), name: shown.name, commodity, open: shown.is_open }
    }
}

impl From<remittances::Remittance> for Remittance {
    fn from(one: remittances::Remittance) -> Self {
        Self {
            id: one.id.to_string(),
            saga: sagas::SagaId::from_uuid(one.id.uuid()).to_string(),
            direction: match one.direction {
                remittances::Direction::Sent => RemittanceDirection::Sent,
                remittances::Direction::Received => RemittanceDirection::Received,
            },
            status: one.standing.into(),
            book: one.book.to_string(),
            account: one.account.to_string(),
            payee: one.payee.to_string(),
            amount: text(one.amount, one.commodity.scale),
            commodity: one.commodity.code.to_string(),
            effective: one.effective.to_string(),
            reference: one.texts.reference,
            counterparty: one.texts.other,
            code: one.code,
            asked_at: one.asked_at.to_string(),
            changed_at: one.changed_at.to_string(),
        }
    }
}

impl From<RemittanceDirection> for remittances::Direction {
    fn from(direction: RemittanceDirection) -> Self {
        match direction {
            RemittanceDirection::Sent => Self::Sent,
            RemittanceDirection::Received => Self::Received,
        }
    }
}

impl From<remittances::Standing> for RemittanceStatus {
    fn from(standing: remittances::Standing) -> Self {
        match standing {
            remittances::Standing::Asked => Self::Asked,
            remittances::Standing::Held => Self::Held,
            remittances::Standing::Sent => Self::Sent,
            remittances::Standing::Announced => Self::Announced,
            remittances::Standing::Arrived => Self::Arrived,
            remittances::Standing::Returned => Self::Returned,
        }
    }
}
