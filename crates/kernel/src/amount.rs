//! Amounts: whole numbers of minor units, and the only arithmetic that may touch them.
//!
//! An [`Amount`] does not know its commodity; the account (or the [`Money`](crate::Money)) that
//! holds it does. What must stay true: every operation is exact or says how it rounded, and an
//! overflow is an error.

use std::fmt;
use std::str::FromStr;

use ethnum::I256;

use crate::decimal::{Decimal, DecimalError, power_of_ten};

/// A whole number of minor units (cents at scale 2, satoshi at scale 8).
///
/// ```
/// use kernel::Amount;
/// let price = Amount::from_minor(12_50);
/// assert_eq!(price.checked_add(Amount::from_minor(50))?.to_decimal(2)?.to_string(), "13.00");
/// assert!(Amount::MAX.checked_add(Amount::from_minor(1)).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(i128);

/// How to come from an exact number to one with fewer digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest, a half to the even neighbour (the rule where none is named elsewhere).
    HalfEven,
    /// To the nearest, a half away from zero (what most invoices and tax offices do).
    HalfUp,
    /// Towards zero.
    Down,
    /// Away from zero.
    Up,
    /// Towards negative infinity.
    Floor,
    /// Towards positive infinity.
    Ceiling,
}

/// Why an amount could not be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// The result needs more than 127 bits.
    #[error("the amount is too large")]
    Overflow,
    /// A division by zero, or an allocation over weights that are all zero.
    #[error("an amount cannot be divided by zero")]
    DivisionByZero,
    /// The number has more decimals than the commodity.
    #[error("{found} has more than {scale} decimals")]
    TooPrecise {
        /// The number as given.
        found: String,
        /// The decimals the commodity has.
        scale: u8,
    },
    /// The text is not a decimal number.
    #[error(transparent)]
    Decimal(#[from] DecimalError),
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount.
    pub const MAX: Self = Self(i128::MAX);
    /// The smallest amount, so chosen that negation never fails.
    pub const MIN: Self = Self(-i128::MAX);

    /// An amount of `minor` units. `i128::MIN`, which has no negative, becomes [`Amount::MIN`]
    /// through [`Amount::try_from_minor`] only; here it saturates by one unit.
    #[must_use]
    pub const fn from_minor(minor: i128) -> Self {
        if minor == i128::MIN { Self::MIN } else { Self(minor) }
    }

    /// An amount of `minor` units, or an error for the one number that has no negative.
    pub const fn try_from_minor(minor: i128) -> Result<Self, AmountError> {
        if minor == i128::MIN { Err(AmountError::Overflow) } else { Ok(Self(minor)) }
    }

    /// The number of minor units.
    #[must_use]
    pub const fn minor(self) -> i128 {
        self.0
    }

    /// Reads a plain decimal such as `-1234.50` at `scale` decimals, exactly.
    ///
    /// # Errors
    /// [`AmountError::TooPrecise`] where digits other than zero would be lost.
    pub fn parse(text: &str, scale: u8) -> Result<Self, AmountError> {
        Decimal::parse(text)?.to_amount_exact(scale)
    }

    /// The amount as a decimal number with `scale` decimals.
    ///
    /// # Errors
    /// Where the amount has more digits than a [`Decimal`] holds, or the scale is out of range.
    pub fn to_decimal(self, scale: u8) -> Result<Decimal, DecimalError> {
        Decimal::new(self.0, scale)
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether it is below nothing.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The amount without its sign.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self(self.0.abs())
    }

    /// The amount with the other sign.
    #[must_use]
    pub const fn negate(self) -> Self {
        Self(-self.0)
    }

    /// The sum.
    pub fn checked_add(self, other: Self) -> Result<Self, AmountError> {
        let sum = self.0.checked_add(other.0).ok_or(AmountError::Overflow)?;
        Self::try_from_minor(sum)
    }

    /// The difference.
    pub fn checked_sub(self, other: Self) -> Result<Self, AmountError> {
        self.checked_add(other.negate())
    }

    /// The sum of many amounts.
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self, AmountError> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    /// The amount converted: multiplied by `factor` and brought from `scale` to `to_scale`
    /// decimals with one rounding at the end.
    ///
    /// ```
    /// use kernel::amount::{Amount, Factor, Rounding};
    /// use kernel::Decimal;
    /// // 100.00 USD at 156.25 yen a dollar, into yen (no decimals).
    /// let factor = Factor::of(Decimal::parse("156.25")?);
    /// let yen = Amount::from_minor(100_00).convert(2, &factor, 0, Rounding::HalfEven)?;
    /// assert_eq!(yen, Amount::from_minor(15_625));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn convert(
        self,
        scale: u8,
        factor: &Factor,
        to_scale: u8,
        rounding: Rounding,
    ) -> Result<Self, AmountError> {
        let mut above = I256::from(self.0)
            .checked_mul(I256::from(factor.numerator.coefficient()))
            .ok_or(AmountError::Overflow)?;
        let mut below = I256::from(factor.denominator.coefficient());
        let exponent = i32::from(to_scale) - i32::from(scale) - i32::from(factor.numerator.scale())
            + i32::from(factor.denominator.scale());
        let power = wide_power_of_ten(exponent.unsigned_abs())?;
        if exponent >= 0 {
            above = above.checked_mul(power).ok_or(AmountError::Overflow)?;
        } else {
            below = below.checked_mul(power).ok_or(AmountError::Overflow)?;
        }
        divide(above, below, rounding)
    }

    /// Splits the amount by weights without losing or making a unit: each part is rounded towards
    /// zero, and the units left over go one each to the parts that lost most by that, the earlier
    /// first.
    ///
    /// ```
    /// use kernel::Amount;
    /// let parts = Amount::from_minor(100).allocate(&[1, 1, 1])?;
    /// assert_eq!(parts.iter().map(|part| part.minor()).collect::<Vec<_>>(), [34, 33, 33]);
    /// # Ok::<(), kernel::AmountError>(())
    /// ```
    ///
    /// # Errors
    /// [`AmountError::DivisionByZero`] where there is no weight above zero.
    pub fn allocate(self, weights: &[u64]) -> Result<Vec<Self>, AmountError> {
        let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
        if total == 0 {
            return Err(AmountError::DivisionByZero);
        }
        let total = I256::from(total);
        let mut parts = Vec::with_capacity(weights.len());
        let mut losses = Vec::with_capacity(weights.len());
        let mut left = self.0;
        for (index, weight) in weights.iter().enumerate() {
            let share = I256::from(self.0) * I256::from(*weight);
            let part = narrow(share / total)?;
            left -= part;
            parts.push(part);
            losses.push(((share % total).abs(), index));
        }
        losses.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
        let unit = left.signum();
        for (_, index) in losses.into_iter().take(usize::try_from(left.abs()).unwrap_or(0)) {
            parts[index] += unit;
        }
        Ok(parts.into_iter().map(Self).collect())
    }
}

impl fmt::Display for Amount {
    /// The minor units as a whole number; a decimal needs the scale ([`Amount::to_decimal`]).
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text, 0)
    }
}

/// An exact factor: a numerator over a denominator that is not zero. A cross rate stays a fraction,
/// so that it is rounded once, with the amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factor {
    numerator: Decimal,
    denominator: Decimal,
}

impl Factor {
    /// The factor that changes nothing.
    pub const ONE: Self = Self { numerator: Decimal::ONE, denominator: Decimal::ONE };

    /// A factor that is a decimal number.
    #[must_use]
    pub const fn of(factor: Decimal) -> Self {
        Self { numerator: factor, denominator: Decimal::ONE }
    }

    /// `numerator / denominator`.
    ///
    /// # Errors
    /// Where the denominator is zero.
    pub fn ratio(numerator: Decimal, denominator: Decimal) -> Result<Self, AmountError> {
        if denominator.is_zero() {
            return Err(AmountError::DivisionByZero);
        }
        Ok(Self { numerator, denominator })
    }

    /// The factor as a decimal with `scale` decimals, for people to read.
    pub fn to_decimal(&self, scale: u8, rounding: Rounding) -> Result<Decimal, AmountError> {
        let units = Amount::from_minor(1).convert(0, self, scale, rounding)?;
        Ok(units.to_decimal(scale)?)
    }
}

/// `above / below`, rounded.
pub(crate) fn divide(above: I256, below: I256, rounding: Rounding) -> Result<Amount, AmountError> {
    if below == I256::ZERO {
        return Err(AmountError::DivisionByZero);
    }
    let quotient = above / below;
    let remainder = (above % below).abs();
    if remainder == I256::ZERO {
        return Amount::try_from_minor(narrow(quotient)?);
    }
    let negative = above.is_negative() != below.is_negative();
    // Compared as a difference, because twice the remainder may not fit.
    let half = remainder.cmp(&(below.abs() - remainder));
    let away = match rounding {
        Rounding::Down => false,
        Rounding::Up => true,
        Rounding::Floor => negative,
        Rounding::Ceiling => !negative,
        Rounding::HalfUp => half.is_ge(),
        Rounding::HalfEven => half.is_gt() || (half.is_eq() && quotient % 2 != I256::ZERO),
    };
    let step = match (away, negative) {
        (false, _) => I256::ZERO,
        (true, false) => I256::ONE,
        (true, true) => I256::MINUS_ONE,
    };
    Amount::try_from_minor(narrow(quotient + step)?)
}

pub(crate) fn narrow(wide: I256) -> Result<i128, AmountError> {
    i128::try_from(wide).map_err(|_| AmountError::Overflow)
}

fn wide_power_of_ten(exponent: u32) -> Result<I256, AmountError> {
    let half = exponent / 2;
    let (one, other) = (power_of_ten(half), power_of_ten(exponent - half));
    let (Some(one), Some(other)) = (one, other) else {
        return Err(AmountError::Overflow);
    };
    I256::from(one).checked_mul(I256::from(other)).ok_or(AmountError::Overflow)
}
