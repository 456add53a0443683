//! The parts of a workbook: files in a zip, unpacked one at a time.
//!
//! What must stay true: an archive has at most [`PARTS_MAX`] files, and no more than
//! [`UNPACKED_BYTES_MAX`] bytes of it are unpacked, whatever it says about their sizes.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::limits::{PARTS_MAX, UNPACKED_BYTES_MAX};
use crate::value::Refusal;

/// A workbook's archive.
pub(super) struct Parts<'b> {
    archive: ZipArchive<Cursor<&'b [u8]>>,
    /// How many bytes may still be unpacked.
    left: u64,
}

impl<'b> Parts<'b> {
    /// Opens an archive; `None` where the bytes are none, or one of more files than workbooks have.
    pub fn open(bytes: &'b [u8]) -> Option<Self> {
        if stated_count(bytes)? > PARTS_MAX {
            return None;
        }
        let archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
        let small = archive.len() <= usize::from(PARTS_MAX);
        small.then_some(Self { archive, left: UNPACKED_BYTES_MAX })
    }

    /// Whether there is a part of this name.
    pub fn has(&self, name: &str) -> bool {
        self.archive.index_for_name(name).is_some()
    }

    /// The text of a part; empty where there is none.
    pub fn text(&mut self, name: &str) -> Result<String, Refusal> {
        let Some(index) = self.archive.index_for_name(name) else {
            return Ok(String::new());
        };
        let limit = format!("at most {UNPACKED_BYTES_MAX} bytes when unpacked");
        let unsound = |error: &dyn std::error::Error| {
            Refusal::new(name, format!("a sound part of a workbook ({error})"))
        };
        let entry = self.archive.by_index(index).map_err(|error| unsound(&error))?;
        // What it says of itself is looked at first; what comes out is counted all the same.
        if entry.size() > self.left {
            return Err(Refusal::new(name, limit));
        }
        let mut unpacked = Vec::new();
        let mut bounded = entry.take(self.left + 1);
        bounded.read_to_end(&mut unpacked).map_err(|error| unsound(&error))?;
        let length = u64::try_from(unpacked.len()).unwrap_or(u64::MAX);
        self.left = match self.left.checked_sub(length) {
            Some(left) => left,
            None => return Err(Refusal::new(name, limit)),
        };
        let text = match unpacked.strip_prefix(b"\xef\xbb\xbf") {
            Some(marked) => std::str::from_utf8(marked).map(str::to_owned).ok(),
            None => String::from_utf8(unpacked).ok(),
        };
        text.ok_or_else(|| Refusal::new(name, "a part in UTF-8"))
    }
}

/// How many files the end of an archive says there are; `None` where it has no end.
fn stated_count(bytes: &[u8]) -> Option<u16> {
    const END: &[u8] = b"PK\x05\x06";
    const END_BYTES_MAX: usize = 22 + 0xffff;
    let from = bytes.len().saturating_sub(END_BYTES_MAX);
    let tail = bytes.get(from..)?;
    let end = tail.windows(END.len()).rposition(|window| window == END)?;
    let count = tail.get(end + 10..end + 12)?;
    Some(u16::from_le_bytes([*count.first()?, *count.get(1)?]))
}
