//! Probabilities and quantiles against mpmath at 60 digits.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_arithmetic,
    reason = "a test fails where it breaks"
)]

use proptest::prelude::*;
use quant::Error;
use quant::distribution::{beta, chi_square, fisher, gamma, normal, student};

/// The rows of one section, each a list of numbers.
fn rows(section: &str) -> Vec<Vec<f64>> {
    let text = include_str!("../testdata/distribution.json");
    let all: serde_json::Value = serde_json::from_str(text).unwrap();
    serde_json::from_value(all[section].clone()).unwrap()
}

/// Relative, so that tails count.
#[track_caller]
fn assert_near(found: f64, expected: f64, tolerance: f64, row: &[f64]) {
    let difference = (found - expected).abs();
    assert!(
        difference <= tolerance * expected.abs() + 1e-300,
        "{row:?}: {found:e} is {:e} off",
        difference / expected
    );
}

#[test]
fn normal_equals_mpmath() {
    for row in rows("normal") {
        assert_near(normal::cumulative(row[0]), row[1], 3e-15, &row);
        assert_near(normal::survival(-row[0]), row[1], 3e-15, &row);
        assert_near(normal::density(row[0]), row[2], 2e-13, &row);
    }
    for row in rows("normal_quantile") {
        let found = normal::quantile(row[0]).unwrap();
        assert!((found - row[1]).abs() <= 1e-15 * row[1].abs().max(1e-3), "{row:?}: {found}");
    }
}

#[test]
fn incomplete_gamma_equals_mpmath() {
    for row in rows("gamma") {
        let (low, high) = (gamma::lower(row[0], row[1]), gamma::upper(row[0], row[1]));
        // The larger of the two is one minus the smaller.
        assert_near(low.unwrap(), row[2], 2e-13, &row);
        assert_near(high.unwrap(), row[3], 2e-13 / row[3].clamp(0.01, 1.0), &row);
    }
    for row in rows("chi_square_quantile") {
        assert_near(chi_square::quantile(row[0], row[1]).unwrap(), row[2], 1e-13, &row);
    }
}

#[test]
fn incomplete_beta_equals_mpmath() {
    for row in rows("beta") {
        assert_near(beta::incomplete(row[0], row[1], row[2]).unwrap(), row[3], 1e-12, &row);
    }
    for row in rows("fisher") {
        assert_near(fisher::cumulative(row[0], row[1], row[2]).unwrap(), row[3], 1e-12, &row);
        let mirrored = fisher::survival(1.0 / row[0], row[2], row[1]).unwrap();
        assert_near(mirrored, row[3], 1e-12, &row);
    }
}

#[test]
fn student_equals_mpmath() {
    for row in rows("student") {
        assert_near(student::survival(row[0], row[1]).unwrap(), row[2], 1e-12, &row);
        assert_near(student::cumulative(-row[0], row[1]).unwrap(), row[2], 1e-12, &row);
        assert_near(student::density(row[0], row[1]).unwrap(), row[3], 1e-12, &row);
    }
    for row in rows("student_quantile") {
        assert_near(student::quantile(row[0], row[1]).unwrap(), row[2], 1e-12, &row);
    }
}

#[test]
fn ends_and_bad_arguments() {
    assert_eq!(normal::cumulative(f64::INFINITY), 1.0);
    assert_eq!(normal::cumulative(f64::NEG_INFINITY), 0.0);
    assert_eq!(gamma::lower(2.0, f64::INFINITY).unwrap(), 1.0);
    assert_eq!(student::cumulative(f64::NEG_INFINITY, 3.0).unwrap(), 0.0);
    assert_eq!(student::quantile(0.5, 3.0).unwrap(), 0.0);
    assert_eq!(fisher::survival(f64::INFINITY, 1.0, 2.0).unwrap(), 0.0);
    for bad in [0.0, 1.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(normal::quantile(bad).unwrap_err().argument(), Some("probability"));
        assert_eq!(student::quantile(bad, 4.0).unwrap_err().argument(), Some("probability"));
    }
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e9] {
        assert_eq!(gamma::upper(bad, 1.0).unwrap_err().argument(), Some("shape"));
        assert_eq!(student::density(1.0, bad).unwrap_err().argument(), Some("freedom"));
        assert_eq!(fisher::survival(1.0, 2.0, bad).unwrap_err().argument(), Some("bottom"));
    }
    let not_a_number = Error::NotFinite { argument: "x", index: 0 };
    assert_eq!(chi_square::survival(f64::NAN, 1.0).unwrap_err(), not_a_number);
}

proptest! {
    /// A quantile's probability is the one that was asked for, to what x can tell.
    #[test]
    fn quantiles_invert(logarithm in -40.0_f64..-1e-3, freedom in 0.2_f64..2e3) {
        let p = logarithm.exp();
        let x = student::quantile(p, freedom).unwrap();
        let near = |found: f64| (found - p).abs() <= 1e-12 * p;
        prop_assert!(near(student::cumulative(x, freedom).unwrap()), "{x}");
        let x = chi_square::quantile(p, freedom).unwrap();
        prop_assert!(x < 1e-300 || near(chi_square::cumulative(x, freedom).unwrap()), "{x}");
        let x = normal::quantile(p).unwrap();
        prop_assert!((normal::cumulative(x) - p).abs() <= 1e-13 * p, "{x}");
    }
}
