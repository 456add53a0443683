//! A CSV of prices: date, [open, high, low,] close [, volume].

use std::path::Path;

use anyhow::bail;
use quant::indicators::{Input, Inputs};

use super::sheet::Sheet;

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
        Self::of(&Sheet::read(path)?, close)
    }

    fn of(sheet: &Sheet, close: &str) -> anyhow::Result<Self> {
        let mut columns = Vec::new();
        for input in COLUMNS {
            let heading = if input == Input::Close { close } else { input.name() };
            match sheet.find(&[heading]) {
                Some(column) => columns.push((input, sheet.numbers(column)?)),
                None if input == Input::Close => {
                    let (name, has) = (&sheet.name, sheet.headings());
                    bail!("{name}: there is no column {close} in: {has}; --close names another");
                }
                None => {}
            }
        }
        Ok(Self { name: sheet.name.clone(), dates: sheet.dates(), columns })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> anyhow::Result<Prices> {
        Prices::of(&Sheet::parse("a.csv", text.as_bytes())?, "close")
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
        let adjusted =
            Prices::of(&Sheet::parse("a.csv", files[1].as_bytes()).unwrap(), "adj close").unwrap();
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
