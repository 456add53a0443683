//! Every objective of this module asked in one way, and every answer measured in the same figures.

use super::constraints::Constraints;
use super::cvar::{conditional_value_at_risk, minimum_cvar};
use super::dendrogram::Linkage;
use super::hierarchical::{Split, hierarchical_equal_risk_within, hierarchical_risk_parity_within};
use super::mean_variance::{
    Portfolio, maximum_diversification, maximum_return_at_volatility, maximum_sharpe,
    maximum_utility, minimum_variance, minimum_variance_at_return, net_return,
};
use super::risk_budget::{risk_budgets_within, risk_contributions};
use super::universe::Universe;
use super::weight_bounds::WeightBounds;
use crate::error::{Result, same_length};

/// The confidence of [`PortfolioFigures::cvar`].
pub const FIGURES_CONFIDENCE: f64 = 0.95;

/// What makes one portfolio better than another. Rates and returns are a year's.
#[derive(Clone, Debug, PartialEq)]
pub enum Objective {
    /// The least variance.
    MinimumVariance,
    /// The least variance of those that expect at least so much after costs.
    MinimumVarianceAtReturn {
        /// The least expected return.
        return_min: f64,
    },
    /// The greatest expected return of those that are no more volatile.
    MaximumReturn {
        /// The greatest volatility.
        volatility_max: f64,
    },
    /// The greatest expected return less half the aversion times the variance.
    MaximumUtility {
        /// Above 0; 1 for a bold investor, 10 for a timid one.
        risk_aversion: f64,
    },
    /// The greatest ratio of expected return above a rate to volatility.
    MaximumSharpe {
        /// The rate.
        risk_free: f64,
    },
    /// The least mean of the worst periods.
    MinimumCvar {
        /// The share of periods that are not among the worst: 0.95.
        confidence: f64,
    },
    /// The greatest ratio of mean volatility to the portfolio's.
    MaximumDiversification,
    /// Given shares of the variance for each asset, in proportion.
    RiskBudgets {
        /// Above 0; all equal for risk parity.
        budgets: Vec<f64>,
    },
    /// Hierarchical risk parity.
    HierarchicalRiskParity {
        /// How clusters are joined.
        linkage: Linkage,
        /// How weight is divided.
        split: Split,
    },
    /// Hierarchical equal risk contribution.
    HierarchicalEqualRisk {
        /// How clusters are joined.
        linkage: Linkage,
        /// How many; found where it is left out.
        clusters: Option<usize>,
    },
}

/// What a portfolio promises, by its universe.
#[derive(Clone, Debug, PartialEq)]
pub struct PortfolioFigures {
    /// A year's, after what trading costs.
    pub expected_return: f64,
    /// A year's.
    pub volatility: f64,
    /// (Expected return − risk-free rate) / volatility; none without volatility.
    pub sharpe: Option<f64>,
    /// The mean loss of the worst 5 % of past periods, of one period, positive for a loss.
    pub cvar: f64,
    /// Σ wᵢ σᵢ / volatility; none without volatility.
    pub diversification_ratio: Option<f64>,
    /// 1 / Σ wᵢ²: as many equal positions are as concentrated.
    pub effective_assets: f64,
    /// The share of the variance that each asset contributes; none without variance.
    pub risk_contributions: Option<Vec<f64>>,
}

/// The best portfolio for an objective; [`Portfolio::objective`] is in the units of its function,
/// and the variance for budgets and trees.
///
/// # Errors
/// Those of the objective's own function; [`crate::Error::LengthsDiffer`] where `constraints` are
/// for another number of assets; [`crate::Error::OutOfBounds`] for a rule that budgets and trees of
/// risk do not take: theirs are bounds of weights, long only.
///
/// ```
/// use quant::performance::Frequency;
/// use quant::portfolio::{Constraints, Objective, PortfolioFigures, Universe, optimise};
/// use quant::risk::covariance::Estimator;
///
/// let prices = [[100.0, 103.0, 99.0, 104.0], [50.0, 50.1, 50.3, 50.2]];
/// let universe = Universe::of_prices(&prices, Frequency::MONTHLY, Estimator::Sample)?;
/// let rules = Constraints::long_only(2).with_weights_at_most(0.9);
/// let best = optimise(&universe, &Objective::MinimumVariance, &rules)?;
/// assert!((best.weights[1] - 0.9).abs() < 1e-12);
/// let figures = PortfolioFigures::of(&universe, &best.weights, &rules, 0.0)?;
/// assert!(figures.volatility < 0.1 && figures.effective_assets < 2.0);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn optimise(
    universe: &Universe,
    objective: &Objective,
    constraints: &Constraints,
) -> Result<Portfolio> {
    same_length("constraints", constraints.assets(), universe.assets())?;
    let moments = universe.moments();
    let covariance = &moments.covariance;
    let by_risk = |weights: Vec<f64>| -> Result<Portfolio> {
        let objective = covariance.quadratic_form(&weights)?;
        Ok(Portfolio { weights, objective, gap: 0.0 })
    };
    match objective {
        Objective::MinimumVariance => minimum_variance(covariance, constraints),
        Objective::MinimumVarianceAtReturn { return_min } => {
            minimum_variance_at_return(moments, *return_min, constraints)
        }
        Objective::MaximumReturn { volatility_max } => {
            maximum_return_at_volatility(moments, *volatility_max, constraints)
        }
        Objective::MaximumUtility { risk_aversion } => {
            maximum_utility(moments, *risk_aversion, constraints)
        }
        Objective::MaximumSharpe { risk_free } => maximum_sharpe(moments, *risk_free, constraints),
        Objective::MinimumCvar { confidence } => {
            minimum_cvar(universe.returns(), *confidence, constraints)
        }
        Objective::MaximumDiversification => maximum_diversification(covariance, constraints),
        Objective::RiskBudgets { budgets } => {
            by_risk(risk_budgets_within(covariance, budgets, &WeightBounds::of(constraints)?)?)
        }
        Objective::HierarchicalRiskParity { linkage, split } => {
            let bounds = WeightBounds::of(constraints)?;
            by_risk(hierarchical_risk_parity_within(covariance, *linkage, *split, &bounds)?)
        }
        Objective::HierarchicalEqualRisk { linkage, clusters } => {
            let bounds = WeightBounds::of(constraints)?;
            by_risk(hierarchical_equal_risk_within(covariance, *linkage, *clusters, &bounds)?)
        }
    }
}

impl PortfolioFigures {
    /// The figures of `weights`, a Sharpe ratio above `risk_free` a year.
    ///
    /// # Errors
    /// [`crate::Error::LengthsDiffer`] where weights, rules and universe do not fit.
    pub fn of(
        universe: &Universe,
        weights: &[f64],
        constraints: &Constraints,
        risk_free: f64,
    ) -> Result<Self> {
        same_length("weights", weights.len(), universe.assets())?;
        same_length("constraints", constraints.assets(), universe.assets())?;
        let moments = universe.moments();
        let covariance = &moments.covariance;
        let volatility = covariance.quadratic_form(weights)?.max(0.0).sqrt();
        let expected_return = net_return(moments, weights, constraints);
        let gains = universe.returns().multiply_vector(weights)?;
        let losses: Vec<f64> = gains.iter().map(|gain| -gain).collect();
        let own = covariance.diagonal();
        let mean: f64 = weights.iter().zip(&own).map(|(weight, own)| weight * own.sqrt()).sum();
        let over_volatility = |value: f64| (volatility > 0.0).then(|| value / volatility);
        Ok(Self {
            expected_return,
            volatility,
            sharpe: over_volatility(expected_return - risk_free),
            cvar: conditional_value_at_risk(&losses, FIGURES_CONFIDENCE)?,
            diversification_ratio: over_volatility(mean),
            effective_assets: 1.0 / weights.iter().map(|weight| weight * weight).sum::<f64>(),
            risk_contributions: risk_contributions(covariance, weights).ok(),
        })
    }
}
