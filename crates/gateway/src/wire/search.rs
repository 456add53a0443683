//! Looking for transfers and accounts; an account's days and statements.

use std::collections::BTreeMap;

use kernel::{Amount, Date, Decimal, FieldFault, Timestamp};
use ledger::{
    AccountDay, AccountKind, AccountSearch, MetadataPair, Period, SearchPage, TransferId,
    TransferSearch,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::ApiError;
use crate::wire::account::{LedgerAccount, LedgerAccountType, name, path};
use crate::wire::book::{AccountLine, text};
use crate::wire::transfer::Transfer;

/// Which transfers. What is left out says nothing; all that is said must hold.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransferQuery {
    /// Those that touch this account.
    pub account: Option<String>,
    /// Those that post or void this hold.
    pub hold: Option<String>,
    /// Those with this reference.
    pub reference: Option<String>,
    /// Those with this number of the caller's own.
    pub code: Option<u16>,
    /// Those whose metadata has this key, with the value of `metadata_value`.
    pub metadata_key: Option<String>,
    /// Text as it is, anything else as JSON.
    pub metadata_value: Option<String>,
    /// From this effective date.
    #[param(format = Date)]
    pub effective_from: Option<String>,
    /// Up to this effective date.
    #[param(format = Date)]
    pub effective_to: Option<String>,
    /// Booked at this time or later.
    #[param(format = DateTime)]
    pub booked_from: Option<String>,
    /// Booked before this time.
    #[param(format = DateTime)]
    pub booked_before: Option<String>,
    /// Of at least so much, of whatever commodity.
    #[param(format = "decimal")]
    pub amount_min: Option<String>,
    /// Of at most so much.
    #[param(format = "decimal")]
    pub amount_max: Option<String>,
    /// Look at so many in one call, at most 50,000, which is meant where it is left out.
    pub scan_max: Option<usize>,
    /// At most so many items, 1 to 200; 50 where it is left out.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before; nothing for the first.
    pub cursor: Option<String>,
}

/// Which accounts. What is left out says nothing; all that is said must hold.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountQuery {
    /// Those with this number of the caller's own.
    pub code: Option<u16>,
    /// Those that are this.
    #[serde(rename = "type")]
    pub kind: Option<LedgerAccountType>,
    /// Those that count this.
    pub commodity: Option<String>,
    /// The one at this path of the chart of accounts.
    #[param(example = "assets:bank:khan:savings")]
    pub path: Option<String>,
    /// The one with this other name.
    pub alias: Option<String>,
    /// Those in whose name this stands, in any case.
    pub name: Option<String>,
    /// Those whose metadata has this key, with the value of `metadata_value`.
    pub metadata_key: Option<String>,
    /// Text as it is, anything else as JSON.
    pub metadata_value: Option<String>,
    /// Look at so many in one call, at most 50,000, which is meant where it is left out.
    pub scan_max: Option<usize>,
    /// At most so many items, 1 to 200; 50 where it is left out.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before; nothing for the first.
    pub cursor: Option<String>,
}

/// A period of effective dates, both included.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PeriodQuery {
    /// The first date.
    #[param(example = "2026-01-01", format = Date)]
    pub from: String,
    /// The last date.
    #[param(example = "2026-12-31", format = Date)]
    pub to: String,
}

/// A page of transfers that were found, and how far was looked.
#[derive(Serialize, ToSchema)]
pub(crate) struct FoundTransfers {
    pub items: Vec<Transfer>,
    /// Asks for the next page; null on the last one.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
    /// How many transfers were looked at.
    pub scanned: u64,
    /// Whether the page ended because of `scanned`: the next one goes on from there.
    pub scan_max_reached: bool,
}

/// A page of accounts that were found, and how far was looked.
#[derive(Serialize, ToSchema)]
pub(crate) struct FoundAccounts {
    pub items: Vec<LedgerAccount>,
    /// Asks for the next page; null on the last one.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
    /// How many accounts were looked at.
    pub scanned: u64,
    /// Whether the page ended because of `scanned`: the next one goes on from there.
    pub scan_max_reached: bool,
}

/// An account's balances over a period, on its natural side.
#[derive(Serialize, ToSchema)]
pub(crate) struct BalanceDays {
    pub account: String,
    pub commodity: String,
    /// Before the first day.
    #[schema(format = "decimal")]
    pub opening: String,
    /// The days on which something changed.
    pub days: Vec<BalanceDay>,
    /// How many of the account's postings were looked at.
    pub scanned: u64,
}

/// A day on which an account changed.
#[derive(Serialize, ToSchema)]
pub(crate) struct BalanceDay {
    #[schema(format = Date)]
    pub date: String,
    #[schema(format = "decimal")]
    pub change: String,
    /// At the end of the day.
    #[schema(format = "decimal")]
    pub balance: String,
    /// How many transfers changed it.
    pub transfers: u64,
}

/// What happened on an account in a period: opening balance and lines make the closing balance.
#[derive(Serialize, ToSchema)]
pub(crate) struct LedgerStatement {
    pub account: String,
    pub commodity: String,
    #[schema(format = Date)]
    pub from: String,
    #[schema(format = Date)]
    pub to: String,
    #[schema(format = "decimal")]
    pub opening: String,
    /// By effective date and number, each with the balance after it.
    pub lines: Vec<AccountLine>,
    #[schema(format = "decimal")]
    pub closing: String,
    /// How many of the account's postings were looked at.
    pub scanned: u64,
}

impl TransferQuery {
    /// What is looked for; the reference's hash is the ledger's to know.
    pub(crate) fn read(&self, reference: Option<u128>) -> Result<TransferSearch, ApiError> {
        Ok(TransferSearch {
            account: parse("account", self.account.as_deref())?,
            hold: parse("hold", self.hold.as_deref())?,
            reference,
            code: self.code,
            metadata: pair(self.metadata_key.as_deref(), self.metadata_value.as_deref())?,
            effective_from: self
                .effective_from
                .as_deref()
                .map(date("effective_from"))
                .transpose()?,
            effective_to: self.effective_to.as_deref().map(date("effective_to")).transpose()?,
            booked_from: parse::<Timestamp>("booked_from", self.booked_from.as_deref())?,
            booked_before: parse::<Timestamp>("booked_before", self.booked_before.as_deref())?,
            amount_min: parse::<Decimal>("amount_min", self.amount_min.as_deref())?,
            amount_max: parse::<Decimal>("amount_max", self.amount_max.as_deref())?,
            scanned_max: self.scan_max,
        })
    }
}

impl AccountQuery {
    pub(crate) fn read(&self) -> Result<AccountSearch, ApiError> {
        Ok(AccountSearch {
            code: self.code,
            kind: self.kind.map(AccountKind::from),
            commodity: self.commodity.clone(),
            path: self.path.as_deref().map(|text| path("path", text)).transpose()?,
            alias: self.alias.as_deref().map(|text| name("alias", text)).transpose()?,
            name: self.name.clone(),
            scanned_max: self.scan_max,
            metadata: pair(self.metadata_key.as_deref(), self.metadata_value.as_deref())?,
        })
    }
}

impl PeriodQuery {
    pub(crate) fn read(&self, account: ledger::AccountId) -> Result<Period, ApiError> {
        let (from, to) = (date("from")(&self.from)?, date("to")(&self.to)?);
        if from > to {
            let fault = FieldFault::new("to", "order", "the last date is before the first");
            return Err(ApiError::field(fault));
        }
        Ok(Period { account, from, to })
    }
}

impl FoundTransfers {
    /// A page, with what is left of its open holds.
    pub(crate) fn of(
        found: SearchPage<ledger::TransferView>,
        left: &BTreeMap<TransferId, Amount>,
    ) -> Self {
        let SearchPage { page, scanned, is_cut } = found;
        let item = |view: ledger::TransferView| {
            let left = left.get(&view.id).copied();
            Transfer::of(view, left)
        };
        Self {
            items: page.items.into_iter().map(item).collect(),
            next_cursor: page.next.map(|cursor| cursor.to_string()),
            scanned: scanned as u64,
            scan_max_reached: is_cut,
        }
    }
}

impl FoundAccounts {
    pub(crate) fn of(found: SearchPage<ledger::NamedAccount>) -> Result<Self, ApiError> {
        let SearchPage { page, scanned, is_cut } = found;
        Ok(Self {
            items: page.items.into_iter().map(LedgerAccount::of).collect::<Result<_, _>>()?,
            next_cursor: page.next.map(|cursor| cursor.to_string()),
            scanned: scanned as u64,
            scan_max_reached: is_cut,
        })
    }
}

impl BalanceDay {
    pub(crate) fn of(day: &AccountDay, scale: u8) -> Self {
        Self {
            date: day.date.to_string(),
            change: text(day.change, scale),
            balance: text(day.balance, scale),
            transfers: day.transfers,
        }
    }
}

fn pair(key: Option<&str>, value: Option<&str>) -> Result<Option<MetadataPair>, ApiError> {
    let lacks = |field| {
        let text = "metadata_key and metadata_value go together";
        Err(ApiError::field(FieldFault::new(field, "required", text)))
    };
    match (key, value) {
        (None, None) => Ok(None),
        (Some(key), Some(value)) => {
            Ok(Some(MetadataPair { key: key.to_owned(), value: value.to_owned() }))
        }
        (None, Some(_)) => lacks("metadata_key"),
        (Some(_), None) => lacks("metadata_value"),
    }
}

fn parse<T>(field: &str, text: Option<&str>) -> Result<Option<T>, ApiError>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    let read = text.map(str::parse).transpose();
    read.map_err(|error: T::Err| ApiError::field(FieldFault::new(field, "malformed", error)))
}

fn date(field: &'static str) -> impl Fn(&str) -> Result<Date, ApiError> {
    move |text| {
        let wrong = |error| ApiError::field(FieldFault::new(field, "date", error));
        kernel::time::parse_date(text).map_err(wrong)
    }
}
