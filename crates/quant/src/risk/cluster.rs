//! Hierarchical clustering of assets, as in scipy's `linkage`.
//!
//! The nearest-neighbour chain (Murtagh 1983; Müllner 2011) takes n² steps. The merges come in the
//! order of their distance, with scipy's numbers: items 0 to n − 1, and n + i the cluster of merge
//! i. [`distances`] makes correlations to distances.
//!
//! ```
//! use quant::risk::cluster::{Linkage, distances, linkage};
//! use quant::algebra::Matrix;
//!
//! let correlation = Matrix::from_rows(&[[1.0, 0.9, 0.1], [0.9, 1.0, 0.2], [0.1, 0.2, 1.0]])?;
//! let tree = linkage(&distances(&correlation)?, Linkage::Average)?;
//! assert_eq!((tree.merges[0].left, tree.merges[0].right), (0, 1));
//! assert_eq!(tree.leaves(), [2, 0, 1]);
//! assert_eq!(tree.cut(2)?, [0, 0, 1]);
//! # Ok::<(), quant::Error>(())
//! ```

use crate::algebra::Matrix;
use crate::error::at_least;
use crate::{Error, Result};

/// The most items of one tree: distances take n² numbers.
pub const ITEMS_MAX: usize = 20_000;

/// The largest distance: Ward's squares must stay numbers.
pub const DISTANCE_MAX: f64 = 1e150;

/// How far apart two clusters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linkage {
    /// As their nearest items.
    Single,
    /// As their farthest items.
    Complete,
    /// As the mean of all pairs of items (UPGMA).
    Average,
    /// By how much their union adds to the sum of squares (Ward 1963).
    Ward,
}

/// Two clusters become one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Merge {
    /// The cluster with the smaller number.
    pub left: usize,
    /// The other one.
    pub right: usize,
    /// How far apart they were.
    pub distance: f64,
    /// How many items they have together.
    pub size: usize,
}

/// A tree of n items: n − 1 merges, by distance.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    /// The merges, the nearest first.
    pub merges: Vec<Merge>,
}

/// √((1 − ρ)/2) of every pair: 0 for assets that move together, 1 for opposites (Mantegna 1999,
/// López de Prado 2016).
///
/// # Errors
/// [`Error::LengthsDiffer`] where it is not square, [`Error::Undefined`] where it is not symmetric,
/// [`Error::OutOfBounds`] if a correlation is not from −1 to 1 (within 1e-9).
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::risk::cluster::distances;
///
/// let correlation = Matrix::from_rows(&[[1.0, 0.5], [0.5, 1.0]])?;
/// assert!((distances(&correlation)?[(0, 1)] - 0.5).abs() < 1e-15);
/// # Ok::<(), quant::Error>(())
/// ```
pub fn distances(correlation: &Matrix) -> Result<Matrix> {
    correlation.check_symmetric("correlation")?;
    let mut answer = correlation.clone();
    for row in 0..answer.rows() {
        for value in answer.row_mut(row) {
            if value.abs() > 1.0 + 1e-9 {
                return Err(Error::out_of_bounds("correlation", *value, "a number from -1 to 1"));
            }
            *value = ((1.0 - *value) / 2.0).max(0.0).sqrt();
        }
        answer[(row, row)] = 0.0;
    }
    Ok(answer)
}

/// The tree of items with these distances, of which the upper triangle is read. Ward's linkage
/// takes them for Euclidean ones.
///
/// # Errors
/// [`Error::TooShort`] with fewer than two items, [`Error::LengthsDiffer`] where the matrix is not
/// square, [`Error::Undefined`] where it is not symmetric, [`Error::OutOfBounds`] with more than
/// [`ITEMS_MAX`] items or a distance that is not from 0 to [`DISTANCE_MAX`].
///
/// ```
/// use quant::algebra::Matrix;
/// use quant::risk::cluster::{Linkage, linkage};
///
/// let distances = Matrix::from_rows(&[[0.0, 1.0, 5.0], [1.0, 0.0, 4.0], [5.0, 4.0, 0.0]])?;
/// let tree = linkage(&distances, Linkage::Single)?;
/// assert_eq!((tree.merges[0].distance, tree.merges[1].distance), (1.0, 4.0));
/// # Ok::<(), quant::Error>(())
/// ```
pub fn linkage(distances: &Matrix, linkage: Linkage) -> Result<Tree> {
    at_least("distances", distances.rows(), 2)?;
    distances.check_symmetric("distances")?;
    if distances.rows() > ITEMS_MAX {
        let expected = format!("at most {ITEMS_MAX} items");
        return Err(Error::out_of_bounds("distances", distances.rows() as f64, expected));
    }
    let allowed = 0.0..=DISTANCE_MAX;
    if let Some(value) = distances.values().iter().find(|distance| !allowed.contains(*distance)) {
        let expected = format!("a number from 0 to {DISTANCE_MAX:e}");
        return Err(Error::out_of_bounds("distances", *value, expected));
    }
    let mut merges = chain(distances.clone(), linkage);
    // A stable sort, so that equal distances keep the order in which the chain found them.
    merges.sort_by(|left, right| left.2.total_cmp(&right.2));
    Ok(numbered(&merges))
}

impl Tree {
    /// The items in the order in which the tree, left to right, shows them.
    #[must_use]
    pub fn leaves(&self) -> Vec<usize> {
        let count = self.merges.len() + 1;
        let mut open = vec![2 * count - 2];
        let mut leaves = Vec::with_capacity(count);
        while let Some(cluster) = open.pop() {
            match cluster.checked_sub(count).and_then(|index| self.merges.get(index)) {
                Some(merge) => open.extend([merge.right, merge.left]),
                None => leaves.push(cluster),
            }
        }
        leaves
    }

    /// The cluster of each item if the tree is cut into `clusters`, numbered from 0 as items first
    /// meet them.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`] unless there are from 1 to n clusters.
    pub fn cut(&self, clusters: usize) -> Result<Vec<usize>> {
        let count = self.merges.len() + 1;
        if !(1..=count).contains(&clusters) {
            let expected = format!("a whole number from 1 to {count}");
            return Err(Error::out_of_bounds("clusters", clusters as f64, expected));
        }
        let mut union = Union::new(count);
        for merge in &self.merges[..count - clusters] {
            union.join(merge.left, merge.right);
        }
        let mut names: Vec<usize> = Vec::new();
        let items = (0..count).map(|item| {
            let root = union.root(item);
            names.iter().position(|name| *name == root).unwrap_or_else(|| {
                names.push(root);
                names.len() - 1
            })
        });
        Ok(items.collect())
    }
}

/// Merges of two items each (as representatives of their clusters) with their distance, unordered.
fn chain(mut distances: Matrix, linkage: Linkage) -> Vec<(usize, usize, f64)> {
    let count = distances.rows();
    let mut sizes = vec![1_usize; count];
    let mut merges = Vec::with_capacity(count - 1);
    let mut chain: Vec<usize> = Vec::new();
    while merges.len() + 1 < count {
        if chain.is_empty() {
            chain.extend(sizes.iter().position(|size| *size > 0));
        }
        let Some(&top) = chain.last() else { break };
        let before = chain.len().checked_sub(2).map(|index| chain[index]);
        // The one before wins among equals, or the chain might go round.
        let mut nearest = before;
        let mut least = before.map_or(f64::INFINITY, |other| distances[(top, other)]);
        for other in (0..count).filter(|other| sizes[*other] > 0 && *other != top) {
            if distances[(top, other)] < least {
                least = distances[(top, other)];
                nearest = Some(other);
            }
        }
        let Some(other) = nearest else { break };
        if Some(other) != before {
            chain.push(other);
            continue;
        }
        chain.truncate(chain.len() - 2);
        let (gone, kept) = (top.min(other), top.max(other));
        merges.push((gone, kept, least));
        let pair = Pair { gone, kept, sizes: (sizes[gone], sizes[kept]), distance: least };
        for third in
            (0..count).filter(|third| sizes[*third] > 0 && *third != gone && *third != kept)
        {
            let updated = pair.updated(&distances, (third, sizes[third]), linkage);
            distances[(kept, third)] = updated;
            distances[(third, kept)] = updated;
        }
        sizes[kept] += sizes[gone];
        sizes[gone] = 0;
    }
    merges
}

struct Pair {
    gone: usize,
    kept: usize,
    sizes: (usize, usize),
    distance: f64,
}

impl Pair {
    /// How far the union is from a third cluster (Lance and Williams 1967).
    fn updated(&self, distances: &Matrix, third: (usize, usize), linkage: Linkage) -> f64 {
        let (gone, kept) = (distances[(self.gone, third.0)], distances[(self.kept, third.0)]);
        let (a, b, c) = (self.sizes.0 as f64, self.sizes.1 as f64, third.1 as f64);
        match linkage {
            Linkage::Single => gone.min(kept),
            Linkage::Complete => gone.max(kept),
            Linkage::Average => (a * gone + b * kept) / (a + b),
            Linkage::Ward => {
                let whole = 1.0 / (a + b + c);
                let square = (a + c) * whole * gone * gone + (b + c) * whole * kept * kept
                    - c * whole * self.distance * self.distance;
                square.max(0.0).sqrt()
            }
        }
    }
}

fn numbered(merges: &[(usize, usize, f64)]) -> Tree {
    let count = merges.len() + 1;
    let mut union = Union::new(count);
    let mut sizes = vec![1_usize; count];
    let mut tree = Vec::with_capacity(merges.len());
    for (first, second, distance) in merges {
        let (a, b) = (union.root(*first), union.root(*second));
        let size = sizes[a] + sizes[b];
        tree.push(Merge { left: a.min(b), right: a.max(b), distance: *distance, size });
        sizes.push(size);
        union.join(a, b);
    }
    Tree { merges: tree }
}

/// Which cluster an item is in by now; each join makes a cluster with the next number.
struct Union {
    parents: Vec<usize>,
}

impl Union {
    fn new(count: usize) -> Self {
        Self { parents: (0..count).collect() }
    }

    fn root(&mut self, item: usize) -> usize {
        let mut root = item;
        while self.parents[root] != root {
            root = self.parents[root];
        }
        let mut at = item;
        while self.parents[at] != root {
            at = std::mem::replace(&mut self.parents[at], root);
        }
        root
    }

    fn join(&mut self, left: usize, right: usize) {
        let next = self.parents.len();
        let (left, right) = (self.root(left), self.root(right));
        self.parents.push(next);
        self.parents[left] = next;
        self.parents[right] = next;
    }
}
