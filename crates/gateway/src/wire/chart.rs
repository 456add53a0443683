//! The chart of accounts: groups, what the accounts below them hold together, the tree.

use std::collections::BTreeMap;

use ledger::{AccountPath, GroupId, NamedAccount, NamedGroup};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::ApiError;
use crate::wire::account::{LedgerAccount, path};
use crate::wire::book::text;

/// A group to open.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenGroupRequest {
    /// Groups that are there, and at the end its own name; the name alone at the top.
    #[schema(example = "assets:bank:khan")]
    pub path: String,
}

/// How far the balance of a group's accounts may go together in a commodity, from now on. Limits
/// are of debits less credits. Both are said: null is no limit.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupLimitsRequest {
    /// A code that the book knows.
    pub commodity: String,
    /// The balance may not fall below this.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(format = "decimal", required = true)]
    pub floor: Option<String>,
    /// The balance may not rise above this.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(format = "decimal", required = true)]
    pub ceiling: Option<String>,
}

/// A group of the chart of accounts.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountGroup {
    pub id: String,
    /// The last name of its path.
    pub name: Option<String>,
    /// The names of the groups above it and its own.
    #[schema(example = "assets:bank:khan")]
    pub path: Option<String>,
    /// The group above it.
    pub parent: Option<String>,
    /// What the accounts below it hold, for each commodity that was ever below it or limited.
    pub balances: Vec<GroupBalance>,
}

/// What the accounts below a group hold together in one commodity. Debits are positive: a group of
/// liabilities shows a negative number.
#[derive(Serialize, ToSchema)]
pub(crate) struct GroupBalance {
    pub commodity: String,
    #[schema(format = "decimal")]
    pub posted: String,
    /// Held to be debited, by holds whose other account is not below the group.
    #[schema(format = "decimal")]
    pub held_debit: String,
    /// Held to be credited, by such holds.
    #[schema(format = "decimal")]
    pub held_credit: String,
    /// The balance may not fall below this.
    #[schema(format = "decimal")]
    pub floor: Option<String>,
    /// The balance may not rise above this.
    #[schema(format = "decimal")]
    pub ceiling: Option<String>,
}

/// Which part of the chart.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChartQuery {
    /// This group and what is below it; everything where it is left out.
    #[param(example = "assets:bank")]
    pub below: Option<String>,
}

/// The chart of accounts as it stood at one moment: a group's balance is the sum of those of the
/// accounts below it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Chart {
    /// The groups at the top, by name.
    pub groups: Vec<ChartGroup>,
    /// The accounts that stand in no group, by name.
    pub accounts: Vec<LedgerAccount>,
}

/// A group with what is below it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChartGroup {
    pub group: AccountGroup,
    /// The groups right below it, by name.
    #[schema(no_recursion)]
    pub groups: Vec<ChartGroup>,
    /// The accounts right below it, by name.
    pub accounts: Vec<LedgerAccount>,
}

impl OpenGroupRequest {
    pub(crate) fn read(&self) -> Result<AccountPath, ApiError> {
        path("path", &self.path)
    }
}

impl ChartQuery {
    pub(crate) fn read(&self) -> Result<Option<AccountPath>, ApiError> {
        self.below.as_deref().map(|below| path("below", below)).transpose()
    }
}

impl AccountGroup {
    pub(crate) fn of(named: &NamedGroup) -> Self {
        let NamedGroup { group, path } = named;
        let last = |path: &String| path.rsplit(':').next().map(str::to_owned);
        Self {
            id: group.id.to_string(),
            name: path.as_ref().and_then(last),
            path: path.clone(),
            parent: group.parent.map(|parent| parent.to_string()),
            balances: group.balances.iter().map(GroupBalance::of).collect(),
        }
    }
}

impl GroupBalance {
    fn of(balance: &ledger::GroupBalance) -> Self {
        let text = |amount| text(amount, balance.scale);
        Self {
            commodity: balance.commodity.to_string(),
            posted: text(balance.posted),
            held_debit: text(balance.held_debit),
            held_credit: text(balance.held_credit),
            floor: balance.limits.floor.map(text),
            ceiling: balance.limits.ceiling.map(text),
        }
    }
}

/// What stands right below each group, or at the top.
struct Children {
    groups: BTreeMap<Option<GroupId>, Vec<NamedGroup>>,
    accounts: BTreeMap<Option<GroupId>, Vec<NamedAccount>>,
}

impl Chart {
    /// The tree of a chart; of a part of it with that group alone at the top.
    pub(crate) fn of(chart: ledger::Chart, top: Option<GroupId>) -> Result<Self, ApiError> {
        let mut children = Children { groups: BTreeMap::new(), accounts: BTreeMap::new() };
        for one in chart.groups {
            // The group that was asked for stands at the top here, whatever is above it.
            let above = one.group.parent.filter(|_| Some(one.group.id) != top);
            children.groups.entry(above).or_default().push(one);
        }
        for one in chart.accounts {
            children.accounts.entry(one.account.group).or_default().push(one);
        }
        let (groups, accounts) = children.take(None)?;
        Ok(Self { groups, accounts })
    }
}

impl Children {
    /// The groups with what is below them, and the accounts, that stand right below a group.
    fn take(
        &mut self,
        above: Option<GroupId>,
    ) -> Result<(Vec<ChartGroup>, Vec<LedgerAccount>), ApiError> {
        let mut accounts = self.accounts.remove(&above).unwrap_or_default();
        accounts.sort_by(|one, other| (&one.path, &one.name).cmp(&(&other.path, &other.name)));
        let mut groups = self.groups.remove(&above).unwrap_or_default();
        groups.sort_by(|one, other| one.path.cmp(&other.path));
        let group = |named: NamedGroup| {
            let (groups, accounts) = self.take(Some(named.group.id))?;
            Ok(ChartGroup { group: AccountGroup::of(&named), groups, accounts })
        };
        let groups = groups.into_iter().map(group).collect::<Result<_, ApiError>>()?;
        Ok((groups, accounts.into_iter().map(LedgerAccount::of).collect::<Result<_, _>>()?))
    }
}
