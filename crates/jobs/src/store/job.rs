//! The rows of jobs. A change of a job that runs names the token of its lease, and touches nothing
//! where another lease came after it.

use kernel::{TenantId, Timestamp};
use storage::journal::RowChange;
use storage::{Row, StorageError, Tx, params, sql};

use crate::lease::Lease;
use crate::model::{Job, JobId, JobState, LastError, NewJob, Priority, Progress};

sql! {
    INSERT = "INSERT INTO jobs_job (tenant, id, kind, args, state, priority, run_at, attempt,
                  attempts_max, token, unique_key, live_key, cancel_requested, schedule,
                  correlation, enqueued_at)
              VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, 0, $7, 0, $8, $8, FALSE, $9, $10, $11)
              ON CONFLICT (tenant, kind, live_key) DO NOTHING";
    BY_KEY = "SELECT id FROM jobs_job
              WHERE tenant = app_tenant() AND kind = $1 AND live_key = $2";
    JOB = "SELECT tenant, id, kind, args, state, priority, run_at, attempt, attempts_max, token,
                  lease_until, worker, unique_key, cancel_requested, progress_done, progress_total,
                  error_code, error, schedule, correlation, enqueued_at, started_at, finished_at
           FROM jobs_job WHERE tenant = app_tenant() AND id = $1";
    JOB_LOCK = "SELECT state FROM jobs_job WHERE tenant = app_tenant() AND id = $1 {lock}";
    LIST = "SELECT tenant, id, kind, args, state, priority, run_at, attempt, attempts_max, token,
                   lease_until, worker, unique_key, cancel_requested, progress_done,
                   progress_total, error_code, error, schedule, correlation, enqueued_at,
                   started_at, finished_at
            FROM jobs_job WHERE tenant = app_tenant() AND (id < $1 OR $1 IS NULL)
            ORDER BY id DESC LIMIT $2";
    LIST_OF_STATE = "SELECT tenant, id, kind, args, state, priority, run_at, attempt, attempts_max,
                            token, lease_until, worker, unique_key, cancel_requested,
                            progress_done, progress_total, error_code, error, schedule,
                            correlation, enqueued_at, started_at, finished_at
                     FROM jobs_job
                     WHERE tenant = app_tenant() AND state = $3 AND (id < $1 OR $1 IS NULL)
                     ORDER BY id DESC LIMIT $2";

    CANCEL_WAITING = "UPDATE jobs_job SET state = 'cancelled', live_key = NULL, finished_at = $2
                      WHERE tenant = app_tenant() AND id = $1
                        AND state IN ('scheduled', 'available')";
    WITHDRAW = "DELETE FROM jobs_job
                WHERE tenant = app_tenant() AND id = $1 AND state = 'scheduled'";
    CANCEL_RUNNING = "UPDATE jobs_job SET cancel_requested = TRUE
                      WHERE tenant = app_tenant() AND id = $1 AND state = 'running'";
    RETRY = "UPDATE jobs_job SET state = 'available', run_at = $2, attempt = 0,
                 live_key = unique_key, cancel_requested = FALSE, finished_at = NULL,
                 progress_done = NULL, progress_total = NULL
             WHERE tenant = app_tenant() AND id = $1
               AND state IN ('scheduled', 'cancelled', 'dead')";

    TAKE = "UPDATE jobs_job SET state = 'running', attempt = attempt + 1, token = token + 1,
                lease_until = $2, worker = $3, started_at = $4, progress_done = NULL,
                progress_total = NULL
            WHERE tenant = app_tenant() AND id = $1 AND state = 'available'
            RETURNING tenant, id, kind, args, attempt, attempts_max, token, correlation,
                lease_until";
    FENCE = "SELECT cancel_requested FROM jobs_job
             WHERE tenant = app_tenant() AND id = $1 AND token = $2 AND state = 'running' {lock}";
    HELD = "SELECT cancel_requested FROM jobs_job
            WHERE tenant = app_tenant() AND id = $1 AND token = $2 AND state = 'running'";
    // A row that a transaction of the handler holds is passed over: nobody else can take it either.
    EXTEND = "UPDATE jobs_job SET lease_until = $3
              WHERE tenant = app_tenant() AND id IN (
                  SELECT id FROM jobs_job WHERE tenant = app_tenant() AND id = $1 AND token = $2
                      AND state = 'running' {skip_locked})";
    PROGRESS = "UPDATE jobs_job SET progress_done = $3, progress_total = $4
                WHERE tenant = app_tenant() AND id = $1 AND token = $2 AND state = 'running'";
    COMPLETE = "UPDATE jobs_job SET state = 'completed', live_key = NULL, lease_until = NULL,
                    error_code = NULL, error = NULL, finished_at = $3
                WHERE tenant = app_tenant() AND id = $1 AND token = $2 AND state = 'running'";
    END = "UPDATE jobs_job SET state = $3, live_key = NULL, lease_until = NULL, error_code = $4,
               error = $5, finished_at = $6
           WHERE tenant = app_tenant() AND id = $1 AND token = $2 AND state = 'running'";
    AGAIN = "UPDATE jobs_job SET state = 'scheduled', lease_until = NULL, error_code = $3,
                 error = $4, run_at = $5
             WHERE tenant = app_tenant() AND id = $1 AND token = $2 AND state = 'running'";
    GIVE_BACK = "UPDATE jobs_job SET state = 'available', lease_until = NULL,
                     attempt = attempt - 1
                 WHERE tenant = app_tenant() AND id = $1 AND token = $2 AND state = 'running'";
    PUT_OFF = "UPDATE jobs_job SET state = 'scheduled', run_at = $2, error_code = $3, error = $4
               WHERE tenant = app_tenant() AND id = $1 AND state = 'available'";
}

/// A page's worth of the latest jobs, before one of them where it is not the first page.
pub(crate) struct Listed {
    pub state: Option<JobState>,
    pub before: Option<JobId>,
    pub count_max: usize,
}

pub(crate) async fn insert(
    tx: &mut Tx,
    id: JobId,
    job: &NewJob,
    times: (Timestamp, Timestamp),
    correlation: kernel::Uuid,
) -> Result<bool, StorageError> {
    let RowChange { statement, params, .. } = insertion(id, job, times, correlation);
    Ok(tx.execute(statement, params).await? == 1)
}

/// A job's row; it is left out where an unfinished one has its key.
pub(crate) fn insertion(
    id: JobId,
    job: &NewJob,
    (now, run_at): (Timestamp, Timestamp),
    correlation: kernel::Uuid,
) -> RowChange {
    let state = if run_at > now { JobState::Scheduled } else { JobState::Available };
    let row = params![
        id.uuid(),
        job.kind.as_str(),
        job.args.as_str(),
        state.as_str(),
        job.priority.number(),
        run_at,
        job.attempts_max,
        job.unique_key.clone(),
        job.schedule.clone(),
        correlation,
        now
    ];
    RowChange::unguarded(&INSERT, row)
}

/// The unfinished job that has a key.
pub(crate) async fn by_key(
    tx: &mut Tx,
    kind: &str,
    key: &str,
) -> Result<Option<JobId>, StorageError> {
    let row = tx.row(&BY_KEY, params![kind, key]).await?;
    row.map(|row| row.get(0).map(JobId::from_uuid)).transpose()
}

pub(crate) async fn job(tx: &mut Tx, id: JobId) -> Result<Option<Job>, StorageError> {
    let row = tx.row(&JOB, params![id.uuid()]).await?;
    row.map(|row| job_of(&row)).transpose()
}

/// A job as it stands, which nobody else changes until the transaction ends.
pub(crate) async fn job_locked(tx: &mut Tx, id: JobId) -> Result<Option<Job>, StorageError> {
    tx.rows(&JOB_LOCK, params![id.uuid()]).await?;
    job(tx, id).await
}

pub(crate) async fn list(tx: &mut Tx, asked: &Listed) -> Result<Vec<Job>, StorageError> {
    let before = asked.before.map(JobId::uuid);
    let rows = match asked.state {
        None => tx.rows(&LIST, params![before, asked.count_max]).await?,
        Some(state) => {
            tx.rows(&LIST_OF_STATE, params![before, asked.count_max, state.as_str()]).await?
        }
    };
    rows.iter().map(job_of).collect()
}

/// Deletes a job that waits for its time; whether there was one.
pub(crate) async fn withdraw(tx: &mut Tx, id: JobId) -> Result<bool, StorageError> {
    Ok(tx.execute(&WITHDRAW, params![id.uuid()]).await? == 1)
}

/// Cancels a job that does not run; whether there was one.
pub(crate) async fn cancel_waiting(
    tx: &mut Tx,
    id: JobId,
    now: Timestamp,
) -> Result<bool, StorageError> {
    Ok(tx.execute(&CANCEL_WAITING, params![id.uuid(), now]).await? == 1)
}

/// Asks a job that runs to stop; whether there was one.
pub(crate) async fn cancel_running(tx: &mut Tx, id: JobId) -> Result<bool, StorageError> {
    Ok(tx.execute(&CANCEL_RUNNING, params![id.uuid()]).await? == 1)
}

pub(crate) async fn retry(tx: &mut Tx, id: JobId, now: Timestamp) -> Result<(), StorageError> {
    tx.execute_one(&RETRY, params![id.uuid(), now]).await
}

/// Gives an available job to a worker; nothing where it is not available any more.
pub(crate) async fn take(
    tx: &mut Tx,
    id: JobId,
    until: Timestamp,
    worker: &str,
    now: Timestamp,
) -> Result<Option<Lease>, StorageError> {
    let row = tx.row(&TAKE, params![id.uuid(), until, worker, now]).await?;
    row.as_ref().map(lease_of).transpose()
}

/// A lease: tenant, id, kind, arguments, attempt and how many there may be, token, correlation,
/// until when.
pub(crate) fn lease_of(row: &Row) -> Result<Lease, StorageError> {
    Ok(Lease {
        tenant: TenantId::from_uuid(row.get(0)?),
        job: JobId::from_uuid(row.get(1)?),
        kind: row.get(2)?,
        args: row.get(3)?,
        attempt: row.get(4)?,
        attempts_max: row.get(5)?,
        token: row.get(6)?,
        correlation: row.get(7)?,
        until: row.get(8)?,
    })
}

/// Keeps the lease from anybody else until the transaction ends; whether the job is to stop, or
/// nothing where the lease is lost.
pub(crate) async fn fence(tx: &mut Tx, lease: &Lease) -> Result<Option<bool>, StorageError> {
    let row = tx.row(&FENCE, params![lease.job.uuid(), lease.token]).await?;
    row.map(|row| row.get(0)).transpose()
}

/// Extends a lease; whether the job is to stop, or nothing where the lease is lost.
pub(crate) async fn extend(
    tx: &mut Tx,
    lease: &Lease,
    until: Timestamp,
) -> Result<Option<bool>, StorageError> {
    let (job, token) = (lease.job.uuid(), lease.token);
    tx.execute(&EXTEND, params![job, token, until]).await?;
    let row = tx.row(&HELD, params![job, token]).await?;
    row.map(|row| row.get(0)).transpose()
}

pub(crate) async fn progress(
    tx: &mut Tx,
    lease: &Lease,
    progress: Progress,
) -> Result<bool, StorageError> {
    let (done, total) = (progress.done, progress.total);
    let row = params![lease.job.uuid(), lease.token, done, total];
    Ok(tx.execute(&PROGRESS, row).await? == 1)
}

/// The end of a job that did what it had to, for the transaction of what it did.
pub(crate) fn completion(lease: &Lease, now: Timestamp) -> RowChange {
    RowChange::one(&COMPLETE, params![lease.job.uuid(), lease.token, now])
}

/// Ends a job that did not do what it had to; whether the lease was good.
pub(crate) async fn end(
    tx: &mut Tx,
    lease: &Lease,
    state: JobState,
    error: Option<&LastError>,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let (code, text) = parts(error);
    let row = params![lease.job.uuid(), lease.token, state.as_str(), code, text, now];
    Ok(tx.execute(&END, row).await? == 1)
}

/// Lets a job wait to be tried again; whether the lease was good.
pub(crate) async fn again(
    tx: &mut Tx,
    lease: &Lease,
    error: &LastError,
    run_at: Timestamp,
) -> Result<bool, StorageError> {
    let (code, text) = parts(Some(error));
    let row = params![lease.job.uuid(), lease.token, code, text, run_at];
    Ok(tx.execute(&AGAIN, row).await? == 1)
}

/// Gives a job back as if it had never been taken; whether the lease was good.
pub(crate) async fn give_back(tx: &mut Tx, lease: &Lease) -> Result<bool, StorageError> {
    Ok(tx.execute(&GIVE_BACK, params![lease.job.uuid(), lease.token]).await? == 1)
}

/// Lets an available job wait that cannot be run here.
pub(crate) async fn put_off(
    tx: &mut Tx,
    id: JobId,
    error: &LastError,
    run_at: Timestamp,
) -> Result<(), StorageError> {
    let (code, text) = parts(Some(error));
    tx.execute(&PUT_OFF, params![id.uuid(), run_at, code, text]).await.map(drop)
}

fn parts(error: Option<&LastError>) -> (Option<String>, Option<String>) {
    error.map(|error| (error.code.clone(), error.detail.clone())).unzip()
}

fn job_of(row: &Row) -> Result<Job, StorageError> {
    let damaged = |what: &str| StorageError::Damaged { text: format!("the {what} of a job") };
    let state: String = row.get(4)?;
    let done: Option<u64> = row.get(14)?;
    let total = row.get(15)?;
    let code: Option<String> = row.get(16)?;
    let detail: Option<String> = row.get(17)?;
    Ok(Job {
        tenant: TenantId::from_uuid(row.get(0)?),
        id: JobId::from_uuid(row.get(1)?),
        kind: row.get(2)?,
        args: row.get(3)?,
        state: state.parse().map_err(|_| damaged("state"))?,
        priority: Priority::of_number(row.get(5)?).ok_or_else(|| damaged("priority"))?,
        run_at: row.get(6)?,
        attempt: row.get(7)?,
        attempts_max: row.get(8)?,
        token: row.get(9)?,
        lease_until: row.get(10)?,
        worker: row.get(11)?,
        unique_key: row.get(12)?,
        cancel_requested: row.get(13)?,
        progress: done.map(|done| Progress { done, total }),
        error: code.zip(detail).map(|(code, detail)| LastError { code, detail }),
        schedule: row.get(18)?,
        correlation: row.get(19)?,
        enqueued_at: row.get(20)?,
        started_at: row.get(21)?,
        finished_at: row.get(22)?,
    })
}
