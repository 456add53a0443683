//! What the tests on databases share: sample files and short ways to write codes and days.

#![allow(dead_code, reason = "each test file uses some of it")]

use kernel::time::parse_date;
use kernel::{CommodityCode, Context, Date, TenantId};
use markets::{ConversionRate, MarketsError, RateFile, RateQuery};
use storage::{Level, Mode};
use testing::TestDatabase;

pub const EXCERPT: &str = include_str!("../../testdata/ecb/eurofxref-excerpt.csv");
pub const MNT: &str = include_str!("../../testdata/plain/mnt.csv");

pub fn code(text: &str) -> CommodityCode {
    CommodityCode::parse(text).unwrap()
}

pub fn date(text: &str) -> Date {
    parse_date(text).unwrap()
}

pub fn file(text: &str) -> RateFile {
    RateFile::new("rates.csv", text.into())
}

/// A file of plain CSV; each row is `date,base,quote,rate,source,kind`.
pub fn plain(rows: &[&str]) -> RateFile {
    file(&format!("date,base,quote,rate,source,kind\n{}\n", rows.join("\n")))
}

pub fn common(db: &TestDatabase) -> Context {
    db.context(TenantId::COMMON)
}

pub fn query(from: &str, to: &str, day: &str) -> RateQuery {
    RateQuery::new(code(from), code(to), date(day))
}

/// Asks for a rate in a transaction of its own.
pub async fn ask(
    db: &TestDatabase,
    tenant: TenantId,
    query: &RateQuery,
) -> Result<ConversionRate, MarketsError> {
    let mut tx = db.database.begin(Level::Tenant(tenant), Mode::Read).await.unwrap();
    let answer = markets::rate(&mut tx, query, None).await;
    tx.commit().await.unwrap();
    answer
}

/// The legs as a person would write them.
pub fn legs(rate: &ConversionRate) -> Vec<String> {
    let leg = |leg: &markets::RateLeg| {
        let rate = &leg.rate;
        let sign = if leg.inverse { "/" } else { "*" };
        let stated = format!("{sign} {}/{} {} {}", rate.base, rate.quote, rate.rate, rate.date);
        format!("{stated} {} {} {}", rate.source, rate.kind, rate.scope)
    };
    rate.legs.iter().map(leg).collect()
}
