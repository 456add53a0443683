//! What can go wrong with backups.

use std::io;
use std::path::{Path, PathBuf};

use storage::StorageError;

/// An error of this module.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file could not be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file of the key cannot be used.
    #[error("the key of backups {}: {text}", path.display())]
    Key {
        /// Where.
        path: PathBuf,
        /// What is wrong with it.
        text: String,
    },
    /// A segment is not what was written.
    #[error("the backup {} is damaged, or was taken under another key: {text}", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What was found.
        text: String,
    },
    /// There is nothing to restore.
    #[error("there is no backup in {} from then or before", path.display())]
    Nothing {
        /// Where was looked.
        path: PathBuf,
    },
    /// Something is where the database is to be.
    #[error("{} is there already: nothing is written over", path.display())]
    Exists {
        /// What.
        path: PathBuf,
    },
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl BackupError {
    /// Says of which file an error is.
    pub(crate) fn at(path: &Path) -> impl Fn(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::File { path: path.clone(), error }
    }

    pub(crate) fn damaged(path: &Path, text: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), text: text.into() }
    }
}
