//! Values at risk, their back-tests and parts against numpy, scipy and empyrical.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_arithmetic,
    reason = "a test fails where it breaks"
)]

mod reference;

use proptest::prelude::*;
use quant::Error;
use quant::algebra::Matrix;
use quant::moments::Moments;
use quant::risk::backtest::{Record, Zone, christoffersen, exceptions, kupiec, traffic_light};
use quant::risk::contribution;
use quant::risk::monte_carlo::{Assets, Simulation, simulate};
use quant::risk::value_at_risk::{
    Filtered, cornish_fisher, filtered_historical, historical, normal, student,
};
use reference::{assert_near, expected, number, numbers, returns, table};

#[test]
fn values_at_risk_equal_numpy_and_scipy() {
    for row in expected("var_es").as_array().unwrap() {
        let returns = returns(row["series"].as_str().unwrap());
        let level = number(&row["level"]);
        let (sample, bell) =
            (historical(&returns, level).unwrap(), normal(&returns, level).unwrap());
        let expansion = cornish_fisher(&returns, level).unwrap();
        let heavy = student(&returns, level, 5.0).unwrap();
        let figures = [
            ("historical_var_type7", sample.value_at_risk),
            ("historical_es_rockafellar_uryasev", sample.expected_shortfall),
            ("normal_var", bell.value_at_risk),
            ("normal_es", bell.expected_shortfall),
            ("cornish_fisher_var", expansion.value_at_risk),
            ("student5_var", heavy.value_at_risk),
        ];
        for (figure, found) in figures {
            assert_near(figure, found, number(&row[figure]), 1e-14);
        }
    }
}

/// scipy integrates the quantile functions numerically.
#[test]
fn shortfalls_equal_the_integrals_of_quantiles() {
    for row in expected("tails").as_array().unwrap() {
        let returns = returns(row["series"].as_str().unwrap());
        let level = number(&row["level"]);
        let expansion = cornish_fisher(&returns, level).unwrap().expected_shortfall;
        assert_near("cornish fisher", expansion, number(&row["cornish_fisher_es"]), 1e-10);
        let heavy = student(&returns, level, 5.0).unwrap().expected_shortfall;
        assert_near("student", heavy, number(&row["student5_es"]), 1e-10);
    }
}

#[test]
fn an_expansion_that_is_no_quantile_is_refused() {
    let mut returns = vec![0.001; 200];
    returns[0] = -0.9;
    returns[1] = 0.002;
    assert!(matches!(cornish_fisher(&returns, 0.9), Err(Error::Undefined { .. })));
    assert!(matches!(cornish_fisher(&[0.1; 9], 0.95), Err(Error::Undefined { .. })));
}

#[test]
fn back_tests_equal_scipy() {
    let all = expected("backtest");
    let record = |exceptions, observations| Record { exceptions, observations };
    let hits: Vec<bool> = numbers(&all["hits"]).iter().map(|hit| *hit > 0.0).collect();
    let found = christoffersen(&hits, number(&all["level"])).unwrap();
    for (name, test) in [
        ("coverage", found.coverage),
        ("independence", found.independence),
        ("conditional", found.conditional_coverage),
    ] {
        let pair = numbers(&all[name]);
        assert_near(name, test.statistic, pair[0], 1e-12);
        assert_near(name, test.p_value, pair[1], 1e-12);
    }
    assert_eq!(kupiec(Record::of(&hits), 0.95).unwrap(), found.coverage);
    for row in table(&all["binomial"]) {
        let count = (0..=12).find(|count| f64::from(*count) == row[0]).unwrap();
        let light = traffic_light(record(usize::try_from(count).unwrap(), 250), 0.99).unwrap();
        assert_near("binomial", light.cumulative_probability, row[3], 1e-13);
        let zone = match count {
            0..=4 => Zone::Green,
            5..=9 => Zone::Yellow,
            _ => Zone::Red,
        };
        assert_eq!(light.zone, zone, "Basel's table for {count}");
    }
    assert_eq!(traffic_light(record(3, 500), 0.99).unwrap().multiplier, None);
    assert_eq!(kupiec(record(0, 250), 0.99).unwrap().statistic, -500.0 * 0.99_f64.ln());
    assert!(kupiec(record(251, 250), 0.99).is_err());
    assert_eq!(exceptions(&[-0.03, 0.01], &[0.02, 0.02]).unwrap(), [true, false]);
}

#[test]
fn filtered_simulation_scales_to_the_next_volatility() {
    let returns = returns("fx");
    let flat = vec![0.01; returns.len()];
    let history = Filtered { returns: &returns, volatilities: &flat, next_volatility: 0.01 };
    let same = filtered_historical(&history, 0.99).unwrap();
    let plain = historical(&returns, 0.99).unwrap();
    assert_near("same", same.value_at_risk, plain.value_at_risk, 1e-15);
    let wilder = Filtered { next_volatility: 0.02, ..history };
    let twice = filtered_historical(&wilder, 0.99).unwrap();
    assert_near("twice", twice.expected_shortfall, 2.0 * plain.expected_shortfall, 1e-15);
    let still = Filtered { volatilities: &vec![0.0; returns.len()], ..history };
    let error = filtered_historical(&still, 0.99).unwrap_err();
    assert_eq!(error.argument(), Some("volatilities"));
}

#[test]
fn simulation_comes_near_the_closed_forms() {
    let covariance = Matrix::from_rows(&[[4e-4, 1e-4], [1e-4, 9e-4]]).unwrap();
    let assets = Assets { weights: &[0.5, 0.5], means: &[1e-3, 0.0], covariance: &covariance };
    let deviation = (0.25 * 4e-4 + 0.5 * 1e-4 + 0.25 * 9e-4_f64).sqrt();
    let simulation = Simulation { scenarios: 200_000, seed: 3, freedom: None };
    let found = simulate(&assets, &simulation, 0.975).unwrap();
    let z = 1.959_963_984_540_054;
    assert_near("var", found.value_at_risk / deviation, z - 5e-4 / deviation, 0.02);
    let heavy = Simulation { freedom: Some(5.0), ..simulation };
    let heavy = simulate(&assets, &heavy, 0.975).unwrap();
    let t = 2.570_581_835_636_314 * 0.6_f64.sqrt();
    assert_near("student", heavy.value_at_risk / deviation, t - 5e-4 / deviation, 0.02);
    let other = Simulation { seed: 4, ..simulation };
    assert_ne!(simulate(&assets, &other, 0.975).unwrap(), found);
    let none = Simulation { scenarios: 1, ..simulation };
    assert_eq!(simulate(&assets, &none, 0.9).unwrap_err().argument(), Some("scenarios"));
    let singular = Matrix::from_rows(&[[1.0, 1.0], [1.0, 1.0]]).unwrap();
    let assets = Assets { covariance: &singular, ..assets };
    assert!(matches!(simulate(&assets, &simulation, 0.9), Err(Error::Undefined { .. })));
}

#[test]
fn bad_levels_and_samples_are_named() {
    for level in [0.0, 1.0, -0.5, 1.5, f64::NAN] {
        assert_eq!(historical(&[0.1], level).unwrap_err().argument(), Some("level"));
    }
    assert_eq!(historical(&[], 0.9).unwrap_err().argument(), Some("returns"));
    assert_eq!(normal(&[0.1], 0.9).unwrap_err().argument(), Some("returns"));
    assert_eq!(normal(&[0.1, f64::INFINITY], 0.9).unwrap_err().argument(), Some("returns"));
    assert_eq!(student(&[0.1, 0.2], 0.9, 2.0).unwrap_err().argument(), Some("freedom"));
    assert_eq!(christoffersen(&[true], 0.9).unwrap_err().argument(), Some("exceptions"));
}

proptest! {
    /// The shortfall is no smaller than the value at risk, nor larger than the worst loss.
    #[test]
    fn shortfalls_lie_beyond(
        returns in prop::collection::vec(-1.0_f64..1.0, 1..60), level in 0.01_f64..0.99
    ) {
        let risk = historical(&returns, level).unwrap();
        let worst = -returns.iter().copied().fold(f64::INFINITY, f64::min);
        prop_assert!(risk.expected_shortfall >= risk.value_at_risk - 1e-12);
        prop_assert!(risk.expected_shortfall <= worst + 1e-12);
        let higher = historical(&returns, level + 0.005).unwrap();
        prop_assert!(higher.value_at_risk >= risk.value_at_risk - 1e-12);
        prop_assert!(higher.expected_shortfall >= risk.expected_shortfall - 1e-12);
    }

    /// Components add up to the whole, and the whole is that of the portfolio's own returns.
    #[test]
    fn components_add_up(
        rows in prop::collection::vec(prop::array::uniform3(-0.1_f64..0.1), 5..40),
        weights in prop::array::uniform3(-1.0_f64..1.0),
        level in 0.5_f64..0.99,
    ) {
        let matrix = Matrix::from_rows(&rows).unwrap();
        let portfolio = matrix.multiply_vector(&weights).unwrap();
        let parts = contribution::historical(&weights, &matrix, level).unwrap();
        let whole = historical(&portfolio, level).unwrap().expected_shortfall;
        prop_assert!((parts.components.iter().sum::<f64>() - whole).abs() < 1e-12);

        let columns: Vec<Vec<f64>> = (0..3).map(|column| matrix.column(column)).collect();
        let mut covariance = Matrix::zeros(3, 3);
        for i in 0..3 {
            for j in 0..3 {
                covariance[(i, j)] = quant::moments::covariance(&columns[i], &columns[j]).unwrap();
            }
        }
        let means: Vec<f64> = columns.iter().map(|c| Moments::of(c).unwrap().mean).collect();
        let assets = Assets { weights: &weights, means: &means, covariance: &covariance };
        let parts = contribution::normal(&assets, level).unwrap();
        let whole = normal(&portfolio, level).unwrap().value_at_risk;
        prop_assert!((parts.components.iter().sum::<f64>() - whole).abs() < 1e-12);
        prop_assert!((parts.total - whole).abs() < 1e-12);
    }
}
