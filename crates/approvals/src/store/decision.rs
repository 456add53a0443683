//! The rows of what was said to requests.

use kernel::{Timestamp, UserId, Uuid};
use storage::{Row, StorageError, Tx, params, sql};
use vault::{Sealed, SealedColumn, SealedTable};

use super::{ReasonColumn, damaged};
use crate::limits::DECISIONS_LISTED_MAX;
use crate::model::{ApprovalId, Verdict};

sql! {
    INSERT = "INSERT INTO approvals_decision
                  (tenant, id, request, person, principal, verdict, reason, decided_at)
              VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7)";
    OF = "SELECT id, request, person, principal, verdict, reason, decided_at
          FROM approvals_decision WHERE tenant = app_tenant() AND request = $1
          ORDER BY id LIMIT $2";

    SEALED_PAGE = "SELECT id, CAST(0 AS bigint), reason FROM approvals_decision
                   WHERE tenant = app_tenant() AND (id, CAST(0 AS bigint)) > ($1, $2)
                   ORDER BY id LIMIT $3";
    SEALED_UPDATE = "UPDATE approvals_decision SET reason = $3
                     WHERE tenant = app_tenant() AND id = $1 AND $2 = CAST(0 AS bigint)
                         AND reason = $4";
}

/// Its sealed columns.
pub(super) static SEALED: SealedTable = SealedTable {
    name: "approvals_decision",
    columns: &[SealedColumn::of::<ReasonColumn>()],
    first: vault::RowKey::FIRST_NUMBER,
    page: &SEALED_PAGE,
    update: &SEALED_UPDATE,
};

/// One word as its row has it.
pub(crate) struct DecisionRow {
    pub id: Uuid,
    pub request: ApprovalId,
    pub person: UserId,
    pub principal: UserId,
    pub verdict: Verdict,
    pub reason: Sealed<ReasonColumn>,
    pub decided_at: Timestamp,
}

pub(crate) async fn insert(tx: &mut Tx, row: &DecisionRow) -> Result<(), StorageError> {
    let values = params![
        row.id,
        row.request.uuid(),
        row.person.uuid(),
        row.principal.uuid(),
        row.verdict.as_str(),
        row.reason.clone(),
        row.decided_at,
    ];
    tx.execute_one(&INSERT, values).await
}

/// What was said to each of some requests, one statement for all of them.
pub(crate) async fn of(
    tx: &mut Tx,
    requests: &[ApprovalId],
) -> Result<Vec<Vec<DecisionRow>>, StorageError> {
    let asked = requests.iter().map(|id| params![id.uuid(), DECISIONS_LISTED_MAX]).collect();
    let found = tx.rows_many(&OF, asked).await?;
    found.iter().map(|rows| rows.iter().map(decision_of).collect()).collect()
}

fn decision_of(row: &Row) -> Result<DecisionRow, StorageError> {
    let verdict: String = row.get(4)?;
    Ok(DecisionRow {
        id: row.get(0)?,
        request: ApprovalId::from_uuid(row.get(1)?),
        person: UserId::from_uuid(row.get(2)?),
        principal: UserId::from_uuid(row.get(3)?),
        verdict: verdict.parse().map_err(damaged)?,
        reason: row.get(5)?,
        decided_at: row.get(6)?,
    })
}
