//! The rules of limits: how an account, or a group in a commodity, may stand after a movement.

use kernel::{Amount, AmountError};

use super::accounts::{Held, reach};
use super::decide::Verdict;
use super::state::Book;
use crate::model::{AccountKind, Balancing, Limits, Reason};

/// What a movement does to its two accounts, and to the groups above one of them only: so much is
/// posted from the credited to the debited one, and so much is held for that, or released.
#[derive(Clone, Copy)]
pub(super) struct Flow {
    pub debit: u32,
    pub credit: u32,
    pub posted: Amount,
    pub held: Amount,
}

impl Flow {
    /// What is held on the debited side.
    pub(super) const fn held_debit(&self) -> Held {
        Held { debit: self.held, credit: Amount::ZERO }
    }

    /// What is held on the credited side.
    pub(super) const fn held_credit(&self) -> Held {
        Held { debit: Amount::ZERO, credit: self.held }
    }
}

impl Book {
    /// Whether both accounts, and then the groups, may stand as they would after a movement.
    #[inline]
    pub(super) fn allow_flow(&self, flow: &Flow) -> Verdict<()> {
        if flow.held.is_zero() {
            self.allow_post(flow.debit, flow.posted)?;
            self.allow_post(flow.credit, flow.posted.negate())?;
        } else {
            self.allow_change(flow.debit, flow.posted, flow.held_debit())?;
            self.allow_change(flow.credit, flow.posted.negate(), flow.held_credit())?;
        }
        let (one, other) = self.nodes_above(flow);
        if one == other { Ok(()) } else { self.allow_groups(flow) }
    }

    fn allow_groups(&self, flow: &Flow) -> Verdict<()> {
        let (one, other) = self.nodes_above(flow);
        let (debited, credited) = self.tree.apart(one, other);
        for node in debited.nodes() {
            self.allow_node(*node, flow.posted, flow.held_debit())?;
        }
        for node in credited.nodes() {
            self.allow_node(*node, flow.posted.negate(), flow.held_credit())?;
        }
        Ok(())
    }

    pub(super) fn nodes_above(&self, flow: &Flow) -> (u32, u32) {
        (self.accounts.get(flow.debit).node, self.accounts.get(flow.credit).node)
    }

    /// Whether an account may stand as it would after a posting that holds and releases nothing.
    #[inline]
    fn allow_post(&self, number: u32, posted: Amount) -> Verdict<()> {
        if !self.accounts.is_plain(number) {
            return self.allow_change(number, posted, Held::default());
        }
        let after = self.accounts.get(number).posted.checked_add(posted);
        after.map(|_| ()).map_err(|_| (Reason::Overflow, Some(self.accounts.id(number))))
    }

    /// Whether an account may be posted to and hold so much more.
    fn allow_change(&self, number: u32, posted: Amount, held: Held) -> Verdict<()> {
        let state = self.accounts.get(number);
        let about = |reason| (reason, Some(self.accounts.id(number)));
        let overflow = |_| about(Reason::Overflow);
        let after = state.posted.checked_add(posted).map_err(overflow)?;
        let before = self.accounts.held(number);
        let held_after = Held {
            debit: before.debit.checked_add(held.debit).map_err(overflow)?,
            credit: before.credit.checked_add(held.credit).map_err(overflow)?,
        };
        let reach_before = reach(state.kind, state.posted, before).map_err(overflow)?;
        let reach_after = reach(state.kind, after, held_after).map_err(overflow)?;
        within(self.accounts.limits(number), reach_before, reach_after).map_err(about)
    }

    fn allow_node(&self, number: u32, posted: Amount, held: Held) -> Verdict<()> {
        let node = self.tree.node(number);
        let about = |reason| (reason, Some(self.tree.id(node.group)));
        let overflow = |_: AmountError| (Reason::Overflow, None);
        let after = node.tally.plus(posted, held).map_err(overflow)?;
        let reach_before = debit_reach(node.tally.posted, node.tally.held).map_err(overflow)?;
        let reach_after = debit_reach(after.posted, after.held).map_err(overflow)?;
        within(node.limits, reach_before, reach_after).map_err(|reason| about(group_reason(reason)))
    }

    /// How much a balancing transfer moves.
    pub(super) fn available(
        &self,
        debit: u32,
        credit: u32,
        maximum: Option<Amount>,
        balancing: Balancing,
    ) -> Verdict<Amount> {
        let mut most = maximum.map_or(i128::MAX, Amount::minor);
        for (number, debited) in [(debit, true), (credit, false)] {
            let balanced = debited == (balancing == Balancing::Debit);
            most = most.min(self.room(number, debited, balanced)?);
        }
        let (one, other) = (self.accounts.get(debit).node, self.accounts.get(credit).node);
        let (debited, credited) = self.tree.apart(one, other);
        for (path, debited) in [(debited, true), (credited, false)] {
            for number in path.nodes() {
                let node = self.tree.node(*number);
                let overflow = |_| (Reason::Overflow, None);
                let reach = debit_reach(node.tally.posted, node.tally.held).map_err(overflow)?;
                most = most.min(room(node.limits, reach, debited));
            }
        }
        if most > 0 {
            return Ok(Amount::from_minor(most));
        }
        let balanced = if balancing == Balancing::Debit { debit } else { credit };
        Err((Reason::NothingAvailable, Some(self.accounts.id(balanced))))
    }

    /// How much an account may be debited or credited until it reaches its limit, holds counted;
    /// one that is `balanced` and has none reaches it at zero.
    fn room(&self, number: u32, debited: bool, balanced: bool) -> Verdict<i128> {
        let state = self.accounts.get(number);
        let overflow = |_| (Reason::Overflow, Some(self.accounts.id(number)));
        let reach = reach(state.kind, state.posted, self.accounts.held(number));
        let reach = reach.map_err(overflow)?;
        let zero = balanced.then_some(Amount::ZERO);
        let Limits { floor, ceiling } = self.accounts.limits(number);
        let limits = Limits { floor: floor.or(zero), ceiling: ceiling.or(zero) };
        Ok(room(limits, reach, state.kind.is_debit_normal() == debited))
    }
}

/// The lowest and highest balance of a group that the holds could lead to, debits positive.
pub(super) fn debit_reach(posted: Amount, held: Held) -> Result<(Amount, Amount), AmountError> {
    reach(AccountKind::Asset, posted, held)
}

/// Whether a balance may go from one reach, lowest and highest, to another. One that is beyond a
/// limit already (the limit came later) may move towards it, not further away.
pub(super) fn within(
    limits: Limits,
    (low_before, high_before): (Amount, Amount),
    (low, high): (Amount, Amount),
) -> Result<(), Reason> {
    let Limits { floor, ceiling } = limits;
    if floor.is_some_and(|floor| low < floor && low < low_before) {
        return Err(Reason::BelowFloor);
    }
    if ceiling.is_some_and(|ceiling| high > ceiling && high > high_before) {
        return Err(Reason::AboveCeiling);
    }
    Ok(())
}

/// The same reason, said of a group.
pub(super) const fn group_reason(reason: Reason) -> Reason {
    match reason {
        Reason::BelowFloor => Reason::GroupBelowFloor,
        Reason::AboveCeiling => Reason::GroupAboveCeiling,
        other => other,
    }
}

/// How much a balance may grow or shrink until it reaches its limit. A difference of more than an
/// amount can hold is more than any maximum, or than nothing.
fn room(limits: Limits, (low, high): (Amount, Amount), grows: bool) -> i128 {
    let Limits { floor, ceiling } = limits;
    let room = if grows {
        ceiling.map(|ceiling| ceiling.minor().saturating_sub(high.minor()))
    } else {
        floor.map(|floor| low.minor().saturating_sub(floor.minor()))
    };
    room.unwrap_or(i128::MAX)
}
