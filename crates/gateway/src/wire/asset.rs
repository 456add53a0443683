//! Assets: what is asked of them, and how they are shown.

use kernel::{Commodity, Date, Decimal, FieldFault, time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use wealth::{NewAsset, NewHolding, Stated, UnitPrice, UpdateAsset};

use super::money::Money;
use crate::problem::ApiError;

/// What kind of thing an asset is; a debt counts negative.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AssetType {
    Cash,
    Property,
    Vehicle,
    Investment,
    Crypto,
    Superannuation,
    Debt,
}

/// How much there is of a new asset.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Holding {
    /// An amount of a currency; of a debt what is owed, above zero.
    Balance(BalanceHolding),
    /// One thing, such as a house.
    Unit(UnitHolding),
    /// So much of a commodity that others hold too.
    Quantity(QuantityHolding),
}

/// How much there is of a new asset, as the contract shows it: reading goes by the tag, which says
/// more of what is wrong.
#[derive(ToSchema)]
#[serde(untagged)]
#[schema(as = Holding, discriminator(property_name = "kind", mapping(
    ("balance" = "#/components/schemas/BalanceHolding"),
    ("unit" = "#/components/schemas/UnitHolding"),
    ("quantity" = "#/components/schemas/QuantityHolding"),
)))]
#[expect(dead_code, reason = "it is only a shape")]
pub(crate) enum HoldingShape {
    Balance(BalanceHolding),
    Unit(UnitHolding),
    Quantity(QuantityHolding),
}

/// The tag of each shape.
macro_rules! tags {
    ($($name:ident = $variant:ident),+) => {
        $(
            #[derive(Default, Deserialize, ToSchema)]
            #[serde(rename_all = "snake_case")]
            pub(crate) enum $name {
                #[default]
                $variant,
            }
        )+
    };
}

tags!(BalanceTag = Balance, UnitTag = Unit, QuantityTag = Quantity);

/// An amount of a currency.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BalanceHolding {
    #[serde(default, rename = "kind")]
    #[schema(required = true)]
    _kind: BalanceTag,
    pub balance: Money,
}

/// One thing, and what it was worth.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnitHolding {
    #[serde(default, rename = "kind")]
    #[schema(required = true)]
    _kind: UnitTag,
    pub value: Money,
}

/// So much of something, and what one was worth.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuantityHolding {
    #[serde(default, rename = "kind")]
    #[schema(required = true)]
    _kind: QuantityTag,
    /// Its code: `BTC`, `XNAS:AAPL`.
    pub commodity: String,
    /// The decimals of its amounts; may be left out for well-known ones.
    #[schema(nullable = false)]
    pub scale: Option<u8>,
    #[schema(format = "decimal")]
    pub quantity: String,
    /// What one is worth; may have more decimals than the currency.
    pub price: Money,
}

/// An asset to enter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddAssetRequest {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: AssetType,
    /// Two letters of ISO 3166.
    #[schema(example = "AU")]
    pub country: String,
    /// Whose it is within the family.
    #[schema(nullable = false)]
    pub owner: Option<String>,
    /// From which date it counts.
    #[schema(format = Date)]
    pub opened_on: String,
    #[schema(value_type = HoldingShape)]
    pub holding: Holding,
}

/// What is to be changed; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateAssetRequest {
    /// The day of which the value is stated; today where it is left out.
    #[schema(format = Date, nullable = false)]
    pub as_of: Option<String>,
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// Null makes it everybody's.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub owner: Option<Option<String>>,
    #[schema(nullable = false)]
    pub country: Option<String>,
    /// The balance at the end of the day.
    #[schema(nullable = false)]
    pub balance: Option<Money>,
    /// What the thing was worth.
    #[schema(nullable = false)]
    pub value: Option<Money>,
    /// How much there was.
    #[schema(format = "decimal", nullable = false)]
    pub quantity: Option<String>,
    /// What one was worth.
    #[schema(nullable = false)]
    pub price: Option<Money>,
}

/// An asset.
#[derive(Serialize, ToSchema)]
pub(crate) struct Asset {
    pub id: String,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: AssetType,
    pub country: String,
    pub owner: Option<String>,
    /// `balance`, `unit` or `quantity`.
    pub holding: String,
    /// What its account counts.
    pub commodity: String,
    /// The currency of its value.
    pub currency: String,
    /// Its account in the ledger.
    pub account: String,
    pub book: String,
    #[schema(format = Date)]
    pub opened_on: String,
    #[schema(format = Date)]
    pub disposed_on: Option<String>,
    /// `manual` or `import`.
    pub origin: String,
    /// What it is worth today in its own currency; nothing where no price is known.
    pub value: Option<Money>,
    /// Goes up with every change; send it as `If-Match`.
    pub version: u64,
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// Which assets.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AssetQuery {
    /// Those in a country.
    pub country: Option<String>,
    /// Those of a type.
    #[serde(rename = "type")]
    pub kind: Option<AssetType>,
    /// Those that were disposed of too.
    #[serde(default)]
    pub include_disposed: bool,
    /// At most so many items, 1 to 200; 50 where it is left out.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before; nothing for the first.
    pub cursor: Option<String>,
}

/// When an asset goes.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DisposeQuery {
    /// The first day on which it does not count; today where it is left out.
    #[param(format = Date)]
    pub on: Option<String>,
}

fn present<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(from).map(Some)
}

/// A date of a request.
pub(crate) fn date(field: &str, text: &str) -> Result<Date, ApiError> {
    let read = time::parse_date(text);
    read.map_err(|error| ApiError::field(FieldFault::new(field, "date", error)))
}

/// A decimal of a request.
pub(crate) fn decimal(field: &str, text: &str) -> Result<Decimal, ApiError> {
    let read = Decimal::parse(text);
    read.map_err(|error| ApiError::field(FieldFault::new(field, "decimal", error)))
}

fn unit_price(field: &str, money: &Money) -> Result<UnitPrice, ApiError> {
    let price = decimal(&format!("{field}.amount"), &money.amount)?;
    let currency = currency(&format!("{field}.currency"), &money.currency)?;
    Ok(UnitPrice { price, currency })
}

/// A currency of a request.
pub(crate) fn currency(field: &str, code: &str) -> Result<Commodity, ApiError> {
    let read = Commodity::well_known(code);
    read.map_err(|error| ApiError::field(FieldFault::new(field, "currency", error)))
}

impl AddAssetRequest {
    pub(crate) fn read(&self) -> Result<NewAsset, ApiError> {
        let country = self.country.parse();
        let wrong = |error| ApiError::field(FieldFault::new("country", "country", error));
        Ok(NewAsset {
            name: self.name.clone(),
            kind: self.kind.into(),
            country: country.map_err(wrong)?,
            owner: self.owner.clone(),
            opened_on: date("opened_on", &self.opened_on)?,
            holding: self.holding.read()?,
        })
    }
}

impl Holding {
    fn read(&self) -> Result<NewHolding, ApiError> {
        let money = |field: &str, money: &Money| money.read(field).map_err(ApiError::field);
        match self {
            Self::Balance(held) => {
                Ok(NewHolding::Balance { balance: money("holding.balance", &held.balance)? })
            }
            Self::Unit(held) => {
                Ok(NewHolding::Unit { value: money("holding.value", &held.value)? })
            }
            Self::Quantity(held) => {
                let commodity = match held.scale {
                    Some(scale) => Commodity::new(&held.commodity, scale),
                    None => Commodity::well_known(&held.commodity),
                };
                let field = "holding.commodity";
                let wrong = |error| ApiError::field(FieldFault::new(field, "commodity", error));
                Ok(NewHolding::Quantity {
                    commodity: commodity.map_err(wrong)?,
                    quantity: decimal("holding.quantity", &held.quantity)?,
                    price: unit_price("holding.price", &held.price)?,
                })
            }
        }
    }
}

impl UpdateAssetRequest {
    pub(crate) fn read(&self, today: Date) -> Result<UpdateAsset, ApiError> {
        let as_of = self.as_of.as_deref().map(|text| date("as_of", text)).transpose()?;
        let country = self.country.as_deref().map(str::parse).transpose();
        let wrong = |error| ApiError::field(FieldFault::new("country", "country", error));
        Ok(UpdateAsset {
            name: self.name.clone(),
            owner: self.owner.clone(),
            country: country.map_err(wrong)?,
            stated: self.stated()?,
            ..UpdateAsset::new(as_of.unwrap_or(today))
        })
    }

    fn stated(&self) -> Result<Option<Stated>, ApiError> {
        let Self { balance, value, quantity, price, .. } = self;
        let money = |field: &str, money: &Money| money.read(field).map_err(ApiError::field);
        match (balance, value, quantity.is_some() || price.is_some()) {
            (None, None, false) => Ok(None),
            (Some(balance), None, false) => Ok(Some(Stated::Balance(money("balance", balance)?))),
            (None, Some(value), false) => Ok(Some(Stated::Value(money("value", value)?))),
            (None, None, true) => {
                let quantity = quantity.as_deref().map(|text| decimal("quantity", text));
                let price = price.as_ref().map(|price| unit_price("price", price));
                let (quantity, price) = (quantity.transpose()?, price.transpose()?);
                Ok(Some(Stated::Quantity { quantity, price }))
            }
            _ => {
                let text = "state a balance, or a value, or a quantity and price";
                Err(ApiError::field(FieldFault::new("value", "one_of", text)))
            }
        }
    }
}

impl Asset {
    pub(crate) fn of(asset: &wealth::Asset, value: Option<kernel::Money>) -> Self {
        Self {
            id: asset.id.to_string(),
            name: asset.name.clone(),
            kind: asset.kind.into(),
            country: asset.country.to_string(),
            owner: asset.owner.clone(),
            holding: asset.holding.to_string(),
            commodity: asset.commodity.code.to_string(),
            currency: asset.currency.code.to_string(),
            account: asset.account.to_string(),
            book: asset.book.to_string(),
            opened_on: asset.opened_on.to_string(),
            disposed_on: asset.disposal.map(|gone| gone.on.to_string()),
            origin: asset.origin.to_string(),
            value: value.map(Money::from),
            version: asset.version,
            updated_at: asset.updated_at.to_string(),
        }
    }
}

macro_rules! same_variants {
    ($wire:ident = $module:ty: $($variant:ident),+) => {
        impl From<$module> for $wire {
            fn from(value: $module) -> Self {
                match value {
                    $(<$module>::$variant => Self::$variant,)+
                }
            }
        }

        impl From<$wire> for $module {
            fn from(value: $wire) -> Self {
                match value {
                    $($wire::$variant => Self::$variant,)+
                }
            }
        }
    };
}

pub(crate) use same_variants;

same_variants!(AssetType = wealth::AssetType:
    Cash, Property, Vehicle, Investment, Crypto, Superannuation, Debt);
