//! Lines that come in and lines that answer them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::wire::account::LedgerAccountType;
use crate::wire::book::CommodityBody;

/// Which answers.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct IntakeQuery {
    /// `faults` where it is left out.
    #[param(inline)]
    pub answers: Option<IntakeAnswers>,
}

/// Which lines are answered.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IntakeAnswers {
    /// Every line, in order.
    Each,
    /// Those that were not done; how far it has come for each batch.
    #[default]
    Faults,
}

/// What a line says: one of these, or the fields of a transfer as `POST …/transfers` takes it, with
/// an `id`. An export in JSON lines is made of such lines.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IntakeLine {
    /// Something that accounts count.
    #[schema(nullable = false)]
    pub commodity: Option<CommodityBody>,
    /// An account to open.
    #[schema(nullable = false)]
    pub account: Option<IntakeAccount>,
    /// A transfer as an export tells it.
    #[schema(nullable = false)]
    pub transfer: Option<Box<IntakeTransfer>>,
    /// A hold that expired, as an export tells it.
    #[schema(nullable = false)]
    pub expiry: Option<IntakeExpiry>,
}

/// An account to open.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IntakeAccount {
    /// Its id, which the caller chooses.
    pub id: String,
    #[schema(nullable = false)]
    pub name: Option<String>,
    #[serde(rename = "type")]
    pub kind: LedgerAccountType,
    /// A code that the book knows, a currency of ISO 4217 or a well-known crypto-asset.
    pub commodity: String,
    /// A number of the caller's own.
    #[serde(default)]
    pub code: u16,
    /// The balance may not fall below this.
    #[schema(format = "decimal", nullable = false)]
    pub floor: Option<String>,
    /// The balance may not rise above this.
    #[schema(format = "decimal", nullable = false)]
    pub ceiling: Option<String>,
    /// Where it stands in the chart of accounts: groups that are there, and at the end its name.
    #[schema(nullable = false, example = "assets:bank:khan:savings")]
    pub path: Option<String>,
    /// Whether it was closed in the book that it comes from; it is opened all the same, because
    /// its transfers follow.
    #[serde(default, rename = "closed")]
    pub _closed: bool,
    /// Anything else.
    #[schema(value_type = Option<Object>, nullable = false)]
    pub metadata: Option<serde_json::Value>,
}

/// A transfer as an export tells it: with the accounts, the amount that moved and the commodity.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IntakeTransfer {
    pub id: String,
    /// Its number in the book that it comes from. It gets another one.
    #[serde(default, rename = "number")]
    #[schema(nullable = false)]
    pub _number: Option<u64>,
    #[serde(rename = "type")]
    pub kind: IntakeTransferType,
    pub debit: String,
    pub credit: String,
    #[schema(format = "decimal")]
    pub amount: String,
    pub commodity: String,
    #[serde(default)]
    pub code: u16,
    #[schema(format = Date)]
    pub effective: String,
    /// When it was booked in the book that it comes from.
    #[serde(default, rename = "booked_at")]
    #[schema(format = DateTime, nullable = false)]
    pub _booked_at: Option<String>,
    #[schema(format = DateTime, nullable = false)]
    pub expires_at: Option<String>,
    /// The hold that it posts or voids.
    #[schema(nullable = false)]
    pub hold: Option<String>,
    /// The transfer that it takes back.
    #[schema(nullable = false)]
    pub reverses: Option<String>,
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

/// What an exported transfer did.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IntakeTransferType {
    /// It moved an amount.
    Transfer,
    /// It reserved one.
    Hold,
    /// It posted a hold, in full or for the last time.
    PostHold,
    /// It released one.
    VoidHold,
    /// It posted a part of one and kept the rest held.
    PostHoldPart,
    /// It moved as much as the debited account had; what it moved is moved again.
    BalancingDebit,
    /// It moved as much as the credited account had; what it moved is moved again.
    BalancingCredit,
    /// It moved all that the debited account had, and closed it.
    ClosingDebit,
    /// It moved all that the credited account had, and closed it.
    ClosingCredit,
}

impl IntakeTransferType {
    /// Whether all or a part of a hold is posted.
    pub(crate) const fn posts_hold(self) -> bool {
        matches!(self, Self::PostHold | Self::PostHoldPart)
    }
}

/// A hold that expired.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IntakeExpiry {
    /// Which hold: it is released.
    pub hold: String,
    #[schema(format = DateTime)]
    pub expired_at: String,
}

/// A line of the answer: what became of a line, how far it has come, or how it ended.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct IntakeAnswer {
    /// Of a line: its number, from 1. Empty lines are counted and not answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub line: Option<u64>,
    /// The id that stands in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>)]
    pub id: Option<Cow<'static, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub status: Option<IntakeStatus>,
    /// The number of a transfer in the book.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub number: Option<u64>,
    /// What it moved, where the line leaves that open or says another amount. Lines that leave it
    /// open are told of where each line is answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "decimal", nullable = false)]
    pub moved: Option<String>,
    /// Why it was not done: stable, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "below_floor", value_type = Option<String>)]
    pub code: Option<Cow<'static, str>>,
    /// The field at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub field: Option<String>,
    /// The same for people: what was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub detail: Option<String>,
    /// Of a batch: how far it has come.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub tally: Option<IntakeTally>,
    /// Of the last line: how it ended. Without this line the connection broke off.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub end: Option<IntakeEnd>,
}

/// How many lines came to what, since the beginning.
#[derive(Clone, Default, Serialize, ToSchema)]
pub(crate) struct IntakeTally {
    /// The lines up to here, empty ones included.
    pub lines: u64,
    /// They were done.
    pub done: u64,
    /// They were done before, and say the same.
    pub existing: u64,
    /// A rule forbids them.
    pub rejected: u64,
    /// They could not be read.
    pub faulty: u64,
    /// Those rejected or faulty whose reason was not told, because there are too many.
    pub untold: u64,
    /// Give it to a reader as `florin-position`, and it will see what was done.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub position: String,
}

/// What became of a line.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IntakeStatus {
    /// It was done.
    Done,
    /// It was there already, and says the same.
    Existing,
    /// A rule forbids it.
    Rejected,
    /// It cannot be read.
    Faulty,
}

/// Why an answer ends.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IntakeEnd {
    /// Every line was answered.
    Finished,
    /// The token's time is over: go on after `lines` with a new one.
    TokenExpired,
    /// The process ends: go on after `lines`.
    ShuttingDown,
    /// Something that it needs is down: go on after `lines`.
    Unavailable,
}
