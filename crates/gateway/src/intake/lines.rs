//! A body as batches of lines: whatever lines are there when somebody takes them.
//!
//! What must stay true: a batch is bounded, so is the line that is not finished yet, and nothing is
//! read ahead of that. Lines are cut at line feeds; the last one needs none.

use std::ops::Range;

use axum::body::BodyDataStream;
use bytes::Bytes;
use futures_util::StreamExt as _;

/// The most lines of a batch: they are decided while every other caller waits.
pub(super) const BATCH_LINES_MAX: usize = 8_190;
/// The bytes of lines after which a batch takes no further one.
const BATCH_BYTES_MAX: usize = 4 << 20;
/// The longest line.
pub(super) const LINE_BYTES_MAX: usize = 256 << 10;

/// Some lines as they came.
#[derive(Default)]
pub(super) struct Batch {
    text: Vec<u8>,
    lines: Vec<(u64, Place)>,
    /// The last line that it covers, empty ones included.
    pub last: u64,
}

/// Where a line stands in its batch.
enum Place {
    At(Range<usize>),
    /// It was too long to be kept.
    Nowhere,
}

/// A line as it came; nothing where it was too long.
pub(super) struct Line<'a> {
    pub number: u64,
    pub text: Option<&'a [u8]>,
}

/// The body ended before its end: its sender has gone.
pub(super) struct BrokenOff;

/// What is read of a body.
pub(super) struct Lines {
    body: BodyDataStream,
    /// What came last and is not cut into lines yet.
    chunk: Bytes,
    /// The beginning of a line whose end has not come.
    open: Vec<u8>,
    /// Whether that line is too long already.
    is_long: bool,
    is_over: bool,
    /// The number of the last line whose end has come.
    number: u64,
}

impl Batch {
    pub(super) fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.lines.iter().map(|(number, place)| Line {
            number: *number,
            text: match place {
                Place::At(range) => self.text.get(range.clone()),
                Place::Nowhere => None,
            },
        })
    }

    /// How many bytes its lines have.
    pub(super) fn bytes(&self) -> usize {
        self.text.len()
    }

    fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    fn is_full(&self) -> bool {
        self.lines.len() >= BATCH_LINES_MAX || self.text.len() >= BATCH_BYTES_MAX
    }
}

impl Lines {
    pub(super) fn new(body: BodyDataStream) -> Self {
        let (chunk, open) = (Bytes::new(), Vec::new());
        Self { body, chunk, open, is_long: false, is_over: false, number: 0 }
    }

    /// The last line that has come, empty ones included.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// The lines that are there once `turn` has come, with what it gives; waits for one where there
    /// is none, and for no further one. Nothing after the last.
    pub(super) async fn next_batch<T>(
        &mut self,
        turn: impl Future<Output = T>,
    ) -> Result<Option<(T, Batch)>, BrokenOff> {
        let mut turn = std::pin::pin!(turn);
        let mut batch = Batch::default();
        loop {
            self.cut(&mut batch);
            batch.last = self.number;
            if self.is_over && batch.is_empty() {
                return Ok(None);
            }
            tokio::select! {
                // First what is there, so that a batch is as large as it can be without waiting.
                biased;
                chunk = self.body.next(), if !self.is_over && !batch.is_full() => match chunk {
                    Some(Ok(chunk)) => self.chunk = chunk,
                    Some(Err(_)) => return Err(BrokenOff),
                    None => self.is_over = true,
                },
                turn = &mut turn, if !batch.is_empty() => return Ok(Some((turn, batch))),
            }
        }
    }

    /// Moves lines from what has come to a batch, as many as it takes.
    fn cut(&mut self, batch: &mut Batch) {
        while !batch.is_full() && !self.chunk.is_empty() {
            match self.chunk.iter().position(|byte| *byte == b'\n') {
                Some(end) => {
                    let piece = self.chunk.split_to(end + 1);
                    self.take(&piece[..end]);
                    self.finish(batch);
                }
                None => {
                    let piece = std::mem::take(&mut self.chunk);
                    self.take(&piece);
                }
            }
        }
        if self.is_over && self.chunk.is_empty() && (self.is_long || !self.open.is_empty()) {
            self.finish(batch);
        }
    }

    /// Adds to the open line.
    fn take(&mut self, piece: &[u8]) {
        self.is_long |= self.open.len() + piece.len() > LINE_BYTES_MAX;
        if self.is_long {
            self.open = Vec::new();
        } else {
            self.open.extend_from_slice(piece);
        }
    }

    /// Ends the open line. One that says nothing is counted and left out.
    fn finish(&mut self, batch: &mut Batch) {
        self.number += 1;
        if std::mem::take(&mut self.is_long) {
            batch.lines.push((self.number, Place::Nowhere));
        } else if !self.open.trim_ascii().is_empty() {
            let start = batch.text.len();
            batch.text.extend_from_slice(&self.open);
            batch.lines.push((self.number, Place::At(start..batch.text.len())));
        }
        self.open.clear();
    }
}
