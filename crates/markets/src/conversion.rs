//! A rate of exchange as it is used: its legs, each a rate that somebody stated, and the exact
//! fraction that they make.
//!
//! What must stay true: nothing is rounded before the amount is; the rate from B to A is the exact
//! inverse of the one from A to B of the same day.

use std::sync::Arc;

use kernel::amount::Factor;
use kernel::{AmountError, Commodity, CommodityCode, Date, Decimal, DecimalError, Money, Rounding};

use crate::error::MarketsError;
use crate::model::{Price, Rate, RateKind};

/// How to come from one currency to another on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversionRate {
    /// The currency that is converted.
    pub from: CommodityCode,
    /// The currency it is converted to.
    pub to: CommodityCode,
    /// The day that it was asked for.
    pub date: Date,
    /// The rates it goes through, in order; none where both currencies are the same.
    pub legs: Vec<RateLeg>,
}

/// One rate on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLeg {
    /// The rate as it is stated.
    pub rate: Arc<Rate>,
    /// Whether the way leads from its quote to its base, so that it divides.
    pub inverse: bool,
}

impl ConversionRate {
    /// The rate over these legs.
    pub(crate) fn over(
        (from, to): (CommodityCode, CommodityCode),
        date: Date,
        rates: impl IntoIterator<Item = Arc<Rate>>,
    ) -> Self {
        let mut at = from;
        let mut legs = Vec::new();
        for rate in rates {
            let inverse = rate.base != at;
            at = if inverse { rate.base } else { rate.quote };
            legs.push(RateLeg { rate, inverse });
        }
        Self { from, to, date, legs }
    }

    /// The leg whose rate is the oldest; the first of several.
    #[must_use]
    pub fn oldest(&self) -> Option<&RateLeg> {
        self.legs.iter().min_by_key(|leg| leg.rate.date)
    }

    /// The age of the oldest rate on the day that was asked for, in days.
    #[must_use]
    pub fn age_days(&self) -> u32 {
        self.oldest().map_or(0, |leg| leg.rate.age_days(self.date))
    }

    /// Whether a rate on the way is invented.
    #[must_use]
    pub fn is_made_up(&self) -> bool {
        self.legs.iter().any(|leg| leg.rate.kind == RateKind::MadeUp)
    }

    /// The exact factor.
    pub fn factor(&self) -> Result<Factor, MarketsError> {
        let (above, below) = self.ratio().map_err(AmountError::Decimal)?;
        Ok(Factor::ratio(above, below)?)
    }

    /// The exact factor from units of a commodity to the currency converted to, so that what they
    /// are worth is rounded once. The price must be in the currency converted from.
    pub fn priced_factor(&self, price: &Price) -> Result<Factor, MarketsError> {
        if price.currency != self.from {
            let (found, expected) = (price.currency, self.from);
            return Err(MarketsError::OtherCommodity { found, expected });
        }
        let (above, below) = self.ratio().map_err(AmountError::Decimal)?;
        let above = above.checked_mul(price.price).map_err(AmountError::Decimal)?;
        Ok(Factor::ratio(above, below)?)
    }

    /// Money of the one currency in the other, rounded once.
    pub fn convert(
        &self,
        money: Money,
        to: Commodity,
        rounding: Rounding,
    ) -> Result<Money, MarketsError> {
        let given = [(money.commodity.code, self.from), (to.code, self.to)];
        if let Some((found, expected)) = given.into_iter().find(|(found, own)| found != own) {
            return Err(MarketsError::OtherCommodity { found, expected });
        }
        let (scale, factor) = (money.commodity.scale, self.factor()?);
        Ok(Money::new(money.amount.convert(scale, &factor, to.scale, rounding)?, to))
    }

    /// What the amount is multiplied by, and what it is divided by.
    pub(crate) fn ratio(&self) -> Result<(Decimal, Decimal), DecimalError> {
        self.legs.iter().try_fold((Decimal::ONE, Decimal::ONE), |(above, below), leg| {
            Ok(match leg.inverse {
                false => (above.checked_mul(leg.rate.rate)?, below),
                true => (above, below.checked_mul(leg.rate.rate)?),
            })
        })
    }
}

impl Price {
    /// What an amount of the commodity is worth, in the price's currency.
    pub fn value(
        &self,
        quantity: Money,
        currency: Commodity,
        rounding: Rounding,
    ) -> Result<Money, MarketsError> {
        let given = [(quantity.commodity.code, self.commodity), (currency.code, self.currency)];
        if let Some((found, expected)) = given.into_iter().find(|(found, own)| found != own) {
            return Err(MarketsError::OtherCommodity { found, expected });
        }
        let (scale, factor) = (quantity.commodity.scale, Factor::of(self.price));
        Ok(Money::new(quantity.amount.convert(scale, &factor, currency.scale, rounding)?, currency))
    }
}
