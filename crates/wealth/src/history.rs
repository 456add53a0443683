//! What the family was worth over time, from a number of queries that does not depend on how many
//! days are asked of.
//!
//! What must stay true: a point is what [`Wealth::net_worth`] says of its day; where a rate or
//! price is missing or too old the point says so, and is no figure.

use std::collections::BTreeMap;

use kernel::time::{date_from_days, days_since_epoch};
use kernel::{Amount, Commodity, Context, Date, Money, Problematic as _};
use ledger::{AccountId, DayChange};
use markets::limits::{RATE_AGE_DAYS_MAX, TABLE_DAYS_MAX};

use crate::Wealth;
use crate::checks::Checks;
use crate::error::WealthError;
use crate::limits::POINTS_MAX;
use crate::model::{Asset, AssetId};
use crate::networth::sum;
use crate::valuation::{Limits, Span, Valuer};

/// A question for the net worth over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryQuery {
    /// In which currency.
    pub currency: Commodity,
    /// Not before this day.
    pub from: Date,
    /// Up to this day, which always has a point.
    pub to: Date,
    /// How far the points are apart, counted back from the last.
    pub step: HistoryStep,
    /// How old a rate may be on each day, in days.
    pub rate_age_days_max: u32,
    /// How old a price may be on each day, in days; of any age where nothing is said.
    pub price_age_days_max: Option<u32>,
}

/// How far the points of a history are apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryStep {
    /// Every day.
    Day,
    /// Every seventh day.
    Week,
    /// The same day of each month, or its last where it is shorter.
    Month,
}

/// What the family was worth over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// In this currency.
    pub currency: Commodity,
    /// The points, the earliest first.
    pub points: Vec<HistoryPoint>,
}

/// One day of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPoint {
    /// At the end of this day.
    pub date: Date,
    /// What the family was worth, if that can be told.
    pub total: PointTotal,
}

/// The figure of a day, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PointTotal {
    /// The sum of what its assets were worth.
    Known(Money),
    /// An asset's value cannot be told.
    Unknown {
        /// Which asset's.
        asset: AssetId,
        /// Why, as the code of an error: `rate_missing`, `rate_too_old`, `price_missing`, …
        code: &'static str,
        /// Why, in one sentence.
        detail: String,
    },
}

impl HistoryQuery {
    /// A history of all that is known today.
    #[must_use]
    pub const fn new(currency: Commodity, (from, to): (Date, Date), step: HistoryStep) -> Self {
        let rate_age_days_max = RATE_AGE_DAYS_MAX;
        Self { currency, from, to, step, rate_age_days_max, price_age_days_max: None }
    }

    /// The days that get a point, once the question was checked.
    fn days(&self) -> Result<Vec<Date>, WealthError> {
        let mut checks = Checks::default();
        checks.currency("currency", self.currency);
        checks.date("from", self.from);
        checks.date("to", self.to);
        let span = days_since_epoch(self.to).saturating_sub(days_since_epoch(self.from));
        if span < 0 {
            checks.fault("from", "after_to", "it must not be after `to`");
        } else if u32::try_from(span).is_ok_and(|span| span > TABLE_DAYS_MAX) {
            checks.fault("from", "too_long", format!("at most {TABLE_DAYS_MAX} days"));
        }
        checks.done()?;
        let mut days = Vec::new();
        for number in 0.. {
            match self.step.back(self.to, number) {
                Some(day) if day >= self.from => days.push(day),
                _ => break,
            }
            if days.len() > POINTS_MAX {
                let detail = format!("at most {POINTS_MAX} points; take a larger step");
                return Err(WealthError::field("step", "too_many_points", detail));
            }
        }
        days.reverse();
        Ok(days)
    }
}

impl HistoryStep {
    /// The day so many steps before another.
    fn back(self, to: Date, number: i32) -> Option<Date> {
        let days = |days: i32| date_from_days(days_since_epoch(to).checked_sub(days)?).ok();
        match self {
            Self::Day => days(number),
            Self::Week => days(number.checked_mul(7)?),
            Self::Month => {
                let months = i32::from(to.year()) * 12 + i32::from(to.month()) - 1 - number;
                let year = i16::try_from(months.div_euclid(12)).ok()?;
                let month = i8::try_from(months.rem_euclid(12) + 1).ok()?;
                let first = Date::new(year, month, 1).ok()?;
                Date::new(year, month, to.day().min(first.days_in_month())).ok()
            }
        }
    }
}

impl Wealth {
    /// What the family was worth on the days of a span.
    ///
    /// # Errors
    /// Where the question breaks a rule. A day whose figure cannot be told is no error: its point
    /// says so.
    pub async fn net_worth_history(
        &self,
        context: &Context,
        query: &HistoryQuery,
    ) -> Result<History, WealthError> {
        let days = query.days()?;
        let (book, assets) = self.household_assets(context).await?;
        let mut tx = self.read(context).await?;
        let changes = self.ledger.day_changes(&mut tx, book, query.to, None).await?;
        let first = days.first().copied().unwrap_or(query.to);
        let span = Span { first, last: query.to, known_at: None };
        let limits = Limits {
            currency: query.currency,
            rate_age_days_max: query.rate_age_days_max,
            price_age_days_max: query.price_age_days_max,
        };
        let mut valuer = Valuer::load(&mut tx, &assets, span, limits).await?;
        tx.commit().await?;

        let mut balances = Balances::new(&assets, changes);
        let mut points = Vec::with_capacity(days.len());
        for (number, date) in days.into_iter().enumerate() {
            balances.advance(date)?;
            let total = total(query.currency, &mut valuer, balances.iter(), date)?;
            points.push(HistoryPoint { date, total });
            if number % POINTS_BETWEEN_YIELDS == 0 {
                tokio::task::yield_now().await;
            }
        }
        Ok(History { currency: query.currency, points })
    }
}

/// The points that are computed before other tasks may run.
const POINTS_BETWEEN_YIELDS: usize = 32;

/// The balances of assets, day after day.
struct Balances<'a> {
    assets: &'a [Asset],
    amounts: Vec<Amount>,
    places: BTreeMap<AccountId, usize>,
    changes: std::iter::Peekable<std::vec::IntoIter<DayChange>>,
}

impl<'a> Balances<'a> {
    /// Before the first of the changes, which are in the order of their dates.
    fn new(assets: &'a [Asset], changes: Vec<DayChange>) -> Self {
        let places = assets.iter().enumerate().map(|(place, asset)| (asset.account, place));
        Self {
            assets,
            amounts: vec![Amount::ZERO; assets.len()],
            places: places.collect(),
            changes: changes.into_iter().peekable(),
        }
    }

    /// Goes on to the end of a day.
    fn advance(&mut self, date: Date) -> Result<(), WealthError> {
        while let Some(change) = self.changes.next_if(|change| change.date <= date) {
            let place = self.places.get(&change.account).copied();
            if let Some(amount) = place.and_then(|place| self.amounts.get_mut(place)) {
                *amount = amount.checked_add(change.amount)?;
            }
        }
        Ok(())
    }

    fn iter(&self) -> impl Iterator<Item = (&'a Asset, Amount)> + '_ {
        self.assets.iter().zip(self.amounts.iter().copied())
    }
}

fn total<'a>(
    currency: Commodity,
    valuer: &mut Valuer,
    balances: impl Iterator<Item = (&'a Asset, Amount)>,
    date: Date,
) -> Result<PointTotal, WealthError> {
    let mut values = Vec::new();
    for (asset, amount) in balances.filter(|(asset, _)| asset.counts_on(date, None)) {
        match valuer.worth(asset, amount, date) {
            Ok(worth) => values.push(worth.value),
            Err(
                error @ (WealthError::PriceMissing { .. }
                | WealthError::PriceTooOld { .. }
                | WealthError::Unconverted { .. }),
            ) => {
                let (code, detail) = (error.code(), error.to_string());
                return Ok(PointTotal::Unknown { asset: asset.id, code, detail });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(PointTotal::Known(sum(currency, values)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::time::parse_date;

    #[track_caller]
    fn check(step: HistoryStep, from: &str, to: &str, expected: &[&str]) {
        let date = |text| parse_date(text).unwrap();
        let currency = Commodity::well_known("AUD").unwrap();
        let query = HistoryQuery::new(currency, (date(from), date(to)), step);
        let days: Vec<String> = query.days().unwrap().iter().map(Date::to_string).collect();
        assert_eq!(days, expected);
    }

    #[test]
    fn days_are_counted_back_from_the_last() {
        use HistoryStep::{Day, Month, Week};
        check(Day, "2024-02-28", "2024-03-01", &["2024-02-28", "2024-02-29", "2024-03-01"]);
        check(Day, "2024-03-01", "2024-03-01", &["2024-03-01"]);
        check(Week, "2024-02-20", "2024-03-06", &["2024-02-21", "2024-02-28", "2024-03-06"]);
        let ends = ["2024-01-31", "2024-02-29", "2024-03-31"];
        check(Month, "2024-01-31", "2024-03-31", &ends);
        check(Month, "2023-11-20", "2024-01-15", &["2023-12-15", "2024-01-15"]);
    }

    #[test]
    fn a_history_has_limits() {
        let fault = |from, to, step| {
            let date = |text| parse_date(text).unwrap();
            let currency = Commodity::well_known("AUD").unwrap();
            let error = HistoryQuery::new(currency, (date(from), date(to)), step).days();
            let fields = error.unwrap_err().fields();
            fields.iter().map(|fault| format!("{} {}", fault.field, fault.rule)).collect::<Vec<_>>()
        };
        use HistoryStep::{Day, Month};
        assert_eq!(fault("2024-03-02", "2024-03-01", Day), ["from after_to"]);
        assert_eq!(fault("1950-01-01", "2024-03-01", Month), ["from too_long"]);
        assert_eq!(fault("1980-01-01", "2024-03-01", Day), ["step too_many_points"]);
        assert_eq!(fault("1899-12-31", "1900-01-01", Day), ["from out_of_range"]);
    }
}
