//! The expected values of other programs (testdata/risk.json) and the returns they belong to.
#![allow(dead_code, reason = "each test file uses its part")]

use serde_json::Value;

/// The expected values of one section.
pub fn expected(section: &str) -> Value {
    let text = include_str!("../../testdata/risk.json");
    let all: Value = serde_json::from_str(text).unwrap();
    assert!(!all[section].is_null(), "no section {section}");
    all[section].clone()
}

/// The returns of "stock" (AAPL), "other" (MSFT) or "fx" (US dollars per euro).
pub fn returns(series: &str) -> Vec<f64> {
    let text = include_str!("../../testdata/risk_prices.json");
    let all: Value = serde_json::from_str(text).unwrap();
    quant::performance::returns::simple(&numbers(&all[series])).unwrap()
}

/// A list of numbers.
pub fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

/// A list of lists of numbers.
pub fn table(value: &Value) -> Vec<Vec<f64>> {
    serde_json::from_value(value.clone()).unwrap()
}

/// A number.
pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// Absolute below one, relative above.
#[track_caller]
pub fn assert_near(what: &str, found: f64, expected: f64, tolerance: f64) {
    let difference = (found - expected).abs();
    assert!(
        difference <= tolerance * expected.abs().max(1.0),
        "{what}: {found} where {expected} is expected, {difference:e} off"
    );
}
