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
    /// The best portfolio of the assets in CSVs of prices
    #[command(visible_alias = "optimize")]
    Optimise(Optimise),
    /// What comes next in a column of a CSV, and how surely
    Forecast(Forecast),
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

/// A portfolio of assets.
#[derive(Debug, Args)]
pub struct Optimise {
    /// One CSV of date and a column of prices an asset, or a CSV of date and close an asset
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How often prices come [default: as the dates are apart]
    #[arg(long, value_enum)]
    pub frequency: Option<Often>,
    /// How the covariance is estimated
    #[arg(long, value_enum, default_value_t = Covariance::Sample)]
    pub covariance: Covariance,
    /// What is expected of an asset a year [default: the mean of its past]
    #[arg(long = "expect", value_name = "NAME=RETURN")]
    pub expected: Vec<String>,
    /// The risk-free rate a year, as a share: 0.04
    #[arg(long, value_name = "RATE", default_value_t = 0.0, allow_negative_numbers = true)]
    pub risk_free: f64,
    /// What is wanted.
    #[command(flatten)]
    pub wanted: Wanted,
    /// What must hold.
    #[command(flatten)]
    pub rules: Rules,
    /// Buy whole shares for so much at the last prices, in their currency
    #[arg(long, value_name = "MONEY")]
    pub investment: Option<f64>,
    /// Points of the efficient frontier [default: 20 in a chart, none in JSON]
    #[arg(long, value_name = "POINTS")]
    pub frontier: Option<usize>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// How the files are read.
    #[command(flatten)]
    pub columns: Columns,
}

/// What a portfolio is to be best in.
#[derive(Debug, Args)]
#[command(next_help_heading = "Objective")]
pub struct Wanted {
    /// What is made the least or the greatest
    #[arg(long, value_enum, default_value_t = Goal::MinimumVariance)]
    pub objective: Goal,
    /// The least expected return a year, of minimum-variance
    #[arg(long, value_name = "RETURN", allow_negative_numbers = true)]
    pub return_min: Option<f64>,
    /// The greatest volatility a year, of maximum-return
    #[arg(long, value_name = "VOLATILITY")]
    pub volatility_max: Option<f64>,
    /// How much variance is disliked, of maximum-utility: 1 boldly, 10 timidly
    #[arg(long, value_name = "NUMBER")]
    pub risk_aversion: Option<f64>,
    /// The share of periods that are not among the worst, of minimum-cvar [default: 0.95]
    #[arg(long, value_name = "SHARE")]
    pub confidence: Option<f64>,
    /// An asset's share of the risk, of risk-parity, in proportion [default: 1 each]
    #[arg(long = "budget", value_name = "NAME=NUMBER")]
    pub budgets: Vec<String>,
    /// How clusters are joined, of hierarchical-… [default: ward]
    #[arg(long, value_enum)]
    pub linkage: Option<Link>,
    /// How weight is divided, of hierarchical-risk-parity [default: halves]
    #[arg(long, value_enum)]
    pub split: Option<Divide>,
    /// How many clusters, of hierarchical-equal-risk [default: as the distances tell]
    #[arg(long, value_name = "COUNT")]
    pub clusters: Option<usize>,
}

/// What is made the least or the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Goal {
    /// The least variance, where asked at a least return
    MinimumVariance,
    /// The greatest expected return at a greatest volatility
    MaximumReturn,
    /// Expected return less half the aversion times the variance
    MaximumUtility,
    /// Expected return above the risk-free rate over volatility
    MaximumSharpe,
    /// The least mean loss of the worst periods
    MinimumCvar,
    /// The assets' mean volatility over the portfolio's
    MaximumDiversification,
    /// Equal or given shares of the risk
    RiskParity,
    /// Along a tree of clusters, by variance
    HierarchicalRiskParity,
    /// Along a tree of clusters, each cluster by its risk
    HierarchicalEqualRisk,
}

/// How a covariance is estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Covariance {
    /// The sample's
    Sample,
    /// Shrunk as Ledoit and Wolf do
    LedoitWolf,
    /// Shrunk by oracle approximation
    OracleApproximating,
}

/// How clusters are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Link {
    /// By their nearest members
    Single,
    /// By their farthest members
    Complete,
    /// By their members on average
    Average,
    /// By the variance within
    Ward,
}

/// How weight is divided along a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Divide {
    /// Halves of the leaves as they were joined: PyPortfolioOpt's
    Halves,
    /// Halves of the leaves as SciPy turns them: skfolio's
    TurnedHalves,
    /// Halves of the leaves in the best order
    OptimalHalves,
    /// The two parts of each cluster
    Tree,
}

/// What a portfolio must obey; weights are shares of the whole.
#[derive(Debug, Args)]
#[command(next_help_heading = "Constraints")]
pub struct Rules {
    /// The least weight of each asset; below 0 it may be sold short
    #[arg(long, value_name = "WEIGHT", default_value_t = 0.0, allow_negative_numbers = true)]
    pub weight_min: f64,
    /// The greatest weight of each asset
    #[arg(long, value_name = "WEIGHT", default_value_t = 1.0)]
    pub weight_max: f64,
    /// Other bounds of one asset: GLD=0.05..0.2, GLD=..0.2
    #[arg(long = "bound", value_name = "NAME=MIN..MAX")]
    pub bounds: Vec<String>,
    /// Bounds of a sum: tech=AAPL,MSFT:..0.4
    #[arg(long = "group", value_name = "GROUP=NAME,NAME:MIN..MAX")]
    pub groups: Vec<String>,
    /// A weight held now
    #[arg(long = "held", value_name = "NAME=WEIGHT")]
    pub held: Vec<String>,
    /// The most that is bought and sold together, from what is held
    #[arg(long, value_name = "SHARE")]
    pub turnover_max: Option<f64>,
    /// What trading costs, as a share of the value traded
    #[arg(long, value_name = "SHARE")]
    pub cost: Option<f64>,
    /// A weight of the benchmark
    #[arg(long = "benchmark", value_name = "NAME=WEIGHT")]
    pub benchmark: Vec<String>,
    /// The greatest tracking error a year
    #[arg(long, value_name = "VOLATILITY")]
    pub tracking_error_max: Option<f64>,
    /// The most assets that are held
    #[arg(long, value_name = "COUNT")]
    pub assets_max: Option<usize>,
    /// The least weight of an asset that is held
    #[arg(long, value_name = "WEIGHT")]
    pub held_min: Option<f64>,
}

/// The next values of a column.
#[derive(Debug, Args)]
pub struct Forecast {
    /// A CSV of date and values, evenly spaced
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The heading of the column to forecast
    #[arg(long, value_name = "HEADING", default_value = "close")]
    pub column: String,
    /// How many values ahead
    #[arg(long, value_name = "COUNT", default_value_t = 12)]
    pub horizon: usize,
    /// Values of one season, 1 for none [default: 12 of months, 4 of quarters, else 1]
    #[arg(long, value_name = "COUNT")]
    pub period: Option<usize>,
    /// The share of cases in which the value is to lie between the bounds
    #[arg(long, value_name = "SHARE", default_value_t = 0.9)]
    pub level: f64,
    /// With what
    #[arg(long, value_enum, default_value_t = Model::Ensemble)]
    pub method: Model,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What a forecast is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Model {
    /// The mean of four that err differently
    Ensemble,
    /// Exponential smoothing
    Ets,
    /// The dynamic optimised Theta method
    Theta,
    /// ARIMA, the slowest by far
    Arima,
    /// The value of the last season
    SeasonalNaive,
}
