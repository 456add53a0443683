//! The events' golden files: what was released once is never written otherwise.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use kernel::time::parse_date;
use kernel::{CommodityCode, Decimal};
use markets::event::{PriceRecorded, RatesImported};
use markets::{PriceKind, Scope, SourceCode};

fn code(text: &str) -> CommodityCode {
    CommodityCode::parse(text).unwrap()
}

#[test]
fn rates_imported() {
    let event = RatesImported {
        scope: Scope::Common,
        format: "ecb_csv",
        sources: vec![SourceCode::ecb()],
        added: 1_885,
        corrected: 1,
        known: 29,
        first: parse_date("2026-08-03").unwrap(),
        last: parse_date("2026-10-30").unwrap(),
        currencies: ["AUD", "EUR", "JPY"].map(code).to_vec(),
    };
    testing::golden_event(&event, "testdata/events/markets.rates.imported.1.json");
}

#[test]
fn price_recorded() {
    let event = PriceRecorded {
        commodity: code("ASSET-HOUSE"),
        date: parse_date("2020-01-15").unwrap(),
        price: Decimal::parse("750000.00").unwrap(),
        currency: code("AUD"),
        source: SourceCode::own(),
        kind: PriceKind::Valuation,
        revision: 0,
    };
    testing::golden_event(&event, "testdata/events/markets.price.recorded.1.json");
}
