//! Portfolio construction.
//!
//! One [`Constraints`] type serves every problem that has rules: [`minimum_variance`],
//! [`maximum_utility`], [`maximum_sharpe`], [`maximum_diversification`], a least return or a
//! greatest volatility, and the [`efficient_frontier`].
//!
//! What must stay true: an answer obeys its rules within 1e-8; rules that contradict are an error
//! that names them; the same input gives the same weights to the last bit.

mod active_set;
mod cardinality;
mod constraints;
mod cvar;
mod factor;
mod mean_variance;
mod polyhedron;
mod search;
mod start;
mod tail;

pub use constraints::{ASSETS_MAX, Cardinality, Constraints, GROUPS_MAX, Group, Tracking, Trading};
pub use cvar::{SCENARIO_VALUES_MAX, conditional_value_at_risk, minimum_cvar};
pub use mean_variance::{
    FRONTIER_POINTS_MAX, Moments, NODES_MAX, Portfolio, efficient_frontier,
    maximum_diversification, maximum_return_at_volatility, maximum_sharpe, maximum_utility,
    minimum_variance, minimum_variance_at_return, net_return,
};
