//! A CSV with a column of dates, in any order of columns and with the oldest row first or last. A
//! fault names its file, line and column.

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use csv::StringRecord;

use crate::command::{file_name, read_file};

/// The largest file.
const BYTES_MAX: u64 = 256 << 20;
/// What the column of dates may be called, in small letters.
const DATES: [&str; 5] = ["date", "time", "datetime", "timestamp", "day"];

/// The rows of a file, the oldest first, no date twice.
#[derive(Debug)]
pub struct Sheet {
    /// The file's name without its folders.
    pub name: String,
    head: StringRecord,
    date: usize,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    line: u64,
    cells: StringRecord,
}

impl Sheet {
    /// Reads a file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let bytes = read_file(path, BYTES_MAX)?;
        Self::parse(&file_name(path), &bytes)
    }

    pub(super) fn parse(name: &str, bytes: &[u8]) -> anyhow::Result<Self> {
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter_of(bytes))
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(bytes);
        let head = reader.headers().with_context(|| name.to_owned())?.clone();
        let mut sheet = Self { name: name.to_owned(), head, date: 0, rows: Vec::new() };
        let date = sheet.find(&DATES);
        let missing = || format!("{name}: there is no column date in: {}", sheet.headings());
        sheet.date = date.with_context(missing)?;
        for record in reader.records() {
            let cells = record.with_context(|| name.to_owned())?;
            let line = cells.position().map_or(0, csv::Position::line);
            sheet.rows.push(Row { line, cells });
        }
        for row in 0..sheet.rows.len() {
            let at = || sheet.fault(row, sheet.date);
            check_date(sheet.cell(row, sheet.date)?).with_context(at)?;
        }
        sheet.put_in_order()?;
        Ok(sheet)
    }

    /// The oldest row first, whichever way the file has them; no date twice.
    fn put_in_order(&mut self) -> anyhow::Result<()> {
        ensure!(!self.rows.is_empty(), "{} has no rows", self.name);
        let date = |row: &Row| row.cells.get(self.date).unwrap_or_default().to_owned();
        let dates: Vec<String> = self.rows.iter().map(date).collect();
        let is_descending = dates.first() > dates.last();
        for (row, pair) in dates.windows(2).enumerate() {
            let in_order = if is_descending { pair[0] > pair[1] } else { pair[0] < pair[1] };
            if !in_order {
                let at = self.fault(row + 1, self.date);
                bail!("{at}: {} is twice, or out of order", pair[1]);
            }
        }
        if is_descending {
            self.rows.reverse();
        }
        Ok(())
    }

    /// The rows' dates as the file has them: `YYYY-MM-DD`, maybe with a time.
    pub fn dates(&self) -> Vec<String> {
        let date = |row: &Row| row.cells.get(self.date).unwrap_or_default().to_owned();
        self.rows.iter().map(date).collect()
    }

    /// Where the column of one of these names is.
    pub fn find(&self, wanted: &[&str]) -> Option<usize> {
        let is_wanted = |heading: &str| wanted.iter().any(|one| one.eq_ignore_ascii_case(heading));
        self.head.iter().position(is_wanted)
    }

    /// The columns beside the dates, with their headings.
    pub fn others(&self) -> impl Iterator<Item = (usize, &str)> {
        self.head.iter().enumerate().filter(|(at, _)| *at != self.date)
    }

    /// Every heading, for a reader who misses one.
    pub fn headings(&self) -> String {
        self.head.iter().collect::<Vec<_>>().join(", ")
    }

    /// A column of numbers.
    pub fn numbers(&self, column: usize) -> anyhow::Result<Vec<f64>> {
        (0..self.rows.len()).map(|row| self.number(row, column)).collect()
    }

    /// A column of numbers, of which some may be missing: an empty cell, or the end of a short row.
    pub fn numbers_and_gaps(&self, column: usize) -> anyhow::Result<Vec<Option<f64>>> {
        let is_gap = |row: usize| self.rows[row].cells.get(column).unwrap_or_default().is_empty();
        let number = |row| if is_gap(row) { Ok(None) } else { self.number(row, column).map(Some) };
        (0..self.rows.len()).map(number).collect()
    }

    fn number(&self, row: usize, column: usize) -> anyhow::Result<f64> {
        let text = self.cell(row, column)?;
        let value = text.parse::<f64>().ok().filter(|value| value.is_finite());
        value.with_context(|| format!("{}: {text:?} is no number", self.fault(row, column)))
    }

    fn cell(&self, row: usize, column: usize) -> anyhow::Result<&str> {
        let missing = || format!("{}: there is none", self.fault(row, column));
        self.rows[row].cells.get(column).with_context(missing)
    }

    /// The place of a fault.
    fn fault(&self, row: usize, column: usize) -> String {
        let heading = self.head.get(column).unwrap_or_default();
        format!("{} line {}: column {heading}", self.name, self.rows[row].line)
    }
}

/// Dates are ISO 8601, whose order is that of their letters; a time of day may follow.
fn check_date(text: &str) -> anyhow::Result<()> {
    let form = || format!("{text:?} is no date; YYYY-MM-DD is wanted, maybe with a time");
    let (day, time) = text.split_at_checked(10).with_context(form)?;
    kernel::time::parse_date(day).ok().with_context(form)?;
    ensure!(time.is_empty() || time.starts_with(['T', ' ']), form());
    Ok(())
}

/// The sign that the head has most of: comma, semicolon or tabulator.
fn delimiter_of(bytes: &[u8]) -> u8 {
    let head = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |sign: u8| head.iter().filter(|byte| **byte == sign).count();
    // Of equals the last wins, which makes a comma of none.
    [b'\t', b';', b','].into_iter().max_by_key(|sign| count(*sign)).unwrap_or(b',')
}
