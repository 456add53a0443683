//! The table in the lines of a document, as a text with a line for each line.
//!
//! What must stay true: line n of the text is line n of the document; what looks like money in a
//! row stands in the text, so that the table's reader takes or refuses it; a balance that a line
//! states is kept to check by, and is no row.

use super::columns::Columns;
use super::lines::Line;
use crate::csv::{self, BalanceWord};
use crate::fault::{Findings, Place};

/// How many lines above the table are looked at: the first ones and the last ones.
const ABOVE_MAX: usize = 20;

/// A table, and the balances that lines state.
pub(super) struct Table {
    /// Cells with tabs between them.
    pub text: String,
    /// Balances, in order.
    pub stated: Vec<Stated>,
}

/// A balance that a line states.
#[derive(Debug)]
pub(super) struct Stated {
    /// The line of the document, from 1.
    pub line: u32,
    pub word: BalanceWord,
    pub amount: String,
    /// What it is called.
    pub label: String,
    /// Whether it stands above the table, where the balance at the end may come first.
    pub is_above: bool,
}

/// The table while lines are taken.
struct Taker {
    rows: Vec<Vec<String>>,
    stated: Vec<Stated>,
    /// How many lines say nothing that is read.
    other: usize,
}

/// A row that the next lines may continue.
struct Open {
    row: usize,
    column: usize,
    base: i64,
    page: u32,
}

/// Finds the table; `None`, with a fault, where there is none or several.
pub(super) fn find(lines: &[Line], findings: &mut Findings) -> Option<Table> {
    let mut parts: Vec<(usize, Columns)> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if let Some(columns) = Columns::named(line) {
            parts.push((index, columns));
        }
    }
    let Some((start, first)) = parts.first() else {
        let expected = "a line that names the columns of a table: date, amount, balance";
        findings.fault(Place::file(1), "table", "", expected);
        return None;
    };
    let (start, names) = (*start, first.names.clone());
    let mut taker = Taker { rows: vec![Vec::new(); lines.len()], stated: Vec::new(), other: 0 };
    for (index, line) in lines.iter().enumerate().take(start) {
        taker.take_above(index, line, index < ABOVE_MAX || index + ABOVE_MAX >= start);
    }
    if let Some(row) = taker.rows.get_mut(start) {
        row.clone_from(&names);
    }
    let ends: Vec<usize> = parts.iter().skip(1).map(|(index, _)| *index).collect();
    for ((from, mut columns), to) in parts.into_iter().zip(ends.into_iter().chain([lines.len()])) {
        if columns.names != names {
            let place = Place::file(place_of(from));
            let expected = "one table, with the same columns on every page";
            findings.fault(place, "header", &columns.names.join(" "), expected);
            return None;
        }
        let below = lines.get(from + 1..to).unwrap_or_default();
        let last = below.iter().rposition(has_date).map_or(0, |last| last + 1);
        columns.divide(below.get(..last).unwrap_or_default());
        taker.take_part(from + 1, below, &columns);
    }
    if taker.other > 0 {
        let note = format!("{} lines beside the table's rows are not read", taker.other);
        findings.note(Place::file(1), note);
    }
    Some(Table { text: text_of(&taker.rows), stated: taker.stated })
}

impl Taker {
    /// A line above the table says whose it is, and in which currency.
    fn take_above(&mut self, index: usize, line: &Line, is_kept: bool) {
        let cells: Vec<String> = line.cells().into_iter().map(|cell| cell.text).collect();
        if let Some(stated) = balance(line, index, &|_| false) {
            self.stated.push(Stated { is_above: true, ..stated });
        }
        if let Some(row) = self.rows.get_mut(index).filter(|_| is_kept) {
            *row = cells;
        }
    }

    fn take_part(&mut self, from: usize, lines: &[Line], columns: &Columns) {
        let mut open: Option<Open> = None;
        let booked = csv::booked_column(&columns.names);
        let money = csv::money_columns(&columns.names);
        let balance_column = csv::balance_column(&columns.names);
        let text_column = csv::text_column(&columns.names);
        for (offset, line) in lines.iter().enumerate() {
            let index = from + offset;
            let mut row = vec![String::new(); columns.names.len()];
            for word in &line.words {
                if let Some(cell) = row.get_mut(columns.of(word)) {
                    if !cell.is_empty() {
                        cell.push(' ');
                    }
                    cell.push_str(&word.text);
                }
            }
            let in_balance = |at: usize| {
                let word = line.words.get(at);
                word.is_some_and(|word| balance_column == Some(columns.of(word)))
            };
            if let Some(stated) = balance(line, index, &in_balance) {
                self.stated.push(stated);
                open = None;
                continue;
            }
            let is = |column: &usize, test: fn(&str) -> bool| {
                row.get(*column).is_some_and(|cell| test(cell))
            };
            let has_digit = |cell: &str| cell.contains(|one: char| one.is_ascii_digit());
            let begins_with_digit = |cell: &str| cell.starts_with(|one: char| one.is_ascii_digit());
            let is_dated = booked.is_some_and(|column| is(&column, csv::is_date));
            let has_money = money.iter().any(|column| is(column, csv::is_number));
            // A day and an amount that are none must not pass as words beside the table.
            let is_like_row = booked.is_some_and(|column| is(&column, begins_with_digit))
                && money.iter().chain(&balance_column).any(|column| is(column, has_digit));
            if is_dated || has_money || is_like_row {
                open = text_column.map(|column| Open {
                    row: index,
                    column,
                    base: line.base,
                    page: line.page,
                });
                if let Some(place) = self.rows.get_mut(index) {
                    *place = row;
                }
                continue;
            }
            if !self.join(&row, line, &mut open) {
                self.other += 1;
            }
        }
    }

    /// Adds the texts of a line to the row that it continues.
    fn join(&mut self, row: &[String], line: &Line, open: &mut Option<Open>) -> bool {
        let Some(above) = open else {
            return false;
        };
        let near = above.page == line.page && (above.base - line.base) * 5 <= line.size * 9;
        let text = row.get(above.column).filter(|text| !text.is_empty());
        let alone = row.iter().filter(|cell| !cell.is_empty()).count() == 1;
        let Some(text) = text.filter(|_| near && alone) else {
            *open = None;
            return false;
        };
        above.base = line.base;
        let cell = self.rows.get_mut(above.row).and_then(|row| row.get_mut(above.column));
        if let Some(cell) = cell {
            if !cell.is_empty() {
                cell.push(' ');
            }
            cell.push_str(text);
        }
        true
    }
}

/// The balance that a line states: words for one, and a single number behind them.
fn balance(line: &Line, index: usize, in_balance: &dyn Fn(usize) -> bool) -> Option<Stated> {
    let words: Vec<&str> = line.words.iter().map(|word| word.text.as_str()).collect();
    let label = words.iter().filter(|word| word.starts_with(char::is_alphabetic));
    let label = label.copied().collect::<Vec<&str>>().join(" ");
    let word = csv::balance_word(&label)?;
    let is_amount = |(at, word): &(usize, &&str)| {
        let has_decimals = word.contains(['.', ',']) && !csv::is_date(word);
        csv::is_number(word) && (has_decimals || in_balance(*at))
    };
    let mut amounts = words.iter().enumerate().filter(is_amount);
    let (Some((at, amount)), None) = (amounts.next(), amounts.next()) else {
        return None;
    };
    let before = at.checked_sub(1).and_then(|before| words.get(before));
    let sign = before.filter(|word| matches!(**word, "-" | "\u{2212}" | "\u{2013}"));
    let side = words.get(at + 1).filter(|word| matches!(**word, "DR" | "CR" | "Dr" | "Cr"));
    let amount = match (sign, side) {
        (Some(_), _) => format!("-{amount}"),
        (None, Some(side)) => format!("{amount} {side}"),
        (None, None) => (*amount).to_owned(),
    };
    Some(Stated { line: place_of(index), word, amount, label, is_above: false })
}

fn has_date(line: &Line) -> bool {
    const DATE_WORDS_MAX: usize = 4;
    let words: Vec<&str> = line.words.iter().map(|word| word.text.as_str()).collect();
    (1..=DATE_WORDS_MAX).any(|count| words.windows(count).any(|date| csv::is_date(&date.join(" "))))
}

/// The line of the text at an index.
fn place_of(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

fn text_of(rows: &[Vec<String>]) -> String {
    let mut text = String::new();
    for row in rows {
        for (index, cell) in row.iter().enumerate() {
            if index > 0 {
                text.push('\t');
            }
            csv::push_cell(cell, &mut text);
        }
        text.push('\n');
    }
    text
}
