//! The regularised incomplete gamma functions P(a, x) and Q(a, x) = 1 − P(a, x).

use super::root::{Curve, solve_logarithmic};
use super::saddle::poisson_weight;
use super::{check_at, check_probability, check_shape};
use crate::Result;

/// P(a, x) = ∫₀ˣ tᵃ⁻¹ e⁻ᵗ dt / Γ(a), 0 for x ≤ 0. DLMF 8.2.4.
///
/// # Errors
/// [`Error::OutOfBounds`](crate::Error::OutOfBounds) unless `shape` lies between
/// [`super::SHAPE_MIN`] and [`super::SHAPE_MAX`];
/// [`Error::NotFinite`](crate::Error::NotFinite) if `x` is NaN.
///
/// ```
/// use quant::distribution::gamma;
/// assert!((gamma::lower(1.0, 2.0)? - (1.0 - (-2.0_f64).exp())).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn lower(shape: f64, x: f64) -> Result<f64> {
    check_shape("shape", shape)?;
    check_at(x)?;
    Ok(parts(shape, x).0)
}

/// Q(a, x) = 1 − P(a, x), with its digits far out. DLMF 8.2.4.
///
/// # Errors
/// As [`lower`].
///
/// ```
/// // Of shape 1 it is exp(−x).
/// assert!((quant::distribution::gamma::upper(1.0, 2.0)? - (-2.0_f64).exp()).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn upper(shape: f64, x: f64) -> Result<f64> {
    check_shape("shape", shape)?;
    check_at(x)?;
    Ok(parts(shape, x).1)
}

/// The x with P(a, x) = p.
///
/// # Errors
/// As [`lower`], and unless 0 < p < 1.
///
/// ```
/// // Of shape 1 the median is ln 2.
/// let median = quant::distribution::gamma::quantile(0.5, 1.0)?;
/// assert!((median - 2.0_f64.ln()).abs() < 1e-14);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn quantile(probability: f64, shape: f64) -> Result<f64> {
    check_probability(probability)?;
    check_shape("shape", shape)?;
    let upper = probability > 0.5;
    let tail = if upper { 1.0 - probability } else { probability };
    let value = |x: f64| {
        let (low, high) = parts(shape, x);
        let density = poisson_weight(shape, x) * shape / x;
        if upper {
            Curve { value: high, slope: -density }
        } else {
            Curve { value: low, slope: density }
        }
    };
    solve_logarithmic(value, tail, shape.max(1e-3))
}

/// P and Q. The series below the mean, the continued fraction above it: each where it converges
/// fast and gives the smaller of the two.
pub(super) fn parts(a: f64, x: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if x == f64::INFINITY {
        return (1.0, 0.0);
    }
    let weight = poisson_weight(a, x);
    if x < a + 1.0 {
        let low = (weight * series(a, x)).min(1.0);
        (low, 1.0 - low)
    } else {
        let high = (weight * a * fraction(a, x)).min(1.0);
        (1.0 - high, high)
    }
}

/// Σ xᵏ / ((a + 1) … (a + k)), DLMF 8.11.4.
fn series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum, mut at) = (1.0, 1.0, a);
    for _ in 0..steps_max(a) {
        at += 1.0;
        term *= x / at;
        sum += term;
        if term < sum * f64::EPSILON * 0.25 {
            break;
        }
    }
    sum
}

/// The continued fraction of DLMF 8.9.2 by Lentz's method.
fn fraction(a: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut product = d;
    for step in 1..=steps_max(a) {
        let n = f64::from(step);
        let numerator = -n * (n - a);
        b += 2.0;
        d = kept_from_zero(numerator * d + b, TINY);
        c = kept_from_zero(b + numerator / c, TINY);
        d = 1.0 / d;
        let factor = d * c;
        product *= factor;
        if (factor - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    product
}

pub(super) fn kept_from_zero(value: f64, tiny: f64) -> f64 {
    if value.abs() < tiny { tiny } else { value }
}

/// Near x = a both need some √a terms; nine standard deviations are more than a double tells.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 2³¹")]
fn steps_max(a: f64) -> u32 {
    500 + (12.0 * a.sqrt()) as u32
}
