//! The lines of a table that belong to one account and currency, and their balances.
//!
//! What must stay true: opening and closing balance are those of a running balance whose direction
//! is known; a line that does not follow from the one before is noted, and none is changed.

use kernel::{CommodityCode, Date, Decimal};

use super::row::{Cells, Rules};
use super::running::{Direction, Running, Verdict};
use crate::detect::Taken;
use crate::fault::{Findings, Place};
use crate::model::{AccountRef, Balance, BalanceKind, Entry, EntryStatus, Statement};
use crate::value;

/// What the balances of a table are called.
const RUNNING_BALANCE: &str = "running balance";

/// A statement as its lines come in.
pub(super) struct Group {
    index: usize,
    statement: Statement,
    running: Running,
    /// The days of the first and the last entry.
    days: Option<(Date, Date)>,
    /// The first and the last booked entry.
    ends: Option<(End, End)>,
    /// Whether the first and the last line of money were read.
    ends_are_sound: (bool, bool),
    /// Whether a record was refused that may belong here.
    interrupted: bool,
}

/// A booked entry, as far as balances need it.
#[derive(Clone)]
struct End {
    line: u32,
    booked: Date,
    amount: Decimal,
    balance_after: Option<Decimal>,
}

impl Group {
    /// A statement without lines.
    pub fn new(index: usize, (account, currency): (String, CommodityCode), line: u32) -> Self {
        let solid = value::without_blanks(&account);
        let iban = Some(solid).filter(|solid| value::is_iban(solid));
        let number = Some(account).filter(|account| !account.is_empty() && iban.is_none());
        let statement = Statement {
            account: AccountRef { iban, number, ..AccountRef::default() },
            currency: Some(currency),
            ..Statement::begun(line)
        };
        Self {
            index,
            statement,
            running: Running::default(),
            days: None,
            ends: None,
            ends_are_sound: (true, true),
            interrupted: false,
        }
    }

    /// Takes a record over: hands it on as an entry, or counts a refused one.
    pub fn take(&mut self, cells: &Cells, line: u32, rules: &Rules, (findings, entries): Taken) {
        let Some(currency) = self.statement.currency else {
            return;
        };
        let ordinal = self.ordinal();
        let place = Place::entry(line, self.index, ordinal);
        match cells.entry((ordinal, currency), rules, place, findings) {
            Some(entry) => {
                self.take_entry(&entry);
                entries.hand(self.index, entry);
            }
            None => {
                self.refuse(line);
            }
        }
    }

    fn take_entry(&mut self, entry: &Entry) {
        let first_day = self.days.map_or(entry.booked, |(first, _)| first);
        self.days = Some((first_day, entry.booked));
        self.statement.tally.take(entry);
        // What is not booked is not in the running balance.
        if entry.status != EntryStatus::Booked {
            return;
        }
        self.running.take(entry.line, entry.amount, entry.balance_after);
        self.ends_are_sound.1 = true;
        let end = End {
            line: entry.line,
            booked: entry.booked,
            amount: entry.amount,
            balance_after: entry.balance_after,
        };
        let first = self.ends.take().map_or_else(|| end.clone(), |(first, _)| first);
        self.ends = Some((first, end));
    }

    /// Counts a record as a refused entry, and says where it is.
    pub fn refuse(&mut self, line: u32) -> Place {
        let place = Place::entry(line, self.index, self.ordinal());
        self.statement.refused += 1;
        self.break_off();
        place
    }

    /// Notes that a record was refused of which it is not known whether it belongs here.
    pub fn interrupt(&mut self) {
        self.break_off();
        self.interrupted = true;
    }

    fn break_off(&mut self) {
        self.running.interrupt();
        self.ends_are_sound = (self.ends_are_sound.0 && self.ends.is_some(), false);
    }

    /// Whether any line allows the usual sign of amounts.
    pub const fn allows_usual_sign(&self) -> bool {
        self.running.allows_usual_sign()
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
        let place = Place::statement(self.statement.line, self.index);
        if self.running.any_balance && (self.statement.refused > 0 || self.interrupted) {
            let expected = "lines whose balances prove what the signs mean";
            findings.fault(place, amount_name, "", expected);
        } else {
            let note = "no balance proves what the signs mean: positive is taken to come in";
            findings.note(place, note);
        }
    }

    /// The statement with its balances, once all lines were taken over.
    pub fn complete(mut self, findings: &mut Findings) -> Statement {
        if !self.running.any_balance {
            return self.statement;
        }
        let verdict = self.verdict(false);
        match verdict.direction {
            Some(direction) => {
                let lines = self.running.broken_lines(direction);
                for line in lines {
                    let place = Place::statement(*line, self.index);
                    let note = "the running balance does not follow from the line before";
                    findings.note(place, note);
                }
                findings.leave_out_notes(verdict.breaks.saturating_sub(lines.len()));
                self.state_balances(direction);
            }
            None => {
                let place = Place::statement(self.statement.line, self.index);
                findings.note(place, "the running balance does not follow from line to line");
            }
        }
        self.statement
    }

    fn ordinal(&self) -> usize {
        self.statement.tally.entries + self.statement.refused
    }

    fn verdict(&self, sign_is_open: bool) -> Verdict {
        let usual = match self.days {
            Some((first, last)) if first > last => Direction::Backward,
            Some(_) | None => Direction::Forward,
        };
        self.running.judge(usual, sign_is_open)
    }

    /// The balance before the oldest line and behind the newest one, where both have one.
    fn state_balances(&mut self, direction: Direction) {
        let (Some((first, last)), Some(currency)) = (&self.ends, self.statement.currency) else {
            return;
        };
        let (oldest, newest) = match direction {
            Direction::Forward => (first, last),
            Direction::Backward => (last, first),
        };
        let opening = oldest.balance_after.and_then(|after| after.checked_sub(oldest.amount).ok());
        let ends_are_sound = self.ends_are_sound == (true, true) && !self.interrupted;
        let (Some(opening), Some(closing), true) = (opening, newest.balance_after, ends_are_sound)
        else {
            return;
        };
        let balance = |kind, amount: Decimal, entry: &End| Balance {
            line: entry.line,
            kind,
            code: RUNNING_BALANCE.to_owned(),
            amount,
            currency,
            date: entry.booked,
        };
        self.statement.balances = vec![
            balance(BalanceKind::Opening, opening, oldest),
            balance(BalanceKind::Closing, closing, newest),
        ];
    }
}
