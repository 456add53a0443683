//! `florin ledger`: whole books, written out for other programs.

use std::io::Write;

use anyhow::Context as _;

use crate::cli::LedgerExport;
use crate::command::escape;
use crate::connection::{Call, Connection};

/// Writes a book to a file or to standard output, as it comes.
pub async fn export(connection: &mut Connection, asked: &LedgerExport) -> anyhow::Result<()> {
    let book = match &asked.book {
        Some(book) => book.clone(),
        None => only_book(connection).await?,
    };
    let path = format!("/books/{}/export?format={}", escape(&book), asked.format.word());
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

/// The only book of the family.
pub async fn only_book(connection: &mut Connection) -> anyhow::Result<String> {
    let call = Call { method: "GET", path: "/books", body: None, key: None };
    let answer = connection.json(call).await?;
    let books = answer["items"].as_array().context("the answer lists no books")?;
    match books.as_slice() {
        [only] => Ok(only["id"].as_str().context("a book has an id")?.to_owned()),
        _ => anyhow::bail!("there are {} books; name one with --book", books.len()),
    }
}
