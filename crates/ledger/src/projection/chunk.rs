//! Transfers as the tables keep them: neighbours together, in a form that plain SQL reads through
//! the view `ledger_transfer`.

use std::fmt::Write as _;

use kernel::{Amount, Timestamp, Uuid};
use serde::Deserialize;
use storage::{Params, Row, StorageError, params};

use super::BYTES_MAX;

/// JSON of others holds whole numbers below this as they are.
const NUMBER_MAX: i128 = 1 << 53;
/// More than one transfer takes.
const TRANSFER_BYTES_MAX: usize = 150;

/// What a chunk says of a transfer; its number follows from its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chunked {
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
    pub(super) const fn new(book: Uuid) -> Self {
        Self { book, rows: Vec::new(), open: None }
    }

    /// Adds the transfer with a number, which is one more than the last one's.
    pub(super) fn push(&mut self, number: u64, transfer: &Chunked) {
        let is_full = self.open.as_ref().is_some_and(Open::is_full);
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

    fn is_full(&self) -> bool {
        self.ids.len() + self.refs.len() + self.body.len() + TRANSFER_BYTES_MAX > BYTES_MAX
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

/// What the body of a chunk says of a transfer.
#[derive(Deserialize)]
struct Item(u8, u32, u32, Minor, u16, i32, i64);

#[derive(Deserialize)]
#[serde(untagged)]
enum Minor {
    Number(i64),
    Text(String),
}

/// Reads the transfers with the numbers from `first` to `last` out of a row with a chunk's first
/// number, `booked_at`, `ids`, `refs` and `body`.
pub(crate) fn read(
    row: &Row,
    (first, last): (u64, u64),
    out: &mut Vec<(u64, Chunked)>,
) -> Result<(), StorageError> {
    let begin: u64 = row.get(0)?;
    let damaged =
        |what: &str| StorageError::Damaged { text: format!("transfers from {begin} on: {what}") };
    let (booked_at, body): (Timestamp, String) = (row.get(1)?, row.get(4)?);
    let (ids, refs): (Vec<u8>, Option<Vec<u8>>) = (row.get(2)?, row.get(3)?);
    let items: Vec<Item> =
        serde_json::from_str(&body).map_err(|error| damaged(&error.to_string()))?;
    let sixteen = |bytes: &[u8], index: usize| {
        let found = bytes.get(16 * index..).and_then(<[u8]>::first_chunk);
        found.copied().map(u128::from_be_bytes).ok_or_else(|| damaged("an id is missing"))
    };
    for (index, item) in items.into_iter().enumerate() {
        let number = begin.saturating_add(index as u64);
        if number < first || number > last {
            continue;
        }
        let Item(kind, debit, credit, minor, code, effective, after) = item;
        let minor = match minor {
            Minor::Number(minor) => minor.into(),
            Minor::Text(text) => text.parse().map_err(|_| damaged("an amount is no number"))?,
        };
        let reference = refs.as_deref().map(|refs| sixteen(refs, index)).transpose()?;
        let chunked = Chunked {
            id: Uuid::from_u128(sixteen(&ids, index)?),
            kind,
            debit,
            credit,
            amount: Amount::try_from_minor(minor).map_err(|_| damaged("an amount is too large"))?,
            code,
            reference: reference.filter(|hash| *hash != 0),
            effective,
            booked_at: Timestamp::from_micros(booked_at.micros().saturating_add(after)),
        };
        out.push((number, chunked));
    }
    Ok(())
}
