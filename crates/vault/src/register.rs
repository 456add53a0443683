//! The register of erasures: a file outside the database that says which parties were erased. A
//! backup that is restored knows nothing of later erasures; the register does, and they are done
//! again before anything is read.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use kernel::{PartyId, TenantId, Timestamp};

use crate::error::VaultError;

/// The file, one line an erasure: tenant, party, time.
#[derive(Clone)]
pub struct Register(Arc<Inner>);

struct Inner {
    path: PathBuf,
    turn: Mutex<()>,
}

impl Register {
    /// Opens the register at a path; it is made there with the first erasure.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self(Arc::new(Inner { path: path.to_owned(), turn: Mutex::new(()) }))
    }

    /// Who was erased.
    ///
    /// # Errors
    /// Where it cannot be read, or a line is none of ours.
    pub fn entries(&self) -> Result<BTreeSet<(TenantId, PartyId)>, VaultError> {
        let text = match fs::read_to_string(&self.0.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
            read => read.map_err(|error| self.fault(&error.to_string()))?,
        };
        // What a loss of power left of a last line was never acknowledged.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let mut entries = BTreeSet::new();
        for (number, line) in whole.lines().enumerate() {
            let mut words = line.split(' ');
            let tenant = words.next().and_then(|word| word.parse().ok());
            let party = words.next().and_then(|word| word.parse().ok());
            let unfit = || self.fault(&format!("line {} is no erasure", number + 1));
            entries.insert(tenant.zip(party).ok_or_else(unfit)?);
        }
        Ok(entries)
    }

    /// Adds an erasure; it is durable when this returns.
    ///
    /// # Errors
    /// Where it may not be.
    pub async fn add(
        &self,
        tenant: TenantId,
        party: PartyId,
        at: Timestamp,
    ) -> Result<(), VaultError> {
        let register = self.clone();
        let append = move || register.append(&format!("{tenant} {party} {at}\n"));
        let ended = tokio::task::spawn_blocking(append).await;
        ended.map_err(|error| self.fault(&error.to_string()))?
    }

    fn append(&self, line: &str) -> Result<(), VaultError> {
        let _turn = self.0.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let append = || -> io::Result<()> {
            let folder = self.0.path.parent().unwrap_or(Path::new("."));
            fs::create_dir_all(folder)?;
            let mut file = OpenOptions::new();
            let file = file.read(true).append(true).create(true).mode(0o600);
            let mut file = file.open(&self.0.path)?;
            cut_torn_line(&mut file)?;
            file.write_all(line.as_bytes())?;
            file.sync_all()?;
            File::open(folder)?.sync_all()
        };
        append().map_err(|error| self.fault(&error.to_string()))
    }

    fn fault(&self, text: &str) -> VaultError {
        let (what, path) = ("the register of erasures", self.0.path.display().to_string());
        VaultError::File { what, path, text: text.to_owned() }
    }
}

fn cut_torn_line(file: &mut File) -> io::Result<()> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    if whole == bytes.len() { Ok(()) } else { file.set_len(whole as u64) }
}
