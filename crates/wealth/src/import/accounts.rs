//! Which asset the account of a statement is.
//!
//! An account that the file names is found by its name (IBAN, or bank and number) and currency, or
//! by its number where one of the files names no bank: formats of one bank name an account in
//! different ways. Where two files name the bank in different ways, it takes a proof as below. One
//! that a file does not name
//! (most CSV) is taken for the asset of an earlier file of the same columns only where something
//! proves it: lines that both have, or a balance with which one ends and the other begins. Where
//! there is such an asset and no proof, it is left open, and the person who brings the file is
//! asked.
//!
//! What must stay true: nothing is booked on an account by guess.

use std::collections::{BTreeMap, BTreeSet};

use kernel::Uuid;
use storage::crypto::unhex;
use storage::{StorageError, Tx};

use super::error::ImportError;
use super::model::{DatedAmount, ImportId};
use super::store::accounts::{self, AccountPlan, Naming, Stated};
use super::store::{self, StatementRow};
use crate::error::WealthError;
use crate::model::{Asset, AssetId, Holding};
use crate::store as assets;

/// How many lines of the same days and amounts say that two accounts of one number are one.
const AMOUNTS_MIN: u64 = 2;

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
        None => Ok(of_number(tx, plan).await?.into_keys().collect()),
    }
}

/// The assets whose accounts have the number of this one, and are named in another way: with one
/// that is named in the same way it would have its name in common.
async fn of_number(
    tx: &mut Tx,
    plan: &AccountPlan,
) -> Result<BTreeMap<AssetId, BTreeSet<Naming>>, StorageError> {
    let mut found: BTreeMap<AssetId, BTreeSet<Naming>> = BTreeMap::new();
    let Some((number, naming)) = plan.number else { return Ok(found) };
    for (asset, other) in accounts::of_number(tx, number, plan.currency).await? {
        found.entry(asset).or_default().insert(other);
    }
    found.retain(|_, others| !others.contains(&naming));
    Ok(found)
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
    let numbered = of_number(tx, plan).await?;
    if let Some((only, namings)) = numbered.first_key_value().filter(|_| numbered.len() == 1) {
        // A number without a bank can be of any; of two ways to name the bank nothing says so.
        let is_bare = plan.number.is_some_and(|(_, naming)| naming == Naming::Bare);
        if is_bare || namings.contains(&Naming::Bare) {
            return Ok(Found::Asset(*only));
        }
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
        let amounts = accounts::shared_amounts(tx, import, (plan.asset, candidate)).await?;
        let is_shared = shared > 0 || (plan.number.is_some() && amounts >= AMOUNTS_MIN);
        if is_shared || meets(&statements, plan.asset, &stated) {
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
    Ok(plan.of(&asset))
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
