//! What the bank states of an account and the ledger does not have: gaps between statements, and
//! statements whose lines do not lead to their closing balance.
//!
//! What must stay true: it is worked out anew each time from what is booked, so that each stands
//! there until it is resolved, and no longer; a difference is named once, where it begins.

use std::collections::BTreeMap;

use kernel::{Amount, AmountError, Commodity, Context, Date};
use storage::{Level, Mode};

use super::model::{DatedAmount, ImportId, OpeningOrigin};
use super::opening::Opening;
use super::store::{accounts, gaps};
use crate::Wealth;
use crate::error::WealthError;
use crate::model::AssetId;
use crate::store as assets;

/// What nobody has explained of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountGaps {
    /// The asset.
    pub asset: AssetId,
    /// What it counts.
    pub currency: Commodity,
    /// Whether its opening balance is not known: zero stands for it.
    pub opening_unknown: bool,
    /// Lines of booked imports that nobody has decided about.
    pub undecided: u64,
    /// Where the ledger leaves what the bank states, in the order of the days.
    pub items: Vec<Gap>,
}

/// Where the ledger leaves what the bank states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The end of the day up to which it agrees; nothing where no balance is stated before.
    pub after: Option<Date>,
    /// The end of the day on which it no longer does.
    pub until: Date,
    /// What is missing: positive where more came in than the ledger has.
    pub amount: Amount,
    /// The statement within which it is missing; nothing where it is between statements.
    pub within: Option<ImportId>,
}

/// A statement of an account, as far as it states balances.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stated {
    pub import: ImportId,
    pub opening: Option<(DatedAmount, OpeningOrigin)>,
    pub closing: Option<DatedAmount>,
}

/// A balance that the bank states of the end of a day.
#[derive(Clone, Copy)]
struct Point {
    on: Date,
    stated: Amount,
    /// The statement that ends so; nothing of one that begins so.
    ends: Option<ImportId>,
}

impl Wealth {
    /// What is unexplained of an account: gaps between its statements, and differences to the
    /// bank's balances.
    ///
    /// # Errors
    /// [`WealthError::AssetUnknown`].
    pub async fn gaps(&self, context: &Context, id: AssetId) -> Result<AccountGaps, WealthError> {
        let mut tx = self.database.begin(Level::Tenant(context.tenant), Mode::Read).await?;
        let asset = assets::asset(&mut tx, id).await?;
        let asset = asset.ok_or(WealthError::AssetUnknown { asset: id })?;
        let opening = accounts::opening(&mut tx, id).await?;
        let stated = gaps::stated(&mut tx, id).await?;
        let kind = asset.kind.account_kind();
        let mut days = BTreeMap::new();
        if !stated.is_empty() {
            let changes = self.ledger.day_changes(&mut tx, asset.book, Date::MAX, None).await?;
            let own = changes.iter().filter(|change| change.account == asset.account);
            days.extend(own.map(|change| (change.date, kind.natural(change.amount))));
        }
        let undecided = gaps::undecided(&mut tx, id).await?;
        tx.commit().await?;
        let opening_unknown =
            opening.as_ref().is_some_and(|opening| opening.origin == OpeningOrigin::Unknown);
        let items = unexplained(opening.as_ref(), &stated, &days)?;
        Ok(AccountGaps { asset: id, currency: asset.commodity, opening_unknown, undecided, items })
    }
}

fn unexplained(
    opening: Option<&Opening>,
    stated: &[Stated],
    days: &BTreeMap<Date, Amount>,
) -> Result<Vec<Gap>, AmountError> {
    // The ledger has made jumps over what is missing between statements: they explain nothing.
    let mut days = days.clone();
    for jump in opening.into_iter().flat_map(|opening| opening.jumps.iter().skip(1)) {
        let day = days.entry(jump.on).or_default();
        *day = day.checked_sub(jump.amount)?;
    }
    let mut items: Vec<Gap> = Vec::new();
    let mut last = Amount::ZERO;
    let mut agreed = None;
    for point in points(opening, stated) {
        let there = days.range(..=point.on).map(|(_, amount)| *amount);
        let difference = point.stated.checked_sub(Amount::checked_sum(there)?)?;
        let amount = difference.checked_sub(last)?;
        if !amount.is_zero() {
            items.push(Gap { after: agreed, until: point.on, amount, within: point.ends });
        }
        last = difference;
        agreed = Some(point.on);
    }
    Ok(items)
}

/// What is stated of the ends of days, in their order. Where a later statement goes on over the end
/// of an earlier one, that may have been the balance of noon.
fn points(opening: Option<&Opening>, stated: &[Stated]) -> Vec<Point> {
    let begins = opening.map(|opening| opening.on);
    let mut points = Vec::new();
    for Stated { import, opening, closing } in stated {
        let is_later = |at: &DatedAmount| begins.is_none_or(|begins| begins < at.on);
        let known = opening.filter(|(_, origin)| *origin != OpeningOrigin::Unknown);
        if let Some((at, _)) = known.filter(|(at, _)| is_later(at))
            && let Ok(on) = at.on.yesterday()
        {
            points.push(Point { on, stated: at.amount, ends: None });
        }
        let Some(closing) = closing else { continue };
        let goes_on = stated.iter().any(|other| {
            let from = other.opening.map(|(at, _)| at.on);
            let to = other.closing.map(|at| at.on);
            from.zip(to).is_some_and(|(from, to)| from <= closing.on && closing.on < to)
        });
        if !goes_on {
            points.push(Point { on: closing.on, stated: closing.amount, ends: Some(*import) });
        }
    }
    points.sort_by_key(|point| (point.on, point.ends.is_none()));
    points
}
