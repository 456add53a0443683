//! A CSV of prices: date, [open, high, low,] close [, volume], in any order of columns and with the
//! oldest row first or last. A fault names its file, line and column.

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use csv::StringRecord;
use quant::indicators::{Input, Inputs};

use crate::command::{file_name, read_file};

/// The largest file.
const BYTES_MAX: u64 = 256 << 20;
/// What the column of dates may be called, in small letters.
const DATES: [&str; 5] = ["date", "time", "datetime", "timestamp", "day"];
/// The columns that are read beside the dates.
const COLUMNS: [Input; 5] = [Input::Open, Input::High, Input::Low, Input::Close, Input::Volume];

/// The rows of a file, the oldest first.
#[derive(Debug)]
pub struct Prices {
    /// The file's name without its folders.
    pub name: String,
    /// The rows' dates as the file has them: `YYYY-MM-DD`, maybe with a time.
    pub dates: Vec<String>,
    columns: Vec<(Input, Vec<f64>)>,
}

impl Prices {
    /// Reads a file whose closing prices stand under the heading `close`.
    pub fn read(path: &Path, close: &str) -> anyhow::Result<Self> {
        let bytes = read_file(path, BYTES_MAX)?;
        Self::parse(&file_name(path), &bytes, close)
    }

    fn parse(name: &str, bytes: &[u8], close: &str) -> anyhow::Result<Self> {
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter_of(bytes))
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(bytes);
        let head = reader.headers().with_context(|| name.to_owned())?.clone();
        let places = Places::of(&head, close).with_context(|| name.to_owned())?;
        let columns = places.columns.iter().map(|(input, _)| (*input, Vec::new())).collect();
        let mut prices = Self { name: name.to_owned(), dates: Vec::new(), columns };
        let mut lines = Vec::new();
        for record in reader.records() {
            let record = record.with_context(|| name.to_owned())?;
            let line = record.position().map_or(0, csv::Position::line);
            prices.take(&record, &places).with_context(|| format!("{name} line {line}"))?;
            lines.push(line);
        }
        prices.put_in_order(&lines, &places.date.heading)?;
        Ok(prices)
    }

    fn take(&mut self, record: &StringRecord, places: &Places) -> anyhow::Result<()> {
        let date = cell(record, &places.date)?;
        check_date(date).with_context(|| format!("column {}", places.date.heading))?;
        self.dates.push(date.to_owned());
        for ((_, values), (_, place)) in self.columns.iter_mut().zip(&places.columns) {
            let text = cell(record, place)?;
            let value = text.parse::<f64>().ok().filter(|value| value.is_finite());
            let heading = &place.heading;
            values.push(value.with_context(|| format!("column {heading}: {text:?} is no number"))?);
        }
        Ok(())
    }

    /// The oldest row first, whichever way the file has them; no date twice.
    fn put_in_order(&mut self, lines: &[u64], heading: &str) -> anyhow::Result<()> {
        let (Some(first), Some(last)) = (self.dates.first(), self.dates.last()) else {
            bail!("{} has no rows", self.name);
        };
        let is_descending = first > last;
        for (pair, line) in self.dates.windows(2).zip(lines.iter().skip(1)) {
            let in_order = if is_descending { pair[0] > pair[1] } else { pair[0] < pair[1] };
            let (name, date) = (&self.name, &pair[1]);
            ensure!(
                in_order,
                "{name} line {line}: column {heading}: {date} is twice, or out of order"
            );
        }
        if is_descending {
            self.dates.reverse();
            self.columns.iter_mut().for_each(|(_, values)| values.reverse());
        }
        Ok(())
    }

    /// The closing prices.
    pub fn close(&self) -> &[f64] {
        let found = self.columns.iter().find(|(input, _)| *input == Input::Close);
        found.map_or(&[], |(_, values)| values)
    }

    /// Every column, for indicators to read.
    pub fn inputs(&self) -> quant::Result<Inputs<'_>> {
        let mut columns = self.columns.iter();
        columns.try_fold(Inputs::new(), |inputs, (input, values)| inputs.with(*input, values))
    }

    /// The first and the last date.
    pub fn span(&self) -> (&str, &str) {
        let (first, last) = (self.dates.first(), self.dates.last());
        (first.map_or("", String::as_str), last.map_or("", String::as_str))
    }
}

/// Where a column stands, and what the file calls it.
struct Place {
    index: usize,
    heading: String,
}

struct Places {
    date: Place,
    columns: Vec<(Input, Place)>,
}

impl Places {
    fn of(head: &StringRecord, close: &str) -> anyhow::Result<Self> {
        let find = |wanted: &[&str]| {
            let is_wanted =
                |heading: &str| wanted.iter().any(|one| one.eq_ignore_ascii_case(heading));
            let index = head.iter().position(is_wanted)?;
            Some(Place { index, heading: head.get(index)?.to_owned() })
        };
        let has = || head.iter().collect::<Vec<_>>().join(", ");
        let date =
            find(&DATES).with_context(|| format!("there is no column date in: {}", has()))?;
        let heading_of = |input: Input| if input == Input::Close { close } else { input.name() };
        let found = COLUMNS.map(|input| (input, find(&[heading_of(input)])));
        let columns: Vec<_> =
            found.into_iter().filter_map(|(input, place)| Some((input, place?))).collect();
        if !columns.iter().any(|(input, _)| *input == Input::Close) {
            bail!("there is no column {close} in: {}; --close names another", has());
        }
        Ok(Self { date, columns })
    }
}

fn cell<'a>(record: &'a StringRecord, place: &Place) -> anyhow::Result<&'a str> {
    record.get(place.index).with_context(|| format!("column {}: there is none", place.heading))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> anyhow::Result<Prices> {
        Prices::parse("a.csv", text.as_bytes(), "close")
    }

    #[test]
    fn columns_and_rows_come_in_any_order() {
        let files = [
            "Date,Open,Close\n2024-01-02,1,10\n2024-01-03,2,20.5\n",
            "\u{feff}CLOSE,date,Adj Close,open\r\n20.5,2024-01-03,7,2\r\n10,2024-01-02,7,1\r\n",
            "date;open;close\n2024-01-02;1;10\n2024-01-03;2;2.05e1\n",
        ];
        for file in files {
            let prices = parse(file).unwrap();
            assert_eq!(prices.dates, ["2024-01-02", "2024-01-03"], "{file}");
            assert_eq!(prices.close(), [10.0, 20.5], "{file}");
            assert_eq!(prices.columns[0].1, [1.0, 2.0], "{file}");
        }
        let adjusted = Prices::parse("a.csv", files[1].as_bytes(), "adj close").unwrap();
        assert_eq!(adjusted.close(), [7.0, 7.0]);
    }

    #[test]
    fn a_fault_names_its_line_and_column() {
        let cases = [
            ("Date,Close\n2024-01-02,1\n2024-01-03,x\n", "a.csv line 3: column Close: \"x\" is no"),
            ("Date,Close\n2024-01-02,1\n2024-01-03,NaN\n", "a.csv line 3: column Close: \"NaN\""),
            ("Date,Close\n2024-01-02\n", "a.csv line 2: column Close: there is none"),
            ("Date,Close\n02.01.2024,1\n", "a.csv line 2: column Date: \"02.01.2024\" is no date"),
            ("Date,Close\n2024-01-02,1\n2024-01-02,1\n", "a.csv line 3: column Date: 2024-01-02"),
            ("Date,Close\n2024-01-02,1\n2024-01-05,1\n2024-01-04,1\n2024-01-06,1\n", "line 4"),
            ("Date,Price\n2024-01-02,1\n", "a.csv: there is no column close in: Date, Price"),
            ("Close\n1\n", "a.csv: there is no column date in: Close"),
            ("Date,Close\n", "a.csv has no rows"),
            ("", "a.csv: there is no column date"),
        ];
        for (text, expected) in cases {
            let told = format!("{:#}", parse(text).unwrap_err());
            assert!(told.contains(expected), "{text:?}: {told}");
        }
    }
}
