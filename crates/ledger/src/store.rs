//! The only SQL of the ledger: books, texts, and reading what the projection wrote.

use std::collections::{BTreeMap, HashMap};

use kernel::{Amount, BookId, Commodity, Date, Timestamp, Uuid, time};
use storage::journal::RowChange;
use storage::{Params, Row, StorageError, Tx, params, sql};

use crate::model::{AccountId, AccountKind, TransferId};
use crate::postings::{Postings, last_number, numbers_of_ids, numbers_of_reference};
use crate::projection::chunk_of;
use crate::projection::run::Posting;
use crate::query::{At, BookInfo, DayChange, HistoryLine, TransferFilter, TransferView};

/// Transfers whose numbers are no further apart are read together, with what stands between them: a
/// look of its own costs about as much as so many rows.
const TRANSFERS_APART_MAX: u64 = 4;

/// Transfers with the names of what they touch; `$condition` says which. They are read out of their
/// chunks first: under row-level security PostgreSQL seeks nothing by what a function may leak.
macro_rules! transfers {
    ($($condition:expr),+) => {
        concat!(
            "WITH transfer AS MATERIALIZED (
                 SELECT number, book, id, kind, debit, credit, amount, code, effective, booked_at,
                     expires_at, hold, reference, reverses, asked
                 FROM ledger_transfer WHERE tenant = app_tenant() AND book = $1 AND ",
            $($condition),+,
            ")
             SELECT transfer.number, transfer.id, transfer.kind, debit.id, credit.id,
                 transfer.amount, debit.commodity, debit.scale, transfer.code, transfer.effective,
                 transfer.booked_at, text.reference, text.purpose, text.counterparty,
                 transfer.expires_at, transfer.hold, transfer.reference, transfer.reverses,
                 reversal.id, transfer.asked, text.metadata, debit.number, debit.kind,
                 credit.number, credit.kind
             FROM transfer
             JOIN ledger_account AS debit
                 ON debit.tenant = app_tenant() AND debit.book = transfer.book
                 AND debit.number = transfer.debit
             JOIN ledger_account AS credit
                 ON credit.tenant = app_tenant() AND credit.book = transfer.book
                 AND credit.number = transfer.credit
             LEFT JOIN ledger_transfer_link AS reversal
                 ON reversal.tenant = app_tenant() AND reversal.book = transfer.book
                 AND reversal.reverses = transfer.id
             LEFT JOIN ledger_transfer_text AS text
                 ON text.tenant = app_tenant() AND text.book = transfer.book
                 AND text.transfer = transfer.id
             ORDER BY transfer.number"
        )
    };
}

sql! {
    BOOK_INSERT =
        "INSERT INTO ledger_book (tenant, id, name, currency, scale, opened_at)
         VALUES (app_tenant(), $1, $2, $3, $4, $5)";
    BOOKS =
        "SELECT id, name, currency, scale, opened_at FROM ledger_book
         WHERE tenant = app_tenant() AND (id = $1 OR $1 IS NULL)
         ORDER BY opened_at, id LIMIT 1000";
    ACCOUNT_TEXT_INSERT =
        "INSERT INTO ledger_account_text (tenant, book, account, name, metadata)
         VALUES (app_tenant(), $1, $2, $3, $4)";
    ACCOUNT_NAMES =
        "SELECT account, name FROM ledger_account_text
         WHERE tenant = app_tenant() AND book = $1 ORDER BY account";
    TRANSFER_TEXT_INSERT =
        "INSERT INTO ledger_transfer_text
             (tenant, book, transfer, reference, purpose, counterparty, metadata)
         VALUES (app_tenant(), $1, $2, $3, $4, $5, $6)
         ON CONFLICT (book, transfer) DO NOTHING";
    ACCOUNT =
        "SELECT number, id, kind, commodity, scale FROM ledger_account
         WHERE tenant = app_tenant() AND book = $1 AND id = $2 AND (code = $3 OR $3 IS NULL)";
    ACCOUNTS =
        "SELECT number, id, kind, commodity, scale FROM ledger_account
         WHERE tenant = app_tenant() AND book = $1 AND (code = $2 OR $2 IS NULL)
         ORDER BY number";
    TRANSFERS_BETWEEN = transfers!(
        "chunk >= ",
        chunk_of!("$2"),
        " AND chunk <= $3 AND number >= $2 AND number <= $3"
    );
}

/// The numbers of the accounts that a transfer touches, and which side increases them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sides {
    pub debit: (u32, AccountKind),
    pub credit: (u32, AccountKind),
}

/// An account as the tables know it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AccountRow {
    pub number: u32,
    pub id: AccountId,
    pub kind: AccountKind,
    pub commodity: Commodity,
}

pub(crate) async fn insert_book(tx: &mut Tx, book: &BookInfo) -> Result<(), StorageError> {
    let Commodity { code, scale } = book.currency;
    let row = params![book.id.uuid(), book.name.as_str(), code.as_str(), scale, book.opened_at];
    tx.execute_one(&BOOK_INSERT, row).await
}

pub(crate) async fn books(
    tx: &mut Tx,
    book: Option<BookId>,
) -> Result<Vec<BookInfo>, StorageError> {
    let rows = tx.rows(&BOOKS, params![book.map(BookId::uuid)]).await?;
    let info = |row: &Row| {
        let currency: String = row.get(2)?;
        Ok(BookInfo {
            id: BookId::from_uuid(row.get(0)?),
            name: row.get(1)?,
            currency: commodity(&currency, row.get(3)?)?,
            opened_at: row.get(4)?,
        })
    };
    rows.iter().map(info).collect()
}

pub(crate) fn account_text(
    book: BookId,
    account: AccountId,
    name: &str,
    metadata: &serde_json::Value,
) -> RowChange {
    let metadata = storage::Value::Json(metadata.to_string());
    let params = params![book.uuid(), account.uuid(), name, metadata];
    RowChange::unguarded(&ACCOUNT_TEXT_INSERT, params)
}

pub(crate) fn transfer_text(book: BookId, text: &crate::query::TransferText) -> RowChange {
    let metadata = text.metadata.as_ref();
    let params: Params = params![
        book.uuid(),
        text.transfer.uuid(),
        text.reference.clone(),
        text.purpose.clone(),
        text.counterparty.clone(),
        metadata.map(|metadata| storage::Value::Json(metadata.to_string()))
    ];
    RowChange::unguarded(&TRANSFER_TEXT_INSERT, params)
}

pub(crate) async fn account_names(
    tx: &mut Tx,
    book: BookId,
) -> Result<Vec<(AccountId, String)>, StorageError> {
    let rows = tx.rows(&ACCOUNT_NAMES, params![book.uuid()]).await?;
    rows.iter().map(|row| Ok((AccountId::from_uuid(row.get(0)?), row.get(1)?))).collect()
}

/// A book's accounts by number; with an id the one, with a code those that have it.
pub(crate) async fn accounts(
    tx: &mut Tx,
    book: BookId,
    account: Option<AccountId>,
    code: Option<u16>,
) -> Result<BTreeMap<u32, AccountRow>, StorageError> {
    let rows = match account {
        Some(account) => tx.rows(&ACCOUNT, params![book.uuid(), account.uuid(), code]).await?,
        None => tx.rows(&ACCOUNTS, params![book.uuid(), code]).await?,
    };
    let account = |row: &Row| {
        let (number, code): (u32, String) = (row.get(0)?, row.get(3)?);
        let (id, kind) = (AccountId::from_uuid(row.get(1)?), kind(row, 2)?);
        Ok((number, AccountRow { number, id, kind, commodity: commodity(&code, row.get(4)?)? }))
    };
    rows.iter().map(account).collect()
}

/// Balances on each account's natural side, in the order of accounts' ids.
pub(crate) async fn balances(
    tx: &mut Tx,
    book: BookId,
    at: At,
) -> Result<Vec<(AccountId, Amount)>, StorageError> {
    let mut balances: BTreeMap<u32, Amount> = BTreeMap::new();
    match at {
        At::Booked(time) => {
            let postings = Postings::booked_by(tx, book.uuid(), Some(time)).await?;
            let last = |posting: &Posting| {
                if !posting.amount.is_zero() {
                    balances.insert(posting.account, posting.balance);
                }
            };
            postings.of_all(tx, last).await?;
        }
        At::Effective { date, known_at } => {
            let changes = day_sums(tx, book, date, known_at).await?;
            for ((_, account), amount) in changes {
                let sum = balances.entry(account).or_default();
                *sum = sum.checked_add(amount).map_err(too_large)?;
            }
        }
    }
    let accounts = accounts(tx, book, None, None).await?;
    let natural = |(number, balance): (u32, Amount)| {
        accounts.get(&number).map(|account| (account.id, account.kind.natural(balance)))
    };
    let mut balances: Vec<_> = balances.into_iter().filter_map(natural).collect();
    balances.sort_unstable_by_key(|(account, _)| *account);
    Ok(balances)
}

/// What each account changed by on each day up to a date, debits positive.
async fn day_sums(
    tx: &mut Tx,
    book: BookId,
    until: Date,
    known_at: Option<Timestamp>,
) -> Result<BTreeMap<(i32, u32), Amount>, StorageError> {
    let last_day = time::days_since_epoch(until);
    let mut sums: BTreeMap<(i32, u32), Amount> = BTreeMap::new();
    let mut overflow = None;
    let add = |posting: &Posting| {
        if posting.effective > last_day || posting.amount.is_zero() {
            return;
        }
        let sum = sums.entry((posting.effective, posting.account)).or_default();
        match sum.checked_add(posting.amount) {
            Ok(added) => *sum = added,
            Err(error) => overflow = Some(error),
        }
    };
    Postings::booked_by(tx, book.uuid(), known_at).await?.of_all(tx, add).await?;
    overflow.map_or(Ok(sums), |error| Err(too_large(error)))
}

pub(crate) async fn day_changes(
    tx: &mut Tx,
    book: BookId,
    until: Date,
    known_at: Option<Timestamp>,
) -> Result<Vec<DayChange>, StorageError> {
    let sums = day_sums(tx, book, until, known_at).await?;
    let accounts = accounts(tx, book, None, None).await?;
    let mut changes = Vec::with_capacity(sums.len());
    for ((day, number), amount) in sums {
        let Some(account) = accounts.get(&number) else { continue };
        let (date, amount) = (date(day)?, account.kind.natural(amount));
        changes.push(DayChange { account: account.id, date, amount });
    }
    changes.sort_unstable_by_key(|change| (change.date, change.account));
    Ok(changes)
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
    let transfers = transfers_by_number(tx, book, numbers).await?;
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

/// The last number before a page's end.
fn last_before(before: Option<u64>) -> u64 {
    before.map_or(i64::MAX.unsigned_abs(), |before| before.saturating_sub(1))
}

/// The transfers with these numbers, in their order; one may be asked for twice. Those that are
/// close to each other are read together: they stand in the same chunks.
pub(crate) async fn transfers_by_number(
    tx: &mut Tx,
    book: BookId,
    numbers: Vec<u64>,
) -> Result<Vec<TransferView>, StorageError> {
    let mut sorted = numbers.clone();
    sorted.sort_unstable();
    sorted.dedup();
    let close = sorted.chunk_by(|one, next| next - one <= TRANSFERS_APART_MAX);
    let range = |close: &[u64]| Some(params![book.uuid(), *close.first()?, *close.last()?]);
    let ranges = close.filter_map(range).collect();
    let mut found: HashMap<u64, TransferView> = HashMap::with_capacity(numbers.len());
    for row in tx.rows_many(&TRANSFERS_BETWEEN, ranges).await?.iter().flatten() {
        if sorted.binary_search(&row.get(0)?).is_ok() {
            found.insert(row.get(0)?, view(row)?);
        }
    }
    let damaged = |number| StorageError::Damaged { text: format!("transfer {number} is missing") };
    let one = |number| found.get(&number).cloned().ok_or_else(|| damaged(number));
    numbers.into_iter().map(one).collect()
}

/// The rows of the transfers with the numbers from `first` to `last`, in their order.
async fn between(
    tx: &mut Tx,
    book: BookId,
    first: u64,
    last: u64,
) -> Result<Vec<Row>, StorageError> {
    tx.rows(&TRANSFERS_BETWEEN, params![book.uuid(), first, last]).await
}

/// The transfers from a number on, in their order, with the accounts that they touch.
pub(crate) async fn transfers_from(
    tx: &mut Tx,
    book: BookId,
    number: u64,
    limit: usize,
) -> Result<Vec<(TransferView, Sides)>, StorageError> {
    let last = number.saturating_add(limit as u64).saturating_sub(1);
    let rows = between(tx, book, number.max(1), last).await?;
    rows.iter().map(|row| Ok((view(row)?, sides(row)?))).collect()
}

pub(crate) async fn transfers(
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
        return between(tx, book, first, last).await?.iter().rev().map(view).collect();
    }
    let mut found = transfers_by_number(tx, book, numbers).await?;
    found.retain(|found| {
        found.number <= until
            && account.is_none_or(|account| found.debit == account || found.credit == account)
            && reference.is_none_or(|reference| found.reference_hash == Some(reference))
    });
    found.truncate(limit);
    Ok(found)
}

fn sides(row: &Row) -> Result<Sides, StorageError> {
    Ok(Sides { debit: (row.get(21)?, kind(row, 22)?), credit: (row.get(23)?, kind(row, 24)?) })
}

fn view(row: &Row) -> Result<TransferView, StorageError> {
    let code: String = row.get(6)?;
    Ok(TransferView {
        number: row.get(0)?,
        id: TransferId::from_uuid(row.get(1)?),
        kind: crate::query::TransferKind::from_number(row.get(2)?)?,
        debit: AccountId::from_uuid(row.get(3)?),
        credit: AccountId::from_uuid(row.get(4)?),
        amount: row.get(5)?,
        commodity: commodity(&code, row.get(7)?)?,
        code: row.get(8)?,
        effective: row.get(9)?,
        booked_at: row.get(10)?,
        reference: row.get(11)?,
        reference_hash: row.get::<Option<Uuid>>(16)?.map(|hash| hash.as_u128()),
        purpose: row.get(12)?,
        counterparty: row.get(13)?,
        metadata: row.get::<Option<String>>(20)?.map(|text| json(&text)).transpose()?,
        expires_at: row.get(14)?,
        hold: row.get::<Option<Uuid>>(15)?.map(TransferId::from_uuid),
        reverses: row.get::<Option<Uuid>>(17)?.map(TransferId::from_uuid),
        reversed_by: row.get::<Option<Uuid>>(18)?.map(TransferId::from_uuid),
        asked: row.get(19)?,
    })
}

pub(crate) fn json(text: &str) -> Result<serde_json::Value, StorageError> {
    let damaged = |error| StorageError::Damaged { text: format!("metadata is not JSON: {error}") };
    serde_json::from_str(text).map_err(damaged)
}

pub(crate) fn date(day: i32) -> Result<Date, StorageError> {
    let damaged = |_| StorageError::Damaged { text: format!("day {day} is no date") };
    time::date_from_days(day).map_err(damaged)
}

pub(crate) fn too_large(error: kernel::AmountError) -> StorageError {
    StorageError::Damaged { text: format!("a sum over postings: {error}") }
}

pub(crate) fn kind(row: &Row, column: usize) -> Result<AccountKind, StorageError> {
    let number: u16 = row.get(column)?;
    let kind = u8::try_from(number).ok().and_then(AccountKind::from_number);
    kind.ok_or_else(|| StorageError::Damaged { text: format!("account kind {number}") })
}

pub(crate) fn commodity(code: &str, scale: u16) -> Result<Commodity, StorageError> {
    let scale = u8::try_from(scale).unwrap_or(u8::MAX);
    let damaged = |error| StorageError::Damaged { text: format!("commodity {code}: {error}") };
    Commodity::new(code, scale).map_err(damaged)
}
