//! What was used, and what may be.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which sums.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UsageQuery {
    /// By hour, or by month where it is left out.
    #[param(inline)]
    pub span: Option<UsageSpan>,
    /// Those that begin then or later; the last twelve months, or the last day, where it is left
    /// out.
    #[param(format = DateTime)]
    pub from: Option<String>,
    /// Those that begin before then.
    #[param(format = DateTime)]
    pub to: Option<String>,
}

/// For whom.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EntitlementsQuery {
    /// One person beside the family: `user_…`.
    pub user: Option<String>,
}

/// For how long a sum is, of UTC.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UsageSpan {
    Hour,
    Month,
}

/// How much was used in an hour or a month.
#[derive(Serialize, ToSchema)]
pub(crate) struct UsageSum {
    /// What: `requests`, `transfers`, `storage`, `model_tokens`, `imports`.
    pub kind: String,
    /// By whom: `party_…`.
    pub party: String,
    pub span: UsageSpan,
    #[schema(format = DateTime)]
    pub starts_at: String,
    /// How much, as far as it is counted: within a minute or so.
    pub amount: u64,
}

/// What may be used, and why.
#[derive(Serialize, ToSchema)]
pub(crate) struct Entitlement {
    /// What.
    #[schema(example = "imports")]
    pub feature: String,
    /// How much in a month; null for as much as there is. A flag is on with more than nothing.
    #[schema(required = true)]
    pub limit: Option<u64>,
    /// How much was used this month; nothing for a flag.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used: Option<u64>,
    /// When that begins anew.
    #[schema(format = DateTime, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resets_at: Option<String>,
    /// All that was said, the strongest first; the first that is not over holds.
    pub why: Vec<EntitlementWord>,
}

/// One thing that was said.
#[derive(Serialize, ToSchema)]
pub(crate) struct EntitlementWord {
    /// Who says it: `user` or `tenant` by grant, `plan`, or `usual`.
    pub source: String,
    /// The plan, where it is one.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// How much in a month; null for as much as there is.
    #[schema(required = true)]
    pub limit: Option<u64>,
    /// Until when.
    #[schema(format = DateTime, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Whether that is over.
    pub is_over: bool,
}

impl From<meters::Sum> for UsageSum {
    fn from(sum: meters::Sum) -> Self {
        Self {
            kind: sum.kind.to_string(),
            party: sum.party.to_string(),
            span: match sum.span {
                meters::Span::Hour => UsageSpan::Hour,
                meters::Span::Month => UsageSpan::Month,
            },
            starts_at: sum.starts_at.to_string(),
            amount: sum.amount,
        }
    }
}

impl From<UsageSpan> for meters::Span {
    fn from(span: UsageSpan) -> Self {
        match span {
            UsageSpan::Hour => Self::Hour,
            UsageSpan::Month => Self::Month,
        }
    }
}

impl From<meters::Entitlement> for Entitlement {
    fn from(one: meters::Entitlement) -> Self {
        Self {
            feature: one.feature,
            limit: limit(one.allowance),
            used: one.used,
            resets_at: one.resets_at.map(|time| time.to_string()),
            why: one.why.into_iter().map(EntitlementWord::from).collect(),
        }
    }
}

impl From<meters::Said> for EntitlementWord {
    fn from(said: meters::Said) -> Self {
        Self {
            source: said.source.to_string(),
            plan: said.plan,
            limit: limit(said.allowance),
            until: said.until.map(|time| time.to_string()),
            is_over: said.is_over,
        }
    }
}

const fn limit(allowance: meters::Allowance) -> Option<u64> {
    match allowance {
        meters::Allowance::UpTo(limit) => Some(limit),
        meters::Allowance::Unlimited => None,
    }
}
