//! XLSX: workbooks that banks export, read as the tables in them.
//!
//! What must stay true: nothing is unpacked beyond its limit; a sheet is read by the same survey as
//! a CSV file, so it is mapped, asked about and answered in the same way; the lines of faults are
//! rows.

mod book;
mod cells;
mod parts;
mod sheet;

use crate::csv;
use crate::detect::Taken;
use crate::encoding::Decoder;
use crate::fault::Place;
use crate::limits::Limits;
use crate::reading::{Format, ReadOptions, Reading};
use crate::window::Text;
use book::Book;
use parts::Parts;

/// Reads a workbook; `None` where the bytes are none.
pub(crate) fn read(
    bytes: &[u8],
    options: &ReadOptions,
    (findings, entries): Taken,
) -> Option<Reading> {
    let mut parts = Parts::open(bytes).filter(|parts| parts.has(book::WORKBOOK))?;
    let none = || Some(Reading::new(Some(Format::Xlsx)));
    let Some(book) = Book::read(&mut parts, findings) else {
        return none();
    };
    let mut found: Option<Reading> = None;
    for (name, part) in &book.sheets {
        if found.is_some() {
            let note = format!("the sheet {} is not read", crate::fault::printable(name));
            findings.note(Place::file(1), note);
            continue;
        }
        let text = parts.text(part);
        let Some(text) = findings.check(Place::file(1), "sheet", text) else {
            return none();
        };
        let faults_before = findings.fault_count();
        let Some(text) = sheet::text(&text, &book, findings) else {
            return none();
        };
        if findings.fault_count() > faults_before {
            // A part that is not well-formed may lack rows.
            return none();
        }
        let source = text.as_bytes();
        let text = Text::new(&source, Decoder::UTF_8, &Limits::COLLECTED);
        if csv::has_table(&text, options) {
            found = csv::read(&text, options, (&mut *findings, &mut *entries));
        }
    }
    let mut reading = match found {
        Some(reading) => reading,
        None => {
            let expected = "a sheet with a table of dates and amounts";
            findings.fault(Place::file(1), "sheet", "", expected);
            return none();
        }
    };
    reading.format = Some(Format::Xlsx);
    Some(reading)
}
