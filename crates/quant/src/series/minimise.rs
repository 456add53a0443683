//! The least of a smooth function of a few variables, by its values alone.
//! Quasi-Newton steps (BFGS) with differences for slopes; Nocedal and Wright, chapters 6 and 8.

use crate::algebra::{add_scaled, dot};

/// When to end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Steps at most.
    pub steps_max: usize,
    /// A relative decrease below this is none.
    pub decrease_min: f64,
}

/// Whoever asks for a smaller decrease than this gets central differences at the end.
const CENTRAL_BELOW: f64 = 1e-9;

/// Halvings of one step.
const HALVINGS_MAX: usize = 30;

/// The part of the promised decrease that a step must bring.
const ARMIJO: f64 = 1e-4;

/// Goes downhill from `start`; where it ends, and the value there. A value that is not a number
/// counts as infinite.
pub(super) fn minimise(
    mut value: impl FnMut(&[f64]) -> f64,
    start: &[f64],
    limits: Limits,
) -> (Vec<f64>, f64) {
    let mut value = |point: &[f64]| {
        let found = value(point);
        if found.is_nan() { f64::INFINITY } else { found }
    };
    let size = start.len();
    let mut point = start.to_vec();
    let mut current = value(&point);
    let mut is_central = false;
    let mut slope = slopes(&mut value, &point, current, is_central);
    let mut inverse = identity(size);
    for _ in 0..limits.steps_max {
        let mut direction: Vec<f64> = inverse.iter().map(|row| -dot(row, &slope)).collect();
        let mut promised = dot(&direction, &slope);
        if promised >= 0.0 || !promised.is_finite() {
            inverse = identity(size);
            direction = slope.iter().map(|value| -value).collect();
            promised = -dot(&slope, &slope);
        }
        let longest = direction.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        if longest == 0.0 || !longest.is_finite() {
            break;
        }
        let mut length = (2.0 / longest).min(1.0);
        let mut next = point.clone();
        let mut found = f64::INFINITY;
        for _ in 0..HALVINGS_MAX {
            next.copy_from_slice(&point);
            add_scaled(&mut next, length, &direction);
            found = value(&next);
            if found <= current + ARMIJO * length * promised {
                break;
            }
            length /= 2.0;
        }
        // Where forward differences see no way down, central ones may, for those who want it exact.
        let is_exact = is_central || limits.decrease_min > CENTRAL_BELOW;
        if found >= current {
            if is_exact {
                break;
            }
            is_central = true;
            slope = slopes(&mut value, &point, current, is_central);
            inverse = identity(size);
            continue;
        }
        let decrease = current - found;
        let is_last = decrease <= limits.decrease_min * (1.0 + current.abs());
        is_central = is_central || is_last && !is_exact;
        let next_slope = slopes(&mut value, &next, found, is_central);
        update(&mut inverse, &difference(&next, &point), &difference(&next_slope, &slope));
        (point, slope, current) = (next, next_slope, found);
        if is_last && is_exact {
            break;
        }
    }
    (point, current)
}

/// Forward differences, backward ones where forward is outside of the function's domain; or
/// central ones, which cost twice as much and err by the square of the step.
fn slopes(
    value: &mut impl FnMut(&[f64]) -> f64,
    point: &[f64],
    current: f64,
    is_central: bool,
) -> Vec<f64> {
    let mut moved = point.to_vec();
    let size = if is_central { 6e-6 } else { 1e-7 };
    (0..point.len())
        .map(|index| {
            let step = size * (1.0 + point[index].abs());
            moved[index] = point[index] + step;
            let above = value(&moved);
            moved[index] = point[index] - step;
            let slope = if is_central {
                (above - value(&moved)) / (2.0 * step)
            } else if above.is_finite() {
                (above - current) / step
            } else {
                (current - value(&moved)) / step
            };
            moved[index] = point[index];
            if slope.is_finite() { slope } else { 0.0 }
        })
        .collect()
}

/// The inverse of the curvature, taught by one step.
fn update(inverse: &mut [Vec<f64>], step: &[f64], turn: &[f64]) {
    let curvature = dot(step, turn);
    if curvature <= 1e-12 * dot(turn, turn).sqrt() * dot(step, step).sqrt() {
        return;
    }
    let known: Vec<f64> = inverse.iter().map(|row| dot(row, turn)).collect();
    let scale = (curvature + dot(turn, &known)) / (curvature * curvature);
    for (index, row) in inverse.iter_mut().enumerate() {
        add_scaled(row, scale * step[index] - known[index] / curvature, step);
        add_scaled(row, -step[index] / curvature, &known);
    }
}

fn difference(left: &[f64], right: &[f64]) -> Vec<f64> {
    left.iter().zip(right).map(|(a, b)| a - b).collect()
}

fn identity(size: usize) -> Vec<Vec<f64>> {
    (0..size)
        .map(|row| (0..size).map(|column| if row == column { 1.0 } else { 0.0 }).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_valley_of_rosenbrock_is_walked_to_its_end() {
        let limits = Limits { steps_max: 500, decrease_min: 1e-16 };
        let valley = |p: &[f64]| (1.0 - p[0]).powi(2) + 100.0 * (p[1] - p[0] * p[0]).powi(2);
        let (point, value) = minimise(valley, &[-1.2, 1.0], limits);
        assert!(value < 1e-9 && (point[0] - 1.0).abs() < 1e-3, "{point:?} {value}");
        let (_, never) = minimise(|_| f64::NAN, &[0.0], limits);
        assert!(never.is_infinite());
    }
}
