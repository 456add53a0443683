//! The rows of remittances, one for each side.

use kernel::{Amount, BookId, Date, Timestamp};
use ledger::AccountId;
use storage::journal::RowChange;
use storage::{Row, StorageError, Tx, params, sql};
use vault::{RowKey, Sealed, SealedColumn, SealedTable};

use super::{commodity, damaged};
use crate::model::{Direction, PayeeId, Remittance, RemittanceId, Standing, Texts};
use crate::texts::RemittanceTexts;

sql! {
    INSERT = "INSERT INTO remittances_remittance (tenant, id, direction, book, account, payee,
                  commodity, scale, amount, effective, texts, status, code, asked_at, changed_at)
              VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)";
    ONE = "SELECT id, direction, book, account, payee, commodity, scale, amount, effective, status,
               code, asked_at, changed_at, texts
           FROM remittances_remittance
           WHERE tenant = app_tenant() AND id = $1 AND (direction = $2 OR $2 IS NULL)
           ORDER BY direction LIMIT 1";
    LIST = "SELECT id, direction, book, account, payee, commodity, scale, amount, effective,
                status, code, asked_at, changed_at, texts
            FROM remittances_remittance
            WHERE tenant = app_tenant() AND (direction = $4 OR $4 IS NULL)
                AND ((id, direction) < ($1, $2) OR $1 IS NULL)
            ORDER BY id DESC, direction DESC LIMIT $3";
    GO = "UPDATE remittances_remittance SET status = $4, code = $5, changed_at = $6
          WHERE tenant = app_tenant() AND id = $1 AND direction = $2 AND status = $3";

    SEALED_PAGE = "SELECT id, direction, texts FROM remittances_remittance
                   WHERE tenant = app_tenant() AND (id, direction) > ($1, $2)
                   ORDER BY id, direction LIMIT $3";
    SEALED_UPDATE = "UPDATE remittances_remittance SET texts = $3
                     WHERE tenant = app_tenant() AND id = $1 AND direction = $2 AND texts = $4";
}

/// Its sealed column.
pub(super) const SEALED: SealedTable = SealedTable {
    name: "remittances_remittance",
    columns: &[SealedColumn::of::<RemittanceTexts>()],
    first: RowKey::FIRST_NUMBER,
    page: &SEALED_PAGE,
    update: &SEALED_UPDATE,
};

/// A remittance with what is said of it still sealed.
pub(crate) struct RemittanceRow {
    pub remittance: Remittance,
    pub texts: Sealed<RemittanceTexts>,
}

/// A side of a remittance, which must not be there yet.
pub(crate) fn insertion(remittance: &Remittance, texts: Sealed<RemittanceTexts>) -> RowChange {
    let Remittance { id, direction, book, account, payee, commodity, .. } = remittance;
    let row = params![
        id.uuid(),
        direction.number(),
        book.uuid(),
        account.uuid(),
        payee.uuid(),
        commodity.code.as_str(),
        commodity.scale,
        remittance.amount,
        remittance.effective,
        texts,
        remittance.standing.as_str(),
        remittance.code.clone(),
        remittance.asked_at
    ];
    RowChange::one(&INSERT, row)
}

/// One side of a remittance; the giving one where none is named and the tenant has both.
pub(crate) async fn one(
    tx: &mut Tx,
    id: RemittanceId,
    direction: Option<Direction>,
) -> Result<Option<RemittanceRow>, StorageError> {
    let direction = direction.map(Direction::number);
    let row = tx.row(&ONE, params![id.uuid(), direction]).await?;
    row.as_ref().map(remittance_of).transpose()
}

/// The latest remittances of a tenant, before one of them.
pub(crate) async fn list(
    tx: &mut Tx,
    before: Option<(RemittanceId, Direction)>,
    direction: Option<Direction>,
    count_max: usize,
) -> Result<Vec<RemittanceRow>, StorageError> {
    let (id, side) = before.map(|(id, side)| (id.uuid(), side.number())).unzip();
    let row = params![id, side, count_max, direction.map(Direction::number)];
    let rows = tx.rows(&LIST, row).await?;
    rows.iter().map(remittance_of).collect()
}

/// A side goes on from where it is, or not at all.
pub(crate) fn going(
    remittance: &Remittance,
    to: Standing,
    code: Option<&str>,
    now: Timestamp,
) -> RowChange {
    let Remittance { id, direction, standing, .. } = remittance;
    let code = code.map(str::to_owned);
    let row = params![id.uuid(), direction.number(), standing.as_str(), to.as_str(), code, now];
    RowChange::one(&GO, row)
}

fn remittance_of(row: &Row) -> Result<RemittanceRow, StorageError> {
    let (code, scale): (String, u32) = (row.get(5)?, row.get(6)?);
    let status: String = row.get(9)?;
    let number: i64 = row.get(1)?;
    let direction = Direction::of_number(number);
    let remittance = Remittance {
        id: RemittanceId::from_uuid(row.get(0)?),
        direction: direction.ok_or_else(|| damaged(format!("direction {number}")))?,
        book: BookId::from_uuid(row.get(2)?),
        account: AccountId::from_uuid(row.get(3)?),
        payee: PayeeId::from_uuid(row.get(4)?),
        commodity: commodity(&code, scale)?,
        amount: row.get::<Amount>(7)?,
        effective: row.get::<Date>(8)?,
        texts: Texts::default(),
        standing: status.parse::<Standing>().map_err(damaged)?,
        code: row.get(10)?,
        asked_at: row.get::<Timestamp>(11)?,
        changed_at: row.get::<Timestamp>(12)?,
    };
    Ok(RemittanceRow { remittance, texts: row.get(13)? })
}
