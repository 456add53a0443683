//! Bank statements of every format, read into one kind of reading, and written for other programs.
//! Pure: bytes in, a [`Reading`] out; no file, no clock, no ledger.
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
//! 1. Write a module with one function `read(&Source, &ReadOptions, &mut Findings) ->
//!    Option<Reading>`: `None` where the file is not of that format, else the statements. Values
//!    are read through `value` (amounts, currencies, dates, texts), faults and notes go to
//!    `Findings` with a `Place`.
//! 2. Add its row to `READERS` in `detect`, before CSV, and its variant to [`Format`].
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
mod qif;
mod reading;
mod tree;
mod value;
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
pub use write::{Loss, WriteFormat, Written, amount_text, write};

use detect::Source;
use fault::{Findings, Place};

/// Reads a file of any format.
#[must_use]
pub fn read(bytes: &[u8], options: &ReadOptions) -> Reading {
    let mut findings = Findings::default();
    let place = Place::file(1);
    if bytes.len() > limits::FILE_BYTES_MAX {
        let expected = format!("a file of at most {} bytes", limits::FILE_BYTES_MAX);
        findings.fault(place, "file", &format!("{} bytes", bytes.len()), &expected);
        return Reading::new(None).close(findings);
    }
    if let Some(reading) = xlsx::read(bytes, options, &mut findings) {
        return reading.close(findings);
    }
    if let Some(packed) = packed(bytes) {
        findings.fault(place, "format", packed, "a file that is not packed");
        return Reading::new(None).close(findings);
    }
    let decoded = encoding::decode(bytes, options.encoding.as_deref(), &mut findings);
    let Some((text, encoding)) = findings.check(place, "encoding", decoded) else {
        return Reading::new(None).close(findings);
    };
    let source = Source { text: &text };
    let mut reading = detect::read(&source, options, &mut findings);
    reading.encoding = Some(encoding);
    reading.close(findings)
}

/// What a file is packed with, by its first bytes. Nothing is unpacked here.
fn packed(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [b'P', b'K', 3 | 5, ..] => Some("a zip archive (or a workbook)"),
        [0x1f, 0x8b, ..] => Some("a gzip file"),
        [b'%', b'P', b'D', b'F', ..] => Some("a PDF document"),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Some("a workbook of Excel"),
        _ => None,
    }
}
