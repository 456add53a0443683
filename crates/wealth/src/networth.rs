//! What the family is worth on a day, as far as was known at a time, and by what.
//!
//! What must stay true: the total is the sum of the figures that are listed, to the last digit; the
//! same question gives the same answer however late it is asked, as long as it says `known_at`.

use std::collections::BTreeMap;

use kernel::{Amount, BookId, Commodity, Context, Date, Money, Rounding, Timestamp};
use ledger::{AccountId, BalanceFilter, BalanceInputs};
use markets::limits::RATE_AGE_DAYS_MAX;
use markets::{ConversionRate, Price};

use crate::Wealth;
use crate::checks::Checks;
use crate::error::WealthError;
use crate::limits::ASSETS_MAX;
use crate::model::{Asset, AssetType, Country};
use crate::store::{self, AssetFilter};
use crate::valuation::{Limits, ROUNDING, Span, Valuer};

/// A question for the net worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetWorthQuery {
    /// In which currency.
    pub currency: Commodity,
    /// At the end of which day.
    pub as_of: Date,
    /// As far as was known then: bookings, prices, rates and disposals that were recorded later do
    /// not count. (What the family calls its assets is shown as it is today.)
    pub known_at: Option<Timestamp>,
    /// How old a rate may be, in days.
    pub rate_age_days_max: u32,
    /// How old a price may be, in days; of any age where nothing is said. The valuation of a house
    /// is good for years, and its date is in the answer.
    pub price_age_days_max: Option<u32>,
    /// Whether each figure is to be explained.
    pub explain: bool,
}

/// What the family is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetWorth {
    /// At the end of this day.
    pub as_of: Date,
    /// In this currency.
    pub currency: Commodity,
    /// The sum of the values below.
    pub total: Money,
    /// Every asset that counts on the day, in about the order of entry.
    pub assets: Vec<Valued>,
}

/// What an asset is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Valued {
    /// The asset.
    pub asset: Asset,
    /// In the currency of its balance or price, rounded half to even. Debts are below zero.
    pub native: Money,
    /// In the currency that was asked for, rounded once, half to even, from balance, price and
    /// rates.
    pub value: Money,
    /// What one of it is worth, where it is no money itself.
    pub price: Option<Price>,
    /// How its currency was converted; nothing where there was nothing to convert.
    pub rate: Option<ConversionRate>,
    /// Where the figure comes from, if that was asked for.
    pub explanation: Option<Explanation>,
}

/// Where a figure comes from: `balance × sign × price × rates`, rounded. Price and rates stand
/// beside it with their dates, sources and when they were recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The account in the ledger.
    pub account: AccountId,
    /// Its balance by effective date, on its natural side: of a debt, what is owed.
    pub balance: Money,
    /// Whether the balance counts negative.
    pub is_debt: bool,
    /// How many transfers make the balance.
    pub transfers: u64,
    /// The dates of the first and the last of these.
    pub dates: Option<(Date, Date)>,
    /// How the figure was rounded.
    pub rounding: Rounding,
}

/// The net worth, and its parts by type, country and owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The whole.
    pub net_worth: NetWorth,
    /// By type.
    pub by_type: Vec<Part<AssetType>>,
    /// By country.
    pub by_country: Vec<Part<Country>>,
    /// By owner; nobody's own first.
    pub by_owner: Vec<Part<Option<String>>>,
}

/// What some of the assets are worth together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<K> {
    /// What they have in common.
    pub key: K,
    /// What they are worth.
    pub value: Money,
    /// How many they are.
    pub assets: usize,
}

impl NetWorthQuery {
    /// The net worth at the end of a day by all that is known today, without explanations.
    #[must_use]
    pub const fn new(currency: Commodity, as_of: Date) -> Self {
        Self {
            currency,
            as_of,
            known_at: None,
            rate_age_days_max: RATE_AGE_DAYS_MAX,
            price_age_days_max: None,
            explain: false,
        }
    }

    fn check(&self) -> Result<(), WealthError> {
        let mut checks = Checks::default();
        checks.currency("currency", self.currency);
        checks.date("as_of", self.as_of);
        checks.done()
    }
}

impl Wealth {
    /// What the family is worth at the end of a day.
    ///
    /// # Errors
    /// [`WealthError::PriceMissing`], [`WealthError::PriceTooOld`] or [`WealthError::Unconverted`]
    /// name the first asset whose value cannot be told.
    pub async fn net_worth(
        &self,
        context: &Context,
        query: &NetWorthQuery,
    ) -> Result<NetWorth, WealthError> {
        query.check()?;
        let NetWorthQuery { currency, as_of, known_at, .. } = *query;
        let (book, mut assets) = self.household_assets(context).await?;
        assets.retain(|asset| asset.counts_on(as_of, known_at));
        let mut tx = self.read(context).await?;
        let filter = BalanceFilter { account: None, date: as_of, known_at };
        let inputs = self.ledger.balance_inputs(&mut tx, book, &filter).await?;
        let span = Span { first: as_of, last: as_of, known_at };
        let limits = Limits {
            currency,
            rate_age_days_max: query.rate_age_days_max,
            price_age_days_max: query.price_age_days_max,
        };
        let mut valuer = Valuer::load(&mut tx, &assets, span, limits).await?;
        tx.commit().await?;

        let inputs: BTreeMap<AccountId, BalanceInputs> =
            inputs.into_iter().map(|inputs| (inputs.account, inputs)).collect();
        let value = |asset: Asset| {
            let inputs = inputs.get(&asset.account);
            let amount = inputs.map_or(Amount::ZERO, |inputs| inputs.balance);
            let worth = valuer.worth(&asset, amount, as_of)?;
            let explanation = query.explain.then(|| Explanation::of(&asset, amount, inputs));
            Ok(Valued {
                asset,
                native: worth.native,
                value: worth.value,
                price: worth.price,
                rate: worth.rate,
                explanation,
            })
        };
        let assets = assets.into_iter().map(value).collect::<Result<Vec<_>, WealthError>>()?;
        let total = sum(currency, assets.iter().map(|valued| valued.value))?;
        Ok(NetWorth { as_of, currency, total, assets })
    }

    /// What the family is worth at the end of a day, and its parts by type, country and owner.
    ///
    /// # Errors
    /// As [`Wealth::net_worth`].
    pub async fn summary(
        &self,
        context: &Context,
        query: &NetWorthQuery,
    ) -> Result<Summary, WealthError> {
        let net_worth = self.net_worth(context, query).await?;
        let assets = &net_worth.assets;
        let by_type = parts(query.currency, assets, |asset| asset.kind)?;
        let by_country = parts(query.currency, assets, |asset| asset.country)?;
        let by_owner = parts(query.currency, assets, |asset| asset.owner.clone())?;
        Ok(Summary { net_worth, by_type, by_country, by_owner })
    }

    /// The household's book and all its assets, once the ledger's tables hold all that was
    /// committed with them. What is read afterwards is as new as the assets are, or newer.
    pub(crate) async fn household_assets(
        &self,
        context: &Context,
    ) -> Result<(BookId, Vec<Asset>), WealthError> {
        let mut tx = self.read(context).await?;
        let book = self.household(&mut tx).await?.id;
        let filter = AssetFilter { include_disposed: true, ..AssetFilter::default() };
        let assets = store::assets(&mut tx, &filter, None, ASSETS_MAX + 1).await?;
        tx.commit().await?;
        if assets.len() > ASSETS_MAX {
            return Err(WealthError::TooManyAssets);
        }
        self.ledger.wait_for_book(book).await?;
        Ok((book, assets))
    }
}

impl Explanation {
    fn of(asset: &Asset, amount: Amount, inputs: Option<&BalanceInputs>) -> Self {
        Self {
            account: asset.account,
            balance: Money::new(amount, asset.commodity),
            is_debt: !asset.kind.account_kind().is_debit_normal(),
            transfers: inputs.map_or(0, |inputs| inputs.transfers),
            dates: inputs.map(|inputs| (inputs.first, inputs.last)),
            rounding: ROUNDING,
        }
    }
}

/// The sum of figures in one currency.
pub(crate) fn sum(
    currency: Commodity,
    values: impl IntoIterator<Item = Money>,
) -> Result<Money, WealthError> {
    let amounts = values.into_iter().map(|value| value.amount);
    Ok(Money::new(Amount::checked_sum(amounts)?, currency))
}

fn parts<K: Ord>(
    currency: Commodity,
    assets: &[Valued],
    key: impl Fn(&Asset) -> K,
) -> Result<Vec<Part<K>>, WealthError> {
    let mut grouped: BTreeMap<K, Vec<Money>> = BTreeMap::new();
    for valued in assets {
        grouped.entry(key(&valued.asset)).or_default().push(valued.value);
    }
    let part = |(key, values): (K, Vec<Money>)| {
        let assets = values.len();
        Ok(Part { key, value: sum(currency, values)?, assets })
    };
    grouped.into_iter().map(part).collect()
}
