//! A limit on the number of assets, by branch and bound over the problem without it.
//!
//! Each node says of some assets that they are held and of others that they are not. What the
//! rest can reach at best is the problem without the limit; where that is no better than what is
//! already found, the node ends.

use super::constraints::{Cardinality, Constraints};
use super::mean_variance::Portfolio;
use crate::error::{Error, Result};

/// The most nodes that may be looked at.
pub const NODES_MAX: usize = 20_000;

/// A weight below this is none.
const HELD_MIN: f64 = 1e-9;

/// What is decided of one asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Open,
    Held,
    Out,
}

/// Solves with the limit of `constraints`, where `relaxed` solves without and minimises.
pub(super) fn solve(
    constraints: &Constraints,
    relaxed: impl Fn(&Constraints) -> Result<Portfolio>,
) -> Result<Portfolio> {
    let Some(limit) = constraints.cardinality else {
        return relaxed(constraints);
    };
    let mut rules = constraints.clone();
    rules.cardinality = None;
    // What the bounds hold is held with the least weight, too.
    for asset in 0..rules.assets() {
        if rules.lower[asset] > 0.0 {
            rules.lower[asset] = rules.lower[asset].max(limit.weight_min);
        }
        if rules.lower[asset] > rules.upper[asset] {
            let least = limit.weight_min;
            let why = format!("the bounds hold asset {asset}, but below its least weight {least}");
            return Err(Error::Infeasible { why });
        }
    }
    let root = relaxed(&rules)?;
    let mut tree = Tree { rules, limit, relaxed, best: None, nodes: 0, open_bound: f64::INFINITY };
    let start = |asset| if tree.can_leave(asset) { Decision::Open } else { Decision::Held };
    let decisions: Vec<Decision> = (0..constraints.assets()).map(start).collect();
    tree.dive(&root)?;
    tree.branch(&decisions, &root)?;
    let Some(mut best) = tree.best else {
        if tree.nodes >= limit.nodes_max {
            let method = "branch and bound over the number of assets";
            return Err(Error::NotConverged { method, steps_max: limit.nodes_max });
        }
        let why = format!(
            "no {} assets of at least {} each obey the other rules",
            limit.assets_max, limit.weight_min
        );
        return Err(Error::Infeasible { why });
    };
    best.gap = (best.objective - tree.open_bound).max(0.0);
    Ok(best)
}

struct Tree<F> {
    rules: Constraints,
    limit: Cardinality,
    relaxed: F,
    best: Option<Portfolio>,
    nodes: usize,
    /// The least bound of a node that was not looked at.
    open_bound: f64,
}

impl<F: Fn(&Constraints) -> Result<Portfolio>> Tree<F> {
    /// A first answer: the smallest positions are given up, a part at a time, but those that the
    /// bounds hold. Each turn gives up one asset at least, so that it ends.
    fn dive(&mut self, root: &Portfolio) -> Result<()> {
        let mut decisions = vec![Decision::Open; self.rules.assets()];
        let mut current = root.clone();
        for _ in 0..=self.rules.assets() {
            let mut held: Vec<usize> = (0..current.weights.len())
                .filter(|&asset| current.weights[asset].abs() > HELD_MIN)
                .collect();
            held.sort_by(|&a, &b| {
                let size = |asset: usize| current.weights[asset].abs();
                let leaves = self.can_leave(a).cmp(&self.can_leave(b));
                leaves.then(size(b).total_cmp(&size(a))).then(a.cmp(&b))
            });
            let kept = self.limit.assets_max.max(held.len() / 2).min(held.len());
            if kept == held.len() {
                for &asset in &held {
                    decisions[asset] = Decision::Held;
                }
            }
            for (asset, decision) in decisions.iter_mut().enumerate() {
                if self.can_leave(asset) && !held[..kept].contains(&asset) {
                    *decision = Decision::Out;
                }
            }
            let Some(next) = self.solve_node(&decisions)? else {
                return Ok(());
            };
            if kept == held.len() {
                self.offer(&next);
                return Ok(());
            }
            current = next;
        }
        Ok(())
    }

    fn can_leave(&self, asset: usize) -> bool {
        self.rules.lower[asset] <= 0.0 && self.rules.upper[asset] >= 0.0
    }

    fn branch(&mut self, decisions: &[Decision], node: &Portfolio) -> Result<()> {
        let target = self.best.as_ref().map_or(f64::INFINITY, |best| best.objective);
        if node.objective >= target - 1e-12 * target.abs() {
            return Ok(());
        }
        if self.nodes >= self.limit.nodes_max {
            self.open_bound = self.open_bound.min(node.objective);
            return Ok(());
        }
        let Some(asset) = self.undecided(decisions, node) else {
            self.offer(node);
            return Ok(());
        };
        for decision in [Decision::Held, Decision::Out] {
            let mut next = decisions.to_vec();
            next[asset] = decision;
            let held = next.iter().filter(|&&d| d == Decision::Held).count();
            if held == self.limit.assets_max {
                self.close_others(&mut next);
            }
            // Without a least weight, holding an asset changes nothing yet.
            let same = decision == Decision::Held
                && self.limit.weight_min == 0.0
                && held < self.limit.assets_max;
            if same {
                self.branch(&next, node)?;
            } else if let Some(solved) = self.solve_node(&next)? {
                self.branch(&next, &solved)?;
            }
        }
        Ok(())
    }

    /// The largest position that nothing is decided about, where the node is no answer yet.
    fn undecided(&self, decisions: &[Decision], node: &Portfolio) -> Option<usize> {
        let size = |asset: usize| node.weights[asset].abs();
        let held: Vec<usize> =
            (0..node.weights.len()).filter(|&asset| size(asset) > HELD_MIN).collect();
        let too_many = held.len() > self.limit.assets_max;
        let least = self.limit.weight_min - HELD_MIN;
        held.into_iter()
            .filter(|&asset| decisions[asset] == Decision::Open)
            .filter(|&asset| too_many || size(asset) < least)
            .max_by(|&a, &b| size(a).total_cmp(&size(b)).then(b.cmp(&a)))
    }

    fn close_others(&self, decisions: &mut [Decision]) {
        for (asset, decision) in decisions.iter_mut().enumerate() {
            if *decision == Decision::Open && self.can_leave(asset) {
                *decision = Decision::Out;
            }
        }
    }

    /// None where the decisions leave nothing that obeys the rules.
    fn solve_node(&mut self, decisions: &[Decision]) -> Result<Option<Portfolio>> {
        self.nodes += 1;
        let mut rules = self.rules.clone();
        for (asset, decision) in decisions.iter().enumerate() {
            match decision {
                Decision::Open => {}
                Decision::Held => {
                    if self.limit.weight_min > 0.0 {
                        rules.lower[asset] = rules.lower[asset].max(self.limit.weight_min);
                    }
                }
                Decision::Out => (rules.lower[asset], rules.upper[asset]) = (0.0, 0.0),
            }
            if rules.lower[asset] > rules.upper[asset] {
                return Ok(None);
            }
        }
        match (self.relaxed)(&rules) {
            Ok(portfolio) => Ok(Some(portfolio)),
            Err(Error::Infeasible { .. } | Error::Undefined { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn offer(&mut self, node: &Portfolio) {
        if self.best.as_ref().is_none_or(|best| node.objective < best.objective) {
            let mut node = node.clone();
            for (asset, weight) in node.weights.iter_mut().enumerate() {
                if weight.abs() <= HELD_MIN && self.rules.lower[asset] <= 0.0 {
                    *weight = 0.0;
                }
            }
            self.best = Some(node);
        }
    }
}
