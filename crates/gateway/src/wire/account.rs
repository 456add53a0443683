//! Ledger accounts: opening, placing, limiting them, and what they hold.

use kernel::{Amount, FieldFault};
use ledger::{AccountKind, AccountPath, Limits, NamedAccount, Segment};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::ApiError;
use crate::wire::book::text;

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
    /// Where it stands in the chart of accounts: groups that are there, and at the end its name.
    #[schema(nullable = false, example = "assets:bank:khan:savings")]
    pub path: Option<String>,
    /// Anything else.
    #[schema(value_type = Option<Object>, nullable = false)]
    pub metadata: Option<serde_json::Value>,
}

/// How far a balance may go from now on, holds counted. Both are said: null is no limit.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitsRequest {
    /// The balance may not fall below this.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(format = "decimal", required = true)]
    pub floor: Option<String>,
    /// The balance may not rise above this.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(format = "decimal", required = true)]
    pub ceiling: Option<String>,
}

/// Where something of the chart of accounts stands from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoveRequest {
    /// Groups that are there, and at the end its own name; the name alone at the top.
    #[schema(example = "assets:bank:khan:savings")]
    pub path: String,
}

/// Another name by which an account is found.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AliasRequest {
    /// There once in a book: 1 to 64 characters without colons and spaces.
    #[schema(example = "rainy-day")]
    pub alias: String,
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
    /// Nothing is booked on it, until it is thawed.
    pub frozen: bool,
    /// Nothing is booked on it, for ever.
    pub closed: bool,
    /// The balance may not fall below this.
    #[schema(format = "decimal")]
    pub floor: Option<String>,
    /// The balance may not rise above this.
    #[schema(format = "decimal")]
    pub ceiling: Option<String>,
    /// The group that it stands in.
    pub group: Option<String>,
    /// Where it stands in the chart of accounts.
    #[schema(example = "assets:bank:khan:savings")]
    pub path: Option<String>,
    /// Other names by which it is found.
    pub aliases: Vec<String>,
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
    pub(crate) fn of(named: NamedAccount) -> Result<Self, ApiError> {
        let NamedAccount { account, name, path, aliases, .. } = named;
        let text = |amount| text(amount, account.scale);
        let balance = &account.balance;
        let available = balance.available().map_err(ApiError::internal)?;
        Ok(Self {
            id: account.id.to_string(),
            name,
            kind: account.kind.into(),
            commodity: account.commodity.to_string(),
            code: account.code,
            frozen: account.frozen,
            closed: account.closed,
            floor: account.limits.floor.map(text),
            ceiling: account.limits.ceiling.map(text),
            group: account.group.map(|group| group.to_string()),
            path,
            aliases,
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

impl LimitsRequest {
    pub(crate) fn read(&self, scale: u8) -> Result<Limits, ApiError> {
        limits(self.floor.as_deref(), self.ceiling.as_deref(), scale)
    }
}

impl MoveRequest {
    pub(crate) fn read(&self) -> Result<AccountPath, ApiError> {
        path("path", &self.path)
    }
}

impl AliasRequest {
    pub(crate) fn read(&self) -> Result<Segment, ApiError> {
        name("alias", &self.alias)
    }
}

/// Limits of a balance whose amounts have so many decimals.
pub(crate) fn limits(
    floor: Option<&str>,
    ceiling: Option<&str>,
    scale: u8,
) -> Result<Limits, ApiError> {
    let bound = |field: &str, text: Option<&str>| {
        let read = text.map(|text| Amount::parse(text, scale)).transpose();
        read.map_err(|error| ApiError::field(FieldFault::new(field, "malformed", error)))
    };
    let (floor, ceiling) = (bound("floor", floor)?, bound("ceiling", ceiling)?);
    if floor.zip(ceiling).is_some_and(|(floor, ceiling)| floor > ceiling) {
        let text = "the ceiling is below the floor";
        return Err(ApiError::field(FieldFault::new("ceiling", "order", text)));
    }
    Ok(Limits { floor, ceiling })
}

/// A path of the chart of accounts in a field of a request.
pub(crate) fn path(field: &str, text: &str) -> Result<AccountPath, ApiError> {
    text.parse().map_err(|error| ApiError::field(FieldFault::new(field, "path", error)))
}

/// A name without colons in a field of a request.
pub(crate) fn name(field: &str, text: &str) -> Result<Segment, ApiError> {
    let wrong = |_| {
        let text = "a name has 1 to 64 characters, none of them a colon or a space";
        ApiError::field(FieldFault::new(field, "name", text))
    };
    text.parse().map_err(wrong)
}
