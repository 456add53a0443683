//! The heads that were copied out: of each stream the newest one with a good signature.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use kernel::Uuid;

use super::Finding;
use crate::crypto::PublicKey;
use crate::error::StorageError;
use crate::log::event::Uuid128;
use crate::log::{SignedHead, StreamKind};

type Key = (StreamKind, Uuid);

/// The newest heads, and what is wrong with the files.
#[derive(Default)]
pub(super) struct NewestHeads {
    newest: BTreeMap<Key, SignedHead>,
    findings: Vec<Finding>,
}

impl NewestHeads {
    pub(super) fn count(&self) -> u64 {
        self.newest.len() as u64
    }

    pub(super) fn take(&mut self, kind: StreamKind, stream: Uuid) -> Option<SignedHead> {
        self.newest.remove(&(kind, stream))
    }

    pub(super) fn take_rest(&mut self, kind: StreamKind) -> Vec<SignedHead> {
        self.newest.extract_if(.., |key, _| key.0 == kind).map(|(_, head)| head).collect()
    }

    pub(super) fn take_findings(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.findings)
    }
}

/// Reads the files of a directory, or one file.
pub(super) fn read(path: &Path, keys: &[PublicKey]) -> Result<NewestHeads, StorageError> {
    let files = files(path).map_err(|error| unreadable(path, &error))?;
    let mut found = NewestHeads::default();
    let mut forged: BTreeSet<Key> = BTreeSet::new();
    // Signatures cost more than reading: first the newest head of each stream, whoever signed it.
    for_each_head(&files, &mut |place, head| match head {
        Some(head) => keep_newer(&mut found.newest, head),
        None => found.findings.push(finding(place, None, "this is no head")),
    })?;
    found.newest.retain(|key, head| {
        let good = head.is_signed_by(keys);
        if !good {
            forged.insert(*key);
        }
        good
    });
    if forged.is_empty() {
        return Ok(found);
    }
    // Where that one is forged, all of its stream are tried.
    for_each_head(&files, &mut |place, head| {
        let Some(head) = head.filter(|head| forged.contains(&key(head))) else { return };
        if head.is_signed_by(keys) {
            keep_newer(&mut found.newest, head);
        } else {
            let what = "this head was signed by none of the keys";
            found.findings.push(finding(place, Some(&head), what));
        }
    })?;
    Ok(found)
}

fn key(head: &SignedHead) -> Key {
    (head.head.kind, head.head.stream.0)
}

fn keep_newer(newest: &mut BTreeMap<Key, SignedHead>, head: SignedHead) {
    let key = key(&head);
    if newest.get(&key).is_none_or(|known| known.head.seq < head.head.seq) {
        newest.insert(key, head);
    }
}

/// A line of a file.
struct Place<'a> {
    file: &'a Path,
    line: u64,
}

fn for_each_head(
    files: &[PathBuf],
    each: &mut dyn FnMut(&Place<'_>, Option<SignedHead>),
) -> Result<(), StorageError> {
    for file in files {
        let mut reader =
            BufReader::new(File::open(file).map_err(|error| unreadable(file, &error))?);
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            reader.read_until(b'\n', &mut line).map_err(|error| unreadable(file, &error))?;
            // A line without its end was cut by a loss of power and never acknowledged.
            if line.last() != Some(&b'\n') {
                break;
            }
            let head = std::str::from_utf8(&line).ok().and_then(SignedHead::from_line);
            each(&Place { file, line: number }, head);
        }
    }
    Ok(())
}

fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path)?.map(|entry| Ok(entry?.path()));
    let mut files = entries.collect::<io::Result<Vec<PathBuf>>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    Ok(files)
}

fn finding(place: &Place<'_>, head: Option<&SignedHead>, what: &str) -> Finding {
    let file = place.file.file_name().unwrap_or(place.file.as_os_str()).to_string_lossy();
    let about = head.map_or(String::new(), |head| {
        let head = &head.head;
        format!(" ({} {} up to {})", head.kind.name(), Uuid128(head.stream.0), head.seq)
    });
    let table = format!("heads {file}");
    Finding { table, stream: None, seq: place.line, what: format!("{what}{about}") }
}

fn unreadable(path: &Path, error: &io::Error) -> StorageError {
    StorageError::Configuration { text: format!("{}: {error}", path.display()) }
}
