//! Input that nobody would send on purpose, and what every answer to it must be.
#![allow(dead_code, reason = "each test file uses its part")]

use proptest::prelude::*;

/// As many cases as `FLORIN_SOAK_ROUNDS` says, 64 by default.
pub fn config() -> ProptestConfig {
    let rounds = std::env::var("FLORIN_SOAK_ROUNDS").ok();
    let cases = rounds.and_then(|rounds| rounds.parse().ok()).unwrap_or(64);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Mostly what a market gives, and now and then any bits: NaN, infinity, the largest, the smallest.
pub fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => -0.2_f64..0.2,
        2 => -1e3_f64..1e3,
        1 => Just(0.0),
        1 => prop_oneof![Just(1.0), Just(-1.0), Just(f64::MIN_POSITIVE)],
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY)],
        1 => any::<f64>(),
    ]
}

/// A series of one kind, or of all.
pub fn numbers() -> impl Strategy<Value = Vec<f64>> {
    let ends = prop_oneof![Just(1e-300), Just(-1.0), Just(0.0), Just(1e300)];
    let large = prop_oneof![Just(1e59), Just(-1e60), -1.0_f64..1.0];
    prop_oneof![
        3 => prop::collection::vec(-0.2_f64..0.2, 0..80),
        1 => prop::collection::vec(number(), 0..20),
        1 => (number(), 0_usize..70).prop_map(|(value, count)| vec![value; count]),
        1 => prop::collection::vec(ends, 0..60),
        1 => prop::collection::vec(large, 0..60),
    ]
}

#[track_caller]
pub fn assert_finite(value: f64) {
    assert!(value.is_finite(), "{value}");
}

/// An error says what is wrong in words.
pub fn assert_typed<T>(answer: &quant::Result<T>) {
    if let Err(error) = answer {
        assert!(!error.to_string().is_empty());
    }
}
