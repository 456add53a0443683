//! Exact decimal numbers for prices, rates and quantities.
//!
//! A [`Decimal`] is a whole coefficient over a power of ten. It is read and printed digit by digit
//! and never passes through binary floating point.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use ethnum::I256;

use crate::amount::{Amount, AmountError, Rounding, divide, narrow};

/// The most decimals a [`Decimal`] may have.
pub const DECIMAL_SCALE_MAX: u8 = 38;
/// The longest text [`Decimal::parse`] looks at, in bytes: longer ones are no number of ours.
const TEXT_BYTES_MAX: usize = 120;

/// `coefficient / 10^scale`. Equality and order are by value: `1.50` equals `1.5`, and the printed
/// form keeps the decimals that were written.
///
/// ```
/// use kernel::Decimal;
/// let rate = Decimal::parse("1.5904")?;
/// assert_eq!(rate.to_string(), "1.5904");
/// assert_eq!(Decimal::parse("1.50")?, Decimal::parse("1.5")?);
/// assert!(Decimal::parse("1e5").is_err() && Decimal::parse("1,5").is_err());
/// # Ok::<(), kernel::DecimalError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    coefficient: i128,
    scale: u8,
}

/// Why a number could not be read or computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Not of the form `[-+]digits[.digits]`.
    #[error("{found:?} is not a decimal number")]
    Malformed {
        /// The text, shortened.
        found: String,
    },
    /// More digits than fit.
    #[error("the number has too many digits")]
    TooManyDigits,
    /// A result that does not fit.
    #[error("the result is too large")]
    Overflow,
    /// A division by zero.
    #[error("a number cannot be divided by zero")]
    DivisionByZero,
}

impl From<AmountError> for DecimalError {
    fn from(error: AmountError) -> Self {
        match error {
            AmountError::Overflow => Self::Overflow,
            AmountError::DivisionByZero => Self::DivisionByZero,
            AmountError::TooPrecise { .. } => Self::TooManyDigits,
            AmountError::Decimal(error) => error,
        }
    }
}

impl Decimal {
    /// Nothing.
    pub const ZERO: Self = Self { coefficient: 0, scale: 0 };
    /// One.
    pub const ONE: Self = Self { coefficient: 1, scale: 0 };

    /// `coefficient / 10^scale`.
    ///
    /// # Errors
    /// Where the scale is above [`DECIMAL_SCALE_MAX`] or the coefficient is `i128::MIN`.
    pub const fn new(coefficient: i128, scale: u8) -> Result<Self, DecimalError> {
        if scale > DECIMAL_SCALE_MAX || coefficient == i128::MIN {
            return Err(DecimalError::TooManyDigits);
        }
        Ok(Self { coefficient, scale })
    }

    /// Reads `[-+]digits[.digits]`; no exponent, no thousands sign, no blanks.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let malformed = || DecimalError::Malformed { found: text.chars().take(40).collect() };
        if text.len() > TEXT_BYTES_MAX {
            return Err(malformed());
        }
        let (negative, digits) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let mut coefficient: i128 = 0;
        let mut scale: Option<u8> = None;
        let mut last_is_digit = false;
        for byte in digits {
            match (byte, scale) {
                (b'0'..=b'9', _) => {
                    coefficient = coefficient
                        .checked_mul(10)
                        .and_then(|value| value.checked_add(i128::from(byte - b'0')))
                        .ok_or(DecimalError::TooManyDigits)?;
                    scale = scale.map(|count| count + 1);
                    last_is_digit = true;
                }
                (b'.', None) if last_is_digit => {
                    scale = Some(0);
                    last_is_digit = false;
                }
                _ => return Err(malformed()),
            }
        }
        if !last_is_digit {
            return Err(malformed());
        }
        Self::new(if negative { -coefficient } else { coefficient }, scale.unwrap_or(0))
    }

    /// The digits as a whole number.
    #[must_use]
    pub const fn coefficient(self) -> i128 {
        self.coefficient
    }

    /// The number of decimals.
    #[must_use]
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.coefficient == 0
    }

    /// Whether it is below nothing.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.coefficient < 0
    }

    /// The number with the other sign.
    #[must_use]
    pub const fn negate(self) -> Self {
        Self { coefficient: -self.coefficient, scale: self.scale }
    }

    /// The number without its sign.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self { coefficient: self.coefficient.abs(), scale: self.scale }
    }

    /// The sum, at the larger of both scales.
    pub fn checked_add(self, other: Self) -> Result<Self, DecimalError> {
        if self.scale == other.scale
            && let Some(sum) = self.coefficient.checked_add(other.coefficient)
        {
            return Self::new(sum, self.scale);
        }
        let scale = self.scale.max(other.scale);
        let sum = self.at_scale(scale)? + other.at_scale(scale)?;
        Self::new(narrow(sum)?, scale)
    }

    /// The difference, at the larger of both scales.
    pub fn checked_sub(self, other: Self) -> Result<Self, DecimalError> {
        self.checked_add(other.negate())
    }

    /// The exact product.
    pub fn checked_mul(self, other: Self) -> Result<Self, DecimalError> {
        let product = I256::from(self.coefficient) * I256::from(other.coefficient);
        let scale = self.scale.checked_add(other.scale).ok_or(DecimalError::TooManyDigits)?;
        Self::new(narrow(product)?, scale)
    }

    /// The number with exactly `scale` decimals.
    pub fn round(self, scale: u8, rounding: Rounding) -> Result<Self, DecimalError> {
        Self::new(self.to_amount(scale, rounding)?.minor(), scale)
    }

    /// The number as minor units at `scale`, rounded.
    pub fn to_amount(self, scale: u8, rounding: Rounding) -> Result<Amount, AmountError> {
        if scale >= self.scale {
            return Amount::try_from_minor(narrow(self.at_scale(scale)?)?);
        }
        let power = power_of_ten(u32::from(self.scale - scale)).ok_or(AmountError::Overflow)?;
        divide(I256::from(self.coefficient), I256::from(power), rounding)
    }

    /// The number as minor units at `scale`.
    ///
    /// # Errors
    /// [`AmountError::TooPrecise`] where digits other than zero would be lost.
    pub fn to_amount_exact(self, scale: u8) -> Result<Amount, AmountError> {
        let amount = self.to_amount(scale, Rounding::Down)?;
        if scale < self.scale && Self::new(amount.minor(), scale)? != self {
            return Err(AmountError::TooPrecise { found: self.to_string(), scale });
        }
        Ok(amount)
    }

    /// The coefficient at a scale that is not below its own.
    fn at_scale(self, scale: u8) -> Result<I256, DecimalError> {
        let power = power_of_ten(u32::from(scale - self.scale)).ok_or(DecimalError::Overflow)?;
        Ok(I256::from(self.coefficient) * I256::from(power))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.scale == other.scale {
            return self.coefficient.cmp(&other.coefficient);
        }
        let scale = self.scale.max(other.scale);
        match (self.at_scale(scale), other.at_scale(scale)) {
            (Ok(one), Ok(two)) => one.cmp(&two),
            // Scales end at 38 and coefficients at 127 bits: both always fit 256 bits.
            _ => self.coefficient.cmp(&other.coefficient),
        }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = usize::from(self.scale);
        let digits = format!("{:0>width$}", self.coefficient.unsigned_abs(), width = scale + 1);
        let (whole, part) = digits.split_at(digits.len() - scale);
        let text = if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") };
        out.pad_integral(!self.is_negative(), "", &text)
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

crate::serde_as_text!(Decimal);

/// `10^exponent`, where it fits.
pub(crate) const fn power_of_ten(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}
