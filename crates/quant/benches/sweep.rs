//! A sweep of crossings: every pair of 45 periods over 50,000 bars, on one thread, and on two.
#![allow(
    clippy::unwrap_used,
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "a bench fails where it breaks"
)]

use std::time::Instant;

use quant::indicators::{Input, Inputs};
use quant::sweep::{Options, Plan, sweep};

const BARS: usize = 50_000;

fn main() {
    let close = prices(BARS);
    let symbols = [Inputs::new().with(Input::Close, &close).unwrap()];
    let periods: Vec<u32> = (0..45).map(|step| 5 + 3 * step).collect();
    println!("{:34} {:>8} {:>9} {:>14}", "sweep of 50,000 bars", "threads", "ms", "M bar-sets/s");
    for average in ["SMA", "EMA"] {
        let plan = Plan::crossings(average, &periods).unwrap();
        for threads in [1, 2] {
            let options = Options { fee: 0.001, threads, ..Options::default() };
            let mut best = f64::INFINITY;
            for _ in 0..5 {
                let started = Instant::now();
                let figures = sweep(&plan, &symbols, &options).unwrap();
                best = best.min(started.elapsed().as_secs_f64());
                assert_eq!(figures[0].len(), 990);
            }
            let rate = (BARS * plan.rules().len()) as f64 / best / 1e6;
            let name = format!("990 crossings of {average}");
            println!("{name:34} {threads:>8} {:>9.1} {rate:>14.0}", best * 1e3);
        }
    }
}

/// A price that wanders, the same on each run.
fn prices(bars: usize) -> Vec<f64> {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut price = 100.0;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        price *= 1.0 + ((seed >> 11) as f64 / (1u64 << 53) as f64 - 0.5) * 0.02;
        price
    };
    (0..bars).map(|_| next()).collect()
}
