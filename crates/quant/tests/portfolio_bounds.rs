//! Bounds on weights by shares of risk, against skfolio 1.12.2 (`testdata/portfolio_prices.json`).
//! skfolio's solver ends its hierarchical equal risk within 1e-5 only: there ours is compared by
//! what both make least, too.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_arithmetic,
    reason = "a test fails where it breaks"
)]

use quant::Error;
use quant::algebra::Matrix;
use quant::performance::Frequency;
use quant::portfolio::{
    Constraints, Linkage, Split, Universe, WeightBounds, hierarchical_equal_risk,
    hierarchical_equal_risk_within, hierarchical_risk_parity, hierarchical_risk_parity_within,
    risk_budgets_within, risk_parity,
};
use quant::risk::covariance::Estimator;
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

fn distance(left: &[f64], right: &[f64]) -> f64 {
    assert_eq!(left.len(), right.len());
    left.iter().zip(right).fold(0.0, |most, (a, b)| (a - b).abs().max(most))
}

fn reference() -> Value {
    serde_json::from_str(include_str!("../testdata/portfolio_prices.json")).unwrap()
}

/// The year's covariance of the made-up prices.
fn covariance_of_prices() -> Matrix {
    let text = include_str!("../testdata/portfolio_prices.csv");
    let row = |line: &str| line.split(',').skip(1).map(|cell| cell.parse().unwrap()).collect();
    let rows: Vec<Vec<f64>> = text.lines().skip(1).map(row).collect();
    let prices = Matrix::from_rows(&rows).unwrap().transpose();
    let columns: Vec<&[f64]> = (0..prices.rows()).map(|asset| prices.row(asset)).collect();
    let universe = Universe::of_prices(&columns, Frequency::DAILY, Estimator::Sample).unwrap();
    universe.moments().covariance.clone()
}

#[test]
fn bounds_on_shares_of_risk_give_the_weights_of_skfolio() {
    let (reference, covariance) = (reference(), covariance_of_prices());
    let budgets = [1.0, 1.0, 1.0, 1.0, 1.0, 3.0, 2.0, 1.0];
    let mut compared = 0;
    for (name, row) in reference["answers"].as_object().unwrap() {
        let Some((method, _)) = name.split_once(", ").filter(|_| row.get("lower").is_some()) else {
            continue;
        };
        let bounds = WeightBounds { lower: numbers(&row["lower"]), upper: numbers(&row["upper"]) };
        let (ward, split) = (Linkage::Ward, Split::TurnedHalves);
        let found = match method {
            "risk parity" => risk_budgets_within(&covariance, &[1.0; 8], &bounds),
            "risk budgets" => risk_budgets_within(&covariance, &budgets, &bounds),
            "hierarchical risk parity" => {
                hierarchical_risk_parity_within(&covariance, ward, split, &bounds)
            }
            _ => hierarchical_equal_risk_within(&covariance, ward, None, &bounds),
        };
        let found = found.unwrap();
        let theirs = numbers(&row["weights"]);
        let tolerance = if method == "hierarchical equal risk" { 1e-5 } else { 1e-6 };
        assert!(distance(&found, &theirs) < tolerance, "{name}: {found:?} {theirs:?}");
        let rules = Constraints {
            lower: bounds.lower.clone(),
            upper: bounds.upper.clone(),
            ..Constraints::long_only(8)
        };
        assert!(rules.violation(&found, None).unwrap() < 1e-12, "{name}: {found:?}");
        compared += 1;
    }
    assert_eq!(compared, 12);
}

#[test]
fn bounds_that_do_not_bind_change_nothing_and_those_that_leave_one_answer_give_it() {
    let covariance = covariance_of_prices();
    let wide = WeightBounds::between(8, 0.0, 1.0);
    let (ward, tree) = (Linkage::Ward, Split::Tree);
    let parity = risk_parity(&covariance).unwrap();
    assert_eq!(risk_budgets_within(&covariance, &[1.0; 8], &wide).unwrap(), parity);
    let plain = hierarchical_risk_parity(&covariance, ward, tree).unwrap();
    let within = hierarchical_risk_parity_within(&covariance, ward, tree, &wide).unwrap();
    assert_eq!(within, plain);
    let plain = hierarchical_equal_risk(&covariance, ward, None).unwrap();
    assert_eq!(hierarchical_equal_risk_within(&covariance, ward, None, &wide).unwrap(), plain);

    for even in [WeightBounds::between(8, 0.125, 1.0), WeightBounds::between(8, 0.0, 0.125)] {
        for found in [
            risk_budgets_within(&covariance, &[1.0; 8], &even),
            hierarchical_risk_parity_within(&covariance, ward, tree, &even),
            hierarchical_equal_risk_within(&covariance, ward, None, &even),
        ] {
            assert!(distance(&found.unwrap(), &[0.125; 8]) < 1e-12);
        }
    }
    // All but two are fixed: of what is left no other division is better.
    let mut fixed = WeightBounds::between(8, 0.1, 0.1);
    (fixed.lower[6], fixed.upper[6]) = (0.0, 1.0);
    (fixed.lower[7], fixed.upper[7]) = (0.0, 1.0);
    let found = risk_budgets_within(&covariance, &[1.0; 8], &fixed).unwrap();
    assert!(distance(&found[..6], &[0.1; 6]) < 1e-15 && (found[6] + found[7] - 0.4).abs() < 1e-12);
    let objective = |moved: f64| -> f64 {
        let mut weights = found.clone();
        weights[6] += moved;
        weights[7] -= moved;
        let logarithms: f64 = weights.iter().map(|weight| weight.ln()).sum();
        0.5 * covariance.quadratic_form(&weights).unwrap().ln() - logarithms / 8.0
    };
    for moved in [-0.02, -1e-5, 1e-5, 0.02] {
        assert!(objective(moved) > objective(0.0), "{moved}: {found:?}");
    }

    let error = risk_budgets_within(&covariance, &[1.0; 8], &WeightBounds::between(8, 0.0, 0.1));
    assert!(matches!(error, Err(Error::Infeasible { .. })), "{error:?}");
    for (lower, upper, argument) in [(-0.1, 1.0, "lower"), (0.0, f64::NAN, "upper")] {
        let bounds = WeightBounds::between(8, lower, upper);
        let error = risk_budgets_within(&covariance, &[1.0; 8], &bounds).unwrap_err();
        assert_eq!(error.argument(), Some(argument));
    }
}

#[test]
fn equal_risk_within_bounds_is_nearer_to_what_it_was_than_skfolio_s() {
    let (reference, covariance) = (reference(), covariance_of_prices());
    let plain = hierarchical_equal_risk(&covariance, Linkage::Ward, None).unwrap();
    let away = |weights: &[f64]| -> f64 {
        weights.iter().zip(&plain).map(|(weight, own)| (weight / own - 1.0).powi(2)).sum()
    };
    for name in ["at most 0.3", "0.05 to 0.25", "each its own"] {
        let row = &reference["answers"][format!("hierarchical equal risk, {name}")];
        let bounds = WeightBounds { lower: numbers(&row["lower"]), upper: numbers(&row["upper"]) };
        let ward = Linkage::Ward;
        let found = hierarchical_equal_risk_within(&covariance, ward, None, &bounds).unwrap();
        let theirs = away(&numbers(&row["weights"]));
        assert!(away(&found) <= theirs * (1.0 + 1e-8), "{name}: {} {theirs}", away(&found));
    }
}
