//! Money: an amount together with what it counts.

use std::fmt;

use crate::amount::{Amount, AmountError};
use crate::commodity::{Commodity, CommodityCode, CommodityError};

/// An amount of one commodity.
///
/// ```
/// use kernel::Money;
/// let rent = Money::parse("-1950.00", "AUD")?;
/// assert_eq!(rent.to_string(), "-1950.00 AUD");
/// assert!(rent.checked_add(Money::parse("1", "EUR")?).is_err());
/// assert!(Money::parse("0.5", "JPY").is_err());
/// # Ok::<(), kernel::MoneyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    /// How much, in minor units.
    pub amount: Amount,
    /// Of what.
    pub commodity: Commodity,
}

/// Why money could not be read or computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The number.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// The commodity.
    #[error(transparent)]
    Commodity(#[from] CommodityError),
    /// Two amounts of different things.
    #[error("{left} and {right} cannot be added")]
    Mixed {
        /// What the first counts.
        left: CommodityCode,
        /// What the second counts.
        right: CommodityCode,
    },
}

impl Money {
    /// `amount` of `commodity`.
    #[must_use]
    pub const fn new(amount: Amount, commodity: Commodity) -> Self {
        Self { amount, commodity }
    }

    /// Reads a plain decimal of a well-known currency or crypto-asset.
    pub fn parse(amount: &str, code: &str) -> Result<Self, MoneyError> {
        let commodity = Commodity::well_known(code)?;
        Ok(Self { amount: Amount::parse(amount, commodity.scale)?, commodity })
    }

    /// The sum of two amounts of the same thing.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        if self.commodity != other.commodity {
            let (left, right) = (self.commodity.code, other.commodity.code);
            return Err(MoneyError::Mixed { left, right });
        }
        Ok(Self { amount: self.amount.checked_add(other.amount)?, ..self })
    }

    /// The amount as a decimal text with all its decimals: `1234.50`.
    #[must_use]
    pub fn amount_text(&self) -> String {
        match self.amount.to_decimal(self.commodity.scale) {
            Ok(decimal) => decimal.to_string(),
            // A scale is at most SCALE_MAX, which every decimal has room for.
            Err(_) => format!("{}e-{}", self.amount, self.commodity.scale),
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.amount_text(), self.commodity.code)
    }
}
