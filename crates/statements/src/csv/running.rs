//! The running balance: it proves which way a file runs, and what its signs mean.
//!
//! What must stay true: a balance proves something only where every line agrees; where lines do not
//! follow from one another this is said, and nothing is repaired.

use kernel::Decimal;

/// A line of a table: its amount, and the balance behind it where there is one. `None` where the
/// line was refused: what stands before and behind it cannot be compared.
pub(super) type Row = Option<(Decimal, Option<Decimal>)>;

/// Which way the lines of a file run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// The oldest line comes first.
    Forward,
    /// The newest line comes first.
    Backward,
}

/// What the running balance says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// `None` where too few lines follow from one another.
    pub direction: Option<Direction>,
    /// Whether it is proved that the amounts have the opposite sign.
    pub inverted: bool,
    /// How many balances could be compared with the one before.
    pub compared: usize,
    /// The rows whose balance does not follow, by their index.
    pub breaks: Vec<usize>,
}

/// A way to read the rows.
#[derive(Clone, Copy)]
struct Hypothesis {
    direction: Direction,
    inverted: bool,
}

/// How many balances were compared, and which ones do not follow.
struct Trial {
    compared: usize,
    breaks: Vec<usize>,
}

/// How many rows at least prove that a column is the running balance of another.
pub(super) const PAIR_ROWS_MIN: usize = 3;

/// Judges rows. `usual` is the direction that the dates say, and counts where both are possible;
/// `sign_is_open` whether an inverted sign may be found.
pub(super) fn judge(rows: &[Row], usual: Direction, sign_is_open: bool) -> Verdict {
    let other = match usual {
        Direction::Forward => Direction::Backward,
        Direction::Backward => Direction::Forward,
    };
    let hypothesis = |direction, inverted| Hypothesis { direction, inverted };
    let mut candidates = vec![hypothesis(usual, false), hypothesis(other, false)];
    if sign_is_open {
        candidates.extend([hypothesis(usual, true), hypothesis(other, true)]);
    }
    let trials = candidates.into_iter().map(|candidate| (candidate, compare(rows, candidate)));
    let mut best: Option<(Hypothesis, Trial)> = None;
    for (candidate, trial) in trials {
        let ruled_out = |best: &Trial| best.breaks.len() == best.compared;
        let better = best.as_ref().is_none_or(|(_, best)| {
            // An inverted sign is taken only where not a single line allows the usual one.
            trial.breaks.len() < best.breaks.len() && (!candidate.inverted || ruled_out(best))
        });
        if better {
            let is_flawless = trial.breaks.is_empty();
            best = Some((candidate, trial));
            if is_flawless {
                // No other one can have fewer breaks.
                break;
            }
        }
    }
    let Some((hypothesis, trial)) = best else {
        return Verdict::default();
    };
    if trial.breaks.len() * 2 > trial.compared {
        return Verdict { compared: trial.compared, ..Verdict::default() };
    }
    Verdict {
        direction: Some(hypothesis.direction),
        inverted: hypothesis.inverted,
        compared: trial.compared,
        breaks: trial.breaks,
    }
}

fn compare(rows: &[Row], hypothesis: Hypothesis) -> Trial {
    let mut trial = Trial { compared: 0, breaks: Vec::new() };
    // The last balance and the sum of the amounts between it and here.
    let mut last: Option<(Decimal, Decimal)> = None;
    let length = rows.len();
    for step in 0..length {
        let index = match hypothesis.direction {
            Direction::Forward => step,
            Direction::Backward => length - 1 - step,
        };
        let Some((amount, balance)) = rows.get(index).copied().flatten() else {
            last = None;
            continue;
        };
        let amount = if hypothesis.inverted { amount.negate() } else { amount };
        let expected = last.and_then(|(balance, since)| {
            let since = since.checked_add(amount).ok()?;
            Some((balance, since))
        });
        match (balance, expected) {
            (Some(balance), Some((before, since))) => {
                trial.compared += 1;
                if before.checked_add(since).ok() != Some(balance) {
                    trial.breaks.push(index);
                }
                last = Some((balance, Decimal::ZERO));
            }
            (Some(balance), None) => last = Some((balance, Decimal::ZERO)),
            (None, expected) => last = expected,
        }
    }
    trial
}

/// Of columns of numbers the only two of which the second is the running balance of the first.
pub(super) fn only_pair(
    rows: impl Iterator<Item = Vec<Decimal>>,
    width: usize,
) -> Option<(usize, usize)> {
    let pairs: Vec<(usize, usize)> = (0..width)
        .flat_map(|amount| (0..width).map(move |balance| (amount, balance)))
        .filter(|(amount, balance)| amount != balance)
        .collect();
    let mut holds = vec![true; pairs.len() * 4];
    let mut before: Option<Vec<Decimal>> = None;
    let mut count = 0_usize;
    for row in rows {
        count += 1;
        if let Some(before) = &before {
            for (pair, holds) in pairs.iter().zip(holds.chunks_mut(4)) {
                let follows = follows(before, &row, *pair);
                for (holds, follows) in holds.iter_mut().zip(follows) {
                    *holds = *holds && follows;
                }
            }
        }
        before = Some(row);
    }
    let mut proved = pairs.iter().zip(holds.chunks(4)).filter(|(_, holds)| holds.contains(&true));
    match (proved.next(), proved.next()) {
        (Some((pair, _)), None) if count >= PAIR_ROWS_MIN => Some(*pair),
        _ => None,
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

    fn rows(text: &str) -> Vec<Row> {
        let number = |text: &str| Decimal::parse(text).unwrap();
        let row = |text: &str| match text.split_once('@') {
            Some((amount, balance)) => Some((number(amount), Some(number(balance)))),
            None if text == "x" => None,
            None => Some((number(text), None)),
        };
        text.split_whitespace().map(row).collect()
    }

    #[track_caller]
    fn check(text: &str, direction: Option<Direction>, inverted: bool, breaks: &[usize]) {
        let found = judge(&rows(text), Direction::Forward, true);
        let expected = (direction, inverted, breaks.to_vec());
        assert_eq!((found.direction, found.inverted, found.breaks), expected, "{text}");
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
        let table = |text: &str| -> Vec<Vec<Decimal>> {
            text.split(' ').map(|row| row.split(',').map(number).collect()).collect()
        };
        let running = table("7,10,110 7,-20,90 7,5,95");
        assert_eq!(only_pair(running.into_iter(), 3), Some((1, 2)));
        let two = table("10,110 -20,90");
        assert_eq!(only_pair(two.into_iter(), 2), None);
    }
}
