//! Scenarios of returns, what ends a step between their kinks, and the order it meets them in.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::active_set::Place;
use crate::algebra::Matrix;

/// Scenarios and the share of them that counts.
#[derive(Debug)]
pub(super) struct Scenarios<'a> {
    /// A row a scenario.
    pub returns: &'a Matrix,
    /// A row an asset.
    pub by_asset: Matrix,
    /// 1 / (scenarios × (1 − confidence)).
    pub weight: f64,
    /// The size of a return: the unit in which t is searched.
    pub unit: f64,
}

/// What ends a step.
#[derive(Clone, Copy, Debug)]
pub(super) enum Block {
    Variable(usize, Place),
    Row(usize, f64),
}

/// What is let go.
#[derive(Clone, Copy, Debug)]
pub(super) enum Release {
    Hold(usize),
    Variable(usize),
}

/// Scenarios by how far a step goes until it meets them, the nearest first.
#[derive(Debug)]
pub(super) struct Kinks(BinaryHeap<Reverse<(Step, usize)>>);

impl Kinks {
    pub fn new(kinks: impl Iterator<Item = (f64, usize)>) -> Self {
        let kinks: Vec<_> = kinks.map(|(length, at)| Reverse((Step(length), at))).collect();
        Self(kinks.into())
    }

    /// Takes the nearest.
    pub fn next(&mut self) -> Option<(f64, usize)> {
        self.0.pop().map(|Reverse((Step(length), scenario))| (length, scenario))
    }
}

/// A length, ordered.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step(f64);

impl Eq for Step {}

impl PartialOrd for Step {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Step {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}
