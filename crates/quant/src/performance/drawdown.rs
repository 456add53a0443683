//! Drawdowns: how far below its highest value the wealth stands, and for how long.
//!
//! Wealth starts at 1 before the first return, so that a loss in the first period is a drawdown
//! too. Depths are negative returns: −0.2 is a fifth below the peak.
//!
//! ```
//! use quant::performance::drawdown;
//!
//! let returns = [0.10, -0.10, -0.10, 0.25, -0.05];
//! let episodes = drawdown::episodes(&returns)?;
//! assert_eq!(episodes.len(), 2);
//! assert!((episodes[0].depth - -0.19).abs() < 1e-15);
//! assert_eq!((episodes[0].first, episodes[0].valley, episodes[0].recovery), (1, 2, Some(3)));
//! assert_eq!(episodes[1].recovery, None);
//! assert_eq!(drawdown::maximum(&returns)?, episodes[0].depth);
//! # Ok::<(), quant::Error>(())
//! ```

use super::returns::{all_in_range, check};
use crate::Result;
use crate::moments::{mean_of, sum_of};

/// One fall below a peak until the peak is reached again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Episode {
    /// The index of the first return below the peak.
    pub first: usize,
    /// The index of the return with the lowest wealth.
    pub valley: usize,
    /// The index of the return that reached the peak again; `None` while it lasts.
    pub recovery: Option<usize>,
    /// The wealth at the valley against the peak, less one: a negative number.
    pub depth: f64,
    /// How many periods it has been below the peak, the recovery's not counted.
    pub duration: usize,
}

impl Episode {
    /// The periods from the valley to the recovery.
    #[must_use]
    pub fn recovery_duration(&self) -> Option<usize> {
        self.recovery.map(|recovery| recovery - self.valley)
    }
}

/// All drawdowns of a series in one figure each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// The deepest, 0 if there was none.
    pub maximum: f64,
    /// The mean depth of the episodes, 0 if there was none.
    pub average: f64,
    /// How many episodes there were.
    pub episodes: usize,
    /// The most periods that an episode lasted.
    pub longest: usize,
    /// The mean number of periods that an episode lasted.
    pub average_duration: f64,
    /// Where the wealth stands at the end.
    pub current: f64,
    /// [`ulcer_index`].
    pub ulcer_index: f64,
    /// The mean of the drawdown over all periods, a negative number or 0 (pain index, with sign).
    pub mean_over_time: f64,
}

/// The drawdown after each return: wealth / highest wealth so far − 1.
///
/// # Errors
/// As [`returns::cumulative`](super::returns::cumulative).
///
/// ```
/// use quant::performance::drawdown::series;
///
/// let falls = series(&[0.10, -0.50, 1.00])?;
/// assert!(falls[0] == 0.0 && (falls[1] + 0.5).abs() < 1e-15 && falls[2] == 0.0);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn series(returns: &[f64]) -> Result<Vec<f64>> {
    check(returns)?;
    let (mut wealth, mut peak) = (1.0_f64, 1.0_f64);
    let path: Vec<f64> = returns
        .iter()
        .map(|value| {
            wealth *= 1.0 + value;
            peak = peak.max(wealth);
            wealth / peak - 1.0
        })
        .collect();
    all_in_range(&path)?;
    Ok(path)
}

/// The deepest drawdown, 0 if there was none.
///
/// # Errors
/// As [`series`].
///
/// ```
/// use quant::performance::drawdown::maximum;
///
/// assert!((maximum(&[0.10, -0.50, 0.20])? + 0.5).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn maximum(returns: &[f64]) -> Result<f64> {
    Ok(maximum_of(&series(returns)?))
}

/// Martin's Ulcer index √(mean of drawdown²), over all periods (Martin and McCann 1989; quantstats
/// divides by n − 1).
///
/// # Errors
/// As [`series`].
///
/// ```
/// use quant::performance::drawdown::ulcer_index;
///
/// assert!((ulcer_index(&[0.0, -0.10])? - (0.01_f64 / 2.0).sqrt()).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn ulcer_index(returns: &[f64]) -> Result<f64> {
    Ok(ulcer_of(&series(returns)?))
}

/// Every episode, in the order of time.
///
/// # Errors
/// As [`series`].
///
/// ```
/// use quant::performance::drawdown::episodes;
///
/// let falls = episodes(&[0.10, -0.50, 0.20, -0.10])?;
/// assert_eq!(falls.len(), 1); // it never recovered
/// # Ok::<(), quant::Error>(())
/// ```
pub fn episodes(returns: &[f64]) -> Result<Vec<Episode>> {
    Ok(episodes_of(&series(returns)?))
}

/// The summary of all episodes.
///
/// # Errors
/// As [`series`].
///
/// ```
/// use quant::performance::drawdown::summary;
///
/// let summary = summary(&[0.10, -0.50, 1.00, -0.10])?;
/// assert!((summary.maximum + 0.5).abs() < 1e-15 && (summary.current + 0.1).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn summary(returns: &[f64]) -> Result<Summary> {
    Ok(summary_of(&series(returns)?))
}

pub(crate) fn maximum_of(series: &[f64]) -> f64 {
    series.iter().copied().fold(0.0, f64::min)
}

pub(crate) fn ulcer_of(series: &[f64]) -> f64 {
    let squares = sum_of(series.iter().map(|value| value * value));
    (squares / series.len() as f64).sqrt()
}

pub(crate) fn episodes_of(series: &[f64]) -> Vec<Episode> {
    let mut episodes: Vec<Episode> = Vec::new();
    let mut open: Option<Episode> = None;
    for (index, depth) in series.iter().copied().enumerate() {
        if depth >= 0.0 {
            episodes.extend(open.take().map(|done| Episode { recovery: Some(index), ..done }));
            continue;
        }
        let new = Episode { first: index, valley: index, recovery: None, depth, duration: 0 };
        let episode = open.get_or_insert(new);
        episode.duration += 1;
        if depth < episode.depth {
            episode.depth = depth;
            episode.valley = index;
        }
    }
    episodes.extend(open);
    episodes
}

pub(crate) fn summary_of(series: &[f64]) -> Summary {
    let episodes = episodes_of(series);
    let mean = |total: f64| if episodes.is_empty() { 0.0 } else { total / episodes.len() as f64 };
    Summary {
        maximum: maximum_of(series),
        average: mean(sum_of(episodes.iter().map(|episode| episode.depth))),
        episodes: episodes.len(),
        longest: episodes.iter().map(|episode| episode.duration).max().unwrap_or(0),
        average_duration: mean(episodes.iter().map(|episode| episode.duration as f64).sum()),
        current: series.last().copied().unwrap_or(0.0),
        ulcer_index: ulcer_of(series),
        mean_over_time: mean_of(series),
    }
}
