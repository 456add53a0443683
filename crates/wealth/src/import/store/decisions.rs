//! What people decided about lines: who, when, and what it changed.

use kernel::{Actor, Context, Timestamp};
use ledger::TransferId;
use storage::journal::RowChange;
use storage::{Params, Row, StorageError, Tx, params, sql};

use super::lines::optional;
use super::{from_json, json, parsed};
use crate::import::dedup::LineRef;
use crate::import::model::{Decision, DecisionTaken, ImportId, LineStatus, Why};

sql! {
    DECISION_INSERT =
        "INSERT INTO wealth_import_decision
             (tenant, import, line, number, decision, from_status, to_status, why, by_actor,
              decided_at)
         VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9)";
    DECISIONS =
        "SELECT decision, from_status, to_status, why, by_actor, decided_at
         FROM wealth_import_decision
         WHERE tenant = app_tenant() AND import = $1 AND line = $2 ORDER BY number";
    DECISION_COUNT =
        "SELECT count(*) FROM wealth_import_decision
         WHERE tenant = app_tenant() AND import = $1 AND line = $2";
    DECISIONS_DELETE =
        "DELETE FROM wealth_import_decision WHERE tenant = app_tenant() AND import = $1";
    LINE_OVERTURN =
        "UPDATE wealth_import_line SET status = $4, decision = $5, transfer = $6
         WHERE tenant = app_tenant() AND import = $1 AND number = $2 AND status = $3";
    LINE_OF_TRANSFER =
        "SELECT import, number FROM wealth_import_line
         WHERE tenant = app_tenant() AND transfer = $1 ORDER BY import, number LIMIT 1";
}

/// A decision, and what it changed.
pub(crate) struct Taken {
    pub decision: Decision,
    pub from: LineStatus,
    pub to: LineStatus,
    /// What was thought of the line before.
    pub why: Option<Why>,
}

/// Keeps a decision.
pub(crate) async fn row(
    tx: &mut Tx,
    context: &Context,
    place: (ImportId, u32),
    taken: Taken,
) -> Result<RowChange, StorageError> {
    let rows = rows(tx, context, place.0, vec![(place.1, taken)]).await?;
    Ok(RowChange::one(&DECISION_INSERT, rows.into_iter().next().unwrap_or_default()))
}

/// Keeps a decision about each of many lines of an import.
pub(crate) async fn keep(
    tx: &mut Tx,
    context: &Context,
    import: ImportId,
    taken: Vec<(u32, Taken)>,
) -> Result<(), StorageError> {
    let rows = rows(tx, context, import, taken).await?;
    tx.execute_many(&DECISION_INSERT, rows).await?;
    Ok(())
}

async fn rows(
    tx: &mut Tx,
    context: &Context,
    import: ImportId,
    taken: Vec<(u32, Taken)>,
) -> Result<Vec<Params>, StorageError> {
    let counted = taken.iter().map(|(line, _)| params![import.uuid(), *line]).collect();
    let counted = tx.rows_many(&DECISION_COUNT, counted).await?;
    let actor = json(&context.actor)?;
    let row = |((line, taken), counted): (&(u32, Taken), &Vec<Row>)| {
        let number: u64 = counted.first().map_or(Ok(0), |row| row.get(0))?;
        Ok(params![
            import.uuid(),
            *line,
            number,
            taken.decision.code(),
            taken.from.code(),
            taken.to.code(),
            taken.why.map(Why::code),
            actor.clone(),
            context.now(),
        ])
    };
    taken.iter().zip(&counted).map(row).collect()
}

/// What was decided about a line, the first decision first.
pub(crate) async fn of_line(
    tx: &mut Tx,
    (import, line): (ImportId, u32),
) -> Result<Vec<DecisionTaken>, StorageError> {
    let rows = tx.rows(&DECISIONS, params![import.uuid(), line]).await?;
    let taken = |row: &Row| {
        let by: Actor = from_json(row, 4)?;
        let at: Timestamp = row.get(5)?;
        Ok(DecisionTaken {
            decision: parsed(row, 0)?,
            from: parsed(row, 1)?,
            to: parsed(row, 2)?,
            why: optional(row, 3)?,
            by,
            at,
        })
    };
    rows.iter().map(taken).collect()
}

/// Forgets what was decided about the lines of an import.
pub(super) async fn delete(tx: &mut Tx, import: ImportId) -> Result<(), StorageError> {
    tx.execute(&DECISIONS_DELETE, params![import.uuid()]).await?;
    Ok(())
}

/// Changes a line of a booked import, where it still is what it was.
pub(crate) fn overturn(
    (import, line): (ImportId, u32),
    (from, to): (LineStatus, LineStatus),
    decision: Decision,
    transfer: TransferId,
) -> RowChange {
    let params =
        params![import.uuid(), line, from.code(), to.code(), decision.code(), transfer.uuid(),];
    RowChange::one(&LINE_OVERTURN, params)
}

/// The line that a transfer books.
pub(crate) async fn of_transfer(
    tx: &mut Tx,
    transfer: TransferId,
) -> Result<Option<LineRef>, StorageError> {
    let row = tx.row(&LINE_OF_TRANSFER, params![transfer.uuid()]).await?;
    row.map(|row| Ok(LineRef { import: ImportId::from_uuid(row.get(0)?), number: row.get(1)? }))
        .transpose()
}
