//! PDF: statements as banks print them, read by where their words stand.
//!
//! What must stay true: a table is read by the same survey as a CSV file, so it is mapped, asked
//! about and answered in the same way; what was read counts only where balances prove it; nothing
//! is unpacked, parsed or kept beyond its limit.

mod columns;
mod content;
mod document;
mod filter;
mod fixed;
mod font;
mod glyphs;
mod lines;
mod object;
mod proof;
mod table;

use crate::csv;
use crate::detect::Taken;
use crate::encoding::Decoder;
use crate::fault::{Findings, Place, Scope};
use crate::limits::{Limits, PDF_PARSED_MAX, PDF_WORDS_MAX};
use crate::model::Entry;
use crate::reading::{Format, ReadOptions, Reading};
use crate::source::Entries;
use crate::value::Refusal;
use crate::window::Text;
use content::Shower;
use document::Document;
use lines::Line;

/// How files begin.
pub(crate) const MARK: &[u8] = b"%PDF-";

/// Reads a document.
pub(crate) fn read(bytes: &[u8], options: &ReadOptions, (findings, entries): Taken) -> Reading {
    let mut reading = Reading::new(Some(Format::Pdf));
    let lines = findings.check(Place::file(1), "pdf", lines(bytes));
    let Some(lines) = lines.filter(|lines| has_text(lines, findings)) else {
        reading.version = version(bytes);
        return reading;
    };
    let mark = findings.mark();
    if let Some(table) = table::find(&lines, findings) {
        reading = read_table(&table, options, (&mut *findings, entries));
    }
    findings.reword_since(mark, |line, scope, text| {
        let index = usize::try_from(line).unwrap_or(usize::MAX).wrapping_sub(1);
        if let Some(line) = lines.get(index).filter(|_| index > 0 || scope != Scope::File) {
            text.push_str(&format!(" (page {}, row {})", line.page, line.row));
        }
    });
    reading.format = Some(Format::Pdf);
    reading.version = version(bytes);
    reading
}

/// What the file says of its version.
fn version(bytes: &[u8]) -> Option<String> {
    let digits = bytes.get(MARK.len()..MARK.len() + 3)?;
    let is_version = matches!(digits, [b'0'..=b'9', b'.', b'0'..=b'9']);
    is_version.then(|| String::from_utf8_lossy(digits).into_owned())
}

/// The lines of all pages.
fn lines(bytes: &[u8]) -> Result<Vec<Line>, Refusal> {
    let document = Document::open(bytes)?;
    let mut shower = Shower::new(&document);
    let mut lines: Vec<Line> = Vec::new();
    let mut words = 0;
    for (page, shown) in (1..).zip(document.pages()?) {
        let glyphs = shower.page(&shown)?;
        let found = lines::of_page(page, glyphs);
        words += found.iter().map(|line| line.words.len()).sum::<usize>();
        if words > PDF_WORDS_MAX {
            return Err(Refusal::new("more", format!("at most {PDF_WORDS_MAX} words")));
        }
        lines.extend(found);
    }
    if document.is_exhausted() {
        let expected = format!("at most {PDF_PARSED_MAX} objects and parts");
        return Err(Refusal::new("more", expected));
    }
    if lines.is_empty() && shower.turned {
        return Err(Refusal::new("turned text", "text that runs from left to right"));
    }
    Ok(lines)
}

fn has_text(lines: &[Line], findings: &mut Findings) -> bool {
    if lines.is_empty() {
        let expected = "a PDF with text: pictures of a statement are not read";
        findings.fault(Place::file(1), "text", "", expected);
    }
    !lines.is_empty()
}

/// Reads a table by the reader of CSV, and hands its entries on once balances prove them.
fn read_table(table: &table::Table, options: &ReadOptions, (findings, entries): Taken) -> Reading {
    let source = table.text.as_bytes();
    let text = Text::new(&source, Decoder::UTF_8, &Limits::COLLECTED);
    let before = findings.mark();
    let mut kept: Vec<(usize, Entry)> = Vec::new();
    let mut keep = |statement, entry| {
        kept.push((statement, entry));
        Ok(())
    };
    let taken = (&mut *findings, &mut Entries::new(&mut keep));
    let Some(mut reading) = csv::read(&text, options, taken) else {
        let expected = "a table with dates and amounts below its header";
        findings.fault(Place::file(1), "table", "", expected);
        return Reading::new(None);
    };
    proof::check(&mut reading, (table, &kept), (findings, before));
    for (statement, entry) in kept {
        entries.hand(statement, entry);
    }
    reading
}
