//! What a caller says about an asset, and the rules it must keep.

use kernel::{Amount, AmountError, Commodity, Context, Date, Decimal, Money};
use markets::{MarketsError, NewPrice, PriceKind, SourceCode};

use crate::checks::{Checks, Sign};
use crate::error::WealthError;
use crate::model::{Asset, AssetType, Country, Holding};

/// An asset to be entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAsset {
    /// What the family calls it.
    pub name: String,
    /// What kind of thing it is.
    pub kind: AssetType,
    /// Where it is.
    pub country: Country,
    /// Whose it is within the family.
    pub owner: Option<String>,
    /// From which date it counts.
    pub opened_on: Date,
    /// What there was of it on that date.
    pub holding: NewHolding,
}

/// What there is of a new asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewHolding {
    /// An amount of a currency; of a debt what is owed, above zero. Only cash may be below zero.
    Balance {
        /// How much.
        balance: Money,
    },
    /// One thing, such as a house.
    Unit {
        /// What it was worth.
        value: Money,
    },
    /// So much of a commodity that others hold too.
    Quantity {
        /// Of what.
        commodity: Commodity,
        /// How much.
        quantity: Decimal,
        /// What one was worth.
        price: UnitPrice,
    },
}

/// What one of something is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitPrice {
    /// The number; it may have more decimals than the currency.
    pub price: Decimal,
    /// In which currency.
    pub currency: Commodity,
}

/// What is to be changed about an asset; what is not mentioned stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateAsset {
    /// The day of which the value is stated.
    pub as_of: Date,
    /// The version that the caller saw; where the asset has another one, nothing is changed.
    pub expected_version: Option<u64>,
    /// What the family calls it.
    pub name: Option<String>,
    /// Whose it is; `Some(None)` makes it everybody's.
    pub owner: Option<Option<String>>,
    /// Where it is.
    pub country: Option<Country>,
    /// What there was of it, or what it was worth.
    pub stated: Option<Stated>,
}

/// What somebody states about an asset's value on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stated {
    /// The balance at the end of the day, as [`NewHolding::Balance`].
    Balance(Money),
    /// What the thing was worth.
    Value(Money),
    /// How much there was at the end of the day, or what one was worth, or both.
    Quantity {
        /// How much.
        quantity: Option<Decimal>,
        /// What one was worth.
        price: Option<UnitPrice>,
    },
}

/// What a request says about a value, once it was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    /// How much there is, on the natural side of the asset's account.
    pub amount: Option<Amount>,
    /// What one is worth.
    pub price: Option<UnitPrice>,
}

impl UpdateAsset {
    /// An update that changes nothing yet.
    #[must_use]
    pub const fn new(as_of: Date) -> Self {
        let (name, owner, country, stated) = (None, None, None, None);
        Self { as_of, expected_version: None, name, owner, country, stated }
    }
}

/// The words of a new asset: how it is held, what its account counts (nothing where that is its
/// own), the currency of its value, and what is stated of the day it was opened.
pub(crate) struct Terms {
    pub holding: Holding,
    pub commodity: Option<Commodity>,
    pub currency: Commodity,
    pub stated: Statement,
    pub name: String,
    pub owner: Option<String>,
}

impl NewAsset {
    pub(crate) fn check(&self, context: &Context) -> Result<Terms, WealthError> {
        let mut checks = Checks::default();
        let name = checks.name("name", &self.name);
        let owner = self.owner.as_deref().map(|owner| checks.name("owner", owner));
        checks.past_date("opened_on", self.opened_on, context);
        let is_money = matches!(self.kind, AssetType::Cash | AssetType::Debt);
        if is_money && self.holding.kind() != Holding::Balance {
            let detail = format!("{} is held as a balance", self.kind);
            checks.fault("holding.kind", "holding", detail);
        }
        let (commodity, currency, stated) = match &self.holding {
            NewHolding::Balance { balance } => {
                checks.money("holding.balance", *balance, balance_sign(self.kind));
                let stated = Statement { amount: Some(balance.amount), price: None };
                (Some(balance.commodity), balance.commodity, stated)
            }
            NewHolding::Unit { value } => {
                checks.money("holding.value", *value, Sign::Positive);
                let price = price_of(*value, "holding.value", &mut checks);
                let stated = Statement { amount: Some(Amount::from_minor(1)), price };
                (None, value.commodity, stated)
            }
            NewHolding::Quantity { commodity, quantity, price } => {
                check_commodity(*commodity, &mut checks);
                let (field, scale) = ("holding.quantity", commodity.scale);
                let amount = exact(*quantity, (scale, Sign::Positive), field, &mut checks);
                check_price(price, "holding.price", &mut checks);
                let stated = Statement { amount, price: Some(*price) };
                (Some(*commodity), price.currency, stated)
            }
        };
        checks.done()?;
        Ok(Terms { holding: self.holding.kind(), commodity, currency, stated, name, owner })
    }
}

impl NewHolding {
    const fn kind(&self) -> Holding {
        match self {
            Self::Balance { .. } => Holding::Balance,
            Self::Unit { .. } => Holding::Unit,
            Self::Quantity { .. } => Holding::Quantity,
        }
    }
}

impl Stated {
    /// What is said about the value of an asset on a day.
    pub(crate) fn check(
        &self,
        asset: &Asset,
        as_of: Date,
        context: &Context,
    ) -> Result<Statement, WealthError> {
        let mut checks = Checks::default();
        checks.past_date("as_of", as_of, context);
        if as_of < asset.opened_on {
            let detail = format!("asset {} counts from {}", asset.id, asset.opened_on);
            checks.fault("as_of", "before_opening", detail);
        }
        let stated = self.read(asset, &mut checks);
        checks.done()?;
        Ok(stated)
    }

    fn read(&self, asset: &Asset, checks: &mut Checks) -> Statement {
        let mut refuse = |field: &str| {
            let detail = format!("asset {} is held as a {}", asset.id, asset.holding);
            checks.fault(field, "holding", detail);
            Statement { amount: None, price: None }
        };
        match (self, asset.holding) {
            (Self::Balance(balance), Holding::Balance) => {
                check_currency(balance.commodity, asset, "balance", checks);
                checks.money("balance", *balance, balance_sign(asset.kind));
                Statement { amount: Some(balance.amount), price: None }
            }
            (Self::Value(value), Holding::Unit) => {
                check_currency(value.commodity, asset, "value", checks);
                checks.money("value", *value, Sign::Positive);
                Statement { amount: None, price: price_of(*value, "value", checks) }
            }
            (Self::Quantity { quantity, price }, Holding::Quantity) => {
                if quantity.is_none() && price.is_none() {
                    checks.fault("quantity", "missing", "a quantity or a price is stated");
                }
                let form = (asset.commodity.scale, Sign::NotNegative);
                let amount =
                    quantity.and_then(|quantity| exact(quantity, form, "quantity", checks));
                if let Some(price) = price {
                    check_currency(price.currency, asset, "price", checks);
                    check_price(price, "price", checks);
                }
                Statement { amount, price: *price }
            }
            (Self::Balance(_), Holding::Unit | Holding::Quantity) => refuse("balance"),
            (Self::Value(_), Holding::Balance | Holding::Quantity) => refuse("value"),
            (Self::Quantity { .. }, Holding::Balance | Holding::Unit) => refuse("quantity"),
        }
    }
}

impl UnitPrice {
    /// The price of an asset on a day as markets records it: its owner's own.
    pub(crate) fn of(self, commodity: Commodity, date: Date) -> NewPrice {
        NewPrice {
            commodity: commodity.code,
            date,
            price: self.price,
            currency: self.currency.code,
            source: SourceCode::own(),
            kind: PriceKind::Valuation,
        }
    }
}

/// An account of a bank may be overdrawn; a debt that were negative would be a mistake of the sign.
const fn balance_sign(kind: AssetType) -> Sign {
    match kind {
        AssetType::Cash => Sign::Any,
        AssetType::Property
        | AssetType::Vehicle
        | AssetType::Investment
        | AssetType::Crypto
        | AssetType::Superannuation
        | AssetType::Debt => Sign::NotNegative,
    }
}

fn price_of(value: Money, field: &str, checks: &mut Checks) -> Option<UnitPrice> {
    match value.amount.to_decimal(value.commodity.scale) {
        Ok(price) => Some(UnitPrice { price, currency: value.commodity }),
        Err(error) => {
            checks.fault(field, "too_large", error);
            None
        }
    }
}

fn exact(
    quantity: Decimal,
    (scale, sign): (u8, Sign),
    field: &str,
    checks: &mut Checks,
) -> Option<Amount> {
    match quantity.to_amount_exact(scale) {
        Ok(amount) => {
            checks.amount(field, amount, scale, sign);
            Some(amount)
        }
        Err(error) => {
            let is_precise = matches!(error, AmountError::TooPrecise { .. });
            checks.fault(field, if is_precise { "too_precise" } else { "too_large" }, error);
            None
        }
    }
}

fn check_price(price: &UnitPrice, field: &str, checks: &mut Checks) {
    checks.currency(field, price.currency);
    checks.decimal(field, price.price, Sign::Positive);
}

fn check_currency(given: Commodity, asset: &Asset, field: &str, checks: &mut Checks) {
    if given != asset.currency {
        let detail = format!("asset {} is valued in {}", asset.id, asset.currency);
        checks.fault(field, "currency", detail);
    }
}

/// A commodity that is held as a quantity: no currency, no asset's own, and with the decimals that
/// it is known to have.
fn check_commodity(commodity: Commodity, checks: &mut Checks) {
    if commodity.is_currency() {
        let detail = format!("{commodity} is a currency; it is held as a balance");
        checks.fault("holding.commodity", "currency", detail);
    } else if Asset::is_own_commodity(commodity.code) {
        let detail = format!("{commodity} would be the only one of its kind");
        checks.fault("holding.commodity", "reserved", detail);
    } else if let Ok(known) = Commodity::well_known(commodity.code.as_str())
        && known.scale != commodity.scale
    {
        let detail = format!("{commodity} has {} decimals", known.scale);
        checks.fault("holding.scale", "differs", detail);
    }
}

/// A price that markets refuses, as a fault of the field that it came from.
pub(crate) fn price_fault(error: MarketsError, field: &str) -> WealthError {
    match error {
        MarketsError::InvalidPrice { .. } => WealthError::field(field, "out_of_range", error),
        error => error.into(),
    }
}
