//! The only SQL of the ledger: books, texts, and reading what the projection wrote.

use kernel::{Amount, BookId, Commodity, Date, Timestamp, Uuid};
use storage::journal::RowChange;
use storage::{Params, Row, StorageError, Tx, params, sql};

use crate::model::{AccountId, AccountKind, TransferId};
use crate::query::{At, BookInfo, DayChange, HistoryLine, TransferFilter, TransferView};

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
    BALANCES_EFFECTIVE =
        "SELECT account.id, account.kind, amt_sum(history.amount)
         FROM ledger_history AS history
         JOIN ledger_account AS account
             ON account.tenant = app_tenant() AND account.book = history.book
             AND account.number = history.account
         WHERE history.tenant = app_tenant() AND history.book = $1
             AND history.effective <= $2 AND (history.booked_at <= $3 OR $3 IS NULL)
         GROUP BY account.id, account.kind ORDER BY account.id";
    BALANCES_BOOKED =
        "SELECT account.id, account.kind, history.balance
         FROM ledger_account AS account
         JOIN ledger_history AS history
             ON history.tenant = app_tenant() AND history.book = account.book
             AND history.account = account.number
         WHERE account.tenant = app_tenant() AND account.book = $1
             AND history.number = (
                 SELECT max(latest.number) FROM ledger_history AS latest
                 WHERE latest.tenant = app_tenant() AND latest.book = account.book
                     AND latest.account = account.number AND latest.booked_at <= $2)
         ORDER BY account.id";
    DAY_CHANGES =
        "SELECT account.id, account.kind, history.effective, amt_sum(history.amount)
         FROM ledger_history AS history
         JOIN ledger_account AS account
             ON account.tenant = app_tenant() AND account.book = history.book
             AND account.number = history.account
         WHERE history.tenant = app_tenant() AND history.book = $1
             AND history.effective <= $2 AND (history.booked_at <= $3 OR $3 IS NULL)
         GROUP BY account.id, account.kind, history.effective
         ORDER BY history.effective, account.id";
    HISTORY =
        "SELECT history.number, transfer.id, history.amount, history.balance, history.effective,
             history.booked_at, account.kind, text.reference, text.purpose, text.counterparty,
             transfer.code, other.id
         FROM ledger_account AS account
         JOIN ledger_history AS history
             ON history.tenant = app_tenant() AND history.book = account.book
             AND history.account = account.number
         JOIN ledger_transfer AS transfer
             ON transfer.tenant = app_tenant() AND transfer.book = history.book
             AND transfer.number = history.number
         JOIN ledger_account AS other
             ON other.tenant = app_tenant() AND other.book = history.book
             AND other.number = transfer.debit + transfer.credit - history.account
         LEFT JOIN ledger_transfer_text AS text
             ON text.tenant = app_tenant() AND text.book = history.book
             AND text.transfer = transfer.id
         WHERE account.tenant = app_tenant() AND account.book = $1 AND account.id = $2
             AND (history.number < $3 OR $3 IS NULL)
         ORDER BY history.number DESC LIMIT $4";
    TRANSFERS =
        "SELECT transfer.number, transfer.id, transfer.kind, debit.id, credit.id, transfer.amount,
             debit.commodity, debit.scale, transfer.code, transfer.effective, transfer.booked_at,
             text.reference, text.purpose, text.counterparty, transfer.expires_at, held.id,
             transfer.reference, transfer.reverses, reversal.id,
             transfer.asked
         FROM ledger_transfer AS transfer
         JOIN ledger_account AS debit
             ON debit.tenant = app_tenant() AND debit.book = transfer.book
             AND debit.number = transfer.debit
         JOIN ledger_account AS credit
             ON credit.tenant = app_tenant() AND credit.book = transfer.book
             AND credit.number = transfer.credit
         LEFT JOIN ledger_transfer AS held
             ON held.tenant = app_tenant() AND held.book = transfer.book
             AND held.number = transfer.hold
         LEFT JOIN ledger_transfer AS reversal
             ON reversal.tenant = app_tenant() AND reversal.book = transfer.book
             AND reversal.reverses = transfer.id
         LEFT JOIN ledger_transfer_text AS text
             ON text.tenant = app_tenant() AND text.book = transfer.book
             AND text.transfer = transfer.id
         WHERE transfer.tenant = app_tenant() AND transfer.book = $1
             AND (transfer.id = $2 OR $2 IS NULL)
             AND (debit.id = $3 OR credit.id = $3 OR $3 IS NULL)
             AND (transfer.reference = $4 OR $4 IS NULL)
             AND (transfer.number < $5 OR $5 IS NULL)
         ORDER BY transfer.number DESC LIMIT $6";
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

/// Balances on each account's natural side.
pub(crate) async fn balances(
    tx: &mut Tx,
    book: BookId,
    at: At,
) -> Result<Vec<(AccountId, Amount)>, StorageError> {
    let rows = match at {
        At::Booked(time) => tx.rows(&BALANCES_BOOKED, params![book.uuid(), time]).await?,
        At::Effective { date, known_at } => {
            tx.rows(&BALANCES_EFFECTIVE, params![book.uuid(), date, known_at]).await?
        }
    };
    let balance =
        |row: &Row| Ok((AccountId::from_uuid(row.get(0)?), kind(row, 1)?.natural(row.get(2)?)));
    rows.iter().map(balance).collect()
}

pub(crate) async fn day_changes(
    tx: &mut Tx,
    book: BookId,
    until: Date,
    known_at: Option<Timestamp>,
) -> Result<Vec<DayChange>, StorageError> {
    let rows = tx.rows(&DAY_CHANGES, params![book.uuid(), until, known_at]).await?;
    let change = |row: &Row| {
        let account = AccountId::from_uuid(row.get(0)?);
        let amount = kind(row, 1)?.natural(row.get(3)?);
        Ok(DayChange { account, date: row.get(2)?, amount })
    };
    rows.iter().map(change).collect()
}

pub(crate) async fn history(
    tx: &mut Tx,
    book: BookId,
    account: AccountId,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<HistoryLine>, StorageError> {
    let params = params![book.uuid(), account.uuid(), before, limit];
    let rows = tx.rows(&HISTORY, params).await?;
    let line = |row: &Row| {
        let kind = kind(row, 6)?;
        Ok(HistoryLine {
            number: row.get(0)?,
            transfer: TransferId::from_uuid(row.get(1)?),
            amount: kind.natural(row.get(2)?),
            balance: kind.natural(row.get(3)?),
            effective: row.get(4)?,
            booked_at: row.get(5)?,
            reference: row.get(7)?,
            purpose: row.get(8)?,
            counterparty: row.get(9)?,
            code: row.get(10)?,
            other: AccountId::from_uuid(row.get(11)?),
        })
    };
    rows.iter().map(line).collect()
}

pub(crate) async fn transfers(
    tx: &mut Tx,
    book: BookId,
    filter: &TransferFilter,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<TransferView>, StorageError> {
    let params = params![
        book.uuid(),
        filter.transfer.map(TransferId::uuid),
        filter.account.map(AccountId::uuid),
        filter.reference.map(Uuid::from_u128),
        before,
        limit
    ];
    let rows = tx.rows(&TRANSFERS, params).await?;
    let view = |row: &Row| {
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
            expires_at: row.get(14)?,
            hold: row.get::<Option<Uuid>>(15)?.map(TransferId::from_uuid),
            reverses: row.get::<Option<Uuid>>(17)?.map(TransferId::from_uuid),
            asked: row.get(19)?,
            reversed_by: row.get::<Option<Uuid>>(18)?.map(TransferId::from_uuid),
        })
    };
    rows.iter().map(view).collect()
}

fn kind(row: &Row, column: usize) -> Result<AccountKind, StorageError> {
    let number: u16 = row.get(column)?;
    let kind = u8::try_from(number).ok().and_then(AccountKind::from_number);
    kind.ok_or_else(|| StorageError::Damaged { text: format!("account kind {number}") })
}

pub(crate) fn commodity(code: &str, scale: u16) -> Result<Commodity, StorageError> {
    let scale = u8::try_from(scale).unwrap_or(u8::MAX);
    let damaged = |error| StorageError::Damaged { text: format!("commodity {code}: {error}") };
    Commodity::new(code, scale).map_err(damaged)
}
