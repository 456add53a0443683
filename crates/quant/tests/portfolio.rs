//! Portfolios against PyPortfolioOpt 1.6.0, skfolio 1.12.2 and exact solutions of the equations on
//! the support that both found (`testdata/portfolio.json`, 20 US stocks, 2014 to 2018).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_arithmetic,
    reason = "a test fails where it breaks"
)]

use quant::algebra::Matrix;
use quant::portfolio::{
    Constraints, Moments, Portfolio, maximum_sharpe, minimum_variance, minimum_variance_at_return,
};
use serde_json::Value;

fn reference() -> Value {
    serde_json::from_str(include_str!("../testdata/portfolio.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

fn moments(reference: &Value) -> Moments {
    let rows = reference["cov"].as_array().unwrap();
    let rows: Vec<Vec<f64>> = rows.iter().map(numbers).collect();
    let covariance = Matrix::from_rows(&rows).unwrap();
    Moments { expected_returns: numbers(&reference["mu"]), covariance }
}

fn problem<'a>(reference: &'a Value, start: &str) -> &'a Value {
    let problems = reference["problems"].as_array().unwrap();
    problems.iter().find(|row| row["problem"].as_str().unwrap().starts_with(start)).unwrap()
}

fn distance(left: &[f64], right: &[f64]) -> f64 {
    assert_eq!(left.len(), right.len());
    left.iter().zip(right).fold(0.0, |most, (a, b)| (a - b).abs().max(most))
}

/// The weights of both programs are no better, and within their precision the same.
fn check_variance(answer: &Portfolio, problem: &Value, covariance: &Matrix, rules: &Constraints) {
    assert!(rules.violation(&answer.weights, Some(covariance)).unwrap() < 1e-12);
    for program in ["pypfopt", "skfolio"] {
        let weights = numbers(&problem["weights"][program]);
        let theirs = covariance.quadratic_form(&weights).unwrap();
        assert!(answer.objective <= theirs + 1e-9, "{program}: {} {theirs}", answer.objective);
        let apart = distance(&answer.weights, &weights);
        assert!(apart < 1e-5, "{program}: {apart}");
    }
    if let Some(polished) = problem.get("polished") {
        let apart = distance(&answer.weights, &numbers(polished));
        assert!(apart < 1e-12, "polished: {apart}");
    }
}

#[test]
fn minimum_variance_is_that_of_pyportfolioopt_and_skfolio() {
    let reference = reference();
    let covariance = moments(&reference).covariance;
    let cases = [
        ("min variance, long only", Constraints::long_only(20)),
        ("min variance, shorts allowed", Constraints::between(20, -1.0, 1.0)),
        ("min variance, weights in [0,0.1]", Constraints::between(20, 0.0, 0.1)),
    ];
    for (name, rules) in cases {
        let answer = minimum_variance(&covariance, &rules).unwrap();
        check_variance(&answer, problem(&reference, name), &covariance, &rules);
    }
}

#[test]
fn maximum_sharpe_is_the_polished_one() {
    let reference = reference();
    let moments = moments(&reference);
    let rules = Constraints::long_only(20);
    let risk_free = reference["risk_free"].as_f64().unwrap();
    let answer = maximum_sharpe(&moments, risk_free, &rules).unwrap();
    let polished = numbers(&problem(&reference, "max Sharpe")["polished"]);
    let apart = distance(&answer.weights, &polished);
    assert!(apart < 1e-10, "{apart}");
}

#[test]
fn a_least_return_is_met_as_by_pyportfolioopt_and_skfolio() {
    let reference = reference();
    let moments = moments(&reference);
    let problem = problem(&reference, "min variance, long only, return");
    let name = problem["problem"].as_str().unwrap();
    let target: f64 = name.rsplit(' ').next().unwrap().parse().unwrap();
    let rules = Constraints::long_only(20);
    let answer = minimum_variance_at_return(&moments, target, &rules).unwrap();
    check_variance(&answer, problem, &moments.covariance, &rules);
}
