//! The regularised incomplete beta function I(x; a, b).

use super::gamma::kept_from_zero;
use super::saddle::beta_weight;
use super::{check_at, check_shape};
use crate::Result;

/// I(x; a, b) = ∫₀ˣ tᵃ⁻¹ (1 − t)ᵇ⁻¹ dt / B(a, b): 0 for x ≤ 0 and 1 for x ≥ 1. DLMF 8.17.
///
/// # Errors
/// [`Error::OutOfBounds`](crate::Error::OutOfBounds) unless `a` and `b` lie between
/// [`super::SHAPE_MIN`] and [`super::SHAPE_MAX`];
/// [`Error::NotFinite`](crate::Error::NotFinite) if `x` is NaN.
///
/// ```
/// use quant::distribution::beta;
/// assert!((beta::incomplete(0.5, 2.0, 2.0)? - 0.5).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn incomplete(x: f64, a: f64, b: f64) -> Result<f64> {
    check_shape("a", a)?;
    check_shape("b", b)?;
    check_at(x)?;
    Ok(parts(At { a, b, x, y: 1.0 - x }).0)
}

/// Where the function is wanted: `y` is 1 − x, as exactly as the caller has it.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub a: f64,
    pub b: f64,
    pub x: f64,
    pub y: f64,
}

/// I(x; a, b) and 1 − I(x; a, b), the smaller one with all of its digits.
pub(super) fn parts(at: At) -> (f64, f64) {
    let At { a, b, x, y } = at;
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if y <= 0.0 {
        return (1.0, 0.0);
    }
    // Beyond the mean the fraction of the mirrored function converges.
    if x > (a + 1.0) / (a + b + 2.0) {
        let (high, low) = below_mean(At { a: b, b: a, x: y, y: x });
        return (low, high);
    }
    below_mean(at)
}

fn below_mean(at: At) -> (f64, f64) {
    let At { a, b, x, y } = at;
    let value = (beta_weight(a, b, x, y) / a * fraction(at)).min(1.0);
    (value, 1.0 - value)
}

/// The continued fraction of DLMF 8.17.22 by Lentz's method.
fn fraction(at: At) -> f64 {
    const TINY: f64 = 1e-300;
    let At { a, b, x, .. } = at;
    let mut c = 1.0;
    let mut d = 1.0 / kept_from_zero(1.0 - (a + b) * x / (a + 1.0), TINY);
    let mut product = d;
    for step in 1..=steps_max(a, b) {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut factor = 1.0;
        for numerator in [even, odd] {
            d = 1.0 / kept_from_zero(1.0 + numerator * d, TINY);
            c = kept_from_zero(1.0 + numerator / c, TINY);
            factor = d * c;
            product *= factor;
        }
        if (factor - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    product
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 2³¹")]
fn steps_max(a: f64, b: f64) -> u32 {
    500 + (12.0 * a.max(b).sqrt()) as u32
}
