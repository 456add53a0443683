//! One process at a time leads the data directory; the others find out where it serves.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use anyhow::Context as _;

/// The file in the data directory.
const FILE: &str = "florin.lock";
/// The longest address that is read from it.
const ADDRESS_BYTES_MAX: u64 = 256;

/// Held by the process that leads; the system lets go of it when the process ends, however it ends.
pub struct Lock {
    file: File,
}

/// Who leads.
pub enum Leader {
    /// This process, from now on.
    Us(Lock),
    /// Another one, which serves here where it serves.
    Other {
        /// Its address, such as `http://127.0.0.1:7450`.
        address: Option<String>,
    },
}

/// Tries to lead.
pub fn lead(data_dir: &Path) -> anyhow::Result<Leader> {
    make_data_dir(data_dir)?;
    let path = data_dir.join(FILE);
    let place = || format!("the lock {}", path.display());
    let mut open = OpenOptions::new();
    let mut file =
        open.read(true).write(true).create(true).truncate(false).open(&path).with_context(place)?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0).with_context(place)?;
            Ok(Leader::Us(Lock { file }))
        }
        Err(TryLockError::WouldBlock) => {
            let mut address = String::new();
            (&mut file).take(ADDRESS_BYTES_MAX).read_to_string(&mut address).with_context(place)?;
            let address = Some(address.trim().to_owned()).filter(|address| !address.is_empty());
            Ok(Leader::Other { address })
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(place),
    }
}

/// Makes the data directory where it is missing, for its owner alone. One that is there stays as it
/// is: it may hold more than Florin's files, and those have permissions of their own.
pub fn make_data_dir(data_dir: &Path) -> anyhow::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let made = builder.create(data_dir);
    made.with_context(|| format!("the data directory {}", data_dir.display()))
}

impl Lock {
    /// Tells the others where this process serves.
    pub fn serves_at(&mut self, address: &str) -> anyhow::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(address.as_bytes())?;
        Ok(self.file.sync_all()?)
    }
}
