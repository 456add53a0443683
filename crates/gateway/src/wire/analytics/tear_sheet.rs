//! Every figure of a series of prices; names and units are those of `quant`'s tear sheet.

use quant::performance::{drawdown, outcome, relative, tear_sheet};
use serde::Serialize;
use utoipa::ToSchema;

/// Every figure of one series.
#[derive(Serialize, ToSchema)]
pub(crate) struct TearSheet {
    /// How many returns there are.
    pub periods: usize,
    /// How many of them make a year.
    pub periods_per_year: f64,
    pub growth: GrowthFigures,
    pub spread: SpreadFigures,
    pub ratios: RatioFigures,
    pub drawdowns: DrawdownFigures,
    pub outcome: OutcomeFigures,
    /// Null where no benchmark was given.
    pub relative: Option<RelativeFigures>,
}

impl TearSheet {
    /// A sheet as callers see it.
    pub fn of(sheet: &tear_sheet::TearSheet, periods_per_year: f64) -> Self {
        Self {
            periods: sheet.periods,
            periods_per_year,
            growth: (&sheet.growth).into(),
            spread: (&sheet.spread).into(),
            ratios: (&sheet.ratios).into(),
            drawdowns: (&sheet.drawdowns).into(),
            outcome: (&sheet.outcome).into(),
            relative: sheet.relative.as_ref().map(RelativeFigures::from),
        }
    }
}

/// Growth of the wealth.
#[derive(Serialize, ToSchema)]
pub(crate) struct GrowthFigures {
    /// Over the whole series.
    pub total: f64,
    /// A year, compounded.
    pub annual: f64,
    /// The arithmetic mean of a period.
    pub mean: f64,
    /// The geometric mean of a period.
    pub geometric_mean: f64,
}

impl From<&tear_sheet::Growth> for GrowthFigures {
    fn from(it: &tear_sheet::Growth) -> Self {
        Self {
            total: it.total,
            annual: it.annual,
            mean: it.mean,
            geometric_mean: it.geometric_mean,
        }
    }
}

/// How returns spread; losses are positive.
#[derive(Serialize, ToSchema)]
pub(crate) struct SpreadFigures {
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

impl From<&tear_sheet::Spread> for SpreadFigures {
    fn from(it: &tear_sheet::Spread) -> Self {
        Self {
            volatility: it.volatility,
            downside_deviation: it.downside_deviation,
            skewness: it.skewness,
            excess_kurtosis: it.excess_kurtosis,
            jarque_bera: it.jarque_bera,
            historical_var: it.historical_var,
            historical_shortfall: it.historical_shortfall,
            normal_var: it.normal_var,
            normal_shortfall: it.normal_shortfall,
        }
    }
}

/// Return for risk.
#[derive(Serialize, ToSchema)]
pub(crate) struct RatioFigures {
    /// The Sharpe ratio.
    pub sharpe: Option<f64>,
    /// The Sharpe ratio over the penalty of autocorrelation.
    pub smart_sharpe: Option<f64>,
    /// The probability that the true Sharpe ratio is above 0.
    pub probabilistic_sharpe: Option<f64>,
    /// The Sortino ratio.
    pub sortino: Option<f64>,
    /// The Sortino ratio over the penalty of autocorrelation.
    pub smart_sortino: Option<f64>,
    /// The Sortino ratio over √2, comparable to a Sharpe ratio (Schwager).
    pub adjusted_sortino: Option<f64>,
    /// The Omega ratio.
    pub omega: Option<f64>,
    /// Annual growth over the deepest fall.
    pub calmar: Option<f64>,
    /// Annual growth less the risk-free rate, over the Ulcer index (Martin).
    pub ulcer_performance: Option<f64>,
    /// The sum of returns over the deepest fall.
    pub recovery_factor: Option<f64>,
    /// How straight the logarithm of the wealth rises: R².
    pub stability: Option<f64>,
    /// The 95th percentile over the 5th, without sign.
    pub tail: Option<f64>,
    /// Profit factor × tail ratio (quantstats' common sense ratio).
    pub common_sense: Option<f64>,
    /// Sum of returns / (Ulcer index × pitfall), where the pitfall is the normal expected shortfall
    /// of the drawdowns at 95 % over the standard deviation of returns (KeyQuant's Serenity).
    pub serenity: Option<f64>,
}

impl From<&tear_sheet::Ratios> for RatioFigures {
    fn from(it: &tear_sheet::Ratios) -> Self {
        Self {
            sharpe: it.sharpe,
            smart_sharpe: it.smart_sharpe,
            probabilistic_sharpe: it.probabilistic_sharpe,
            sortino: it.sortino,
            smart_sortino: it.smart_sortino,
            adjusted_sortino: it.adjusted_sortino,
            omega: it.omega,
            calmar: it.calmar,
            ulcer_performance: it.ulcer_performance,
            recovery_factor: it.recovery_factor,
            stability: it.stability,
            tail: it.tail,
            common_sense: it.common_sense,
            serenity: it.serenity,
        }
    }
}

/// Falls from a peak, shares below 0.
#[derive(Serialize, ToSchema)]
pub(crate) struct DrawdownFigures {
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
    /// The root of the mean square of the falls.
    pub ulcer_index: f64,
    /// The mean of the drawdown over all periods, a negative number or 0 (pain index, with sign).
    pub mean_over_time: f64,
}

impl From<&drawdown::Summary> for DrawdownFigures {
    fn from(it: &drawdown::Summary) -> Self {
        Self {
            maximum: it.maximum,
            average: it.average,
            episodes: it.episodes,
            longest: it.longest,
            average_duration: it.average_duration,
            current: it.current,
            ulcer_index: it.ulcer_index,
            mean_over_time: it.mean_over_time,
        }
    }
}

/// Wins and losses.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutcomeFigures {
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

impl From<&outcome::Outcome> for OutcomeFigures {
    fn from(it: &outcome::Outcome) -> Self {
        Self {
            wins: it.wins,
            losses: it.losses,
            exposure: it.exposure,
            best: it.best,
            worst: it.worst,
            longest_winning_streak: it.longest_winning_streak,
            longest_losing_streak: it.longest_losing_streak,
            win_rate: it.win_rate,
            average_return: it.average_return,
            average_win: it.average_win,
            average_loss: it.average_loss,
            payoff: it.payoff,
            profit_factor: it.profit_factor,
            gain_to_pain: it.gain_to_pain,
            kelly: it.kelly,
            cpc_index: it.cpc_index,
            outlier_win: it.outlier_win,
            outlier_loss: it.outlier_loss,
        }
    }
}

/// How it stands to its benchmark.
#[derive(Serialize, ToSchema)]
pub(crate) struct RelativeFigures {
    /// Cov(r, b) / Var(b), of excess returns.
    pub beta: Option<f64>,
    /// Jensen's alpha a year: m (mean(r − f) − β mean(b − f)) (quantstats; empyrical compounds it).
    pub alpha: Option<f64>,
    /// Pearson's correlation.
    pub correlation: Option<f64>,
    /// Its square.
    pub r_squared: Option<f64>,
    /// The standard deviation of r − b a year.
    pub tracking_error: f64,
    /// mean(r − b) / its standard deviation, annualised with √m (empyrical's excess_sharpe and
    /// quantstats' figure are of one period).
    pub information_ratio: Option<f64>,
    /// (Annual growth − risk-free rate) / β (quantstats: growth of the whole series).
    pub treynor: Option<f64>,
    /// Modigliani's M²: risk-free + Sharpe ratio × volatility of the benchmark, a year.
    pub m_squared: Option<f64>,
    /// Annual growth over the benchmark's.
    pub capture: Option<f64>,
    /// The same over periods in which the benchmark rose; each annualised with their number.
    pub up_capture: Option<f64>,
    /// The same over periods in which the benchmark fell.
    pub down_capture: Option<f64>,
    /// Up over down capture.
    pub up_down_capture: Option<f64>,
    /// The share of periods in which it was above the benchmark.
    pub batting_average: f64,
}

impl From<&relative::Relative> for RelativeFigures {
    fn from(it: &relative::Relative) -> Self {
        Self {
            beta: it.beta,
            alpha: it.alpha,
            correlation: it.correlation,
            r_squared: it.r_squared,
            tracking_error: it.tracking_error,
            information_ratio: it.information_ratio,
            treynor: it.treynor,
            m_squared: it.m_squared,
            capture: it.capture,
            up_capture: it.up_capture,
            down_capture: it.down_capture,
            up_down_capture: it.up_down_capture,
            batting_average: it.batting_average,
        }
    }
}
