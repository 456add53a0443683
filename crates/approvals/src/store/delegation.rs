//! The rows of words that were handed over.

use kernel::{Timestamp, UserId};
use storage::{Row, StorageError, Tx, params, sql};

use crate::limits::DELEGATIONS_MAX;
use crate::model::{Delegation, DelegationId};

sql! {
    INSERT = "INSERT INTO approvals_delegation
                  (tenant, id, principal, delegate, until, created_at)
              VALUES (app_tenant(), $1, $2, $3, $4, $5)";
    STANDING = "SELECT id, principal, delegate, until, created_at FROM approvals_delegation
                WHERE tenant = app_tenant() AND until > $1 ORDER BY id LIMIT $2";
    REMOVE = "DELETE FROM approvals_delegation
              WHERE tenant = app_tenant() AND id = $1 AND principal = $2";
    FORGET = "DELETE FROM approvals_delegation WHERE tenant = app_tenant() AND until <= $1";
}

pub(crate) async fn insert(tx: &mut Tx, one: &Delegation) -> Result<(), StorageError> {
    // Those that are over say nothing any more; the log has them.
    tx.execute(&FORGET, params![one.created_at]).await?;
    let (principal, delegate) = (one.principal.uuid(), one.delegate.uuid());
    let values = params![one.id.uuid(), principal, delegate, one.until, one.created_at];
    tx.execute_one(&INSERT, values).await
}

/// Those that stand now, the oldest first.
pub(crate) async fn standing(tx: &mut Tx, now: Timestamp) -> Result<Vec<Delegation>, StorageError> {
    let rows = tx.rows(&STANDING, params![now, DELEGATIONS_MAX]).await?;
    rows.iter().map(delegation_of).collect()
}

/// Removes one of a principal's; whether there was one.
pub(crate) async fn remove(
    tx: &mut Tx,
    (id, principal): (DelegationId, UserId),
) -> Result<bool, StorageError> {
    Ok(tx.execute(&REMOVE, params![id.uuid(), principal.uuid()]).await? == 1)
}

fn delegation_of(row: &Row) -> Result<Delegation, StorageError> {
    Ok(Delegation {
        id: DelegationId::from_uuid(row.get(0)?),
        principal: UserId::from_uuid(row.get(1)?),
        delegate: UserId::from_uuid(row.get(2)?),
        until: row.get(3)?,
        created_at: row.get(4)?,
    })
}
