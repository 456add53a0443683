//! The rows of what happened to cases.

use kernel::{Timestamp, UserId, Uuid};
use storage::journal::RowChange;
use storage::{Row, StorageError, Tx, params, sql};
use vault::{Sealed, SealedColumn, SealedTable};

use super::{SaidColumn, damaged};
use crate::limits::ENTRIES_MAX;
use crate::model::{CaseId, Step};

sql! {
    // Whoever adds one holds the case's row, so that no two take the same number.
    INSERT = "INSERT INTO cases_entry
                  (tenant, case_id, number, step, actor, detail, said, happened_at)
              SELECT app_tenant(), $1, COALESCE(max(number), 0) + 1, $2, $3, $4, $5, $6
              FROM cases_entry WHERE tenant = app_tenant() AND case_id = $1";
    NEXT = "SELECT COALESCE(max(number), 0) + 1 FROM cases_entry
            WHERE tenant = app_tenant() AND case_id = $1";
    OF = "SELECT number, step, actor, detail, said, happened_at FROM cases_entry
          WHERE tenant = app_tenant() AND case_id = $1 ORDER BY number LIMIT $2";

    SEALED_PAGE = "SELECT case_id, number, said FROM cases_entry
                   WHERE tenant = app_tenant() AND (case_id, number) > ($1, $2)
                   ORDER BY case_id, number LIMIT $3";
    SEALED_UPDATE = "UPDATE cases_entry SET said = $3
                     WHERE tenant = app_tenant() AND case_id = $1 AND number = $2
                         AND said IS NOT DISTINCT FROM $4";
}

/// Its sealed columns.
pub(super) static SEALED: SealedTable = SealedTable {
    name: "cases_entry",
    columns: &[SealedColumn::of::<SaidColumn>()],
    first: vault::RowKey::FIRST_NUMBER,
    page: &SEALED_PAGE,
    update: &SEALED_UPDATE,
};

/// An entry that is to be added.
pub(crate) struct NewEntry {
    pub case: CaseId,
    pub step: Step,
    pub actor: Option<UserId>,
    pub detail: Option<String>,
    pub said: Option<Sealed<SaidColumn>>,
    pub happened_at: Timestamp,
}

/// An entry as its row has it.
pub(crate) struct EntryRow {
    pub number: i64,
    pub step: Step,
    pub actor: Option<UserId>,
    pub detail: Option<String>,
    pub said: Option<Sealed<SaidColumn>>,
    pub happened_at: Timestamp,
}

/// The number that the next entry of a case gets.
pub(crate) async fn next(tx: &mut Tx, case: CaseId) -> Result<i64, StorageError> {
    tx.row(&NEXT, params![case.uuid()]).await?.map_or(Ok(1), |row| row.get(0))
}

pub(crate) async fn insert(tx: &mut Tx, entry: NewEntry) -> Result<(), StorageError> {
    let row = adding(entry);
    tx.execute_one(row.statement, row.params).await
}

/// Adds an entry, for a command that carries row changes.
pub(crate) fn adding(entry: NewEntry) -> RowChange {
    let NewEntry { case, step, actor, detail, said, happened_at } = entry;
    let actor = actor.map(UserId::uuid);
    let values = params![case.uuid(), step.as_str(), actor, detail, said, happened_at];
    RowChange::unguarded(&INSERT, values)
}

/// What happened to a case, the earliest first.
pub(crate) async fn of(tx: &mut Tx, case: CaseId) -> Result<Vec<EntryRow>, StorageError> {
    tx.rows(&OF, params![case.uuid(), 2 * ENTRIES_MAX]).await?.iter().map(entry_of).collect()
}

fn entry_of(row: &Row) -> Result<EntryRow, StorageError> {
    let (step, actor): (String, Option<Uuid>) = (row.get(1)?, row.get(2)?);
    Ok(EntryRow {
        number: row.get(0)?,
        step: step.parse().map_err(damaged)?,
        actor: actor.map(UserId::from_uuid),
        detail: row.get(3)?,
        said: row.get(4)?,
        happened_at: row.get(5)?,
    })
}
