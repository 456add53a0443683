//! What this module says in the log about assets: ids, codes, amounts and dates. What the family
//! calls an asset, and whose it is, stands in the rows.

use kernel::{BookId, CommodityCode, Date, Decimal};
use ledger::AccountId;
use serde::{Serialize, Serializer};
use storage::log::{EventBody, ObjectRef};

use crate::model::{Asset, AssetId, AssetType, Country, Holding, Origin};

/// An asset was entered, or named by a statement.
#[derive(Clone, Debug, Serialize)]
pub struct AssetAdded {
    /// Which.
    pub asset: AssetId,
    /// The book of its account.
    pub book: BookId,
    /// The account.
    pub account: AccountId,
    /// What kind of thing it is.
    #[serde(rename = "type")]
    pub kind: AssetType,
    /// How the ledger counts it.
    pub holding: Holding,
    /// Where it is.
    pub country: Country,
    /// What its account counts.
    pub commodity: CommodityCode,
    /// The currency of its value.
    pub currency: CommodityCode,
    /// How much of the commodity there was when it was opened.
    pub opening: String,
    /// From which date it counts.
    #[serde(serialize_with = "as_text")]
    pub opened_on: Date,
    /// How we came to know it.
    pub origin: Origin,
}

/// What is said about an asset, other than its value, was changed.
#[derive(Clone, Debug, Serialize)]
pub struct AssetUpdated {
    /// Which.
    pub asset: AssetId,
    /// Its version after the change.
    pub version: u64,
    /// What was changed: `name`, `owner`, `country`.
    pub fields: Vec<&'static str>,
}

/// Somebody stated how much there was of an asset on a day, or what it was worth.
#[derive(Clone, Debug, Serialize)]
pub struct AssetValued {
    /// Which.
    pub asset: AssetId,
    /// Its version after the change.
    pub version: u64,
    /// The day.
    #[serde(serialize_with = "as_text")]
    pub as_of: Date,
    /// How much there was, where that was stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<String>,
    /// What was booked to make it so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
    /// What one of it was worth, where that was stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Decimal>,
    /// In which currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<CommodityCode>,
}

/// An asset counts no longer.
#[derive(Clone, Debug, Serialize)]
pub struct AssetDisposed {
    /// Which.
    pub asset: AssetId,
    /// Its version after the change.
    pub version: u64,
    /// The first day on which it does not count.
    #[serde(serialize_with = "as_text")]
    pub on: Date,
    /// How much of its commodity there was.
    pub amount: String,
    /// The commodity.
    pub commodity: CommodityCode,
}

impl AssetAdded {
    /// The event of an asset that was opened with this much of its commodity.
    #[must_use]
    pub fn of(asset: &Asset, opening: String) -> Self {
        Self {
            asset: asset.id,
            book: asset.book,
            account: asset.account,
            kind: asset.kind,
            holding: asset.holding,
            country: asset.country,
            commodity: asset.commodity.code,
            currency: asset.currency.code,
            opening,
            opened_on: asset.opened_on,
            origin: asset.origin,
        }
    }
}

fn asset(id: AssetId) -> Vec<ObjectRef> {
    vec![ObjectRef::new("asset", id)]
}

impl EventBody for AssetAdded {
    const TYPE: &'static str = "wealth.asset.added";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        vec![ObjectRef::new("asset", self.asset), ObjectRef::new("account", self.account)]
    }

    fn effective(&self) -> Option<Date> {
        Some(self.opened_on)
    }
}

impl EventBody for AssetUpdated {
    const TYPE: &'static str = "wealth.asset.updated";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        asset(self.asset)
    }
}

impl EventBody for AssetValued {
    const TYPE: &'static str = "wealth.asset.valued";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        asset(self.asset)
    }

    fn effective(&self) -> Option<Date> {
        Some(self.as_of)
    }
}

impl EventBody for AssetDisposed {
    const TYPE: &'static str = "wealth.asset.disposed";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        asset(self.asset)
    }

    fn effective(&self) -> Option<Date> {
        Some(self.on)
    }
}

fn as_text<S: Serializer>(date: &Date, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Uuid, time::parse_date};
    use testing::golden_event;

    #[test]
    fn events_say_what_they_always_said() {
        let id = AssetId::from_uuid(Uuid::from_u128(1));
        let date = parse_date("2026-03-31").unwrap();
        let code = |text: &str| CommodityCode::parse(text).unwrap();
        let added = AssetAdded {
            asset: id,
            book: BookId::from_uuid(Uuid::from_u128(2)),
            account: AccountId::from_uuid(Uuid::from_u128(3)),
            kind: AssetType::Crypto,
            holding: Holding::Quantity,
            country: "MN".parse().unwrap(),
            commodity: code("BTC"),
            currency: code("AUD"),
            opening: "0.50000000".to_owned(),
            opened_on: date,
            origin: Origin::Manual,
        };
        golden_event(&added, "testdata/events/wealth.asset.added.1.json");
        let updated = AssetUpdated { asset: id, version: 2, fields: vec!["name", "owner"] };
        golden_event(&updated, "testdata/events/wealth.asset.updated.1.json");
        let valued = AssetValued {
            asset: id,
            version: 3,
            as_of: date,
            balance: Some("0.40000000".to_owned()),
            difference: Some("-0.10000000".to_owned()),
            price: Some(Decimal::parse("151234.50").unwrap()),
            currency: Some(code("AUD")),
        };
        golden_event(&valued, "testdata/events/wealth.asset.valued.1.json");
        let amount = "0.40000000".to_owned();
        let disposed =
            AssetDisposed { asset: id, version: 4, on: date, amount, commodity: code("BTC") };
        golden_event(&disposed, "testdata/events/wealth.asset.disposed.1.json");
    }
}
