//! The rules of the chart of accounts: where accounts and groups may stand, and what the groups
//! hold once one has moved. Moves are rare: what they change is counted anew from the open holds.

use std::collections::BTreeMap;

use kernel::{Amount, AmountError};

use super::accounts::Held;
use super::decide::{Allowed, Verdict};
use super::limits::{debit_reach, group_reason, within};
use super::state::{Book, HoldState};
use super::tree::{GROUP_DEPTH_MAX, Place, Tally};
use crate::model::{AccountId, GroupId, Limits, Reason};

/// An account or a group that moves below another group, or out of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moving {
    Account { number: u32, to: Option<u32> },
    Group { number: u32, to: Option<u32> },
}

/// What groups hold after a move, where that differs.
pub(super) type Tallies = BTreeMap<Place, Tally>;

impl Book {
    pub(super) fn allow_group(&self, id: GroupId, parent: Option<GroupId>) -> Verdict<Allowed> {
        let id = id.uuid().as_u128();
        if self.tree.number(id).is_some() {
            return Err((Reason::GroupExists, Some(id)));
        }
        let parent = self.known_parent(parent)?;
        if self.tree.groups_from(parent).count() >= GROUP_DEPTH_MAX {
            return Err((Reason::GroupTooDeep, Some(id)));
        }
        Ok(Allowed::Group { parent })
    }

    /// Whether an account may move: a closed or frozen one may, nothing is booked on it.
    pub(super) fn allow_account_move(
        &self,
        account: AccountId,
        group: Option<GroupId>,
    ) -> Verdict<Allowed> {
        let id = account.uuid().as_u128();
        let number = self.accounts.number(id).ok_or((Reason::AccountUnknown, Some(id)))?;
        self.allow_move(Moving::Account { number, to: self.known_parent(group)? })
    }

    pub(super) fn allow_group_move(
        &self,
        group: GroupId,
        parent: Option<GroupId>,
    ) -> Verdict<Allowed> {
        let (number, to) = (self.known_group(group)?, self.known_parent(parent)?);
        let about = Some(group.uuid().as_u128());
        if self.tree.groups_from(to).any(|above| above == number) {
            return Err((Reason::GroupCycle, about));
        }
        let depth = self.tree.groups_from(to).count();
        if depth + self.height(number) > GROUP_DEPTH_MAX {
            return Err((Reason::GroupTooDeep, about));
        }
        self.allow_move(Moving::Group { number, to })
    }

    fn allow_move(&self, moving: Moving) -> Verdict<Allowed> {
        let overflow = |_: AmountError| (Reason::Overflow, None);
        let tallies = self.regroup(moving).map_err(overflow)?;
        for (place, after) in &tallies {
            let before = self.tally_at(*place);
            let reach_before = debit_reach(before.posted, before.held).map_err(overflow)?;
            let reach_after = debit_reach(after.posted, after.held).map_err(overflow)?;
            let about = |reason| (group_reason(reason), Some(self.tree.id(place.0)));
            within(self.group_limits(*place), reach_before, reach_after).map_err(about)?;
        }
        Ok(Allowed::Move { moving, tallies: Box::new(tallies) })
    }

    pub(super) fn known_group(&self, group: GroupId) -> Verdict<u32> {
        let id = group.uuid().as_u128();
        self.tree.number(id).ok_or((Reason::GroupUnknown, Some(id)))
    }

    fn known_parent(&self, group: Option<GroupId>) -> Verdict<Option<u32>> {
        group.map(|group| self.known_group(group)).transpose()
    }

    /// How many groups stand below one another from a group on, itself included.
    fn height(&self, top: u32) -> usize {
        let groups = (0_u32..).take(self.tree.len());
        let depth = |group| {
            let place = self.tree.groups_from(Some(group)).position(|above| above == top);
            place.map_or(0, |place| place + 1)
        };
        groups.map(depth).max().unwrap_or(0)
    }

    fn tally_at(&self, place: Place) -> Tally {
        self.tree.node_at(place).map(|node| self.tree.node(node).tally).unwrap_or_default()
    }

    fn group_limits(&self, place: Place) -> Limits {
        self.tree.node_at(place).map(|node| self.tree.node(node).limits).unwrap_or_default()
    }

    /// What groups hold once something has moved. Everything that goes is taken out first: what is
    /// left of a group is then never more than it held, nor after what comes.
    ///
    /// # Errors
    /// Where a balance of a group would need more than 127 bits.
    pub(super) fn regroup(&self, moving: Moving) -> Result<Tallies, AmountError> {
        let mut gone: Vec<(Place, Amount, Held)> = Vec::new();
        let mut come = gone.clone();
        let mut shift = |before: &[u32], after: &[u32], commodity, posted, held| {
            let (before, after) = apart(before, after);
            gone.extend(before.iter().map(|group| ((*group, commodity), posted, held)));
            come.extend(after.iter().map(|group| ((*group, commodity), posted, held)));
        };
        let none = Held::default();
        match moving {
            Moving::Account { number, .. } => {
                let account = self.accounts.get(number);
                let (before, after) = self.groups_above(number, moving);
                shift(&before, &after, account.commodity, account.posted, none);
            }
            Moving::Group { number, to } => {
                let before: Vec<u32> = self.tree.groups_from(self.tree.parent(number)).collect();
                let after: Vec<u32> = self.tree.groups_from(to).collect();
                for node in self.tree.nodes_of(number) {
                    let node = self.tree.node(node);
                    shift(&before, &after, node.commodity, node.tally.posted, none);
                }
            }
        }
        for hold in self.holds_touched(moving) {
            let commodity = self.accounts.get(hold.debit).commodity;
            let (debit_before, debit_after) = self.groups_above(hold.debit, moving);
            let (credit_before, credit_after) = self.groups_above(hold.credit, moving);
            if (&debit_before, &credit_before) == (&debit_after, &credit_after) {
                continue;
            }
            let debit = Held { debit: hold.amount, ..none };
            let credit = Held { credit: hold.amount, ..none };
            let (debited, credited) = apart(&debit_before, &credit_before);
            shift(debited, &[], commodity, Amount::ZERO, debit);
            shift(credited, &[], commodity, Amount::ZERO, credit);
            let (debited, credited) = apart(&debit_after, &credit_after);
            shift(&[], debited, commodity, Amount::ZERO, debit);
            shift(&[], credited, commodity, Amount::ZERO, credit);
        }
        let mut tallies = Tallies::new();
        for (place, posted, held) in gone {
            let tally = tallies.entry(place).or_insert_with(|| self.tally_at(place));
            *tally = tally.minus(posted, held)?;
        }
        for (place, posted, held) in come {
            let tally = tallies.entry(place).or_insert_with(|| self.tally_at(place));
            *tally = tally.plus(posted, held)?;
        }
        Ok(tallies)
    }

    /// The open holds that may count for other groups after a move.
    fn holds_touched(&self, moving: Moving) -> impl Iterator<Item = &HoldState> {
        // Most accounts are placed before anything is held on them.
        let is_held = match moving {
            Moving::Account { number, .. } => self.accounts.held(number) != Held::default(),
            Moving::Group { .. } => true,
        };
        let holds = is_held.then(|| self.holds.values()).into_iter().flatten();
        holds.filter(move |hold| match moving {
            Moving::Account { number, .. } => [hold.debit, hold.credit].contains(&number),
            Moving::Group { .. } => true,
        })
    }

    /// The groups above an account before and after a move, the lowest first.
    fn groups_above(&self, account: u32, moving: Moving) -> (Vec<u32>, Vec<u32>) {
        let group = self.tree.group_of(self.accounts.get(account).node);
        let before: Vec<u32> = self.tree.groups_from(group).collect();
        let after = match moving {
            Moving::Account { number, to } if number == account => {
                self.tree.groups_from(to).collect()
            }
            Moving::Account { .. } => before.clone(),
            Moving::Group { number, to } => {
                match before.iter().position(|group| *group == number) {
                    None => before.clone(),
                    Some(place) => {
                        let stay = before[..=place].iter().copied();
                        stay.chain(self.tree.groups_from(to)).collect()
                    }
                }
            }
        };
        (before, after)
    }
}

/// Two rows of groups, the lowest first, without the groups at their ends that are the same.
fn apart<'a>(one: &'a [u32], other: &'a [u32]) -> (&'a [u32], &'a [u32]) {
    let both = one.iter().rev().zip(other.iter().rev());
    let same = both.take_while(|(one, other)| one == other).count();
    (&one[..one.len() - same], &other[..other.len() - same])
}
