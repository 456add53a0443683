//! Which format a file has: the table of all formats.
//!
//! What must stay true: a format is recognised by its content, never by a file's name; a file that
//! no format recognises is refused with a fault, not read by guess.

use crate::fault::{Findings, Place};
use crate::limits::FILE_BYTES_MAX;
use crate::reading::{ReadOptions, Reading};
use crate::source::Entries;
use crate::window::Text;
use crate::{bai, camt, csv, mt, ofx, qif};

/// The text of a file that is small enough to be held whole.
pub(crate) struct Whole<'a> {
    pub text: &'a str,
}

/// Where what is read goes: what was found, and who takes the entries.
pub(crate) type Taken<'t, 'c> = (&'t mut Findings, &'t mut Entries<'c>);

/// A format: how its files begin, and how they are read.
struct Reader {
    recognises: fn(&str) -> bool,
    read: Way,
}

/// Reads a file that is held whole.
type ReadWhole = fn(&Whole, &ReadOptions, &mut Findings) -> Reading;

/// How much of a file a reader wants at a time.
enum Way {
    /// A part, and it hands entries on.
    Parts(fn(&Text, &ReadOptions, Taken) -> Reading),
    /// All of it.
    Whole(ReadWhole),
}

/// The formats, the surest signs first. CSV comes behind them: it takes every table with dates and
/// numbers.
const READERS: &[Reader] = &[
    Reader { recognises: ofx::recognises, read: Way::Whole(ofx::read) },
    Reader { recognises: camt::recognises, read: Way::Parts(camt::read) },
    Reader { recognises: mt::recognises, read: Way::Whole(mt::read) },
    Reader { recognises: bai::recognises, read: Way::Whole(bai::read) },
    Reader { recognises: qif::recognises, read: Way::Whole(qif::read) },
];

/// How much of a file is looked at to recognise it, in bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;

impl Whole<'_> {
    /// The beginning of the file.
    pub fn head(&self) -> &str {
        head(self.text)
    }
}

fn head(text: &str) -> &str {
    text.get(..text.floor_char_boundary(HEAD_BYTES_MAX)).unwrap_or_default()
}

/// Reads a file of any format.
pub(crate) fn read(text: &Text, options: &ReadOptions, (findings, entries): Taken) -> Reading {
    let head = head(text.head());
    let reader = READERS.iter().find(|reader| (reader.recognises)(head));
    match reader.map(|reader| &reader.read) {
        Some(Way::Parts(read)) => return read(text, options, (findings, entries)),
        Some(Way::Whole(read)) => return read_whole(*read, (text, options), (findings, entries)),
        None => {}
    }
    if let Some(reading) = csv::read(text, options, (&mut *findings, entries)) {
        return reading;
    }
    let expected = "OFX, CAMT, MT940, MT942, BAI2, QIF, or a CSV table with dates and amounts";
    findings.fault(Place::file(1), "format", head.trim_start(), expected);
    Reading::new(None)
}

/// Reads a file whose reader wants all of it, and hands its entries on.
fn read_whole(
    read: ReadWhole,
    (text, options): (&Text, &ReadOptions),
    (findings, entries): Taken,
) -> Reading {
    let Some(whole) = text.whole() else {
        let expected = format!("a file of this format of at most {FILE_BYTES_MAX} bytes");
        findings.fault(Place::file(1), "file", "more", &expected);
        return Reading::new(None);
    };
    let mut reading = read(&Whole { text: &whole }, options, findings);
    for (index, statement) in reading.statements.iter_mut().enumerate() {
        for entry in std::mem::take(&mut statement.entries) {
            statement.tally.take(&entry);
            entries.hand(index, entry);
        }
    }
    reading
}
