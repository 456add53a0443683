//! Arbitrary input into every function of `risk`: a finite answer or a typed error, never a panic
//! or an endless loop. `FLORIN_SOAK_ROUNDS` sets how many cases (64 by default).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_arithmetic,
    reason = "a test fails where it breaks"
)]

mod arbitrary;

use arbitrary::{assert_finite, assert_typed, config, number, numbers};
use proptest::prelude::*;
use quant::algebra::Matrix;
use quant::risk::backtest::{Record, christoffersen, exceptions, kupiec, traffic_light};
use quant::risk::bootstrap::{Blocks, Plan, bca_interval, block_length, interval, resample};
use quant::risk::cluster::{Linkage, distances, linkage};
use quant::risk::covariance::{
    correlation, ledoit_wolf, ledoit_wolf_correlation, oracle_approximating, sample,
};
use quant::risk::garch::{Innovation, Mean, Model, Specification, fit};
use quant::risk::monte_carlo::{Assets, Simulation, simulate};
use quant::risk::regression::{Errors, regress};
use quant::risk::repair::{clipped, nearest, nearest_correlation};
use quant::risk::stress::{replayed, shocked, worst_window};
use quant::risk::value_at_risk::{
    Filtered, cornish_fisher, filtered_historical, historical, normal, student,
};
use quant::risk::{contribution, kelly, volatility};

/// Rows of one length, from none to a few; sometimes a square, sometimes a symmetric one.
fn matrix() -> impl Strategy<Value = Matrix> {
    let rows = (0_usize..7, 0_usize..6, any::<bool>()).prop_flat_map(|(rows, columns, square)| {
        let columns = if square { rows } else { columns };
        prop::collection::vec(prop::collection::vec(number(), columns), rows)
    });
    (rows, any::<bool>()).prop_map(|(mut rows, mirrored)| {
        for a in 0..rows.len() {
            for b in 0..a.min(rows[a].len()) {
                if mirrored && rows[b].len() == rows.len() {
                    rows[a][b] = rows[b][a];
                }
            }
        }
        // What is not a number is refused where a matrix is made.
        rows.iter_mut().flatten().filter(|value| !value.is_finite()).for_each(|value| *value = 1.0);
        Matrix::from_rows(&rows).unwrap()
    })
}

#[track_caller]
fn assert_matrix(answer: &quant::Result<Matrix>) {
    assert_typed(answer);
    for matrix in answer.iter() {
        matrix.values().iter().for_each(|value| assert_finite(*value));
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn tails_and_tests(
        values in numbers(),
        other in numbers(),
        level in number(),
        extra in number(),
        counts in (0_usize..300, 0_usize..300),
    ) {
        let level = if level.abs() < 1e-3 { level } else { level.abs().fract() };
        let filtered =
            Filtered { returns: &values, volatilities: &other, next_volatility: extra };
        for risk in [
            historical(&values, level), normal(&values, level), cornish_fisher(&values, level),
            student(&values, level, extra), filtered_historical(&filtered, level),
        ] {
            assert_typed(&risk);
        }
        if let Ok(risk) = historical(&values, level) {
            assert_finite(risk.value_at_risk);
        }
        let record = Record { exceptions: counts.0, observations: counts.1 };
        assert_typed(&kupiec(record, level));
        assert_typed(&traffic_light(record, level));
        let hits = exceptions(&values, &other);
        assert_typed(&hits);
        let hits = hits.unwrap_or_else(|_| vec![level > 0.5; counts.0]);
        assert_typed(&christoffersen(&hits, level));
        let path = volatility::ewma(&values, level);
        assert_typed(&path);
        path.iter().flatten().for_each(|variance| assert_finite(*variance));
        assert_typed(&worst_window(&values, counts.0 % 5));
        if let Ok(stake) = kelly::empirical(&values) {
            assert_finite(stake.growth);
        }
        assert_typed(&kelly::bet(level, extra));
        assert_typed(&kelly::normal(level, extra));
    }

    #[test]
    fn matrices(
        matrix in matrix(),
        values in numbers(),
        level in 0.01_f64..0.99,
        count in 0_usize..50,
    ) {
        for answer in [
            sample(&matrix),
            correlation(&matrix),
            distances(&matrix),
            clipped(&matrix),
            nearest(&matrix),
            nearest_correlation(&matrix),
            ledoit_wolf(&matrix).map(|shrunk| shrunk.covariance),
            oracle_approximating(&matrix).map(|shrunk| shrunk.covariance),
            ledoit_wolf_correlation(&matrix).map(|shrunk| shrunk.covariance),
        ] {
            assert_matrix(&answer);
        }
        for kind in [Linkage::Single, Linkage::Complete, Linkage::Average, Linkage::Ward] {
            let tree = linkage(&matrix, kind);
            assert_typed(&tree);
            if let Ok(tree) = tree {
                prop_assert_eq!(tree.leaves().len(), matrix.rows());
                assert_typed(&tree.cut(count % 8));
            }
        }
        let weights = &values[..values.len().min(matrix.rows())];
        let assets = Assets { weights, means: weights, covariance: &matrix };
        assert_typed(&contribution::normal(&assets, level));
        assert_typed(&contribution::historical(weights, &matrix, level));
        let simulation = Simulation { scenarios: count, seed: 1, freedom: Some(level * 9.0) };
        assert_typed(&simulate(&assets, &simulation, level));
        assert_typed(&kelly::multiple(weights, &matrix));
        assert_typed(&shocked(weights, &matrix, &values));
        assert_typed(&replayed(weights, &matrix));
    }

    #[test]
    fn regressions(
        rows in prop::collection::vec(prop::array::uniform3(number()), 0..30),
        lags in 0_usize..40,
    ) {
        let column = |index: usize| -> Vec<f64> { rows.iter().map(|row| row[index]).collect() };
        let (y, a, b) = (column(0), column(1), column(2));
        let robust = Errors::NeweyWest { lags };
        for errors in [Errors::Classical, Errors::White, Errors::WhiteCorrected, robust] {
            if let Ok(fit) = regress(&y, &[&a, &b], errors) {
                for coefficient in fit.loadings.iter().chain([&fit.alpha]) {
                    assert_finite(coefficient.estimate);
                    prop_assert!((0.0..=1.0).contains(&coefficient.p_value), "{coefficient:?}");
                }
            }
        }
    }

    #[test]
    fn fits(values in numbers(), kind in 0_usize..12) {
        let specification = Specification {
            model: [Model::Garch, Model::Gjr, Model::Egarch][kind % 3],
            mean: [Mean::Zero, Mean::Constant][kind / 3 % 2],
            innovation: [Innovation::Normal, Innovation::Student][kind / 6],
        };
        let fit = fit(&values, &specification);
        assert_typed(&fit);
        if let Ok(fit) = fit {
            assert_finite(fit.log_likelihood);
            assert_typed(&fit.forecast(3));
            assert_typed(&fit.simulate(3, 20, 1));
        }
    }

    #[test]
    fn draws(values in numbers(), length in number(), count in 0_usize..40) {
        let random = Blocks::Stationary { mean_length: length * 10.0 };
        let figure = |drawn: &[f64]| Ok(historical(drawn, 0.9)?.value_at_risk);
        for blocks in [random, Blocks::Circular { length: count }] {
            let plan = Plan { blocks, draws: count, seed: 5 };
            assert_typed(&resample(&values, &plan));
            assert_typed(&interval(&values, &plan, 0.9, figure));
            let corrected = bca_interval(&values, &plan, 0.9, figure);
            assert_typed(&corrected);
            prop_assert!(corrected.is_err() || corrected.is_ok_and(|one| one.low <= one.high));
        }
        if let Ok(found) = block_length(&values) {
            assert_finite(found.stationary);
            assert_finite(found.circular);
        }
    }
}
