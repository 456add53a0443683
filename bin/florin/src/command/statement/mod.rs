//! `florin statement`: files of banks, read, shown and written for other programs. No database, no
//! server, no configuration.

pub mod answers;
mod convert;
mod file;
mod json;
mod read;
mod shown;

use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use file::{BankFile, Stored};
use statements::{CsvMapping, ReadOptions};

use crate::cli::statement::{Answers, Statement};
use crate::command::read_file;

/// A mapping is small.
const MAPPING_BYTES_MAX: u64 = 64 << 10;
/// What ends a command that was not called as it must be, as clap does.
const WRONG_USAGE: u8 = 2;

/// What became of a file: what was read, or why it could not be opened.
type Outcome = Result<BankFile, String>;

/// Does what is asked for.
pub fn run(asked: &Statement) -> anyhow::Result<ExitCode> {
    let mapping = match asked.answers().mapping.as_deref().map(read_mapping).transpose() {
        Ok(mapping) => mapping,
        Err(error) => {
            eprintln!("florin: --mapping: {error:#}");
            return Ok(ExitCode::from(WRONG_USAGE));
        }
    };
    match asked {
        Statement::Read(asked) => read::run(asked, mapping.as_ref()),
        Statement::Convert(asked) => convert::run(asked, mapping.as_ref()),
    }
}

fn read_mapping(file: &Path) -> anyhow::Result<CsvMapping> {
    let bytes = read_file(file, MAPPING_BYTES_MAX)?;
    serde_json::from_slice(&bytes).with_context(|| format!("{}", file.display()))
}

/// Reads a file, with the answers to what it leaves open.
fn read_one(file: &Path, answers: &Answers, mapping: Option<&CsvMapping>) -> Outcome {
    let options = ReadOptions {
        encoding: answers.encoding.clone(),
        currency: answers.currency,
        not_after: answers.not_after,
        csv_mapping: mapping.cloned(),
    };
    let read = move || -> io::Result<BankFile> {
        let stored = Arc::new(Stored::open(file)?);
        let read = BankFile::read(stored, options.clone())?;
        let found = read.reading.csv_mapping.as_ref();
        match found.and_then(|found| answers::given(&answers.table, found)) {
            None => Ok(read),
            Some(answered) => {
                read.read_again(ReadOptions { csv_mapping: Some(answered), ..options })
            }
        }
    };
    read().map_err(|error| error.to_string())
}
