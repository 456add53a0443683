//! Reads every OFX, CAMT and CSV file below a folder, or below the folder `statements` in it,
//! compares CAMT with the expected readings next to them, and prints what was found and what was
//! left: `cargo run -p statements --example verify_statements -- FOLDER`. Ends with 1 where there
//! is nothing to read, or a reading disagrees with its twin.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use statements::{BalanceCheck, ReadOptions, Reading};

#[path = "../tests/support/twin.rs"]
mod twin;

/// The ends of the names of files that are read.
const READ: &[&str] =
    &["ofx", "qfx", "qif", "xml", "csv", "sta", "mt940", "mt942", "bai", "txt", "pdf"];

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("usage: verify_statements FOLDER");
        return ExitCode::FAILURE;
    };
    // A folder of many kinds of data keeps its statements apart: its other tables are none.
    let apart = Path::new(&folder).join("statements");
    let folder = if apart.is_dir() { apart } else { PathBuf::from(folder) };
    let (mut files, mut left) = (Vec::new(), BTreeMap::new());
    if let Err(error) = collect(&folder, &mut files, &mut left) {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    if files.is_empty() {
        eprintln!("there is no file of a known kind below {}", folder.display());
        return ExitCode::FAILURE;
    }
    files.sort();
    println!(
        "{:<52} {:<8} {:>5} {:>7} {:>6}  balances",
        "file", "format", "stmts", "entries", "faults"
    );
    let (mut sound, mut disagreeing, mut twins) = (0, 0, 0);
    for file in &files {
        let bytes = match std::fs::read(file) {
            Ok(bytes) => bytes,
            Err(error) => {
                eprintln!("{}: {error}", file.display());
                return ExitCode::FAILURE;
            }
        };
        let reading = statements::read(&bytes, &ReadOptions::default());
        print_row(file, &folder, &reading);
        sound += usize::from(reading.is_sound());
        let Ok(twin) = std::fs::read_to_string(file.with_extension("json")) else {
            continue;
        };
        twins += 1;
        if file.extension().is_some_and(|extension| extension == "sta") {
            // Its twin is of another kind, and held against it in the tests.
            continue;
        }
        let found = match serde_json::from_str(&twin) {
            Ok(twin) => twin::disagreements(&reading, &twin),
            Err(error) => vec![format!("the twin is no JSON: {error}")],
        };
        for disagreement in &found {
            println!("    DISAGREES {disagreement}");
        }
        disagreeing += usize::from(!found.is_empty());
    }
    println!(
        "{} files: {sound} sound, {} with faults; {twins} twins, {disagreeing} disagree",
        files.len(),
        files.len() - sound
    );
    for (extension, count) in &left {
        println!("not read: {count} files {extension}, of a format that is not read yet");
    }
    if disagreeing > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn print_row(file: &Path, folder: &Path, reading: &Reading) {
    let name = file.strip_prefix(folder).unwrap_or(file).display().to_string();
    let format = reading.format.map_or("-".to_owned(), |format| format!("{format:?}"));
    let entries: usize = reading.statements.iter().map(|one| one.entries.len()).sum();
    let checks: Vec<String> = reading
        .statements
        .iter()
        .map(|statement| match statement.balance_check() {
            BalanceCheck::Agrees => "agrees".to_owned(),
            BalanceCheck::Differs { difference } => format!("differs by {difference}"),
            BalanceCheck::Unknown => "unknown".to_owned(),
        })
        .collect();
    println!(
        "{name:<52} {format:<8} {:>5} {entries:>7} {:>6}  {}",
        reading.statements.len(),
        reading.faults.len(),
        checks.join(", ")
    );
    for fault in &reading.faults {
        println!(
            "    line {}: {}: found {:?}, expected {}",
            fault.line, fault.field, fault.found, fault.expected
        );
    }
    for note in &reading.notes {
        println!("    line {}: note: {}", note.line, note.text);
    }
}

/// The files of a folder and the folders in it that can be read, and how many there are of others.
fn collect(
    folder: &Path,
    files: &mut Vec<PathBuf>,
    left: &mut BTreeMap<String, usize>,
) -> Result<(), String> {
    let place = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in std::fs::read_dir(folder).map_err(place)? {
        let path = entry.map_err(place)?.path();
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        if path.is_dir() {
            collect(&path, files, left)?;
        } else if READ.contains(&extension.as_str()) {
            files.push(path);
        } else if extension != "json" {
            *left.entry(format!(".{extension}")).or_default() += 1;
        }
    }
    Ok(())
}
