//! Other people's programs for files of banks, which check what we write and write what we read:
//! ofxtools, and the schemas of ISO 20022, as `scripts/setup.sh test` installs them.

use std::path::{Path, PathBuf};

use crate::installed::{installed, run};

/// Has ofxtools read OFX files. Answers a line for each statement and entry, its fields parted by
/// tabulators: `statement FILE ACCOUNT CURRENCY BALANCE`, `entry DAY AMOUNT ID NAME MEMO`.
///
/// # Panics
/// Where ofxtools is missing, or refuses a file.
#[must_use]
pub fn read_ofx(files: &[PathBuf]) -> String {
    python(include_str!("bank_files/read_ofx.py"), files)
}

/// What ofxtools writes in a version of OFX: an account of a bank and a card.
///
/// # Panics
/// Where ofxtools is missing.
#[must_use]
pub fn write_ofx(version: &str) -> String {
    python(include_str!("bank_files/write_ofx.py"), &[PathBuf::from(version)])
}

/// Holds CAMT files against the schemas of ISO 20022.
///
/// # Panics
/// Where the schemas are missing, or a file breaks its own.
pub fn check_camt(files: &[PathBuf]) {
    python(include_str!("bank_files/check_camt.py"), files);
}

fn python(program: &str, words: &[PathBuf]) -> String {
    let words = words.iter().map(|word| path(word));
    let words: Vec<&str> = ["-c", program].into_iter().chain(words).collect();
    run(installed("bank-files").join("python"), &words)
}

fn path(file: &Path) -> &str {
    file.to_str().expect("the path is text")
}
