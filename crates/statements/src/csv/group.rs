//! The lines of a table that belong to one account and currency, and their balances.
//!
//! What must stay true: opening and closing balance are those of a running balance whose direction
//! is known; a line that does not follow from the one before is noted, and none is changed.

use kernel::{CommodityCode, Decimal};

use super::row::{Cells, Rules};
use super::running::{self, Direction, Row, Verdict};
use crate::fault::{Findings, Place};
use crate::model::{AccountRef, Balance, BalanceKind, Entry, EntryStatus, Statement};
use crate::value;

/// What the balances of a table are called.
const RUNNING_BALANCE: &str = "running balance";

/// A statement as its lines come in.
pub(super) struct Group {
    index: usize,
    statement: Statement,
    rows: Vec<Row>,
    /// The line of each row.
    lines: Vec<u32>,
    /// Whether a record was refused that may belong here.
    interrupted: bool,
}

impl Group {
    /// A statement without lines.
    pub fn new(index: usize, (account, currency): (String, CommodityCode), line: u32) -> Self {
        let solid = value::without_blanks(&account);
        let iban = Some(solid).filter(|solid| value::is_iban(solid));
        let number = Some(account).filter(|account| !account.is_empty() && iban.is_none());
        let statement = Statement {
            line,
            id: None,
            account: AccountRef { iban, number, ..AccountRef::default() },
            currency: Some(currency),
            from: None,
            to: None,
            balances: Vec::new(),
            entries: Vec::new(),
            refused: 0,
            holdings: Vec::new(),
        };
        Self { index, statement, rows: Vec::new(), lines: Vec::new(), interrupted: false }
    }

    /// Takes a record over, as an entry or as a refused one.
    pub fn take(&mut self, cells: &Cells, line: u32, rules: &Rules, findings: &mut Findings) {
        let Some(currency) = self.statement.currency else {
            return;
        };
        let ordinal = self.ordinal();
        let place = Place::entry(line, self.index, ordinal);
        match cells.entry((ordinal, currency), rules, place, findings) {
            Some(entry) => {
                // What is not booked is not in the running balance.
                if entry.status == EntryStatus::Booked {
                    self.rows.push(Some((entry.amount, entry.balance_after)));
                    self.lines.push(line);
                }
                self.statement.entries.push(entry);
            }
            None => {
                self.refuse(line);
            }
        }
    }

    /// Counts a record as a refused entry, and says where it is.
    pub fn refuse(&mut self, line: u32) -> Place {
        let place = Place::entry(line, self.index, self.ordinal());
        self.statement.refused += 1;
        self.rows.push(None);
        self.lines.push(line);
        place
    }

    /// Notes that a record was refused of which it is not known whether it belongs here.
    pub fn interrupt(&mut self, line: u32) {
        self.rows.push(None);
        self.lines.push(line);
        self.interrupted = true;
    }

    /// Whether the running balance proves that signs are inverted; `None` where it says nothing.
    pub fn is_inverted(&self) -> Option<bool> {
        let verdict = self.verdict(true);
        (verdict.compared > 0 && verdict.direction.is_some()).then_some(verdict.inverted)
    }

    /// Where nothing proves what the signs mean this is noted; where faults took the proof away,
    /// the whole statement is refused.
    pub fn require_proof(&self, amount_name: &str, findings: &mut Findings) {
        if self.is_inverted().is_some() {
            return;
        }
        let has_balance = self.rows.iter().flatten().any(|(_, balance)| balance.is_some());
        let place = Place::statement(self.statement.line, self.index);
        if has_balance && (self.statement.refused > 0 || self.interrupted) {
            let expected = "lines whose balances prove what the signs mean";
            findings.fault(place, amount_name, "", expected);
        } else {
            let note = "no balance proves what the signs mean: positive is taken to come in";
            findings.note(place, note);
        }
    }

    /// The statement with its balances, once all lines were taken over.
    pub fn complete(mut self, inverted: bool, findings: &mut Findings) -> Statement {
        if inverted {
            for entry in &mut self.statement.entries {
                entry.amount = entry.amount.negate();
            }
            for (amount, _) in self.rows.iter_mut().flatten() {
                *amount = amount.negate();
            }
        }
        let any_balance = self.rows.iter().flatten().any(|(_, balance)| balance.is_some());
        let verdict = self.verdict(false);
        match verdict.direction {
            Some(direction) if any_balance => {
                for line in verdict.breaks.iter().filter_map(|index| self.lines.get(*index)) {
                    let place = Place::statement(*line, self.index);
                    findings
                        .note(place, "the running balance does not follow from the line before");
                }
                self.state_balances(direction);
            }
            None if any_balance => {
                let place = Place::statement(self.statement.line, self.index);
                findings.note(place, "the running balance does not follow from line to line");
            }
            Some(_) | None => {}
        }
        self.statement
    }

    fn ordinal(&self) -> usize {
        self.statement.entries.len() + self.statement.refused
    }

    fn verdict(&self, sign_is_open: bool) -> Verdict {
        let entries = &self.statement.entries;
        let usual = match (entries.first(), entries.last()) {
            (Some(first), Some(last)) if first.booked > last.booked => Direction::Backward,
            _ => Direction::Forward,
        };
        running::judge(&self.rows, usual, sign_is_open)
    }

    /// The balance before the oldest line and behind the newest one, where both have one.
    fn state_balances(&mut self, direction: Direction) {
        let booked = |entry: &&Entry| entry.status == EntryStatus::Booked;
        let mut entries = self.statement.entries.iter().filter(booked);
        let (Some(first), last) = (entries.next(), entries.next_back()) else {
            return;
        };
        let last = last.unwrap_or(first);
        let (oldest, newest) = match direction {
            Direction::Forward => (first, last),
            Direction::Backward => (last, first),
        };
        let ends_are_sound = [self.rows.first(), self.rows.last()]
            .iter()
            .all(|row| row.is_some_and(Option::is_some));
        let opening = oldest.balance_after.and_then(|after| after.checked_sub(oldest.amount).ok());
        let ends_are_sound = ends_are_sound && !self.interrupted;
        let (Some(opening), Some(closing), true) = (opening, newest.balance_after, ends_are_sound)
        else {
            return;
        };
        let balance = |kind, amount: Decimal, entry: &Entry| Balance {
            line: entry.line,
            kind,
            code: RUNNING_BALANCE.to_owned(),
            amount,
            currency: entry.currency,
            date: entry.booked,
        };
        self.statement.balances = vec![
            balance(BalanceKind::Opening, opening, oldest),
            balance(BalanceKind::Closing, closing, newest),
        ];
    }
}
