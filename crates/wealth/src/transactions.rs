//! What happened on the accounts of the family's assets, the latest first.

use std::collections::BTreeMap;

use kernel::{Context, Date, Money, Page, PageRequest, Timestamp};
use ledger::{AccountEntry, AccountId, EntryFilter, TransferId};

use crate::Wealth;
use crate::checks::Checks;
use crate::error::WealthError;
use crate::model::{ASSET_ACCOUNT, Asset, AssetId, TransferCode};
use crate::roles::{Role, RoleAccounts};

/// Which transactions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransactionFilter {
    /// Those of one asset.
    pub asset: Option<AssetId>,
    /// From this date.
    pub from: Option<Date>,
    /// Up to this one.
    pub to: Option<Date>,
}

/// What one transfer changed about an asset. A transfer between two assets of the family stands in
/// the list twice, once for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The transfer.
    pub transfer: TransferId,
    /// The asset.
    pub asset: AssetId,
    /// What the family calls it.
    pub asset_name: String,
    /// The date from which it counts.
    pub date: Date,
    /// When it was booked.
    pub booked_at: Timestamp,
    /// By how much it changed what the family owns: what comes in is above zero, what goes out
    /// below. A debt that grows is below zero, one that is paid back above.
    pub amount: Money,
    /// What it was.
    pub code: TransferCode,
    /// What is on the other side.
    pub other: OtherSide,
    /// Who was on the other side, as the bank wrote it.
    pub counterparty: Option<String>,
    /// What it was for, as the bank wrote it.
    pub purpose: Option<String>,
    /// By which somebody knows it.
    pub reference: Option<String>,
}

/// What is on the other side of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherSide {
    /// An account of the household.
    Role(Role),
    /// Another asset of the family.
    Asset(AssetId),
    /// An account that this module did not open.
    Account(AccountId),
}

/// Dates for those who do not name any.
const FIRST_DATE: Date = Date::constant(1, 1, 1);

impl Wealth {
    /// What happened on the accounts of the family's assets: the latest date first, and of a date
    /// what was booked last.
    pub async fn transactions(
        &self,
        context: &Context,
        filter: &TransactionFilter,
        page: &PageRequest,
    ) -> Result<Page<Transaction>, WealthError> {
        let mut checks = Checks::default();
        filter.from.iter().for_each(|from| checks.date("from", *from));
        filter.to.iter().for_each(|to| checks.date("to", *to));
        checks.done()?;
        let (book, assets) = self.household_assets(context).await?;
        let account = match filter.asset {
            None => None,
            Some(id) => {
                let asset = assets.iter().find(|asset| asset.id == id);
                Some(asset.ok_or(WealthError::AssetUnknown { asset: id })?.account)
            }
        };
        let entries = EntryFilter {
            account_code: ASSET_ACCOUNT,
            account,
            from: filter.from.unwrap_or(FIRST_DATE),
            to: filter.to.unwrap_or(Date::MAX),
        };
        let mut tx = self.read(context).await?;
        let entries = self.ledger.entries(&mut tx, book, &entries, page).await?;
        let roles = RoleAccounts::load(&mut tx, book).await?;
        tx.commit().await?;

        let assets: BTreeMap<AccountId, Asset> =
            assets.into_iter().map(|asset| (asset.account, asset)).collect();
        // Any caller of the ledger may number an account as we do: what is no asset's is left out.
        let items = entries.items.into_iter().filter_map(|entry| {
            let asset = assets.get(&entry.account)?;
            Some(transaction(asset, other_side(entry.other, &roles, &assets), entry))
        });
        Ok(Page { items: items.collect(), next: entries.next })
    }
}

fn other_side(
    account: AccountId,
    roles: &RoleAccounts,
    assets: &BTreeMap<AccountId, Asset>,
) -> OtherSide {
    match (roles.role_of(account), assets.get(&account)) {
        (Some(role), _) => OtherSide::Role(role),
        (None, Some(asset)) => OtherSide::Asset(asset.id),
        (None, None) => OtherSide::Account(account),
    }
}

fn transaction(asset: &Asset, other: OtherSide, entry: AccountEntry) -> Transaction {
    Transaction {
        transfer: entry.transfer,
        asset: asset.id,
        asset_name: asset.name.clone(),
        date: entry.effective,
        booked_at: entry.booked_at,
        // Debits are above zero there: they increase what is owned and decrease what is owed.
        amount: Money::new(entry.amount, entry.commodity),
        code: TransferCode::from_number(entry.code),
        other,
        counterparty: entry.counterparty,
        purpose: entry.purpose,
        reference: entry.reference,
    }
}
