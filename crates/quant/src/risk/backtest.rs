//! Was the value at risk right? Tests of the days on which more was lost.
//!
//! ```
//! use quant::risk::backtest::{Record, Zone, kupiec, traffic_light};
//!
//! // Seven exceptions in 250 days at 99 %: too many for green.
//! let record = Record { exceptions: 7, observations: 250 };
//! let light = traffic_light(record, 0.99)?;
//! assert_eq!(light.zone, Zone::Yellow);
//! assert_eq!(light.multiplier, Some(1.83));
//! assert!(kupiec(record, 0.99)?.p_value < 0.05);
//! # Ok::<(), quant::Error>(())
//! ```

use super::value_at_risk::check_level;
use crate::distribution::{beta, chi_square};
use crate::error::{all_finite, at_least, same_length};
use crate::moments::check_values;
use crate::{Error, Result};

/// How often more was lost than was forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// On how many periods.
    pub exceptions: usize,
    /// Of how many.
    pub observations: usize,
}

impl Record {
    /// Counts [`exceptions`].
    #[must_use]
    pub fn of(exceptions: &[bool]) -> Self {
        let count = exceptions.iter().filter(|hit| **hit).count();
        Self { exceptions: count, observations: exceptions.len() }
    }

    fn quiet(self) -> usize {
        self.observations.saturating_sub(self.exceptions)
    }
}

/// A likelihood ratio and how probable one at least as large is if the forecast was right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    /// The statistic, asymptotically chi-square.
    pub statistic: f64,
    /// P(chi-square > statistic): small means that the forecast is rejected.
    pub p_value: f64,
}

impl Test {
    fn of(statistic: f64, freedom: f64) -> Result<Self> {
        // Rounding may leave a likelihood ratio of −1e-16.
        let statistic = statistic.max(0.0);
        Ok(Self { statistic, p_value: chi_square::survival(statistic, freedom)? })
    }
}

/// Christoffersen's tests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Christoffersen {
    /// [`kupiec`]: the number of exceptions, one degree of freedom.
    pub coverage: Test,
    /// Whether exceptions follow each other, one degree of freedom.
    pub independence: Test,
    /// Both together, two degrees of freedom.
    pub conditional_coverage: Test,
}

/// Basel's zones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// Fewer exceptions than 95 % of right models have.
    Green,
    /// More than 95 %, fewer than 99.99 %.
    Yellow,
    /// More than 99.99 %.
    Red,
}

/// Basel's traffic light.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrafficLight {
    /// The zone.
    pub zone: Zone,
    /// P(at most so many exceptions) if the model is right.
    pub cumulative_probability: f64,
    /// The multiplier of MAR32.9, for 250 days at 99 % only.
    pub multiplier: Option<f64>,
}

/// On which periods the loss exceeded the forecast: −return > value at risk.
///
/// # Errors
/// [`Error::LengthsDiffer`], [`Error::NotFinite`].
///
/// ```
/// use quant::risk::backtest::exceptions;
///
/// assert_eq!(exceptions(&[-0.03, 0.01, -0.01], &[0.02; 3])?, [true, false, false]);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn exceptions(returns: &[f64], values_at_risk: &[f64]) -> Result<Vec<bool>> {
    same_length("values_at_risk", values_at_risk.len(), returns.len())?;
    check_values("returns", returns)?;
    all_finite("values_at_risk", values_at_risk)?;
    Ok(returns.iter().zip(values_at_risk).map(|(value, risk)| -value > *risk).collect())
}

/// Kupiec's proportion of failures (1995): −2 ln of the likelihood of the forecast's probability
/// over that of the observed share.
///
/// # Errors
/// [`Error::TooShort`] without observations, [`Error::OutOfBounds`] unless 0 < level < 1 and there
/// are no more exceptions than observations.
///
/// ```
/// use quant::risk::backtest::{Record, kupiec};
///
/// // As many as expected: nothing speaks against the level.
/// let test = kupiec(Record { exceptions: 5, observations: 100 }, 0.95)?;
/// assert!(test.statistic.abs() < 1e-12 && (test.p_value - 1.0).abs() < 1e-6);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn kupiec(record: Record, level: f64) -> Result<Test> {
    check(record, level)?;
    Test::of(coverage_ratio(record, level), 1.0)
}

/// Christoffersen's tests (1998), of a first-order Markov chain against independence.
///
/// # Errors
/// [`Error::TooShort`] with fewer than two observations, [`Error::OutOfBounds`] unless
/// 0 < level < 1.
///
/// ```
/// use quant::risk::backtest::christoffersen;
///
/// // Ten in a row: too many, and not by themselves.
/// let exceptions: Vec<bool> = (0..100).map(|day| day < 10).collect();
/// assert!(christoffersen(&exceptions, 0.95)?.independence.p_value < 1e-6);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn christoffersen(exceptions: &[bool], level: f64) -> Result<Christoffersen> {
    check_level(level)?;
    at_least("exceptions", exceptions.len(), 2)?;
    let coverage = coverage_ratio(Record::of(exceptions), level);
    // How often a quiet or an exceptional day was followed by a quiet or an exceptional one.
    let mut follows = [[0_usize; 2]; 2];
    for pair in exceptions.windows(2) {
        follows[usize::from(pair[0])][usize::from(pair[1])] += 1;
    }
    let [[quiet, started], [ended, repeated]] = follows;
    let together = log_likelihood(started + repeated, quiet + ended);
    let apart = log_likelihood(started, quiet) + log_likelihood(repeated, ended);
    let independence = 2.0 * (apart - together);
    Ok(Christoffersen {
        coverage: Test::of(coverage, 1.0)?,
        independence: Test::of(independence, 1.0)?,
        conditional_coverage: Test::of(coverage.max(0.0) + independence.max(0.0), 2.0)?,
    })
}

/// Basel's zone: green while P(at most so many) is below 95 %, yellow below 99.99 %, else red
/// (Basel Committee 1996; the multiplier of the framework's MAR32.9).
///
/// # Errors
/// As [`kupiec`].
///
/// ```
/// use quant::risk::backtest::{Record, Zone, traffic_light};
///
/// let light = traffic_light(Record { exceptions: 4, observations: 250 }, 0.99)?;
/// assert_eq!(light.zone, Zone::Green);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn traffic_light(record: Record, level: f64) -> Result<TrafficLight> {
    check(record, level)?;
    let cumulative_probability = if record.quiet() == 0 {
        1.0
    } else {
        // The binomial sum as an incomplete beta function.
        beta::incomplete(level, record.quiet() as f64, record.exceptions as f64 + 1.0)?
    };
    let zone = match cumulative_probability {
        probability if probability < 0.95 => Zone::Green,
        probability if probability < 0.9999 => Zone::Yellow,
        _ => Zone::Red,
    };
    let regulatory = record.observations == 250 && (level - 0.99).abs() < 1e-12;
    let multiplier = match record.exceptions {
        0..=4 => 1.5,
        5 => 1.7,
        6 => 1.76,
        7 => 1.83,
        8 => 1.88,
        9 => 1.92,
        _ => 2.0,
    };
    Ok(TrafficLight { zone, cumulative_probability, multiplier: regulatory.then_some(multiplier) })
}

fn coverage_ratio(record: Record, level: f64) -> f64 {
    let (hits, misses) = (record.exceptions as f64, record.quiet() as f64);
    let forecast = hits * (-level).ln_1p() + misses * level.ln();
    2.0 * (log_likelihood(record.exceptions, record.quiet()) - forecast)
}

/// The log-likelihood of so many hits and misses under their own share.
fn log_likelihood(hits: usize, misses: usize) -> f64 {
    let all = (hits + misses) as f64;
    let term = |count: usize| {
        if count == 0 { 0.0 } else { count as f64 * (count as f64 / all).ln() }
    };
    term(hits) + term(misses)
}

fn check(record: Record, level: f64) -> Result<()> {
    check_level(level)?;
    at_least("observations", record.observations, 1)?;
    if record.exceptions <= record.observations {
        return Ok(());
    }
    let expected = format!("at most {}, the observations", record.observations);
    Err(Error::out_of_bounds("exceptions", record.exceptions as f64, expected))
}
