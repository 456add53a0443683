//! Prices of several assets over the dates that all of them have: a file with a column an asset, or
//! a file an asset.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};

use super::prices::Prices;
use super::sheet::Sheet;

/// Closing prices, the oldest first.
#[derive(Debug)]
pub struct Closes {
    /// What to call them: the file, or how many there are.
    pub title: String,
    /// The assets.
    pub names: Vec<String>,
    /// The dates that all of them have.
    pub dates: Vec<String>,
    /// A column an asset.
    pub prices: Vec<Vec<f64>>,
    /// How many dates were left out, because some asset has no price then.
    pub left_out: usize,
}

impl Closes {
    /// Reads one file with a column an asset, or several with a column `close` each.
    pub fn read(files: &[PathBuf], close: &str) -> anyhow::Result<Self> {
        match files {
            [file] => Self::of_sheet(&Sheet::read(file)?, close),
            _ => {
                let read = |file: &PathBuf| Prices::read(file, close);
                Self::of_files(&files.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?)
            }
        }
    }

    fn of_sheet(sheet: &Sheet, close: &str) -> anyhow::Result<Self> {
        let name = &sheet.name;
        ensure!(
            sheet.find(&[close]).is_none(),
            "{name} has one asset, under {close}: give a file for each, or one with a column each"
        );
        let (mut names, mut columns) = (Vec::new(), Vec::new());
        for (column, heading) in sheet.others() {
            names.push(heading.to_owned());
            columns.push(sheet.numbers_and_gaps(column)?);
        }
        let mut dates = sheet.dates();
        let all = dates.len();
        let is_whole = |row: usize| columns.iter().all(|column| column[row].is_some());
        let whole: Vec<bool> = (0..all).map(is_whole).collect();
        let mut kept = whole.iter();
        dates.retain(|_| kept.next().copied().unwrap_or_default());
        let pick = |column: &Vec<Option<f64>>| -> Vec<f64> {
            let rows = column.iter().zip(&whole);
            rows.filter_map(|(price, is_whole)| price.filter(|_| *is_whole)).collect()
        };
        let prices = columns.iter().map(pick).collect();
        let left_out = all - dates.len();
        Self { title: name.clone(), names, dates, prices, left_out }.checked()
    }

    fn of_files(files: &[Prices]) -> anyhow::Result<Self> {
        let set = |file: &Prices| file.dates.iter().cloned().collect::<BTreeSet<_>>();
        let mut sets = files.iter().map(set);
        let first = sets.next().context("a portfolio needs files")?;
        let (shared, all) =
            sets.fold((first.clone(), first), |(shared, all), set| (&shared & &set, &all | &set));
        let pick = |file: &Prices| {
            let rows = file.dates.iter().zip(file.close());
            rows.filter(|(date, _)| shared.contains(*date)).map(|(_, price)| *price).collect()
        };
        let stem = |file: &Prices| {
            file.name.rsplit_once('.').map_or(file.name.clone(), |(stem, _)| stem.to_owned())
        };
        let closes = Self {
            title: format!("{} files", files.len()),
            names: files.iter().map(stem).collect(),
            prices: files.iter().map(pick).collect(),
            left_out: all.len() - shared.len(),
            dates: shared.into_iter().collect(),
        };
        closes.checked()
    }

    fn checked(self) -> anyhow::Result<Self> {
        let Self { title, names, dates, left_out, .. } = &self;
        ensure!(!names.is_empty(), "{title} has no column beside the dates");
        ensure!(
            dates.len() > 2,
            "{title}: all assets have a price on {} dates, three are needed; {left_out} were left \
             out",
            dates.len()
        );
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_that_some_asset_lacks_are_left_out_and_counted() {
        let text = "Date,A,B\n2024-01-02,1,10\n2024-01-03,,11\n2024-01-04,2,12\n2024-01-05,3,13\n";
        let sheet = Sheet::parse("a.csv", text.as_bytes()).unwrap();
        let closes = Closes::of_sheet(&sheet, "close").unwrap();
        assert_eq!(closes.names, ["A", "B"]);
        assert_eq!(closes.dates, ["2024-01-02", "2024-01-04", "2024-01-05"]);
        assert_eq!(closes.prices, [[1.0, 2.0, 3.0], [10.0, 12.0, 13.0]]);
        assert_eq!(closes.left_out, 1);
    }

    #[test]
    fn what_is_no_table_of_assets_is_said() {
        for (text, expected) in [
            ("Date,Close\n2024-01-02,1\n", "a.csv has one asset, under close"),
            ("Date\n2024-01-02\n", "no column beside the dates"),
            ("Date,A,B\n2024-01-02,1,2\n2024-01-03,1,\n", "on 1 dates"),
            ("Date,A,B\n2024-01-02,1,x\n", "a.csv line 2: column B: \"x\" is no number"),
        ] {
            let sheet = Sheet::parse("a.csv", text.as_bytes()).unwrap();
            let told = Closes::of_sheet(&sheet, "close").unwrap_err().to_string();
            assert!(told.contains(expected), "{told}");
        }
    }
}
