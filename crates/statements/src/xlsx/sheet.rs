//! The cells of a sheet as a table in text: a line for each row, a tab between cells.
//!
//! What must stay true: line n of the text is row n of the sheet; typed days and numbers are
//! written in the one way that reads as what they are; the text never grows beyond a file's limit.

use super::book::{Book, each, text_of};
use super::cells;
use crate::csv;
use crate::fault::{Findings, Place};
use crate::limits::{COLUMNS_MAX, FILE_BYTES_MAX, ROWS_MAX};
use crate::tree::Node;

/// The sheet as text; `None`, with a fault, where it is none or too large.
pub(super) fn text(part: &str, book: &Book, findings: &mut Findings) -> Option<String> {
    let mut text = String::new();
    let mut row = 0_u32;
    let mut fault = None;
    each(part, &["row"], findings, |node| {
        let number = node.attribute("r").map_or(Some(row + 1), |number| number.parse().ok());
        let next = number.filter(|number| (row + 1..=ROWS_MAX).contains(number));
        let Some(next) = next else {
            let found = node.attribute("r").unwrap_or_default().to_owned();
            fault = Some((row + 1, found, "rows that ascend, as many as sheets have"));
            return false;
        };
        for _ in row..next - 1 {
            text.push('\n');
        }
        row = next;
        if !push_row(node, book, &mut text) {
            fault = Some((row, String::new(), "fewer columns, or a smaller sheet"));
            return false;
        }
        text.push('\n');
        true
    });
    if let Some((line, found, expected)) = fault {
        findings.fault(Place::file(line), "row", &found, expected);
        return None;
    }
    Some(text)
}

/// Writes the cells of a row; `false` where there are too many.
fn push_row(row: &Node, book: &Book, text: &mut String) -> bool {
    let mut column = 0;
    for cell in row.children_named("c") {
        let stated = cell.attribute("r").and_then(column_of);
        let index = stated.unwrap_or(column);
        if index < column || index >= COLUMNS_MAX {
            return false;
        }
        for _ in column..index {
            text.push('\t');
        }
        let content = content(cell, book);
        if text.len() + content.len() > FILE_BYTES_MAX {
            return false;
        }
        csv::push_cell(&content, text);
        column = index + 1;
        text.push('\t');
    }
    if column > 0 {
        text.pop();
    }
    true
}

/// The column of a reference such as `C5`, from 0.
fn column_of(reference: &str) -> Option<usize> {
    let letters = reference.bytes().take_while(u8::is_ascii_uppercase);
    let mut number = 0_usize;
    for letter in letters {
        number = number.checked_mul(26)?.checked_add(usize::from(letter - b'A') + 1)?;
    }
    number.checked_sub(1)
}

/// What stands in a cell.
fn content(cell: &Node, book: &Book) -> String {
    let value = cell.text_at(&["v"]).unwrap_or_default();
    match cell.attribute("t").unwrap_or("n") {
        "s" => {
            let index = value.parse::<usize>().ok();
            index.and_then(|index| book.texts.get(index)).cloned().unwrap_or_default()
        }
        "inlineStr" => cell.child("is").map(text_of).unwrap_or_default(),
        "b" => if value == "1" { "TRUE" } else { "FALSE" }.to_owned(),
        "n" => {
            let style = cell.attribute("s").and_then(|style| style.parse::<usize>().ok());
            let is_day = style.and_then(|style| book.days.get(style)) == Some(&true);
            let day = is_day.then(|| cells::day(value, book.from_1904)).flatten();
            let number = || cells::plain_number(value);
            day.or_else(number).unwrap_or_else(|| value.to_owned())
        }
        // Results of formulas that are texts, ISO dates, and errors as they are shown.
        _ => value.to_owned(),
    }
}
