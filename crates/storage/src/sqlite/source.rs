//! Copying a database while others write it.

use std::path::Path;
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};

use crate::error::StorageError;

/// How long a copy waits for a moment at which it may begin.
const WAIT_MAX: Duration = Duration::from_secs(10);
/// All pages in one step: one snapshot, beside which others write on.
const ALL: i32 = -1;

/// A connection that reads a database of SQLite as a whole, page by page.
pub struct SqliteSource(Connection);

impl SqliteSource {
    /// Opens a database that is there. It is not changed, and its tables may be of any version.
    ///
    /// # Errors
    /// Where there is none.
    pub fn open(path: &Path) -> Result<Self, StorageError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags);
        let connection = connection.map_err(|error| failed(path, &error))?;
        connection.busy_timeout(WAIT_MAX).map_err(|error| failed(path, &error))?;
        Ok(Self(connection))
    }

    /// A number that is another one whenever somebody else has committed since.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn version(&self) -> Result<i64, StorageError> {
        let version = self.0.query_row("PRAGMA data_version", [], |row| row.get(0));
        version.map_err(|error| failed(Path::new("the database"), &error))
    }

    /// Copies what is committed at one moment, page by page, to a place where nothing is.
    ///
    /// # Errors
    /// Where it cannot be read, or there is no room.
    pub fn copy_to(&self, path: &Path) -> Result<(), StorageError> {
        let fault = |error: rusqlite::Error| failed(path, &error);
        let mut copy = Connection::open(path).map_err(fault)?;
        // What is not whole is thrown away, so nothing of it need be flushed.
        copy.pragma_update(None, "synchronous", "OFF").map_err(fault)?;
        let backup = Backup::new(&self.0, &mut copy).map_err(fault)?;
        backup.step(ALL).map_err(fault)?;
        Ok(())
    }
}

fn failed(path: &Path, error: &rusqlite::Error) -> StorageError {
    StorageError::Unavailable { text: format!("{}: {error}", path.display()) }
}
