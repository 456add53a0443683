//! Student's t distribution, of any positive number of degrees of freedom.

use std::f64::consts::PI;

use super::beta::{At, parts};
use super::root::{Curve, solve_logarithmic};
use super::saddle::stirling_rest;
use super::{check_at, check_probability, check_shape};
use crate::Result;

/// The density Γ((ν+1)/2) / (√(νπ) Γ(ν/2)) · (1 + x²/ν)^(−(ν+1)/2).
///
/// # Errors
/// [`Error::OutOfBounds`](crate::Error::OutOfBounds) unless `freedom` lies between
/// [`super::SHAPE_MIN`] and [`super::SHAPE_MAX`];
/// [`Error::NotFinite`](crate::Error::NotFinite) if `x` is NaN.
///
/// ```
/// // One degree of freedom is Cauchy: 1 / π in the middle.
/// let density = quant::distribution::student::density(0.0, 1.0)?;
/// assert!((density - 1.0 / std::f64::consts::PI).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn density(x: f64, freedom: f64) -> Result<f64> {
    check_shape("freedom", freedom)?;
    check_at(x)?;
    Ok(density_at(x, freedom))
}

/// P(X ≤ x).
///
/// # Errors
/// As [`density`].
///
/// ```
/// // One degree of freedom is Cauchy: ¾ at 1.
/// assert!((quant::distribution::student::cumulative(1.0, 1.0)? - 0.75).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn cumulative(x: f64, freedom: f64) -> Result<f64> {
    survival(-x, freedom)
}

/// P(X > x), with its digits far out.
///
/// # Errors
/// As [`density`].
///
/// ```
/// assert!((quant::distribution::student::survival(1.0, 1.0)? - 0.25).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn survival(x: f64, freedom: f64) -> Result<f64> {
    check_shape("freedom", freedom)?;
    check_at(x)?;
    let (inside, outside) = two_sided(x, freedom);
    Ok(if x < 0.0 { 0.5 + 0.5 * inside } else { 0.5 * outside })
}

/// The x with P(X ≤ x) = p. For degrees of freedom so few that x does not fit, an infinity.
///
/// # Errors
/// As [`density`], and unless 0 < p < 1.
///
/// ```
/// assert!((quant::distribution::student::quantile(0.75, 1.0)? - 1.0).abs() < 1e-13);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn quantile(probability: f64, freedom: f64) -> Result<f64> {
    check_probability(probability)?;
    check_shape("freedom", freedom)?;
    let centred = probability - 0.5;
    if centred == 0.0 {
        return Ok(0.0);
    }
    let tail = if centred < 0.0 { probability } else { 1.0 - probability };
    let distance = if tail > 0.25 {
        let curve =
            |x| Curve { value: two_sided(x, freedom).0, slope: 2.0 * density_at(x, freedom) };
        solve_logarithmic(curve, 2.0 * centred.abs(), centred.abs() / density_at(0.0, freedom))?
    } else {
        let curve =
            |x| Curve { value: 0.5 * two_sided(x, freedom).1, slope: -density_at(x, freedom) };
        solve_logarithmic(curve, tail, 1.0)?
    };
    Ok(distance.copysign(centred))
}

fn density_at(x: f64, freedom: f64) -> f64 {
    let half = 0.5 * freedom;
    // Γ(h + ½) / (Γ(h) √h) = exp(rest(h − ½) − rest(h)) …, written so that nothing overflows.
    let gammas = if half > 1.0 {
        let below = half - 0.5;
        let power = below * (-0.5 / half).ln_1p() + 0.5;
        (stirling_rest(below) - stirling_rest(half) + power).exp() * (below / half).sqrt()
    } else {
        (libm::lgamma(half + 0.5) - libm::lgamma(half)).exp() / half.sqrt()
    };
    let scaled = x * (x / freedom);
    gammas / (2.0 * PI).sqrt() * (-(half + 0.5) * scaled.ln_1p()).exp()
}

/// P(|X| ≤ |x|) and P(|X| > |x|).
fn two_sided(x: f64, freedom: f64) -> (f64, f64) {
    let scaled = x * (x / freedom);
    if scaled == f64::INFINITY {
        return (1.0, 0.0);
    }
    let (left, right) = (scaled / (1.0 + scaled), 1.0 / (1.0 + scaled));
    parts(At { a: 0.5, b: 0.5 * freedom, x: left, y: right })
}
