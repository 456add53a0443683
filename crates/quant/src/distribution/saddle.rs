//! Loader's saddle-point pieces, by which powers and gamma functions of large arguments cancel
//! before they are rounded. C. Loader, "Fast and Accurate Computation of Binomial Probabilities"
//! (2000).

use std::f64::consts::PI;

/// ln Γ(n + 1) − ln(√(2πn) (n/e)ⁿ): what Stirling's formula leaves out, for n > 0.
pub(super) fn stirling_rest(n: f64) -> f64 {
    if n < 16.0 {
        return small_stirling_rest(n);
    }
    let square = n * n;
    let series = [-691.0 / 360_360.0, 1.0 / 1188.0, -1.0 / 1680.0, 1.0 / 1260.0, -1.0 / 360.0]
        .iter()
        .fold(1.0 / 156.0 / square, |sum, term| (sum + term) / square);
    (series + 1.0 / 12.0) / n
}

/// The same by stepping up to where the series holds: each step is the exact difference
/// (n + ½) ln(1 + 1/n) − 1 of neighbours.
fn small_stirling_rest(n: f64) -> f64 {
    let mut at = n;
    let mut sum = 0.0;
    while at < 16.0 {
        sum += if at < 1.0 { (at + 0.5) * (1.0 / at).ln_1p() - 1.0 } else { stirling_step(at) };
        at += 1.0;
    }
    sum + stirling_rest(at)
}

/// (n + ½) ln(1 + 1/n) − 1 = Σ y²ᵏ / (2k + 1) over k ≥ 1 with y = 1 / (2n + 1), for n ≥ 1.
fn stirling_step(n: f64) -> f64 {
    let square = 1.0 / ((2.0 * n + 1.0) * (2.0 * n + 1.0));
    let (mut power, mut sum) = (square, 0.0);
    for k in 1..=20_u32 {
        sum += power / f64::from(2 * k + 1);
        power *= square;
    }
    sum
}

/// x ln(x/m) + m − x: the deviance of x from its mean m; both above 0.
pub(super) fn deviance(x: f64, mean: f64) -> f64 {
    if (x - mean).abs() >= 0.1 * (x + mean) {
        return x * (x / mean).ln() + mean - x;
    }
    let ratio = (x - mean) / (x + mean);
    let square = ratio * ratio;
    let mut power = 2.0 * x * ratio;
    let mut sum = (x - mean) * ratio;
    for k in 1..=1000_u32 {
        power *= square;
        let next = sum + power / f64::from(2 * k + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// xᵃ e⁻ˣ / Γ(a + 1), for a and x above 0.
pub(super) fn poisson_weight(a: f64, x: f64) -> f64 {
    (-stirling_rest(a) - deviance(a, x)).exp() / (2.0 * PI * a).sqrt()
}

/// xᵃ yᵇ Γ(a + b) / (Γ(a) Γ(b)), for a, b above 0 and x + y = 1.
pub(super) fn beta_weight(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let n = a + b;
    let exponent = stirling_rest(n)
        - stirling_rest(a)
        - stirling_rest(b)
        - deviance(a, n * x)
        - deviance(b, n * y);
    exponent.exp() * (a * (b / n) / (2.0 * PI)).sqrt()
}
