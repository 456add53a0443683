//! Which assets belong together: clusters of clusters, and the order of their leaves.

use crate::algebra::Matrix;
use crate::error::{Result, all_finite, at_least};

/// How far two clusters are from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linkage {
    /// As far as their nearest members.
    Single,
    /// As far as their farthest members.
    Complete,
    /// As far as their members on average.
    Average,
    /// By how much the variance within grows when they are joined (Ward 1963).
    Ward,
}

/// Two clusters that are joined. Clusters below the number of leaves are leaves; the others are
/// numbered in the order in which they are joined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Merge {
    /// The cluster with the lower number.
    pub left: usize,
    /// The cluster with the higher number.
    pub right: usize,
    /// How far they are from each other.
    pub distance: f64,
    /// How many leaves they have together.
    pub leaves: usize,
}

/// A tree of clusters, numbered and ordered as by SciPy.
#[derive(Clone, Debug, PartialEq)]
pub struct Dendrogram {
    merges: Vec<Merge>,
}

impl Dendrogram {
    /// Clusters by a symmetric matrix of distances, of which the lower triangle is read. Ties are
    /// settled by the lower index. Quadratic in time: a chain of nearest neighbours (Murtagh
    /// 1985), for single linkage a minimum spanning tree.
    ///
    /// # Errors
    /// `distances` that are empty, not finite or not symmetric.
    pub fn new(distances: &Matrix, linkage: Linkage) -> Result<Self> {
        at_least("distances", distances.rows(), 1)?;
        all_finite("distances", distances.values())?;
        distances.check_symmetric("distances")?;
        let mut joins = match linkage {
            Linkage::Single => spanning_tree(distances),
            Linkage::Complete | Linkage::Average | Linkage::Ward => {
                neighbour_chain(distances, linkage)
            }
        };
        joins.sort_by(|a, b| a.2.total_cmp(&b.2));
        Ok(Self { merges: label(distances.rows(), &joins) })
    }

    /// The merges, the nearest first.
    #[must_use]
    pub fn merges(&self) -> &[Merge] {
        &self.merges
    }

    /// How many leaves there are.
    #[must_use]
    pub fn leaves(&self) -> usize {
        self.merges.len() + 1
    }

    /// The leaves from left to right.
    #[must_use]
    pub fn leaf_order(&self) -> Vec<usize> {
        self.leaves_of(2 * self.merges.len())
    }

    /// The leaves of one cluster, from left to right.
    #[must_use]
    pub fn leaves_of(&self, cluster: usize) -> Vec<usize> {
        let mut order = Vec::new();
        let mut open = vec![cluster];
        while let Some(cluster) = open.pop() {
            match self.children(cluster) {
                Some((left, right)) => open.extend([right, left]),
                None => order.push(cluster),
            }
        }
        order
    }

    /// Both parts of a cluster, None for a leaf.
    #[must_use]
    pub fn children(&self, cluster: usize) -> Option<(usize, usize)> {
        let merge = self.merges.get(cluster.checked_sub(self.leaves())?)?;
        Some((merge.left, merge.right))
    }

    /// The clusters that are left when so many of them are, by number.
    #[must_use]
    pub fn cut(&self, clusters: usize) -> Vec<usize> {
        let leaves = self.leaves();
        let joined = leaves - clusters.clamp(1, leaves);
        let mut is_there = vec![true; leaves + joined];
        for merge in &self.merges[..joined] {
            is_there[merge.left] = false;
            is_there[merge.right] = false;
        }
        (0..leaves + joined).filter(|&cluster| is_there[cluster]).collect()
    }
}

/// Prim's algorithm from the first leaf on.
fn spanning_tree(distances: &Matrix) -> Vec<(usize, usize, f64)> {
    let size = distances.rows();
    let mut nearest = vec![(f64::INFINITY, 0); size];
    let mut is_reached = vec![false; size];
    let mut current = 0;
    let mut joins = Vec::with_capacity(size);
    for _ in 1..size {
        is_reached[current] = true;
        let mut best = (f64::INFINITY, 0, 0);
        for other in 0..size {
            if is_reached[other] {
                continue;
            }
            let distance = distances[(current.max(other), current.min(other))];
            if distance < nearest[other].0 {
                nearest[other] = (distance, current);
            }
            if nearest[other].0 < best.0 || best.1 == best.2 {
                best = (nearest[other].0, nearest[other].1, other);
            }
        }
        joins.push((best.1, best.2, best.0));
        current = best.2;
    }
    joins
}

/// A chain in which each is the nearest of the one before; its end are two that are each other's.
fn neighbour_chain(distances: &Matrix, linkage: Linkage) -> Vec<(usize, usize, f64)> {
    let size = distances.rows();
    let mut between = Matrix::zeros(size, size);
    for row in 0..size {
        for column in 0..row {
            between[(row, column)] = distances[(row, column)];
            between[(column, row)] = distances[(row, column)];
        }
    }
    let mut sizes = vec![1_usize; size];
    let mut chain: Vec<usize> = Vec::new();
    let mut joins = Vec::with_capacity(size);
    while joins.len() + 1 < size {
        if chain.is_empty() {
            chain.extend(sizes.iter().position(|&leaves| leaves > 0));
        }
        let Some((first, second, distance)) = chain_end(&between, &sizes, &mut chain) else {
            break;
        };
        let (gone, kept) = (first.min(second), first.max(second));
        joins.push((gone, kept, distance));
        let (gone_size, kept_size) = (sizes[gone], sizes[kept]);
        sizes[gone] = 0;
        sizes[kept] = gone_size + kept_size;
        for other in 0..size {
            if sizes[other] == 0 || other == kept {
                continue;
            }
            let pair = Pair { near: between[(gone, other)], far: between[(kept, other)], distance };
            let joined = pair.joined(linkage, [gone_size, kept_size, sizes[other]]);
            between[(kept, other)] = joined;
            between[(other, kept)] = joined;
        }
    }
    joins
}

/// Prolongs the chain to its end, takes both off and names them.
fn chain_end(
    between: &Matrix,
    sizes: &[usize],
    chain: &mut Vec<usize>,
) -> Option<(usize, usize, f64)> {
    loop {
        let current = *chain.last()?;
        let before = chain.len().checked_sub(2).map(|index| chain[index]);
        let mut best = before.map_or((f64::INFINITY, usize::MAX), |b| (between[(current, b)], b));
        for (other, &distance) in between.row(current).iter().enumerate() {
            let is_nearer = distance < best.0 || best.1 == usize::MAX;
            if sizes[other] > 0 && other != current && is_nearer {
                best = (distance, other);
            }
        }
        if before == Some(best.1) {
            chain.truncate(chain.len() - 2);
            return Some((current, best.1, best.0));
        }
        chain.push(best.1);
    }
}

/// The distances of two clusters from a third and from each other.
struct Pair {
    near: f64,
    far: f64,
    distance: f64,
}

impl Pair {
    /// How far the third is from both joined (Lance and Williams).
    fn joined(&self, linkage: Linkage, sizes: [usize; 3]) -> f64 {
        let [first, second, other] = sizes.map(super::mean_variance::as_number);
        match linkage {
            Linkage::Single => self.near.min(self.far),
            Linkage::Complete => self.near.max(self.far),
            Linkage::Average => (first * self.near + second * self.far) / (first + second),
            Linkage::Ward => {
                let near = (other + first) * self.near * self.near;
                let far = (other + second) * self.far * self.far;
                let own = other * self.distance * self.distance;
                ((near + far - own) / (first + second + other)).max(0.0).sqrt()
            }
        }
    }
}

/// Numbers the clusters in the order of their merges.
fn label(leaves: usize, joins: &[(usize, usize, f64)]) -> Vec<Merge> {
    let mut parent: Vec<usize> = (0..2 * leaves).collect();
    let mut counts = vec![1_usize; 2 * leaves];
    let root = |parent: &mut Vec<usize>, mut at: usize| {
        while parent[at] != at {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        at
    };
    let mut merges = Vec::with_capacity(joins.len());
    for (index, &(first, second, distance)) in joins.iter().enumerate() {
        let (a, b) = (root(&mut parent, first), root(&mut parent, second));
        let cluster = leaves + index;
        (parent[a], parent[b]) = (cluster, cluster);
        counts[cluster] = counts[a] + counts[b];
        let merge = Merge { left: a.min(b), right: a.max(b), distance, leaves: counts[cluster] };
        merges.push(merge);
    }
    merges
}
