//! The words of meters.

use kernel::{PartyId, Timestamp, UserId};

kernel::words! {
    /// What is used.
    UsageKind, "kind of usage";
    /// Calls of the API.
    Requests = "requests",
    /// Transfers that were booked.
    Transfers = "transfers",
    /// Bytes that are kept, for an hour each.
    Storage = "storage",
    /// Tokens that a language model read or wrote.
    ModelTokens = "model_tokens",
    /// Files of banks that were brought.
    Imports = "imports",
}

kernel::words! {
    /// For how long a sum is.
    Span, "span";
    /// An hour.
    Hour = "hour",
    /// A month of UTC.
    Month = "month",
}

/// Something that was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage<'a> {
    /// What.
    pub kind: UsageKind,
    /// By whom: the tenant's own party where it is nobody's alone.
    pub party: PartyId,
    /// Why it is said: the same kind, party and key is the same use.
    pub key: &'a str,
    /// How much.
    pub amount: u64,
}

/// How much was used in an hour or a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    /// What.
    pub kind: UsageKind,
    /// By whom.
    pub party: PartyId,
    /// For how long.
    pub span: Span,
    /// From when.
    pub starts_at: Timestamp,
    /// How much, as far as it is counted.
    pub amount: u64,
}

/// How much of something may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// So much in a month; a flag is on with more than nothing.
    UpTo(u64),
    /// As much as there is.
    Unlimited,
}

/// Something that a tenant may have or not, or so much of.
pub struct Feature {
    /// Its name.
    pub name: &'static str,
    /// What is counted against it; nothing for a flag.
    pub counts: Option<UsageKind>,
    /// What holds where neither plan nor grant says anything.
    pub usual: Allowance,
}

/// What belongs together for a price.
pub struct Plan {
    /// Its name.
    pub name: &'static str,
    /// What it says of features.
    pub allows: &'static [(&'static str, Allowance)],
}

kernel::words! {
    /// Who says what a tenant may use, the strongest first.
    Source, "source";
    /// It was granted to this person.
    User = "user",
    /// It was granted to the tenant.
    Tenant = "tenant",
    /// The tenant's plan says so.
    Plan = "plan",
    /// It is so where nobody says anything.
    Usual = "usual",
}

/// One thing that was said about a feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Who says it.
    pub source: Source,
    /// The plan's name, where it is one.
    pub plan: Option<String>,
    /// What is said.
    pub allowance: Allowance,
    /// Until when.
    pub until: Option<Timestamp>,
    /// Whether it is over.
    pub is_over: bool,
}

/// What somebody may use, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entitlement {
    /// The feature's name.
    pub feature: String,
    /// For whom it was asked, beside the tenant.
    pub user: Option<UserId>,
    /// What holds.
    pub allowance: Allowance,
    /// How much was used this month, of what is counted.
    pub used: Option<u64>,
    /// When that begins anew.
    pub resets_at: Option<Timestamp>,
    /// All that was said, the strongest first; the first that is not over holds.
    pub why: Vec<Said>,
}

impl Allowance {
    /// Whether so much more may be used beside what was.
    #[must_use]
    pub const fn allows(self, used: u64, more: u64) -> bool {
        match self {
            Self::Unlimited => true,
            Self::UpTo(limit) => match used.checked_add(more) {
                Some(together) => together <= limit,
                None => false,
            },
        }
    }

    /// Whether a flag is on.
    #[must_use]
    pub const fn is_on(self) -> bool {
        self.allows(0, 1)
    }
}
