//! Wins and losses, one period or trade at a time.
//!
//! A win is a return above zero, a loss one below. Figures that divide by what there was none of
//! are `None`.
//!
//! ```
//! use quant::performance::outcome::Outcome;
//!
//! let outcome = Outcome::of(&[0.03, -0.01, 0.0, 0.02, 0.01, -0.02])?;
//! assert_eq!((outcome.wins, outcome.losses, outcome.longest_winning_streak), (3, 2, 2));
//! assert_eq!(outcome.win_rate, Some(0.6));
//! assert!((outcome.profit_factor.unwrap_or(0.0) - 2.0).abs() < 1e-15);
//! # Ok::<(), quant::Error>(())
//! ```

use crate::Result;
use crate::error::at_least;
use crate::moments::{Sum, check_values, quantile_of, sorted};

/// The wins and losses of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Returns above zero.
    pub wins: usize,
    /// Returns below zero.
    pub losses: usize,
    /// The share of returns that are not zero.
    pub exposure: f64,
    /// The largest return.
    pub best: f64,
    /// The smallest return.
    pub worst: f64,
    /// The most wins in a row.
    pub longest_winning_streak: usize,
    /// The most losses in a row.
    pub longest_losing_streak: usize,
    /// Wins / (wins + losses).
    pub win_rate: Option<f64>,
    /// The mean of all returns that are not zero.
    pub average_return: Option<f64>,
    /// The mean win.
    pub average_win: Option<f64>,
    /// The mean loss, a negative number.
    pub average_loss: Option<f64>,
    /// Average win / average loss, without sign.
    pub payoff: Option<f64>,
    /// Sum of wins / sum of losses, without sign.
    pub profit_factor: Option<f64>,
    /// Sum of returns / sum of losses, without sign (Schwager; of days here).
    pub gain_to_pain: Option<f64>,
    /// Kelly's fraction of a bet with this win rate and payoff: win rate − loss rate / payoff.
    pub kelly: Option<f64>,
    /// Profit factor × win rate × payoff (quantstats' CPC index).
    pub cpc_index: Option<f64>,
    /// The 99th percentile over the mean of what is not below zero (quantstats).
    pub outlier_win: Option<f64>,
    /// The 1st percentile over the mean loss (quantstats).
    pub outlier_loss: Option<f64>,
}

impl Outcome {
    /// Counts wins and losses.
    ///
    /// # Errors
    /// [`Error::TooShort`](crate::Error::TooShort) if there is no return,
    /// [`Error::NotFinite`](crate::Error::NotFinite).
    pub fn of(returns: &[f64]) -> Result<Self> {
        at_least("returns", returns.len(), 1)?;
        check_values("returns", returns)?;
        Ok(Self::of_sorted(returns, &sorted(returns)))
    }

    /// The same where the returns have been sorted already.
    pub(crate) fn of_sorted(returns: &[f64], sorted: &[f64]) -> Self {
        let count = Count::of(returns);
        let (wins, losses) = (count.wins as f64, count.losses as f64);
        let (gained, lost) = (count.gained.value(), -count.lost.value());
        let active = count.wins + count.losses;
        let win_rate = ratio(wins, active as f64);
        let average_win = ratio(gained, wins);
        let average_loss = ratio(-lost, losses);
        let payoff = average_win.zip(average_loss).and_then(|(win, loss)| ratio(win, -loss));
        // Without a win the payoff is zero, and without it no fraction is right.
        let kelly = win_rate.zip(payoff).filter(|(_, payoff)| *payoff > 0.0);
        let profit_factor = ratio(gained, lost);
        let not_losing = ratio(gained, (returns.len() - count.losses) as f64);
        let cpc = profit_factor.zip(win_rate).zip(payoff);
        Self {
            wins: count.wins,
            losses: count.losses,
            exposure: active as f64 / returns.len() as f64,
            best: sorted.last().copied().unwrap_or_default(),
            worst: sorted.first().copied().unwrap_or_default(),
            longest_winning_streak: count.longest_winning_streak,
            longest_losing_streak: count.longest_losing_streak,
            win_rate,
            average_return: ratio(gained - lost, active as f64),
            average_win,
            average_loss,
            payoff,
            profit_factor,
            gain_to_pain: ratio(gained - lost, lost),
            kelly: kelly.map(|(rate, payoff)| rate - (1.0 - rate) / payoff),
            cpc_index: cpc.map(|((factor, rate), payoff)| factor * rate * payoff),
            outlier_win: not_losing.and_then(|mean| ratio(quantile_of(sorted, 0.99), mean)),
            outlier_loss: average_loss.and_then(|mean| ratio(-quantile_of(sorted, 0.01), -mean)),
        }
    }
}

#[derive(Default)]
struct Count {
    wins: usize,
    losses: usize,
    gained: Sum,
    lost: Sum,
    longest_winning_streak: usize,
    longest_losing_streak: usize,
}

impl Count {
    fn of(returns: &[f64]) -> Self {
        let mut count = Self::default();
        let (mut winning, mut losing) = (0, 0);
        for value in returns {
            winning = if *value > 0.0 { winning + 1 } else { 0 };
            losing = if *value < 0.0 { losing + 1 } else { 0 };
            if *value > 0.0 {
                count.wins += 1;
                count.gained.add(*value);
            } else if *value < 0.0 {
                count.losses += 1;
                count.lost.add(*value);
            }
            count.longest_winning_streak = count.longest_winning_streak.max(winning);
            count.longest_losing_streak = count.longest_losing_streak.max(losing);
        }
        count
    }
}

/// A quotient of which the bottom is above zero and the answer a number.
fn ratio(top: f64, bottom: f64) -> Option<f64> {
    (bottom > 0.0).then(|| top / bottom).filter(|value| value.is_finite())
}
