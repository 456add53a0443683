//! The rules that fields of a request must keep. All faults are collected, so that a caller learns
//! of them at once.

use kernel::{Amount, Commodity, Context, Date, Decimal, FieldFault, Money};
use markets::limits::YEARS;

use crate::error::WealthError;
use crate::limits::{NAME_CHARS_MAX, WHOLE_DIGITS_MAX};

/// The signs that a number may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// Any.
    Any,
    /// Zero or above.
    NotNegative,
    /// Above zero.
    Positive,
}

/// The faults that were found so far.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    faults: Vec<FieldFault>,
}

impl Checks {
    /// An error that names every fault, if there is one.
    pub(crate) fn done(self) -> Result<(), WealthError> {
        if self.faults.is_empty() { Ok(()) } else { Err(WealthError::Fields(self.faults)) }
    }

    pub(crate) fn fault(&mut self, field: &str, rule: &str, detail: impl ToString) {
        self.faults.push(FieldFault::new(field, rule, detail));
    }

    /// A name without the blanks around it.
    pub(crate) fn name(&mut self, field: &str, text: &str) -> String {
        let name = text.trim();
        if name.is_empty() {
            self.fault(field, "blank", "a name has at least one character");
        } else if name.chars().count() > NAME_CHARS_MAX {
            let detail = format!("a name has at most {NAME_CHARS_MAX} characters");
            self.fault(field, "too_long", detail);
        } else if name.chars().any(char::is_control) {
            self.fault(field, "control_character", "a name is one line of text");
        }
        name.to_owned()
    }

    /// A day that something happened on: east of Greenwich tomorrow has begun already.
    pub(crate) fn past_date(&mut self, field: &str, date: Date, context: &Context) {
        let today = context.now().date();
        if !YEARS.contains(&date.year()) {
            self.fault(field, "out_of_range", years());
        } else if date > today.tomorrow().unwrap_or(today) {
            self.fault(field, "in_future", format!("{date} has not come yet"));
        }
    }

    /// A day that something is asked of.
    pub(crate) fn date(&mut self, field: &str, date: Date) {
        if !YEARS.contains(&date.year()) {
            self.fault(field, "out_of_range", years());
        }
    }

    /// A currency, with the decimals that it has.
    pub(crate) fn currency(&mut self, field: &str, commodity: Commodity) {
        if Commodity::well_known(commodity.code.as_str()) != Ok(commodity)
            || !commodity.is_currency()
        {
            let detail = format!("{commodity} is not a currency of ISO 4217");
            self.fault(field, "currency", detail);
        }
    }

    /// An amount of money.
    pub(crate) fn money(&mut self, field: &str, money: Money, sign: Sign) {
        self.currency(field, money.commodity);
        self.amount(field, money.amount, money.commodity.scale, sign);
    }

    /// An amount with so many decimals.
    pub(crate) fn amount(&mut self, field: &str, amount: Amount, scale: u8, sign: Sign) {
        let end = 10_i128.checked_pow(WHOLE_DIGITS_MAX + u32::from(scale));
        let is_huge = end.is_some_and(|end| amount.abs().minor() >= end);
        self.number(field, is_huge, (amount.is_negative(), amount.is_zero()), sign);
    }

    /// A number with any decimals.
    pub(crate) fn decimal(&mut self, field: &str, number: Decimal, sign: Sign) {
        let end = 10_i128.checked_pow(WHOLE_DIGITS_MAX).map(|end| Decimal::new(end, 0));
        let is_huge = matches!(end, Some(Ok(end)) if number.abs() >= end);
        self.number(field, is_huge, (number.is_negative(), number.is_zero()), sign);
    }

    fn number(
        &mut self,
        field: &str,
        is_huge: bool,
        (is_negative, is_zero): (bool, bool),
        sign: Sign,
    ) {
        match sign {
            _ if is_huge => {
                let detail = format!("at most {WHOLE_DIGITS_MAX} digits before the point");
                self.fault(field, "too_large", detail);
            }
            Sign::Positive if is_negative || is_zero => {
                self.fault(field, "not_positive", "it must be above zero");
            }
            Sign::NotNegative if is_negative => {
                self.fault(field, "negative", "it must be zero or above");
            }
            Sign::Any | Sign::NotNegative | Sign::Positive => {}
        }
    }
}

fn years() -> String {
    format!("a date is in a year from {} to {}", YEARS.start(), YEARS.end())
}
