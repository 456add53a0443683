//! Books, texts, accounts and balances, as the tables have them.

use std::collections::BTreeMap;

use kernel::{Amount, BookId, Commodity, Date, Timestamp, time};
use storage::{Row, StorageError, Tx, params, sql};

use crate::model::{AccountId, AccountKind};
use crate::postings::Postings;
use crate::projection::run::Posting;
use crate::query::{At, BookInfo, DayChange};

sql! {
    BOOK_INSERT =
        "INSERT INTO ledger_book (tenant, id, name, currency, scale, opened_at)
         VALUES (app_tenant(), $1, $2, $3, $4, $5)";
    BOOKS =
        "SELECT id, name, currency, scale, opened_at FROM ledger_book
         WHERE tenant = app_tenant() AND (id = $1 OR $1 IS NULL)
         ORDER BY opened_at, id LIMIT 1000";
    ACCOUNT =
        "SELECT number, id, kind, commodity, scale FROM ledger_account
         WHERE tenant = app_tenant() AND book = $1 AND id = $2 AND (code = $3 OR $3 IS NULL)";
    ACCOUNTS =
        "SELECT number, id, kind, commodity, scale FROM ledger_account
         WHERE tenant = app_tenant() AND book = $1 AND (code = $2 OR $2 IS NULL)
         ORDER BY number";
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
