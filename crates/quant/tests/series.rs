//! Time series against statsmodels 0.15.0, arch 8.0.0, ruptures 1.1.10 and statsforecast 2.1.1
//! (`testdata/series.json`), and the accuracy and coverage of forecasts on 100 monthly series.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_arithmetic,
    reason = "a test fails where it breaks"
)]

use quant::algebra::Matrix;
use quant::series::{
    ArimaCoefficients, ArimaModel, ArimaOrder, Deterministic, ErrorForm, EtsModel, ForecastRequest,
    Form, Lags, Method, ReturnLaw, Season, SegmentCost, Smoothing, State, StlOptions, ThetaForm,
    Trend, WealthPlan, augmented_dickey_fuller, binary_segmentation, change_points, decompose,
    engle_granger, fit_arima, fit_ets, fit_theta, forecast, johansen, kpss, phillips_perron,
    select_arima, select_ets, simulate_wealth,
};
use serde_json::Value;

fn reference() -> Value {
    serde_json::from_str(include_str!("../testdata/series.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

fn indices(value: &Value) -> Vec<usize> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|v| usize::try_from(v.as_u64().unwrap()).unwrap())
        .collect()
}

#[track_caller]
fn check(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (index, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= tolerance * (1.0 + b.abs()), "{what} {index}: {a} {b}");
    }
}

fn form(name: &str) -> Form {
    let error = if name.starts_with('A') { ErrorForm::Additive } else { ErrorForm::Multiplicative };
    let trend = match &name[1..name.len() - 1] {
        "N" => Trend::None,
        "A" => Trend::Additive,
        "Ad" => Trend::AdditiveDamped,
        "M" => Trend::Multiplicative,
        _ => Trend::MultiplicativeDamped,
    };
    let season = match name.chars().last() {
        Some('N') => Season::None,
        Some('A') => Season::Additive,
        _ => Season::Multiplicative,
    };
    Form { error, trend, season }
}

#[test]
fn smoothing_with_given_parameters_is_that_of_statsmodels() {
    let reference = reference();
    let values = numbers(&reference["data"]["monthly"]);
    for row in reference["ets"].as_array().unwrap() {
        let name = row["form"].as_str().unwrap();
        let form = form(name);
        let trended = form.trend != Trend::None;
        let ratio = matches!(form.trend, Trend::Multiplicative | Trend::MultiplicativeDamped);
        let season = match form.season {
            Season::None => Vec::new(),
            Season::Additive => numbers(&reference["season"]["A"]),
            Season::Multiplicative => numbers(&reference["season"]["M"]),
        };
        let trend = if ratio { 1.005 } else { 1.2 };
        let smoothing = Smoothing {
            level: 0.3,
            trend: if trended { 0.05 } else { 0.0 },
            season: if season.is_empty() { 0.0 } else { 0.15 },
            damping: if name.contains('d') { 0.95 } else { 1.0 },
        };
        let initial = State { level: 205.0, trend, season };
        let model = EtsModel::filter(&values, form, smoothing, &initial).unwrap();
        let expected = row["log_likelihood"].as_f64().unwrap();
        check(&[model.log_likelihood], &[expected], 1e-11, name);
        check(&model.forecast(15), &numbers(&row["forecast"]), 1e-11, name);
    }
}

#[test]
fn a_multiplicative_season_is_that_of_statsforecast() {
    let reference = reference();
    let values = numbers(&reference["data"]["monthly"]);
    for row in reference["ets_seasonal"].as_array().unwrap() {
        let name = row["form"].as_str().unwrap();
        let number = |key: &str| row[key].as_f64().unwrap();
        let (level, trend, season) = (number("level"), number("trend"), number("season"));
        let initial = State {
            level: number("initial_level"),
            trend: number("initial_trend"),
            season: numbers(&row["initial_season"]),
        };
        let smoothing = Smoothing { level, trend, season, damping: 1.0 };
        let model = EtsModel::filter(&values, form(name), smoothing, &initial).unwrap();
        check(&[model.log_likelihood], &[number("log_likelihood")], 1e-10, name);
        check(&model.forecast(15), &numbers(&row["forecast"]), 1e-10, name);
        let fitted = fit_ets(&values, 12, form(name)).unwrap();
        assert!(fitted.log_likelihood > model.log_likelihood - 0.02, "{name}");
    }
}

#[test]
fn fitted_smoothing_is_at_least_as_likely_as_by_statsmodels() {
    let reference = reference();
    let values = numbers(&reference["data"]["monthly"]);
    let mut best = f64::INFINITY;
    for row in reference["ets"].as_array().unwrap() {
        let name = row["form"].as_str().unwrap();
        let theirs = row["fit_log_likelihood"].as_f64().unwrap();
        let Ok(model) = fit_ets(&values, 12, form(name)) else {
            assert!(!form(name).is_admissible(), "{name}");
            continue;
        };
        assert!(model.log_likelihood > theirs - 0.02, "{name}: {} {theirs}", model.log_likelihood);
        if !matches!(model.form.trend, Trend::Multiplicative | Trend::MultiplicativeDamped) {
            best = best.min(model.aicc);
        }
    }
    let selected = select_ets(&values, 12).unwrap();
    assert!(selected.aicc < best + 0.5, "{} {best}", selected.aicc);
}

#[test]
fn theta_foresees_what_statsforecast_does() {
    let reference = reference();
    let values = numbers(&reference["deseasonalised"]);
    for row in reference["theta"].as_array().unwrap() {
        let name = row["form"].as_str().unwrap();
        let form = match name {
            "STM" => ThetaForm::Standard,
            "OTM" => ThetaForm::Optimised,
            "DSTM" => ThetaForm::Dynamic,
            _ => ThetaForm::DynamicOptimised,
        };
        let model = fit_theta(&values, 1, form).unwrap();
        check(&model.forecast(12), &numbers(&row["forecast"]), 5e-3, name);
    }
}

#[test]
fn decomposition_is_that_of_statsmodels() {
    let reference = reference();
    let values = numbers(&reference["data"]["monthly"]);
    let flat = StlOptions { lines: [false; 3], ..StlOptions::new(12, 7, false) };
    let cases = [
        ("plain", StlOptions::new(12, 7, false)),
        ("robust", StlOptions::new(12, 13, true)),
        ("flat", flat),
    ];
    for (name, options) in cases {
        let expected = &reference["stl"][name];
        let parts = decompose(&values, &options).unwrap();
        check(&parts.seasonal, &numbers(&expected["seasonal"]), 1e-10, name);
        check(&parts.trend, &numbers(&expected["trend"]), 1e-10, name);
        check(&parts.weights, &numbers(&expected["weights"]), 1e-9, name);
        for (index, value) in values.iter().enumerate() {
            let sum = parts.seasonal[index] + parts.trend[index] + parts.remainder[index];
            assert!((sum - value).abs() < 1e-10);
        }
    }
}

#[test]
fn changes_are_those_of_ruptures() {
    let reference = reference();
    let values = numbers(&reference["data"]["shifts"]);
    for (name, expected) in reference["changes"].as_object().unwrap() {
        let words: Vec<&str> = name.split(' ').collect();
        let cost = if words[1] == "l2" { SegmentCost::Mean } else { SegmentCost::MeanAndVariance };
        let found = if words[0] == "pelt" {
            change_points(&values, cost, 3, words[2].parse().unwrap()).unwrap()
        } else {
            binary_segmentation(&values, cost, 3, words[2].parse().unwrap()).unwrap()
        };
        assert_eq!(found, indices(expected), "{name}");
    }
}

#[test]
fn unit_root_tests_are_those_of_statsmodels_and_arch() {
    let reference = reference();
    for (name, expected) in reference["tests"].as_object().unwrap() {
        let words: Vec<&str> = name.split(' ').collect();
        if !["adf", "pp", "kpss"].contains(&words[0]) {
            continue;
        }
        let values = numbers(&reference["data"][words[1]]);
        let deterministic = match words[2] {
            "n" => Deterministic::None,
            "c" => Deterministic::Constant,
            _ => Deterministic::Trend,
        };
        let expected = numbers(expected);
        let test = match (words[0], words[3]) {
            ("adf", "auto") => {
                let test = augmented_dickey_fuller(&values, deterministic, Lags::Aic).unwrap();
                check(&[f64::from(u32::try_from(test.lags).unwrap())], &[expected[2]], 0.0, name);
                test
            }
            ("adf", lags) => {
                let lags = Lags::Fixed(lags.parse().unwrap());
                let test = augmented_dickey_fuller(&values, deterministic, lags).unwrap();
                check(&test.critical, &expected[2..], 1e-12, name);
                test
            }
            ("pp", lags) => phillips_perron(&values, deterministic, lags.parse().unwrap()).unwrap(),
            (_, lags) => kpss(&values, deterministic, lags.parse().unwrap()).unwrap(),
        };
        check(&[test.statistic], &[expected[0]], 1e-9, name);
        check(&[test.p_value], &[expected[1]], 1e-9, name);
    }
}

#[test]
fn cointegration_tests_are_those_of_statsmodels() {
    let reference = reference();
    let data = |name: &str| numbers(&reference["data"][name]);
    let walk = data("walk");
    for first in ["pair", "third"] {
        for (name, deterministic) in [("c", Deterministic::Constant), ("ct", Deterministic::Trend)]
        {
            let name = format!("engle_granger {first} {name} 2");
            let expected = numbers(&reference["tests"][&name]);
            let test = engle_granger(&data(first), &[&walk], deterministic, 2).unwrap();
            check(&[test.statistic, test.p_value], &expected[..2], 1e-9, &name);
            check(&test.critical, &expected[2..], 1e-12, &name);
        }
    }
    let all = Matrix::from_rows(&[data("pair"), walk, data("third")]).unwrap().transpose();
    let orders =
        [(-1, Deterministic::None), (0, Deterministic::Constant), (1, Deterministic::Trend)];
    for (order, deterministic) in orders {
        let expected = &reference["tests"][format!("johansen {order} 2")];
        let test = johansen(&all, deterministic, 2).unwrap();
        check(&test.trace, &numbers(&expected["trace"]), 1e-8, "trace");
        check(&test.greatest, &numbers(&expected["eigen"]), 1e-8, "greatest");
        check(&test.eigenvalues, &numbers(&expected["roots"]), 1e-10, "roots");
        for (found, row) in
            test.trace_critical.iter().zip(expected["trace_critical"].as_array().unwrap())
        {
            check(found, &numbers(row), 1e-12, "critical");
        }
        for (found, row) in
            test.greatest_critical.iter().zip(expected["eigen_critical"].as_array().unwrap())
        {
            check(found, &numbers(row), 1e-12, "critical");
        }
        let theirs = numbers(&expected["first_vector"]);
        let scale = theirs[0] / test.relations[(0, 0)];
        let ours: Vec<f64> = test.relations.row(0).iter().map(|value| value * scale).collect();
        check(&ours, &theirs, 1e-7, "relation");
        if deterministic == Deterministic::Constant {
            assert_eq!(test.relations_at_5_percent(), 1);
        }
    }
}

fn arima_order(row: &Value) -> ArimaOrder {
    let order = indices(&row["order"]);
    let seasonal = indices(&row["seasonal"]);
    let period = seasonal[3].max(1);
    ArimaOrder::new(order[0], order[1], order[2]).seasonal(
        seasonal[0],
        seasonal[1],
        seasonal[2],
        period,
    )
}

#[test]
fn arima_likelihoods_and_forecasts_are_those_of_statsmodels() {
    let reference = reference();
    let values: Vec<f64> =
        numbers(&reference["data"]["monthly"]).iter().map(|value| value.ln()).collect();
    for row in reference["arima"].as_array().unwrap() {
        let order = arima_order(row);
        let mut rest = numbers(&row["params"]).into_iter();
        let mut take = |count: usize| rest.by_ref().take(count).collect::<Vec<f64>>();
        let coefficients = ArimaCoefficients {
            ar: take(order.ar),
            ma: take(order.ma),
            seasonal_ar: take(order.seasonal_ar),
            seasonal_ma: take(order.seasonal_ma),
            mean: 0.0,
        };
        let name = format!("{order:?}");
        let model = ArimaModel::filter(&values, order, coefficients).unwrap();
        check(&[model.log_likelihood], &[row["log_likelihood"].as_f64().unwrap()], 1e-9, &name);
        check(&[model.variance], &[row["variance"].as_f64().unwrap()], 1e-10, &name);
        check(&model.forecast(14), &numbers(&row["forecast"]), 1e-5, &name);
        let fitted = fit_arima(&values, order).unwrap();
        let theirs = row["fit_log_likelihood"].as_f64().unwrap();
        assert!(
            fitted.log_likelihood > theirs - 0.05,
            "{name}: {} {theirs}",
            fitted.log_likelihood
        );
    }
}

#[test]
fn a_selected_arima_foresees_season_and_growth() {
    let values = numbers(&reference()["data"]["monthly"]);
    let (known, held_out) = values.split_at(108);
    let model = select_arima(known, 12).unwrap();
    assert!(model.order.seasonal_differences == 1, "{:?}", model.order);
    let next = model.forecast(12);
    let missed: f64 = next.iter().zip(held_out).map(|(a, b)| (a - b).abs() / b).sum::<f64>() / 12.0;
    assert!(missed < 0.06, "{missed}");
}

#[test]
fn a_hundred_series_are_foreseen_as_well_as_promised() {
    let text = include_str!("../testdata/monthly100.csv");
    let (mut errors, mut inside, mut count) = (0.0, 0.0, 0.0);
    for line in text.lines() {
        let values: Vec<f64> =
            line.split(',').skip(1).map(|value| value.parse().unwrap()).collect();
        let (known, held_out) = values.split_at(values.len() - 12);
        let request =
            ForecastRequest { period: 12, horizon: 12, level: 0.9, method: Method::Ensemble };
        let answer = forecast(known, &request).unwrap();
        let naive: Vec<f64> = known.windows(13).map(|w| (w[12] - w[0]).abs()).collect();
        let scale = naive.iter().sum::<f64>() / f64::from(u32::try_from(naive.len()).unwrap());
        for (step, value) in held_out.iter().enumerate() {
            errors += (answer.mean[step] - value).abs() / scale;
            let is_inside = answer.lower[step] <= *value && *value <= answer.upper[step];
            inside += f64::from(u8::from(is_inside));
            count += 1.0;
        }
    }
    let (error, coverage) = (errors / count, inside / count);
    assert!(error <= 0.88, "mean absolute scaled error {error}");
    assert!((0.88..=0.92).contains(&coverage), "coverage {coverage}");
}

#[test]
fn futures_have_the_moments_that_were_asked_for() {
    let mean = [0.06, 0.02];
    let rows = [[0.03, 0.004], [0.004, 0.005]];
    for law in [ReturnLaw::Normal, ReturnLaw::LogNormal] {
        for asset in 0..2 {
            let mut weights = vec![0.0; 2];
            weights[asset] = 1.0;
            let plan = WealthPlan {
                weights,
                expected_returns: mean.to_vec(),
                covariance: Matrix::from_rows(&rows).unwrap(),
                law,
                initial: 1.0,
                contribution: 0.0,
                periods: 1,
            };
            let ends = simulate_wealth(&plan, 200_000, 11).unwrap().wealth.column(0);
            let average = ends.iter().sum::<f64>() / 200_000.0;
            let spread = ends.iter().map(|end| (end - average).powi(2)).sum::<f64>() / 199_999.0;
            // Four standard errors.
            let error = 4.0 * (rows[asset][asset] / 200_000.0_f64).sqrt();
            assert!((average - 1.0 - mean[asset]).abs() < error, "{law:?} {average}");
            assert!((spread / rows[asset][asset] - 1.0).abs() < 0.03, "{law:?} {spread}");
        }
    }
}
