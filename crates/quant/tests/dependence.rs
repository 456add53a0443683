//! Regression, covariance, clustering, Kelly and bootstrap against statsmodels, sklearn,
//! PyPortfolioOpt, scipy and arch.
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
use quant::performance::{Basis, Frequency, ratio};
use quant::risk::bootstrap::{Blocks, Plan, bca_interval, block_length, interval, resample};
use quant::risk::cluster::{Linkage, distances, linkage};
use quant::risk::covariance::{
    correlation, correlation_of, ledoit_wolf, ledoit_wolf_correlation, oracle_approximating, sample,
};
use quant::risk::kelly;
use quant::risk::regression::{Errors, newey_west_lags, regress};
use quant::risk::repair::{clipped, is_positive, nearest, nearest_correlation};
use quant::risk::stress::{replayed, shocked, worst_window};
use reference::{assert_near, expected, number, numbers, returns, table};

fn assets() -> Matrix {
    Matrix::from_rows(&table(&expected("covariance")["returns"])).unwrap()
}

#[track_caller]
fn assert_row(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_near(what, *found, *expected, tolerance);
    }
}

#[test]
fn regressions_equal_statsmodels() {
    let all = expected("regression");
    let (fund, market) = (returns("stock"), returns("other"));
    let mut before = vec![0.0];
    before.extend(&market[..market.len() - 1]);
    let kinds = [
        ("classical", Errors::Classical),
        ("HC0", Errors::White),
        ("HC1", Errors::WhiteCorrected),
        ("HAC_7", Errors::NeweyWest { lags: 7 }),
    ];
    for (name, errors) in kinds {
        let fit = regress(&fund, &[&market, &before], errors).unwrap();
        let row = &all[name];
        for (index, found) in [fit.alpha, fit.loadings[0], fit.loadings[1]].iter().enumerate() {
            assert_near(name, found.estimate, number(&row["params"][index]), 1e-12);
            assert_near(name, found.standard_error, number(&row["errors"][index]), 1e-12);
            assert_near(name, found.t_value, number(&row["t"][index]), 1e-10);
            assert_near(name, found.p_value, number(&row["p"][index]), 1e-10);
        }
        let common = &all["common"];
        assert_near("r squared", fit.r_squared, number(&common["r_squared"]), 1e-12);
        assert_near("adjusted", fit.adjusted_r_squared, number(&common["adjusted"]), 1e-12);
        assert_near(
            "residual",
            fit.residual_deviation,
            number(&common["residual_deviation"]),
            1e-12,
        );
        assert_near("durbin", fit.durbin_watson, number(&common["durbin_watson"]), 1e-12);
    }
    assert_eq!((newey_west_lags(100), newey_west_lags(1510)), (4, 7));
}

#[test]
fn factors_that_say_the_same_are_refused() {
    let y = [0.1, 0.3, 0.2, 0.5, 0.4, 0.1];
    let x = [1.0, 2.0, 3.0, 4.0, 5.0, 7.0];
    let twice: Vec<f64> = x.iter().map(|value| 2.0 * value + 1.0).collect();
    let fault = |factors: &[&[f64]]| regress(&y, factors, Errors::Classical).unwrap_err();
    assert!(matches!(fault(&[&x, &twice]), Error::Undefined { .. }));
    assert!(matches!(fault(&[&[0.1; 6]]), Error::Undefined { .. }));
    assert!(matches!(fault(&[]), Error::TooShort { argument: "factors", .. }));
    assert!(matches!(fault(&[&x[..5]]), Error::LengthsDiffer { argument: "factors", .. }));
    let line = regress(&x, &[&twice], Errors::White).unwrap_err();
    assert!(matches!(line, Error::Undefined { .. }), "no residual, no error: {line}");
    let lags = regress(&y, &[&x], Errors::NeweyWest { lags: 6 }).unwrap_err();
    assert_eq!(lags.argument(), Some("lags"));
}

#[test]
fn covariances_equal_numpy_sklearn_and_pyportfolioopt() {
    let all = expected("covariance");
    let returns = assets();
    let first = |name: &str| numbers(&all[name]["row_0"]);
    assert_row("sample", sample(&returns).unwrap().row(0), &numbers(&all["sample_row_0"]), 1e-15);
    let correlations = correlation(&returns).unwrap();
    assert_row("correlation", correlations.row(0), &numbers(&all["correlation_row_0"]), 1e-13);
    for (name, found) in [
        ("ledoit_wolf", ledoit_wolf(&returns).unwrap()),
        ("oas", oracle_approximating(&returns).unwrap()),
        ("constant_correlation", ledoit_wolf_correlation(&returns).unwrap()),
    ] {
        assert_near(name, found.intensity, number(&all[name]["shrinkage"]), 1e-12);
        assert_row(name, found.covariance.row(0), &first(name), 1e-14);
    }
}

#[test]
fn repairs_equal_statsmodels() {
    let all = expected("covariance");
    let broken = Matrix::from_rows(&table(&all["broken"])).unwrap();
    assert!(!is_positive(&broken).unwrap());
    let quick = clipped(&broken).unwrap();
    for (row, expected) in table(&all["clipped"]).iter().enumerate() {
        assert_row("clipped", quick.row(row), expected, 1e-9);
    }
    let exact = nearest_correlation(&broken).unwrap();
    for (row, expected) in table(&all["nearest"]).iter().enumerate() {
        assert_row("nearest", exact.row(row), expected, 1e-6);
    }
    let distance = |other: &Matrix| -> f64 {
        broken.values().iter().zip(other.values()).map(|(a, b)| (a - b) * (a - b)).sum()
    };
    assert!(distance(&exact) < distance(&quick));
    let good = sample(&assets()).unwrap();
    assert_eq!(clipped(&good).unwrap(), good);
    let no_ones = Matrix::from_rows(&[[2.0, 0.0], [0.0, 1.0]]).unwrap();
    assert!(matches!(nearest_correlation(&no_ones), Err(Error::Undefined { .. })));
    let skew = Matrix::from_rows(&[[1.0, 0.5], [0.1, 1.0]]).unwrap();
    assert!(matches!(clipped(&skew), Err(Error::Undefined { .. })));
}

#[test]
fn clusters_equal_scipy() {
    let all = expected("cluster");
    let distances = distances(&correlation(&assets()).unwrap()).unwrap();
    let kinds = [
        ("single", Linkage::Single),
        ("complete", Linkage::Complete),
        ("average", Linkage::Average),
        ("ward", Linkage::Ward),
    ];
    for (name, kind) in kinds {
        let tree = linkage(&distances, kind).unwrap();
        let rows = table(&all[name]["linkage"]);
        assert_eq!(tree.merges.len(), rows.len());
        for (merge, row) in tree.merges.iter().zip(&rows) {
            assert_eq!(
                [merge.left as f64, merge.right as f64, merge.size as f64],
                [row[0], row[1], row[3]]
            );
            assert_near(name, merge.distance, row[2], 1e-13);
        }
        let leaves: Vec<f64> = tree.leaves().iter().map(|leaf| *leaf as f64).collect();
        assert_eq!(leaves, numbers(&all[name]["leaves"]));
        // scipy numbers clusters in another order: who is with whom must be the same.
        let (own, theirs) = (tree.cut(3).unwrap(), numbers(&all[name]["three"]));
        for a in 0..own.len() {
            for b in 0..a {
                assert_eq!(own[a] == own[b], theirs[a] == theirs[b], "{name} {a} {b}");
            }
        }
        assert!(tree.cut(0).is_err() && tree.cut(13).is_err());
    }
    let far = Matrix::from_rows(&[[0.0, 1e300], [1e300, 0.0]]).unwrap();
    assert_eq!(linkage(&far, Linkage::Ward).unwrap_err().argument(), Some("distances"));
    let one = Matrix::from_rows(&[[0.0]]).unwrap();
    assert_eq!(linkage(&one, Linkage::Single).unwrap_err().argument(), Some("distances"));
}

#[test]
fn stakes_equal_scipy() {
    let all = expected("kelly");
    let stake = kelly::empirical(&returns("stock")).unwrap();
    // scipy's bounded search stops at half of a number's digits.
    assert_near("fraction", stake.fraction, number(&all["empirical_stock"]), 1e-6);
    assert_near("growth", stake.growth, number(&all["growth"]), 1e-14);
    let assets = assets();
    let four: Vec<Vec<f64>> = (0..assets.rows()).map(|row| assets.row(row)[..4].to_vec()).collect();
    let four = Matrix::from_rows(&four).unwrap();
    let means: Vec<f64> = (0..4)
        .map(|column| quant::moments::Moments::of(&four.column(column)).unwrap().mean)
        .collect();
    let found = kelly::multiple(&means, &sample(&four).unwrap()).unwrap();
    assert_row("multiple", &found, &numbers(&all["multiple"]), 1e-11);
    assert!(matches!(kelly::empirical(&[0.1, 0.2]), Err(Error::Undefined { .. })));
    assert_near(
        "a coin",
        kelly::empirical(&[1.0, 1.0, 1.0, -1.0, -1.0]).unwrap().fraction,
        0.2,
        1e-13,
    );
    assert_eq!(kelly::bet(1.5, 1.0).unwrap_err().argument(), Some("probability"));
    assert_eq!(kelly::bet(0.5, 0.0).unwrap_err().argument(), Some("odds"));
    assert_eq!(kelly::normal(0.1, 0.0).unwrap_err().argument(), Some("variance"));
}

#[test]
fn block_lengths_equal_arch() {
    let all = expected("block_length");
    for name in ["stock", "other", "fx"] {
        let sizes: Vec<f64> = returns(name).iter().map(|value| value.abs()).collect();
        let found = block_length(&sizes).unwrap();
        assert_near(name, found.stationary, number(&all[name]["stationary"]), 1e-10);
        assert_near(name, found.circular, number(&all[name]["circular"]), 1e-10);
    }
    assert!(matches!(block_length(&[1.0; 20]), Err(Error::Undefined { .. })));
}

/// A mean's interval is what the theory says, for independent returns.
#[test]
fn bootstrap_intervals_come_near_the_theory() {
    let returns: Vec<f64> = returns("fx").into_iter().take(1000).collect();
    let mean = |values: &[f64]| Ok(quant::moments::Moments::of(values)?.mean);
    let theory = quant::moments::Moments::of(&returns).unwrap().standard_deviation().unwrap()
        / 1000.0_f64.sqrt();
    for blocks in [Blocks::Stationary { mean_length: 1.0 }, Blocks::Circular { length: 1 }] {
        let plan = Plan { blocks, draws: 2_000, seed: 9 };
        let found = interval(&returns, &plan, 0.9, mean).unwrap();
        assert!((found.standard_error / theory - 1.0).abs() < 0.05, "{found:?}");
        let half = 0.5 * (found.high - found.low);
        assert!((half / (1.644_853_6 * theory) - 1.0).abs() < 0.06, "{found:?}");
        assert_eq!(found, interval(&returns, &plan, 0.9, mean).unwrap());
    }
    let whole = Plan { blocks: Blocks::Circular { length: 1000 }, draws: 2, seed: 2 };
    let turned = resample(&returns, &whole).unwrap();
    let mut sorted = [turned, returns.clone()];
    sorted.iter_mut().for_each(|values| values.sort_by(f64::total_cmp));
    assert_eq!(sorted[0], sorted[1], "one block is the series, turned");
    let bad = |blocks, draws| interval(&returns, &Plan { blocks, draws, seed: 1 }, 0.9, mean);
    let fault = |blocks, draws| bad(blocks, draws).unwrap_err().argument();
    assert_eq!(fault(Blocks::Circular { length: 0 }, 9), Some("length"));
    assert_eq!(fault(Blocks::Stationary { mean_length: 0.5 }, 9), Some("mean_length"));
    assert_eq!(fault(Blocks::Circular { length: 5 }, 1), Some("draws"));
    let plan = Plan { blocks: Blocks::Circular { length: 5 }, draws: 50, seed: 1 };
    let basis = Basis::new(Frequency::DAILY);
    let flat = interval(&[0.0; 9], &plan, 0.9, |drawn| ratio::sharpe(drawn, &basis));
    assert!(matches!(flat, Err(Error::Undefined { .. })));
}

/// A figure of returns.
type Figure = fn(&[f64]) -> quant::Result<f64>;

#[test]
fn corrected_intervals_are_scipy_s_over_the_same_draws() {
    let text = include_str!("../testdata/bootstrap.json");
    let rows: serde_json::Value = serde_json::from_str(text).unwrap();
    let returns = numbers(&rows["returns"]);
    let figures: [(&str, Figure); 3] = [
        ("mean", |values| Ok(quant::moments::Moments::of(values)?.mean)),
        ("variance", |values| quant::moments::Moments::of(values)?.variance()),
        ("skewness", |values| quant::moments::Moments::of(values)?.skewness()),
    ];
    let plan = Plan { blocks: Blocks::Circular { length: 1 }, draws: 500, seed: 11 };
    for (name, figure) in figures {
        let row = &rows["figures"][name];
        for level in [0.9, 0.99] {
            let expected = numbers(&row[&level.to_string()]);
            let found = bca_interval(&returns, &plan, level, figure).unwrap();
            assert_near(name, found.low, expected[0], 1e-14);
            assert_near(name, found.high, expected[1], 1e-14);
            assert_near(name, found.standard_error, number(&row["standard_error"]), 1e-12);
        }
    }
    // A mean of one value that no block moves is its own interval.
    let flat = bca_interval(&[0.01; 9], &plan, 0.9, figures[0].1).unwrap();
    assert_eq!((flat.low, flat.high), (flat.estimate, flat.estimate));
    let blocks = Blocks::Stationary { mean_length: 4.4 };
    let moved = bca_interval(&returns, &Plan { blocks, ..plan }, 0.9, figures[1].1).unwrap();
    assert!(moved.low < moved.estimate && moved.estimate < moved.high, "{moved:?}");
    let is_drawn = |values: &[f64]| Ok(if values == returns { 0.0 } else { 1.0 });
    let one_side = bca_interval(&returns, &plan, 0.9, is_drawn);
    assert!(matches!(one_side, Err(Error::Undefined { .. })), "{one_side:?}");
}

#[test]
fn scenarios_add_up_and_name_what_is_wrong() {
    let returns = Matrix::from_rows(&[[0.1, -0.2], [-0.5, 0.1]]).unwrap();
    let past = replayed(&[100.0, 50.0], &returns).unwrap();
    assert_near("first", past.positions[0], 100.0 * (1.1 * 0.5 - 1.0), 1e-12);
    assert_near("total", past.total, past.positions.iter().sum(), 1e-12);
    assert_eq!(shocked(&[1.0], &returns, &[0.1]).unwrap_err().argument(), Some("loadings"));
    assert_eq!(replayed(&[], &returns).unwrap_err().argument(), Some("positions"));
    assert_eq!(worst_window(&[0.1], 2).unwrap_err().argument(), Some("returns"));
    assert_eq!(worst_window(&[0.1], 0).unwrap_err().argument(), Some("length"));
}

proptest! {
    /// Whatever is repaired has no negative eigenvalue and keeps its variances.
    #[test]
    fn repaired_covariances_are_positive(
        values in prop::collection::vec(-1.0_f64..1.0, 15),
        scales in prop::collection::vec(0.01_f64..10.0, 6),
    ) {
        let mut broken = Matrix::zeros(6, 6);
        let mut values = values.into_iter();
        for row in 0..6 {
            broken[(row, row)] = scales[row] * scales[row];
            for column in 0..row {
                let covariance = values.next().unwrap() * scales[row] * scales[column];
                broken[(row, column)] = covariance;
                broken[(column, row)] = covariance;
            }
        }
        for repaired in [clipped(&broken).unwrap(), nearest(&broken).unwrap()] {
            prop_assert!(is_positive(&correlation_of(&repaired).unwrap()).unwrap());
            for index in 0..6 {
                prop_assert_eq!(repaired[(index, index)], broken[(index, index)]);
            }
        }
    }

    /// Shrinkage stays between the sample and its target, and makes a positive matrix.
    #[test]
    fn shrunk_covariances_are_positive(
        rows in prop::collection::vec(prop::collection::vec(-1.0_f64..1.0, 8), 3..20)
    ) {
        let returns = Matrix::from_rows(&rows).unwrap();
        for shrunk in [ledoit_wolf(&returns).unwrap(), oracle_approximating(&returns).unwrap()] {
            prop_assert!((0.0..=1.0).contains(&shrunk.intensity));
            prop_assert!(is_positive(&shrunk.covariance).unwrap());
        }
        // An asset that never moves has no correlation.
        if let Ok(shrunk) = ledoit_wolf_correlation(&returns) {
            prop_assert!((0.0..=1.0).contains(&shrunk.intensity));
        }
    }

    /// Merges come nearest first and end with all items; leaves are all of them.
    #[test]
    fn trees_hold_every_item(
        rows in prop::collection::vec(prop::collection::vec(-1.0_f64..1.0, 2), 2..25),
        kind in 0_usize..4,
    ) {
        let kind = [Linkage::Single, Linkage::Complete, Linkage::Average, Linkage::Ward][kind];
        let count = rows.len();
        let mut apart = Matrix::zeros(count, count);
        for a in 0..count {
            for b in 0..count {
                // Rounded, so that many distances are equal.
                let distance = (rows[a][0] - rows[b][0]).hypot(rows[a][1] - rows[b][1]);
                apart[(a, b)] = if a == b { 0.0 } else { (distance * 4.0).round() };
            }
        }
        let tree = linkage(&apart, kind).unwrap();
        prop_assert_eq!(tree.merges.len(), count - 1);
        prop_assert_eq!(tree.merges[count - 2].size, count);
        prop_assert!(tree.merges.windows(2).all(|pair| pair[0].distance <= pair[1].distance));
        let mut leaves = tree.leaves();
        leaves.sort_unstable();
        prop_assert_eq!(leaves, (0..count).collect::<Vec<_>>());
        for clusters in 1..=count {
            let cut = tree.cut(clusters).unwrap();
            prop_assert_eq!(cut.iter().max().unwrap() + 1, clusters);
        }
    }
}
