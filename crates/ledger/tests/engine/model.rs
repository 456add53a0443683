//! A plain model of a book. It imports nothing of the ledger: balances are sums over lists, undoing
//! is going back to a copy, and every question is answered by looking at everything.

// The simulation reads this file from a folder of its own.
#[path = "model/chart.rs"]
mod chart;

use chart::Group;

/// What an account is; the sign of its natural side follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub commodity: u8,
    pub debit_normal: bool,
    pub floor: Option<i128>,
    pub ceiling: Option<i128>,
}

/// One thing to do, in numbers that stand for ids. Holds expire at a time in microseconds; one that
/// says it reverses something is wrong, whatever that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Define { commodity: u8, scale: u8 },
    Open { account: u8, shape: Shape },
    Limit { account: u8, floor: Option<i128>, ceiling: Option<i128> },
    Close { account: u8 },
    Freeze { account: u8, frozen: bool },
    Lock { until: Option<u8> },
    OpenGroup { group: u8, parent: Option<u8> },
    MoveAccount { account: u8, group: Option<u8> },
    MoveGroup { group: u8, parent: Option<u8> },
    LimitGroup { group: u8, commodity: u8, floor: Option<i128>, ceiling: Option<i128> },
    Post { id: u8, debit: u8, credit: u8, amount: i128, reverses: Option<u8> },
    Hold { id: u8, debit: u8, credit: u8, amount: i128, expires: Option<i64>, reverses: bool },
    PostUpTo { id: u8, debit: u8, credit: u8, maximum: Option<i128>, balance_debit: bool },
    CloseInto { id: u8, account: u8, into: u8 },
    PostHold { id: u8, hold: u8, amount: Option<i128>, keep: bool },
    VoidHold { id: u8, hold: u8 },
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    Done { first: u64, rejected: Vec<(usize, &'static str)>, found: Vec<(usize, i128)> },
    Rejected { step: usize, code: &'static str },
}

#[derive(Clone, Debug)]
struct Account {
    number: u8,
    shape: Shape,
    closed: bool,
    frozen: bool,
    group: Option<u8>,
    /// Debit-positive changes, one for each posting.
    entries: Vec<i128>,
}

#[derive(Clone, Debug)]
struct Hold {
    id: u8,
    debit: u8,
    credit: u8,
    amount: i128,
    /// What was posted of it, one for each capture.
    captures: Vec<i128>,
    expires: Option<i64>,
    open: bool,
}

impl Hold {
    fn left(&self) -> i128 {
        self.amount - self.captures.iter().sum::<i128>()
    }
}

/// A book.
#[derive(Clone, Debug, Default)]
pub struct Model {
    commodities: Vec<(u8, u8)>,
    accounts: Vec<Account>,
    groups: Vec<Group>,
    transfers: Vec<(u8, Act)>,
    holds: Vec<Hold>,
    keys: Vec<(u8, u8, Came)>,
    /// The last day that is closed; a transfer counts from the day of its number.
    pub locked: Option<u8>,
    pub now: i64,
}

impl Model {
    /// Decides a command: acts that succeed or fail together, or each on its own, under a key and a
    /// body or without.
    pub fn execute(&mut self, key: Option<(u8, u8)>, each: bool, acts: &[Act]) -> Came {
        if let Some((key, body)) = key
            && let Some((_, known, came)) = self.keys.iter().find(|(known, _, _)| *known == key)
        {
            let reused = Came::Rejected { step: 0, code: "idempotency_key_reused" };
            return if *known == body { came.clone() } else { reused };
        }
        let before = self.clone();
        let first = self.transfers.len() as u64 + 1;
        let (mut rejected, mut found) = (Vec::new(), Vec::new());
        let mut failed = None;
        if acts.is_empty() {
            failed = Some(Came::Rejected { step: 0, code: "step_count" });
        }
        for (step, act) in acts.iter().enumerate() {
            let before_act = self.clone();
            match self.act(*act) {
                Ok(amount) => found.extend(amount.map(|amount| (step, amount))),
                Err(code) if each => {
                    *self = before_act;
                    rejected.push((step, code));
                }
                Err(code) => {
                    *self = before;
                    failed = Some(Came::Rejected { step, code });
                    break;
                }
            }
        }
        let came = failed.unwrap_or(Came::Done { first, rejected, found });
        if let Some((key, body)) = key {
            self.keys.push((key, body, came.clone()));
        }
        came
    }

    /// What was moved, where the act leaves that open.
    fn act(&mut self, act: Act) -> Result<Option<i128>, &'static str> {
        match act {
            Act::Define { commodity, scale } => {
                match self.commodities.iter().find(|known| known.0 == commodity) {
                    Some(known) if known.1 != scale => return Err("commodity_differs"),
                    Some(_) => {}
                    None => self.commodities.push((commodity, scale)),
                }
                return Ok(None);
            }
            Act::Open { account, shape } => {
                if self.accounts.iter().any(|known| known.number == account) {
                    return Err("account_exists");
                }
                if !self.commodities.iter().any(|known| known.0 == shape.commodity) {
                    return Err("commodity_unknown");
                }
                let (closed, frozen) = (false, false);
                let (group, entries) = (None, Vec::new());
                let number = account;
                self.accounts.push(Account { number, shape, closed, frozen, group, entries });
                return Ok(None);
            }
            Act::Limit { account, floor, ceiling } => {
                let account = self.open(account)?;
                (account.shape.floor, account.shape.ceiling) = (floor, ceiling);
                return Ok(None);
            }
            Act::Close { account } => {
                self.open(account)?;
                if [true, false].map(|debit| self.held(account, debit)) != [Some(0); 2] {
                    return Err("account_held");
                }
                self.open(account)?.closed = true;
                return Ok(None);
            }
            Act::Freeze { account, frozen } => {
                self.open(account)?.frozen = frozen;
                return Ok(None);
            }
            Act::Lock { until } => {
                self.locked = until;
                return Ok(None);
            }
            Act::OpenGroup { group, parent } => {
                return self.open_group(group, parent).map(|()| None);
            }
            Act::MoveAccount { account, group } => {
                return self.move_account(account, group).map(|()| None);
            }
            Act::MoveGroup { group, parent } => {
                return self.move_group(group, parent).map(|()| None);
            }
            Act::LimitGroup { group, commodity, floor, ceiling } => {
                return self.limit_group(group, commodity, (floor, ceiling)).map(|()| None);
            }
            Act::Post { .. }
            | Act::PostUpTo { .. }
            | Act::CloseInto { .. }
            | Act::Hold { .. }
            | Act::PostHold { .. }
            | Act::VoidHold { .. } => {}
        }
        self.transfer(act)
    }

    fn transfer(&mut self, act: Act) -> Result<Option<i128>, &'static str> {
        let id = match act {
            Act::Post { id, .. }
            | Act::PostUpTo { id, .. }
            | Act::CloseInto { id, .. }
            | Act::Hold { id, .. }
            | Act::PostHold { id, .. }
            | Act::VoidHold { id, .. } => id,
            _ => unreachable!(),
        };
        if self.transfers.iter().any(|known| known.0 == id) {
            return Err("transfer_exists");
        }
        if self.locked.is_some_and(|last| id <= last) {
            return Err("period_locked");
        }
        match act {
            Act::Hold { reverses: true, .. } => return Err("reversal_not_posting"),
            Act::Post { reverses: Some(original), .. } => {
                if !self.transfers.iter().any(|known| known.0 == original) {
                    return Err("transfer_unknown");
                }
                let same = |known: &Act| {
                    matches!(known, Act::Post { reverses, .. }
                    if *reverses == Some(original))
                };
                if self.transfers.iter().any(|known| same(&known.1)) {
                    return Err("already_reversed");
                }
            }
            _ => {}
        }
        let before = self.clone();
        let (touched, found) = self.movement(act)?;
        self.check_accounts(&before, touched)?;
        self.check_groups(&before, touched)?;
        self.transfers.push((id, act));
        Ok(found)
    }

    /// Makes a movement, whatever the limits say: the accounts it touches, and how much it moved
    /// where the act leaves that open.
    fn movement(&mut self, act: Act) -> Result<([u8; 2], Option<i128>), &'static str> {
        match act {
            Act::Post { debit, credit, amount, .. } => {
                self.pair(debit, credit, amount)?;
                self.post(debit, credit, amount);
                Ok(([debit, credit], None))
            }
            Act::PostUpTo { debit, credit, maximum, balance_debit, .. } => {
                if maximum.is_some_and(|maximum| maximum <= 0) {
                    return Err("amount_not_positive");
                }
                self.pair(debit, credit, 1)?;
                let amount = self.as_much(debit, credit, maximum, balance_debit)?;
                self.post(debit, credit, amount);
                Ok(([debit, credit], Some(amount)))
            }
            Act::CloseInto { account, into, .. } => {
                self.pair(account, into, 1)?;
                if [true, false].map(|debit| self.held(account, debit)) != [Some(0); 2] {
                    return Err("account_held");
                }
                let balance: i128 = self.find(account).unwrap().entries.iter().sum();
                self.post(into, account, balance);
                self.open(account)?.closed = true;
                Ok(([into, account], Some(balance)))
            }
            Act::Hold { id, debit, credit, amount, expires, .. } => {
                self.pair(debit, credit, amount)?;
                if expires.is_some_and(|expires| expires <= self.now) {
                    return Err("expiry_past");
                }
                let (captures, open) = (Vec::new(), true);
                self.holds.push(Hold { id, debit, credit, amount, captures, expires, open });
                Ok(([debit, credit], None))
            }
            Act::PostHold { hold, amount, keep, .. } => {
                let held = self.open_hold(hold)?;
                self.usable(held.debit)?;
                self.usable(held.credit)?;
                let (found, amount) = match amount {
                    Some(amount) => (None, amount),
                    None => (Some(held.left()), held.left()),
                };
                if amount <= 0 {
                    return Err("amount_not_positive");
                }
                if amount > held.left() {
                    return Err("hold_exceeded");
                }
                if keep && amount < held.left() {
                    self.capture(hold, amount);
                } else {
                    self.settle(hold);
                }
                self.post(held.debit, held.credit, amount);
                Ok(([held.debit, held.credit], found))
            }
            Act::VoidHold { hold, .. } => {
                let held = self.open_hold(hold)?;
                self.settle(hold);
                Ok(([held.debit, held.credit], None))
            }
            _ => unreachable!(),
        }
    }

    /// Whether accounts may stand as they do now, having stood as they did before.
    fn check_accounts(&self, before: &Self, touched: [u8; 2]) -> Result<(), &'static str> {
        for number in touched {
            let posted = total(self.find(number).unwrap().entries.iter().copied());
            let held = [true, false].map(|debit| self.held(number, debit));
            if posted.is_none() || held.contains(&None) {
                return Err("overflow");
            }
            let shape = self.find(number).unwrap().shape;
            let (low, high) = self.reach(number).ok_or("overflow")?;
            let (low_before, high_before) = before.reach(number).unwrap();
            if shape.floor.is_some_and(|floor| low < floor && low < low_before) {
                return Err("below_floor");
            }
            if shape.ceiling.is_some_and(|ceiling| high > ceiling && high > high_before) {
                return Err("above_ceiling");
            }
        }
        Ok(())
    }

    /// The largest amount, up to a maximum, with which no limit is broken; zero limits an account
    /// that is to be balanced and has no limit of its own.
    fn as_much(
        &self,
        debit: u8,
        credit: u8,
        maximum: Option<i128>,
        balance_debit: bool,
    ) -> Result<i128, &'static str> {
        let mut most = maximum.unwrap_or(i128::MAX);
        for (number, debited) in [(debit, true), (credit, false)] {
            let (low, high) = self.reach(number).ok_or("overflow")?;
            let shape = self.find(number).unwrap().shape;
            let grows = shape.debit_normal == debited;
            let bound = if grows { shape.ceiling } else { shape.floor };
            let balanced = debited == balance_debit;
            if let Some(bound) = bound.or(if balanced { Some(0) } else { None }) {
                // More than fits is more than any amount, or less than none.
                let room =
                    if grows { bound.saturating_sub(high) } else { low.saturating_sub(bound) };
                most = most.min(room);
            }
        }
        most = most.min(self.group_room(debit, credit).ok_or("overflow")?);
        if most > 0 { Ok(most) } else { Err("nothing_available") }
    }

    fn pair(&mut self, debit: u8, credit: u8, amount: i128) -> Result<(), &'static str> {
        if amount <= 0 {
            return Err("amount_not_positive");
        }
        if debit == credit {
            return Err("same_account");
        }
        let one = self.usable(debit)?.shape.commodity;
        let other = self.usable(credit)?.shape.commodity;
        if one == other { Ok(()) } else { Err("commodities_mixed") }
    }

    fn open_hold(&mut self, id: u8) -> Result<Hold, &'static str> {
        let Some(hold) = self.holds.iter().find(|hold| hold.id == id && hold.open).cloned() else {
            return Err("hold_not_open");
        };
        self.open(hold.debit)?;
        self.open(hold.credit)?;
        Ok(hold)
    }

    fn open(&mut self, number: u8) -> Result<&mut Account, &'static str> {
        let account = self.accounts.iter_mut().find(|account| account.number == number);
        match account {
            None => Err("account_unknown"),
            Some(account) if account.closed => Err("account_closed"),
            Some(account) => Ok(account),
        }
    }

    fn usable(&mut self, number: u8) -> Result<&mut Account, &'static str> {
        let account = self.open(number)?;
        if account.frozen { Err("account_frozen") } else { Ok(account) }
    }

    fn find(&self, number: u8) -> Option<&Account> {
        self.accounts.iter().find(|account| account.number == number)
    }

    fn post(&mut self, debit: u8, credit: u8, amount: i128) {
        for account in &mut self.accounts {
            if account.number == debit {
                account.entries.push(amount);
            }
            if account.number == credit {
                account.entries.push(-amount);
            }
        }
    }

    fn settle(&mut self, id: u8) {
        self.holds.iter_mut().filter(|hold| hold.id == id).for_each(|hold| hold.open = false);
    }

    fn capture(&mut self, id: u8, amount: i128) {
        let mine = |hold: &&mut Hold| hold.id == id;
        self.holds.iter_mut().filter(mine).for_each(|hold| hold.captures.push(amount));
    }

    /// The open holds with what is left of each, in the order of ids.
    pub fn open_holds(&self) -> Vec<(u8, i128)> {
        let open = self.holds.iter().filter(|hold| hold.open);
        let mut open: Vec<_> = open.map(|hold| (hold.id, hold.left())).collect();
        open.sort_unstable();
        open
    }

    fn held(&self, number: u8, debit: bool) -> Option<i128> {
        let mine = |hold: &&Hold| (if debit { hold.debit } else { hold.credit }) == number;
        total(self.holds.iter().filter(|hold| hold.open).filter(mine).map(Hold::left))
    }

    /// The lowest and highest natural balance that holds could lead to.
    fn reach(&self, number: u8) -> Option<(i128, i128)> {
        let account = self.find(number)?;
        let posted = total(account.entries.iter().copied())?;
        let low = total([posted, -self.held(number, false)?])?;
        let high = total([posted, self.held(number, true)?])?;
        Some(if account.shape.debit_normal { (low, high) } else { (-high, -low) })
    }

    /// Time passes: open holds whose time has come are released; their ids.
    pub fn pass(&mut self) -> Vec<u8> {
        let now = self.now;
        let mut expired = Vec::new();
        for hold in &mut self.holds {
            if hold.open && hold.expires.is_some_and(|expires| expires <= now) {
                hold.open = false;
                expired.push(hold.id);
            }
        }
        expired.sort_unstable();
        expired
    }

    /// Each account's number, natural balance, what is held in and out, and whether it is closed
    /// and frozen.
    pub fn balances(&self) -> Vec<(u8, i128, i128, i128, [bool; 2])> {
        let line = |account: &Account| {
            let posted: i128 = account.entries.iter().sum();
            let flags = [account.closed, account.frozen];
            let debit = self.held(account.number, true).unwrap();
            let credit = self.held(account.number, false).unwrap();
            if account.shape.debit_normal {
                (account.number, posted, debit, credit, flags)
            } else {
                (account.number, -posted, credit, debit, flags)
            }
        };
        self.accounts.iter().map(line).collect()
    }

    /// The sum of all balances of a commodity, debits positive: always nothing.
    pub fn sum(&self, commodity: u8) -> i128 {
        let mine = self.accounts.iter().filter(|account| account.shape.commodity == commodity);
        // Two balances may be as large as any: only their sum is sure to fit.
        mine.flat_map(|account| &account.entries).fold(0, |sum: i128, add| sum.wrapping_add(*add))
    }
}

/// The sum, if it and every sum on the way fit 127 bits and a sign.
fn total(amounts: impl IntoIterator<Item = i128>) -> Option<i128> {
    let fits = |sum: &i128| *sum != i128::MIN;
    amounts.into_iter().try_fold(0_i128, |sum, amount| sum.checked_add(amount).filter(fits))
}
