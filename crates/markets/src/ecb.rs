//! The reference rates of the European Central Bank as CSV.
//!
//! One row a day, one column a currency, `N/A` where there was no rate, a comma at the end of each
//! line. `eurofxref-hist.csv` writes dates as 2026-10-30; `eurofxref.csv`, the file of one day, as
//! 30 October 2026, with a blank behind each comma. A rate is how much of the currency 1 EUR is.
//!
//! Source: "Euro foreign exchange reference rates", European Central Bank.

use csv::StringRecord;
use kernel::{CommodityCode, Date};

use crate::model::{RateKind, SourceCode};
use crate::sheet::{self, SeriesKey, Sheet, StatedRate};

/// The mark for no rate.
const NO_RATE: &str = "N/A";
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Whether a header line is of this form: `Date`, then nothing but codes of currencies.
pub(crate) fn is_header(header: &StringRecord) -> bool {
    let mut names = header.iter().map(str::trim);
    let begins_well = names.next().is_some_and(|name| name.eq_ignore_ascii_case("date"));
    let names: Vec<&str> = names.collect();
    let is_code = |name: &&str| name.is_empty() || is_currency_code(name);
    begins_well && !names.is_empty() && names.iter().all(is_code)
}

/// The columns of a file.
pub(crate) struct Columns {
    /// Those that hold rates, with the series each is of.
    rates: Vec<(usize, SeriesKey)>,
    /// The one behind the comma at the end, which holds nothing.
    trailing: Option<usize>,
}

impl Columns {
    /// Reads the header line.
    pub(crate) fn read(header: &StringRecord, line: u64, sheet: &mut Sheet) -> Self {
        let mut columns = Self { rates: Vec::new(), trailing: None };
        for (index, name) in header.iter().map(str::trim).enumerate().skip(1) {
            if name.is_empty() && index + 1 == header.len() {
                columns.trailing = Some(index);
                continue;
            }
            match series(name) {
                Ok(key) if columns.rates.iter().any(|column| column.1 == key) => {
                    sheet.fault(line, "header", name, "each currency in one column only");
                }
                Ok(key) => columns.rates.push((index, key)),
                Err(expected) => sheet.fault(line, "header", name, expected),
            }
        }
        columns
    }

    /// Reads a row that has as many columns as the header.
    pub(crate) fn read_row(&self, line: u64, record: &StringRecord, sheet: &mut Sheet) {
        let cell = |index| record.get(index).unwrap_or_default().trim();
        let Some(date) = sheet.check((line, "date", cell(0)), read_date(cell(0))) else { return };
        if let Some(found) = self.trailing.map(cell).filter(|found| !found.is_empty()) {
            sheet.fault(line, "row", found, "nothing behind the last comma");
        }
        for (index, key) in &self.rates {
            let found = cell(*index);
            if found == NO_RATE {
                continue;
            }
            let place = (line, key.quote.as_str(), found);
            if let Some(rate) = sheet.check(place, sheet::read_rate(found)) {
                sheet.add(key, date, StatedRate { rate, kind: RateKind::Reference, line });
            }
        }
    }
}

/// The series of a currency; else what was expected.
pub(crate) fn series(code: &str) -> Result<SeriesKey, String> {
    let expected = "the three letters of a currency other than EUR";
    let quote = CommodityCode::parse(code).ok().filter(|_| is_currency_code(code));
    let (Some(quote), Ok(base)) = (quote, CommodityCode::parse("EUR")) else {
        return Err(expected.to_owned());
    };
    match quote == base {
        true => Err(expected.to_owned()),
        false => Ok(SeriesKey { base, quote, source: SourceCode::ecb() }),
    }
}

/// Any three capital letters: the ECB adds currencies, and drops them, before our table knows.
fn is_currency_code(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Reads `2026-10-30` or `30 October 2026`.
fn read_date(text: &str) -> Result<Date, String> {
    let mut words = text.split(' ');
    let (Some(day), Some(month), Some(year), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return sheet::read_date(text);
    };
    let expected = || "a date such as 30 October 2026".to_owned();
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let month = MONTHS.iter().position(|name| *name == month);
    let month = month.and_then(|index| i8::try_from(index + 1).ok()).ok_or_else(expected)?;
    let day: Option<i8> = day.parse().ok().filter(|_| is_digits(day) && day.len() <= 2);
    let year: Option<i16> = year.parse().ok().filter(|_| is_digits(year) && year.len() == 4);
    let (Some(day), Some(year)) = (day, year) else { return Err(expected()) };
    let date = Date::new(year, month, day).map_err(|_| expected())?;
    sheet::in_range(date)
}
