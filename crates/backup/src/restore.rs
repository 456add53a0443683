//! Putting a database back.

use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, Read as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

use kernel::Timestamp;
use storage::keys::Key;

use crate::error::BackupError;
use crate::folder::{self, SegmentFile};
use crate::segment::{self, BLOCK_BYTES, End, Seal, hash_of, root_of};

/// What was put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// When it was taken.
    pub taken_at: Timestamp,
    /// The database's bytes.
    pub bytes: u64,
    /// The segments that were read.
    pub segments: usize,
}

/// Writes the database as it was when the last backup was taken, or the last one until a time, to
/// a place where nothing is.
///
/// # Errors
/// Where there is none, one is damaged, or something is at that place. Nothing is there then that
/// was not before.
pub fn restore(
    key: &Key,
    folder: &Path,
    until: Option<Timestamp>,
    to: &Path,
) -> Result<Restored, BackupError> {
    for path in [to.to_owned(), beside(to, "-wal"), beside(to, "-shm")] {
        if path.try_exists().map_err(BackupError::at(&path))? {
            return Err(BackupError::Exists { path });
        }
    }
    let (generation, files) = find(folder, until)?;
    let partial = beside(to, ".partial");
    let at = BackupError::at(&partial);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true).mode(0o600);
    let out = options.open(&partial).map_err(&at)?;
    let mut end = End { bytes: 0, root: String::new() };
    for file in &files {
        let seal = Seal::new(key, &generation, file.index);
        end = segment::read(&file.path, seal, |place, block| {
            out.write_all_at(block, u64::from(place) * BLOCK_BYTES as u64).map_err(&at)
        })?;
        out.set_len(end.bytes).map_err(&at)?;
    }
    let last = files.last().ok_or_else(|| BackupError::Nothing { path: folder.to_owned() })?;
    if root(&partial)? != end.root {
        let _ = fs::remove_file(&partial);
        return Err(BackupError::damaged(&last.path, "what came of it is not what was taken"));
    }
    out.sync_all().map_err(&at)?;
    fs::rename(&partial, to).map_err(BackupError::at(to))?;
    if let Some(parent) = to.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        folder::flush(parent)?;
    }
    Ok(Restored { taken_at: last.taken_at, bytes: end.bytes, segments: files.len() })
}

/// The latest generation that has something from a time or before, and its segments until then.
fn find(
    folder: &Path,
    until: Option<Timestamp>,
) -> Result<(String, Vec<SegmentFile>), BackupError> {
    for generation in folder::generations(folder)?.into_iter().rev() {
        let mut files = folder::segments(folder, &generation)?;
        files.retain(|file| until.is_none_or(|until| file.taken_at <= until));
        if !files.is_empty() {
            return Ok((generation, files));
        }
    }
    Err(BackupError::Nothing { path: folder.to_owned() })
}

fn root(path: &Path) -> Result<String, BackupError> {
    let at = BackupError::at(path);
    let mut file = BufReader::with_capacity(1 << 20, File::open(path).map_err(&at)?);
    let mut hashes = Vec::new();
    loop {
        let mut block = Vec::with_capacity(BLOCK_BYTES);
        (&mut file).take(BLOCK_BYTES as u64).read_to_end(&mut block).map_err(&at)?;
        if block.is_empty() {
            return Ok(root_of(&hashes));
        }
        block.resize(BLOCK_BYTES, 0);
        hashes.push(hash_of(&block));
    }
}

fn beside(path: &Path, ending: &str) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
