//! The rows of payees.

use kernel::{BookId, TenantId, Timestamp};
use ledger::AccountId;
use storage::{Row, StorageError, Tx, params, sql};
use vault::{RowKey, Sealed, SealedColumn, SealedTable};

use super::commodity;
use crate::model::{Payee, PayeeId};
use crate::texts::PayeeName;

sql! {
    INSERT = "INSERT INTO remittances_payee (tenant, id, book, account, commodity, scale, name,
                  opened_at)
              VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7)";
    ONE = "SELECT id, book, account, commodity, scale, name, opened_at, closed_at
           FROM remittances_payee WHERE tenant = app_tenant() AND id = $1";
    ALL = "SELECT id, book, account, commodity, scale, name, opened_at, closed_at
           FROM remittances_payee WHERE tenant = app_tenant()
               AND (id < $1 OR $1 IS NULL) ORDER BY id DESC LIMIT $2";
    OPEN_COUNT = "SELECT count(*) FROM remittances_payee
                  WHERE tenant = app_tenant() AND closed_at IS NULL";
    CLOSE = "UPDATE remittances_payee SET closed_at = $2
             WHERE tenant = app_tenant() AND id = $1 AND closed_at IS NULL";
    OWNER: system("whoever has a payee's id may send to it, whosever it is") =
        "SELECT tenant FROM remittances_payee WHERE id = $1";

    SEALED_PAGE = "SELECT id, CAST(0 AS bigint), name FROM remittances_payee
                   WHERE tenant = app_tenant() AND (id, CAST(0 AS bigint)) > ($1, $2)
                   ORDER BY id LIMIT $3";
    SEALED_UPDATE = "UPDATE remittances_payee SET name = $3
                     WHERE tenant = app_tenant() AND id = $1 AND $2 = CAST(0 AS bigint)
                         AND name = $4";
}

/// Its sealed column.
pub(super) const SEALED: SealedTable = SealedTable {
    name: "remittances_payee",
    columns: &[SealedColumn::of::<PayeeName>()],
    first: RowKey::FIRST_NUMBER,
    page: &SEALED_PAGE,
    update: &SEALED_UPDATE,
};

/// A payee with its name still sealed.
pub(crate) struct PayeeRow {
    pub payee: Payee,
    pub name: Sealed<PayeeName>,
}

pub(crate) async fn insert(
    tx: &mut Tx,
    payee: &Payee,
    name: Sealed<PayeeName>,
) -> Result<(), StorageError> {
    let row = params![
        payee.id.uuid(),
        payee.book.uuid(),
        payee.account.uuid(),
        payee.commodity.code.as_str(),
        payee.commodity.scale,
        name,
        payee.opened_at
    ];
    tx.execute_one(&INSERT, row).await
}

pub(crate) async fn one(tx: &mut Tx, id: PayeeId) -> Result<Option<PayeeRow>, StorageError> {
    tx.row(&ONE, params![id.uuid()]).await?.as_ref().map(payee_of).transpose()
}

pub(crate) async fn all(
    tx: &mut Tx,
    before: Option<PayeeId>,
    count_max: usize,
) -> Result<Vec<PayeeRow>, StorageError> {
    let rows = tx.rows(&ALL, params![before.map(PayeeId::uuid), count_max]).await?;
    rows.iter().map(payee_of).collect()
}

pub(crate) async fn open_count(tx: &mut Tx) -> Result<u64, StorageError> {
    tx.row(&OPEN_COUNT, params![]).await?.map_or(Ok(0), |row| row.get(0))
}

/// Closes a payee; whether it was open.
pub(crate) async fn close(tx: &mut Tx, id: PayeeId, now: Timestamp) -> Result<bool, StorageError> {
    Ok(tx.execute(&CLOSE, params![id.uuid(), now]).await? == 1)
}

/// Whose a payee is, in a system transaction.
pub(crate) async fn owner(tx: &mut Tx, id: PayeeId) -> Result<Option<TenantId>, StorageError> {
    let row = tx.row(&OWNER, params![id.uuid()]).await?;
    row.map(|row| row.get(0).map(TenantId::from_uuid)).transpose()
}

fn payee_of(row: &Row) -> Result<PayeeRow, StorageError> {
    let (code, scale): (String, u32) = (row.get(3)?, row.get(4)?);
    let payee = Payee {
        id: PayeeId::from_uuid(row.get(0)?),
        book: BookId::from_uuid(row.get(1)?),
        account: AccountId::from_uuid(row.get(2)?),
        commodity: commodity(&code, scale)?,
        name: None,
        opened_at: row.get(6)?,
        closed_at: row.get(7)?,
    };
    Ok(PayeeRow { payee, name: row.get(5)? })
}
