//! Portfolio construction.
//!
//! | problem | functions |
//! | --- | --- |
//! | least variance, also at a return | [`minimum_variance`], [`minimum_variance_at_return`] |
//! | greatest utility or return | [`maximum_utility`], [`maximum_return_at_volatility`] |
//! | greatest ratio | [`maximum_sharpe`], [`maximum_diversification`] |
//! | all of them at once | [`efficient_frontier`] |
//! | least mean of the worst losses | [`minimum_cvar`] |
//! | equal or given shares of risk | [`risk_parity`], [`risk_budgets`] |
//! | along a tree | [`hierarchical_risk_parity`], [`hierarchical_equal_risk`] |
//! | both within bounds | [`risk_budgets_within`], [`hierarchical_risk_parity_within`], … |
//! | market and views | [`equilibrium_returns`], [`black_litterman`] |
//! | any of them, over prices | [`optimise`], [`Universe`], [`PortfolioFigures`] |
//! | the same by names | [`NamedObjective`], [`NamedRules`] |
//! | whole shares | [`allocate_greedily`], [`allocate_exactly`] |
//!
//! One [`Constraints`] type serves every problem of the first five rows.
//!
//! What must stay true: an answer obeys its rules within 1e-8; rules that contradict are an error
//! that names them; the same input gives the same weights to the last bit.

mod active_set;
mod allocation;
mod black_litterman;
mod bounded_budget;
mod cardinality;
mod constraints;
mod cvar;
mod dendrogram;
mod factor;
mod hierarchical;
mod leaf_order;
mod mean_variance;
mod named_objective;
mod named_rules;
mod optimise;
mod polyhedron;
mod risk_budget;
mod scenarios;
mod search;
mod start;
mod tail;
mod universe;
mod weight_bounds;

pub use allocation::{Allocation, allocate_exactly, allocate_greedily};
pub use black_litterman::{ViewUncertainty, Views, black_litterman, equilibrium_returns};
pub use constraints::{ASSETS_MAX, Cardinality, Constraints, GROUPS_MAX, Group, Tracking, Trading};
pub use cvar::{SCENARIO_VALUES_MAX, conditional_value_at_risk, minimum_cvar};
pub use dendrogram::{Dendrogram, Linkage, Merge};
pub use hierarchical::{
    Split, hierarchical_equal_risk, hierarchical_equal_risk_within, hierarchical_risk_parity,
    hierarchical_risk_parity_within,
};
pub use mean_variance::{
    FRONTIER_POINTS_MAX, Moments, NODES_MAX, Portfolio, efficient_frontier,
    maximum_diversification, maximum_return_at_volatility, maximum_sharpe, maximum_utility,
    minimum_variance, minimum_variance_at_return, net_return,
};
pub use named_objective::{NamedObjective, ObjectiveKind};
pub use named_rules::{NamedBounds, NamedGroup, NamedRules, set_named};
pub use optimise::{FIGURES_CONFIDENCE, Objective, PortfolioFigures, optimise};
pub use risk_budget::{risk_budgets, risk_budgets_within, risk_contributions, risk_parity};
pub use universe::Universe;
pub use weight_bounds::WeightBounds;
