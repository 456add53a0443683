//! Arbitrary series and options: a typed error, or finite figures. Rounds: `FLORIN_SOAK_ROUNDS`
//! times the usual.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_arithmetic,
    reason = "a test fails where it breaks"
)]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use quant::algebra::Matrix;
use quant::series::*;

/// Runs a property, as many rounds as asked for.
fn check<S: Strategy>(
    cases: u32,
    strategy: &S,
    property: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let rounds = std::env::var("FLORIN_SOAK_ROUNDS").ok().and_then(|text| text.parse().ok());
    let cases = cases.saturating_mul(rounds.unwrap_or(1));
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config).run(strategy, property).unwrap();
}

/// Series with runs, zeros, jumps and trends, all finite.
fn series() -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![
        6 => 1.0..100.0_f64,
        1 => Just(0.0),
        1 => Just(50.0),
        1 => -1e6..1e6_f64,
        1 => Just(1e-12),
    ];
    (vec(value, 0..60), any::<bool>(), 0..3_u8).prop_map(|(mut values, is_constant, trend)| {
        for (time, value) in values.iter_mut().enumerate() {
            let time = f64::from(u32::try_from(time).unwrap());
            *value = if is_constant { 7.0 } else { *value } + f64::from(trend) * time;
        }
        values
    })
}

fn all_finite(values: &[f64]) -> bool {
    values.iter().all(|value| value.is_finite())
}

#[test]
fn forecasts_are_finite_and_between_their_bounds() {
    let methods =
        [Method::Ensemble, Method::Ets, Method::Theta, Method::Arima, Method::SeasonalNaive];
    let period = prop_oneof![Just(1_usize), Just(4), Just(12)];
    check(40, &(series(), period, 1..15_usize, 0..5_usize), |(values, period, horizon, method)| {
        let method = methods[method];
        let request = ForecastRequest { period, horizon, level: 0.9, method };
        match forecast(&values, &request) {
            Ok(answer) => {
                prop_assert!(all_finite(&answer.mean), "{method:?} {:?}", answer.mean);
                for step in 0..horizon {
                    prop_assert!(answer.lower[step] <= answer.mean[step]);
                    prop_assert!(answer.mean[step] <= answer.upper[step]);
                }
                prop_assert_eq!(forecast(&values, &request), Ok(answer));
            }
            Err(quant::Error::Undefined { .. }) => {
                prop_assert!(matches!(method, Method::Arima | Method::Ets | Method::Ensemble));
            }
            Err(error) => prop_assert_eq!(error.argument(), Some("values")),
        }
        Ok(())
    });
}

#[test]
fn parts_add_up_and_changes_rise() {
    check(150, &(series(), 2..8_usize, 0.1..100.0_f64), |(values, size, penalty)| {
        if let Ok(parts) = decompose(&values, &StlOptions::new(size, 7, size % 2 == 0)) {
            for (index, value) in values.iter().enumerate() {
                let sum = parts.seasonal[index] + parts.trend[index] + parts.remainder[index];
                prop_assert!((sum - value).abs() <= 1e-9 * (1.0 + value.abs()));
            }
        }
        for cost in [SegmentCost::Mean, SegmentCost::MeanAndVariance] {
            let exact = change_points(&values, cost, size, penalty);
            let split = binary_segmentation(&values, cost, size, 3);
            for changes in [exact, split].into_iter().flatten() {
                let bounds = [vec![0], changes, vec![values.len()]].concat();
                prop_assert!(bounds.windows(2).all(|pair| pair[1] - pair[0] >= size));
            }
        }
        Ok(())
    });
}

#[test]
fn tests_of_any_series_are_finite_or_say_why() {
    let all = (series(), series(), 0..6_usize, 0..3_usize);
    check(200, &all, |(first, second, lags, deterministic)| {
        let deterministic =
            [Deterministic::None, Deterministic::Constant, Deterministic::Trend][deterministic];
        let length = first.len().min(second.len());
        for test in [
            augmented_dickey_fuller(&first, deterministic, Lags::Fixed(lags)),
            augmented_dickey_fuller(&first, deterministic, Lags::Aic),
            phillips_perron(&first, deterministic, lags),
            kpss(&first, deterministic, lags),
            engle_granger(&first[..length], &[&second[..length]], deterministic, lags),
        ]
        .into_iter()
        .flatten()
        {
            prop_assert!(test.statistic.is_finite() && (0.0..=1.0).contains(&test.p_value));
        }
        let both = Matrix::from_rows(&[&first[..length], &second[..length]]).unwrap().transpose();
        if let Ok(test) = johansen(&both, deterministic, lags) {
            prop_assert!(all_finite(&test.trace) && all_finite(&test.greatest));
        }
        Ok(())
    });
}

#[test]
fn no_number_panics() {
    let wild = prop_oneof![
        4 => -1e3..1e3_f64,
        1 => Just(f64::NAN),
        1 => Just(f64::NEG_INFINITY),
        1 => Just(1e300),
        1 => Just(0.0),
    ];
    check(200, &(vec(wild.clone(), 0..30), wild, 0..500_usize), |(values, number, count)| {
        let request =
            ForecastRequest { period: count, horizon: count, level: number, method: Method::Ets };
        let _next = forecast(&values, &request);
        let _naive = seasonal_naive(&values, count, 3);
        let _ets = select_ets(&values, count);
        let _theta = fit_theta(&values, count, ThetaForm::Optimised);
        let order = ArimaOrder::new(count % 12, count % 3, 1).seasonal(1, count % 2, 0, count);
        let _arima = fit_arima(&values, order);
        let _parts = decompose(&values, &StlOptions::new(count, count / 2, true));
        let _changes = change_points(&values, SegmentCost::Mean, count, number);
        let _test = kpss(&values, Deterministic::Constant, count);
        let plan = WealthPlan {
            weights: values.clone(),
            expected_returns: values.clone(),
            covariance: Matrix::identity(values.len()),
            law: ReturnLaw::LogNormal,
            initial: number,
            contribution: number,
            periods: count,
        };
        let _futures = simulate_wealth(&plan, 2, 1);
        let one = WealthPlan {
            weights: vec![1.0],
            expected_returns: vec![number],
            covariance: Matrix::new(1, 1, vec![0.04]).unwrap(),
            ..plan
        };
        if let Ok(futures) = simulate_wealth(&one, 3, 1) {
            prop_assert!(all_finite(futures.wealth.values()));
            prop_assert!(futures.quantile(0.5).is_ok_and(|middle| all_finite(&middle)));
        }
        Ok(())
    });
}
