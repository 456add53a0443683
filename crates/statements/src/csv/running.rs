//! The running balance: it proves which way a file runs, and what its signs mean.
//!
//! What must stay true: a balance proves something only where every line agrees; where lines do not
//! follow from one another this is said, and nothing is repaired.

use kernel::Decimal;

use crate::limits::BREAKS_KEPT_MAX;

/// Which way the lines of a file run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// The oldest line comes first.
    Forward,
    /// The newest line comes first.
    Backward,
}

/// The lines of a table as they pass: how many balances follow from one another, in each way to
/// read them.
#[derive(Debug, Default)]
pub(crate) struct Running {
    /// How many balances could be compared with the one before.
    compared: usize,
    /// How many do not follow: forward, backward, and both with the opposite sign.
    breaks: [usize; 4],
    /// The lines of those that do not, forward and backward, as many as are kept.
    lines: [Vec<u32>; 2],
    last: Option<Last>,
    /// Whether any line stated a balance.
    pub any_balance: bool,
}

/// The last line with a balance.
#[derive(Debug)]
struct Last {
    line: u32,
    amount: Decimal,
    balance: Decimal,
    /// The sum of the amounts behind it.
    since: Decimal,
}

/// What the running balance says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// `None` where too few lines follow from one another.
    pub direction: Option<Direction>,
    /// Whether it is proved that the amounts have the opposite sign.
    pub inverted: bool,
    /// How many balances could be compared with the one before.
    pub compared: usize,
    /// How many of them do not follow.
    pub breaks: usize,
}

/// How many rows at least prove that a column is the running balance of another.
pub(super) const PAIR_ROWS_MIN: usize = 3;

impl Running {
    /// Takes a line into account: its amount, and the balance behind it where there is one.
    pub fn take(&mut self, line: u32, amount: Decimal, balance: Option<Decimal>) {
        let Some(balance) = balance else {
            let since = self.last.as_ref().and_then(|last| last.since.checked_add(amount).ok());
            self.last = self.last.take().zip(since).map(|(last, since)| Last { since, ..last });
            return;
        };
        self.any_balance = true;
        let before = self.last.replace(Last { line, amount, balance, since: Decimal::ZERO });
        if let Some(before) = before {
            self.compare(&before, (line, amount, balance));
        }
    }

    /// A line was refused: what stands before and behind it cannot be compared.
    pub fn interrupt(&mut self) {
        self.last = None;
    }

    /// Whether any line allows the usual sign: then no other one can be proved.
    pub const fn allows_usual_sign(&self) -> bool {
        let [forward, backward, ..] = self.breaks;
        forward < self.compared || backward < self.compared
    }

    /// The lines whose balance does not follow in a direction, as many as were kept.
    pub fn broken_lines(&self, direction: Direction) -> &[u32] {
        let [forward, backward] = &self.lines;
        match direction {
            Direction::Forward => forward,
            Direction::Backward => backward,
        }
    }

    /// Judges the lines. `usual` is the direction that the dates say, and counts where both are
    /// possible; `sign_is_open` whether an inverted sign may be found.
    pub fn judge(&self, usual: Direction, sign_is_open: bool) -> Verdict {
        use Direction::{Backward, Forward};
        let other = if usual == Forward { Backward } else { Forward };
        let ways = [(usual, false), (other, false), (usual, true), (other, true)];
        let tried = ways.into_iter().take(if sign_is_open { 4 } else { 2 });
        let [forward, backward, forward_inverted, backward_inverted] = self.breaks;
        let mut best: Option<((Direction, bool), usize)> = None;
        for way in tried {
            let breaks = match way {
                (Forward, false) => forward,
                (Backward, false) => backward,
                (Forward, true) => forward_inverted,
                (Backward, true) => backward_inverted,
            };
            let better = best.is_none_or(|(_, least)| {
                // An inverted sign is taken only where not a single line allows the usual one.
                breaks < least && (!way.1 || least == self.compared)
            });
            if better {
                best = Some((way, breaks));
            }
        }
        match best {
            Some(((direction, inverted), breaks)) if breaks * 2 <= self.compared => {
                let (direction, compared) = (Some(direction), self.compared);
                Verdict { direction, inverted, compared, breaks }
            }
            Some(_) | None => Verdict { compared: self.compared, ..Verdict::default() },
        }
    }

    /// Compares the balances of two lines that follow one another.
    fn compare(&mut self, before: &Last, (line, amount, balance): (u32, Decimal, Decimal)) {
        let forward = before.since.checked_add(amount);
        let backward = before.since.checked_add(before.amount);
        let (Ok(forward), Ok(backward)) = (forward, backward) else {
            return;
        };
        let leads = |from: Decimal, sum: Decimal, to: Decimal| from.checked_add(sum) == Ok(to);
        let follows =
            [leads(before.balance, forward, balance), leads(balance, backward, before.balance)];
        self.compared += 1;
        let follows = follows.into_iter().zip([line, before.line]);
        let kept = self.breaks.iter_mut().zip(&mut self.lines);
        for ((count, lines), (follows, place)) in kept.zip(follows) {
            *count += usize::from(!follows);
            if !follows && lines.len() < BREAKS_KEPT_MAX {
                lines.push(place);
            }
        }
        if self.allows_usual_sign() {
            return;
        }
        let follows = [
            leads(before.balance, forward.negate(), balance),
            leads(balance, backward.negate(), before.balance),
        ];
        for (count, follows) in self.breaks.iter_mut().skip(2).zip(follows) {
            *count += usize::from(!follows);
        }
    }
}

/// Columns of numbers, of which one may be the running balance of another.
pub(super) struct Pairs {
    pairs: Vec<(usize, usize)>,
    holds: Vec<[bool; 4]>,
    before: Option<Vec<Decimal>>,
    count: usize,
}

impl Pairs {
    /// All pairs among so many columns.
    pub fn among(width: usize) -> Self {
        let pairs: Vec<(usize, usize)> = (0..width)
            .flat_map(|amount| (0..width).map(move |balance| (amount, balance)))
            .filter(|(amount, balance)| amount != balance)
            .collect();
        let holds = vec![[true; 4]; pairs.len()];
        Self { pairs, holds, before: None, count: 0 }
    }

    /// Takes a row into account.
    pub fn take(&mut self, row: Vec<Decimal>) {
        self.count += 1;
        if let Some(before) = &self.before {
            for (pair, holds) in self.pairs.iter().zip(&mut self.holds) {
                let follows = follows(before, &row, *pair);
                for (holds, follows) in holds.iter_mut().zip(follows) {
                    *holds = *holds && follows;
                }
            }
        }
        self.before = Some(row);
    }

    /// The only two columns of which the second is the running balance of the first.
    pub fn only(&self) -> Option<(usize, usize)> {
        let pairs = self.pairs.iter().zip(&self.holds);
        let mut proved = pairs.filter(|(_, holds)| holds.contains(&true));
        match (proved.next(), proved.next()) {
            (Some((pair, _)), None) if self.count >= PAIR_ROWS_MIN => Some(*pair),
            _ => None,
        }
    }
}

/// Whether a balance follows: forward, forward inverted, backward, backward inverted.
fn follows(before: &[Decimal], row: &[Decimal], (amount, balance): (usize, usize)) -> [bool; 4] {
    let cell = |row: &[Decimal], index: usize| row.get(index).copied();
    let parts =
        (cell(before, amount), cell(before, balance), cell(row, amount), cell(row, balance));
    let (Some(old_amount), Some(old), Some(new_amount), Some(new)) = parts else {
        return [false; 4];
    };
    let is_sum = |sum: Decimal, one: Decimal, two: Decimal| one.checked_add(two).ok() == Some(sum);
    [
        is_sum(new, old, new_amount),
        is_sum(new, old, new_amount.negate()),
        is_sum(old, new, old_amount),
        is_sum(old, new, old_amount.negate()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines counted from 0: `10@110` has an amount and a balance, `x` was refused.
    fn running(text: &str) -> Running {
        let number = |text: &str| Decimal::parse(text).unwrap();
        let mut running = Running::default();
        for (line, text) in (0..).zip(text.split_whitespace()) {
            match text.split_once('@') {
                Some((amount, balance)) => {
                    running.take(line, number(amount), Some(number(balance)))
                }
                None if text == "x" => running.interrupt(),
                None => running.take(line, number(text), None),
            }
        }
        running
    }

    #[track_caller]
    fn check(text: &str, direction: Option<Direction>, inverted: bool, breaks: &[u32]) {
        let running = running(text);
        let found = running.judge(Direction::Forward, true);
        let expected = (direction, inverted, breaks.len());
        assert_eq!((found.direction, found.inverted, found.breaks), expected, "{text}");
        if let Some(direction) = direction.filter(|_| !inverted) {
            assert_eq!(running.broken_lines(direction), breaks, "{text}");
        }
    }

    #[test]
    fn balances_prove_direction_and_sign() {
        use Direction::{Backward, Forward};
        check("10@110 -20@90 5@95", Some(Forward), false, &[]);
        check("5@95 -20@90 10@110", Some(Backward), false, &[]);
        check("-10@110 20@90 -5@95", Some(Forward), true, &[]);
        check("-5@95 20@90 -10@110", Some(Backward), true, &[]);
        check("10@110 -20 5@95", Some(Forward), false, &[]);
        check("10@110 x 5@95", Some(Forward), false, &[]);
        check("10@110 -20@90 5@96 1@97", Some(Forward), false, &[2]);
        check("10@110 -20@50 5@96 1@7", None, false, &[]);
        check("10@110", Some(Forward), false, &[]);
        // One line allows the usual sign: three that do not are no proof.
        check("10@110 -20@90 5@85 -7@92 3@89", None, false, &[]);
        check("-10@110 20@90", Some(Forward), true, &[]);
        check("-10@110 20@90 -5@95 2@99 3@96", Some(Forward), true, &[3]);
    }

    #[test]
    fn one_pair_of_columns_is_found_or_none() {
        let number = |text: &str| Decimal::parse(text).unwrap();
        let only = |table: &str| {
            let mut pairs = Pairs::among(table.split(' ').next().unwrap().split(',').count());
            table.split(' ').for_each(|row| pairs.take(row.split(',').map(number).collect()));
            pairs.only()
        };
        assert_eq!(only("7,10,110 7,-20,90 7,5,95"), Some((1, 2)));
        assert_eq!(only("10,110 -20,90"), None);
    }
}
