//! Prices of commodities: what one unit is worth, day by day, as its owner or a market says.
//!
//! What must stay true: a price is added and never changed; what a source said last about a day
//! counts, and of several sources of a day the one recorded last, an invented price behind all
//! others.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kernel::{CommodityCode, Context, Date, Timestamp};
use storage::journal::RowChange;
use storage::log::emission;
use storage::{Level, Tx};

use crate::error::MarketsError;
use crate::event::PriceRecorded;
use crate::limits::{PRICE_DECIMALS_MAX, PRICE_DIGITS_MAX, TABLE_CODES_MAX, TABLE_DAYS_MAX, YEARS};
use crate::model::{NewPrice, Price, PriceKind, age_days, is_in_range, within_digits};
use crate::store::{self, Span};

/// What became of a price that was to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedPrice {
    /// The price as it is known now.
    pub price: Price,
    /// Whether it was not known before.
    pub is_new: bool,
}

/// The prices of some commodities over some days, as known at a time.
#[derive(Clone, Debug)]
pub struct PriceTable {
    first: Date,
    last: Date,
    prices: BTreeMap<CommodityCode, BTreeMap<Date, Arc<Price>>>,
}

/// Records a price in a transaction of the tenant whose it is. Where the source said the same of
/// that day already, nothing is added.
pub async fn add_price(
    tx: &mut Tx,
    context: &Context,
    new: &NewPrice,
) -> Result<RecordedPrice, MarketsError> {
    if tx.level() != Level::Tenant(context.tenant) {
        return Err(MarketsError::NoTenant);
    }
    let latest = store::latest_price(tx, new).await?;
    let price = next_price(context, new, latest.as_ref())?;
    if let Some(price) = latest.filter(|price| price.says(new)) {
        return Ok(RecordedPrice { price, is_new: false });
    }
    let row = store::price_row(&price);
    tx.execute_one(row.statement, row.params).await?;
    tx.emit(context, &PriceRecorded::of(&price)).await?;
    Ok(RecordedPrice { price, is_new: true })
}

/// The first price that a source states of a commodity on a day, as row changes that a command of
/// an engine carries: they happen with its outcome, or neither does.
pub fn first_price(
    context: &Context,
    new: &NewPrice,
) -> Result<(Price, Vec<RowChange>), MarketsError> {
    let price = next_price(context, new, None)?;
    let (_, event) = emission(context, &PriceRecorded::of(&price))?;
    let row = store::price_row(&price);
    Ok((price, vec![row, event]))
}

/// A price after what its source said of that day before, as row changes that a command of an
/// engine carries: they happen with its outcome, or neither does. Where the source said the same
/// already there are none; where another call adds to the source's day first, they are refused.
pub async fn price_change(
    tx: &mut Tx,
    context: &Context,
    new: &NewPrice,
) -> Result<(RecordedPrice, Vec<RowChange>), MarketsError> {
    let latest = store::latest_price(tx, new).await?;
    let price = next_price(context, new, latest.as_ref())?;
    if let Some(price) = latest.filter(|price| price.says(new)) {
        return Ok((RecordedPrice { price, is_new: false }, Vec::new()));
    }
    let (_, event) = emission(context, &PriceRecorded::of(&price))?;
    let row = store::price_row(&price);
    Ok((RecordedPrice { price, is_new: true }, vec![row, event]))
}

/// The last price known on or before a day; in a transaction of the tenant that asks.
///
/// How old it is says [`Price::age_days`]. For many days or commodities load a [`PriceTable`] once.
pub async fn price(
    tx: &mut Tx,
    commodity: CommodityCode,
    date: Date,
    known_at: Option<Timestamp>,
) -> Result<Option<Price>, MarketsError> {
    let codes = BTreeSet::from([commodity]);
    let table = PriceTable::load(tx, &codes, (date, date), known_at).await?;
    Ok(table.price(commodity, date)?.cloned())
}

impl PriceTable {
    /// Reads the prices of these commodities for the days from `first` to `last`.
    pub async fn load(
        tx: &mut Tx,
        commodities: &BTreeSet<CommodityCode>,
        (first, last): (Date, Date),
        known_at: Option<Timestamp>,
    ) -> Result<Self, MarketsError> {
        if commodities.len() > TABLE_CODES_MAX || age_days(first, last) > TABLE_DAYS_MAX {
            return Err(MarketsError::TableTooLarge);
        }
        let span = Span { first, last, known_at };
        let mut prices = BTreeMap::new();
        for commodity in commodities {
            let found = store::prices(tx, *commodity, span).await?;
            prices.insert(*commodity, by_day(found));
        }
        Ok(Self { first, last, prices })
    }

    /// The currencies that its prices are in.
    #[must_use]
    pub fn currencies(&self) -> BTreeSet<CommodityCode> {
        let prices = self.prices.values().flat_map(BTreeMap::values);
        prices.map(|price| price.currency).collect()
    }

    /// The last price known on or before a day.
    ///
    /// # Errors
    /// Where the table was not loaded for the commodity or the day.
    pub fn price(
        &self,
        commodity: CommodityCode,
        date: Date,
    ) -> Result<Option<&Price>, MarketsError> {
        let days = self.prices.get(&commodity);
        let Some(days) = days.filter(|_| date >= self.first && date <= self.last) else {
            return Err(MarketsError::OutsideTable { code: commodity, date });
        };
        Ok(days.range(..=date).next_back().map(|(_, price)| price.as_ref()))
    }
}

/// For each day the price that counts.
fn by_day(mut prices: Vec<Price>) -> BTreeMap<Date, Arc<Price>> {
    // A source's last revision comes last of its day, and what counts most last of all.
    prices.sort_by(|one, other| order(one).cmp(&order(other)));
    let mut latest: BTreeMap<_, Price> = BTreeMap::new();
    for price in prices {
        latest.insert((price.date, price.source.clone()), price);
    }
    let mut counting: Vec<Price> = latest.into_values().collect();
    counting.sort_by(|one, other| order(one).cmp(&order(other)));
    counting.into_iter().map(|price| (price.date, Arc::new(price))).collect()
}

fn order(price: &Price) -> impl Ord + use<'_> {
    let is_made_up = price.kind == PriceKind::MadeUp;
    (price.date, !is_made_up, price.recorded, Reverse(&price.source), price.revision)
}

/// The price as it is to be recorded after what is known last.
fn next_price(
    context: &Context,
    new: &NewPrice,
    latest: Option<&Price>,
) -> Result<Price, MarketsError> {
    let invalid = |field, found: &dyn ToString, expected: String| {
        Err(MarketsError::InvalidPrice { field, found: found.to_string(), expected })
    };
    if new.price.is_negative() {
        return invalid("price", &new.price, "zero or above".to_owned());
    }
    let Some(price) = within_digits(new.price, PRICE_DIGITS_MAX, PRICE_DECIMALS_MAX) else {
        let expected =
            format!("of at most {PRICE_DIGITS_MAX} digits and {PRICE_DECIMALS_MAX} decimals");
        return invalid("price", &new.price, expected);
    };
    if !is_in_range(new.date) {
        let expected = format!("in a year from {} to {}", YEARS.start(), YEARS.end());
        return invalid("date", &new.date, expected);
    }
    if new.commodity == new.currency {
        return invalid("currency", &new.currency, "another than the commodity".to_owned());
    }
    let now = context.now();
    Ok(Price {
        commodity: new.commodity,
        date: new.date,
        price,
        currency: new.currency,
        source: new.source.clone(),
        kind: new.kind,
        revision: latest.map_or(0, |latest| latest.revision.saturating_add(1)),
        recorded: latest.map_or(now, |latest| latest.recorded.max(now)),
    })
}
