//! `florin statement read`: what files of banks hold, and everything that is wrong with them.

use std::cell::Cell;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};
use statements::CsvMapping;

use super::{Outcome, json, read_one, shown};
use crate::cli::statement::StatementRead;

/// The files, each read when it is written.
struct Files<'a> {
    asked: &'a StatementRead,
    mapping: Option<&'a CsvMapping>,
    sound: Cell<bool>,
}

/// A file with its name, as JSON.
struct Read {
    name: String,
    outcome: Outcome,
}

/// Reads file after file; a faulty one does not end it.
pub fn run(asked: &StatementRead, mapping: Option<&CsvMapping>) -> anyhow::Result<ExitCode> {
    let files = Files { asked, mapping, sound: Cell::new(true) };
    if asked.json {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        match serde_json::to_writer_pretty(&mut out, &files) {
            // A reader who has seen enough (`| head`) is no failure.
            Err(error) if error.io_error_kind() == Some(std::io::ErrorKind::BrokenPipe) => {}
            written => {
                written?;
                out.write_all(b"\n").and_then(|()| out.flush())?;
            }
        }
    } else {
        for file in &asked.files {
            let Read { name, outcome } = files.read(file);
            let mut out = std::io::BufWriter::new(std::io::stdout().lock());
            let told = shown::tell(&mut out, &name, &outcome).and_then(|()| out.flush());
            match told {
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => break,
                told => told.with_context(|| name)?,
            }
        }
    }
    Ok(if files.sound.get() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Files<'_> {
    fn read(&self, file: &Path) -> Read {
        let outcome = read_one(file, &self.asked.answers, self.mapping);
        if !outcome.as_ref().is_ok_and(|file| file.reading.is_sound()) {
            self.sound.set(false);
        }
        Read { name: file.display().to_string(), outcome }
    }
}

impl Serialize for Files<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Each<'a>(&'a Files<'a>);
        impl Serialize for Each<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.0.asked.files.iter().map(|file| self.0.read(file)))
            }
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("files", &Each(self))?;
        map.end()
    }
}

impl Serialize for Read {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::File::of(self.name.clone(), &self.outcome).serialize(serializer)
    }
}
