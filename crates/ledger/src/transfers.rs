//! Reading transfers out of their chunks, with what else the tables say of them.

use std::collections::HashMap;

use kernel::{BookId, Timestamp, Uuid};
use storage::{Row, StorageError, Tx, params, sql};

use crate::model::{AccountId, AccountKind, TransferId};
use crate::postings::{Postings, last_number, numbers_of_ids, numbers_of_reference};
use crate::projection::chunk::{self, Chunked};
use crate::projection::run::Posting;
use crate::query::{HistoryLine, TransferFilter, TransferKind, TransferView};
use crate::store::{AccountRow, accounts, commodity, date, kind};
use crate::texts::{self, TransferWords};

/// Transfers whose numbers are no further apart are read together, with what stands between them.
const APART_MAX: u64 = 16;

sql! {
    // One table at a time, by its key: whatever a database thinks of how much a range holds, it
    // cannot come to read a table of accounts for the sake of one transfer.
    CHUNKS =
        "SELECT first, booked_at, ids, refs, body FROM ledger_transfer_chunk
         WHERE tenant = app_tenant() AND book = $1 AND first <= $3 AND first >= (
             SELECT found.first FROM ledger_transfer_chunk AS found
             WHERE found.tenant = app_tenant() AND found.book = $1 AND found.first <= $2
             ORDER BY found.first DESC LIMIT 1)
         ORDER BY first";
    DETAILS =
        "SELECT debit.id, debit.kind, credit.id, credit.kind, debit.commodity, debit.scale,
             link.expires_at, link.hold, link.reverses, link.asked, reversal.id, text.texts
         FROM ledger_account AS debit
         JOIN ledger_account AS credit
             ON credit.tenant = app_tenant() AND credit.book = $1 AND credit.number = $3
         LEFT JOIN ledger_transfer_link AS link
             ON link.tenant = app_tenant() AND link.book = $1 AND link.number = $4
         LEFT JOIN ledger_transfer_link AS reversal
             ON reversal.tenant = app_tenant() AND reversal.book = $1 AND reversal.reverses = $5
         LEFT JOIN ledger_transfer_text AS text
             ON text.tenant = app_tenant() AND text.book = $1 AND text.transfer = $5
         WHERE debit.tenant = app_tenant() AND debit.book = $1 AND debit.number = $2";
}

/// The numbers of the accounts that a transfer touches, and which side increases them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sides {
    pub debit: (u32, AccountKind),
    pub credit: (u32, AccountKind),
}

pub(crate) async fn history(
    tx: &mut Tx,
    book: BookId,
    account: AccountId,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<HistoryLine>, StorageError> {
    let known = accounts(tx, book, Some(account), None).await?;
    let Some(AccountRow { number, kind, .. }) = known.into_values().next() else {
        return Ok(Vec::new());
    };
    let mut postings = Vec::with_capacity(limit);
    let take = |posting: &Posting| {
        if !posting.amount.is_zero() {
            postings.push(*posting);
        }
        postings.len() < limit
    };
    Postings { book: book.uuid(), until: last_before(before) }.of_account(tx, number, take).await?;
    let numbers = postings.iter().map(|posting| posting.number).collect();
    let transfers = by_number(tx, book, numbers).await?;
    let line = |(posting, transfer): (Posting, TransferView)| HistoryLine {
        number: posting.number,
        transfer: transfer.id,
        amount: kind.natural(posting.amount),
        balance: kind.natural(posting.balance),
        effective: transfer.effective,
        booked_at: transfer.booked_at,
        other: if transfer.debit == account { transfer.credit } else { transfer.debit },
        reference: transfer.reference,
        purpose: transfer.purpose,
        counterparty: transfer.counterparty,
        code: transfer.code,
    };
    Ok(postings.into_iter().zip(transfers).map(line).collect())
}

/// The transfers that a filter asks for, the newest first.
pub(crate) async fn filtered(
    tx: &mut Tx,
    book: BookId,
    filter: &TransferFilter,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<TransferView>, StorageError> {
    let until = last_before(before);
    let TransferFilter { transfer, account, reference } = *filter;
    let mut numbers = Vec::new();
    if let Some(transfer) = transfer {
        let found = numbers_of_ids(tx, book.uuid(), &[transfer.uuid()]).await?;
        numbers.extend(found.into_iter().flatten());
    } else if let Some(reference) = reference {
        let before = until.saturating_add(1);
        // An account's are a part of them.
        let limit = if account.is_some() { usize::MAX } else { limit };
        numbers = numbers_of_reference(tx, book.uuid(), reference, before, limit).await?;
    } else if let Some(account) = account {
        let known = accounts(tx, book, Some(account), None).await?;
        let Some(number) = known.into_keys().next() else { return Ok(Vec::new()) };
        let take = |posting: &Posting| {
            numbers.push(posting.number);
            numbers.len() < limit
        };
        Postings { book: book.uuid(), until }.of_account(tx, number, take).await?;
    } else {
        let last = until.min(last_number(tx, book.uuid()).await?);
        let first = last.saturating_sub(limit as u64).saturating_add(1);
        return newest(tx, book, (first, last), |_| true).await;
    }
    let mut found = by_number(tx, book, numbers).await?;
    found.retain(|found| {
        found.number <= until
            && account.is_none_or(|account| found.debit == account || found.credit == account)
            && reference.is_none_or(|reference| found.reference_hash == Some(reference))
    });
    found.truncate(limit);
    Ok(found)
}

/// The last number before a page's end.
fn last_before(before: Option<u64>) -> u64 {
    before.map_or(i64::MAX.unsigned_abs(), |before| before.saturating_sub(1))
}

/// The transfers with these numbers, in their order; one may be asked for twice.
pub(crate) async fn by_number(
    tx: &mut Tx,
    book: BookId,
    numbers: Vec<u64>,
) -> Result<Vec<TransferView>, StorageError> {
    let mut sorted = numbers.clone();
    sorted.sort_unstable();
    sorted.dedup();
    let close = sorted.chunk_by(|one, next| next - one <= APART_MAX);
    let range = |close: &[u64]| Some((*close.first()?, *close.last()?));
    let ranges: Vec<(u64, u64)> = close.filter_map(range).collect();
    let mut found = chunked(tx, book.uuid(), &ranges).await?;
    found.retain(|(number, _)| sorted.binary_search(number).is_ok());
    let views = described(tx, book, found).await?;
    let views: HashMap<u64, TransferView> =
        views.into_iter().map(|(view, _)| (view.number, view)).collect();
    numbers
        .into_iter()
        .map(|number| views.get(&number).cloned().ok_or_else(|| missing(number)))
        .collect()
}

/// The transfers from a number on, in their order, with the accounts that they touch.
pub(crate) async fn from(
    tx: &mut Tx,
    book: BookId,
    number: u64,
    limit: usize,
) -> Result<Vec<(TransferView, Sides)>, StorageError> {
    let last = number.saturating_add(limit as u64).saturating_sub(1);
    let found = chunked(tx, book.uuid(), &[(number.max(1), last)]).await?;
    described(tx, book, found).await
}

/// The transfers in a range of numbers of which their chunks say what fits, the newest first.
pub(crate) async fn newest(
    tx: &mut Tx,
    book: BookId,
    range: (u64, u64),
    fits: impl Fn(&Chunked) -> bool,
) -> Result<Vec<TransferView>, StorageError> {
    let mut found = chunked(tx, book.uuid(), &[range]).await?;
    found.retain(|(_, one)| fits(one));
    let views = described(tx, book, found).await?;
    Ok(views.into_iter().rev().map(|(view, _)| view).collect())
}

/// When a transfer was booked.
pub(crate) async fn booked_at(
    tx: &mut Tx,
    book: Uuid,
    number: u64,
) -> Result<Timestamp, StorageError> {
    let found = chunked(tx, book, &[(number, number)]).await?;
    found.first().map(|(_, transfer)| transfer.booked_at).ok_or_else(|| missing(number))
}

/// What chunks say of the transfers in ranges of numbers, in the order of the ranges.
async fn chunked(
    tx: &mut Tx,
    book: Uuid,
    ranges: &[(u64, u64)],
) -> Result<Vec<(u64, Chunked)>, StorageError> {
    let looks = ranges.iter().map(|(first, last)| params![book, *first, *last]).collect();
    let mut found = Vec::new();
    for ((first, last), rows) in ranges.iter().zip(tx.rows_many(&CHUNKS, looks).await?) {
        for row in &rows {
            chunk::read(row, (*first, *last), &mut found)?;
        }
    }
    Ok(found)
}

/// Adds to transfers what stands outside of their chunks.
async fn described(
    tx: &mut Tx,
    book: BookId,
    transfers: Vec<(u64, Chunked)>,
) -> Result<Vec<(TransferView, Sides)>, StorageError> {
    let look = |(number, one): &(u64, Chunked)| {
        params![book.uuid(), one.debit, one.credit, *number, one.id]
    };
    let details = tx.rows_many(&DETAILS, transfers.iter().map(look).collect()).await?;
    let mut sealed = Vec::with_capacity(transfers.len());
    for ((number, one), rows) in transfers.iter().zip(&details) {
        let row = rows.first().ok_or_else(|| missing(*number))?;
        sealed.push((one.id, row.get(11)?));
    }
    let texts = texts::of_transfers(tx, book, sealed).await?;
    let mut views = Vec::with_capacity(transfers.len());
    for (((number, one), rows), words) in transfers.into_iter().zip(details).zip(texts) {
        let row = rows.first().ok_or_else(|| missing(number))?;
        let sides =
            Sides { debit: (one.debit, kind(row, 1)?), credit: (one.credit, kind(row, 3)?) };
        views.push((view((number, one), row, words)?, sides));
    }
    Ok(views)
}

fn view(
    (number, one): (u64, Chunked),
    row: &Row,
    words: TransferWords,
) -> Result<TransferView, StorageError> {
    let code: String = row.get(4)?;
    Ok(TransferView {
        number,
        id: TransferId::from_uuid(one.id),
        kind: TransferKind::from_number(one.kind.into())?,
        debit: AccountId::from_uuid(row.get(0)?),
        credit: AccountId::from_uuid(row.get(2)?),
        amount: one.amount,
        commodity: commodity(&code, row.get(5)?)?,
        code: one.code,
        effective: date(one.effective)?,
        booked_at: one.booked_at,
        reference: words.reference,
        reference_hash: one.reference,
        purpose: words.purpose,
        counterparty: words.counterparty,
        metadata: words.metadata,
        expires_at: row.get(6)?,
        hold: row.get::<Option<Uuid>>(7)?.map(TransferId::from_uuid),
        reverses: row.get::<Option<Uuid>>(8)?.map(TransferId::from_uuid),
        reversed_by: row.get::<Option<Uuid>>(10)?.map(TransferId::from_uuid),
        asked: row.get(9)?,
    })
}

fn missing(number: u64) -> StorageError {
    StorageError::Damaged { text: format!("transfer {number} is missing") }
}
