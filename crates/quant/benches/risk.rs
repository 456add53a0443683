//! How long GARCH fits, values at risk, shrinkage, clustering and the bootstrap take.

#![allow(clippy::unwrap_used, clippy::float_arithmetic, reason = "a bench fails where it breaks")]

use std::hint::black_box;
use std::time::Instant;

use quant::algebra::Matrix;
use quant::performance::{Basis, Frequency, ratio};
use quant::risk::bootstrap::{Blocks, Plan, interval};
use quant::risk::cluster::{Linkage, distances, linkage};
use quant::risk::covariance::{correlation, ledoit_wolf};
use quant::risk::garch::{Innovation, Mean, Model, Specification, fit};
use quant::risk::monte_carlo::{Assets, Simulation, simulate};
use quant::risk::regression::{Errors, regress};
use quant::risk::value_at_risk;

const DAYS: usize = 2_520;

fn main() {
    let (returns, market) = (wave(DAYS, 0.7), wave(DAYS, 1.3));
    println!("{:52} {:>12}", "work", "µs");
    for (name, model, innovation) in [
        ("GARCH(1,1), normal, 2,520 days", Model::Garch, Innovation::Normal),
        ("GARCH(1,1), Student, 2,520 days", Model::Garch, Innovation::Student),
        ("GJR, normal, 2,520 days", Model::Gjr, Innovation::Normal),
        ("EGARCH, normal, 2,520 days", Model::Egarch, Innovation::Normal),
    ] {
        let specification = Specification { model, mean: Mean::Constant, innovation };
        report(name, 5, || drop(black_box(fit(black_box(&returns), &specification).unwrap())));
    }
    report("historical value at risk and shortfall, 2,520 days", 200, || {
        black_box(value_at_risk::historical(black_box(&returns), 0.99).unwrap());
    });
    report("regression, two factors, 7 lags, 2,520 days", 200, || {
        let factors: [&[f64]; 2] = [&market, &returns[..DAYS]];
        let own: Vec<f64> = market.iter().map(|value| 0.5 * value * value + value).collect();
        drop(black_box(regress(&own, &factors, Errors::NeweyWest { lags: 7 }).unwrap()));
    });
    let plan = Plan { blocks: Blocks::Stationary { mean_length: 10.0 }, draws: 1_000, seed: 1 };
    let basis = Basis::new(Frequency::DAILY);
    report("Sharpe ratio, stationary bootstrap, 1,000 draws", 2, || {
        black_box(interval(&returns, &plan, 0.9, |drawn| ratio::sharpe(drawn, &basis)).unwrap());
    });
    let rows: Vec<Vec<f64>> = (0..500_u16).map(|t| wave(100, 0.3 + f64::from(t))).collect();
    let many = Matrix::from_rows(&rows).unwrap();
    report("Ledoit-Wolf, 100 assets, 500 days", 10, || {
        drop(black_box(ledoit_wolf(black_box(&many)).unwrap()));
    });
    let apart = distances(&correlation(&many).unwrap()).unwrap();
    report("average linkage, 100 assets", 20, || {
        drop(black_box(linkage(black_box(&apart), Linkage::Average).unwrap()));
    });
    let shrunk = ledoit_wolf(&many).unwrap().covariance;
    let (weights, means) = (vec![0.01; 100], vec![0.0; 100]);
    let assets = Assets { weights: &weights, means: &means, covariance: &shrunk };
    let simulation = Simulation { scenarios: 10_000, seed: 1, freedom: None };
    report("simulated value at risk, 100 assets, 10,000 scenarios", 3, || {
        black_box(simulate(&assets, &simulation, 0.99).unwrap());
    });
}

/// Returns that look like a market's: irregular, in calm and wild spells, without a random number.
fn wave(count: usize, step: f64) -> Vec<f64> {
    let at = |index: usize| ((index as f64 + 1.0) * step * 12.9898).sin() * 43_758.545;
    let spell = |index: usize| 1.0 + (index as f64 / 90.0).sin() * 0.8;
    (0..count).map(|index| at(index).fract() * 0.02 * spell(index)).collect()
}

fn report(name: &str, rounds: u32, mut work: impl FnMut()) {
    let mut best = u128::MAX;
    for _ in 0..5 {
        let started = Instant::now();
        (0..rounds).for_each(|_| work());
        best = best.min(started.elapsed().as_nanos());
    }
    let each = best / u128::from(rounds);
    println!("{name:52} {:>8}.{:03}", each / 1_000, each % 1_000);
}
