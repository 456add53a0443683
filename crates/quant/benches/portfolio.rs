//! Portfolios of 500 assets, one core: time of a call, best and median of several.
#![allow(
    clippy::unwrap_used,
    clippy::float_arithmetic,
    reason = "a benchmark stops where it breaks"
)]

use std::time::Instant;

use quant::algebra::{Cholesky, Matrix, SymmetricEigen};
use quant::portfolio::{
    Constraints, Linkage, Moments, Split, efficient_frontier, hierarchical_risk_parity,
    maximum_sharpe, minimum_cvar, minimum_variance, risk_parity,
};

/// The same numbers as `benches/peers/portfolio.py` draws: a linear congruence of 64 bits.
struct Draws(u64);

impl Draws {
    fn uniform(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 32).unwrap()) / 4_294_967_296.0
    }

    /// Nearly normal: the sum of twelve uniforms less six.
    fn normal(&mut self) -> f64 {
        let mut sum = 0.0;
        for _ in 0..12 {
            sum += self.uniform();
        }
        sum - 6.0
    }
}

/// Returns of `assets` over `days` with five common factors.
fn returns(assets: usize, days: usize) -> Matrix {
    let mut draws = Draws(7);
    let loadings: Vec<Vec<f64>> = (0..assets)
        .map(|_| {
            (0..5)
                .map(|k| if k == 0 { 0.8 + 0.4 * draws.uniform() } else { 0.3 * draws.normal() })
                .collect()
        })
        .collect();
    let own: Vec<f64> = (0..assets).map(|_| 0.008 + 0.012 * draws.uniform()).collect();
    let drift: Vec<f64> = (0..assets).map(|_| 0.0002 + 0.0006 * draws.uniform()).collect();
    let mut values = Vec::with_capacity(assets * days);
    for _ in 0..days {
        let factors: Vec<f64> = (0..5).map(|_| 0.008 * draws.normal()).collect();
        for asset in 0..assets {
            let mut value = drift[asset];
            for (loading, factor) in loadings[asset].iter().zip(&factors) {
                value += loading * factor;
            }
            values.push(value + own[asset] * draws.normal());
        }
    }
    Matrix::new(days, assets, values).unwrap()
}

fn moments(returns: &Matrix) -> Moments {
    let (days, assets) = (returns.rows(), returns.columns());
    let days_f = f64::from(u32::try_from(days).unwrap());
    let mut means = vec![0.0; assets];
    for day in 0..days {
        for (mean, value) in means.iter_mut().zip(returns.row(day)) {
            *mean += value / days_f;
        }
    }
    let mut centred = returns.clone();
    for day in 0..days {
        for (value, mean) in centred.row_mut(day).iter_mut().zip(&means) {
            *value -= mean;
        }
    }
    let mut covariance = centred.transpose().multiply(&centred).unwrap();
    for asset in 0..assets {
        for value in covariance.row_mut(asset) {
            *value *= 252.0 / (days_f - 1.0);
        }
    }
    means.iter_mut().for_each(|mean| *mean *= 252.0);
    Moments { expected_returns: means, covariance }
}

fn time<T>(name: &str, rounds: usize, mut work: impl FnMut() -> T) {
    let mut taken: Vec<f64> = (0..rounds)
        .map(|_| {
            let started = Instant::now();
            std::hint::black_box(work());
            started.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    taken.sort_by(f64::total_cmp);
    println!("{name:<58} {:>10.3} {:>10.3}", taken[0], taken[rounds / 2]);
}

fn main() {
    println!("{:<58} {:>10} {:>10}", "work", "best ms", "median ms");
    let moments = moments(&returns(500, 1_260));
    let covariance = &moments.covariance;
    time("Cholesky, 500 x 500", 11, || Cholesky::new(covariance).unwrap());
    time("symmetric eigen, 500 x 500", 3, || SymmetricEigen::new(covariance).unwrap());
    let long = Constraints::long_only(500);
    let held = minimum_variance(covariance, &long).unwrap();
    println!("least variance {}", held.objective);
    println!("minimum variance holds {}", held.weights.iter().filter(|&&w| w > 1e-9).count());
    time("minimum variance, 500 assets, long only", 11, || {
        minimum_variance(covariance, &long).unwrap()
    });
    let capped = Constraints::between(500, 0.0, 0.01);
    let held = minimum_variance(covariance, &capped).unwrap();
    println!(
        "minimum variance, at most 1 % each, holds {}",
        held.weights.iter().filter(|&&w| w > 1e-9).count()
    );
    time("minimum variance, 500 assets, at most 1 % each", 5, || {
        minimum_variance(covariance, &capped).unwrap()
    });
    let short = Constraints::between(500, -1.0, 1.0);
    time("minimum variance, 500 assets, from -1 to 1", 5, || {
        minimum_variance(covariance, &short).unwrap()
    });
    let sectors = (0..10).fold(Constraints::long_only(500), |rules, sector| {
        let members: Vec<usize> = (0..50).map(|member| sector * 50 + member).collect();
        rules.with_group("sector", &members, 0.05, 0.15)
    });
    time("minimum variance, 500 assets, 10 sectors", 5, || {
        minimum_variance(covariance, &sectors).unwrap()
    });
    let turnover = Constraints::long_only(500).with_turnover(&[0.002; 500], 0.4);
    time("minimum variance, 500 assets, turnover", 3, || {
        minimum_variance(covariance, &turnover).unwrap()
    });
    time("maximum Sharpe, 500 assets, long only", 5, || {
        maximum_sharpe(&moments, 0.02, &long).unwrap()
    });
    let scenarios = returns(100, 2_520);
    let hundred = Constraints::long_only(100);
    let answer = minimum_cvar(&scenarios, 0.95, &hundred).unwrap();
    println!(
        "least CVaR {} holds {}",
        answer.objective,
        answer.weights.iter().filter(|&&w| w > 1e-9).count()
    );
    time("CVaR 95 %, 100 assets x 2,520 scenarios", 5, || {
        minimum_cvar(&scenarios, 0.95, &hundred).unwrap()
    });
    time("risk parity, 500 assets", 5, || risk_parity(covariance).unwrap());
    for (name, split) in [
        ("HRP, 500 assets, Ward, halves (PyPortfolioOpt)", Split::Halves),
        ("HRP, 500 assets, Ward, turned halves (skfolio)", Split::TurnedHalves),
        ("HRP, 500 assets, Ward, optimal halves", Split::OptimalHalves),
    ] {
        time(name, 5, || hierarchical_risk_parity(covariance, Linkage::Ward, split).unwrap());
    }
    time("frontier of 20 points, 500 assets", 3, || {
        efficient_frontier(&moments, 20, &long).unwrap()
    });
}
