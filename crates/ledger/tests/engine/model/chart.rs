//! The model's chart of accounts: what a group has is asked of every account and every hold.

use super::{Account, Hold, Model, total};

#[derive(Clone, Debug)]
pub struct Group {
    pub number: u8,
    pub parent: Option<u8>,
    /// Commodity, floor and ceiling, debits positive.
    limits: Vec<(u8, Option<i128>, Option<i128>)>,
}

/// What a group holds in a commodity: posted, held to be debited, held to be credited.
pub type Holding = (i128, i128, i128);

impl Model {
    pub fn open_group(&mut self, number: u8, parent: Option<u8>) -> Result<(), &'static str> {
        if self.groups.iter().any(|group| group.number == number) {
            return Err("group_exists");
        }
        self.known_group(parent)?;
        self.groups.push(Group { number, parent, limits: Vec::new() });
        Ok(())
    }

    pub fn limit_group(
        &mut self,
        number: u8,
        commodity: u8,
        bounds: (Option<i128>, Option<i128>),
    ) -> Result<(), &'static str> {
        self.known_group(Some(number))?;
        if !self.commodities.iter().any(|known| known.0 == commodity) {
            return Err("commodity_unknown");
        }
        for group in &mut self.groups {
            if group.number == number {
                group.limits.retain(|limit| limit.0 != commodity);
                group.limits.push((commodity, bounds.0, bounds.1));
            }
        }
        Ok(())
    }

    pub fn move_account(&mut self, number: u8, group: Option<u8>) -> Result<(), &'static str> {
        let before = self.clone();
        self.find(number).ok_or("account_unknown")?;
        self.known_group(group)?;
        let mine = |account: &&mut Account| account.number == number;
        self.accounts.iter_mut().filter(mine).for_each(|account| account.group = group);
        self.check_all_groups(&before)
    }

    pub fn move_group(&mut self, number: u8, parent: Option<u8>) -> Result<(), &'static str> {
        let before = self.clone();
        self.known_group(Some(number))?;
        self.known_group(parent)?;
        if self.from(parent).contains(&number) {
            return Err("group_cycle");
        }
        let mine = |group: &&mut Group| group.number == number;
        self.groups.iter_mut().filter(mine).for_each(|group| group.parent = parent);
        self.check_all_groups(&before)
    }

    fn known_group(&self, number: Option<u8>) -> Result<(), &'static str> {
        match number {
            Some(number) if !self.groups.iter().any(|group| group.number == number) => {
                Err("group_unknown")
            }
            _ => Ok(()),
        }
    }

    /// A group and those above it, the lowest first.
    fn from(&self, group: Option<u8>) -> Vec<u8> {
        let Some(number) = group else { return Vec::new() };
        let parent = self.groups.iter().find(|group| group.number == number).unwrap().parent;
        [vec![number], self.from(parent)].concat()
    }

    fn is_below(&self, account: u8, group: u8) -> bool {
        self.from(self.find(account).unwrap().group).contains(&group)
    }

    /// What a group holds, if it and what its holds could lead to fit an amount.
    pub fn holding(&self, group: u8, commodity: u8) -> Option<Holding> {
        let counts = |account: &&Account| account.shape.commodity == commodity;
        let below = |account: &&Account| self.is_below(account.number, group);
        let accounts = self.accounts.iter().filter(counts).filter(below);
        let posted = wide_sum(accounts.flat_map(|account| account.entries.iter().copied()))?;
        let counts =
            |hold: &&Hold| hold.open && self.find(hold.debit).unwrap().shape.commodity == commodity;
        let mine = |one: u8, other: u8| self.is_below(one, group) && !self.is_below(other, group);
        let open = || self.holds.iter().filter(counts);
        let debit = total(open().filter(|hold| mine(hold.debit, hold.credit)).map(Hold::left))?;
        let credit = total(open().filter(|hold| mine(hold.credit, hold.debit)).map(Hold::left))?;
        Some((posted, debit, credit))
    }

    pub fn group_limits(&self, group: u8, commodity: u8) -> (Option<i128>, Option<i128>) {
        let group = self.groups.iter().find(|known| known.number == group).unwrap();
        let limit = group.limits.iter().find(|limit| limit.0 == commodity);
        limit.map_or((None, None), |limit| (limit.1, limit.2))
    }

    fn group_reach(&self, group: u8, commodity: u8) -> Option<(i128, i128)> {
        let (posted, debit, credit) = self.holding(group, commodity)?;
        Some((total([posted, -credit])?, total([posted, debit])?))
    }

    /// The groups above one account and not above the other, the lowest first.
    fn apart(&self, one: u8, other: u8) -> Vec<u8> {
        let groups = self.from(self.find(one).unwrap().group);
        groups.into_iter().filter(|group| !self.is_below(other, *group)).collect()
    }

    /// Whether the groups above two accounts may stand as they do now.
    pub fn check_groups(&self, before: &Self, [one, other]: [u8; 2]) -> Result<(), &'static str> {
        let commodity = self.find(one).unwrap().shape.commodity;
        for group in [self.apart(one, other), self.apart(other, one)].concat() {
            self.check_group(before, group, commodity)?;
        }
        Ok(())
    }

    fn check_all_groups(&self, before: &Self) -> Result<(), &'static str> {
        let places = || {
            let commodities = |group: u8| self.commodities.iter().map(move |one| (group, one.0));
            self.groups.iter().flat_map(move |group| commodities(group.number))
        };
        for (group, commodity) in places() {
            self.holding(group, commodity).ok_or("overflow")?;
        }
        places().try_for_each(|(group, commodity)| self.check_group(before, group, commodity))
    }

    fn check_group(&self, before: &Self, group: u8, commodity: u8) -> Result<(), &'static str> {
        let (low, high) = self.group_reach(group, commodity).ok_or("overflow")?;
        let (low_before, high_before) = before.group_reach(group, commodity).unwrap();
        let (floor, ceiling) = self.group_limits(group, commodity);
        if floor.is_some_and(|floor| low < floor && low < low_before) {
            return Err("group_below_floor");
        }
        if ceiling.is_some_and(|ceiling| high > ceiling && high > high_before) {
            return Err("group_above_ceiling");
        }
        Ok(())
    }

    /// How much may pass from one account to another until a group is at a limit.
    pub fn group_room(&self, debit: u8, credit: u8) -> Option<i128> {
        let commodity = self.find(debit).unwrap().shape.commodity;
        let mut most = i128::MAX;
        for (one, other) in [(debit, credit), (credit, debit)] {
            for group in self.apart(one, other) {
                let (low, high) = self.group_reach(group, commodity)?;
                let (floor, ceiling) = self.group_limits(group, commodity);
                let room = match one == debit {
                    true => ceiling.map(|ceiling| ceiling.saturating_sub(high)),
                    false => floor.map(|floor| low.saturating_sub(floor)),
                };
                most = most.min(room.unwrap_or(i128::MAX));
            }
        }
        Some(most)
    }

    /// Each group with the group above it, in the order of opening.
    pub fn groups(&self) -> Vec<(u8, Option<u8>)> {
        self.groups.iter().map(|group| (group.number, group.parent)).collect()
    }

    /// Each account with its group.
    pub fn account_groups(&self) -> Vec<(u8, Option<u8>)> {
        self.accounts.iter().map(|account| (account.number, account.group)).collect()
    }
}

/// The sum, if it fits 127 bits and a sign, however large the sums on the way are.
fn wide_sum(amounts: impl IntoIterator<Item = i128>) -> Option<i128> {
    const LOW: i128 = (1 << 64) - 1;
    let add = |(high, low): (i128, i128), add: i128| (high + (add >> 64), low + (add & LOW));
    let (high, low) = amounts.into_iter().fold((0, 0), add);
    let (high, low) = (high + (low >> 64), low & LOW);
    let fits = i64::try_from(high).is_ok();
    Some((high << 64) | low).filter(|_| fits).filter(|sum| *sum != i128::MIN)
}
