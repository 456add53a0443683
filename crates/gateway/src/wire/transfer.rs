//! Transfers: what they do, what is shown of them, where they stand in the journal.

use kernel::{Actor, Amount, Context, Date, FieldFault};
use ledger::query::TransferKind;
use ledger::{Balancing, Rest, TransferId, TransferText, TransferView};
use serde::{Deserialize, Serialize};
use storage::crypto::hex;
use utoipa::ToSchema;

use crate::problem::ApiError;
use crate::wire::book::text;

/// What a transfer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TransferType {
    /// Moves an amount at once.
    Transfer,
    /// Moves as much as there is, up to a maximum.
    PostUpTo,
    /// Moves an account's whole balance to another and closes it.
    CloseInto,
    /// Reserves an amount.
    Hold,
    /// Posts a hold, in full or in part; the rest is released or kept.
    PostHold,
    /// Releases a hold.
    VoidHold,
}

/// A transfer of a book.
#[derive(Serialize, ToSchema)]
pub(crate) struct Transfer {
    pub id: String,
    /// Its number in the book.
    pub number: u64,
    #[serde(rename = "type")]
    pub kind: TransferType,
    pub debit: String,
    pub credit: String,
    #[schema(format = "decimal")]
    pub amount: String,
    pub commodity: String,
    pub code: u16,
    #[schema(format = Date)]
    pub effective: String,
    #[schema(format = DateTime)]
    pub booked_at: String,
    pub reference: Option<String>,
    pub purpose: Option<String>,
    pub counterparty: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<serde_json::Value>,
    /// The hold that it posts or voids.
    pub hold: Option<String>,
    /// What became of the part of the hold that it did not post.
    pub rest: Option<HoldRest>,
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
    /// What an open hold still holds.
    #[schema(format = "decimal")]
    pub left: Option<String>,
    /// Of which account it moved as much as there was.
    pub balancing: Option<BalancingSide>,
    /// How much at most was asked for.
    #[schema(format = "decimal")]
    pub maximum: Option<String>,
    /// The account that it closed.
    pub closed: Option<String>,
    /// The transfer that it takes back.
    pub reverses: Option<String>,
    /// The transfer that takes it back.
    pub reversed_by: Option<String>,
}

/// Which account bounds how much a transfer moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BalancingSide {
    /// The debited one: its debits do not exceed its credits.
    Debit,
    /// The credited one: its credits do not exceed its debits.
    Credit,
}

/// What becomes of the part of a hold that is not posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HoldRest {
    /// It is released: the hold is settled.
    Release,
    /// It stays held, for another capture.
    Keep,
}

/// A transfer to take back in full.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReverseTransferRequest {
    /// The id of the reversal, if the caller wants to choose it: used once in a book, for ever.
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// The date from which it counts; today where it is left out.
    #[schema(format = Date, nullable = false)]
    pub effective: Option<String>,
    #[schema(nullable = false)]
    pub reference: Option<String>,
    #[schema(nullable = false)]
    pub purpose: Option<String>,
    #[schema(nullable = false)]
    pub counterparty: Option<String>,
    /// Anything else.
    #[schema(value_type = Option<Object>, nullable = false)]
    pub metadata: Option<serde_json::Value>,
}

/// Where a transfer stands in the book's journal, and who sent it.
#[derive(Serialize, ToSchema)]
pub(crate) struct TransferRecord {
    /// The record's number, from 1.
    pub seq: u64,
    /// SHA-256 of the record, in hexadecimal digits.
    pub hash: String,
    /// That of the record before it, over which it was made.
    pub previous_hash: String,
    /// When it was decided.
    #[schema(format = DateTime)]
    pub decided_at: String,
    /// Who sent it, where somebody is known to have.
    pub actor: Option<TransferActor>,
    /// For whom, where that is somebody else.
    pub on_behalf_of: Option<String>,
    /// The request or job it was part of.
    pub correlation: Option<String>,
}

/// Who sent a transfer.
#[derive(Serialize, ToSchema)]
pub(crate) struct TransferActor {
    /// `user`, `owner` (of the data directory), `system` or `anonymous`.
    #[schema(example = "user")]
    pub kind: &'static str,
    /// Which user.
    pub id: Option<String>,
    /// Which part of Florin.
    pub name: Option<String>,
}

impl From<BalancingSide> for Balancing {
    fn from(side: BalancingSide) -> Self {
        match side {
            BalancingSide::Debit => Self::Debit,
            BalancingSide::Credit => Self::Credit,
        }
    }
}

impl From<HoldRest> for Rest {
    fn from(rest: HoldRest) -> Self {
        match rest {
            HoldRest::Release => Self::Release,
            HoldRest::Keep => Self::Keep,
        }
    }
}

impl From<TransferKind> for TransferType {
    fn from(kind: TransferKind) -> Self {
        match kind {
            TransferKind::Post => Self::Transfer,
            TransferKind::BalancingDebit | TransferKind::BalancingCredit => Self::PostUpTo,
            TransferKind::ClosingDebit | TransferKind::ClosingCredit => Self::CloseInto,
            TransferKind::Hold => Self::Hold,
            TransferKind::PostHold | TransferKind::PostHoldPart => Self::PostHold,
            TransferKind::VoidHold => Self::VoidHold,
        }
    }
}

impl Transfer {
    /// A transfer; of an open hold with what is left of it.
    pub(crate) fn of(view: TransferView, left: Option<Amount>) -> Self {
        let text = |amount| text(amount, view.commodity.scale);
        let closed = match view.kind {
            TransferKind::ClosingDebit => Some(view.debit.to_string()),
            TransferKind::ClosingCredit => Some(view.credit.to_string()),
            _ => None,
        };
        Self {
            id: view.id.to_string(),
            number: view.number,
            kind: view.kind.into(),
            debit: view.debit.to_string(),
            credit: view.credit.to_string(),
            amount: text(view.amount),
            commodity: view.commodity.code.to_string(),
            code: view.code,
            effective: view.effective.to_string(),
            booked_at: view.booked_at.to_string(),
            reference: view.reference,
            purpose: view.purpose,
            counterparty: view.counterparty,
            metadata: view.metadata,
            hold: view.hold.map(|hold| hold.to_string()),
            rest: rest(view.kind),
            expires_at: view.expires_at.map(|time| time.to_string()),
            left: left.map(text),
            balancing: balancing(view.kind),
            maximum: view.asked.map(text),
            closed,
            reverses: view.reverses.map(|original| original.to_string()),
            reversed_by: view.reversed_by.map(|reversal| reversal.to_string()),
        }
    }
}

const fn rest(kind: TransferKind) -> Option<HoldRest> {
    match kind {
        TransferKind::PostHold => Some(HoldRest::Release),
        TransferKind::PostHoldPart => Some(HoldRest::Keep),
        _ => None,
    }
}

const fn balancing(kind: TransferKind) -> Option<BalancingSide> {
    match kind {
        TransferKind::BalancingDebit => Some(BalancingSide::Debit),
        TransferKind::BalancingCredit => Some(BalancingSide::Credit),
        _ => None,
    }
}

impl ReverseTransferRequest {
    /// The id that the caller chose.
    pub(crate) fn id(&self) -> Result<Option<TransferId>, ApiError> {
        let wrong = |error| ApiError::field(FieldFault::new("id", "malformed", error));
        self.id.as_deref().map(str::parse).transpose().map_err(wrong)
    }

    /// The date from which it counts; that of the context where nothing is said.
    pub(crate) fn effective(&self, context: &Context) -> Result<Date, ApiError> {
        let wrong = |error| ApiError::field(FieldFault::new("effective", "malformed", error));
        let date = self.effective.as_deref().map(kernel::time::parse_date).transpose();
        Ok(date.map_err(wrong)?.unwrap_or_else(|| context.now().date()))
    }

    /// Its text, where it has any.
    pub(crate) fn text(self, transfer: TransferId) -> Option<TransferText> {
        let Self { reference, purpose, counterparty, metadata, .. } = self;
        let told = reference.is_some() || purpose.is_some() || counterparty.is_some();
        let text = TransferText { transfer, reference, purpose, counterparty, metadata };
        (told || text.metadata.is_some()).then_some(text)
    }
}

impl TransferRecord {
    pub(crate) fn of(record: &ledger::TransferRecord) -> Self {
        let origin = record.origin.as_ref();
        Self {
            seq: record.seq,
            hash: hex(&record.hash),
            previous_hash: hex(&record.previous),
            decided_at: record.decided_at.to_string(),
            actor: origin.map(|origin| TransferActor::of(&origin.actor)),
            on_behalf_of: origin.and_then(|origin| origin.on_behalf_of).map(|id| id.to_string()),
            correlation: origin.map(|origin| origin.correlation.to_string()),
        }
    }
}

impl TransferActor {
    pub(crate) fn of(actor: &Actor) -> Self {
        let (kind, id, name) = match actor {
            Actor::User { id } => ("user", Some(id.to_string()), None),
            Actor::Owner => ("owner", None, None),
            Actor::System { name } => ("system", None, Some(name.clone())),
            Actor::Anonymous => ("anonymous", None, None),
        };
        Self { kind, id, name }
    }
}
