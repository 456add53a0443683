//! Readings, written for other programs.
//!
//! What must stay true: an amount is written with every digit it was read with.

use kernel::{CommodityCode, Decimal};

use crate::value;

/// An amount as a text with at least the decimals of its currency: `-4.5` euros are `-4.50`.
///
/// ```
/// # use kernel::{CommodityCode, Decimal};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let amount = Decimal::parse("-4.5")?;
/// assert_eq!(statements::amount_text(amount, CommodityCode::parse("EUR")?), "-4.50");
/// assert_eq!(statements::amount_text(amount, CommodityCode::parse("JPY")?), "-4.5");
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn amount_text(amount: Decimal, currency: CommodityCode) -> String {
    let mut text = amount.to_string();
    let scale = value::scale_of(currency).unwrap_or(0);
    let missing = scale.saturating_sub(amount.scale());
    if missing > 0 && amount.scale() == 0 {
        text.push('.');
    }
    text.extend(std::iter::repeat_n('0', missing.into()));
    text
}
