//! The key of backups, in a file of its own.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use kernel::Env;
use storage::crypto::{hex, unhex};
use storage::keys::Key;

use crate::error::BackupError;

const PREFIX: &str = "florin-backup-key-1:";
const ABOUT: &str = "# Opens backups. Keep a copy apart from them and from the database.\n";
const FILE_BYTES_MAX: usize = 1_024;

/// The key of a file, which is made where it is not there and may be.
///
/// # Errors
/// Where others than its owner may read it, or it holds no key.
pub fn open_key(path: &Path, env: &Env, may_make: bool) -> Result<Key, BackupError> {
    let wrong = |text: &str| BackupError::Key { path: path.to_owned(), text: text.to_owned() };
    if !path.try_exists().map_err(BackupError::at(path))? {
        if !may_make {
            return Err(wrong("it is not there; put back the copy of it"));
        }
        make(path, &Key::random(env)).map_err(BackupError::at(path))?;
        tracing::info!(file = %path.display(),
            "a key of backups was made: without a copy of it, backups are lost with this file");
    }
    let mode = fs::metadata(path).map_err(BackupError::at(path))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(wrong("others than its owner may use it (chmod 600)"));
    }
    let text = fs::read_to_string(path).map_err(BackupError::at(path))?;
    if text.len() > FILE_BYTES_MAX {
        return Err(wrong("it is too large"));
    }
    let line = text.lines().find_map(|line| line.trim().strip_prefix(PREFIX));
    let bytes = line.and_then(unhex).ok_or_else(|| wrong("it holds no key"))?;
    Ok(Key::from_bytes(bytes))
}

fn make(path: &Path, key: &Key) -> std::io::Result<()> {
    let partial = path.with_extension("new");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
    file.write_all(format!("{ABOUT}{PREFIX}{}\n", hex(key.expose())).as_bytes())?;
    file.sync_all()?;
    fs::rename(&partial, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
