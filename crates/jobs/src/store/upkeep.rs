//! What the system does with the jobs of all tenants: finds those that may be run, and those that a
//! worker left behind. Each is then changed in its tenant's name.

use kernel::{TenantId, Timestamp};
use storage::{StorageError, Tx, params, sql};

use super::job::lease_of;
use crate::lease::Lease;
use crate::limits::UPKEEP_ROWS_MAX;
use crate::model::JobId;

sql! {
    FIRST: system("a worker serves all tenants, one after the other") =
        "SELECT tenant, id, kind FROM jobs_job WHERE state = 'available'
         ORDER BY tenant, priority, run_at, id LIMIT 1 {skip_locked}";
    NEXT: system("a worker serves all tenants, one after the other") =
        "SELECT tenant, id, kind FROM jobs_job WHERE state = 'available' AND tenant > $1
         ORDER BY tenant, priority, run_at, id LIMIT 1 {skip_locked}";
    DUE: system("jobs of all tenants whose time has come") =
        "UPDATE jobs_job SET state = 'available'
         WHERE (tenant, id) IN (
             SELECT tenant, id FROM jobs_job WHERE state = 'scheduled' AND run_at <= $1
             ORDER BY run_at LIMIT $2 {skip_locked})";
    LEFT_BEHIND: system("jobs of all tenants whose worker was lost") =
        "SELECT tenant, id, kind, args, attempt, attempts_max, token, correlation, lease_until,
                cancel_requested
         FROM jobs_job WHERE state = 'running' AND lease_until < $1
         ORDER BY lease_until LIMIT $2 {skip_locked}";
    FORGET: system("finished jobs of all tenants are kept for some days") =
        "DELETE FROM jobs_job WHERE (tenant, id) IN (
             SELECT tenant, id FROM jobs_job
             WHERE finished_at < $1 AND (state <> 'dead' OR finished_at < $2)
             ORDER BY finished_at LIMIT $3 {skip_locked})";
    IS_WORK: system("whether any tenant has something to do") =
        "SELECT EXISTS (SELECT 1 FROM jobs_job WHERE state = 'available')
             OR EXISTS (SELECT 1 FROM jobs_job WHERE state = 'scheduled' AND run_at <= $1)
             OR EXISTS (SELECT 1 FROM jobs_job WHERE state = 'running' AND lease_until < $1)
             OR EXISTS (SELECT 1 FROM jobs_schedule WHERE next_at <= $1)
             OR EXISTS (SELECT 1 FROM jobs_job
                        WHERE finished_at < $2 AND (state <> 'dead' OR finished_at < $3))";
    COUNTS: system("the gauges count over all tenants") =
        "SELECT state, count(*) FROM jobs_job
         WHERE state IN ('available', 'running', 'dead') GROUP BY state";
}

/// A job that may be run.
pub(crate) struct Offered {
    pub tenant: TenantId,
    pub job: JobId,
    pub kind: String,
}

/// The first job of the next tenant that has one, in the order of tenants' ids.
pub(crate) async fn next(
    tx: &mut Tx,
    after: Option<TenantId>,
) -> Result<Option<Offered>, StorageError> {
    let row = match after {
        None => tx.row(&FIRST, params![]).await?,
        Some(tenant) => tx.row(&NEXT, params![tenant.uuid()]).await?,
    };
    row.map(|row| {
        let (tenant, job) = (TenantId::from_uuid(row.get(0)?), JobId::from_uuid(row.get(1)?));
        Ok(Offered { tenant, job, kind: row.get(2)? })
    })
    .transpose()
}

/// Makes those available whose time has come; how many.
pub(crate) async fn promote(tx: &mut Tx, now: Timestamp) -> Result<u64, StorageError> {
    tx.execute(&DUE, params![now, UPKEEP_ROWS_MAX]).await
}

/// The leases that ended by themselves, and whether each job was to stop.
pub(crate) async fn left_behind(
    tx: &mut Tx,
    now: Timestamp,
) -> Result<Vec<(Lease, bool)>, StorageError> {
    let rows = tx.rows(&LEFT_BEHIND, params![now, UPKEEP_ROWS_MAX]).await?;
    rows.iter().map(|row| Ok((lease_of(row)?, row.get(9)?))).collect()
}

/// Deletes jobs that finished long ago; how many.
pub(crate) async fn forget(
    tx: &mut Tx,
    finished_before: Timestamp,
    dead_before: Timestamp,
) -> Result<u64, StorageError> {
    tx.execute(&FORGET, params![finished_before, dead_before, UPKEEP_ROWS_MAX]).await
}

/// Whether there is anything to do.
pub(crate) async fn is_work(
    tx: &mut Tx,
    now: Timestamp,
    (finished_before, dead_before): (Timestamp, Timestamp),
) -> Result<bool, StorageError> {
    let row = tx.row(&IS_WORK, params![now, finished_before, dead_before]).await?;
    row.map_or(Ok(false), |row| row.get(0))
}

/// How many jobs are in the states that somebody watches.
pub(crate) async fn counts(tx: &mut Tx) -> Result<Vec<(String, u64)>, StorageError> {
    let rows = tx.rows(&COUNTS, params![]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}
