//! Transfers as the tables keep them: neighbours together, in a form that plain SQL reads through
//! the view `ledger_transfer`.

use std::fmt::Write as _;

use kernel::{Amount, Timestamp, Uuid};
use storage::{Dialect, Params, Tx, params};

/// JSON of others holds whole numbers below this as they are.
const NUMBER_MAX: i128 = 1 << 53;
/// More than one transfer takes.
const TRANSFER_BYTES_MAX: usize = 150;

/// What fills SQLite's pages of 4 KiB, and a sixth of PostgreSQL's of 8 KiB: whoever looks for one
/// transfer makes rows of all of its chunk, for which PostgreSQL takes longer.
pub(super) fn bytes_max(tx: &Tx) -> usize {
    match tx.database().dialect() {
        Dialect::Sqlite => 4_900,
        Dialect::Postgres => 1_250,
    }
}

/// What a chunk says of a transfer; its number follows from its place.
pub(super) struct Chunked {
    pub id: Uuid,
    pub kind: u8,
    pub debit: u32,
    pub credit: u32,
    pub amount: Amount,
    pub code: u16,
    /// The keyed hash of its reference.
    pub reference: Option<u128>,
    /// The day from which it counts, after the epoch.
    pub effective: i32,
    pub booked_at: Timestamp,
}

/// Chunks of transfers of a book which follow each other, as they come.
pub(super) struct Chunks {
    book: Uuid,
    bytes_max: usize,
    rows: Vec<Params>,
    open: Option<Open>,
}

/// A chunk that is being written.
struct Open {
    first: u64,
    count: u64,
    booked_at: Timestamp,
    ids: Vec<u8>,
    refs: Vec<u8>,
    body: String,
}

impl Chunks {
    /// Chunks of at most about so many bytes.
    pub(super) const fn new(book: Uuid, bytes_max: usize) -> Self {
        Self { book, bytes_max, rows: Vec::new(), open: None }
    }

    /// Adds the transfer with a number, which is one more than the last one's.
    pub(super) fn push(&mut self, number: u64, transfer: &Chunked) {
        let is_full = self.open.as_ref().is_some_and(|open| open.is_full(self.bytes_max));
        if is_full {
            self.close();
        }
        self.open.get_or_insert_with(|| Open::new(number, transfer.booked_at)).push(transfer);
    }

    /// The rows of `ledger_transfer_chunk`.
    pub(super) fn into_rows(mut self) -> Vec<Params> {
        self.close();
        self.rows
    }

    fn close(&mut self) {
        let Some(Open { first, count, booked_at, ids, refs, mut body }) = self.open.take() else {
            return;
        };
        body.push(']');
        let refs = refs.iter().any(|byte| *byte != 0).then_some(refs);
        let last = first + count - 1;
        self.rows.push(params![self.book, first, last, booked_at, ids, refs, body]);
    }
}

impl Open {
    fn new(first: u64, booked_at: Timestamp) -> Self {
        let (ids, refs, body) = (Vec::new(), Vec::new(), String::with_capacity(4_096));
        Self { first, count: 0, booked_at, ids, refs, body }
    }

    fn is_full(&self, bytes_max: usize) -> bool {
        self.ids.len() + self.refs.len() + self.body.len() + TRANSFER_BYTES_MAX > bytes_max
    }

    fn push(&mut self, transfer: &Chunked) {
        let Chunked { kind, debit, credit, code, effective, .. } = *transfer;
        self.count += 1;
        self.ids.extend_from_slice(transfer.id.as_bytes());
        let has_refs = !self.refs.is_empty();
        if has_refs || transfer.reference.is_some() {
            self.refs.resize(self.ids.len() - 16, 0);
            self.refs.extend_from_slice(&transfer.reference.unwrap_or(0).to_be_bytes());
        }
        let after = transfer.booked_at.micros() - self.booked_at.micros();
        let amount = transfer.amount.minor();
        let quote = if amount.abs() < NUMBER_MAX { "" } else { "\"" };
        let begin = if self.body.is_empty() { '[' } else { ',' };
        // Writing into a string does not fail.
        let _ = write!(
            self.body,
            "{begin}[{kind},{debit},{credit},{quote}{amount}{quote},{code},{effective},{after}]"
        );
    }
}
