//! How long a full tear sheet takes, and the root search behind XIRR.

#![allow(clippy::unwrap_used, clippy::float_arithmetic, reason = "a bench fails where it breaks")]

use std::hint::black_box;
use std::time::Instant;

use quant::performance::cash_flow::{Flow, xirr};
use quant::performance::tear_sheet::TearSheet;
use quant::performance::{Basis, Frequency};

const DAYS: usize = 2_520;
const ROUNDS: u32 = 2_000;

fn main() {
    let (returns, benchmark) = (wave(DAYS, 0.7), wave(DAYS, 1.3));
    let basis = Basis::new(Frequency::DAILY);
    println!("{:44} {:>10}", "work", "µs");
    report("tear sheet, 2,520 days", || {
        black_box(TearSheet::of(black_box(&returns), &basis).unwrap());
    });
    report("tear sheet with a benchmark, 2,520 days", || {
        black_box(TearSheet::against(black_box(&returns), &benchmark, &basis).unwrap());
    });
    let start: kernel::Date = "2010-01-01".parse().unwrap();
    let mut date = start;
    let mut flows: Vec<Flow> = Vec::new();
    for month in 0..120_u8 {
        (0..30).for_each(|_| date = date.tomorrow().unwrap());
        flows.push(Flow { date, amount: -100.0 - f64::from(month % 7) });
    }
    (0..30).for_each(|_| date = date.tomorrow().unwrap());
    flows.push(Flow { date, amount: 20_000.0 });
    report("XIRR of 121 flows", || {
        black_box(xirr(black_box(&flows)).unwrap());
    });
}

/// Returns that look like a market's: irregular, without a random number.
fn wave(count: usize, step: f64) -> Vec<f64> {
    let at = |index: usize| (index as f64 * step * 12.9898).sin() * 43_758.545;
    (0..count).map(|index| (at(index).fract() - 0.01) * 0.02).collect()
}

fn report(name: &str, mut work: impl FnMut()) {
    let mut best = u128::MAX;
    for _ in 0..5 {
        let started = Instant::now();
        (0..ROUNDS).for_each(|_| work());
        best = best.min(started.elapsed().as_nanos());
    }
    let each = best / u128::from(ROUNDS);
    println!("{name:44} {:>6}.{:03}", each / 1_000, each % 1_000);
}
