//! Rates in plain CSV, for currencies that the ECB has not.
//!
//! The header names the columns, in any order: `date`, `base`, `quote` and `rate`, and where they
//! are wanted `source` and `kind`. A row says that on that date 1 base was `rate` of the quote
//! currency: `2026-03-31,USD,MNT,3445.12,mongolbank,reference`. Dates are ISO dates, numbers have a
//! point and no thousands sign, currencies are codes of ISO 4217 or of well-known crypto-assets.

use csv::StringRecord;
use kernel::{Commodity, CommodityCode};

use crate::model::{RateKind, SourceCode};
use crate::sheet::{self, SeriesKey, Sheet, StatedRate};

const NAMES: [&str; 6] = ["date", "base", "quote", "rate", "source", "kind"];
/// The columns that may be missing are those from here on.
const REQUIRED: usize = 4;

/// What holds for rows that do not say it themselves.
#[derive(Clone, Debug)]
pub(crate) struct Defaults {
    pub source: SourceCode,
    pub kind: RateKind,
}

/// Where the columns are, in the order of [`NAMES`].
pub(crate) struct Columns {
    at: [Option<usize>; NAMES.len()],
    defaults: Defaults,
}

impl Columns {
    /// Reads the header line; nothing where rows cannot be read by it.
    pub(crate) fn read(
        header: &StringRecord,
        line: u64,
        defaults: Defaults,
        sheet: &mut Sheet,
    ) -> Option<Self> {
        let mut at = [None; NAMES.len()];
        let mut is_sound = true;
        for (index, found) in header.iter().map(str::trim).enumerate() {
            let name = NAMES.iter().position(|name| found.eq_ignore_ascii_case(name));
            let expected = match name.map(|name| at[name].replace(index)) {
                Some(None) => continue,
                Some(Some(_)) => "each column only once",
                None => {
                    "the columns date, base, quote, rate, source and kind (or Date and codes of \
                     currencies, as the ECB has them)"
                }
            };
            sheet.fault(line, "header", found, expected);
            is_sound = false;
        }
        for (name, _) in NAMES.iter().zip(at).take(REQUIRED).filter(|(_, at)| at.is_none()) {
            sheet.fault(line, "header", "", format!("a column {name}"));
            is_sound = false;
        }
        is_sound.then_some(Self { at, defaults })
    }

    /// Reads a row that has as many columns as the header.
    pub(crate) fn read_row(&self, line: u64, record: &StringRecord, sheet: &mut Sheet) {
        let [date, base, quote, rate, source, kind] =
            self.at.map(|at| at.and_then(|at| record.get(at)).unwrap_or_default().trim());
        let date = sheet.check((line, "date", date), sheet::read_date(date));
        let base_code = sheet.check((line, "base", base), read_currency(base));
        let quote_code = sheet.check((line, "quote", quote), read_currency(quote));
        let rate = sheet.check((line, "rate", rate), sheet::read_rate(rate));
        let source = sheet.check((line, "source", source), self.source(source));
        let kind = sheet.check((line, "kind", kind), self.kind(kind));
        let (Some(date), Some(base), Some(quote)) = (date, base_code, quote_code) else { return };
        let (Some(rate), Some(source), Some(kind)) = (rate, source, kind) else { return };
        if base == quote {
            sheet.fault(line, "quote", quote.as_str(), "another currency than base");
            return;
        }
        sheet.add(&SeriesKey { base, quote, source }, date, StatedRate { rate, kind, line });
    }

    fn source(&self, text: &str) -> Result<SourceCode, String> {
        if text.is_empty() {
            return Ok(self.defaults.source.clone());
        }
        SourceCode::parse(text).map_err(|_| "the code of a source, such as mongolbank".to_owned())
    }

    fn kind(&self, text: &str) -> Result<RateKind, String> {
        if text.is_empty() {
            return Ok(self.defaults.kind);
        }
        text.parse().map_err(|_| "reference, market or made_up".to_owned())
    }
}

fn read_currency(text: &str) -> Result<CommodityCode, String> {
    let commodity = Commodity::well_known(text);
    commodity
        .map(|commodity| commodity.code)
        .map_err(|_| "the code of a currency, as MNT".to_owned())
}
