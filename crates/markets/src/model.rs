//! Rates and prices: what they are, where they come from, and how they are asked for.
//!
//! What must stay true: a rate is above zero, a price not below; a source is a code and never free
//! text, because events name it.

use std::fmt;
use std::str::FromStr;

use kernel::{CommodityCode, Date, Decimal, Timestamp, time};

use crate::error::MarketsError;
use crate::limits::{RATE_AGE_DAYS_MAX, YEARS};

/// The longest code of a source, in bytes.
const SOURCE_BYTES_MAX: usize = 32;

/// Who states a rate or price: `ecb`, `mongolbank`, `own`. One to 32 characters of `a-z 0-9 . _ -`,
/// beginning with a letter; capitals are read as small letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceCode(String);

/// What a rate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RateKind {
    /// Published by a central bank or another authority for everybody.
    Reference,
    /// What somebody would have dealt at, or did.
    Market,
    /// Invented, for demonstrations and tests.
    MadeUp,
}

/// What a price is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PriceKind {
    /// What somebody holds the thing to be worth.
    Valuation,
    /// What it was dealt at, or quoted by a market.
    Market,
    /// Invented, for demonstrations and tests.
    MadeUp,
}

/// Whose a rate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The tenant's own.
    Own,
    /// Everybody's.
    Common,
}

/// A rate as it is known: 1 `base` is `rate` of `quote`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The currency that there is one of.
    pub base: CommodityCode,
    /// The currency that there is `rate` of.
    pub quote: CommodityCode,
    /// The day it is of.
    pub date: Date,
    /// The number; always above zero.
    pub rate: Decimal,
    /// Who states it.
    pub source: SourceCode,
    /// What it is.
    pub kind: RateKind,
    /// Whose it is.
    pub scope: Scope,
    /// 0, or how often the source's rate of that day was corrected before.
    pub revision: u32,
    /// When it became known here.
    pub recorded: Timestamp,
}

/// A price as it is known: one unit of `commodity` is worth `price` of `currency`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// What is priced.
    pub commodity: CommodityCode,
    /// The day it is of.
    pub date: Date,
    /// The number; never below zero.
    pub price: Decimal,
    /// In which currency.
    pub currency: CommodityCode,
    /// Who states it.
    pub source: SourceCode,
    /// What it is.
    pub kind: PriceKind,
    /// 0, or how often the source's price of that day was corrected before.
    pub revision: u32,
    /// When it became known here.
    pub recorded: Timestamp,
}

/// A price that is to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPrice {
    /// What is priced.
    pub commodity: CommodityCode,
    /// The day it is of.
    pub date: Date,
    /// For one unit; not below zero.
    pub price: Decimal,
    /// In which currency.
    pub currency: CommodityCode,
    /// Who states it.
    pub source: SourceCode,
    /// What it is.
    pub kind: PriceKind,
}

/// A question for a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateQuery {
    /// The currency that is converted.
    pub from: CommodityCode,
    /// The currency it is converted to.
    pub to: CommodityCode,
    /// The day of which the last known rate is wanted.
    pub date: Date,
    /// How old the rate may be, in days.
    pub age_days_max: u32,
}

impl RateQuery {
    /// The rate of a day, at most [`RATE_AGE_DAYS_MAX`] days old.
    #[must_use]
    pub const fn new(from: CommodityCode, to: CommodityCode, date: Date) -> Self {
        Self { from, to, date, age_days_max: RATE_AGE_DAYS_MAX }
    }

    /// The same question with another limit.
    #[must_use]
    pub const fn with_age_days_max(self, age_days_max: u32) -> Self {
        Self { age_days_max, ..self }
    }
}

impl Rate {
    /// How old it is on a day, in days.
    #[must_use]
    pub fn age_days(&self, on: Date) -> u32 {
        age_days(self.date, on)
    }
}

impl fmt::Display for Rate {
    /// `1 EUR = 1.1172 USD of 2026-10-30 (ecb)`
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { base, quote, rate, date, source, .. } = self;
        write!(out, "1 {base} = {rate} {quote} of {date} ({source})")
    }
}

impl Price {
    /// How old it is on a day, in days.
    #[must_use]
    pub fn age_days(&self, on: Date) -> u32 {
        age_days(self.date, on)
    }

    /// Whether it says what a new one would say.
    #[must_use]
    pub fn says(&self, new: &NewPrice) -> bool {
        self.price == new.price && self.currency == new.currency && self.kind == new.kind
    }
}

impl SourceCode {
    /// The European Central Bank.
    #[must_use]
    pub fn ecb() -> Self {
        Self("ecb".to_owned())
    }

    /// The tenant itself.
    #[must_use]
    pub fn own() -> Self {
        Self("own".to_owned())
    }

    /// A file that does not say whose rates it holds.
    #[must_use]
    pub fn unstated() -> Self {
        Self("unstated".to_owned())
    }

    /// Reads a code.
    pub fn parse(text: &str) -> Result<Self, MarketsError> {
        let code = text.to_ascii_lowercase();
        let is_allowed =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
        let begins_well = code.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
        if code.len() > SOURCE_BYTES_MAX || !begins_well || !code.bytes().all(is_allowed) {
            let found = text.chars().take(SOURCE_BYTES_MAX + 1).collect();
            return Err(MarketsError::MalformedSource { found });
        }
        Ok(Self(code))
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.0)
    }
}

impl FromStr for SourceCode {
    type Err = MarketsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

kernel::serde_as_text!(SourceCode);

/// Gives an enum its codes, in tables, files and events.
macro_rules! coded {
    ($type:ident, $what:literal: $($variant:ident = $code:literal),+) => {
        impl $type {
            /// The code, as tables, files and events have it.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code),+
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.pad(self.code())
            }
        }

        impl FromStr for $type {
            type Err = MarketsError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($code => Ok(Self::$variant),)+
                    _ => Err(MarketsError::UnknownKind {
                        what: $what,
                        found: text.chars().take(40).collect(),
                    }),
                }
            }
        }

        kernel::serde_as_text!($type);
    };
}

coded!(RateKind, "rate": Reference = "reference", Market = "market", MadeUp = "made_up");
coded!(PriceKind, "price": Valuation = "valuation", Market = "market", MadeUp = "made_up");
coded!(Scope, "scope": Own = "own", Common = "common");

/// Days from `date` to `on`; 0 where it is later.
pub(crate) fn age_days(date: Date, on: Date) -> u32 {
    let days = time::days_since_epoch(on).saturating_sub(time::days_since_epoch(date));
    u32::try_from(days).unwrap_or(0)
}

/// The number without the zeros at its end that are too many, or nothing where it has more digits
/// than the limits allow.
pub(crate) fn within_digits(number: Decimal, digits_max: u32, decimals_max: u8) -> Option<Decimal> {
    let end = 10_i128.checked_pow(digits_max)?;
    let (mut digits, mut decimals) = (number.coefficient(), number.scale());
    while decimals > 0 && digits % 10 == 0 && (decimals > decimals_max || digits.abs() >= end) {
        (digits, decimals) = (digits / 10, decimals - 1);
    }
    if decimals > decimals_max || digits.abs() >= end {
        return None;
    }
    Decimal::new(digits, decimals).ok()
}

/// Whether a date is of a year that rates and prices are kept for.
pub(crate) fn is_in_range(date: Date) -> bool {
    YEARS.contains(&date.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_codes() {
        let cases = [
            ("ECB", Some("ecb")),
            ("bank-of.x_2", Some("bank-of.x_2")),
            ("", None),
            ("1st", None),
            ("Oma Anna", None),
            ("ecb\n", None),
            ("банк", None),
            ("a2345678901234567890123456789012", Some("a2345678901234567890123456789012")),
            ("a23456789012345678901234567890123", None),
        ];
        for (text, expected) in cases {
            let code = SourceCode::parse(text).ok();
            assert_eq!(code.as_ref().map(SourceCode::as_str), expected, "{text:?}");
        }
    }

    #[test]
    fn kinds_are_read_as_they_are_written() {
        for kind in [RateKind::Reference, RateKind::Market, RateKind::MadeUp] {
            assert_eq!(kind.code().parse::<RateKind>().unwrap(), kind);
        }
        for kind in [PriceKind::Valuation, PriceKind::Market, PriceKind::MadeUp] {
            assert_eq!(kind.code().parse::<PriceKind>().unwrap(), kind);
        }
        assert!("Reference".parse::<RateKind>().is_err());
    }

    #[test]
    fn only_zeros_are_cut_from_numbers() {
        let cases = [
            ("1.1172", Some("1.1172")),
            ("1.500", Some("1.500")),
            ("3445.120000000000000", Some("3445.12000000")),
            ("3445.1200000000003", None),
            ("0.000000000001", Some("0.000000000001")),
            ("0.0000000000001", None),
            ("999999999999", Some("999999999999")),
            ("1000000000000", None),
            ("1000000000000.0", None),
        ];
        for (text, expected) in cases {
            let number = within_digits(Decimal::parse(text).unwrap(), 12, 12);
            assert_eq!(number.map(|number| number.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn ages_are_whole_days() {
        use kernel::time::parse_date;
        let date = |text| parse_date(text).unwrap();
        assert_eq!(age_days(date("2024-02-28"), date("2024-03-01")), 2);
        assert_eq!(age_days(date("2024-03-01"), date("2024-03-01")), 0);
        assert_eq!(age_days(date("2024-03-02"), date("2024-03-01")), 0);
    }
}
