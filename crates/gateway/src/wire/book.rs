//! Books: accounts, transfers and balances of the ledger.

use kernel::{Commodity, FieldFault};
use ledger::{AccountKind, HistoryLine, TransferView};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::ApiError;

/// One legal entity's ledger.
#[derive(Serialize, ToSchema)]
pub(crate) struct Book {
    pub id: String,
    pub name: String,
    /// Its functional currency.
    #[schema(example = "AUD")]
    pub currency: String,
    #[schema(format = DateTime)]
    pub opened_at: String,
}

/// Something that accounts count.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommodityBody {
    /// Capital letters, digits and `. _ : -`, at most 32.
    #[schema(example = "ACME-POINTS")]
    pub code: String,
    /// The decimals of its amounts, at most 24.
    #[schema(maximum = 24)]
    pub scale: u8,
}

/// What an account is.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LedgerAccountType {
    Asset,
    Liability,
    Equity,
    Income,
    Expense,
}

/// An account to open.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenAccountRequest {
    pub name: String,
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
    /// Anything else.
    #[schema(value_type = Option<Object>, nullable = false)]
    pub metadata: Option<serde_json::Value>,
}

/// An account of a book.
#[derive(Serialize, ToSchema)]
pub(crate) struct LedgerAccount {
    pub id: String,
    pub name: Option<String>,
    #[serde(rename = "type")]
    pub kind: LedgerAccountType,
    pub commodity: String,
    pub code: u16,
    pub closed: bool,
    pub balance: LedgerBalance,
}

/// What an account holds, positive on its natural side: debits for assets and expenses, credits for
/// the others.
#[derive(Serialize, ToSchema)]
pub(crate) struct LedgerBalance {
    #[schema(format = "decimal")]
    pub posted: String,
    /// Held to increase it.
    #[schema(format = "decimal")]
    pub held_in: String,
    /// Held to decrease it.
    #[schema(format = "decimal")]
    pub held_out: String,
    /// Posted, less what is held to go out.
    #[schema(format = "decimal")]
    pub available: String,
    pub commodity: String,
}

/// A balance at a past time.
#[derive(Serialize, ToSchema)]
pub(crate) struct PastBalance {
    pub account: String,
    #[schema(format = "decimal")]
    pub balance: String,
    pub commodity: String,
}

/// The balances of a book at one time.
#[derive(Serialize, ToSchema)]
pub(crate) struct TrialBalance {
    pub accounts: Vec<PastBalance>,
    /// For each commodity, the sum of all debits; the sum of all credits is the same.
    pub totals: Vec<TrialTotal>,
}

/// Debits and credits of one commodity.
#[derive(Serialize, ToSchema)]
pub(crate) struct TrialTotal {
    pub commodity: String,
    #[schema(format = "decimal")]
    pub debit: String,
    #[schema(format = "decimal")]
    pub credit: String,
}

/// At which time, and in which order of time.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AtQuery {
    /// The end of this date, by effective date; today where it is left out.
    #[param(example = "2026-03-31", format = Date)]
    pub as_of: Option<String>,
    /// As far as it had been booked by then.
    #[param(format = DateTime)]
    pub known_at: Option<String>,
}

/// What a transfer does.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TransferType {
    /// Moves an amount at once.
    Transfer,
    /// Reserves it.
    Hold,
    /// Posts a hold, in full or in part; the rest is released.
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
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
}

/// A line of an account's history; amounts are positive on its natural side.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountLine {
    pub number: u64,
    pub transfer: String,
    #[schema(format = "decimal")]
    pub amount: String,
    /// The balance after it.
    #[schema(format = "decimal")]
    pub balance: String,
    #[schema(format = Date)]
    pub effective: String,
    #[schema(format = DateTime)]
    pub booked_at: String,
    /// The account on the other side.
    pub other: String,
    pub code: u16,
    pub reference: Option<String>,
    pub purpose: Option<String>,
    pub counterparty: Option<String>,
}

impl From<ledger::BookInfo> for Book {
    fn from(book: ledger::BookInfo) -> Self {
        Self {
            id: book.id.to_string(),
            name: book.name,
            currency: book.currency.code.to_string(),
            opened_at: book.opened_at.to_string(),
        }
    }
}

impl From<AccountKind> for LedgerAccountType {
    fn from(kind: AccountKind) -> Self {
        match kind {
            AccountKind::Asset => Self::Asset,
            AccountKind::Liability => Self::Liability,
            AccountKind::Equity => Self::Equity,
            AccountKind::Income => Self::Income,
            AccountKind::Expense => Self::Expense,
        }
    }
}

impl From<LedgerAccountType> for AccountKind {
    fn from(kind: LedgerAccountType) -> Self {
        match kind {
            LedgerAccountType::Asset => Self::Asset,
            LedgerAccountType::Liability => Self::Liability,
            LedgerAccountType::Equity => Self::Equity,
            LedgerAccountType::Income => Self::Income,
            LedgerAccountType::Expense => Self::Expense,
        }
    }
}

impl LedgerAccount {
    /// An account with what its owner calls it.
    pub(crate) fn of(account: &ledger::Account, name: Option<String>) -> Result<Self, ApiError> {
        let text = |amount| text(amount, account.scale);
        let balance = &account.balance;
        let available = balance.available().map_err(ApiError::internal)?;
        Ok(Self {
            id: account.id.to_string(),
            name,
            kind: account.kind.into(),
            commodity: account.commodity.to_string(),
            code: account.code,
            closed: account.closed,
            balance: LedgerBalance {
                posted: text(balance.posted),
                held_in: text(balance.held_in),
                held_out: text(balance.held_out),
                available: text(available),
                commodity: account.commodity.to_string(),
            },
        })
    }
}

impl Transfer {
    pub(crate) fn of(view: TransferView) -> Self {
        use ledger::query::TransferKind;
        Self {
            id: view.id.to_string(),
            number: view.number,
            kind: match view.kind {
                TransferKind::Post
                | TransferKind::BalancingDebit
                | TransferKind::BalancingCredit
                | TransferKind::ClosingDebit
                | TransferKind::ClosingCredit => TransferType::Transfer,
                TransferKind::Hold => TransferType::Hold,
                TransferKind::PostHold | TransferKind::PostHoldPart => TransferType::PostHold,
                TransferKind::VoidHold => TransferType::VoidHold,
            },
            debit: view.debit.to_string(),
            credit: view.credit.to_string(),
            amount: text(view.amount, view.commodity.scale),
            commodity: view.commodity.code.to_string(),
            code: view.code,
            effective: view.effective.to_string(),
            booked_at: view.booked_at.to_string(),
            reference: view.reference,
            purpose: view.purpose,
            counterparty: view.counterparty,
            metadata: view.metadata,
            hold: view.hold.map(|hold| hold.to_string()),
            expires_at: view.expires_at.map(|time| time.to_string()),
        }
    }
}

impl AccountLine {
    pub(crate) fn of(line: HistoryLine, scale: u8) -> Self {
        Self {
            number: line.number,
            transfer: line.transfer.to_string(),
            amount: text(line.amount, scale),
            balance: text(line.balance, scale),
            effective: line.effective.to_string(),
            booked_at: line.booked_at.to_string(),
            other: line.other.to_string(),
            code: line.code,
            reference: line.reference,
            purpose: line.purpose,
            counterparty: line.counterparty,
        }
    }
}

impl CommodityBody {
    pub(crate) fn read(&self) -> Result<Commodity, ApiError> {
        let wrong = |error| ApiError::field(FieldFault::new("code", "commodity", error));
        Commodity::new(&self.code, self.scale).map_err(wrong)
    }
}

/// An amount with all its decimals.
pub(crate) fn text(amount: kernel::Amount, scale: u8) -> String {
    match amount.to_decimal(scale) {
        Ok(decimal) => decimal.to_string(),
        // Scales of commodities are within those of decimals.
        Err(_) => amount.to_string(),
    }
}
