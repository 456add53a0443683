//! Whether projected tables were made from the journal that stands beside them.
//!
//! On SQLite they are a file of their own. Where the database is put back from a backup, or one of
//! the two files is another database's, the tables tell of records that the journal does not have;
//! answers would be wrong, and records with the same numbers would never be projected.

use kernel::Uuid;

use crate::db::Database;
use crate::error::StorageError;
use crate::level::{Level, Mode};
use crate::{params, sql};

sql! {
    AHEAD: system("at the start, the streams of all tenants are compared") =
        "SELECT done.stream, done.seq
         FROM journal_projection AS done
         LEFT JOIN journal AS record ON record.stream = done.stream AND record.seq = done.seq
         WHERE done.seq > 0 AND record.seq IS NULL
         ORDER BY done.stream LIMIT 1";
}

/// Refuses to go on where a projection is ahead of the journal.
///
/// # Errors
/// [`StorageError::Configuration`], which names what to delete.
pub async fn compare_projections(database: &Database) -> Result<(), StorageError> {
    let mut tx = database.begin(Level::System, Mode::Read).await?;
    let ahead = tx.row(&AHEAD, params![]).await?;
    tx.commit().await?;
    let Some(row) = ahead else { return Ok(()) };
    let (stream, seq): (Uuid, u64) = (row.get(0)?, row.get(1)?);
    let remedy = match database.projections_file() {
        Some(file) => format!("delete {} (and -wal, -shm), and it is made again", file.display()),
        None => "the database was not restored as a whole".to_owned(),
    };
    let text = format!(
        "the tables that are made from the journal are ahead of it, which has no record {seq} of \
         stream {stream}: {remedy}"
    );
    Err(StorageError::Configuration { text })
}
