//! The rates of one file while it is read: what is sound, in order, and what is at fault.
//!
//! What must stay true: a file says at most one rate of a pair, day and source (said twice, it
//! counts once; said differently, it is a fault).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use kernel::{CommodityCode, Date, Decimal, time};

use crate::fault::{Fault, Faults};
use crate::limits::{FILE_RATES_MAX, FILE_SOURCES_MAX, RATE_DECIMALS_MAX, RATE_DIGITS_MAX, YEARS};
use crate::model::{RateKind, SourceCode, is_in_range, within_digits};

/// What a series of rates is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeriesKey {
    /// The currency that there is one of.
    pub base: CommodityCode,
    /// The currency that there is a rate of.
    pub quote: CommodityCode,
    /// Who states it.
    pub source: SourceCode,
}

/// A rate as a file states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatedRate {
    /// The number; above zero.
    pub rate: Decimal,
    /// What it is.
    pub kind: RateKind,
    /// The line that states it.
    pub line: u64,
}

/// What a file states, day by day, for each series.
pub type Series = BTreeMap<SeriesKey, BTreeMap<Date, StatedRate>>;

/// A file's rates and faults as they are collected.
#[derive(Default)]
pub(crate) struct Sheet {
    series: Series,
    faults: Faults,
    count: usize,
    sources: usize,
}

impl Sheet {
    /// Adds a rate; a fault where the file says another one of the same day.
    pub(crate) fn add(&mut self, key: &SeriesKey, date: Date, stated: StatedRate) {
        if !self.series.contains_key(key) {
            self.open(key, stated.line);
        }
        let Some(days) = self.series.get_mut(key) else { return };
        match days.entry(date) {
            Entry::Vacant(place) => {
                self.count += 1;
                if self.count <= FILE_RATES_MAX {
                    place.insert(stated);
                }
            }
            Entry::Occupied(place) => {
                let there = place.get();
                if (there.rate, there.kind) != (stated.rate, stated.kind) {
                    let expected =
                        format!("the rate {} that line {} states", there.rate, there.line);
                    let found = stated.rate.to_string();
                    self.faults.push(Fault::new(stated.line, "rate", &found, expected));
                }
            }
        }
    }

    /// Begins a series, unless the file has too many sources.
    fn open(&mut self, key: &SeriesKey, line: u64) {
        if !self.series.keys().any(|other| other.source == key.source) {
            self.sources += 1;
            if self.sources > FILE_SOURCES_MAX {
                let expected = format!("at most {FILE_SOURCES_MAX} sources in one file");
                self.fault(line, "source", key.source.as_str(), expected);
                return;
            }
        }
        self.series.insert(key.clone(), BTreeMap::new());
    }

    pub(crate) fn fault(
        &mut self,
        line: u64,
        field: &str,
        found: &str,
        expected: impl Into<String>,
    ) {
        self.faults.push(Fault::new(line, field, found, expected));
    }

    /// The value, or a fault that says why there is none.
    pub(crate) fn check<T>(
        &mut self,
        (line, field, found): (u64, &str, &str),
        value: Result<T, String>,
    ) -> Option<T> {
        value.map_err(|expected| self.fault(line, field, found, expected)).ok()
    }

    /// The rates, where there is at least one and no fault.
    pub(crate) fn close(mut self) -> Result<Series, Faults> {
        if self.count > FILE_RATES_MAX {
            let found = format!("{} rates", self.count);
            let expected = format!("at most {FILE_RATES_MAX} rates in one file");
            self.faults.push(Fault::of_file(&found, expected));
        }
        if self.count == 0 && self.faults.is_empty() {
            self.faults.push(Fault::of_file("no rate", "at least one rate"));
        }
        if self.faults.is_empty() { Ok(self.series) } else { Err(self.faults) }
    }
}

/// Reads a rate; else what was expected.
pub(crate) fn read_rate(text: &str) -> Result<Decimal, String> {
    let begins_well = text.as_bytes().first().is_some_and(u8::is_ascii_digit);
    let number = Decimal::parse(text).ok().filter(|number| begins_well && !number.is_zero());
    let number = number.ok_or("a decimal number above zero, such as 1.1172")?;
    within_digits(number, RATE_DIGITS_MAX, RATE_DECIMALS_MAX)
        .ok_or_else(|| format!("at most {RATE_DIGITS_MAX} digits and {RATE_DECIMALS_MAX} decimals"))
}

/// Reads a date such as `2026-10-30`; else what was expected.
pub(crate) fn read_date(text: &str) -> Result<Date, String> {
    let date = time::parse_date(text).map_err(|_| "a date such as 2026-10-30")?;
    in_range(date)
}

/// The date, where rates of its year are kept.
pub(crate) fn in_range(date: Date) -> Result<Date, String> {
    match is_in_range(date) {
        true => Ok(date),
        false => Err(format!("a year from {} to {}", YEARS.start(), YEARS.end())),
    }
}
