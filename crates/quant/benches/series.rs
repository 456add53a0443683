//! 100 monthly series, the last 12 months held out, forecast with 90 % intervals on one core:
//! time, MASE (errors over those of the seasonal naive forecast within) and coverage. Then the same
//! one year earlier, on months that took no part in choosing the ensemble.
#![allow(
    clippy::unwrap_used,
    clippy::float_arithmetic,
    reason = "a benchmark stops where it breaks"
)]

use std::time::Instant;

use quant::series::{ForecastRequest, Method, forecast};

fn main() {
    let text = include_str!("../testdata/monthly100.csv");
    let all: Vec<Vec<f64>> = text
        .lines()
        .map(|line| line.split(',').skip(1).map(|value| value.parse().unwrap()).collect())
        .collect();
    let methods =
        [Method::Ensemble, Method::Ets, Method::Theta, Method::Arima, Method::SeasonalNaive];
    run(&all, &methods);
    println!("one year earlier:");
    let earlier: Vec<Vec<f64>> =
        all.iter().map(|values| values[..values.len() - 12].to_vec()).collect();
    run(&earlier, &methods);
}

fn run(all: &[Vec<f64>], methods: &[Method]) {
    println!("{:<16} {:>10} {:>8} {:>10}", "method", "seconds", "MASE", "coverage");
    for &method in methods {
        let started = Instant::now();
        let (mut errors, mut inside, mut count) = (0.0, 0.0, 0.0);
        for values in all {
            let (known, held_out) = values.split_at(values.len() - 12);
            let request = ForecastRequest { period: 12, horizon: 12, level: 0.9, method };
            let answer = forecast(known, &request).unwrap();
            let naive: Vec<f64> = known.windows(13).map(|w| (w[12] - w[0]).abs()).collect();
            let scale = naive.iter().sum::<f64>() / f64::from(u32::try_from(naive.len()).unwrap());
            for (step, value) in held_out.iter().enumerate() {
                errors += (answer.mean[step] - value).abs() / scale;
                inside += f64::from(u8::from(
                    answer.lower[step] <= *value && *value <= answer.upper[step],
                ));
                count += 1.0;
            }
        }
        let seconds = started.elapsed().as_secs_f64();
        let name = format!("{method:?}");
        println!("{name:<16} {seconds:>10.3} {:>8.4} {:>10.4}", errors / count, inside / count);
    }
}
