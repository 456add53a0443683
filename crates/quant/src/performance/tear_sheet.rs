//! Every figure of a series of returns at once: the tear sheets of quantstats and empyrical.
//!
//! Each figure equals that of the single function to the last bit. A figure that has no value for
//! these returns is `None`.
//!
//! ```
//! use quant::performance::{Basis, Frequency, ratio, tear_sheet::TearSheet};
//!
//! let returns = [0.01, -0.02, 0.015, 0.03, -0.01, 0.005];
//! let basis = Basis::new(Frequency::MONTHLY);
//! let sheet = TearSheet::of(&returns, &basis)?;
//! assert_eq!(sheet.ratios.sharpe, Some(ratio::sharpe(&returns, &basis)?));
//! assert_eq!(sheet.outcome.wins, 4);
//! # Ok::<(), quant::Error>(())
//! ```

use super::drawdown::{Summary, series, summary_of};
use super::outcome::Outcome;
use super::relative::Relative;
use super::returns::{all_in_range, annual_of, check, geometric_mean, wealth_of};
use super::{Basis, ratio};
use crate::moments::{Moments, sorted, sum_of};
use crate::risk::value_at_risk::{expected_shortfall_of, historical_of, normal_of};
use crate::{Error, Result};

/// Growth of the wealth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// Over the whole series.
    pub total: f64,
    /// A year, compounded.
    pub annual: f64,
    /// The arithmetic mean of a period.
    pub mean: f64,
    /// The geometric mean of a period.
    pub geometric_mean: f64,
}

/// How returns spread. Losses are positive numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The standard deviation a year.
    pub volatility: f64,
    /// The downside deviation a year.
    pub downside_deviation: f64,
    /// The skewness, unbiased.
    pub skewness: Option<f64>,
    /// The excess kurtosis, unbiased.
    pub excess_kurtosis: Option<f64>,
    /// Jarque and Bera's statistic.
    pub jarque_bera: Option<f64>,
    /// The historical value at risk of a period at 95 %.
    pub historical_var: f64,
    /// The historical expected shortfall of a period at 95 %.
    pub historical_shortfall: f64,
    /// The normal value at risk of a period at 95 %.
    pub normal_var: f64,
    /// The normal expected shortfall of a period at 95 %.
    pub normal_shortfall: f64,
}

/// Return for risk; see [`ratio`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratios {
    /// [`ratio::sharpe`].
    pub sharpe: Option<f64>,
    /// The Sharpe ratio over [`ratio::autocorrelation_penalty`] (quantstats).
    pub smart_sharpe: Option<f64>,
    /// [`ratio::probabilistic_sharpe`] against 0.
    pub probabilistic_sharpe: Option<f64>,
    /// [`ratio::sortino`].
    pub sortino: Option<f64>,
    /// The Sortino ratio over [`ratio::autocorrelation_penalty`] (quantstats).
    pub smart_sortino: Option<f64>,
    /// The Sortino ratio over √2, comparable to a Sharpe ratio (Schwager).
    pub adjusted_sortino: Option<f64>,
    /// [`ratio::omega`].
    pub omega: Option<f64>,
    /// [`ratio::calmar`].
    pub calmar: Option<f64>,
    /// [`ratio::ulcer_performance`].
    pub ulcer_performance: Option<f64>,
    /// [`ratio::recovery_factor`].
    pub recovery_factor: Option<f64>,
    /// [`ratio::stability`].
    pub stability: Option<f64>,
    /// [`ratio::tail`].
    pub tail: Option<f64>,
    /// Profit factor × tail ratio (quantstats' common sense ratio).
    pub common_sense: Option<f64>,
    /// Sum of returns / (Ulcer index × pitfall), where the pitfall is the normal expected shortfall
    /// of the drawdowns at 95 % over the standard deviation of returns (KeyQuant's Serenity).
    pub serenity: Option<f64>,
}

/// Every figure of one series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TearSheet {
    /// How many returns there are.
    pub periods: usize,
    /// Growth of the wealth.
    pub growth: Growth,
    /// How returns spread.
    pub spread: Spread,
    /// Return for risk.
    pub ratios: Ratios,
    /// Drawdowns.
    pub drawdowns: Summary,
    /// Wins and losses.
    pub outcome: Outcome,
    /// Against the benchmark, where one was given.
    pub relative: Option<Relative>,
}

/// The level of the values at risk of a sheet.
const LEVEL: f64 = 0.95;

impl TearSheet {
    /// The sheet of `returns`, without a benchmark.
    ///
    /// # Errors
    /// [`Error::TooShort`] with fewer than two returns, [`Error::NotFinite`],
    /// [`Error::OutOfBounds`] if one is below −1, [`Error::Undefined`] if the growth is too large
    /// for a number.
    pub fn of(returns: &[f64], basis: &Basis) -> Result<Self> {
        let moments = ratio::moments_of(returns)?;
        check(returns)?;
        let sorted = sorted(returns);
        let drawdowns = series(returns)?;
        let summary = summary_of(&drawdowns);
        let wealth = wealth_of(returns);
        let growth = Growth {
            total: wealth - 1.0,
            annual: annual_of(wealth, returns.len(), basis.frequency()),
            mean: moments.mean,
            geometric_mean: geometric_mean(returns)?,
        };
        all_in_range(&[growth.total, growth.annual])?;
        let outcome = Outcome::of_sorted(returns, &sorted);
        let sample = Sample { returns, sorted: &sorted, moments, drawdowns: &drawdowns };
        Ok(Self {
            periods: returns.len(),
            growth,
            spread: sample.spread(basis)?,
            ratios: sample.ratios(&growth, &summary, &outcome, basis)?,
            drawdowns: summary,
            outcome,
            relative: None,
        })
    }

    /// The sheet of `returns` against a benchmark over the same periods.
    ///
    /// # Errors
    /// As [`TearSheet::of`] and [`Relative::of`].
    pub fn against(returns: &[f64], benchmark: &[f64], basis: &Basis) -> Result<Self> {
        let relative = Some(Relative::of(returns, benchmark, basis)?);
        Ok(Self { relative, ..Self::of(returns, basis)? })
    }
}

/// What all figures are made from.
struct Sample<'a> {
    returns: &'a [f64],
    sorted: &'a [f64],
    moments: Moments,
    drawdowns: &'a [f64],
}

impl Sample<'_> {
    fn spread(&self, basis: &Basis) -> Result<Spread> {
        let year = basis.periods().sqrt();
        let deviation = self.moments.standard_deviation()?;
        let normal = normal_of(self.moments.mean, deviation, LEVEL)?;
        Ok(Spread {
            volatility: deviation * year,
            downside_deviation: ratio::downside_of(self.returns, basis) * year,
            skewness: self.moments.skewness_unbiased().ok(),
            excess_kurtosis: self.moments.excess_kurtosis_unbiased().ok(),
            jarque_bera: self.moments.jarque_bera().ok(),
            historical_var: historical_of(self.sorted, LEVEL),
            historical_shortfall: expected_shortfall_of(self.sorted, LEVEL),
            normal_var: normal.value_at_risk,
            normal_shortfall: normal.expected_shortfall,
        })
    }

    fn ratios(
        &self,
        growth: &Growth,
        drawdowns: &Summary,
        outcome: &Outcome,
        basis: &Basis,
    ) -> Result<Ratios> {
        let sharpe = defined(ratio::sharpe_of(&self.moments, basis))?;
        let sortino = defined(ratio::sortino_of(self.returns, &self.moments, basis))?;
        let penalty = ratio::penalty_of(self.returns).ok();
        let smart = |figure: Option<f64>| figure.zip(penalty).map(|(value, by)| value / by);
        let tail = defined(ratio::tail_of(self.sorted))?;
        let sum = sum_of(self.returns.iter().copied());
        let per_fall = |top: f64| quotient(top, -drawdowns.maximum);
        Ok(Ratios {
            sharpe,
            smart_sharpe: smart(sharpe),
            probabilistic_sharpe: ratio::probabilistic_of(&self.moments, 0.0, basis).ok(),
            sortino,
            smart_sortino: smart(sortino),
            adjusted_sortino: sortino.map(|value| value / std::f64::consts::SQRT_2),
            omega: defined(ratio::omega_of(self.returns, basis))?,
            calmar: per_fall(growth.annual),
            ulcer_performance: quotient(growth.annual - basis.risk_free(), drawdowns.ulcer_index),
            recovery_factor: per_fall(sum.abs()),
            stability: defined(ratio::stability_of(self.returns))?,
            tail,
            common_sense: outcome.profit_factor.zip(tail).map(|(factor, tail)| factor * tail),
            serenity: self.serenity(sum, drawdowns.ulcer_index),
        })
    }

    fn serenity(&self, sum: f64, ulcer_index: f64) -> Option<f64> {
        let falls = Moments::of_finite(self.drawdowns);
        let shortfall = normal_of(falls.mean, falls.standard_deviation().ok()?, LEVEL).ok()?;
        let pitfall = shortfall.expected_shortfall / self.moments.standard_deviation().ok()?;
        quotient(sum, ulcer_index * pitfall)
    }
}

fn quotient(top: f64, bottom: f64) -> Option<f64> {
    (bottom > 0.0).then(|| top / bottom).filter(|value| value.is_finite())
}

fn defined(answer: Result<f64>) -> Result<Option<f64>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(Error::Undefined { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
