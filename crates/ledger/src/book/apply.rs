//! The changes. Nothing here asks whether it may: `decide` has, or the journal says so.

use kernel::{Amount, AmountError, CommandKey, Timestamp};

use super::accounts::{AccountState, Held};
use super::decide::{Allowed, Effect, reversal_of};
use super::keys::KeyState;
use super::limits::Flow;
use super::regroup::{Moving, Tallies};
use super::state::{Book, CommodityState, HoldState, Undo};
use super::tree::{NO_NODE, Place};
use crate::model::{NewAccount, Outcome, Rest, Step};

/// A transfer's id, and that of the transfer which it takes back.
pub(super) struct Ids {
    pub id: u128,
    pub reverses: Option<u128>,
}

impl Book {
    pub(super) fn apply_step(
        &mut self,
        time: Timestamp,
        step: &Step,
        allowed: &Allowed,
    ) -> Result<(), AmountError> {
        match (step, allowed) {
            (Step::Transfer(transfer), Allowed::Transfer(effect)) => {
                let reverses = transfer.reverses.map(|original| original.uuid().as_u128());
                let ids = Ids { id: transfer.id.uuid().as_u128(), reverses };
                self.apply_transfer(time, ids, effect)?;
            }
            (Step::DefineCommodity { code, scale }, Allowed::Commodity) => {
                // Memory ends long before 32 bits do.
                let number = u32::try_from(self.commodities.len()).unwrap_or(u32::MAX);
                self.commodities.push(CommodityState { code: *code, scale: *scale });
                self.commodity_numbers.insert(*code, number);
                self.undo.push(Undo::CommodityDefined);
            }
            (Step::OpenAccount(account), Allowed::Account { commodity }) => {
                self.open(account, *commodity);
            }
            (Step::SetLimits { limits, .. }, Allowed::Limits { number }) => {
                let before = Box::new(self.accounts.set_limits(*number, *limits));
                self.undo.push(Undo::Limits { number: *number, before });
            }
            (Step::CloseAccount { .. }, Allowed::Close { number }) => {
                self.close(*number);
            }
            (Step::Freeze { frozen, .. }, Allowed::Freeze { number }) => {
                let account = self.accounts.get_mut(*number);
                let before = std::mem::replace(&mut account.frozen, *frozen);
                self.undo.push(Undo::Frozen { number: *number, before });
            }
            (Step::LockPeriod { until }, Allowed::LockPeriod) => {
                let before = std::mem::replace(&mut self.locked_until, *until);
                self.undo.push(Undo::PeriodLocked { before });
            }
            (Step::OpenGroup { group, .. }, Allowed::Group { parent }) => {
                self.tree.push(group.uuid().as_u128(), *parent);
                self.undo.push(Undo::GroupOpened);
            }
            (Step::LimitGroup { limits, .. }, Allowed::GroupLimits { group, commodity }) => {
                let node = self.node_for((*group, *commodity));
                let before = std::mem::replace(&mut self.tree.node_mut(node).limits, *limits);
                self.undo.push(Undo::GroupLimits { node, before: Box::new(before) });
            }
            (
                Step::MoveAccount { .. } | Step::MoveGroup { .. },
                Allowed::Move { moving, tallies },
            ) => self.regroup_to(*moving, tallies),
            // `Allowed` is made from the step itself.
            (_, _) => {}
        }
        Ok(())
    }

    fn open(&mut self, account: &NewAccount, commodity: u32) {
        let state = AccountState {
            posted: Amount::ZERO,
            commodity,
            code: account.code,
            kind: account.kind,
            closed: false,
            frozen: false,
            node: NO_NODE,
        };
        let number = self.accounts.push(account.id.uuid().as_u128(), state);
        self.undo.push(Undo::AccountOpened);
        self.accounts.set_limits(number, account.limits);
    }

    /// Applies a transfer.
    ///
    /// # Errors
    /// Where a balance would overflow, which is not allowed and so stands in no journal.
    pub(super) fn apply_transfer(
        &mut self,
        time: Timestamp,
        ids: Ids,
        effect: &Effect,
    ) -> Result<(), AmountError> {
        let Ids { id, reverses } = ids;
        self.transfer_count += 1;
        self.transfers.insert(id, self.transfer_count, time);
        self.undo.push(Undo::TransferNoted { id });
        if let Some(original) = reverses {
            let id = reversal_of(original);
            self.transfers.insert(id, self.transfer_count, time);
            self.undo.push(Undo::ReversalNoted { id });
        }
        match *effect {
            Effect::Post { debit, credit, amount } => {
                self.flow(&Flow { debit, credit, posted: amount, held: Amount::ZERO })
            }
            Effect::CloseInto { account, into, balance } => {
                let (debit, credit, held) = (into, account, Amount::ZERO);
                self.flow(&Flow { debit, credit, posted: balance, held })?;
                self.close(account);
                Ok(())
            }
            Effect::Hold { debit, credit, amount, expires } => {
                self.add_hold(id, HoldState { debit, credit, amount, expires });
                self.undo.push(Undo::HoldAdded { id });
                self.flow(&Flow { debit, credit, posted: Amount::ZERO, held: amount })
            }
            Effect::PostHold { hold, amount, rest } => self.settle_hold(hold, amount, rest),
            Effect::VoidHold { hold } => self.settle_hold(hold, Amount::ZERO, Rest::Release),
        }
    }

    /// Posts a part of a hold, and releases the rest or keeps it held.
    pub(super) fn settle_hold(
        &mut self,
        id: u128,
        posted: Amount,
        rest: Rest,
    ) -> Result<(), AmountError> {
        let Some(hold) = self.remove_hold(id) else { return Ok(()) };
        let HoldState { debit, credit, amount, .. } = hold;
        self.undo.push(Undo::HoldRemoved { id, hold: Box::new(hold) });
        let kept = match rest {
            Rest::Release => Amount::ZERO,
            Rest::Keep => amount.checked_sub(posted)?,
        };
        if !kept.is_zero() {
            self.add_hold(id, HoldState { amount: kept, ..hold });
            self.undo.push(Undo::HoldAdded { id });
        }
        let released = kept.checked_sub(amount)?;
        self.flow(&Flow { debit, credit, posted, held: released })
    }

    /// Changes both accounts, and the groups above one of them only.
    #[inline]
    fn flow(&mut self, flow: &Flow) -> Result<(), AmountError> {
        if !flow.held.is_zero() {
            self.hold(flow.debit, flow.held_debit())?;
            self.hold(flow.credit, flow.held_credit())?;
        }
        if !flow.posted.is_zero() {
            self.post(flow.debit, flow.posted)?;
            self.post(flow.credit, flow.posted.negate())?;
        }
        let (one, other) = self.nodes_above(flow);
        if one == other { Ok(()) } else { self.flow_above(flow) }
    }

    fn flow_above(&mut self, flow: &Flow) -> Result<(), AmountError> {
        let (one, other) = self.nodes_above(flow);
        let (debited, credited) = self.tree.apart(one, other);
        for node in debited.nodes() {
            self.add_to_node(*node, flow.posted, flow.held_debit())?;
        }
        for node in credited.nodes() {
            self.add_to_node(*node, flow.posted.negate(), flow.held_credit())?;
        }
        Ok(())
    }

    fn add_to_node(&mut self, node: u32, posted: Amount, held: Held) -> Result<(), AmountError> {
        let tally = &mut self.tree.node_mut(node).tally;
        let before = std::mem::replace(tally, tally.plus(posted, held)?);
        self.undo.push(match held == Held::default() {
            true => Undo::TallyPosted { node, before: before.posted },
            false => Undo::Tally { node, before: Box::new(before) },
        });
        Ok(())
    }

    /// The node of a group in a commodity; it and those above it are made where there are none.
    fn node_for(&mut self, (group, commodity): Place) -> u32 {
        if let Some(node) = self.tree.node_at((group, commodity)) {
            return node;
        }
        if let Some(parent) = self.tree.parent(group) {
            self.node_for((parent, commodity));
        }
        self.undo.push(Undo::NodeAdded);
        self.tree.push_node((group, commodity))
    }

    fn regroup_to(&mut self, moving: Moving, tallies: &Tallies) {
        for (place, tally) in tallies {
            let node = self.node_for(*place);
            let before = std::mem::replace(&mut self.tree.node_mut(node).tally, *tally);
            self.undo.push(Undo::Tally { node, before: Box::new(before) });
        }
        match moving {
            Moving::Account { number, to } => {
                let commodity = self.accounts.get(number).commodity;
                let node = to.map_or(NO_NODE, |group| self.node_for((group, commodity)));
                let before = std::mem::replace(&mut self.accounts.get_mut(number).node, node);
                self.undo.push(Undo::Placed { number, before });
            }
            Moving::Group { number, to } => {
                for node in self.tree.nodes_of(number) {
                    let commodity = self.tree.node(node).commodity;
                    to.into_iter().for_each(|to| {
                        self.node_for((to, commodity));
                    });
                }
                let before = self.tree.set_parent(number, to);
                self.undo.push(Undo::GroupMoved { group: number, before });
            }
        }
    }

    fn close(&mut self, number: u32) {
        self.accounts.get_mut(number).closed = true;
        self.undo.push(Undo::Closed { number });
    }

    fn post(&mut self, number: u32, amount: Amount) -> Result<(), AmountError> {
        let account = self.accounts.get_mut(number);
        let before = account.posted;
        account.posted = before.checked_add(amount)?;
        self.undo.push(Undo::Posted { number, before });
        Ok(())
    }

    fn hold(&mut self, number: u32, held: Held) -> Result<(), AmountError> {
        let before = self.accounts.held(number);
        let after = Held {
            debit: before.debit.checked_add(held.debit)?,
            credit: before.credit.checked_add(held.credit)?,
        };
        self.accounts.set_held(number, after);
        self.undo.push(Undo::Held { number, before: Box::new(before) });
        Ok(())
    }

    /// Notes what came of a command with a key.
    pub(super) fn note_key(&mut self, key: CommandKey, outcome: Outcome) {
        let CommandKey { id, body, first_seen } = key;
        self.keys.note(id, KeyState { body, first_seen, outcome }, self.transfer_count);
        self.undo.push(Undo::KeyNoted);
    }

    pub(super) fn add_hold(&mut self, id: u128, hold: HoldState) {
        self.holds.insert(id, hold);
        if let Some(expires) = hold.expires {
            self.expiries.insert((expires, id));
        }
    }

    fn remove_hold(&mut self, id: u128) -> Option<HoldState> {
        let hold = self.holds.remove(&id)?;
        if let Some(expires) = hold.expires {
            self.expiries.remove(&(expires, id));
        }
        Some(hold)
    }

    /// Takes everything after a mark back, the latest first.
    pub(super) fn take_back(&mut self, mark: usize) {
        while self.undo.len() > mark {
            match self.undo.pop() {
                Some(Undo::Posted { number, before }) => {
                    self.accounts.get_mut(number).posted = before;
                }
                Some(Undo::Held { number, before }) => {
                    self.accounts.set_held(number, *before);
                }
                Some(Undo::Limits { number, before }) => {
                    self.accounts.set_limits(number, *before);
                }
                Some(Undo::Closed { number }) => self.accounts.get_mut(number).closed = false,
                Some(Undo::Frozen { number, before }) => {
                    self.accounts.get_mut(number).frozen = before;
                }
                Some(Undo::PeriodLocked { before }) => self.locked_until = before,
                Some(Undo::AccountOpened) => self.accounts.pop(),
                Some(Undo::GroupOpened) => self.tree.pop(),
                Some(Undo::NodeAdded) => self.tree.pop_node(),
                Some(Undo::TallyPosted { node, before }) => {
                    self.tree.node_mut(node).tally.posted = before;
                }
                Some(Undo::Tally { node, before }) => self.tree.node_mut(node).tally = *before,
                Some(Undo::GroupLimits { node, before }) => {
                    self.tree.node_mut(node).limits = *before;
                }
                Some(Undo::Placed { number, before }) => {
                    self.accounts.get_mut(number).node = before;
                }
                Some(Undo::GroupMoved { group, before }) => {
                    self.tree.set_parent(group, before);
                }
                Some(Undo::CommodityDefined) => {
                    if let Some(commodity) = self.commodities.pop() {
                        self.commodity_numbers.remove(&commodity.code);
                    }
                }
                Some(Undo::TransferNoted { id }) => {
                    self.transfers.remove(id);
                    self.transfer_count -= 1;
                }
                Some(Undo::ReversalNoted { id }) => self.transfers.remove(id),
                Some(Undo::HoldAdded { id }) => {
                    self.remove_hold(id);
                }
                Some(Undo::HoldRemoved { id, hold }) => self.add_hold(id, *hold),
                Some(Undo::KeyNoted) => self.keys.take_back(),
                None => return,
            }
        }
    }

    /// When the next hold expires.
    pub(super) fn next_expiry(&self) -> Option<Timestamp> {
        self.expiries.first().map(|(expires, _)| *expires)
    }
}
