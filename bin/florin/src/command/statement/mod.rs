//! `florin statement`: files of banks, read, shown and written for other programs. No database, no
//! server, no configuration.

mod answers;
mod convert;
mod json;
mod read;
mod shown;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use statements::{CsvMapping, ReadOptions, Reading};

use crate::cli::statement::{Answers, Statement};
use crate::command::read_file;

/// A mapping is small.
const MAPPING_BYTES_MAX: u64 = 64 << 10;
/// What ends a command that was not called as it must be, as clap does.
const WRONG_USAGE: u8 = 2;

/// What became of a file: what was read, or why it could not be opened.
type Outcome = Result<Reading, String>;

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
    let bytes = match read_file(file, statements::limits::FILE_BYTES_MAX as u64) {
        Ok(bytes) => bytes,
        Err(error) => return Err(format!("{:#}", error.root_cause())),
    };
    let mut options = ReadOptions {
        encoding: answers.encoding.clone(),
        currency: answers.currency,
        not_after: answers.not_after,
        csv_mapping: mapping.cloned(),
    };
    let reading = statements::read(&bytes, &options);
    match reading.csv_mapping.as_ref().and_then(|found| answers::given(answers, found)) {
        None => Ok(reading),
        Some(answered) => {
            options.csv_mapping = Some(answered);
            Ok(statements::read(&bytes, &options))
        }
    }
}
