//! The order of leaves in which neighbours are nearest, of all that a tree allows.
//!
//! Bar-Joseph, Gifford and Jaakkola, Fast optimal leaf ordering for hierarchical clustering
//! (2001). Cubic in the number of leaves; leaves are renumbered so that every cluster is a range
//! and the inner loop a plain run over memory.

use super::dendrogram::Dendrogram;
use crate::algebra::Matrix;

/// The leaves from left to right so that the distances of neighbours add up to the least.
pub(super) fn optimal_leaf_order(tree: &Dendrogram, distances: &Matrix) -> Vec<usize> {
    let (mut best, order) = Best::new(tree, distances);
    for merge in tree.merges() {
        best.add(tree, (merge.left, merge.right));
    }
    let mut answer = Vec::with_capacity(order.len());
    match tree.children(2 * tree.merges().len()) {
        None => return order,
        Some((left, right)) => {
            let ends = best.nearest_ends(best.ranges[left], best.ranges[right]);
            best.walk(tree, 2 * tree.merges().len(), ends, &mut answer);
        }
    }
    answer.into_iter().map(|at| order[at]).collect()
}

/// The leaves in the order that SciPy 1.17 calls optimal: each cluster is turned as its own
/// parent alone would have it, and then once more with every turn of a cluster above.
pub(super) fn turned_leaf_order(tree: &Dendrogram, distances: &Matrix) -> Vec<usize> {
    let (mut best, order) = Best::new(tree, distances);
    let mut is_turned = vec![false; 2 * tree.leaves()];
    for merge in tree.merges() {
        best.add(tree, (merge.left, merge.right));
        let (left, right) = (best.ranges[merge.left], best.ranges[merge.right]);
        let (from, to) = best.nearest_ends(left, right);
        if let Some((first, _)) = tree.children(merge.left) {
            is_turned[merge.left] = from >= best.ranges[first].1;
        }
        if let Some((first, _)) = tree.children(merge.right) {
            is_turned[merge.right] = to < best.ranges[first].1;
        }
    }
    let mut answer = Vec::with_capacity(order.len());
    let mut open = vec![(2 * tree.merges().len(), false)];
    while let Some((cluster, turned)) = open.pop() {
        let turned = turned != is_turned[cluster];
        match tree.children(cluster) {
            None => answer.push(cluster),
            Some((left, right)) if turned => open.extend([(left, turned), (right, turned)]),
            Some((left, right)) => open.extend([(right, turned), (left, turned)]),
        }
    }
    answer
}

/// Sums of distances along the best order of each cluster, by its two ends.
struct Best {
    near: Matrix,
    /// `ends[(u, w)]`: the least sum of the smallest cluster in which u and w are apart, with u
    /// and w at its ends.
    ends: Matrix,
    /// From where to where each cluster's leaves are.
    ranges: Vec<(usize, usize)>,
}

impl Best {
    /// Leaves renumbered from left to right, and their old numbers.
    fn new(tree: &Dendrogram, distances: &Matrix) -> (Self, Vec<usize>) {
        let order = tree.leaf_order();
        let size = order.len();
        let mut position = vec![0; size];
        for (at, &leaf) in order.iter().enumerate() {
            position[leaf] = at;
        }
        let near = distances.block(&order, &order);
        let ranges = position.iter().map(|&at| (at, at + 1)).collect();
        (Self { near, ends: Matrix::zeros(size, size), ranges }, order)
    }

    fn add(&mut self, tree: &Dendrogram, parts: (usize, usize)) {
        self.join(tree, parts);
        self.ranges.push((self.ranges[parts.0].0, self.ranges[parts.1].1));
    }

    /// The leaves that can be at the inner end when `outer` is at the other: those of the part
    /// of the cluster that `outer` is not in.
    fn opposite(&self, tree: &Dendrogram, cluster: usize, outer: usize) -> (usize, usize) {
        match tree.children(cluster) {
            None => self.ranges[cluster],
            Some((left, right)) => {
                let (start, end) = self.ranges[left];
                let is_left = (start..end).contains(&outer);
                self.ranges[if is_left { right } else { left }]
            }
        }
    }

    /// Fills the ends of a cluster from those of its parts.
    fn join(&mut self, tree: &Dendrogram, (left, right): (usize, usize)) {
        let (left_range, right_range) = (self.ranges[left], self.ranges[right]);
        let mut bridge = vec![0.0; right_range.1 - right_range.0];
        for outer in left_range.0..left_range.1 {
            self.bridge(tree, left, outer, right_range, &mut bridge);
            for far in right_range.0..right_range.1 {
                let (start, end) = self.opposite(tree, right, far);
                let inner = &bridge[start - right_range.0..end - right_range.0];
                let own = &self.ends.row(far)[start..end];
                let least = inner.iter().zip(own).fold(f64::INFINITY, |least, (a, b)| {
                    let sum = a + b;
                    if sum < least { sum } else { least }
                });
                self.ends[(outer, far)] = least;
                self.ends[(far, outer)] = least;
            }
        }
    }

    /// For each leaf to the right: the least sum from `outer` through its cluster to that leaf.
    fn bridge(
        &self,
        tree: &Dendrogram,
        left: usize,
        outer: usize,
        range: (usize, usize),
        bridge: &mut [f64],
    ) {
        bridge.fill(f64::INFINITY);
        let (start, end) = self.opposite(tree, left, outer);
        for inner in start..end {
            let own = self.ends[(outer, inner)];
            let steps = &self.near.row(inner)[range.0..range.1];
            for (least, step) in bridge.iter_mut().zip(steps) {
                let sum = own + step;
                *least = if sum < *least { sum } else { *least };
            }
        }
    }

    /// The ends of the least sum, one in each range.
    fn nearest_ends(&self, left: (usize, usize), right: (usize, usize)) -> (usize, usize) {
        let mut best = (left.0, right.0);
        for outer in left.0..left.1 {
            for far in right.0..right.1 {
                if self.ends[(outer, far)] < self.ends[best] {
                    best = (outer, far);
                }
            }
        }
        best
    }

    /// Writes down a cluster's leaves from one end to the other.
    fn walk(
        &self,
        tree: &Dendrogram,
        cluster: usize,
        ends: (usize, usize),
        answer: &mut Vec<usize>,
    ) {
        let mut open = vec![(cluster, ends)];
        while let Some((cluster, (from, to))) = open.pop() {
            let Some((left, right)) = tree.children(cluster) else {
                answer.push(from);
                continue;
            };
            let (start, end) = self.ranges[left];
            let starts_left = (start..end).contains(&from);
            let (first, second) = if starts_left { (left, right) } else { (right, left) };
            let (out, into) = self.crossing(tree, (first, from), (second, to));
            open.push((second, (into, to)));
            open.push((first, (from, out)));
        }
    }

    /// Over which pair of inner leaves the least sum goes.
    fn crossing(
        &self,
        tree: &Dendrogram,
        (first, from): (usize, usize),
        (second, to): (usize, usize),
    ) -> (usize, usize) {
        let (out_start, out_end) = self.opposite(tree, first, from);
        let (in_start, in_end) = self.opposite(tree, second, to);
        let mut best = (f64::INFINITY, out_start, in_start);
        for out in out_start..out_end {
            for into in in_start..in_end {
                let sum = self.ends[(from, out)] + self.near[(out, into)] + self.ends[(into, to)];
                if sum < best.0 {
                    best = (sum, out, into);
                }
            }
        }
        (best.1, best.2)
    }
}

#[cfg(test)]
mod tests {
    use super::super::dendrogram::Linkage;
    use super::*;

    /// Distances in the plane between points of a fixed scatter.
    fn distances(count: usize) -> Matrix {
        let mut state = 5_u32;
        let mut draw = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 16) / 65_536.0
        };
        let points: Vec<(f64, f64)> = (0..count).map(|_| (draw(), draw())).collect();
        let mut answer = Matrix::zeros(count, count);
        for row in 0..count {
            for column in 0..count {
                let (a, b) = (points[row], points[column]);
                answer[(row, column)] = (a.0 - b.0).hypot(a.1 - b.1);
            }
        }
        answer
    }

    fn length(order: &[usize], distances: &Matrix) -> f64 {
        order.windows(2).map(|pair| distances[(pair[0], pair[1])]).sum()
    }

    /// Every order that a tree allows, by turning each cluster or not.
    fn all_orders(tree: &Dendrogram, cluster: usize) -> Vec<Vec<usize>> {
        let Some((left, right)) = tree.children(cluster) else {
            return vec![vec![cluster]];
        };
        let mut orders = Vec::new();
        for first in all_orders(tree, left) {
            for second in all_orders(tree, right) {
                orders.push([first.clone(), second.clone()].concat());
                orders.push([second, first.clone()].concat());
            }
        }
        orders
    }

    #[test]
    fn no_order_of_the_tree_is_shorter() {
        for linkage in [Linkage::Single, Linkage::Average, Linkage::Ward] {
            for count in 1..9 {
                let near = distances(count);
                let tree = Dendrogram::new(&near, linkage).unwrap();
                let found = length(&optimal_leaf_order(&tree, &near), &near);
                let orders = all_orders(&tree, 2 * (count - 1));
                let least = orders.iter().map(|order| length(order, &near)).fold(9.9, f64::min);
                assert!((found - least).abs() < 1e-12, "{linkage:?} {count}: {found} {least}");
            }
        }
    }
}
