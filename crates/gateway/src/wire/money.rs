//! Money, the one schema of it.

use kernel::{FieldFault, MoneyError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An amount of a currency. The amount is a plain decimal with at most the currency's decimals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Money {
    /// How much, as a plain decimal.
    #[schema(format = "decimal", example = "1234.50")]
    pub amount: String,
    /// Of what: a code of ISO 4217, or of a crypto-asset.
    #[schema(example = "AUD")]
    pub currency: String,
}

impl From<kernel::Money> for Money {
    fn from(money: kernel::Money) -> Self {
        Self { amount: money.amount_text(), currency: money.commodity.code.as_str().to_owned() }
    }
}

impl Money {
    /// The amount of a well-known currency; `field` is what a fault is reported under.
    pub(crate) fn read(&self, field: &str) -> Result<kernel::Money, FieldFault> {
        kernel::Money::parse(&self.amount, &self.currency).map_err(|error| {
            let part = match &error {
                MoneyError::Amount(_) => "amount",
                MoneyError::Commodity(_) | MoneyError::Mixed { .. } => "currency",
            };
            FieldFault::new(format!("{field}.{part}"), part, error)
        })
    }
}
