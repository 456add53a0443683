//! Portfolios along a tree of clusters, which need no inverse of the covariance.
//!
//! Assets are near where they are correlated: distance √((1 − ρ) / 2). Long only, adding up to 1.

use super::dendrogram::{Dendrogram, Linkage};
use super::leaf_order::{optimal_leaf_order, turned_leaf_order};
use super::mean_variance::as_number;
use super::risk_budget::check_risky;
use super::weight_bounds::WeightBounds;
use crate::algebra::Matrix;
use crate::error::{Error, Result};

/// How hierarchical risk parity divides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Halves of the leaves as the clustering left them: López de Prado's paper, PyPortfolioOpt.
    Halves,
    /// Halves of the leaves in the order that SciPy finds when asked for the optimal one: skfolio.
    /// It is near the optimum, not at it: SciPy turns each cluster as its parent alone would.
    TurnedHalves,
    /// Halves of the leaves in the truly optimal order (Bar-Joseph 2001).
    OptimalHalves,
    /// The two parts of each cluster, whatever their sizes.
    Tree,
}

/// Hierarchical risk parity: weight is divided between two sets in inverse proportion to the
/// variance of their inverse-variance portfolios, again and again.
///
/// López de Prado, Building Diversified Portfolios that Outperform Out of Sample (2016).
///
/// # Errors
/// `covariance` that is not symmetric or has an asset without variance.
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::portfolio::{Linkage, Split, hierarchical_risk_parity};
///
/// let covariance = Matrix::from_rows(&[[0.04, 0.0], [0.0, 0.01]])?;
/// let weights = hierarchical_risk_parity(&covariance, Linkage::Ward, Split::Tree)?;
/// assert!((weights[1] - 0.8).abs() < 1e-12);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn hierarchical_risk_parity(
    covariance: &Matrix,
    linkage: Linkage,
    split: Split,
) -> Result<Vec<f64>> {
    let bounds = WeightBounds::between(covariance.rows(), 0.0, 1.0);
    hierarchical_risk_parity_within(covariance, linkage, split, &bounds)
}

/// [`hierarchical_risk_parity`] under bounds on the weights: each division is as near to its own
/// share as the bounds of both sets allow.
///
/// skfolio's rule; Pfitzinger and Katzke, A Constrained Hierarchical Risk Parity Algorithm with
/// Cluster-based Capital Allocation (2019).
///
/// # Errors
/// As [`hierarchical_risk_parity`] and [`WeightBounds::check`].
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::portfolio::{Linkage, Split, WeightBounds, hierarchical_risk_parity_within};
///
/// let covariance = Matrix::from_rows(&[[0.04, 0.0], [0.0, 0.01]])?;
/// let bounds = WeightBounds::between(2, 0.0, 0.7);
/// let (linkage, split) = (Linkage::Ward, Split::Tree);
/// let weights = hierarchical_risk_parity_within(&covariance, linkage, split, &bounds)?;
/// assert!((weights[1] - 0.7).abs() < 1e-12);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn hierarchical_risk_parity_within(
    covariance: &Matrix,
    linkage: Linkage,
    split: Split,
    bounds: &WeightBounds,
) -> Result<Vec<f64>> {
    check_risky(covariance)?;
    bounds.check_for(covariance.rows())?;
    let distances = correlation_distances(covariance);
    let tree = Dendrogram::new(&distances, linkage)?;
    let mut divided = Divided { covariance, bounds, weights: vec![1.0; covariance.rows()] };
    match split {
        Split::Halves => divided.halve(&tree.leaf_order()),
        Split::TurnedHalves => divided.halve(&turned_leaf_order(&tree, &distances)),
        Split::OptimalHalves => divided.halve(&optimal_leaf_order(&tree, &distances)),
        Split::Tree => {
            for cluster in (tree.leaves()..2 * tree.leaves() - 1).rev() {
                if let Some((left, right)) = tree.children(cluster) {
                    divided.divide(&tree.leaves_of(left), &tree.leaves_of(right));
                }
            }
        }
    }
    Ok(divided.weights)
}

/// Hierarchical equal risk contribution: weight is divided along the tree down to `clusters`
/// clusters in inverse proportion to the sum of their variances, and within each by inverse
/// variance.
///
/// Without a number of clusters the one with the greatest second difference of the mean distances
/// within, of at most max(8, √assets) (Yue, Wang and Wei 2009, as skfolio counts). Raffinot, The
/// Hierarchical Equal Risk Contribution Portfolio (2018).
///
/// # Errors
/// As [`hierarchical_risk_parity`]; `clusters` must be 1 to the number of assets.
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::portfolio::{Linkage, hierarchical_equal_risk};
///
/// let covariance = Matrix::from_rows(&[[0.04, 0.0], [0.0, 0.01]])?;
/// let weights = hierarchical_equal_risk(&covariance, Linkage::Ward, Some(2))?;
/// assert!((weights[1] - 0.8).abs() < 1e-12);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn hierarchical_equal_risk(
    covariance: &Matrix,
    linkage: Linkage,
    clusters: Option<usize>,
) -> Result<Vec<f64>> {
    check_risky(covariance)?;
    let distances = correlation_distances(covariance);
    let tree = Dendrogram::new(&distances, linkage)?;
    let count = match clusters {
        None => best_cut(&tree, &distances),
        Some(count) if (1..=tree.leaves()).contains(&count) => count,
        Some(count) => {
            let expected = format!("1 to {} clusters", tree.leaves());
            return Err(Error::out_of_bounds("clusters", as_number(count), expected));
        }
    };
    let cut = tree.cut(count);
    let mut weights = vec![0.0; covariance.rows()];
    let mut risks = vec![0.0; 2 * tree.leaves()];
    for &cluster in &cut {
        let members = tree.leaves_of(cluster);
        risks[cluster] = inverse_variance_risk(covariance, &members);
        let inverse: f64 = members.iter().map(|&asset| 1.0 / covariance[(asset, asset)]).sum();
        for asset in members {
            weights[asset] = 1.0 / covariance[(asset, asset)] / inverse;
        }
    }
    // A cluster's number is above those of its parts: upwards the risks add up, downwards the
    // weight divides.
    let whole = tree.leaves()..2 * tree.leaves() - 1;
    let is_above = |cluster: usize| !cut.contains(&cluster) && risks_above(&tree, &cut, cluster);
    let above: Vec<usize> = whole.filter(|&cluster| is_above(cluster)).collect();
    for &cluster in &above {
        if let Some((left, right)) = tree.children(cluster) {
            risks[cluster] = risks[left] + risks[right];
        }
    }
    for &cluster in above.iter().rev() {
        if let Some((left, right)) = tree.children(cluster) {
            let share = 1.0 - risks[left] / (risks[left] + risks[right]);
            scale(&mut weights, &tree.leaves_of(left), share);
            scale(&mut weights, &tree.leaves_of(right), 1.0 - share);
        }
    }
    Ok(weights)
}

/// [`hierarchical_equal_risk`] under bounds on the weights: of the weights that obey, those whose
/// relative distances from it have the least sum of squares (skfolio's rule).
///
/// # Errors
/// As [`hierarchical_equal_risk`] and [`WeightBounds::check`].
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::portfolio::{Linkage, WeightBounds, hierarchical_equal_risk_within};
///
/// let covariance = Matrix::from_rows(&[[0.04, 0.0], [0.0, 0.01]])?;
/// let bounds = WeightBounds::between(2, 0.0, 0.7);
/// let weights = hierarchical_equal_risk_within(&covariance, Linkage::Ward, Some(2), &bounds)?;
/// assert!((weights[1] - 0.7).abs() < 1e-12);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn hierarchical_equal_risk_within(
    covariance: &Matrix,
    linkage: Linkage,
    clusters: Option<usize>,
    bounds: &WeightBounds,
) -> Result<Vec<f64>> {
    bounds.check_for(covariance.rows())?;
    Ok(bounds.nearest(&hierarchical_equal_risk(covariance, linkage, clusters)?))
}

/// √((1 − ρ) / 2) for each pair of assets.
pub(super) fn correlation_distances(covariance: &Matrix) -> Matrix {
    let size = covariance.rows();
    let deviations: Vec<f64> = covariance.diagonal().iter().map(|value| value.sqrt()).collect();
    let mut distances = Matrix::zeros(size, size);
    for row in 0..size {
        for column in 0..row {
            let correlation = covariance[(row, column)] / (deviations[row] * deviations[column]);
            let distance = ((1.0 - correlation) / 2.0).clamp(0.0, 1.0).sqrt();
            distances[(row, column)] = distance;
            distances[(column, row)] = distance;
        }
    }
    distances
}

/// Weights on their way: those of a set that is not divided yet are all the set's.
struct Divided<'a> {
    covariance: &'a Matrix,
    bounds: &'a WeightBounds,
    weights: Vec<f64>,
}

impl Divided<'_> {
    fn halve(&mut self, order: &[usize]) {
        let mut open = vec![order];
        while let Some(list) = open.pop() {
            if list.len() > 1 {
                let (left, right) = list.split_at(list.len() / 2);
                self.divide(left, right);
                open.extend([left, right]);
            }
        }
    }

    fn divide(&mut self, left: &[usize], right: &[usize]) {
        let first = inverse_variance_risk(self.covariance, left);
        let second = inverse_variance_risk(self.covariance, right);
        let total = first + second;
        // Two sets that are hedged within have no risk to compare: each gets a half.
        let share = if total > 0.0 { 1.0 - first / total } else { 0.5 };
        let weight = left.first().map_or(0.0, |&asset| self.weights[asset]);
        let share = self.bounds.share_within(share, weight, (left, right));
        scale(&mut self.weights, left, share);
        scale(&mut self.weights, right, 1.0 - share);
    }
}

fn scale(weights: &mut [f64], members: &[usize], factor: f64) {
    for &asset in members {
        weights[asset] *= factor;
    }
}

/// The variance of the members' portfolio by inverse variance.
fn inverse_variance_risk(covariance: &Matrix, members: &[usize]) -> f64 {
    let inverse: Vec<f64> = members.iter().map(|&asset| 1.0 / covariance[(asset, asset)]).collect();
    let total: f64 = inverse.iter().sum();
    let mut variance = 0.0;
    for (&row, first) in members.iter().zip(&inverse) {
        let values = covariance.row(row);
        let sum: f64 = members.iter().zip(&inverse).map(|(&column, w)| values[column] * w).sum();
        variance += first * sum;
    }
    (variance / (total * total)).max(0.0)
}

/// Whether a cluster holds whole clusters of the cut.
fn risks_above(tree: &Dendrogram, cut: &[usize], cluster: usize) -> bool {
    let mut open = vec![cluster];
    while let Some(cluster) = open.pop() {
        if cut.contains(&cluster) {
            return true;
        }
        open.extend(tree.children(cluster).map(|(left, _)| left));
    }
    false
}

/// The number of clusters behind the sharpest bend of the mean distances within.
fn best_cut(tree: &Dendrogram, distances: &Matrix) -> usize {
    let leaves = tree.leaves();
    if leaves <= 2 {
        return leaves;
    }
    let root = as_number(leaves).sqrt().round_ties_even();
    let most = (1..=leaves).take_while(|&count| count <= 8 || as_number(count) <= root).count();
    let within = |cluster: usize| {
        let members = tree.leaves_of(cluster);
        let mut sum = 0.0;
        for (at, &row) in members.iter().enumerate() {
            sum += members[..at].iter().map(|&column| distances[(row, column)]).sum::<f64>();
        }
        let pairs = members.len() * (members.len() - 1) / 2;
        if pairs == 0 { 0.0 } else { sum / as_number(pairs) }
    };
    let spread: Vec<f64> =
        (1..=most).map(|count| tree.cut(count).into_iter().map(within).sum()).collect();
    let mut best = (f64::NEG_INFINITY, 2);
    for (index, window) in spread.windows(3).enumerate() {
        let bend = window[2] + window[0] - 2.0 * window[1];
        if bend > best.0 {
            best = (bend, index + 2);
        }
    }
    best.1
}
