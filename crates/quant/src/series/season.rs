//! What a season is, and the classical decomposition that finds a first one.

use super::ets::as_number;

/// How a season enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Season {
    /// None.
    None,
    /// Added.
    Additive,
    /// Multiplied; values must be above 0.
    Multiplicative,
}

/// A value for each period (the first value's first) by the classical decomposition: the mean
/// distance from a centred moving average. They add up to 0, or have the mean 1.
pub(super) fn classical_season(values: &[f64], period: usize, season: Season) -> Vec<f64> {
    let half = period / 2;
    let mut sums = vec![(0.0, 0.0_f64); period];
    for middle in half..values.len().saturating_sub(half) {
        let window = &values[middle - half..=middle + half];
        let mut sum: f64 = window.iter().sum();
        if period.is_multiple_of(2) {
            sum -= (window[0] + window[2 * half]) / 2.0;
        }
        let mean = sum / as_number(period);
        let apart = match season {
            Season::Multiplicative => values[middle] / mean,
            Season::Additive | Season::None => values[middle] - mean,
        };
        let (total, count) = &mut sums[middle % period];
        *total += apart;
        *count += 1.0;
    }
    let neutral = if season == Season::Multiplicative { 1.0 } else { 0.0 };
    let mut figures: Vec<f64> = sums
        .iter()
        .map(|(total, count)| if *count > 0.0 { total / count } else { neutral })
        .collect();
    let mean = figures.iter().sum::<f64>() / as_number(period);
    for figure in &mut figures {
        match season {
            Season::Multiplicative => *figure /= mean,
            Season::Additive | Season::None => *figure -= mean,
        }
    }
    figures
}

/// The classical season and the series without it; no season where none is asked for.
pub(super) fn initial_season(
    values: &[f64],
    period: usize,
    season: Season,
) -> (Vec<f64>, Vec<f64>) {
    if season == Season::None || period < 2 {
        return (Vec::new(), values.to_vec());
    }
    let mut figures = classical_season(values, period, season);
    if season == Season::Multiplicative {
        figures.iter_mut().for_each(|figure| *figure = figure.max(1e-2));
        let mean = figures.iter().sum::<f64>() / as_number(period);
        figures.iter_mut().for_each(|figure| *figure /= mean);
    }
    let pairs = values.iter().zip(figures.iter().cycle());
    let adjusted = match season {
        Season::Multiplicative => pairs.map(|(value, figure)| value / figure).collect(),
        Season::Additive | Season::None => pairs.map(|(value, figure)| value - figure).collect(),
    };
    (figures, adjusted)
}

/// Whether the autocorrelation at the period stands out, at 90 %: the test of the Theta method.
pub(super) fn is_seasonal(values: &[f64], period: usize) -> bool {
    if period < 2 || values.len() < 2 * period + 2 {
        return false;
    }
    let count = as_number(values.len());
    let mean = values.iter().sum::<f64>() / count;
    let moment = |lag: usize| {
        let pairs = values.iter().zip(&values[lag..]);
        pairs.map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>()
    };
    let variance = moment(0);
    if variance <= 0.0 {
        return false;
    }
    let before: f64 = (1..period).map(|lag| (moment(lag) / variance).powi(2)).sum();
    let limit = 1.645 * ((1.0 + 2.0 * before) / count).sqrt();
    (moment(period) / variance).abs() > limit
}
