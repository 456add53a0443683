//! Notices that were read long ago, with all that belongs to them.

use kernel::Timestamp;
use storage::{StorageError, Tx, params, sql};

use crate::limits::FORGOTTEN_MAX;
use crate::model::NoticeId;

sql! {
    // Somebody has read it, or nobody will, and nothing of it is on its way.
    OLD = "SELECT n.id FROM notices_notice AS n
           WHERE n.tenant = app_tenant() AND n.created_at < $1
               AND (NOT n.is_listed OR EXISTS (SELECT 1 FROM notices_reading AS r
                   WHERE r.tenant = app_tenant() AND r.notice = n.id AND r.read_at < $1))
               AND NOT EXISTS (SELECT 1 FROM notices_delivery AS d
                   WHERE d.tenant = app_tenant() AND d.notice = n.id AND d.state = 'waiting')
           ORDER BY n.id LIMIT $2";
    ATTEMPTS = "DELETE FROM notices_attempt WHERE tenant = app_tenant() AND delivery IN (
                    SELECT id FROM notices_delivery WHERE tenant = app_tenant() AND notice = $1)";
    DELIVERIES = "DELETE FROM notices_delivery WHERE tenant = app_tenant() AND notice = $1";
    READINGS = "DELETE FROM notices_reading WHERE tenant = app_tenant() AND notice = $1";
    NOTICES = "DELETE FROM notices_notice WHERE tenant = app_tenant() AND id = $1";
    QUOTAS = "DELETE FROM notices_quota WHERE tenant = app_tenant() AND day < $1";
}

/// Some notices that were read before a time.
pub(crate) async fn old(tx: &mut Tx, before: Timestamp) -> Result<Vec<NoticeId>, StorageError> {
    let rows = tx.rows(&OLD, params![before, FORGOTTEN_MAX]).await?;
    rows.iter().map(|row| Ok(NoticeId::from_uuid(row.get(0)?))).collect()
}

/// Takes notices away, with their deliveries and each attempt.
pub(crate) async fn remove(tx: &mut Tx, notices: &[NoticeId]) -> Result<(), StorageError> {
    for statement in [&ATTEMPTS, &DELIVERIES, &READINGS, &NOTICES] {
        let ids = notices.iter().map(|notice| params![notice.uuid()]).collect();
        tx.execute_many(statement, ids).await?;
    }
    Ok(())
}

/// Takes away what was counted on days before one.
pub(crate) async fn remove_quotas(tx: &mut Tx, day: i64) -> Result<u64, StorageError> {
    tx.execute(&QUOTAS, params![day]).await
}
