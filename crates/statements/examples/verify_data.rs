//! Reads every OFX, CAMT and CSV file below a folder of samples, compares CAMT with the expected
//! readings next to them, and prints what was found: `cargo run -p statements --example
//! verify_data -- FOLDER`. Ends with 1 where a reading disagrees with its twin.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use statements::{BalanceCheck, ReadOptions, Reading};

#[path = "../tests/support/twin.rs"]
mod twin;

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("usage: verify_data FOLDER (with statements/ofx, statements/camt, …)");
        return ExitCode::FAILURE;
    };
    let mut files = Vec::new();
    for part in ["statements/ofx", "statements/camt", "statements/csv"] {
        collect(&Path::new(&folder).join(part), &mut files);
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
    if files.is_empty() || disagreeing > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn print_row(file: &Path, folder: &str, reading: &Reading) {
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

/// The files of a folder and the folders in it.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        let extension = path.extension().and_then(|extension| extension.to_str());
        if path.is_dir() {
            collect(&path, files);
        } else if matches!(extension, Some("ofx" | "qfx" | "xml" | "csv")) {
            files.push(path);
        }
    }
}
