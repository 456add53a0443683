//! `florin statement convert`: a file of a bank, written for another program.
//!
//! What must stay true: a faulty file is not written, unless its sound part is asked for; what the
//! format has no place for is told; a file that broke off does not look like a whole one.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use kernel::Env;
use statements::{CsvMapping, Reading, Statement};

use super::{read_one, shown};
use crate::cli::statement::StatementConvert;
use crate::command::print;

/// Writes the file, or says why not.
pub fn run(asked: &StatementConvert, mapping: Option<&CsvMapping>) -> anyhow::Result<ExitCode> {
    let name = asked.file.display();
    let reading = match read_one(&asked.file, &asked.answers, mapping) {
        Ok(reading) => reading,
        Err(found) => anyhow::bail!("{name}: {found}"),
    };
    let is_sound = reading.is_sound();
    if !is_sound {
        eprint!("{name}: has faults\n{}", shown::faults(&reading));
    }
    let statements = if is_sound { reading.statements } else { sound_part(reading, asked.partial) };
    if !is_sound && !asked.partial {
        eprintln!("florin: nothing is written; --partial writes what is sound");
        return Ok(ExitCode::FAILURE);
    }
    anyhow::ensure!(!statements.is_empty(), "{name}: there is no statement to write");
    let now = Env::system().now();
    let written = statements::write(&statements, asked.to.format(), now);
    match &asked.out {
        None => print(&written.text)?,
        Some(out) => {
            let place = || format!("{}", out.display());
            let unfinished = out.with_extension("unfinished");
            let mut file = std::fs::File::create(&unfinished).with_context(place)?;
            file.write_all(written.text.as_bytes())
                .and_then(|()| file.sync_all())
                .and_then(|()| std::fs::rename(&unfinished, out))
                .with_context(place)?;
        }
    }
    if !written.losses.is_empty() {
        let told = written.losses.iter().map(|loss| format!("{} ({})", loss.what, loss.count));
        let told: Vec<String> = told.collect();
        eprintln!("florin: not written, for the format has no place: {}", told.join(", "));
    }
    Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The statements of which no fault concerns the statement itself.
fn sound_part(reading: Reading, is_wanted: bool) -> Vec<Statement> {
    let is_sound = |index: usize| is_wanted && reading.is_statement_bookable_in_part(index);
    let sound: Vec<bool> = (0..reading.statements.len()).map(is_sound).collect();
    let statements = reading.statements.into_iter().zip(sound);
    statements.filter(|(_, sound)| *sound).map(|(statement, _)| statement).collect()
}
