//! What an asset is worth on a day: its balance, times a price where it has one, converted.
//!
//! What must stay true: a figure is rounded once, half to even, from the exact product of its
//! inputs; where an input is missing or too old there is an error that names the asset; where there
//! is nothing of an asset it is worth nothing, and needs neither price nor rate.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Amount, Commodity, CommodityCode, Date, Money, Rounding, Timestamp};
use markets::limits::TABLE_CODES_MAX;
use markets::{ConversionRate, MarketsError, Price, PriceTable, RateQuery, RateTable};
use storage::Tx;

use crate::error::WealthError;
use crate::model::{Asset, Holding};

/// How every figure is rounded.
pub const ROUNDING: Rounding = Rounding::HalfEven;

/// The days that are asked of, and as of when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub first: Date,
    pub last: Date,
    pub known_at: Option<Timestamp>,
}

/// The currency of the figures, and how old what they rest on may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub currency: Commodity,
    pub rate_age_days_max: u32,
    pub price_age_days_max: Option<u32>,
}

/// What an asset is worth on a day. Debts are worth less than nothing.
#[derive(Clone, Debug)]
pub(crate) struct Worth {
    /// In the currency of its balance or price.
    pub native: Money,
    /// In the currency that was asked for.
    pub value: Money,
    pub price: Option<Price>,
    pub rate: Option<ConversionRate>,
}

/// The prices of assets that are no money themselves.
pub(crate) struct Prices {
    tables: Vec<(BTreeSet<CommodityCode>, PriceTable)>,
}

/// Computes what assets are worth.
pub(crate) struct Valuer {
    prices: Prices,
    rates: RateTable,
    limits: Limits,
    /// The rates of the day that was asked of last, by the currency they are from.
    day: Option<Date>,
    found: BTreeMap<CommodityCode, ConversionRate>,
}

impl Prices {
    /// The prices of all that these assets are counted in.
    pub(crate) async fn load(
        tx: &mut Tx,
        assets: &[Asset],
        span: Span,
    ) -> Result<Self, MarketsError> {
        let priced = assets.iter().filter(|asset| asset.holding != Holding::Balance);
        let codes: BTreeSet<CommodityCode> = priced.map(|asset| asset.commodity.code).collect();
        let codes: Vec<CommodityCode> = codes.into_iter().collect();
        let mut tables = Vec::new();
        for some in codes.chunks(TABLE_CODES_MAX) {
            let some: BTreeSet<CommodityCode> = some.iter().copied().collect();
            let days = (span.first, span.last);
            let table = PriceTable::load(tx, &some, days, span.known_at).await?;
            tables.push((some, table));
        }
        Ok(Self { tables })
    }

    fn on(&self, code: CommodityCode, date: Date) -> Result<Option<&Price>, MarketsError> {
        match self.tables.iter().find(|(codes, _)| codes.contains(&code)) {
            Some((_, table)) => table.price(code, date),
            None => Err(MarketsError::OutsideTable { code, date }),
        }
    }

    /// The currencies that prices are in.
    fn currencies(&self) -> impl Iterator<Item = CommodityCode> + '_ {
        self.tables.iter().flat_map(|(_, table)| table.currencies())
    }

    /// An amount of an asset, on its account's natural side, in the currency of its balance or
    /// price; with the price. Nothing where no price is known.
    pub(crate) fn native(
        &self,
        asset: &Asset,
        amount: Amount,
        date: Date,
    ) -> Result<Option<(Money, Option<&Price>)>, WealthError> {
        let amount = asset.kind.account_kind().natural(amount);
        if asset.holding == Holding::Balance {
            return Ok(Some((Money::new(amount, asset.commodity), None)));
        }
        if amount.is_zero() {
            return Ok(Some((Money::new(Amount::ZERO, asset.currency), None)));
        }
        let Some(price) = self.on(asset.commodity.code, date)? else { return Ok(None) };
        let currency = well_known(price.currency)?;
        let quantity = Money::new(amount, asset.commodity);
        Ok(Some((price.value(quantity, currency, ROUNDING)?, Some(price))))
    }
}

impl Valuer {
    /// Reads what is needed to value these assets on the days of a span.
    pub(crate) async fn load(
        tx: &mut Tx,
        assets: &[Asset],
        span: Span,
        limits: Limits,
    ) -> Result<Self, WealthError> {
        let prices = Prices::load(tx, assets, span).await?;
        let mut currencies: BTreeSet<CommodityCode> = prices.currencies().collect();
        currencies.extend(assets.iter().map(|asset| asset.currency.code));
        currencies.insert(limits.currency.code);
        let days = (span.first, span.last);
        let rates = RateTable::load(tx, &currencies, days, span.known_at).await?;
        Ok(Self { prices, rates, limits, day: None, found: BTreeMap::new() })
    }

    /// What an amount of an asset, on its account's natural side, is worth on a day.
    pub(crate) fn worth(
        &mut self,
        asset: &Asset,
        amount: Amount,
        date: Date,
    ) -> Result<Worth, WealthError> {
        let Limits { currency, price_age_days_max, .. } = self.limits;
        let (id, commodity) = (asset.id, asset.commodity.code);
        let Some((native, price)) = self.prices.native(asset, amount, date)? else {
            return Err(WealthError::PriceMissing { asset: id, commodity, date });
        };
        if amount.is_zero() {
            let value = Money::new(Amount::ZERO, currency);
            return Ok(Worth { native, value, price: None, rate: None });
        }
        let price = price.cloned();
        if let (Some(price), Some(age_days_max)) = (&price, price_age_days_max)
            && price.age_days(date) > age_days_max
        {
            let (price_date, age_days) = (price.date, price.age_days(date));
            return Err(WealthError::PriceTooOld {
                asset: id,
                commodity,
                date,
                price_date,
                age_days,
                age_days_max,
            });
        }
        let unconverted = |error| WealthError::Unconverted { asset: id, error };
        let rate = self.rate(native.commodity.code, date).map_err(unconverted)?;
        let factor = match &price {
            Some(price) => rate.priced_factor(price),
            None => rate.factor(),
        };
        let factor = factor.map_err(unconverted)?;
        let signed = asset.kind.account_kind().natural(amount);
        let value = signed.convert(asset.commodity.scale, &factor, currency.scale, ROUNDING)?;
        let rate = Some(rate.clone());
        Ok(Worth { native, value: Money::new(value, currency), price, rate })
    }

    fn rate(&mut self, from: CommodityCode, date: Date) -> Result<&ConversionRate, MarketsError> {
        use std::collections::btree_map::Entry;
        if self.day != Some(date) {
            self.found.clear();
            self.day = Some(date);
        }
        match self.found.entry(from) {
            Entry::Occupied(found) => Ok(found.into_mut()),
            Entry::Vacant(place) => {
                let Limits { currency, rate_age_days_max, .. } = self.limits;
                let query = RateQuery::new(from, currency.code, date);
                let query = query.with_age_days_max(rate_age_days_max);
                Ok(place.insert(self.rates.rate(&query)?))
            }
        }
    }
}

/// The currency with this code.
fn well_known(code: CommodityCode) -> Result<Commodity, WealthError> {
    let known = Commodity::well_known(code.as_str());
    known.map_err(|error| WealthError::field("currency", "unknown", error))
}
