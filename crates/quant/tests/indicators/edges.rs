//! Edges of the indicators whose arithmetic is ours.

use proptest::prelude::*;
use quant::Error;
use quant::indicators::{self, Brick, Input, Inputs, ProfileBars, renko, volume_profile};

fn compute(name: &str, close: &[f64], parameters: &[(&str, f64)]) -> Vec<Vec<f64>> {
    let inputs = Inputs::new().with(Input::Close, close).unwrap();
    indicators::compute(name, &inputs, parameters).unwrap().values
}

#[test]
fn a_price_that_never_moves_has_a_strength_of_50_and_bands_without_width() {
    for price in [0.0, 0.1, 1.0, 1e-9, 123_456_789.123, 1e30] {
        let close = vec![price; 2000];
        assert!(compute("RSI", &close, &[])[0][14..].iter().all(|value| *value == 50.0));
        for band in compute("BBANDS", &close, &[]) {
            assert!(band[19..].iter().all(|value| *value == price), "{price}");
        }
    }
    let rising: Vec<f64> = (0..50).map(f64::from).collect();
    let falling: Vec<f64> = rising.iter().rev().copied().collect();
    assert!(compute("RSI", &rising, &[])[0][14..].iter().all(|value| *value == 100.0));
    assert!(compute("RSI", &falling, &[])[0][14..].iter().all(|value| *value == 0.0));
}

#[test]
fn bands_keep_their_digits_after_a_storm() {
    // A million times the later deviation passes through the window's sums, and must leave nothing.
    let mut close: Vec<f64> = (0..400).map(|bar| 1e6 * f64::from(1 + bar % 3)).collect();
    close.extend((0..1000).map(|bar| 1000.0 + 0.01 * f64::from(bar % 7)));
    assert_bands(&close, 20);
}

#[test]
fn faster_batches_have_the_bits_of_their_streams() {
    let storm = |bar: u32| if bar % 997 < 20 { 1e4 } else { 0.0 };
    let close: Vec<f64> =
        (0..5000_u32).map(|bar| 100.0 + storm(bar) + f64::from(bar * 7919 % 1013) / 97.0).collect();
    for (name, period) in [("RSI", 5.0), ("RSI", 14.0), ("BBANDS", 5.0), ("BBANDS", 20.0)] {
        let study = indicators::study(name, &[("time_period", period)]).unwrap();
        let columns = compute(name, &close, &[("time_period", period)]);
        let mut stream = study.stream();
        for (bar, price) in close.iter().enumerate() {
            let Some(row) = stream.push(&[*price]).unwrap() else { continue };
            for (value, column) in row.iter().zip(&columns) {
                assert_eq!(value.to_bits(), column[bar].to_bits(), "{name} {period} at {bar}");
            }
        }
    }
}

/// Compares with mean and variance of each window by itself.
fn assert_bands(close: &[f64], period: usize) {
    let columns = compute("BBANDS", close, &[("time_period", period as f64)]);
    for (end, window) in (period - 1..).zip(close.windows(period)) {
        let mean = window.iter().sum::<f64>() / period as f64;
        let squares = window.iter().map(|price| (price - mean).powi(2)).sum::<f64>();
        let width = 2.0 * (squares / period as f64).sqrt();
        let scale = mean.abs().max(1.0);
        for (column, expected) in columns.iter().zip([mean + width, mean, mean - width]) {
            let found = column[end];
            assert!((found - expected).abs() <= 1e-9 * scale, "{end}: {found}, {expected}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn bands_are_those_of_each_window(
        steps in prop::collection::vec((0.5..2.0_f64, prop::bool::weighted(0.5)), 30..400),
        period in 2..30_usize,
    ) {
        let close: Vec<f64> = steps
            .iter()
            .scan(100.0, |price, (step, moves)| {
                *price = if *moves { (*price * step).clamp(1e-3, 1e7) } else { *price };
                Some(*price)
            })
            .collect();
        assert_bands(&close, period);
    }

    #[test]
    fn bricks_join_and_hold_every_close(
        close in prop::collection::vec(1.0..200.0_f64, 0..200),
        size in 0.1..20.0_f64,
    ) {
        let bricks = renko(&close, size).unwrap();
        for pair in bricks.windows(2) {
            let turns = (pair[0].close > pair[0].open) != (pair[1].close > pair[1].open);
            let meets = if turns { pair[0].open } else { pair[0].close };
            prop_assert_eq!(pair[1].open, meets);
            prop_assert!(pair[0].bar <= pair[1].bar);
        }
        for Brick { bar, close: end, open } in &bricks {
            prop_assert!((end - open).abs() <= size * (1.0 + 1e-9));
            let beyond = (close[*bar] - end) * (end - open).signum();
            prop_assert!(beyond >= -1e-6, "{beyond}");
        }
    }

    #[test]
    fn a_profile_holds_all_volume_and_its_area_the_share(
        bars in prop::collection::vec((1.0..100.0_f64, 0.0..10.0_f64, 0.0..1e6_f64), 1..60),
        rows in 1..50_usize,
        share in 0.05..1.0_f64,
    ) {
        let low: Vec<f64> = bars.iter().map(|bar| bar.0).collect();
        let high: Vec<f64> = bars.iter().map(|bar| bar.0 + bar.1).collect();
        let volume: Vec<f64> = bars.iter().map(|bar| bar.2).collect();
        let bars = ProfileBars { high: &high, low: &low, volume: &volume };
        let profile = volume_profile(bars, rows, share).unwrap();
        let (all, held) = (volume.iter().sum::<f64>(), profile.rows.iter().sum::<f64>());
        prop_assert!((all - held).abs() <= 1e-9 * all.max(1.0));
        let inside: f64 = (0..rows)
            .filter(|row| {
                let middle = profile.low + (*row as f64 + 0.5) * profile.height;
                (profile.value_area_low..=profile.value_area_high).contains(&middle)
            })
            .map(|row| profile.rows[row])
            .sum();
        prop_assert!(profile.height == 0.0 || inside >= share * all * (1.0 - 1e-9));
        prop_assert!(profile.point_of_control >= profile.value_area_low);
        prop_assert!(profile.point_of_control <= profile.value_area_high);
    }
}

#[test]
fn bricks_lie_on_lines_that_decimals_miss() {
    // 0.3 is not three times 0.1 in binary; a tick of three bricks lays three.
    let bricks = renko(&[0.0, 0.3, 0.2, 0.1, 0.0], 0.1).unwrap();
    let bars: Vec<usize> = bricks.iter().map(|brick| brick.bar).collect();
    assert_eq!(bars, [1, 1, 1, 3, 4]);
    assert!(matches!(renko(&[1.0, f64::NAN], 1.0), Err(Error::NotFinite { index: 1, .. })));
    for size in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-12] {
        assert_eq!(renko(&[1.0, 100.0], size).unwrap_err().argument(), Some("brick_size"));
    }
}

#[test]
fn profiles_of_odd_bars() {
    let (flat, none) = ([5.0, 5.0], [0.0, 0.0]);
    let bars = ProfileBars { high: &flat, low: &flat, volume: &[3.0, 4.0] };
    let profile = volume_profile(bars, 4, 0.7).unwrap();
    assert_eq!((profile.point_of_control, profile.value_area_high), (5.0, 5.0));
    assert_eq!(profile.rows, [7.0, 0.0, 0.0, 0.0]);
    let silent = ProfileBars { volume: &none, ..bars };
    assert_eq!(volume_profile(silent, 4, 0.7).unwrap().rows, [0.0; 4]);

    let faults = [
        (ProfileBars { high: &[], low: &[], volume: &[] }, "high"),
        (ProfileBars { high: &[4.0, 5.0], ..bars }, "low"),
        (ProfileBars { volume: &[1.0], ..bars }, "volume"),
        (ProfileBars { volume: &[1.0, -1.0], ..bars }, "volume"),
        (ProfileBars { low: &[f64::NAN, 1.0], ..bars }, "low"),
    ];
    for (bars, argument) in faults {
        assert_eq!(volume_profile(bars, 4, 0.7).unwrap_err().argument(), Some(argument));
    }
    assert_eq!(volume_profile(bars, 0, 0.7).unwrap_err().argument(), Some("rows"));
    assert_eq!(volume_profile(bars, 4, 0.0).unwrap_err().argument(), Some("value_area"));
}

#[test]
fn an_anchored_average_begins_anew_and_needs_no_volume() {
    let (high, low) = ([12.0, 14.0, 20.0, 20.0], [10.0, 10.0, 20.0, 14.0]);
    let close = [11.0, 12.0, 20.0, 17.0];
    let (volume, anchor) = ([1.0, 3.0, 0.0, 2.0], [0.0, 0.0, 1.0, 0.0]);
    let inputs = Inputs::new()
        .with(Input::High, &high)
        .and_then(|inputs| inputs.with(Input::Low, &low))
        .and_then(|inputs| inputs.with(Input::Close, &close))
        .and_then(|inputs| inputs.with(Input::Volume, &volume))
        .and_then(|inputs| inputs.with(Input::Anchor, &anchor))
        .unwrap();
    let columns = indicators::compute("VWAP_ANCHORED", &inputs, &[]).unwrap().values;
    assert_eq!(columns[0], [11.0, 11.75, 20.0, 17.0]);
    assert_eq!(columns[1][2] - columns[2][2], 0.0);
    assert!((columns[1][1] - columns[0][1] - (3.0_f64 / 16.0).sqrt()).abs() < 1e-12);
}
