//! Posting transfers: what is asked for, and what became of each.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::wire::transfer::{BalancingSide, HoldRest, TransferType};

/// Transfers to make, in one call.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PostTransfersRequest {
    /// In this order, at most 10,000.
    pub transfers: Vec<NewTransfer>,
    /// What becomes of the others where one is refused; they go together where it is left out.
    #[serde(default)]
    pub atomicity: PostAtomicity,
}

/// What becomes of the other transfers of a call where one is refused.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PostAtomicity {
    /// None of them is made.
    #[default]
    Together,
    /// Each stands on its own.
    Each,
}

/// A transfer to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTransfer {
    /// Its id, if the caller wants to choose it: used once in a book, for ever.
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// What it does; a transfer where it is left out.
    #[serde(rename = "type", default = "transfer")]
    pub kind: TransferType,
    /// The account that is debited.
    #[schema(nullable = false)]
    pub debit: Option<String>,
    /// The account that is credited.
    #[schema(nullable = false)]
    pub credit: Option<String>,
    /// How much, in the accounts' commodity. Left out, a hold is posted as far as it is left.
    #[schema(format = "decimal", nullable = false)]
    pub amount: Option<String>,
    /// How much `post_up_to` moves at most; all there is where it is left out.
    #[schema(format = "decimal", nullable = false)]
    pub maximum: Option<String>,
    /// Of which account `post_up_to` moves as much as there is.
    #[schema(nullable = false)]
    pub balancing: Option<BalancingSide>,
    /// The account that `close_into` empties and closes.
    #[schema(nullable = false)]
    pub account: Option<String>,
    /// The account that takes its balance.
    #[schema(nullable = false)]
    pub into: Option<String>,
    /// The hold to post or void.
    #[schema(nullable = false)]
    pub hold: Option<String>,
    /// What becomes of the part of a hold that is not posted; it is released where this is left
    /// out.
    #[schema(nullable = false)]
    pub rest: Option<HoldRest>,
    /// The transfer that a `transfer` takes back in full: accounts and amount are then those of
    /// that one, the other way round, and may be left out.
    #[schema(nullable = false)]
    pub reverses: Option<String>,
    /// When a hold is released of itself.
    #[schema(format = DateTime, nullable = false)]
    pub expires_at: Option<String>,
    /// The date from which it counts; today where it is left out.
    #[schema(format = Date, nullable = false)]
    pub effective: Option<String>,
    /// A number of the caller's own.
    #[serde(default)]
    pub code: u16,
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

const fn transfer() -> TransferType {
    TransferType::Transfer
}

/// What became of the transfers of a call.
#[derive(Serialize, ToSchema)]
pub(crate) struct PostedTransfers {
    /// In the order of the request.
    pub transfers: Vec<PostedTransfer>,
    /// The number of the first that was made, or of the book's next one where none was.
    pub first_number: u64,
}

/// What became of one transfer.
#[derive(Serialize, ToSchema)]
pub(crate) struct PostedTransfer {
    pub id: String,
    pub status: PostedStatus,
    /// Its number in the book.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub number: Option<u64>,
    /// How much it moved, where the request left that open; of `close_into` the balance that went,
    /// positive on the natural side of the closed account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "decimal", nullable = false)]
    pub moved: Option<String>,
    /// Why it was rejected: stable, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "below_floor")]
    pub code: Option<&'static str>,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub detail: Option<String>,
}

/// What became of a transfer.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PostedStatus {
    /// It was made.
    Done,
    /// It was there already, and says the same.
    Existing,
    /// It was not made.
    Rejected,
}
