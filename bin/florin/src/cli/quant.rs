//! The words of `florin quant`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// Figures over prices of one's own, without a database or a server.
#[derive(Debug, Subcommand)]
pub enum Quant {
    /// The indicators there are, with their parameters
    List(List),
    /// An indicator over a CSV of prices
    Indicator(Indicator),
    /// Every crossing of an average's periods over CSVs of prices, the best first
    Sweep(Sweep),
    /// What a CSV of prices earned, against what risk
    #[command(name = "tearsheet")]
    TearSheet(TearSheet),
}

/// Which indicators to list.
#[derive(Debug, Args)]
pub struct List {
    /// A part of the name, the title or the group
    #[arg(value_name = "WORD")]
    pub word: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// An indicator over prices.
#[derive(Debug, Args)]
pub struct Indicator {
    /// Its name: RSI, MACD, SUPERTREND; florin quant list has them
    pub name: String,
    /// A CSV of date, [open, high, low,] close [, volume]
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// A parameter's value; what is not said has its default
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub parameters: Vec<String>,
    /// Only the last bars [default: 10 in a table, all in JSON]
    #[arg(long, value_name = "BARS")]
    pub last: Option<usize>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// How the file is read.
    #[command(flatten)]
    pub columns: Columns,
}

/// Crossings of an average's periods.
#[derive(Debug, Args)]
pub struct Sweep {
    /// CSVs of prices, one a symbol
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The average: SMA, EMA, WMA, HMA, …
    #[arg(long, value_name = "NAME", default_value = "SMA")]
    pub average: String,
    /// Its periods, of which every pair is tried: 5,10,20 or 5..100 or 5..100:5
    #[arg(long, value_name = "PERIODS", default_value = "5..100:5")]
    pub periods: String,
    /// What trading costs, as a share of the value traded
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, allow_negative_numbers = true)]
    pub fee: f64,
    /// Bars in a year
    #[arg(long, value_name = "BARS", default_value_t = 252.0)]
    pub bars_per_year: f64,
    /// What the best is best in
    #[arg(long, value_enum, default_value_t = Order::Sharpe)]
    pub by: Order,
    /// How many to show
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    pub top: usize,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// How the files are read.
    #[command(flatten)]
    pub columns: Columns,
}

/// What rules are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// The Sharpe ratio, the highest first
    Sharpe,
    /// The equity at the end, the highest first
    Equity,
    /// The deepest fall, the smallest first
    Drawdown,
}

/// Every figure of a series of prices.
#[derive(Debug, Args)]
pub struct TearSheet {
    /// A CSV of date and close
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// A CSV of prices to compare with, over the days that both have
    #[arg(long, value_name = "FILE")]
    pub benchmark: Option<PathBuf>,
    /// How often prices come [default: as the dates are apart]
    #[arg(long, value_enum)]
    pub frequency: Option<Often>,
    /// The risk-free rate a year, as a share: 0.04
    #[arg(long, value_name = "RATE", default_value_t = 0.0, allow_negative_numbers = true)]
    pub risk_free: f64,
    /// The least return wanted a year, for Sortino and Omega ratios
    #[arg(long, value_name = "RATE", default_value_t = 0.0, allow_negative_numbers = true)]
    pub required_return: f64,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// How the files are read.
    #[command(flatten)]
    pub columns: Columns,
}

/// How often prices come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Often {
    /// Trading days: 252 a year
    Daily,
    /// Calendar days: 365 a year
    CalendarDaily,
    /// 52 a year
    Weekly,
    /// 12 a year
    Monthly,
    /// 4 a year
    Quarterly,
    /// 1 a year
    Yearly,
}

/// How a CSV of prices is read.
#[derive(Debug, Args)]
pub struct Columns {
    /// The heading of the column that holds the closing prices
    #[arg(long = "close", value_name = "HEADING", default_value = "close")]
    pub close: String,
}
