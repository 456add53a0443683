//! Master keys in a file or in the environment: one line a key. The first wraps, all of them open,
//! so that a new one is put in front and the old one taken away when nothing needs it any more.
//!
//! What must stay true: the file is its owner's alone and is whole from the moment it has its name;
//! no key is ever printed but by [`new_line`], which makes one for the environment.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use kernel::Env;
use storage::Database;
use storage::crypto::{hex, unhex};
use storage::keys::{Key, LocalMasterKeys, MasterKeyId, MasterKeys, master_key_counts};
use zeroize::Zeroizing;

use crate::error::VaultError;

/// What a key begins with, before its 64 digits.
const PREFIX: &str = "florin-master-key-1:";
/// The largest file of keys that is read.
const FILE_BYTES_MAX: u64 = 8_192;
/// What a new file begins with.
const ABOUT: &str = "# Opens what Florin has sealed. Keep a copy apart from the database's.\n";

/// What to do where there is no file of master keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Make one with a new key.
    Make,
    /// Say what is missing.
    Refuse,
}

/// The master keys of a file.
///
/// # Errors
/// Where others than its owner may use it, it holds anything but keys, or it is missing and may not
/// be made.
pub fn open_file(path: &Path, env: &Env, missing: Missing) -> Result<LocalMasterKeys, VaultError> {
    let fault = |error: io::Error| fault(path, error.to_string());
    if !path.try_exists().map_err(fault)? {
        if missing == Missing::Refuse {
            return Err(VaultError::MasterKey {
                text: format!(
                    "there is no master key: make one with `florin vault new-master-key`, and give \
                     it as FLORIN_MASTER_KEY or in the file {}",
                    path.display()
                ),
            });
        }
        let text = Zeroizing::new(format!("{ABOUT}{}\n", new_line(env).as_str()));
        create(path, &text).map_err(fault)?;
        tracing::info!(file = %path.display(),
            "a master key was made: without a copy of it, what is sealed is lost with this file");
    }
    read(path).and_then(|text| keys_of(&text).map_err(|text| self::fault(path, text)))
}

/// The master keys of a text, such as the environment's: one line a key, or commas between them.
///
/// # Errors
/// Where it holds anything but keys.
pub fn from_text(text: &str) -> Result<LocalMasterKeys, VaultError> {
    keys_of(text).map_err(|text| VaultError::MasterKey { text: format!("the master key: {text}") })
}

/// A new master key, as a file or the environment takes it.
#[must_use]
pub fn new_line(env: &Env) -> Zeroizing<String> {
    let digits = Zeroizing::new(hex(Key::random(env).expose()));
    Zeroizing::new(format!("{PREFIX}{}", digits.as_str()))
}

/// Puts a new master key in front of those of a file. It wraps from the next start on.
///
/// # Errors
/// As [`open_file`].
pub fn add_to_file(path: &Path, env: &Env) -> Result<MasterKeyId, VaultError> {
    let text = read(path)?;
    keys_of(&text).map_err(|text| fault(path, text))?;
    let line = new_line(env);
    let comments = text.lines().take_while(|line| line.starts_with('#')).count();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.insert(comments, line.as_str());
    let text = Zeroizing::new(lines.join("\n") + "\n");
    replace(path, &text).map_err(|error| fault(path, error.to_string()))?;
    let keys = keys_of(&text).map_err(|text| fault(path, text))?;
    Ok(keys.current())
}

/// Whether these master keys open whatever the database holds.
///
/// # Errors
/// [`VaultError::MasterKey`] with the name of one that is missing.
pub async fn check(database: &Database, keys: &dyn MasterKeys) -> Result<(), VaultError> {
    let open = keys.ids();
    for (id, count) in master_key_counts(database).await? {
        if !open.contains(&id) {
            return Err(VaultError::MasterKey {
                text: format!(
                    "the master key {id} is missing, and {count} keys of tenants open with no other"
                ),
            });
        }
    }
    Ok(())
}

fn keys_of(text: &str) -> Result<LocalMasterKeys, String> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let mut keys = Vec::new();
    for line in lines.flat_map(|line| line.split(',')).map(str::trim) {
        if line.is_empty() {
            continue;
        }
        let bytes = line.strip_prefix(PREFIX).and_then(unhex);
        let form = || format!("a key is {PREFIX} and 64 hexadecimal digits");
        keys.push(Key::from_bytes(bytes.ok_or_else(form)?));
    }
    LocalMasterKeys::new(keys).map_err(|error| error.to_string())
}

fn read(path: &Path) -> Result<Zeroizing<String>, VaultError> {
    let failed = |error: io::Error| fault(path, error.to_string());
    let file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        let rights = mode & 0o777;
        return Err(fault(path, format!("others may use it (mode {rights:o}); chmod 600 it")));
    }
    let mut text = Zeroizing::new(String::new());
    let count = file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text).map_err(failed)?;
    if count as u64 > FILE_BYTES_MAX {
        return Err(fault(path, format!("it has more than {FILE_BYTES_MAX} bytes")));
    }
    Ok(text)
}

/// Makes the file; one that is there is never replaced.
fn create(path: &Path, text: &str) -> io::Result<()> {
    let folder = folder_of(path);
    fs::create_dir_all(folder)?;
    let unfinished = write_beside(path, text)?;
    fs::hard_link(&unfinished, path)?;
    fs::remove_file(&unfinished)?;
    File::open(folder)?.sync_all()
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    fs::rename(write_beside(path, text)?, path)?;
    File::open(folder_of(path))?.sync_all()
}

fn write_beside(path: &Path, text: &str) -> io::Result<std::path::PathBuf> {
    let unfinished = path.with_extension("unfinished");
    // Made anew, so that it never has the permissions of an older file.
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new();
    let mut file = file.write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(unfinished)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn fault(path: &Path, text: String) -> VaultError {
    VaultError::File { what: "the master key", path: path.display().to_string(), text }
}
