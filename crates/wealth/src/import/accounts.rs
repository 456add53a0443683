//! Which asset the account of a statement is.
//!
//! An account that the file names is found by its number and currency. One that it does not name
//! (most CSV) is taken for the asset of an earlier file of the same columns only where something
//! proves it: lines that both have, or a balance with which one ends and the other begins. Where
//! there is such an asset and no proof, it is left open, and the person who brings the file is
//! asked.
//!
//! What must stay true: nothing is booked on an account by guess.

use kernel::Uuid;
use storage::crypto::unhex;
use storage::{StorageError, Tx};

use super::error::ImportError;
use super::model::{DatedAmount, ImportId};
use super::store::accounts::{self, AccountPlan, Stated};
use super::store::{self, StatementRow};
use crate::error::WealthError;
use crate::model::{Asset, AssetId, Holding};
use crate::store as assets;

/// Finds the assets of the accounts as they are now, and notes which version each has.
pub(crate) async fn resolve(
    tx: &mut Tx,
    import: ImportId,
    plans: Vec<AccountPlan>,
) -> Result<Vec<AccountPlan>, WealthError> {
    let mut resolved: Vec<AccountPlan> = Vec::with_capacity(plans.len());
    for mut plan in plans {
        if plan.opens {
            plan.is_open = false;
            match find(tx, import, &plan).await? {
                Found::Asset(found) => {
                    store::rebind(tx, import, (plan.asset, found)).await?;
                    plan = bound(tx, found, plan).await?;
                }
                Found::Open => plan.is_open = true,
                Found::Nothing => {}
            }
        } else {
            plan = bound(tx, plan.asset, plan).await?;
        }
        match resolved.iter_mut().find(|other| other.asset == plan.asset) {
            // Two names of the file are one account.
            Some(other) => {
                other.keys.extend(plan.keys);
                other.keys.sort();
                other.keys.dedup();
            }
            None => resolved.push(plan),
        }
    }
    resolved.sort_by_key(|plan| plan.asset);
    Ok(resolved)
}

/// The assets that files with the columns of an account that is left open were about.
pub(crate) async fn candidates(
    tx: &mut Tx,
    plan: &AccountPlan,
) -> Result<Vec<AssetId>, StorageError> {
    match &plan.layout {
        Some(layout) => accounts::of_layout(tx, layout, plan.currency).await,
        None => Ok(Vec::new()),
    }
}

enum Found {
    Asset(AssetId),
    Open,
    Nothing,
}

async fn find(tx: &mut Tx, import: ImportId, plan: &AccountPlan) -> Result<Found, WealthError> {
    let mut found: Option<AssetId> = None;
    for key in plan.keys.iter().filter_map(|key| unhex::<16>(key)) {
        match (found, accounts::by_key(tx, key).await?) {
            (None, other) => found = other,
            (Some(one), Some(other)) if one != other => {
                return Err(ImportError::AccountAmbiguous { one, other }.into());
            }
            (Some(_), _) => {}
        }
    }
    if let Some(found) = found {
        return Ok(Found::Asset(found));
    }
    let candidates = candidates(tx, plan).await?;
    if candidates.is_empty() {
        return Ok(Found::Nothing);
    }
    let statements = store::statements(tx, import).await?;
    let mut proven = Vec::new();
    for candidate in candidates {
        let shared = accounts::shared_lines(tx, import, (plan.asset, candidate)).await?;
        let stated = accounts::stated(tx, (import, candidate)).await?;
        if shared > 0 || meets(&statements, plan.asset, &stated) {
            proven.push(candidate);
        }
    }
    match proven.as_slice() {
        [only] => Ok(Found::Asset(*only)),
        _ => Ok(Found::Open),
    }
}

/// Whether a statement begins with the balance with which one of the others ends, or the other way
/// round. Accounts with nothing in them have that in common without being one.
fn meets(statements: &[StatementRow], asset: AssetId, others: &[Stated]) -> bool {
    let follows = |end: Option<DatedAmount>, begin: Option<DatedAmount>| {
        end.zip(begin).is_some_and(|(end, begin)| {
            end.amount == begin.amount && !end.amount.is_zero() && end.on <= begin.on
        })
    };
    let mut own = statements.iter().filter(|statement| statement.asset == Some(asset));
    own.any(|statement| {
        let opening = statement.opening.map(|at| DatedAmount { on: at.on, amount: at.amount });
        others.iter().any(|other| {
            follows(other.closing, opening) || follows(statement.closing, other.opening)
        })
    })
}

/// The plan for an asset that is there.
async fn bound(tx: &mut Tx, id: AssetId, plan: AccountPlan) -> Result<AccountPlan, WealthError> {
    let asset = assets::asset(tx, id).await?;
    let asset = asset.ok_or(WealthError::AssetUnknown { asset: id })?;
    check(&asset, plan.currency)?;
    let AccountPlan { is_unnamed, keys, layout, .. } = plan;
    Ok(AccountPlan { is_unnamed, keys, layout, ..AccountPlan::existing(&asset) })
}

/// Refuses an asset on which nothing of this currency can be booked.
pub(crate) fn check(asset: &Asset, currency: kernel::Commodity) -> Result<(), WealthError> {
    if let Some(gone) = asset.disposal {
        return Err(WealthError::Disposed { asset: asset.id, on: gone.on });
    }
    if asset.holding != Holding::Balance || asset.commodity != currency {
        let currency = currency.to_string();
        return Err(ImportError::CurrencyDiffers { asset: asset.id, currency }.into());
    }
    Ok(())
}

/// A new asset's id, which is replaced where the account turns out to be known.
pub(crate) fn planned(context: &kernel::Context, number: u32) -> AssetId {
    let id: Uuid = crate::ids::new_id(context, "import.asset", number);
    AssetId::from_uuid(id)
}
