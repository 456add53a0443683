//! Minimisation of a smooth function without bounds by BFGS (Nocedal and Wright, chapter 6).

use crate::algebra::dot;
use crate::{Error, Result};

const STEPS_MAX: usize = 500;
const HALVINGS_MAX: usize = 50;

/// Where the gradient counts as zero.
const GRADIENT_ZERO: f64 = 1e-9;

/// The lowest value and where it is, from `start` on; `function` answers value and gradient.
pub(super) fn minimise(
    function: &impl Fn(&[f64]) -> (f64, Vec<f64>),
    start: Vec<f64>,
) -> Result<(f64, Vec<f64>)> {
    let size = start.len();
    let mut point = start;
    let (mut value, mut gradient) = function(&point);
    let mut inverse = identity(size);
    let mut fresh = true;
    for _ in 0..STEPS_MAX {
        if gradient.iter().all(|slope| slope.abs() <= GRADIENT_ZERO) {
            return Ok((value, point));
        }
        let mut direction: Vec<f64> = inverse.iter().map(|row| -dot(row, &gradient)).collect();
        let mut descent = dot(&direction, &gradient);
        if descent >= 0.0 || !descent.is_finite() {
            inverse = identity(size);
            fresh = true;
            direction = gradient.iter().map(|slope| -slope).collect();
            descent = -dot(&gradient, &gradient);
        }
        // No coordinate moves by more than one at a time: they are logarithms, mostly.
        let longest = direction.iter().fold(0.0_f64, |longest, part| longest.max(part.abs()));
        let first = if longest > 1.0 { 1.0 / longest } else { 1.0 };
        let line = Line { point: &point, direction: &direction, value, slope: descent };
        let Some(step) = line.shorten(function, first) else {
            // Rounding hides any lower value: this is the bottom, or the matrix is worn out.
            if fresh {
                return Ok((value, point));
            }
            inverse = identity(size);
            fresh = true;
            continue;
        };
        let moved: Vec<f64> = step.point.iter().zip(&point).map(|(to, from)| to - from).collect();
        let bent: Vec<f64> =
            step.gradient.iter().zip(&gradient).map(|(to, from)| to - from).collect();
        update(&mut inverse, &moved, &bent, fresh);
        fresh = false;
        (point, value, gradient) = (step.point, step.value, step.gradient);
    }
    Err(Error::NotConverged { method: "BFGS", steps_max: STEPS_MAX })
}

struct Step {
    point: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
}

/// A way down from a point, with the value and the slope there.
struct Line<'a> {
    point: &'a [f64],
    direction: &'a [f64],
    value: f64,
    slope: f64,
}

impl Line<'_> {
    /// The first of shorter and shorter steps that lowers the value enough (Armijo).
    fn shorten(&self, function: &impl Fn(&[f64]) -> (f64, Vec<f64>), first: f64) -> Option<Step> {
        let mut length = first;
        for _ in 0..HALVINGS_MAX {
            let pairs = self.point.iter().zip(self.direction);
            let point: Vec<f64> = pairs.map(|(at, by)| at + length * by).collect();
            if point == self.point {
                return None;
            }
            let (value, gradient) = function(&point);
            let enough = value <= self.value + 1e-4 * length * self.slope;
            if enough && gradient.iter().all(|slope| slope.is_finite()) {
                return Some(Step { point, value, gradient });
            }
            // The minimum of the parabola through what is known, within bounds.
            let bend = value - self.value - self.slope * length;
            let parabola = -0.5 * self.slope * length * length / bend;
            let known = parabola.is_finite();
            length = if known { parabola.clamp(0.1 * length, 0.5 * length) } else { 0.25 * length };
        }
        None
    }
}

/// BFGS' update of the inverse curvature, left out where the function does not curve upwards.
fn update(inverse: &mut [Vec<f64>], moved: &[f64], bent: &[f64], fresh: bool) {
    let curve = dot(moved, bent);
    if curve <= 1e-14 * dot(moved, moved).sqrt() * dot(bent, bent).sqrt() {
        return;
    }
    if fresh {
        let scale = curve / dot(bent, bent);
        for (index, row) in inverse.iter_mut().enumerate() {
            row[index] = scale;
        }
    }
    let turned: Vec<f64> = inverse.iter().map(|row| dot(row, bent)).collect();
    let factor = (1.0 + dot(bent, &turned) / curve) / curve;
    for (row, values) in inverse.iter_mut().enumerate() {
        for (column, value) in values.iter_mut().enumerate() {
            *value += factor * moved[row] * moved[column]
                - (turned[row] * moved[column] + moved[row] * turned[column]) / curve;
        }
    }
}

fn identity(size: usize) -> Vec<Vec<f64>> {
    let unit = |row: usize| (0..size).map(move |column| f64::from(u8::from(row == column)));
    (0..size).map(|row| unit(row).collect()).collect()
}
