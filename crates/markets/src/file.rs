//! Files of rates: which format one is, and what it states.
//!
//! What must stay true: pure; a file with a fault states nothing at all.

use csv::{ReaderBuilder, StringRecord};
use std::fmt;

use crate::error::MarketsError;
use crate::fault::{Fault, Faults};
use crate::limits::{COLUMNS_MAX, FILE_BYTES_MAX};
use crate::lines::Lines;
use crate::model::{RateKind, SourceCode};
use crate::sheet::{Series, Sheet};
use crate::{ecb, ecb_xml, plain, zipped};

/// A file of rates, and what the caller knows about it.
#[derive(Clone, Debug)]
pub struct RateFile {
    /// Its name, for messages.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whose rates they are, where a plain CSV file does not say.
    pub source: SourceCode,
    /// What they are, where a plain CSV file does not say.
    pub kind: RateKind,
}

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateFormat {
    /// The ECB's, as CSV.
    EcbCsv,
    /// The ECB's, as XML.
    EcbXml,
    /// Plain CSV with a column `base` and a column `quote`.
    PlainCsv,
}

/// What a file states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedRates {
    /// Its format.
    pub format: RateFormat,
    /// Its rates; at least one.
    pub series: Series,
}

/// How the rows of a CSV file are read.
enum Layout {
    Ecb(ecb::Columns),
    Plain(plain::Columns),
}

impl RateFile {
    /// A file of which no more is known; reference rates, as most are.
    #[must_use]
    pub fn new(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        let (source, kind) = (SourceCode::unstated(), RateKind::Reference);
        Self { name: name.into(), bytes, source, kind }
    }

    /// Reads it.
    ///
    /// # Errors
    /// Where it is too large, or anything in it is at fault.
    pub fn read(&self) -> Result<StatedRates, MarketsError> {
        if self.bytes.len() > FILE_BYTES_MAX {
            let (name, bytes) = (self.name.clone(), self.bytes.len());
            return Err(MarketsError::FileTooLarge { name, bytes });
        }
        let defaults = plain::Defaults { source: self.source.clone(), kind: self.kind };
        let stated = if zipped::is_zip(&self.bytes) {
            zipped::unpack(&self.bytes)
                .map_err(Faults::from)
                .and_then(|bytes| read_csv(decode(&bytes)?, defaults))
        } else {
            decode(&self.bytes).map_err(Faults::from).and_then(|text| {
                match text.trim_start().starts_with('<') {
                    true => read_xml(text),
                    false => read_csv(text, defaults),
                }
            })
        };
        let name = || self.name.clone();
        stated.map_err(|faults| MarketsError::FaultyFile { name: name(), faults })
    }
}

impl RateFormat {
    /// The code, as events have it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::EcbCsv => "ecb_csv",
            Self::EcbXml => "ecb_xml",
            Self::PlainCsv => "plain_csv",
        }
    }
}

impl fmt::Display for RateFormat {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.code())
    }
}

/// The bytes as text: UTF-8, which all these formats are within.
fn decode(bytes: &[u8]) -> Result<&str, Fault> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let sound = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let breaks = sound.iter().filter(|byte| **byte == b'\n').count();
        let line = u64::try_from(breaks).unwrap_or(0) + 1;
        let found = format!("byte {}", error.valid_up_to() + 1);
        Fault::new(line, "encoding", &found, "text in UTF-8")
    })
}

fn read_xml(text: &str) -> Result<StatedRates, Faults> {
    let mut sheet = Sheet::default();
    ecb_xml::read(text, &mut sheet);
    Ok(StatedRates { format: RateFormat::EcbXml, series: sheet.close()? })
}

fn read_csv(text: &str, defaults: plain::Defaults) -> Result<StatedRates, Faults> {
    let mut sheet = Sheet::default();
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    // The reader's own count stops before blank lines.
    let mut lines = Lines::of(text);
    let mut layout: Option<(Layout, usize)> = None;
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                let line = lines.at(reader.position().byte());
                sheet.fault(line, "row", "", format!("CSV ({error})"));
                break;
            }
        }
        let line = lines.of_text_after(record.position().map_or(0, csv::Position::byte));
        let Some((layout, width)) = &layout else {
            layout = Layout::read(&record, line, defaults.clone(), &mut sheet)
                .map(|layout| (layout, record.len()));
            if layout.is_none() {
                break;
            }
            continue;
        };
        if record.len() != *width {
            let found = format!("{} columns", record.len());
            sheet.fault(line, "row", &found, format!("{width} columns, as in the header"));
            continue;
        }
        match layout {
            Layout::Ecb(columns) => columns.read_row(line, &record, &mut sheet),
            Layout::Plain(columns) => columns.read_row(line, &record, &mut sheet),
        }
    }
    let format = match layout {
        Some((Layout::Ecb(_), _)) => RateFormat::EcbCsv,
        Some((Layout::Plain(_), _)) | None => RateFormat::PlainCsv,
    };
    Ok(StatedRates { format, series: sheet.close()? })
}

impl Layout {
    fn read(
        header: &StringRecord,
        line: u64,
        defaults: plain::Defaults,
        sheet: &mut Sheet,
    ) -> Option<Self> {
        if header.len() > COLUMNS_MAX {
            let found = format!("{} columns", header.len());
            sheet.fault(line, "header", &found, format!("at most {COLUMNS_MAX} columns"));
            return None;
        }
        if ecb::is_header(header) {
            return Some(Self::Ecb(ecb::Columns::read(header, line, sheet)));
        }
        plain::Columns::read(header, line, defaults, sheet).map(Self::Plain)
    }
}
