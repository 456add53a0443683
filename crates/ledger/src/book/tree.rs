//! The chart of accounts: groups in a tree, and of each group and commodity a node that keeps the
//! balance of the accounts below it.
//!
//! What must stay true: a node's balance is the sum of the balances of the accounts below it, and
//! what it holds is the sum of the open holds that have one account below it and the other not. A
//! hold between two accounts of a group cannot move the group's balance.

use std::collections::HashMap;

use kernel::{Amount, AmountError};

use super::accounts::Held;
use crate::model::Limits;

/// Where an account or a node has no node above it.
pub(super) const NO_NODE: u32 = u32::MAX;

/// The most groups above an account: every posting on it walks over them.
pub const GROUP_DEPTH_MAX: usize = 16;

/// What a node counts; debits are positive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub posted: Amount,
    pub held: Held,
}

/// One group's accounts in one commodity.
#[derive(Debug)]
pub(super) struct Node {
    pub group: u32,
    /// The node of the group above, in the same commodity.
    pub parent: u32,
    pub commodity: u32,
    pub tally: Tally,
    pub limits: Limits,
}

/// A group and a commodity, by their numbers.
pub(super) type Place = (u32, u32);

/// Nodes one above the other, the lowest first.
pub(super) struct Path {
    nodes: [u32; GROUP_DEPTH_MAX],
    count: usize,
}

/// All groups.
#[derive(Default)]
pub(super) struct Tree {
    ids: Vec<u128>,
    parents: Vec<Option<u32>>,
    numbers: HashMap<u128, u32>,
    nodes: Vec<Node>,
    places: HashMap<Place, u32>,
}

impl Tally {
    pub(super) fn plus(self, posted: Amount, held: Held) -> Result<Self, AmountError> {
        let debit = self.held.debit.checked_add(held.debit)?;
        let credit = self.held.credit.checked_add(held.credit)?;
        Ok(Self { posted: self.posted.checked_add(posted)?, held: Held { debit, credit } })
    }

    /// What is left without a part of it.
    pub(super) fn minus(self, posted: Amount, held: Held) -> Result<Self, AmountError> {
        let held = Held { debit: held.debit.negate(), credit: held.credit.negate() };
        self.plus(posted.negate(), held)
    }
}

impl Path {
    pub(super) fn nodes(&self) -> &[u32] {
        &self.nodes[..self.count]
    }
}

impl Tree {
    pub(super) fn number(&self, id: u128) -> Option<u32> {
        self.numbers.get(&id).copied()
    }

    pub(super) fn id(&self, group: u32) -> u128 {
        self.ids[group as usize]
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The number that the next group gets.
    pub(super) fn next_number(&self) -> u32 {
        // Memory ends long before 32 bits do.
        u32::try_from(self.ids.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn parent(&self, group: u32) -> Option<u32> {
        self.parents[group as usize]
    }

    /// Adds a group; its number.
    pub(super) fn push(&mut self, id: u128, parent: Option<u32>) -> u32 {
        let number = self.next_number();
        self.ids.push(id);
        self.parents.push(parent);
        self.numbers.insert(id, number);
        number
    }

    /// Takes the group that was added last away.
    pub(super) fn pop(&mut self) {
        self.parents.pop();
        if let Some(id) = self.ids.pop() {
            self.numbers.remove(&id);
        }
    }

    pub(super) fn node(&self, node: u32) -> &Node {
        &self.nodes[node as usize]
    }

    pub(super) fn node_mut(&mut self, node: u32) -> &mut Node {
        &mut self.nodes[node as usize]
    }

    pub(super) fn node_at(&self, place: Place) -> Option<u32> {
        self.places.get(&place).copied()
    }

    /// The group of a node, where there is one.
    pub(super) fn group_of(&self, node: u32) -> Option<u32> {
        self.nodes.get(node as usize).map(|node| node.group)
    }

    /// Adds a node below that of the group above, which must be there already.
    pub(super) fn push_node(&mut self, place: Place) -> u32 {
        let (group, commodity) = place;
        let number = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        let parent = self.above(place);
        let (tally, limits) = (Tally::default(), Limits::default());
        self.restore_node(Node { group, parent, commodity, tally, limits });
        number
    }

    /// Every node, in the order of their numbers.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter()
    }

    /// Adds a node as it is.
    pub(super) fn restore_node(&mut self, node: Node) {
        let number = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.places.insert((node.group, node.commodity), number);
        self.nodes.push(node);
    }

    /// Takes the node that was added last away.
    pub(super) fn pop_node(&mut self) {
        if let Some(node) = self.nodes.pop() {
            self.places.remove(&(node.group, node.commodity));
        }
    }

    /// Puts a group below another; the nodes of the other must be there already.
    pub(super) fn set_parent(&mut self, group: u32, parent: Option<u32>) -> Option<u32> {
        let before = std::mem::replace(&mut self.parents[group as usize], parent);
        for node in self.nodes_of(group) {
            let place = (group, self.node(node).commodity);
            self.node_mut(node).parent = self.above(place);
        }
        before
    }

    fn above(&self, (group, commodity): Place) -> u32 {
        let parent = self.parent(group);
        parent.and_then(|parent| self.node_at((parent, commodity))).unwrap_or(NO_NODE)
    }

    /// The nodes of a group, one for each commodity that was ever below it or limited on it.
    pub(super) fn nodes_of(&self, group: u32) -> Vec<u32> {
        let mine = |(_, node): &(u32, &Node)| node.group == group;
        (0_u32..).zip(&self.nodes).filter(mine).map(|(number, _)| number).collect()
    }

    /// A group and the groups above it, the lowest first.
    pub(super) fn groups_from(&self, group: Option<u32>) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(group, |group| self.parent(*group)).take(GROUP_DEPTH_MAX)
    }

    fn path(&self, mut node: u32) -> Path {
        let mut path = Path { nodes: [NO_NODE; GROUP_DEPTH_MAX], count: 0 };
        while node != NO_NODE && path.count < GROUP_DEPTH_MAX {
            path.nodes[path.count] = node;
            path.count += 1;
            node = self.node(node).parent;
        }
        path
    }

    /// The nodes above one account and not above the other: what both have in common sees nothing
    /// of what passes between them.
    pub(super) fn apart(&self, one: u32, other: u32) -> (Path, Path) {
        let (mut one, mut other) = (self.path(one), self.path(other));
        while one.count > 0 && one.nodes().last() == other.nodes().last() {
            one.count -= 1;
            other.count -= 1;
        }
        (one, other)
    }
}
