//! What is unexplained of an imported account.

use kernel::Money as Exact;
use serde::Serialize;
use utoipa::ToSchema;

use super::money::Money;

/// What nobody has explained of an account.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountGaps {
    pub asset: String,
    /// Whether its opening balance is not known: zero stands for it.
    pub opening_unknown: bool,
    /// Lines of booked imports that nobody has decided about.
    pub undecided: u64,
    /// In the order of the days.
    pub items: Vec<AccountGap>,
}

/// Where the ledger leaves what the bank states.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountGap {
    /// The end of the day up to which it agrees; nothing where no balance is stated before.
    #[schema(format = Date)]
    pub after: Option<String>,
    /// The end of the day on which it no longer does.
    #[schema(format = Date)]
    pub until: String,
    /// What is missing: positive where more came in than the ledger has.
    pub amount: Money,
    /// The import within whose statement it is missing; nothing where it is between statements.
    pub within: Option<String>,
}

impl From<wealth::AccountGaps> for AccountGaps {
    fn from(gaps: wealth::AccountGaps) -> Self {
        let wealth::AccountGaps { asset, currency, opening_unknown, undecided, items } = gaps;
        let item = |gap: wealth::Gap| AccountGap {
            after: gap.after.map(|day| day.to_string()),
            until: gap.until.to_string(),
            amount: Exact::new(gap.amount, currency).into(),
            within: gap.within.map(|import| import.to_string()),
        };
        let items = items.into_iter().map(item).collect();
        Self { asset: asset.to_string(), opening_unknown, undecided, items }
    }
}
