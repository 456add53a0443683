//! The events that this module emits. They hold codes, numbers and dates only.

use kernel::{CommodityCode, Date, Decimal};
use serde::{Serialize, Serializer};
use storage::log::{EventBody, ObjectRef};

use crate::model::{Price, PriceKind, Scope, SourceCode};

/// Rates were added.
#[derive(Clone, Debug, Serialize)]
pub struct RatesImported {
    /// Whose they are.
    pub scope: Scope,
    /// The format of the file.
    pub format: &'static str,
    /// Who states them.
    pub sources: Vec<SourceCode>,
    /// How many rates were added.
    pub added: u64,
    /// How many of those replace another rate of their source and day.
    pub corrected: u64,
    /// How many were known already.
    pub known: u64,
    /// The first day that the file has.
    #[serde(serialize_with = "as_text")]
    pub first: Date,
    /// The last day that the file has.
    #[serde(serialize_with = "as_text")]
    pub last: Date,
    /// The currencies that the file has.
    pub currencies: Vec<CommodityCode>,
}

/// A price was recorded.
#[derive(Clone, Debug, Serialize)]
pub struct PriceRecorded {
    /// What is priced.
    pub commodity: CommodityCode,
    /// The day it is of.
    #[serde(serialize_with = "as_text")]
    pub date: Date,
    /// For one unit.
    pub price: Decimal,
    /// In which currency.
    pub currency: CommodityCode,
    /// Who states it.
    pub source: SourceCode,
    /// What it is.
    pub kind: PriceKind,
    /// How often the source's price of that day was corrected before.
    pub revision: u32,
}

impl EventBody for RatesImported {
    const TYPE: &'static str = "markets.rates.imported";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        self.sources.iter().map(|source| ObjectRef::new("rate_source", source)).collect()
    }
}

impl EventBody for PriceRecorded {
    const TYPE: &'static str = "markets.price.recorded";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        vec![ObjectRef::new("commodity", self.commodity)]
    }

    fn effective(&self) -> Option<Date> {
        Some(self.date)
    }
}

impl PriceRecorded {
    /// The event of a price.
    #[must_use]
    pub fn of(price: &Price) -> Self {
        Self {
            commodity: price.commodity,
            date: price.date,
            price: price.price,
            currency: price.currency,
            source: price.source.clone(),
            kind: price.kind,
            revision: price.revision,
        }
    }
}

fn as_text<S: Serializer>(date: &Date, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(date)
}
