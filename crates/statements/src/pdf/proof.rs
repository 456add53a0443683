//! Whether balances prove what was read: words that were found by their places alone are believed
//! only where the sums are right.
//!
//! What must stay true: every row leads from one balance to the next, or the statement is refused,
//! with the row; only the oldest row may be without a balance before it.

use kernel::{Date, Decimal};

use super::table::{Stated, Table};
use crate::csv::{BalanceWord, Direction, Printing, Running};
use crate::fault::{Findings, Mark, Place};
use crate::model::{Balance, BalanceKind, Entry, EntryStatus, Statement};
use crate::reading::Reading;

/// A row or a balance, in the order of the document.
struct Step {
    line: u32,
    is_row: bool,
    amount: Decimal,
    balance: Option<Decimal>,
}

/// Holds the entries of each statement against balances. `before` is what had been found before the
/// table was read.
pub(super) fn check(
    reading: &mut Reading,
    (table, entries): (&Table, &[(usize, Entry)]),
    (findings, before): (&mut Findings, Mark),
) {
    let unread = findings.first_fault_since(before).map(|fault| fault.line);
    let printing = reading.csv_mapping.as_ref().and_then(Printing::of);
    let is_only = reading.statements.len() == 1;
    let mut booked: Vec<Vec<&Entry>> = vec![Vec::new(); reading.statements.len()];
    for (index, entry) in entries {
        if let Some(own) = booked.get_mut(*index)
            && entry.status == EntryStatus::Booked
        {
            own.push(entry);
        }
    }
    for (index, statement) in reading.statements.iter_mut().enumerate() {
        let own = booked.get(index).map(Vec::as_slice).unwrap_or_default();
        let days = own.first().zip(own.last()).map(|(first, last)| (first.booked, last.booked));
        let direction = match days {
            Some((first, last)) if first > last => Direction::Backward,
            Some(_) | None => Direction::Forward,
        };
        let mut stated: Vec<(&Stated, Decimal)> = Vec::new();
        // Where there are several accounts nothing says whose balance it is.
        if let Some(printing) = printing.as_ref().filter(|_| is_only) {
            for one in &table.stated {
                let amount = printing.amount(&one.amount);
                let place = Place::statement(one.line, index);
                stated
                    .extend(findings.check(place, &one.label, amount).map(|amount| (one, amount)));
            }
        }
        if let Some(line) = unread {
            let expected = "rows that can all be read: a row beside one that cannot is not proved";
            findings.fault(Place::statement(line, index), "balance", "", expected);
            continue;
        }
        let steps = steps(own, &stated, direction);
        judge(&steps, direction, index, findings);
        state_balances(statement, &stated, days);
    }
}

/// Rows and balances in order. A balance above the table stands at the end of time it speaks of.
fn steps(own: &[&Entry], stated: &[(&Stated, Decimal)], direction: Direction) -> Vec<Step> {
    let rows = own.iter().map(|entry| Step {
        line: entry.line,
        is_row: true,
        amount: entry.amount,
        balance: entry.balance_after,
    });
    let first = match direction {
        Direction::Forward => BalanceWord::Opening,
        Direction::Backward => BalanceWord::Closing,
    };
    let balance = |(one, amount): &(&Stated, Decimal)| {
        let order = match (one.is_above, one.word == first) {
            (false, _) => 1,
            (true, true) => 0,
            (true, false) => 2,
        };
        let (amount, balance) = (Decimal::ZERO, Some(*amount));
        (order, Step { line: one.line, is_row: false, amount, balance })
    };
    let mut steps: Vec<(u8, Step)> = rows.map(|row| (1, row)).collect();
    steps.extend(stated.iter().map(balance));
    steps.sort_by_key(|(order, step)| (*order, step.line));
    steps.into_iter().map(|(_, step)| step).collect()
}

fn judge(steps: &[Step], usual: Direction, index: usize, findings: &mut Findings) {
    let mut running = Running::default();
    for step in steps {
        running.take(step.line, step.amount, step.balance);
    }
    let verdict = running.judge(usual, false);
    let direction = verdict.direction.unwrap_or(usual);
    for line in running.broken_lines(direction) {
        let found = steps.iter().find(|step| step.line == *line).and_then(|step| step.balance);
        let found = found.map(|found| found.to_string()).unwrap_or_default();
        let expected = "a balance that follows from the one before and the amounts between";
        findings.fault(Place::statement(*line, index), "balance", &found, expected);
    }
    let balances = || steps.iter().enumerate().filter(|(_, step)| step.balance.is_some());
    let (Some((first, at_first)), Some((last, at_last))) =
        (balances().next(), balances().next_back())
    else {
        let expected = "a running balance, or balances at the beginning and the end";
        let line = steps.first().map_or(1, |step| step.line);
        findings.fault(Place::statement(line, index), "balance", "", expected);
        return;
    };
    // The balance of the oldest row has none before it that its amount could lead from.
    let (oldest, at_oldest) = match direction {
        Direction::Forward => (first, at_first),
        Direction::Backward => (last, at_last),
    };
    let outside = |(at, step): &(usize, &Step)| step.is_row && (*at < first || *at > last);
    let unproved = steps.iter().enumerate().find(outside);
    if let Some((_, step)) = unproved {
        let expected = "balances before and behind this row";
        findings.fault(Place::statement(step.line, index), "balance", "", expected);
    } else if at_oldest.is_row && oldest < steps.len() {
        let note = "no balance before the oldest row proves its amount";
        findings.note(Place::statement(at_oldest.line, index), note);
    }
}

/// Where rows have no balances the statement has those that lines state.
fn state_balances(
    statement: &mut Statement,
    stated: &[(&Stated, Decimal)],
    days: Option<(Date, Date)>,
) {
    let (Some((first, last)), Some(currency)) = (days, statement.currency) else {
        return;
    };
    if !statement.balances.is_empty() {
        return;
    }
    let balance = |(one, amount): &(&Stated, Decimal), kind, date| Balance {
        line: one.line,
        kind,
        code: one.label.clone(),
        amount: *amount,
        currency,
        date,
    };
    let is = |word: BalanceWord| move |(one, _): &&(&Stated, Decimal)| one.word == word;
    let opening = stated.iter().find(is(BalanceWord::Opening));
    let closing = stated.iter().rev().find(is(BalanceWord::Closing));
    let (oldest, newest) = (first.min(last), first.max(last));
    let opening = opening.map(|one| balance(one, BalanceKind::Opening, oldest));
    let closing = closing.map(|one| balance(one, BalanceKind::Closing, newest));
    statement.balances = opening.into_iter().chain(closing).collect();
}
