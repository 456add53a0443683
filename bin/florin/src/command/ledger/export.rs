//! `florin ledger export`: whole books, written out for other programs.

use std::io::Write;

use anyhow::Context as _;

use super::Book;
use crate::cli::ledger::LedgerExport;
use crate::connection::{Call, Connection};

/// Writes a book to a file or to standard output, as it comes.
pub async fn run(connection: &mut Connection, asked: &LedgerExport) -> anyhow::Result<()> {
    let book = Book::of(connection, asked.book.as_deref()).await?;
    let path = book.path(&format!("export?format={}", asked.format.word()));
    let call = Call { method: "GET", path: &path, body: None, key: None };
    let Some(output) = &asked.output else {
        return connection.copy(call, &mut std::io::stdout()).await;
    };
    let place = || format!("{}", output.display());
    // A file that broke off must not look like a book.
    let unfinished = output.with_extension("unfinished");
    let mut file = std::fs::File::create(&unfinished).with_context(place)?;
    connection.copy(call, &mut file).await?;
    file.flush().and_then(|()| file.sync_all()).with_context(place)?;
    std::fs::rename(&unfinished, output).with_context(place)
}
