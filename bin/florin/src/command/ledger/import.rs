//! `florin ledger import`: lines of a file into a book, with what became of those that were not
//! done.
//!
//! It goes in parts, each a stream of its own that ends before a token could. What breaks off is
//! run again from the beginning: what was done is known by its ids.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use futures_util::StreamExt as _;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value as Json, json};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Book;
use crate::cli::ledger::LedgerImport;
use crate::command::print;
use crate::connection::Connection;
use crate::exchange::Exchange;

/// How much is read of a file at a time.
const PIECE_BYTES: usize = 256 << 10;
/// Pieces that wait to be sent.
const PIECES_MAX: usize = 4;
/// How much goes into one part, and how long one is sent: a token is good for longer.
const PART_BYTES_MAX: usize = 256 << 20;
const PART_TIME_MAX: Duration = Duration::from_secs(300);
/// The faults that are kept for the JSON at the end.
const FAULTS_MAX: usize = 1_000;

/// A piece of a file.
struct Piece {
    text: Bytes,
    /// Whether a line ends with it.
    is_whole: bool,
}

/// What came of an import so far.
#[derive(Default)]
struct Tally {
    lines: u64,
    done: u64,
    existing: u64,
    rejected: u64,
    faulty: u64,
    untold: u64,
    faults: Vec<Json>,
}

/// An import that is under way.
struct Import {
    bar: ProgressBar,
    tally: Tally,
    /// What the parts before came to.
    before: Tally,
    is_json: bool,
}

/// Reads a file into a book.
pub async fn run(connection: &mut Connection, asked: &LedgerImport) -> anyhow::Result<()> {
    let book = Book::of(connection, asked.book.as_deref()).await?;
    let path = book.path("stream?answers=faults");
    let (bar, mut pieces) = open(&asked.file)?;
    let (tally, before) = (Tally::default(), Tally::default());
    let mut import = Import { bar, tally, before, is_json: asked.json };
    loop {
        let exchange = connection.exchange(&path).await?;
        if !import.part(exchange, &mut pieces).await? {
            break;
        }
        let tally = &mut import.tally;
        let Tally { lines, done, existing, rejected, faulty, untold, .. } = *tally;
        import.before = Tally { lines, done, existing, rejected, faulty, untold, faults: vec![] };
    }
    import.bar.finish_and_clear();
    let undone = import.tally.rejected + import.tally.faulty;
    print(&import.summary()?)?;
    match undone {
        0 => Ok(()),
        count => bail!("{count} lines were not done"),
    }
}

/// Opens a file, and a bar that shows how far it was read.
fn open(file: &Path) -> anyhow::Result<(ProgressBar, mpsc::Receiver<std::io::Result<Piece>>)> {
    let is_input = file.as_os_str() == "-";
    let (source, length): (Box<dyn Read + Send>, u64) = match is_input {
        true => (Box::new(std::io::stdin()), 0),
        false => {
            let place = || format!("{}", file.display());
            let file = std::fs::File::open(file).with_context(place)?;
            let length = file.metadata().with_context(place)?.len();
            (Box::new(file), length)
        }
    };
    let (bar, template) = match length {
        0 => (ProgressBar::new_spinner(), "{spinner} {bytes} {msg}"),
        _ => (ProgressBar::new(length), "{bar:30} {bytes}/{total_bytes} {msg}"),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    let (to, pieces) = mpsc::channel(PIECES_MAX);
    // A thread of its own: it waits for whoever writes to standard input, also when all else ends.
    std::thread::spawn(move || read(source, &to));
    Ok((bar, pieces))
}

/// Reads pieces that end with a line where they can.
fn read(mut source: impl Read, to: &mpsc::Sender<std::io::Result<Piece>>) {
    let (mut text, mut buffer) = (Vec::new(), vec![0; PIECE_BYTES]);
    loop {
        let count = match source.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => {
                let _ = to.blocking_send(Err(error));
                return;
            }
        };
        text.extend_from_slice(&buffer[..count]);
        let line_end = text.iter().rposition(|byte| *byte == b'\n').map(|place| place + 1);
        let end = match line_end {
            Some(end) => end,
            // A line that is longer than any may be is passed on in pieces.
            None if count == 0 || text.len() > PIECE_BYTES => text.len(),
            None => 0,
        };
        let end = if count == 0 { text.len() } else { end };
        let rest = text.split_off(end);
        let text_sent = std::mem::replace(&mut text, rest);
        let is_whole = line_end.is_some();
        let piece = Piece { text: text_sent.into(), is_whole };
        let is_said = piece.text.is_empty() || to.blocking_send(Ok(piece)).is_ok();
        if count == 0 || !is_said {
            return;
        }
    }
}

/// Sends pieces until the part is long enough; whether more may follow.
async fn feed(
    lines: mpsc::Sender<Bytes>,
    pieces: &mut mpsc::Receiver<std::io::Result<Piece>>,
    bar: &ProgressBar,
) -> anyhow::Result<bool> {
    let (mut bytes, end) = (0, Instant::now() + PART_TIME_MAX);
    let mut is_whole = true;
    loop {
        let piece = match is_whole {
            true => match tokio::time::timeout_at(end, pieces.recv()).await {
                Ok(piece) => piece,
                Err(_) => return Ok(true),
            },
            false => pieces.recv().await,
        };
        let Some(piece) = piece.transpose().context("the file cannot be read")? else {
            return Ok(false);
        };
        bytes += piece.text.len();
        bar.inc(piece.text.len() as u64);
        is_whole = piece.is_whole;
        // Where nobody takes it the stream has ended, and its answer says why.
        if lines.send(piece.text).await.is_err() || (is_whole && bytes >= PART_BYTES_MAX) {
            return Ok(true);
        }
    }
}

impl Import {
    /// One part; whether more may follow.
    async fn part(
        &mut self,
        exchange: Exchange,
        pieces: &mut mpsc::Receiver<std::io::Result<Piece>>,
    ) -> anyhow::Result<bool> {
        let Exchange { lines, mut answers } = exchange;
        let bar = self.bar.clone();
        let feeding = async { feed(lines, pieces, &bar).await };
        let mut feeding = std::pin::pin!(feeding);
        let (mut text, mut fed) = (Vec::new(), None);
        loop {
            let piece = tokio::select! {
                outcome = &mut feeding, if fed.is_none() => {
                    fed = Some(outcome?);
                    continue;
                }
                piece = answers.next() => piece,
            };
            let Some(piece) = piece.transpose().map_err(|error| self.broken(Some(error)))? else {
                return Err(self.broken(None));
            };
            text.extend_from_slice(&piece);
            while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
                let rest = text.split_off(end + 1);
                let line = std::mem::replace(&mut text, rest);
                if let Some(end) = self.hear(&serde_json::from_slice(&line)?)? {
                    return match (end.as_str(), fed) {
                        ("finished", Some(more)) => Ok(more),
                        _ => Err(self.broken(Some(anyhow::anyhow!("the server says {end}")))),
                    };
                }
            }
        }
    }

    fn broken(&self, cause: Option<anyhow::Error>) -> anyhow::Error {
        let text = format!(
            "it broke off after line {}; run it again: what was done is known",
            self.tally.lines
        );
        match cause {
            Some(cause) => cause.context(text),
            None => anyhow::anyhow!(text),
        }
    }

    /// One line of the answer; the word that ends it, where it is the last.
    fn hear(&mut self, answer: &Json) -> anyhow::Result<Option<String>> {
        if let Some(line) = answer["line"].as_u64() {
            let mut fault = answer.clone();
            fault["line"] = json!(self.before.lines + line);
            if self.is_json {
                if self.tally.faults.len() < FAULTS_MAX {
                    self.tally.faults.push(fault);
                } else {
                    self.before.untold += 1;
                }
            } else {
                self.bar.suspend(|| print(&told(&fault)))?;
            }
            return Ok(None);
        }
        let count = |name: &str| answer[name].as_u64().unwrap_or(0);
        let (tally, before) = (&mut self.tally, &self.before);
        tally.lines = before.lines + count("lines");
        tally.done = before.done + count("done");
        tally.existing = before.existing + count("existing");
        tally.rejected = before.rejected + count("rejected");
        tally.faulty = before.faulty + count("faulty");
        tally.untold = before.untold + count("untold");
        self.bar.set_message(format!("{} lines", tally.lines));
        Ok(answer["end"].as_str().map(str::to_owned))
    }

    fn summary(&self) -> anyhow::Result<String> {
        let Tally { lines, done, existing, rejected, faulty, untold, faults } = &self.tally;
        if self.is_json {
            let json = json!({
                "lines": lines, "done": done, "existing": existing, "rejected": rejected,
                "faulty": faulty, "untold": untold, "faults": faults,
            });
            return Ok(format!("{}\n", serde_json::to_string_pretty(&json)?));
        }
        let mut text = format!("{lines} lines: {done} done");
        for (count, what) in [
            (existing, "there already"),
            (rejected, "rejected"),
            (faulty, "faulty"),
            (untold, "of these not told"),
        ] {
            if *count > 0 {
                text.push_str(&format!(", {count} {what}"));
            }
        }
        text.push('\n');
        Ok(text)
    }
}

/// A line that was not done, in words.
fn told(answer: &Json) -> String {
    let word = |name: &str| answer[name].as_str().unwrap_or_default();
    let mut text = format!("line {}:", answer["line"]);
    for name in ["id", "field", "code"] {
        if !word(name).is_empty() {
            text.push_str(&format!(" {}", word(name)));
        }
    }
    match answer["moved"].as_str() {
        Some(moved) => format!("{text}: the balance was another, {moved} moved\n"),
        None => format!("{text}: {}\n", word("detail")),
    }
}
