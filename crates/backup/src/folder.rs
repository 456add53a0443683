//! Where backups are: a folder a generation, a file a segment.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use kernel::Timestamp;

use crate::error::BackupError;

const ENDING: &str = "segment";

/// A file of a generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SegmentFile {
    pub path: PathBuf,
    pub index: u32,
    pub taken_at: Timestamp,
}

/// The generations in a folder, the oldest first. They are named by when they began.
pub(crate) fn generations(folder: &Path) -> Result<Vec<String>, BackupError> {
    let mut names = names(folder)?;
    names.retain(|name| name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit()));
    names.sort_unstable();
    Ok(names)
}

/// The name of a generation that begins now: behind all others, also where the clock has jumped.
pub(crate) fn next_generation(folder: &Path, now: Timestamp) -> Result<String, BackupError> {
    let last = generations(folder)?.pop();
    let last = last.and_then(|name| i64::from_str_radix(&name, 16).ok());
    let next = last.map_or(now.micros(), |last| now.micros().max(last.saturating_add(1)));
    Ok(format!("{next:016x}"))
}

/// The segments of a generation in their order, as far as none is missing.
pub(crate) fn segments(folder: &Path, generation: &str) -> Result<Vec<SegmentFile>, BackupError> {
    let folder = folder.join(generation);
    let mut files: Vec<SegmentFile> = names(&folder)?
        .iter()
        .filter_map(|name| {
            let (index, rest) = name.split_once('-')?;
            let (time, ending) = rest.split_once('.')?;
            let micros = i64::from_str_radix(time, 16).ok().filter(|_| ending == ENDING)?;
            let (index, taken_at) = (index.parse().ok()?, Timestamp::from_micros(micros));
            Some(SegmentFile { path: folder.join(name), index, taken_at })
        })
        .collect();
    files.sort_unstable_by_key(|file| file.index);
    let missing = (0..).zip(&files).find(|(place, file)| *place != file.index);
    if let Some((place, file)) = missing {
        return Err(BackupError::damaged(
            &file.path,
            format!("number {place} before it is missing"),
        ));
    }
    Ok(files)
}

/// Where a segment goes.
pub(crate) fn segment(folder: &Path, generation: &str, (index, time): (u32, Timestamp)) -> PathBuf {
    folder.join(generation).join(format!("{index:08}-{:016x}.{ENDING}", time.micros()))
}

/// Makes a name last.
pub(crate) fn flush(folder: &Path) -> Result<(), BackupError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(BackupError::at(folder))
}

fn names(folder: &Path) -> Result<Vec<String>, BackupError> {
    if !folder.try_exists().map_err(BackupError::at(folder))? {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(BackupError::at(folder))? {
        let name = entry.map_err(BackupError::at(folder))?.file_name();
        names.extend(name.to_str().map(str::to_owned));
    }
    Ok(names)
}
