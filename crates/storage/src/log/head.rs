//! Heads: signed statements of how far a stream has come, copied out of the database. Whoever holds
//! one can show that nothing up to it was changed or cut off, without trusting the database.
//!
//! What must stay true: the key and the copies lie outside the data directory, and nobody but
//! Florin's own user may read the key.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use kernel::{Env, TenantId, Timestamp};
use serde::{Deserialize, Serialize};

use super::event::Uuid128;
use super::tip::{StreamKind, Tip};
use crate::crypto::{PublicKey, SigningKey, hex, unhex};
use crate::error::StorageError;

/// What a key file begins with.
const KEY_PREFIX: &str = "florin-head-key-1:";
/// What the signed bytes begin with, so that a signature means nothing else.
const SIGNED_PREFIX: &str = "florin.head.1 ";
/// The longest line of a heads file.
pub(crate) const LINE_BYTES_MAX: usize = 4_096;

/// How far a stream had come at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The log, or an engine's journal.
    pub kind: StreamKind,
    /// Which stream.
    pub stream: Uuid128,
    /// Whose.
    pub tenant: TenantId,
    /// The number of its last record.
    pub seq: u64,
    /// The hash of its last record, and so of all before it; 64 hexadecimal digits.
    pub hash: String,
    /// When it was signed.
    pub time: Timestamp,
    /// The name of the key.
    pub key: String,
}

/// A head with its signature: one line of a heads file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedHead {
    /// What is signed.
    #[serde(flatten)]
    pub head: Head,
    /// Ed25519; 128 hexadecimal digits.
    pub signature: String,
}

/// The key that signs heads.
pub struct HeadKey(SigningKey);

/// Where heads are copied to, out of the database's reach.
pub trait HeadSink: Send + Sync {
    /// Adds lines; they are durable when it returns.
    ///
    /// # Errors
    /// Where they may not be.
    fn append(&self, time: Timestamp, lines: &[String]) -> Result<(), StorageError>;
}

/// A directory with one file a day, a line a head.
pub struct FileSink {
    directory: PathBuf,
}

impl Head {
    fn signed_bytes(&self) -> Result<Vec<u8>, StorageError> {
        Ok(format!("{SIGNED_PREFIX}{}", canonical(self)?).into_bytes())
    }
}

impl SignedHead {
    /// The line of a heads file: canonical JSON.
    pub fn to_line(&self) -> Result<String, StorageError> {
        canonical(self)
    }

    /// Reads a line; its signature is checked by [`SignedHead::is_signed_by`].
    #[must_use]
    pub fn from_line(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }

    /// Whether one of these keys signed it.
    #[must_use]
    pub fn is_signed_by(&self, keys: &[PublicKey]) -> bool {
        let (Ok(bytes), Some(signature)) = (self.head.signed_bytes(), unhex(&self.signature))
        else {
            return false;
        };
        let named = keys.iter().filter(|key| key.id() == self.head.key);
        named.into_iter().any(|key| key.verifies(&bytes, &signature))
    }
}

/// A `Value`'s map is ordered by key, a struct's fields are not.
fn canonical(value: &impl Serialize) -> Result<String, StorageError> {
    let damaged = |error| StorageError::Damaged { text: format!("a head: {error}") };
    serde_json::to_value(value).map(|value| value.to_string()).map_err(damaged)
}

impl HeadKey {
    /// Opens the key at `path`; on the first start it is made there.
    ///
    /// # Errors
    /// Where it lies inside the data directory, others may read it, or it is not such a key.
    pub fn open(path: &Path, data_directory: &Path, env: &Env) -> Result<Self, StorageError> {
        refuse_inside("the head key", path, data_directory)?;
        let fault = |what: String| StorageError::Configuration {
            text: format!("the head key {}: {what}", path.display()),
        };
        let failed = |error: io::Error| fault(error.to_string());
        if !path.try_exists().map_err(failed)? {
            create_key(path, env).map_err(failed)?;
        }
        let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
        if mode & 0o077 != 0 {
            let rights = mode & 0o777;
            return Err(fault(format!("others may use it (mode {rights:o}); chmod 600 it")));
        }
        let text = fs::read_to_string(path).map_err(failed)?;
        let seed = text.trim_end().strip_prefix(KEY_PREFIX).and_then(unhex);
        let seed = seed.ok_or_else(|| fault("this is no such key".to_owned()))?;
        SigningKey::from_seed(&seed).map(Self)
    }

    /// The key that checks its signatures: to be kept where the database's owner has no hand.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.0.public()
    }

    /// Signs how far a stream has come.
    pub(crate) fn sign(&self, tip: &Tip, time: Timestamp) -> Result<SignedHead, StorageError> {
        let head = Head {
            kind: tip.kind,
            stream: Uuid128(tip.stream),
            tenant: tip.tenant,
            seq: tip.seq,
            hash: hex(&tip.hash),
            time,
            key: self.public().id(),
        };
        let signature = hex(&self.0.sign(&head.signed_bytes()?));
        Ok(SignedHead { head, signature })
    }
}

/// The file is whole from the moment it has its name, and never replaces another.
fn create_key(path: &Path, env: &Env) -> io::Result<()> {
    let folder = folder_of(path);
    fs::create_dir_all(folder)?;
    let unfinished = path.with_extension("unfinished");
    let mut file = OpenOptions::new();
    let mut file = file.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    writeln!(file, "{KEY_PREFIX}{}", hex(&env.random_bytes::<32>()))?;
    file.sync_all()?;
    fs::hard_link(&unfinished, path)?;
    fs::remove_file(&unfinished)?;
    File::open(folder)?.sync_all()
}

impl FileSink {
    /// Copies heads into a directory, which is made where it is not there.
    ///
    /// # Errors
    /// Where it lies inside the data directory, or cannot be made.
    pub fn open(directory: &Path, data_directory: &Path) -> Result<Self, StorageError> {
        refuse_inside("the directory of heads", directory, data_directory)?;
        fs::create_dir_all(directory).map_err(|error| failed(directory, &error))?;
        Ok(Self { directory: directory.to_owned() })
    }
}

impl HeadSink for FileSink {
    fn append(&self, time: Timestamp, lines: &[String]) -> Result<(), StorageError> {
        let path = self.directory.join(format!("heads-{}.jsonl", time.date()));
        let append = || -> io::Result<()> {
            let is_new = !path.try_exists()?;
            let mut file = OpenOptions::new().read(true).append(true).create(true).open(&path)?;
            cut_torn_line(&mut file)?;
            let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            if is_new {
                File::open(&self.directory)?.sync_all()?;
            }
            Ok(())
        };
        append().map_err(|error| failed(&path, &error))
    }
}

/// A loss of power may leave half a line, which was never acknowledged.
fn cut_torn_line(file: &mut File) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let begin = length.saturating_sub(LINE_BYTES_MAX as u64);
    file.seek(SeekFrom::Start(begin))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    if tail.last().is_none_or(|byte| *byte == b'\n') {
        return Ok(());
    }
    let whole = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    file.set_len(begin + whole as u64)
}

/// What protects against the owner of the data must not lie among the data.
fn refuse_inside(what: &str, path: &Path, data_directory: &Path) -> Result<(), StorageError> {
    let (path, data) = (resolve(path)?, resolve(data_directory)?);
    if path.starts_with(&data) {
        let (path, data) = (path.display(), data.display());
        let text = format!("{what} {path} lies inside the data directory {data}");
        return Err(StorageError::Configuration { text });
    }
    Ok(())
}

/// The path without links, as far as it is there, and without `..` behind that.
fn resolve(path: &Path) -> Result<PathBuf, StorageError> {
    let absolute = std::path::absolute(path).map_err(|error| failed(path, &error))?;
    let existing = absolute.ancestors().find_map(|part| {
        let rest = absolute.strip_prefix(part).ok()?;
        Some((part.canonicalize().ok()?, rest))
    });
    let Some((mut resolved, rest)) = existing else { return Ok(absolute) };
    for part in rest.components() {
        match part {
            Component::ParentDir => {
                resolved.pop();
            }
            part => resolved.push(part),
        }
    }
    Ok(resolved)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn failed(path: &Path, error: &io::Error) -> StorageError {
    StorageError::Configuration { text: format!("{}: {error}", path.display()) }
}
