//! `florin ledger changes`: every change of a book in order, with the balances after it.

use std::io::{ErrorKind, Write as _};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde_json::Value as Json;

use super::{Book, Names};
use crate::cli::ledger::LedgerChanges;
use crate::command::escape;
use crate::command::table::{amount, word};
use crate::connection::Connection;

/// What a change is printed with.
struct Shown {
    book: Book,
    names: Names,
    is_json: bool,
    /// The place behind which to go on.
    after: Option<String>,
}

/// How a piece of the stream ends.
enum Heard {
    /// More may come.
    More,
    /// The stream has ended, for a reason.
    End(String),
}

/// Prints the changes as they come. A stream lasts as long as a token: the next goes on where it
/// ended.
pub async fn run(connection: &mut Connection, asked: &LedgerChanges) -> anyhow::Result<()> {
    let book = Book::of(connection, asked.book.as_deref()).await?;
    let (names, is_json, after) = (Names::default(), asked.json, asked.after.clone());
    let mut shown = Shown { book, names, is_json, after };
    loop {
        let after = shown.after.as_deref().map(escape);
        let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
        let path = shown.book.path(&format!("changes?follow={}{after}", asked.follow));
        match shown.part(connection, &path).await? {
            None => return Ok(()),
            Some(end) if end == "token_expired" => {}
            Some(end) if end == "up_to_date" => return Ok(()),
            Some(end) => return Err(shown.broken().context(format!("the server says {end}"))),
        }
    }
}

impl Shown {
    /// One stream; why it ended. Nothing where nobody reads what is printed.
    async fn part(
        &mut self,
        connection: &mut Connection,
        path: &str,
    ) -> anyhow::Result<Option<String>> {
        let mut answers = connection.listen(path).await?;
        let mut open = Vec::new();
        while let Some(piece) = answers.next().await {
            let piece: Bytes = piece.with_context(|| self.broken())?;
            open.extend_from_slice(&piece);
            let whole = open.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            let rest = open.split_off(whole);
            let lines = std::mem::replace(&mut open, rest);
            let mut text = String::new();
            let heard = self.hear(connection, &lines, &mut text).await?;
            if !is_read(&text)? {
                return Ok(None);
            }
            if let Heard::End(end) = heard {
                return Ok(Some(end));
            }
        }
        bail!(self.broken())
    }

    /// Writes what some lines say.
    async fn hear(
        &mut self,
        connection: &mut Connection,
        lines: &[u8],
        text: &mut String,
    ) -> anyhow::Result<Heard> {
        // An empty line says that the stream is alive.
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let change: Json = serde_json::from_slice(line).context("the answer is not JSON")?;
            if let Some(end) = change["end"].as_str() {
                return Ok(Heard::End(end.to_owned()));
            }
            if self.is_json {
                text.push_str(&String::from_utf8_lossy(line));
            } else {
                text.push_str(&self.words(connection, &change).await?);
            }
            text.push('\n');
            self.after = Some(word(&change["place"]));
        }
        Ok(Heard::More)
    }

    /// A change for people: what comes later is not known, so that columns are as wide as mostly
    /// is enough.
    async fn words(
        &mut self,
        connection: &mut Connection,
        change: &Json,
    ) -> anyhow::Result<String> {
        let mut sides = Vec::new();
        for (side, balance) in [("debit", "debit_balance"), ("credit", "credit_balance")] {
            let name = self.names.of(connection, &self.book, &change[side]).await?;
            sides.push(format!("{name} {}", amount(&change[balance], &Json::Null)));
        }
        let moved = amount(&change["amount"], &change["commodity"]);
        Ok(format!(
            "{:<8}  {}  {:<15}  {moved:>16}  {}",
            word(&change["place"]),
            word(&change["effective"]),
            word(&change["type"]),
            sides.join("  "),
        ))
    }

    /// A stream that ended in the middle.
    fn broken(&self) -> anyhow::Error {
        match &self.after {
            Some(after) => anyhow::anyhow!("it broke off; go on with --after {after}"),
            None => anyhow::anyhow!("it broke off before the first change"),
        }
    }
}

/// Prints what came; whether anybody reads it.
fn is_read(text: &str) -> anyhow::Result<bool> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error.into()),
    }
}
