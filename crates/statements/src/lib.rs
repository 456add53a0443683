//! Bank statements of every format, read into one kind of reading, and written for other programs.
//! Pure: bytes in, a [`Reading`] out, or its entries one by one; no clock, no ledger.
//!
//! What this crate owns: recognising a file's format and encoding, reading it completely or saying
//! with line, field, what was found and what was expected why not, and the small vocabulary in
//! which all formats are told ([`Statement`], [`Entry`], [`Balance`]); writing the same in other
//! formats ([`write()`]), with what they have no place for counted.
//!
//! What must stay true:
//! - strict about money: an amount, a sign, a currency or a date of booking is plainly what it must
//!   be, or the entry is refused with a [`Fault`]; nothing is rounded, converted, assumed or
//!   repaired, and no binary floating point is used;
//! - tolerant of the rest: texts, headers, orders and additions that formats allow or banks are
//!   known for are read, and what is left out is said in a [`Note`];
//! - all faults of a file at once; an entry that stands in a statement has no fault of its own;
//! - whether opening balance and entries make the closing balance is said
//!   ([`Statement::balance_check`]), never made true;
//! - memory and time are bounded by [`limits`], reading is linear, and no input panics.
//!
//! ```
//! let csv = "Date,Description,Amount,Balance\n31/03/2026,Coffee,-4.50,95.50\n";
//! let options = statements::ReadOptions {
//!     currency: kernel::CommodityCode::parse("AUD").ok(),
//!     ..Default::default()
//! };
//! let reading = statements::read(csv.as_bytes(), &options);
//! assert!(reading.is_sound());
//! assert_eq!(reading.statements[0].entries[0].amount.to_string(), "-4.50");
//! ```
//!
//! # To add a format
//! 1. Write a module with `recognises`, which is asked with the beginning of a file, and `read`: of
//!    a text that is held whole, or of a `Text` of which it holds a part at a time and hands
//!    entries on. Values are read through `value` (amounts, currencies, dates, texts), faults and
//!    notes go to `Findings` with a `Place`.
//! 2. Add its row to `READERS` in `detect`, and its variant to [`Format`].
//! 3. Put samples with their source, and what must be read from them, into `testdata/`; the
//!    mutation test in `tests/mutation.rs` takes every sample there.

mod bai;
mod camt;
mod csv;
mod detect;
mod encoding;
mod fault;
pub mod limits;
mod lines;
mod model;
mod mt;
mod ofx;
mod pdf;
mod qif;
mod reading;
mod source;
mod tally;
mod tree;
mod value;
mod window;
mod write;
mod xlsx;
mod xml;

pub use csv::{
    AmountSign, CsvColumn, CsvMapping, DateOrder, DebitSign, DecimalSign, Example, Question, Role,
};
pub use encoding::{EncodingSource, TextEncoding};
pub use fault::{Fault, Note, Scope};
pub use model::{
    AccountKind, AccountRef, Balance, BalanceCheck, BalanceKind, Charge, Counterparty, Detail,
    Entry, EntryKind, EntryStatus, Holding, OriginalAmount, Statement,
};
pub use reading::{Format, ReadOptions, Reading};
pub use source::Source;
pub use tally::Tally;
pub use write::{GiveEntries, Loss, TakeEntry, WriteFormat, Written, amount_text, write, write_to};

use std::io::{self, Read as _};

use fault::{Findings, Place};
use source::Entries;
use window::Text;

/// Reads a file of any format into memory.
#[must_use]
pub fn read(bytes: &[u8], options: &ReadOptions) -> Reading {
    let mut kept: Vec<Vec<Entry>> = Vec::new();
    let mut keep = |statement: usize, entry| {
        if kept.len() <= statement {
            kept.resize_with(statement + 1, Vec::new);
        }
        if let Some(entries) = kept.get_mut(statement) {
            entries.push(entry);
        }
        Ok(())
    };
    let limits = limits::Limits::COLLECTED;
    let read = read_to(&bytes, options, &limits, &mut keep);
    let mut reading = read.expect("invariant: bytes in memory are read, and entries kept");
    for (statement, entries) in reading.statements.iter_mut().zip(kept) {
        statement.entries = entries;
    }
    reading
}

/// Reads a file of any format and hands its entries on, each with the index of its statement, as
/// they are read: memory is bounded by `limits`, not by the file.
///
/// Whether a statement may be booked is known once this returns, and not before: the reading has
/// its faults. Its statements have no entries, but what these come to ([`Statement::tally`]). The
/// entries of a statement come in its order; those of a table that names several accounts come in
/// the order of the table.
///
/// # Errors
/// The source's, or those of `hand`, which end the reading: what was handed on is void.
///
/// ```
/// use statements::{ReadOptions, limits::Limits, read_to};
///
/// let csv = "Date,Description,Amount (AUD)\n2026-03-31,Coffee,-4.50\n2026-03-31,Tea,-4\n";
/// let mut spent = Vec::new();
/// let mut hand = |_, entry: statements::Entry| Ok(spent.push(entry.amount.to_string()));
/// let source = csv.as_bytes();
/// let reading = read_to(&source, &ReadOptions::default(), &Limits::HANDED_ON, &mut hand)?;
/// assert!(reading.is_sound());
/// assert_eq!(reading.statements[0].tally.entries, 2);
/// assert_eq!(spent, ["-4.50", "-4"]);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn read_to(
    source: &dyn Source,
    options: &ReadOptions,
    limits: &limits::Limits,
    hand: &mut dyn FnMut(usize, Entry) -> io::Result<()>,
) -> io::Result<Reading> {
    let mut findings = Findings::default();
    let mut entries = Entries::new(hand);
    let taken = (&mut findings, &mut entries);
    let reading = read_source(source, options, limits, taken)?;
    entries.failure()?;
    Ok(reading.close(findings))
}

fn read_source(
    source: &dyn Source,
    options: &ReadOptions,
    limits: &limits::Limits,
    (findings, entries): detect::Taken,
) -> io::Result<Reading> {
    let place = Place::file(1);
    let bytes = encoding::Bytes::look(source, limits.file_bytes_max)?;
    if bytes.length > limits.file_bytes_max {
        let expected = format!("a file of at most {} bytes", limits.file_bytes_max);
        findings.fault(place, "file", &format!("{} bytes or more", bytes.length), &expected);
        return Ok(Reading::new(None));
    }
    if bytes.head.starts_with(pdf::MARK) {
        return read_pdf((source, bytes.length), options, (findings, entries));
    }
    if let Some(packed) = packed(&bytes.head) {
        let book = match bytes.head.starts_with(b"PK") && fits(bytes.length) {
            true => {
                let mut whole = Vec::new();
                source.open()?.read_to_end(&mut whole)?;
                xlsx::read(&whole, options, (&mut *findings, entries))
            }
            false => None,
        };
        return Ok(book.unwrap_or_else(|| {
            findings.fault(place, "format", packed, "a file that is not packed");
            Reading::new(None)
        }));
    }
    let found = encoding::detect((source, &bytes), options.encoding.as_deref(), findings)?;
    let Some((decoder, encoding)) = found else {
        return Ok(Reading::new(None));
    };
    let text = Text::new(source, decoder, limits);
    let mut reading = detect::read(&text, options, (findings, entries));
    text.failure()?;
    reading.encoding = Some(encoding);
    Ok(reading)
}

/// Reads a document whole.
fn read_pdf(
    (source, length): (&dyn Source, u64),
    options: &ReadOptions,
    (findings, entries): detect::Taken,
) -> io::Result<Reading> {
    if !fits(length) {
        let expected = format!("a PDF of at most {} bytes", limits::FILE_BYTES_MAX);
        findings.fault(Place::file(1), "file", &format!("{length} bytes"), &expected);
        return Ok(Reading::new(Some(Format::Pdf)));
    }
    let mut whole = Vec::new();
    source.open()?.read_to_end(&mut whole)?;
    Ok(pdf::read(&whole, options, (findings, entries)))
}

/// Whether as many bytes are read into memory.
fn fits(length: u64) -> bool {
    usize::try_from(length).is_ok_and(|length| length <= limits::FILE_BYTES_MAX)
}

/// What a file is packed with, by its first bytes. Nothing is unpacked here.
fn packed(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [b'P', b'K', 3 | 5, ..] => Some("a zip archive (or a workbook)"),
        [0x1f, 0x8b, ..] => Some("a gzip file"),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Some("a workbook of Excel"),
        _ => None,
    }
}
