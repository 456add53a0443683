//! CSV and its kin: tables that banks export for spreadsheets, each in its own way.
//!
//! What must stay true: how a table is read is found by elimination over the whole file, shown as
//! a [`CsvMapping`], and never guessed: what stays open is a [`Question`] with a fault, and no
//! entry is read before it is answered.

mod cells;
mod columns;
mod currency;
mod dates;
mod group;
mod layout;
mod lexer;
mod mapping;
mod numbers;
mod printed;
mod reading;
mod row;
mod rows;
mod running;
mod survey;
mod vocabulary;

pub(crate) use cells::{
    BalanceWord, balance_column, balance_word, booked_column, is_date, is_header, is_number,
    money_columns, push_cell, text_column,
};
pub use dates::DateOrder;
pub use mapping::{AmountSign, CsvColumn, CsvMapping, DebitSign, Example, Question, Role};
pub use numbers::DecimalSign;
pub(crate) use printed::{Printing, Survey as PrintedSurvey};
pub(crate) use running::{Direction, Running};

use crate::detect::Taken;
use crate::fault::{Findings, Place};
use crate::limits::COLUMNS_MAX;
use crate::reading::{Format, ReadOptions, Reading};
use crate::window::Text;
use layout::Layout;

/// A text with a table in it, and where that is.
type Table<'t> = (&'t Text<'t>, &'t Layout);

/// Reads a CSV file; `None` where the file has no table with dates and amounts.
pub(crate) fn read(
    text: &Text,
    options: &ReadOptions,
    (findings, entries): Taken,
) -> Option<Reading> {
    let Some(given) = &options.csv_mapping else {
        let layout = layout::find(text)?;
        return Some(read_table((text, &layout), options, (findings, entries)));
    };
    let mut reading = Reading::new(Some(Format::Csv));
    reading.csv_mapping = Some(given.clone());
    let place = Place::file(given.header_line.unwrap_or(1));
    if let Some(expected) = given.contradiction() {
        findings.fault(place, "csv_mapping", "columns", expected);
    } else if given.columns.len() > COLUMNS_MAX || !is_delimiter(given.delimiter) {
        findings.fault(place, "csv_mapping", "", "a delimiter and columns that a file can have");
    } else {
        match layout::of_mapping(text, given) {
            Some(layout) => {
                return Some(read_table((text, &layout), options, (findings, entries)));
            }
            None => findings.fault(place, "csv_mapping", "", "a file with these columns"),
        }
    }
    Some(reading)
}

/// Whether a text has a table that could be read.
pub(crate) fn has_table(text: &Text, options: &ReadOptions) -> bool {
    let layout = match &options.csv_mapping {
        Some(given) => layout::of_mapping(text, given),
        None => layout::find(text),
    };
    layout.is_some()
}

fn is_delimiter(character: char) -> bool {
    !character.is_alphanumeric() && !"\"\n\r.-+".contains(character)
}

fn read_table((text, layout): Table, options: &ReadOptions, (findings, entries): Taken) -> Reading {
    let mut reading = Reading::new(Some(Format::Csv));
    let plan = survey::plan((text, layout), options);
    if let (Some((line, names)), Some(expected)) = (&layout.header, layout.header_fault) {
        let found = names.join(&layout.delimiter.to_string());
        findings.fault(Place::file(*line), "header", &found, expected);
    }
    let line = plan.mapping.header_line.unwrap_or(1);
    for question in &plan.questions {
        ask(question, line, findings);
    }
    reading.questions = plan.questions;
    let mut mapping = plan.mapping;
    let nothing_open = reading.questions.is_empty()
        && mapping.contradiction().is_none()
        && layout.header_fault.is_none();
    if let Some(rules) = row::Rules::of(&mapping).filter(|_| nothing_open) {
        let read = reading::read((text, layout), (&mapping, rules), (findings, entries));
        reading.statements = read.statements;
        mapping.amount_sign = mapping.amount_sign.or(read.proved_sign);
    }
    reading.csv_mapping = Some(mapping);
    reading
}

/// A question is a fault of the file until it is answered.
fn ask(question: &Question, header_line: u32, findings: &mut Findings) {
    let header = |text: String| Example { line: header_line, text };
    let columns = |choices: &[usize]| {
        let numbers: Vec<String> = choices.iter().map(|index| (index + 1).to_string()).collect();
        header(numbers.join(", "))
    };
    let mut contradiction = None;
    let (field, found, expected) = match question {
        Question::DateOrder { example, against, .. } => {
            contradiction = against.as_ref();
            ("date_order", example.clone(), "one order of day, month and year")
        }
        Question::DecimalSign { example, against, .. } => {
            contradiction = against.as_ref();
            ("decimal_sign", example.clone(), "one sign before the decimals")
        }
        Question::BookedColumn { choices } => {
            ("columns", columns(choices), "the column with the day of booking")
        }
        Question::AmountColumn { choices } => {
            ("columns", columns(choices), "the column with the amount")
        }
        Question::FlagWords { words } => {
            ("debit_words", header(words.join(", ")), "which words mean that money goes out")
        }
        Question::Currency => ("currency", header(String::new()), "the currency of the account"),
    };
    let expected = match contradiction {
        Some(other) => format!("{expected}: line {} has {}", other.line, other.text),
        None => expected.to_owned(),
    };
    findings.fault(Place::file(found.line), field, &found.text, &expected);
}
