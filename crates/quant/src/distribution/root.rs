//! The one way in which quantiles are found where no closed form is: Newton's method on logarithms
//! inside of a bracket that only shrinks.

use crate::{Error, Result};

/// A cumulative or survival probability at one point, and its derivative there.
pub(super) struct Curve {
    pub value: f64,
    pub slope: f64,
}

const STEPS_MAX: usize = 400;

/// The x > 0 where the monotone `curve` is `target`, starting at `start`. In ln x and ln value the
/// tails of the gamma, beta and Student distributions are nearly straight, so that few steps do.
pub(super) fn solve_logarithmic(
    curve: impl Fn(f64) -> Curve,
    target: f64,
    start: f64,
) -> Result<f64> {
    let goal = target.ln();
    let (mut low, mut high) = (f64::MIN_POSITIVE.ln(), f64::MAX.ln());
    let mut at = start.ln();
    for _ in 0..STEPS_MAX {
        let x = at.exp();
        let Curve { value, slope } = curve(x);
        let miss = value.ln() - goal;
        if miss == 0.0 {
            return Ok(x);
        }
        if (miss > 0.0) == (slope >= 0.0 && !slope.is_sign_negative()) {
            high = at;
        } else {
            low = at;
        }
        let newton = at - miss * value / (slope * x);
        let next = if newton > low && newton < high { newton } else { low + 0.5 * (high - low) };
        if (next - at).abs() <= 1e-12 * at.abs().max(1.0) || high - low <= 0.0 {
            return Ok(polished(&curve, target, next.exp()));
        }
        at = next;
    }
    Err(Error::NotConverged { method: "the quantile", steps_max: STEPS_MAX })
}

/// One step in x itself: `exp` of a large logarithm loses the last digits.
fn polished(curve: &impl Fn(f64) -> Curve, target: f64, x: f64) -> f64 {
    let Curve { value, slope } = curve(x);
    let step = (value - target) / slope;
    if step.abs() < 1e-6 * x { x - step } else { x }
}
