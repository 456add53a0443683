//! What the family is worth, and by what.

use kernel::Rounding;
use markets::{ConversionRate, Price};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use wealth::{Explanation, Valued};

use super::asset::{AssetType, same_variants};
use super::money::Money;
use crate::problem::ApiError;

/// Worth in which currency, on which day.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WorthQuery {
    /// A code of ISO 4217.
    #[param(example = "AUD")]
    pub currency: String,
    /// At the end of this day; today where it is left out.
    #[param(format = Date)]
    pub as_of: Option<String>,
    /// As far as was known then.
    #[param(format = DateTime)]
    pub known_at: Option<String>,
    /// How old a rate may be, in days.
    pub rate_age_days_max: Option<u32>,
    /// How old a price may be, in days; of any age where it is left out.
    pub price_age_days_max: Option<u32>,
    /// Whether each figure shows its inputs.
    #[serde(default)]
    pub explain: bool,
}

/// Worth over time.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    #[param(example = "AUD")]
    pub currency: String,
    #[param(format = Date)]
    pub from: String,
    /// Today where it is left out.
    #[param(format = Date)]
    pub to: Option<String>,
    /// `day`, `week` or `month`.
    #[serde(default)]
    #[param(inline)]
    pub step: Step,
    /// How old a rate may be on each day, in days.
    pub rate_age_days_max: Option<u32>,
}

/// How far points are apart.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Day,
    Week,
    #[default]
    Month,
}

/// What the family is worth.
#[derive(Serialize, ToSchema)]
pub(crate) struct NetWorth {
    #[schema(format = Date)]
    pub as_of: String,
    pub currency: String,
    /// The sum of the values below.
    pub total: Money,
    pub assets: Vec<ValuedAsset>,
}

/// What an asset is worth on the day.
#[derive(Serialize, ToSchema)]
pub(crate) struct ValuedAsset {
    pub id: String,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: AssetType,
    pub country: String,
    pub owner: Option<String>,
    /// In the currency that was asked for.
    pub value: Money,
    /// In its own.
    pub native: Money,
    /// How it was converted; nothing where there was nothing to convert.
    pub rate: Option<Rate>,
    /// What one of it is worth, where it is no money itself.
    pub price: Option<AssetPrice>,
    /// Where the figure comes from, if that was asked for.
    pub explain: Option<Explain>,
}

/// A rate from one currency to another.
#[derive(Serialize, ToSchema)]
pub(crate) struct Rate {
    pub from: String,
    pub to: String,
    /// For people to read: six significant decimals; the exact one is the product of the path.
    #[schema(format = "decimal")]
    pub rate: String,
    /// The date of the oldest rate in it.
    #[schema(format = Date)]
    pub date: String,
    pub age_days: u32,
    /// Whether a rate in it is made up.
    pub made_up: bool,
    /// Who states it; of several, each.
    pub source: String,
    pub path: Vec<RateLeg>,
}

/// One rate on the way.
#[derive(Serialize, ToSchema)]
pub(crate) struct RateLeg {
    pub base: String,
    pub quote: String,
    #[schema(format = "decimal")]
    pub rate: String,
    #[schema(format = Date)]
    pub date: String,
    pub source: String,
    /// `reference`, `market` or `made_up`.
    pub kind: String,
    /// Whether it divides.
    pub inverse: bool,
    #[schema(format = DateTime)]
    pub recorded: String,
}

/// What one of an asset is worth.
#[derive(Serialize, ToSchema)]
pub(crate) struct AssetPrice {
    #[schema(format = "decimal")]
    pub price: String,
    pub currency: String,
    #[schema(format = Date)]
    pub date: String,
    pub source: String,
    /// `valuation`, `market` or `made_up`.
    pub kind: String,
    #[schema(format = DateTime)]
    pub recorded: String,
}

/// Where a figure comes from: balance × price × rate, rounded once.
#[derive(Serialize, ToSchema)]
pub(crate) struct Explain {
    pub account: String,
    /// On the account's natural side: of a debt, what is owed.
    pub balance: Money,
    /// Whether the balance counts negative.
    pub is_debt: bool,
    /// How many transfers make it.
    pub transfers: u64,
    #[schema(format = Date)]
    pub first: Option<String>,
    #[schema(format = Date)]
    pub last: Option<String>,
    pub rounding: String,
}

/// The net worth and its parts.
#[derive(Serialize, ToSchema)]
pub(crate) struct Summary {
    #[schema(format = Date)]
    pub as_of: String,
    pub currency: String,
    pub total: Money,
    pub by_type: Vec<TypePart>,
    pub by_country: Vec<CountryPart>,
    pub by_owner: Vec<OwnerPart>,
    pub assets: Vec<ValuedAsset>,
}

/// What the assets of a type are worth.
#[derive(Serialize, ToSchema)]
pub(crate) struct TypePart {
    #[serde(rename = "type")]
    pub kind: AssetType,
    pub value: Money,
    pub assets: usize,
}

/// What the assets in a country are worth.
#[derive(Serialize, ToSchema)]
pub(crate) struct CountryPart {
    pub country: String,
    pub value: Money,
    pub assets: usize,
}

/// What the assets of an owner are worth; nothing for everybody's.
#[derive(Serialize, ToSchema)]
pub(crate) struct OwnerPart {
    pub owner: Option<String>,
    pub value: Money,
    pub assets: usize,
}

/// What the family was worth over time.
#[derive(Serialize, ToSchema)]
pub(crate) struct History {
    pub currency: String,
    pub points: Vec<HistoryPoint>,
}

/// One day of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct HistoryPoint {
    #[schema(format = Date)]
    pub date: String,
    /// Nothing where it cannot be told.
    pub total: Option<Money>,
    /// Why it cannot.
    pub reason: Option<String>,
}

impl ValuedAsset {
    pub(crate) fn of(valued: &Valued) -> Result<Self, ApiError> {
        let asset = &valued.asset;
        Ok(Self {
            id: asset.id.to_string(),
            name: asset.name.clone(),
            kind: asset.kind.into(),
            country: asset.country.to_string(),
            owner: asset.owner.clone(),
            value: valued.value.into(),
            native: valued.native.into(),
            rate: valued
                .rate
                .as_ref()
                .filter(|rate| !rate.legs.is_empty())
                .map(Rate::of)
                .transpose()?,
            price: valued.price.as_ref().map(AssetPrice::of),
            explain: valued.explanation.as_ref().map(Explain::of),
        })
    }
}

impl Rate {
    pub(crate) fn of(rate: &ConversionRate) -> Result<Self, ApiError> {
        let sources: std::collections::BTreeSet<&str> =
            rate.legs.iter().map(|leg| leg.rate.source.as_str()).collect();
        let date = rate.oldest().map_or(rate.date, |leg| leg.rate.date);
        let factor = rate.factor()?;
        Ok(Self {
            from: rate.from.to_string(),
            to: rate.to.to_string(),
            rate: readable(&factor)?,
            date: date.to_string(),
            age_days: rate.age_days(),
            made_up: rate.is_made_up(),
            source: sources.into_iter().collect::<Vec<_>>().join("+"),
            path: rate.legs.iter().map(RateLeg::of).collect(),
        })
    }
}

/// Six decimals after the first that is not zero.
fn readable(factor: &kernel::amount::Factor) -> Result<String, ApiError> {
    let scale_max = 18;
    for scale in (6..=scale_max).step_by(3) {
        let rounded = factor.to_decimal(scale, Rounding::HalfEven).map_err(ApiError::internal)?;
        if rounded.abs().coefficient() >= 100_000 || scale == scale_max {
            return Ok(rounded.to_string());
        }
    }
    Ok(String::new())
}

impl RateLeg {
    fn of(leg: &markets::RateLeg) -> Self {
        let rate = &leg.rate;
        Self {
            base: rate.base.to_string(),
            quote: rate.quote.to_string(),
            rate: rate.rate.to_string(),
            date: rate.date.to_string(),
            source: rate.source.as_str().to_owned(),
            kind: rate.kind.code().to_owned(),
            inverse: leg.inverse,
            recorded: rate.recorded.to_string(),
        }
    }
}

impl AssetPrice {
    fn of(price: &Price) -> Self {
        Self {
            price: price.price.to_string(),
            currency: price.currency.to_string(),
            date: price.date.to_string(),
            source: price.source.as_str().to_owned(),
            kind: price.kind.code().to_owned(),
            recorded: price.recorded.to_string(),
        }
    }
}

impl Explain {
    fn of(explanation: &Explanation) -> Self {
        let (first, last) = explanation.dates.unzip();
        Self {
            account: explanation.account.to_string(),
            balance: explanation.balance.into(),
            is_debt: explanation.is_debt,
            transfers: explanation.transfers,
            first: first.map(|date| date.to_string()),
            last: last.map(|date| date.to_string()),
            rounding: match explanation.rounding {
                Rounding::HalfEven => "half_even",
                Rounding::HalfUp => "half_up",
                Rounding::Down => "down",
                Rounding::Up => "up",
                Rounding::Floor => "floor",
                Rounding::Ceiling => "ceiling",
            }
            .to_owned(),
        }
    }
}

same_variants!(Step = wealth::HistoryStep: Day, Week, Month);
