//! Figures over series: what is asked, and what is answered. A share is a share (0.05 is five per
//! cent); what has no value is null.

pub(crate) mod forecast;
pub(crate) mod portfolio;
pub(crate) mod tear_sheet;

use std::collections::BTreeMap;

use quant::performance::attribution;
use quant::performance::{Basis, Frequency};
use quant::risk::value_at_risk;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Series by the name of the input that they are: `open`, `high`, `low`, `close`, `volume`, … The
/// oldest bar comes first, all are of one length.
#[derive(Deserialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct Series(pub BTreeMap<String, Vec<f64>>);

/// The indicators there are.
#[derive(Serialize, ToSchema)]
pub(crate) struct IndicatorList {
    /// By name.
    pub items: Vec<IndicatorDescription>,
}

/// What an indicator is, reads, takes and answers.
#[derive(Serialize, ToSchema)]
pub(crate) struct IndicatorDescription {
    #[schema(example = "RSI")]
    pub name: String,
    #[schema(example = "momentum")]
    pub group: String,
    pub title: String,
    /// The series that it reads.
    pub inputs: Vec<String>,
    pub parameters: Vec<IndicatorParameter>,
    pub outputs: Vec<String>,
    /// Whether it is drawn over the prices.
    pub overlay: bool,
}

/// What can be set.
#[derive(Serialize, ToSchema)]
pub(crate) struct IndicatorParameter {
    #[schema(example = "time_period")]
    pub name: String,
    pub hint: String,
    pub default: f64,
    /// The least, where it is no choice.
    pub min: Option<f64>,
    /// The greatest, where it is no choice.
    pub max: Option<f64>,
    /// The values it takes, where it is a choice.
    pub choices: Vec<IndicatorChoice>,
}

/// One value of a choice.
#[derive(Serialize, ToSchema)]
pub(crate) struct IndicatorChoice {
    pub value: i32,
    pub name: String,
}

/// An indicator over series.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IndicatorRequest {
    /// In capitals or not.
    #[schema(example = "RSI")]
    pub name: String,
    /// What is left out has its default.
    #[serde(default)]
    #[schema(example = json!({ "time_period": 14 }))]
    pub parameters: BTreeMap<String, f64>,
    pub series: Series,
    /// Only the last bars; all where it is left out.
    pub last: Option<usize>,
}

/// An indicator's values.
#[derive(Serialize, ToSchema)]
pub(crate) struct IndicatorAnswer {
    pub name: String,
    pub parameters: BTreeMap<String, f64>,
    /// How many bars pass before the first value.
    pub warm_up: usize,
    pub outputs: Vec<IndicatorOutput>,
}

/// The values of one output, one a bar.
#[derive(Serialize, ToSchema)]
pub(crate) struct IndicatorOutput {
    pub name: String,
    /// Null in the warm-up.
    pub values: Vec<Option<f64>>,
}

/// Every crossing of an average's periods, over several symbols.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SweepRequest {
    #[schema(example = "SMA")]
    pub average: String,
    /// Every pair of them is a rule: the shorter above the longer is held.
    #[schema(example = json!([5, 10, 20, 50]))]
    pub periods: Vec<u32>,
    pub symbols: Vec<SymbolSeries>,
    /// What trading costs, as a share of the value traded.
    #[serde(default)]
    pub fee: f64,
    /// 252 where it is left out.
    #[serde(default = "trading_days")]
    pub bars_per_year: f64,
    /// How many rules are answered, the highest Sharpe ratio first; 100 where it is left out.
    #[serde(default = "rules_shown")]
    pub top: usize,
}

fn trading_days() -> f64 {
    Frequency::DAILY.periods_per_year()
}

const fn rules_shown() -> usize {
    100
}

/// A symbol's series.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SymbolSeries {
    #[schema(example = "AAPL")]
    pub symbol: String,
    pub series: Series,
}

/// What rules made.
#[derive(Serialize, ToSchema)]
pub(crate) struct SweepAnswer {
    pub average: String,
    /// How many rules were tried, over all symbols.
    pub tried: usize,
    pub rules: Vec<SweptRule>,
}

/// What one rule made of one symbol.
#[derive(Serialize, ToSchema)]
pub(crate) struct SweptRule {
    pub symbol: String,
    pub short: u32,
    pub long: u32,
    /// At the end; it began at 1.
    pub equity: f64,
    /// The deepest fall from a peak, as a share of it.
    pub max_drawdown: f64,
    pub sharpe: Option<f64>,
    pub trades: u32,
    pub bars_held: u32,
}

/// How often prices come, and with it how many make a year.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PriceFrequency {
    /// Trading days, 252.
    #[default]
    Daily,
    /// Calendar days, 365.
    CalendarDaily,
    /// 52.
    Weekly,
    /// 12.
    Monthly,
    /// 4.
    Quarterly,
    /// 1.
    Yearly,
}

impl From<PriceFrequency> for Frequency {
    fn from(said: PriceFrequency) -> Self {
        match said {
            PriceFrequency::Daily => Self::DAILY,
            PriceFrequency::CalendarDaily => Self::CALENDAR_DAILY,
            PriceFrequency::Weekly => Self::WEEKLY,
            PriceFrequency::Monthly => Self::MONTHLY,
            PriceFrequency::Quarterly => Self::QUARTERLY,
            PriceFrequency::Yearly => Self::YEARLY,
        }
    }
}

/// Prices to be measured.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PerformanceRequest {
    /// The oldest first, each above 0.
    pub prices: Vec<f64>,
    /// Prices of the same times to compare with.
    pub benchmark: Option<Vec<f64>>,
    #[serde(default)]
    pub frequency: PriceFrequency,
    /// A year's, as a share.
    #[serde(default)]
    pub risk_free: f64,
    /// The least return wanted a year, for Sortino and Omega ratios.
    #[serde(default)]
    pub required_return: f64,
}

impl PerformanceRequest {
    /// What its figures are annualised with and measured against.
    pub fn basis(&self) -> quant::Result<Basis> {
        let basis = Basis::new(self.frequency.into()).with_risk_free(self.risk_free)?;
        basis.with_required_return(self.required_return)
    }
}

/// Prices whose risk is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RiskRequest {
    /// The oldest first, each above 0.
    pub prices: Vec<f64>,
    /// The probability of not losing more; 0.95 where it is left out.
    #[serde(default = "usual_level")]
    pub level: f64,
    /// What a day weighs against the day after it, in the volatility; 0.94 where it is left out.
    #[serde(default = "usual_decay")]
    pub decay: f64,
}

const fn usual_level() -> f64 {
    0.95
}

const fn usual_decay() -> f64 {
    quant::risk::volatility::DAILY_DECAY
}

/// What can be lost in one period. Losses are positive shares.
#[derive(Serialize, ToSchema)]
pub(crate) struct RiskAnswer {
    pub level: f64,
    /// From the sample itself.
    pub historical: TailRisk,
    /// From a normal distribution.
    pub normal: TailRisk,
    /// From a normal distribution corrected for skewness and kurtosis; null where that is none.
    pub cornish_fisher: Option<TailRisk>,
    /// The standard deviation of the period to come, exponentially weighted.
    pub volatility: f64,
    /// The deepest fall from a peak, a share below 0.
    pub max_drawdown: f64,
    /// The root of the mean square of the falls.
    pub ulcer_index: f64,
}

/// What is lost at a level.
#[derive(Serialize, ToSchema)]
pub(crate) struct TailRisk {
    /// The loss that is not exceeded with the level's probability.
    pub value_at_risk: f64,
    /// The mean loss beyond it.
    pub expected_shortfall: f64,
}

impl From<value_at_risk::TailRisk> for TailRisk {
    fn from(risk: value_at_risk::TailRisk) -> Self {
        let value_at_risk::TailRisk { value_at_risk, expected_shortfall } = risk;
        Self { value_at_risk, expected_shortfall }
    }
}

/// Prices of several symbols at the same times.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CorrelationRequest {
    pub symbols: Vec<SymbolPrices>,
    #[serde(default)]
    pub method: CovarianceMethod,
}

/// How a covariance, and with it a correlation, is estimated.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CovarianceMethod {
    /// The sample's.
    #[default]
    Sample,
    /// Shrunk as Ledoit and Wolf do.
    LedoitWolf,
    /// Shrunk by oracle approximation.
    OracleApproximating,
}

/// A symbol's prices.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SymbolPrices {
    #[schema(example = "AAPL")]
    pub symbol: String,
    /// The oldest first, each above 0.
    pub prices: Vec<f64>,
}

/// How returns move together.
#[derive(Serialize, ToSchema)]
pub(crate) struct CorrelationAnswer {
    pub symbols: Vec<String>,
    /// A row a symbol, in their order.
    pub correlation: Vec<Vec<f64>>,
}

/// A portfolio and its benchmark over one period, by segment.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttributionRequest {
    pub segments: Vec<AttributionSegment>,
}

/// A sector, country or asset class.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttributionSegment {
    #[schema(example = "Energy")]
    pub name: String,
    /// Its part of the portfolio at the start; all add up to 1.
    pub portfolio_weight: f64,
    /// Its part of the benchmark at the start; all add up to 1.
    pub benchmark_weight: f64,
    pub portfolio_return: f64,
    pub benchmark_return: f64,
}

impl AttributionSegment {
    /// As the module takes it.
    pub const fn segment(&self) -> attribution::Segment {
        attribution::Segment {
            portfolio_weight: self.portfolio_weight,
            benchmark_weight: self.benchmark_weight,
            portfolio_return: self.portfolio_return,
            benchmark_return: self.benchmark_return,
        }
    }
}

/// What made the difference to the benchmark (Brinson and Fachler).
#[derive(Serialize, ToSchema)]
pub(crate) struct AttributionAnswer {
    pub segments: Vec<AttributionEffects>,
    /// All segments together.
    pub total: AttributionEffects,
    pub portfolio_return: f64,
    pub benchmark_return: f64,
}

/// What one segment, or all, added to the return.
#[derive(Serialize, ToSchema)]
pub(crate) struct AttributionEffects {
    /// The segment's name, or `total`.
    pub name: String,
    pub allocation: f64,
    pub selection: f64,
    pub interaction: f64,
}

impl AttributionEffects {
    /// The effects of what has this name.
    pub fn of(name: &str, effects: &attribution::Effects) -> Self {
        let attribution::Effects { allocation, selection, interaction } = *effects;
        Self { name: name.to_owned(), allocation, selection, interaction }
    }
}
