//! Every figure of a tear sheet under its name, with its unit, in the order of the sheet: one list
//! for the table and for JSON.

use quant::performance::drawdown::Summary;
use quant::performance::outcome::Outcome;
use quant::performance::relative::Relative;
use quant::performance::tear_sheet::{Growth, Ratios, Spread, TearSheet};
use serde_json::{Value as Json, json};

use crate::command::quant::format::{NOTHING, number, share};

/// Figures of one subject.
pub struct Group {
    /// Its name in JSON.
    pub name: &'static str,
    /// Its figures.
    pub figures: Vec<Figure>,
}

/// One figure.
pub struct Figure {
    /// Its name in JSON.
    pub name: &'static str,
    value: Value,
}

#[derive(Clone, Copy)]
enum Value {
    /// A share, shown in per cent.
    Share(Option<f64>),
    Number(Option<f64>),
    Count(usize),
}

impl Figure {
    /// As people read it.
    pub fn text(&self) -> String {
        match self.value {
            Value::Share(value) => value.map_or(NOTHING.to_owned(), share),
            Value::Number(value) => value.map_or(NOTHING.to_owned(), number),
            Value::Count(count) => count.to_string(),
        }
    }

    /// As programs read it: a share as it is, null where it has no value.
    pub fn json(&self) -> Json {
        match self.value {
            Value::Share(value) | Value::Number(value) => json!(value),
            Value::Count(count) => json!(count),
        }
    }
}

/// The figures of a sheet.
pub fn groups(sheet: &TearSheet) -> Vec<Group> {
    let mut groups = vec![
        Group { name: "growth", figures: growth(&sheet.growth) },
        Group { name: "spread", figures: spread(&sheet.spread) },
        Group { name: "ratios", figures: ratios(&sheet.ratios) },
        Group { name: "drawdowns", figures: drawdowns(&sheet.drawdowns) },
        Group { name: "outcome", figures: outcome(&sheet.outcome) },
    ];
    groups.extend(
        sheet.relative.as_ref().map(|it| Group { name: "relative", figures: relative(it) }),
    );
    groups
}

fn of_share(name: &'static str, value: impl Into<Option<f64>>) -> Figure {
    Figure { name, value: Value::Share(value.into()) }
}

fn of_number(name: &'static str, value: impl Into<Option<f64>>) -> Figure {
    Figure { name, value: Value::Number(value.into()) }
}

fn of_count(name: &'static str, count: usize) -> Figure {
    Figure { name, value: Value::Count(count) }
}

fn growth(it: &Growth) -> Vec<Figure> {
    vec![
        of_share("total", it.total),
        of_share("annual", it.annual),
        of_share("mean", it.mean),
        of_share("geometric_mean", it.geometric_mean),
    ]
}

fn spread(it: &Spread) -> Vec<Figure> {
    vec![
        of_share("volatility", it.volatility),
        of_share("downside_deviation", it.downside_deviation),
        of_number("skewness", it.skewness),
        of_number("excess_kurtosis", it.excess_kurtosis),
        of_number("jarque_bera", it.jarque_bera),
        of_share("historical_var", it.historical_var),
        of_share("historical_shortfall", it.historical_shortfall),
        of_share("normal_var", it.normal_var),
        of_share("normal_shortfall", it.normal_shortfall),
    ]
}

fn ratios(it: &Ratios) -> Vec<Figure> {
    vec![
        of_number("sharpe", it.sharpe),
        of_number("smart_sharpe", it.smart_sharpe),
        of_share("probabilistic_sharpe", it.probabilistic_sharpe),
        of_number("sortino", it.sortino),
        of_number("smart_sortino", it.smart_sortino),
        of_number("adjusted_sortino", it.adjusted_sortino),
        of_number("omega", it.omega),
        of_number("calmar", it.calmar),
        of_number("ulcer_performance", it.ulcer_performance),
        of_number("recovery_factor", it.recovery_factor),
        of_number("stability", it.stability),
        of_number("tail", it.tail),
        of_number("common_sense", it.common_sense),
        of_number("serenity", it.serenity),
    ]
}

fn drawdowns(it: &Summary) -> Vec<Figure> {
    vec![
        of_share("maximum", it.maximum),
        of_share("average", it.average),
        of_count("episodes", it.episodes),
        of_count("longest", it.longest),
        of_number("average_duration", it.average_duration),
        of_share("current", it.current),
        of_share("ulcer_index", it.ulcer_index),
        of_share("mean_over_time", it.mean_over_time),
    ]
}

fn outcome(it: &Outcome) -> Vec<Figure> {
    vec![
        of_count("wins", it.wins),
        of_count("losses", it.losses),
        of_share("exposure", it.exposure),
        of_share("best", it.best),
        of_share("worst", it.worst),
        of_count("longest_winning_streak", it.longest_winning_streak),
        of_count("longest_losing_streak", it.longest_losing_streak),
        of_share("win_rate", it.win_rate),
        of_share("average_return", it.average_return),
        of_share("average_win", it.average_win),
        of_share("average_loss", it.average_loss),
        of_number("payoff", it.payoff),
        of_number("profit_factor", it.profit_factor),
        of_number("gain_to_pain", it.gain_to_pain),
        of_share("kelly", it.kelly),
        of_number("cpc_index", it.cpc_index),
        of_number("outlier_win", it.outlier_win),
        of_number("outlier_loss", it.outlier_loss),
    ]
}

fn relative(it: &Relative) -> Vec<Figure> {
    vec![
        of_number("beta", it.beta),
        of_share("alpha", it.alpha),
        of_number("correlation", it.correlation),
        of_number("r_squared", it.r_squared),
        of_share("tracking_error", it.tracking_error),
        of_number("information_ratio", it.information_ratio),
        of_share("treynor", it.treynor),
        of_share("m_squared", it.m_squared),
        of_number("capture", it.capture),
        of_number("up_capture", it.up_capture),
        of_number("down_capture", it.down_capture),
        of_number("up_down_capture", it.up_down_capture),
        of_share("batting_average", it.batting_average),
    ]
}
