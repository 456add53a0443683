//! What columns hold by their cells, where no name says it.
//!
//! What must stay true: a column that changes what money is (a flag, a currency, a state) is not
//! overlooked because its name is unknown; where its cells leave it open, it is a question.

use std::collections::BTreeSet;

use kernel::CommodityCode;

use super::mapping::{CsvMapping, Question, Role};
use super::survey::set_role;
use super::vocabulary::StatusWord;
use super::{dates, numbers, vocabulary};
use crate::value;

/// How many cells of a column are of each kind.
#[derive(Default)]
pub(super) struct Column {
    pub rows: usize,
    pub filled: usize,
    pub dates: usize,
    pub numbers: usize,
    /// Cells that are numbers, or would be but for a few characters.
    pub like_numbers: usize,
    pub signed: usize,
    pub currency_codes: usize,
    pub flag_words: usize,
    /// Cells that are a lone dash: a flag, or a sign that there is nothing.
    pub dashes: usize,
    pub status_words: usize,
    /// Those of them that say that money has not moved.
    pub unbooked_words: usize,
    /// The currencies that are printed with its numbers, at most two of them.
    pub currencies: BTreeSet<CommodityCode>,
}

/// A column that has no word of a flag or a state in so many cells is none.
const WORDS_SOUGHT_IN: usize = 100;

/// Nor has one dates that has none in so many: nine of ten must be dates for a column of dates.
const DATES_SOUGHT_IN: usize = 1_000;

impl Column {
    /// Takes a cell into account.
    pub fn take(&mut self, cell: &str) {
        self.rows += 1;
        if cell.is_empty() {
            return;
        }
        self.filled += 1;
        let may_be_date = self.dates > 0 || self.filled <= DATES_SOUGHT_IN;
        if may_be_date && dates::is_date(cell) {
            self.dates += 1;
        } else if let Some(printed) = numbers::printed(cell) {
            self.numbers += 1;
            self.like_numbers += 1;
            self.signed += usize::from(printed.signed);
            if self.currencies.len() < 2 {
                self.currencies.extend(printed.currency);
            }
        } else {
            self.currency_codes += usize::from(value::currency_code(cell).is_some());
            let digits = cell.bytes().filter(u8::is_ascii_digit).count();
            self.like_numbers += usize::from(digits > letters(cell));
            self.dashes += usize::from(cell == "-");
            if self.filled > WORDS_SOUGHT_IN && self.flag_words + self.status_words == 0 {
                return;
            }
            self.flag_words += usize::from(vocabulary::is_debit_word(cell).is_some());
            let status = vocabulary::status(cell);
            self.status_words += usize::from(status.is_some());
            let is_unbooked = matches!(status, Some(StatusWord::Pending | StatusWord::Void));
            self.unbooked_words += usize::from(is_unbooked);
        }
    }
}

fn letters(cell: &str) -> usize {
    match cell.is_ascii() {
        true => cell.bytes().filter(u8::is_ascii_alphabetic).count(),
        false => cell.chars().filter(|character| character.is_alphabetic()).count(),
    }
}

/// Whether nearly all cells of a column are of a kind: a faulty cell is a fault, not another kind.
pub(super) fn nearly_all(count: usize, filled: usize) -> bool {
    count > 0 && count * 10 >= filled * 9
}

/// Gives roles to columns by their cells, where the names left them open.
pub(super) fn complete(
    mapping: &mut CsvMapping,
    columns: &[Column],
    questions: &mut Vec<Question>,
) {
    find_danish_currency(mapping, columns);
    let unnamed = mapping.columns.iter().all(|column| column.role == Role::Ignored);
    let amount = mapping.column(Role::Amount).and_then(|index| columns.get(index));
    let is_unsigned = amount.is_none_or(|amount| amount.signed == 0);
    // Where any line has not been booked, a word that is not known must not pass as booked.
    find(mapping, columns, Role::Status, |facts, _| {
        let half = facts.status_words * 2 >= facts.rows && facts.unbooked_words > 0;
        if half { facts.rows } else { facts.status_words }
    });
    let pair = mapping.column(Role::Debit).or(mapping.column(Role::Credit));
    if is_unsigned && pair.is_none() {
        // In a column that is named for something else a lone dash says that there is nothing.
        find(mapping, columns, Role::Flag, |facts, named| {
            let says_nothing = named != Role::Ignored && facts.dashes == facts.flag_words;
            if says_nothing { 0 } else { facts.flag_words }
        });
    }
    if unnamed {
        name_texts(mapping, columns);
    }
    find_booked(mapping, columns, questions);
}

/// `Valuta` is the value date in German and the currency in Danish: the cells say which.
fn find_danish_currency(mapping: &mut CsvMapping, columns: &[Column]) {
    let value = mapping.column(Role::Value);
    let holds_codes = |index: &usize| {
        columns
            .get(*index)
            .is_some_and(|facts| facts.dates == 0 && nearly_all(facts.currency_codes, facts.filled))
    };
    if let Some(index) = value.filter(holds_codes)
        && mapping.column(Role::Currency).is_none()
    {
        set_role(mapping, index, Role::Currency);
    }
}

/// Where nothing else states the currency, a column of codes does.
pub(super) fn find_currency(mapping: &mut CsvMapping, columns: &[Column]) {
    find(mapping, columns, Role::Currency, |facts, _| facts.currency_codes);
}

/// Gives a role to the first column that is of its kind in nearly all records, unless there is one.
/// `count` is given the role that the column's name says.
fn find(
    mapping: &mut CsvMapping,
    columns: &[Column],
    role: Role,
    count: fn(&Column, Role) -> usize,
) {
    if mapping.column(role).is_some() {
        return;
    }
    let is_open = |role: Role| matches!(role, Role::Ignored | Role::TypeCode | Role::Purpose);
    let found = columns.iter().zip(&mapping.columns).position(|(facts, column)| {
        is_open(column.role) && nearly_all(count(facts, column.role), facts.rows)
    });
    if let Some(index) = found {
        set_role(mapping, index, role);
    }
}

/// Without any names, what is neither date nor number is text.
fn name_texts(mapping: &mut CsvMapping, columns: &[Column]) {
    for (column, facts) in mapping.columns.iter_mut().zip(columns) {
        let other = nearly_all(facts.dates, facts.filled)
            || (facts.like_numbers > 0 && facts.like_numbers * 2 >= facts.filled);
        if column.role == Role::Ignored && facts.filled > 0 && !other {
            column.role = Role::Purpose;
        }
    }
}

/// Where no name says which column is the day of booking, the only column of dates is.
fn find_booked(mapping: &mut CsvMapping, columns: &[Column], questions: &mut Vec<Question>) {
    if mapping.column(Role::Booked).is_some() {
        return;
    }
    let choices: Vec<usize> = columns
        .iter()
        .enumerate()
        .filter(|(_, facts)| nearly_all(facts.dates, facts.filled))
        .map(|(index, _)| index)
        .collect();
    match choices.as_slice() {
        [only] => set_role(mapping, *only, Role::Booked),
        _ => questions.push(Question::BookedColumn { choices }),
    }
}

/// The columns of numbers that no name explains, and the balance. A column half of which looks like
/// numbers is among them, so that faulty cells leave no other column as the only one.
pub(super) fn unexplained_numbers(mapping: &CsvMapping, columns: &[Column]) -> Vec<usize> {
    let columns = mapping.columns.iter().zip(columns).enumerate();
    columns
        .filter(|(_, (column, facts))| {
            matches!(column.role, Role::Ignored | Role::Balance)
                && facts.like_numbers > 0
                && facts.like_numbers * 2 >= facts.filled
        })
        .map(|(index, _)| index)
        .collect()
}
