//! Fisher's F distribution: the law of ratios of variances.

use super::{beta, check_at, check_shape};
use crate::Result;

/// P(X ≤ x) with `top` and `bottom` degrees of freedom; 0 for x ≤ 0.
///
/// # Errors
/// [`Error::OutOfBounds`](crate::Error::OutOfBounds) unless both degrees of freedom lie between
/// [`super::SHAPE_MIN`] and [`super::SHAPE_MAX`]; [`Error::NotFinite`](crate::Error::NotFinite) if
/// `x` is NaN.
///
/// ```
/// use quant::distribution::fisher::cumulative;
///
/// // Of equal degrees the median is 1.
/// assert!((cumulative(1.0, 5.0, 5.0)? - 0.5).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn cumulative(x: f64, top: f64, bottom: f64) -> Result<f64> {
    Ok(parts(x, top, bottom)?.0)
}

/// P(X > x): the p-value of a test whose statistic is x.
///
/// # Errors
/// As [`cumulative`].
///
/// ```
/// use quant::distribution::fisher::survival;
///
/// assert!((survival(1.0, 5.0, 5.0)? - 0.5).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn survival(x: f64, top: f64, bottom: f64) -> Result<f64> {
    Ok(parts(x, top, bottom)?.1)
}

fn parts(x: f64, top: f64, bottom: f64) -> Result<(f64, f64)> {
    check_shape("top", top)?;
    check_shape("bottom", bottom)?;
    check_at(x)?;
    if x <= 0.0 {
        return Ok((0.0, 1.0));
    }
    // Both arguments of the beta function from whichever ratio does not overflow.
    let ratio = top / bottom * x;
    let (left, right) = if ratio < 1.0 {
        (ratio / (1.0 + ratio), 1.0 / (1.0 + ratio))
    } else {
        (1.0 / (1.0 + 1.0 / ratio), (1.0 / ratio) / (1.0 + 1.0 / ratio))
    };
    Ok(beta::parts(beta::At { a: 0.5 * top, b: 0.5 * bottom, x: left, y: right }))
}
