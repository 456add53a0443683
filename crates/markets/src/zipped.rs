//! A CSV file in a zip.
//!
//! What must stay true: exactly one entry, a CSV file; never more than [`UNPACKED_BYTES_MAX`]
//! bytes are unpacked, whatever the archive says about its size.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::fault::Fault;
use crate::limits::UNPACKED_BYTES_MAX;

/// What every zip file begins with.
const SIGNATURE: &[u8] = b"PK\x03\x04";

/// Whether the bytes are those of a zip.
pub(crate) fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(SIGNATURE)
}

/// The bytes of the one CSV file in a zip.
pub(crate) fn unpack(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let unsound = |error: &dyn std::error::Error| {
        Fault::of_file("a zip that cannot be read", format!("a sound zip ({error})"))
    };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| unsound(&error))?;
    if archive.len() != 1 {
        let found = format!("a zip with {} entries", archive.len());
        return Err(Fault::of_file(&found, "a zip with exactly one entry, a CSV file"));
    }
    archive.validate_header_consistency().map_err(|error| unsound(&error))?;
    let entry = archive.by_index(0).map_err(|error| unsound(&error))?;
    let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
    if !entry.is_file() || !name.to_ascii_lowercase().ends_with(".csv") {
        return Err(Fault::of_file(&name, "a file whose name ends in .csv"));
    }
    let mut unpacked = Vec::new();
    let mut bounded = entry.take(UNPACKED_BYTES_MAX + 1);
    bounded.read_to_end(&mut unpacked).map_err(|error| unsound(&error))?;
    match u64::try_from(unpacked.len()) {
        Ok(length) if length <= UNPACKED_BYTES_MAX => Ok(unpacked),
        _ => {
            let expected = format!("at most {UNPACKED_BYTES_MAX} bytes when unpacked");
            Err(Fault::of_file("a zip with more in it", expected))
        }
    }
}
