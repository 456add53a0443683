//! What a portfolio must obey: one type for every problem.

use super::cardinality::NODES_MAX;
use crate::algebra::Matrix;
use crate::error::{Error, Result, all_finite, at_least, same_length};

/// The most assets one problem may have.
pub const ASSETS_MAX: usize = 5_000;

/// The largest weight that may be held or compared with, either way.
const WEIGHT_MAX: f64 = 1e6;
/// The most groups and other linear rules one problem may have.
pub const GROUPS_MAX: usize = 1_000;

/// A rule over several assets: `lower ≤ Σ coefficientᵢ wᵢ ≤ upper`.
///
/// With coefficients 1 a sector or a currency; with others a duration, a yield or a beta. Equal
/// bounds make an equation, an infinite one leaves that side open.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// How errors call it.
    pub name: String,
    /// The assets' indices with their coefficients.
    pub coefficients: Vec<(usize, f64)>,
    /// The least sum, or −∞.
    pub lower: f64,
    /// The greatest sum, or +∞.
    pub upper: f64,
}

/// What is held now, what trading costs and how much may be traded.
///
/// `buy_cost` and `sell_cost` are parts of the traded value over the horizon of the expected
/// returns (a cost of 0.1 % and returns of a year: 0.001). They lower the expected return wherever
/// one is maximised or bounded; variance and CVaR do not know them.
#[derive(Clone, Debug, PartialEq)]
pub struct Trading {
    /// The weights held now.
    pub current: Vec<f64>,
    /// The cost of one unit bought, for each asset.
    pub buy_cost: Vec<f64>,
    /// The cost of one unit sold, for each asset.
    pub sell_cost: Vec<f64>,
    /// The most of Σ|w − current|, purchases and sales added up; +∞ where there is no limit.
    pub turnover_max: f64,
}

/// How far the portfolio may be from a benchmark: √((w − b)ᵀ Σ (w − b)) ≤ `error_max`.
#[derive(Clone, Debug, PartialEq)]
pub struct Tracking {
    /// The benchmark's weights.
    pub benchmark: Vec<f64>,
    /// The greatest tracking error, in the units of the volatility that Σ gives.
    pub error_max: f64,
}

/// How many assets may be held, and how little of one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cardinality {
    /// The most assets whose weight is not zero.
    pub assets_max: usize,
    /// The least weight of an asset that is held; 0 where there is none.
    pub weight_min: f64,
    /// The most nodes that the search looks at, up to [`NODES_MAX`]; then the best so far is the
    /// answer, with its gap.
    pub nodes_max: usize,
}

/// Bounds, budget, groups, trading, tracking error and number of assets, each optional but the
/// first two.
///
/// ```
/// use quant::portfolio::Constraints;
///
/// let rules = Constraints::long_only(4)
///     .with_weights_at_most(0.4)
///     .with_group("bonds", &[2, 3], 0.3, 0.6)
///     .with_turnover(&[0.25; 4], 0.5);
/// assert!(rules.check().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Constraints {
    /// The least weight of each asset; −∞ is allowed.
    pub lower: Vec<f64>,
    /// The greatest weight of each asset; +∞ is allowed.
    pub upper: Vec<f64>,
    /// What the weights add up to: 1, or 0 for a portfolio that is all long against short.
    pub budget: f64,
    /// Rules over several assets.
    pub groups: Vec<Group>,
    /// Costs and limits of trading.
    pub trading: Option<Trading>,
    /// The distance from a benchmark.
    pub tracking: Option<Tracking>,
    /// The number of assets.
    pub cardinality: Option<Cardinality>,
}

impl Constraints {
    /// Weights between 0 and 1 that add up to 1.
    #[must_use]
    pub fn long_only(assets: usize) -> Self {
        Self::between(assets, 0.0, 1.0)
    }

    /// Weights between two bounds that add up to 1.
    #[must_use]
    pub fn between(assets: usize, lower: f64, upper: f64) -> Self {
        Self {
            lower: vec![lower; assets],
            upper: vec![upper; assets],
            budget: 1.0,
            groups: Vec::new(),
            trading: None,
            tracking: None,
            cardinality: None,
        }
    }

    /// No asset above `upper`.
    #[must_use]
    pub fn with_weights_at_most(mut self, upper: f64) -> Self {
        self.upper.fill(upper);
        self
    }

    /// The sum of the named assets stays between two bounds.
    #[must_use]
    pub fn with_group(self, name: &str, members: &[usize], lower: f64, upper: f64) -> Self {
        let coefficients = members.iter().map(|&member| (member, 1.0)).collect();
        self.with_rule(Group { name: name.to_owned(), coefficients, lower, upper })
    }

    /// Any rule over several assets.
    #[must_use]
    pub fn with_rule(mut self, rule: Group) -> Self {
        self.groups.push(rule);
        self
    }

    /// No more than `turnover_max` is bought and sold together; trading costs nothing.
    #[must_use]
    pub fn with_turnover(mut self, current: &[f64], turnover_max: f64) -> Self {
        let free = vec![0.0; current.len()];
        self.trading = Some(Trading {
            current: current.to_vec(),
            buy_cost: free.clone(),
            sell_cost: free,
            turnover_max,
        });
        self
    }

    /// Trading costs the same part of every purchase and sale, without a limit of turnover.
    #[must_use]
    pub fn with_cost(mut self, current: &[f64], cost: f64) -> Self {
        self.trading = Some(Trading {
            current: current.to_vec(),
            buy_cost: vec![cost; current.len()],
            sell_cost: vec![cost; current.len()],
            turnover_max: f64::INFINITY,
        });
        self
    }

    /// No further than `error_max` from the benchmark.
    #[must_use]
    pub fn with_tracking(mut self, benchmark: &[f64], error_max: f64) -> Self {
        self.tracking = Some(Tracking { benchmark: benchmark.to_vec(), error_max });
        self
    }

    /// No more than `assets_max` assets, each of at least `weight_min`.
    #[must_use]
    pub fn with_cardinality(mut self, assets_max: usize, weight_min: f64) -> Self {
        self.cardinality = Some(Cardinality { assets_max, weight_min, nodes_max: NODES_MAX });
        self
    }

    /// How many assets it is for.
    #[must_use]
    pub fn assets(&self) -> usize {
        self.lower.len()
    }

    /// What trading from the current weights to `weights` costs.
    #[must_use]
    pub fn trading_cost(&self, weights: &[f64]) -> f64 {
        let Some(trading) = &self.trading else {
            return 0.0;
        };
        let trades = weights.iter().zip(&trading.current).map(|(weight, current)| weight - current);
        let costs = trading.buy_cost.iter().zip(&trading.sell_cost);
        trades.zip(costs).map(|(trade, (buy, sell))| (trade * buy).max(-trade * sell)).sum()
    }

    /// By how much `weights` break the worst broken rule, 0 where all are obeyed. A tracking error
    /// is measured with `covariance`, and a held weight below the least as its distance from it.
    ///
    /// # Errors
    /// [`Error::LengthsDiffer`] where weights or covariance are of another number of assets.
    pub fn violation(&self, weights: &[f64], covariance: Option<&Matrix>) -> Result<f64> {
        same_length("weights", weights.len(), self.assets())?;
        let mut worst = (weights.iter().sum::<f64>() - self.budget).abs();
        let bounds = self.lower.iter().zip(&self.upper);
        for (weight, (lower, upper)) in weights.iter().zip(bounds) {
            worst = worst.max(lower - weight).max(weight - upper);
        }
        for group in &self.groups {
            let sum: f64 = group.coefficients.iter().map(|&(asset, c)| weights[asset] * c).sum();
            worst = worst.max(group.lower - sum).max(sum - group.upper);
        }
        if let Some(trading) = &self.trading {
            let pairs = weights.iter().zip(&trading.current);
            let turnover: f64 = pairs.map(|(weight, current)| (weight - current).abs()).sum();
            worst = worst.max(turnover - trading.turnover_max);
        }
        if let (Some(tracking), Some(covariance)) = (&self.tracking, covariance) {
            worst = worst.max(tracking.error(weights, covariance)? - tracking.error_max);
        }
        if let Some(cardinality) = self.cardinality {
            let mut held: Vec<f64> = weights.iter().map(|weight| weight.abs()).collect();
            held.sort_by(|a, b| b.total_cmp(a));
            worst = held.iter().skip(cardinality.assets_max).fold(worst, |w, value| w.max(*value));
            let low = held.iter().filter(|&&value| value > 1e-12);
            worst = low.fold(worst, |w, value| w.max(cardinality.weight_min - value));
        }
        Ok(worst)
    }

    /// Checks every number of it; contradictions are found when a problem is solved.
    ///
    /// # Errors
    /// The argument at fault: `lower`, `upper`, `budget`, `groups`, `current`, `buy_cost`,
    /// `sell_cost`, `turnover_max`, `benchmark`, `error_max`, `assets_max`, `weight_min` or
    /// `nodes_max`.
    pub fn check(&self) -> Result<()> {
        let assets = self.assets();
        at_least("lower", assets, 1)?;
        if assets > ASSETS_MAX {
            return Err(Error::out_of_bounds("lower", count(assets), "at most 5000 assets"));
        }
        same_length("upper", self.upper.len(), assets)?;
        for (index, (&lower, &upper)) in self.lower.iter().zip(&self.upper).enumerate() {
            if lower.is_nan() || lower == f64::INFINITY {
                return Err(Error::NotFinite { argument: "lower", index });
            }
            if upper.is_nan() || upper == f64::NEG_INFINITY {
                return Err(Error::NotFinite { argument: "upper", index });
            }
            if lower > upper {
                let why = format!("the bounds of asset {index} cross: {lower} above {upper}");
                return Err(Error::Infeasible { why });
            }
        }
        all_finite("budget", &[self.budget])?;
        self.check_groups()?;
        self.trading.as_ref().map_or(Ok(()), |trading| trading.check(assets))?;
        self.tracking.as_ref().map_or(Ok(()), |tracking| tracking.check(assets))?;
        self.check_cardinality()
    }

    fn check_groups(&self) -> Result<()> {
        if self.groups.len() > GROUPS_MAX {
            let found = count(self.groups.len());
            return Err(Error::out_of_bounds("groups", found, "at most 1000 groups"));
        }
        for (index, group) in self.groups.iter().enumerate() {
            for &(asset, coefficient) in &group.coefficients {
                if asset >= self.assets() {
                    let expected = format!("an asset below {} ({})", self.assets(), group.name);
                    return Err(Error::out_of_bounds("groups", count(asset), expected));
                }
                if !coefficient.is_finite() {
                    return Err(Error::NotFinite { argument: "groups", index });
                }
            }
            if group.lower.is_nan() || group.upper.is_nan() {
                return Err(Error::NotFinite { argument: "groups", index });
            }
            if group.lower > group.upper {
                let why = format!("the bounds of group {} cross", group.name);
                return Err(Error::Infeasible { why });
            }
        }
        Ok(())
    }

    fn check_cardinality(&self) -> Result<()> {
        let Some(cardinality) = self.cardinality else {
            return Ok(());
        };
        not_negative("weight_min", &[cardinality.weight_min])?;
        if cardinality.assets_max == 0 {
            return Err(Error::out_of_bounds("assets_max", 0.0, "at least 1 asset"));
        }
        if !(1..=NODES_MAX).contains(&cardinality.nodes_max) {
            let found = count(cardinality.nodes_max);
            return Err(Error::out_of_bounds("nodes_max", found, "1 to 20000 nodes"));
        }
        let must: Vec<usize> = (0..self.assets())
            .filter(|&asset| self.lower[asset] > 0.0 || self.upper[asset] < 0.0)
            .collect();
        if must.len() > cardinality.assets_max {
            let why = format!(
                "the bounds hold {} assets, the number of assets is at most {}",
                must.len(),
                cardinality.assets_max
            );
            return Err(Error::Infeasible { why });
        }
        if cardinality.weight_min > 0.0 && self.lower.iter().any(|&lower| lower < 0.0) {
            let lowest = self.lower.iter().copied().fold(0.0, f64::min);
            return Err(Error::out_of_bounds("lower", lowest, "no short with a least weight"));
        }
        Ok(())
    }
}

impl Trading {
    fn check(&self, assets: usize) -> Result<()> {
        same_length("current", self.current.len(), assets)?;
        same_length("buy_cost", self.buy_cost.len(), assets)?;
        same_length("sell_cost", self.sell_cost.len(), assets)?;
        all_weights("current", &self.current)?;
        not_negative("buy_cost", &self.buy_cost)?;
        not_negative("sell_cost", &self.sell_cost)?;
        if self.turnover_max.is_nan() || self.turnover_max < 0.0 {
            let expected = "a number not below 0, or infinity";
            return Err(Error::out_of_bounds("turnover_max", self.turnover_max, expected));
        }
        Ok(())
    }
}

impl Tracking {
    /// √((w − b)ᵀ Σ (w − b)).
    ///
    /// # Errors
    /// [`Error::LengthsDiffer`] where weights or covariance do not fit the benchmark.
    pub fn error(&self, weights: &[f64], covariance: &Matrix) -> Result<f64> {
        same_length("weights", weights.len(), self.benchmark.len())?;
        let pairs = weights.iter().zip(&self.benchmark);
        let active: Vec<f64> = pairs.map(|(weight, benchmark)| weight - benchmark).collect();
        Ok(covariance.quadratic_form(&active)?.max(0.0).sqrt())
    }

    fn check(&self, assets: usize) -> Result<()> {
        same_length("benchmark", self.benchmark.len(), assets)?;
        all_weights("benchmark", &self.benchmark)?;
        not_negative("error_max", &[self.error_max])
    }
}

/// Weights that are held or compared with: larger ones are a mistake, and leave nothing of the
/// others' digits.
fn all_weights(argument: &'static str, weights: &[f64]) -> Result<()> {
    all_finite(argument, weights)?;
    match weights.iter().find(|weight| weight.abs() > WEIGHT_MAX) {
        Some(&found) => Err(Error::out_of_bounds(argument, found, "weights within ±1,000,000")),
        None => Ok(()),
    }
}

fn not_negative(argument: &'static str, values: &[f64]) -> Result<()> {
    all_finite(argument, values)?;
    match values.iter().find(|&&value| value < 0.0) {
        Some(&found) => Err(Error::out_of_bounds(argument, found, "a number not below 0")),
        None => Ok(()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown to a reader")]
fn count(value: usize) -> f64 {
    value as f64
}
