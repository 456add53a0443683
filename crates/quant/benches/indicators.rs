//! Nanoseconds a bar of the five indicators that charts ask for most, over ten million bars into
//! columns of the caller, and of one bar pushed into a stream.
#![allow(
    clippy::unwrap_used,
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "a bench fails where it breaks"
)]

use std::time::Instant;

use quant::indicators::{self, Input, Inputs};

const BARS: usize = 10_000_000;
const ROUNDS: usize = 5;

fn main() {
    let close = prices(BARS);
    let high: Vec<f64> = close.iter().map(|price| price * 1.001).collect();
    let low: Vec<f64> = close.iter().map(|price| price * 0.999).collect();
    let mut outputs = [vec![1.0; BARS], vec![1.0; BARS], vec![1.0; BARS]];

    println!("{:28} {:>10}", "10,000,000 bars", "ns a bar");
    let mut inputs = Inputs::new();
    let mut total = report("series looked through, once", || {
        let checked = Inputs::new().with(Input::High, &high).unwrap();
        inputs = checked.with(Input::Low, &low).unwrap().with(Input::Close, &close).unwrap();
    });
    for (name, parameters) in [
        ("RSI", vec![("time_period", 14.0)]),
        ("EMA", vec![("time_period", 20.0)]),
        ("BBANDS", vec![("time_period", 20.0)]),
        ("MACD", vec![]),
        ("ATR", vec![("time_period", 14.0)]),
    ] {
        let study = indicators::study(name, &parameters).unwrap();
        let count = study.indicator().outputs.len();
        total += report(name, || {
            let mut places: Vec<&mut [f64]> =
                outputs[..count].iter_mut().map(Vec::as_mut_slice).collect();
            study.compute_into(&inputs, &mut places).unwrap();
        });
    }
    println!("{:28} {total:>10.2}", "together");

    for name in ["RSI", "EMA", "BBANDS", "MACD"] {
        let study = indicators::study(name, &[]).unwrap();
        let mut sum = 0.0;
        report(&format!("{name}, one bar pushed"), || {
            let mut stream = study.stream();
            for &price in &close {
                sum += stream.push(&[price]).unwrap().map_or(0.0, |row| row[0]);
            }
        });
        assert!(sum.is_finite());
    }
}

/// The best of some rounds, in nanoseconds a bar.
fn report(name: &str, mut run: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        run();
        best = best.min(started.elapsed().as_secs_f64());
    }
    let each = best * 1e9 / BARS as f64;
    println!("{name:28} {each:>10.2}");
    each
}

/// A price that wanders, the same on each run.
fn prices(bars: usize) -> Vec<f64> {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut price = 100.0;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        price *= 1.0 + ((seed >> 11) as f64 / (1u64 << 53) as f64 - 0.5) * 3e-4;
        price
    };
    (0..bars).map(|_| next()).collect()
}
