//! Which format a file has: the table of all formats.
//!
//! What must stay true: a format is recognised by its content, never by a file's name; a file that
//! no format recognises is refused with a fault, not read by guess.

use crate::fault::{Findings, Place};
use crate::reading::{ReadOptions, Reading};
use crate::{bai, camt, csv, mt, ofx, qif};

/// A file as text.
pub(crate) struct Source<'a> {
    pub text: &'a str,
}

/// Reads a file of a format; `None` where the file is not of that format.
type Reader = fn(&Source, &ReadOptions, &mut Findings) -> Option<Reading>;

/// The formats, the surest signs first. CSV is last: it takes every table with dates and numbers.
const READERS: &[Reader] = &[ofx::read, camt::read, mt::read, bai::read, qif::read, csv::read];

/// How much of a file is looked at to recognise it, in bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;

impl Source<'_> {
    /// The beginning of the file.
    pub fn head(&self) -> &str {
        let end = self.text.floor_char_boundary(HEAD_BYTES_MAX);
        self.text.get(..end).unwrap_or_default()
    }
}

/// Reads a file of any format.
pub(crate) fn read(source: &Source, options: &ReadOptions, findings: &mut Findings) -> Reading {
    for reader in READERS {
        if let Some(reading) = reader(source, options, findings) {
            return reading;
        }
    }
    let found = source.text.trim_start();
    let expected = "OFX, CAMT, MT940, MT942, BAI2, QIF, or a CSV table with dates and amounts";
    findings.fault(Place::file(1), "format", found, expected);
    Reading::new(None)
}
