//! `florin statement convert`: a file of a bank, written for another program.
//!
//! What must stay true: a faulty file is not written, unless its sound part is asked for; what the
//! format has no place for is told; a file that broke off does not look like a whole one.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use kernel::Env;
use statements::{CsvMapping, Loss, Reading, Statement, TakeEntry, write_to};

use super::file::BankFile;
use super::{read_one, shown};
use crate::cli::statement::StatementConvert;

/// Writes the file, or says why not.
pub fn run(asked: &StatementConvert, mapping: Option<&CsvMapping>) -> anyhow::Result<ExitCode> {
    let name = asked.file.display();
    let file = match read_one(&asked.file, &asked.answers, mapping) {
        Ok(file) => file,
        Err(found) => anyhow::bail!("{name}: {found}"),
    };
    let is_sound = file.reading.is_sound();
    if !is_sound {
        eprint!("{name}: has faults\n{}", shown::faults(&file.reading));
    }
    if !is_sound && !asked.partial {
        eprintln!("florin: nothing is written; --partial writes what is sound");
        return Ok(ExitCode::FAILURE);
    }
    let statements = sound_part(&file.reading);
    anyhow::ensure!(!statements.is_empty(), "{name}: there is no statement to write");
    let losses = match &asked.out {
        None => {
            let mut out = BufWriter::new(std::io::stdout().lock());
            let written = write(&mut out, (&file, &statements), asked);
            match written.and_then(|losses| out.flush().map(|()| losses)) {
                // A reader who has seen enough (`| head`) is no failure.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => Vec::new(),
                written => written.with_context(|| name.to_string())?,
            }
        }
        Some(out) => write_file(out, (&file, &statements), asked)
            .with_context(|| format!("{}", out.display()))?,
    };
    if !losses.is_empty() {
        let told = losses.iter().map(|loss| format!("{} ({})", loss.what, loss.count));
        let told: Vec<String> = told.collect();
        eprintln!("florin: not written, for the format has no place: {}", told.join(", "));
    }
    Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Writes a file under another name first: one that broke off does not look like a whole one.
fn write_file(
    out: &Path,
    what: (&BankFile, &[(usize, Statement)]),
    asked: &StatementConvert,
) -> io::Result<Vec<Loss>> {
    let unfinished = out.with_extension("unfinished");
    let mut file = BufWriter::new(File::create(&unfinished)?);
    let written = write(&mut file, what, asked).and_then(|losses| {
        file.flush()?;
        file.get_ref().sync_all()?;
        std::fs::rename(&unfinished, out)?;
        Ok(losses)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&unfinished);
    }
    written
}

fn write(
    out: &mut dyn io::Write,
    (file, statements): (&BankFile, &[(usize, Statement)]),
    asked: &StatementConvert,
) -> io::Result<Vec<Loss>> {
    let now = Env::system().now();
    let (places, statements): (Vec<usize>, Vec<Statement>) = statements.iter().cloned().unzip();
    let mut give = |index: usize, take: &mut TakeEntry| match places.get(index) {
        Some(place) => file.give(*place, take),
        None => Ok(()),
    };
    write_to(out, (&statements, &mut give), asked.to.format(), now)
}

/// The statements of which no fault concerns the statement itself, with their places in the file.
fn sound_part(reading: &Reading) -> Vec<(usize, Statement)> {
    let sound: Vec<bool> = (0..reading.statements.len())
        .map(|index| reading.is_sound() || reading.is_statement_bookable_in_part(index))
        .collect();
    let statements = reading.statements.iter().cloned().enumerate().zip(sound);
    statements.filter(|(_, sound)| *sound).map(|(statement, _)| statement).collect()
}
