//! A family between Australia and Mongolia, as the tests of assets have it.

#![allow(dead_code, reason = "each test file uses what it needs")]

use kernel::{Commodity, Context, Date, Decimal, Money, Problematic as _, Timestamp, time};
use ledger::{EngineLimits, Ledger};
use markets::RateFile;
use objects::{BlobLimits, Blobs, Objects};
use storage::{Level, Mode};
use testing::TestDatabase;
use wealth::{
    Asset, AssetId, NetWorth, NetWorthQuery, NewAsset, NewHolding, Stated, UnitPrice, UpdateAsset,
    Wealth, WealthError,
};

/// A tenant with an open household.
pub struct Family {
    pub wealth: Wealth,
    pub ledger: Ledger,
    pub context: Context,
}

/// The assets of [`Family::settle`], by what they are.
pub struct Assets {
    pub account: AssetId,
    pub house: AssetId,
    pub apartment: AssetId,
    pub bitcoin: AssetId,
    pub loan: AssetId,
}

pub fn date(text: &str) -> Date {
    time::parse_date(text).unwrap()
}

pub fn money(text: &str) -> Money {
    let (amount, code) = text.split_once(' ').unwrap();
    Money::parse(amount, code).unwrap()
}

pub fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

pub fn currency(code: &str) -> Commodity {
    Commodity::well_known(code).unwrap()
}

pub fn price(text: &str) -> UnitPrice {
    let (price, code) = text.split_once(' ').unwrap();
    UnitPrice { price: decimal(price), currency: currency(code) }
}

pub fn balance(text: &str) -> NewHolding {
    NewHolding::Balance { balance: money(text) }
}

pub fn unit(text: &str) -> NewHolding {
    NewHolding::Unit { value: money(text) }
}

pub fn quantity(text: &str, one: &str) -> NewHolding {
    let (quantity, code) = text.split_once(' ').unwrap();
    let commodity = Commodity::well_known(code).unwrap();
    NewHolding::Quantity { commodity, quantity: decimal(quantity), price: price(one) }
}

/// `kind country name opened_on`, such as `cash AU Everyday 2025-01-01`.
pub fn new_asset(words: &str, holding: NewHolding) -> NewAsset {
    let [kind, country, name, opened_on] = words.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{words}");
    };
    NewAsset {
        name: name.to_owned(),
        kind: kind.parse().unwrap(),
        country: country.parse().unwrap(),
        owner: None,
        opened_on: date(opened_on),
        holding,
    }
}

pub fn stated(as_of: &str, stated: Stated) -> UpdateAsset {
    UpdateAsset { stated: Some(stated), ..UpdateAsset::new(date(as_of)) }
}

pub fn code<T>(result: Result<T, WealthError>) -> &'static str {
    result.err().map_or("ok", |error| error.code())
}

/// `field rule` of each fault.
pub fn faults<T>(result: Result<T, WealthError>) -> Vec<String> {
    let fields = result.err().map_or_else(Vec::new, |error| error.fields());
    fields.iter().map(|fault| format!("{} {}", fault.field, fault.rule)).collect()
}

/// The values of a net worth, in the order of its assets, and the total.
pub fn figures(worth: &NetWorth) -> Vec<String> {
    let values = worth.assets.iter().map(|valued| valued.value);
    let name = worth.assets.iter().map(|valued| valued.asset.name.as_str());
    let rows = name.zip(values).map(|(name, value)| format!("{name} {}", value.amount_text()));
    rows.chain([format!("total {}", worth.total)]).collect()
}

impl Family {
    /// A family in a database of its own.
    pub async fn of(db: &TestDatabase) -> Self {
        let ledger = Ledger::start(db.database.clone(), EngineLimits::default()).await.unwrap();
        Self::another(db, &ledger).await
    }

    /// Another family in the same database.
    pub async fn another(db: &TestDatabase, ledger: &Ledger) -> Self {
        let context = db.context(db.new_tenant());
        let files = Blobs::directory(&db.directory().join("objects"), BlobLimits::default());
        let objects = Objects::new(db.database.clone(), files.unwrap());
        let wealth = Wealth::new(db.database.clone(), ledger.clone(), objects);
        let level = Level::Tenant(context.tenant);
        let mut tx = db.database.begin(level, Mode::Write).await.unwrap();
        let aud = currency("AUD");
        wealth.open_household(&mut tx, &context, "Bat-Hargreaves", aud).await.unwrap();
        tx.commit().await.unwrap();
        Self { wealth, ledger: ledger.clone(), context }
    }

    pub async fn add(&self, words: &str, holding: NewHolding) -> Asset {
        let new = new_asset(words, holding);
        self.wealth.add_asset(&self.context, &new).await.unwrap().0
    }

    pub async fn try_add(&self, words: &str, holding: NewHolding) -> Result<Asset, WealthError> {
        let new = new_asset(words, holding);
        self.wealth.add_asset(&self.context, &new).await.map(|added| added.0)
    }

    pub async fn state(&self, asset: AssetId, as_of: &str, what: Stated) -> Asset {
        self.try_state(asset, as_of, what).await.unwrap()
    }

    pub async fn try_state(
        &self,
        asset: AssetId,
        as_of: &str,
        what: Stated,
    ) -> Result<Asset, WealthError> {
        let update = stated(as_of, what);
        self.wealth.update_asset(&self.context, asset, &update).await.map(|updated| updated.0)
    }

    pub async fn dispose(&self, asset: AssetId, on: &str) -> Result<Asset, WealthError> {
        self.wealth.dispose_asset(&self.context, asset, date(on)).await.map(|gone| gone.0)
    }

    pub async fn worth(&self, code: &str, as_of: &str) -> NetWorth {
        let query = NetWorthQuery::new(currency(code), date(as_of));
        self.wealth.net_worth(&self.context, &query).await.unwrap()
    }

    pub async fn try_worth(&self, query: &NetWorthQuery) -> Result<NetWorth, WealthError> {
        self.wealth.net_worth(&self.context, query).await
    }

    pub async fn worth_known_at(
        &self,
        code: &str,
        as_of: &str,
        known_at: Timestamp,
    ) -> Result<NetWorth, WealthError> {
        let query = NetWorthQuery::new(currency(code), date(as_of));
        self.try_worth(&NetWorthQuery { known_at: Some(known_at), ..query }).await
    }

    /// Imports rates: `date,base,quote,rate,source` lines. Those of the family's own go before
    /// common ones.
    pub async fn rates(&self, db: &TestDatabase, own: &str, common: &str) {
        let file = |lines: &str| {
            let bytes = format!("date,base,quote,rate,source\n{lines}").into_bytes();
            RateFile::new("rates.csv", bytes)
        };
        if !own.is_empty() {
            markets::import_tenant(&db.database, &self.context, file(own)).await.unwrap();
        }
        if !common.is_empty() {
            markets::import_common(&db.database, &self.context, file(common)).await.unwrap();
        }
    }

    /// What the family has, with the rates of some days.
    pub async fn settle(&self, db: &TestDatabase) -> Assets {
        let own = "2024-06-28,USD,MNT,3385.10,mongolbank\n\
                   2025-12-31,USD,MNT,3550.25,mongolbank\n\
                   2026-03-31,USD,MNT,3572.40,mongolbank\n";
        let common = "2024-06-28,EUR,USD,1.0705,ecb\n2024-06-28,EUR,AUD,1.6079,ecb\n\
                      2025-12-31,EUR,USD,1.1750,ecb\n2025-12-31,EUR,AUD,1.7583,ecb\n\
                      2026-03-31,EUR,USD,1.1512,ecb\n2026-03-31,EUR,AUD,1.6731,ecb\n";
        self.rates(db, own, common).await;
        let assets: [(&str, NewHolding); 5] = [
            ("property MN Apartment 2023-05-15", unit("450000000.00 MNT")),
            ("property AU House 2024-06-28", unit("950000.00 AUD")),
            ("debt AU Loan 2024-06-28", balance("610000.00 AUD")),
            ("cash AU Everyday 2025-01-01", balance("12345.67 AUD")),
            ("crypto AU Bitcoin 2025-12-31", quantity("0.12345678 BTC", "151234.56 AUD")),
        ];
        let mut ids = Vec::new();
        for (words, holding) in assets {
            // Ids of one millisecond have no order.
            db.clock.advance_seconds(1);
            ids.push(self.add(words, holding).await.id);
        }
        let [apartment, house, loan, account, bitcoin] = ids[..] else { panic!() };
        Assets { account, house, apartment, bitcoin, loan }
    }
}
