//! Where a series changes its mean, or its mean and variance.

use super::ets::{VALUES_MAX, as_number};
use crate::error::{Error, Result, all_finite, at_least};

/// Added to a variance, so that a constant stretch has a likelihood.
const VARIANCE_MIN: f64 = 1e-6;

/// What a stretch without a change costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentCost {
    /// Σ (x − mean)²: finds changes of the mean.
    Mean,
    /// n ln(variance + 1e-6): twice the Gaussian likelihood, finds changes of both.
    MeanAndVariance,
}

/// The changes that make Σ cost + `penalty` × number of changes the least, by their first index:
/// exact, and mostly in linear time.
///
/// Killick, Fearnhead and Eckley, Optimal Detection of Changepoints with a Linear Computational
/// Cost (2012). A usual penalty is 2 ln(n), times the variance of the noise for the mean.
///
/// # Errors
/// `values` that are empty or not finite, `segment_min` of 0 (of 1 for a variance), a `penalty`
/// that is not above 0.
///
/// ```
/// use quant::series::{SegmentCost, change_points};
///
/// let values = [1.0, 1.1, 0.9, 1.0, 5.0, 5.1, 4.9, 5.0];
/// assert_eq!(change_points(&values, SegmentCost::Mean, 2, 1.0)?, [4]);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn change_points(
    values: &[f64],
    cost: SegmentCost,
    segment_min: usize,
    penalty: f64,
) -> Result<Vec<usize>> {
    let sums = Sums::new(values, cost, segment_min)?;
    if !(penalty > 0.0 && penalty.is_finite()) {
        return Err(Error::out_of_bounds("penalty", penalty, "a number above 0"));
    }
    let count = values.len();
    // The least cost of the first `end` values, and where their last stretch starts.
    let mut least = vec![f64::INFINITY; count + 1];
    let mut last_start = vec![0; count + 1];
    least[0] = -penalty;
    // Starts that may still be best, with the end at which they ceased to be so.
    let mut starts: Vec<(usize, usize)> = vec![(0, usize::MAX)];
    for end in segment_min..=count {
        starts.retain(|&(_, ceased)| end < ceased.saturating_add(segment_min));
        for &(start, _) in &starts {
            let found = least[start] + sums.cost(start, end) + penalty;
            if start + segment_min <= end && found < least[end] {
                (least[end], last_start[end]) = (found, start);
            }
        }
        for (start, ceased) in &mut starts {
            let fits = *start + segment_min <= end;
            if *ceased == usize::MAX && fits && least[*start] + sums.cost(*start, end) > least[end]
            {
                *ceased = end;
            }
        }
        if least[end + 1 - segment_min].is_finite() && end + 1 > segment_min {
            starts.push((end + 1 - segment_min, usize::MAX));
        }
    }
    let mut changes = Vec::new();
    let mut end = count;
    while last_start[end] > 0 {
        end = last_start[end];
        changes.push(end);
    }
    changes.reverse();
    Ok(changes)
}

/// At most `changes` changes, each where it brings most: binary segmentation, fast and not exact.
///
/// # Errors
/// As [`change_points`].
///
/// ```
/// use quant::series::{SegmentCost, binary_segmentation};
///
/// let values = [1.0, 1.1, 0.9, 1.0, 5.0, 5.1, 4.9, 5.0];
/// assert_eq!(binary_segmentation(&values, SegmentCost::Mean, 2, 1)?, [4]);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn binary_segmentation(
    values: &[f64],
    cost: SegmentCost,
    segment_min: usize,
    changes: usize,
) -> Result<Vec<usize>> {
    let sums = Sums::new(values, cost, segment_min)?;
    let mut bounds = vec![0, values.len()];
    let mut splits = vec![sums.best_split(0, values.len(), segment_min)];
    while bounds.len() - 2 < changes {
        let best =
            splits.iter().enumerate().fold(None, |best: Option<(usize, f64)>, (at, split)| {
                let gain = split.map_or(0.0, |(_, gain)| gain);
                if gain > best.map_or(0.0, |(_, most)| most) { Some((at, gain)) } else { best }
            });
        let Some((at, _)) = best else {
            break;
        };
        let Some((middle, _)) = splits[at] else {
            break;
        };
        let (start, end) = (bounds[at], bounds[at + 1]);
        bounds.insert(at + 1, middle);
        splits[at] = sums.best_split(start, middle, segment_min);
        splits.insert(at + 1, sums.best_split(middle, end, segment_min));
    }
    Ok(bounds[1..bounds.len() - 1].to_vec())
}

/// Sums from the beginning, by which every stretch costs a few operations.
struct Sums {
    values: Vec<f64>,
    squares: Vec<f64>,
    cost: SegmentCost,
}

impl Sums {
    fn new(values: &[f64], cost: SegmentCost, segment_min: usize) -> Result<Self> {
        at_least("values", values.len(), 1)?;
        all_finite("values", values)?;
        let least = if cost == SegmentCost::Mean { 1 } else { 2 };
        if segment_min < least || segment_min > VALUES_MAX {
            let expected = "1 or more, 2 or more for a variance";
            return Err(Error::out_of_bounds("segment_min", as_number(segment_min), expected));
        }
        at_least("values", values.len(), segment_min)?;
        let largest = values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        if largest > 1e100 || values.len() > VALUES_MAX {
            return Err(Error::out_of_bounds("values", largest, "100,000 values up to 1e100"));
        }
        // About the mean, so that squares do not lose what differs.
        let mean = values.iter().sum::<f64>() / as_number(values.len());
        let (mut sum, mut square) = (0.0, 0.0);
        let mut sums = Self { values: vec![0.0], squares: vec![0.0], cost };
        for value in values {
            let apart = value - mean;
            sum += apart;
            square += apart * apart;
            sums.values.push(sum);
            sums.squares.push(square);
        }
        Ok(sums)
    }

    fn cost(&self, start: usize, end: usize) -> f64 {
        let count = as_number(end - start);
        let sum = self.values[end] - self.values[start];
        let squares = (self.squares[end] - self.squares[start] - sum * sum / count).max(0.0);
        match self.cost {
            SegmentCost::Mean => squares,
            SegmentCost::MeanAndVariance => count * (squares / count + VARIANCE_MIN).ln(),
        }
    }

    fn best_split(&self, start: usize, end: usize, segment_min: usize) -> Option<(usize, f64)> {
        let whole = self.cost(start, end);
        let mut best: Option<(usize, f64)> = None;
        for middle in start + segment_min..(end + 1).saturating_sub(segment_min) {
            let gain = whole - self.cost(start, middle) - self.cost(middle, end);
            if best.is_none_or(|(_, most)| gain > most) {
                best = Some((middle, gain));
            }
        }
        best
    }
}
