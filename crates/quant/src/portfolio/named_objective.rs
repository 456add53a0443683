//! An objective in the words of whoever asks: what it is, and of its parameters what is said.

use super::dendrogram::Linkage;
use super::hierarchical::Split;
use super::mean_variance::as_number;
use super::named_rules::set_named;
use super::optimise::{FIGURES_CONFIDENCE, Objective};
use crate::error::{Error, Result};

/// Which objective.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ObjectiveKind {
    /// The least variance, where it is said at a least return.
    #[default]
    MinimumVariance,
    /// The greatest expected return at a greatest volatility.
    MaximumReturn,
    /// The greatest utility.
    MaximumUtility,
    /// The greatest Sharpe ratio.
    MaximumSharpe,
    /// The least mean of the worst periods.
    MinimumCvar,
    /// The greatest diversification ratio.
    MaximumDiversification,
    /// Equal or given shares of the risk.
    RiskBudgets,
    /// Hierarchical risk parity.
    HierarchicalRiskParity,
    /// Hierarchical equal risk contribution.
    HierarchicalEqualRisk,
}

/// An objective and its parameters; those that it does not read must be left out.
///
/// ```
/// use quant::portfolio::{NamedObjective, Objective, ObjectiveKind};
///
/// let names = ["AAPL", "GLD"].map(str::to_owned);
/// let said = NamedObjective {
///     kind: ObjectiveKind::RiskBudgets,
///     budgets: vec![("GLD".to_owned(), 2.0)],
///     ..NamedObjective::default()
/// };
/// let objective = said.objective(&names, 0.0)?;
/// assert_eq!(objective, Objective::RiskBudgets { budgets: vec![1.0, 2.0] });
/// let other = NamedObjective { kind: ObjectiveKind::MaximumSharpe, ..said };
/// assert_eq!(other.objective(&names, 0.0).unwrap_err().argument(), Some("budgets"));
/// # Ok::<(), quant::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NamedObjective {
    /// Which one.
    pub kind: ObjectiveKind,
    /// The least expected return, of the least variance.
    pub return_min: Option<f64>,
    /// The greatest volatility, of the greatest return.
    pub volatility_max: Option<f64>,
    /// How much variance is disliked, of utility.
    pub risk_aversion: Option<f64>,
    /// The share of periods that are not among the worst, of CVaR; 0.95 where it is left out.
    pub confidence: Option<f64>,
    /// Shares of the risk by name; 1 where one is left out.
    pub budgets: Vec<(String, f64)>,
    /// How clusters are joined, of trees; Ward's where it is left out.
    pub linkage: Option<Linkage>,
    /// How weight is divided, of risk parity along a tree; in halves where it is left out.
    pub split: Option<Split>,
    /// How many clusters, of equal risk along a tree; found where it is left out.
    pub clusters: Option<usize>,
}

impl NamedObjective {
    /// The objective for assets of these names, with Sharpe ratios above `risk_free`.
    ///
    /// # Errors
    /// [`Error::Missing`] for a parameter without which there is no such objective,
    /// [`Error::OutOfBounds`] for one that it does not read, [`Error::Unknown`] for a name that no
    /// asset has.
    pub fn objective(&self, names: &[String], risk_free: f64) -> Result<Objective> {
        self.check_unread()?;
        let missing = |argument| move || Error::Missing { argument };
        let linkage = self.linkage.unwrap_or(Linkage::Ward);
        Ok(match self.kind {
            ObjectiveKind::MinimumVariance => match self.return_min {
                Some(return_min) => Objective::MinimumVarianceAtReturn { return_min },
                None => Objective::MinimumVariance,
            },
            ObjectiveKind::MaximumReturn => Objective::MaximumReturn {
                volatility_max: self.volatility_max.ok_or_else(missing("volatility_max"))?,
            },
            ObjectiveKind::MaximumUtility => Objective::MaximumUtility {
                risk_aversion: self.risk_aversion.ok_or_else(missing("risk_aversion"))?,
            },
            ObjectiveKind::MaximumSharpe => Objective::MaximumSharpe { risk_free },
            ObjectiveKind::MinimumCvar => {
                Objective::MinimumCvar { confidence: self.confidence.unwrap_or(FIGURES_CONFIDENCE) }
            }
            ObjectiveKind::MaximumDiversification => Objective::MaximumDiversification,
            ObjectiveKind::RiskBudgets => {
                let mut budgets = vec![1.0; names.len()];
                set_named(names, "budgets", &self.budgets, &mut budgets)?;
                Objective::RiskBudgets { budgets }
            }
            ObjectiveKind::HierarchicalRiskParity => Objective::HierarchicalRiskParity {
                linkage,
                split: self.split.unwrap_or(Split::Halves),
            },
            ObjectiveKind::HierarchicalEqualRisk => {
                Objective::HierarchicalEqualRisk { linkage, clusters: self.clusters }
            }
        })
    }

    /// What is said and not read would be lost.
    fn check_unread(&self) -> Result<()> {
        use ObjectiveKind::{
            HierarchicalEqualRisk, HierarchicalRiskParity, MaximumReturn, MaximumUtility,
            MinimumCvar, MinimumVariance, RiskBudgets,
        };
        let trees = [HierarchicalRiskParity, HierarchicalEqualRisk];
        let budgets = as_number(self.budgets.len());
        let of_trees = [self.linkage.map(|_| 1.0), self.split.map(|_| 1.0)];
        let said: [(&str, Option<f64>, &[ObjectiveKind]); 8] = [
            ("return_min", self.return_min, &[MinimumVariance]),
            ("volatility_max", self.volatility_max, &[MaximumReturn]),
            ("risk_aversion", self.risk_aversion, &[MaximumUtility]),
            ("confidence", self.confidence, &[MinimumCvar]),
            ("budgets", (budgets > 0.0).then_some(budgets), &[RiskBudgets]),
            ("linkage", of_trees[0], &trees),
            ("split", of_trees[1], &trees[..1]),
            ("clusters", self.clusters.map(as_number), &trees[1..]),
        ];
        for (argument, found, read_by) in said {
            if let Some(found) = found.filter(|_| !read_by.contains(&self.kind)) {
                let expected = "nothing: this objective does not read it";
                return Err(Error::out_of_bounds(argument, found, expected));
            }
        }
        Ok(())
    }
}
