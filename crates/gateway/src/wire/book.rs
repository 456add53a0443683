//! Books: commodities, lines of accounts, balances at a time.

use kernel::{Commodity, Date, FieldFault};
use ledger::HistoryLine;
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
    /// For each commodity, the sum of all debits; of a whole book, that of all credits is the same.
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

/// At which time, and of which part of the chart of accounts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrialQuery {
    /// The end of this date, by effective date; today where it is left out.
    #[param(example = "2026-03-31", format = Date)]
    pub as_of: Option<String>,
    /// As far as it had been booked by then.
    #[param(format = DateTime)]
    pub known_at: Option<String>,
    /// Only the accounts that now stand below this group.
    #[param(example = "assets:bank")]
    pub below: Option<String>,
}

/// Up to which date the book's periods are closed.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PeriodLock {
    /// The last date from which no transfer may count; null where all are open.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(format = Date, required = true, example = "2026-03-31")]
    pub until: Option<String>,
}

impl PeriodLock {
    pub(crate) fn of(until: Option<Date>) -> Self {
        Self { until: until.map(|until| until.to_string()) }
    }

    pub(crate) fn read(&self) -> Result<Option<Date>, ApiError> {
        let wrong = |error| ApiError::field(FieldFault::new("until", "date", error));
        self.until.as_deref().map(kernel::time::parse_date).transpose().map_err(wrong)
    }
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
