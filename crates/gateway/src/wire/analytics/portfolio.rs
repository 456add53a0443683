//! Portfolios: of what, to what end and under which rules, and what is best then. Weights are
//! shares of the whole, rates and returns a year's.

use std::collections::BTreeMap;

use quant::portfolio::{
    Linkage, NamedBounds, NamedGroup, NamedObjective, NamedRules, ObjectiveKind, PortfolioFigures,
    Split,
};
use quant::risk::covariance::Estimator;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CovarianceMethod, PriceFrequency, SymbolPrices};

/// Prices of several assets, and what is wanted of a portfolio of them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PortfolioRequest {
    /// All over the same dates.
    pub symbols: Vec<SymbolPrices>,
    #[serde(default)]
    pub frequency: PriceFrequency,
    #[serde(default)]
    pub covariance: CovarianceMethod,
    /// What is expected of a year, by symbol; the mean of its past where one is left out.
    #[serde(default)]
    #[schema(example = json!({ "AAPL": 0.07 }))]
    pub expected_returns: BTreeMap<String, f64>,
    /// For Sharpe ratios.
    #[serde(default)]
    pub risk_free: f64,
    #[serde(default)]
    pub objective: PortfolioObjective,
    #[serde(default)]
    pub constraints: PortfolioConstraints,
    /// How many points of the efficient frontier to answer, none where it is left out.
    pub frontier: Option<usize>,
    /// What to buy whole shares for at the last prices, in their currency; no shares where it is
    /// left out.
    pub investment: Option<f64>,
}

/// What makes one portfolio better than another. A parameter that it does not read is refused.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PortfolioObjective {
    #[serde(default)]
    pub kind: PortfolioObjectiveKind,
    /// The least expected return, of `minimum_variance`.
    pub return_min: Option<f64>,
    /// The greatest volatility, of `maximum_return`, which needs it.
    pub volatility_max: Option<f64>,
    /// How much variance is disliked, of `maximum_utility`, which needs it: 1 boldly, 10 timidly.
    pub risk_aversion: Option<f64>,
    /// The share of periods that are not among the worst, of `minimum_cvar`; 0.95 where it is left
    /// out.
    pub confidence: Option<f64>,
    /// Shares of the risk by symbol, in proportion, of `risk_budgets`; 1 for each that is left out.
    #[serde(default)]
    #[schema(example = json!({ "GLD": 2 }))]
    pub budgets: BTreeMap<String, f64>,
    /// Of `hierarchical_…`; Ward's where it is left out.
    pub linkage: Option<PortfolioLinkage>,
    /// Of `hierarchical_risk_parity`; halves where it is left out.
    pub split: Option<PortfolioSplit>,
    /// How many clusters, of `hierarchical_equal_risk`; found where it is left out.
    pub clusters: Option<usize>,
}

/// Which objective.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PortfolioObjectiveKind {
    /// The least variance, where asked at a least return.
    #[default]
    MinimumVariance,
    /// The greatest expected return at a greatest volatility.
    MaximumReturn,
    /// Expected return less half the aversion times the variance.
    MaximumUtility,
    /// Expected return above the risk-free rate over volatility.
    MaximumSharpe,
    /// The least mean loss of the worst periods.
    MinimumCvar,
    /// The assets' mean volatility over the portfolio's.
    MaximumDiversification,
    /// Equal or given shares of the risk.
    RiskBudgets,
    /// Along a tree of clusters, by variance (López de Prado).
    HierarchicalRiskParity,
    /// Along a tree of clusters, each by its risk (Raffinot).
    HierarchicalEqualRisk,
}

impl From<PortfolioObjectiveKind> for ObjectiveKind {
    fn from(said: PortfolioObjectiveKind) -> Self {
        match said {
            PortfolioObjectiveKind::MinimumVariance => Self::MinimumVariance,
            PortfolioObjectiveKind::MaximumReturn => Self::MaximumReturn,
            PortfolioObjectiveKind::MaximumUtility => Self::MaximumUtility,
            PortfolioObjectiveKind::MaximumSharpe => Self::MaximumSharpe,
            PortfolioObjectiveKind::MinimumCvar => Self::MinimumCvar,
            PortfolioObjectiveKind::MaximumDiversification => Self::MaximumDiversification,
            PortfolioObjectiveKind::RiskBudgets => Self::RiskBudgets,
            PortfolioObjectiveKind::HierarchicalRiskParity => Self::HierarchicalRiskParity,
            PortfolioObjectiveKind::HierarchicalEqualRisk => Self::HierarchicalEqualRisk,
        }
    }
}

impl From<PortfolioObjective> for NamedObjective {
    fn from(said: PortfolioObjective) -> Self {
        Self {
            kind: said.kind.into(),
            return_min: said.return_min,
            volatility_max: said.volatility_max,
            risk_aversion: said.risk_aversion,
            confidence: said.confidence,
            budgets: pairs(&said.budgets),
            linkage: said.linkage.map(Linkage::from),
            split: said.split.map(Split::from),
            clusters: said.clusters,
        }
    }
}

/// How clusters are joined.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PortfolioLinkage {
    Single,
    Complete,
    Average,
    Ward,
}

/// How hierarchical risk parity divides.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PortfolioSplit {
    /// Halves of the leaves as the clustering left them (PyPortfolioOpt).
    Halves,
    /// Halves of the leaves as SciPy turns them (skfolio).
    TurnedHalves,
    /// Halves of the leaves in the optimal order.
    OptimalHalves,
    /// The two parts of each cluster.
    Tree,
}

impl From<PortfolioLinkage> for Linkage {
    fn from(said: PortfolioLinkage) -> Self {
        match said {
            PortfolioLinkage::Single => Self::Single,
            PortfolioLinkage::Complete => Self::Complete,
            PortfolioLinkage::Average => Self::Average,
            PortfolioLinkage::Ward => Self::Ward,
        }
    }
}

impl From<PortfolioSplit> for Split {
    fn from(said: PortfolioSplit) -> Self {
        match said {
            PortfolioSplit::Halves => Self::Halves,
            PortfolioSplit::TurnedHalves => Self::TurnedHalves,
            PortfolioSplit::OptimalHalves => Self::OptimalHalves,
            PortfolioSplit::Tree => Self::Tree,
        }
    }
}

/// What a portfolio must obey. What is left out is no rule.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PortfolioConstraints {
    /// The least weight of each asset; 0, which is long only, where it is left out.
    #[serde(default)]
    pub weight_min: f64,
    /// The greatest weight of each asset; 1 where it is left out.
    #[serde(default = "whole")]
    pub weight_max: f64,
    /// Other bounds for some assets.
    #[serde(default)]
    pub bounds: Vec<SymbolBounds>,
    /// Bounds of sums: of a sector, a currency, a class of assets.
    #[serde(default)]
    pub groups: Vec<SymbolGroup>,
    /// The weights held now, by symbol.
    #[serde(default)]
    pub current: BTreeMap<String, f64>,
    /// The most that is bought and sold together, as a share of the whole.
    pub turnover_max: Option<f64>,
    /// What trading costs, as a share of the value traded.
    pub cost: Option<f64>,
    /// The weights of a benchmark, by symbol.
    #[serde(default)]
    pub benchmark: BTreeMap<String, f64>,
    /// The greatest tracking error.
    pub tracking_error_max: Option<f64>,
    /// The most assets that are held.
    pub assets_max: Option<usize>,
    /// The least weight of an asset that is held.
    pub held_min: Option<f64>,
}

const fn whole() -> f64 {
    1.0
}

impl Default for PortfolioConstraints {
    fn default() -> Self {
        Self {
            weight_min: 0.0,
            weight_max: whole(),
            bounds: Vec::new(),
            groups: Vec::new(),
            current: BTreeMap::new(),
            turnover_max: None,
            cost: None,
            benchmark: BTreeMap::new(),
            tracking_error_max: None,
            assets_max: None,
            held_min: None,
        }
    }
}

/// Bounds of one asset's weight.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SymbolBounds {
    pub symbol: String,
    pub min: f64,
    pub max: f64,
}

/// Bounds of the sum of several assets' weights.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SymbolGroup {
    #[schema(example = "bonds")]
    pub name: String,
    pub symbols: Vec<String>,
    pub min: Option<f64>,
    pub max: Option<f64>,
}

impl From<PortfolioConstraints> for NamedRules {
    fn from(said: PortfolioConstraints) -> Self {
        let bounds = said.bounds.into_iter().map(|one| NamedBounds {
            name: one.symbol,
            lower: one.min,
            upper: one.max,
        });
        let groups = said.groups.into_iter().map(|group| NamedGroup {
            name: group.name,
            members: group.symbols,
            lower: group.min.unwrap_or(f64::NEG_INFINITY),
            upper: group.max.unwrap_or(f64::INFINITY),
        });
        Self {
            weight_min: said.weight_min,
            weight_max: said.weight_max,
            bounds: bounds.collect(),
            groups: groups.collect(),
            current: pairs(&said.current),
            turnover_max: said.turnover_max,
            cost: said.cost,
            benchmark: pairs(&said.benchmark),
            tracking_error_max: said.tracking_error_max,
            assets_max: said.assets_max,
            held_min: said.held_min,
            ..Self::default()
        }
    }
}

/// What is said by symbol.
pub(crate) fn pairs(said: &BTreeMap<String, f64>) -> Vec<(String, f64)> {
    said.iter().map(|(name, value)| (name.clone(), *value)).collect()
}

impl From<CovarianceMethod> for Estimator {
    fn from(said: CovarianceMethod) -> Self {
        match said {
            CovarianceMethod::Sample => Self::Sample,
            CovarianceMethod::LedoitWolf => Self::LedoitWolf,
            CovarianceMethod::OracleApproximating => Self::OracleApproximating,
        }
    }
}

/// The best portfolio, and what it promises.
#[derive(Serialize, ToSchema)]
pub(crate) struct PortfolioAnswer {
    /// In the order of the question.
    pub assets: Vec<PortfolioAsset>,
    /// After what trading costs.
    pub expected_return: f64,
    pub volatility: f64,
    /// Null without volatility.
    pub sharpe: Option<f64>,
    /// The mean loss of the worst 5 % of past periods, of one period; above 0 for a loss.
    pub cvar: f64,
    /// The assets' mean volatility over the portfolio's; null without volatility.
    pub diversification_ratio: Option<f64>,
    /// As many equal positions are as concentrated.
    pub effective_assets: f64,
    /// How much better the objective could still be: 0 but where a limit of assets ended the
    /// search.
    pub gap: f64,
    /// Empty where none was asked for.
    pub frontier: Vec<FrontierPoint>,
    /// Null where no investment was named.
    pub purchase: Option<Purchase>,
}

/// One asset of a portfolio.
#[derive(Serialize, ToSchema)]
pub(crate) struct PortfolioAsset {
    pub symbol: String,
    pub weight: f64,
    /// What it adds to the variance, as a share of it; null without variance.
    pub risk_contribution: Option<f64>,
    pub expected_return: f64,
    pub volatility: f64,
}

/// A portfolio of least variance for its return.
#[derive(Serialize, ToSchema)]
pub(crate) struct FrontierPoint {
    pub expected_return: f64,
    pub volatility: f64,
    /// In the order of the assets.
    pub weights: Vec<f64>,
}

/// Whole shares for a sum.
#[derive(Serialize, ToSchema)]
pub(crate) struct Purchase {
    /// In the order of the assets.
    pub shares: Vec<u64>,
    /// What is left.
    pub cash: f64,
}

impl PortfolioAnswer {
    /// A portfolio's figures, without frontier and purchase.
    pub fn of(figures: &PortfolioFigures, assets: Vec<PortfolioAsset>, gap: f64) -> Self {
        Self {
            assets,
            expected_return: figures.expected_return,
            volatility: figures.volatility,
            sharpe: figures.sharpe,
            cvar: figures.cvar,
            diversification_ratio: figures.diversification_ratio,
            effective_assets: figures.effective_assets,
            gap,
            frontier: Vec::new(),
            purchase: None,
        }
    }
}
