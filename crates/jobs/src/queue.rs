//! What everybody may do with jobs: enqueue, look, cancel, retry. Each takes the caller's
//! transaction, whose tenant's jobs these are; those of the system are everybody's level.

use kernel::{Context, Cursor, Page, PageRequest};
use storage::journal::RowChange;
use storage::{StorageError, Tx};

use crate::error::JobsError;
use crate::event::{JobCancelled, JobRetried};
use crate::limits::ENQUEUE_TRIES_MAX;
use crate::model::{Enqueued, Job, JobId, JobState, NewJob};
use crate::store::{self, job::Listed};

/// Adds a job to the caller's transaction: it is there if and only if the caller's rows are.
///
/// # Errors
/// [`StorageError::Level`] where the context is another tenant's than the transaction.
pub async fn enqueue(tx: &mut Tx, context: &Context, job: NewJob) -> Result<Enqueued, JobsError> {
    if tx.level().tenant() != context.tenant {
        let (place, level) = (format!("job {}", job.kind), tx.level().to_string());
        return Err(StorageError::Level { place, level }.into());
    }
    let now = context.now();
    let times = (now, job.run_at.map_or(now, |run_at| run_at.max(now)));
    for _ in 0..ENQUEUE_TRIES_MAX {
        let id = JobId::from_uuid(context.env.new_uuid());
        if store::job::insert(tx, id, &job, times, context.correlation).await? {
            return Ok(Enqueued { id, is_new: true });
        }
        // The one that has the key may end between the two statements: then there is room.
        let key = job.unique_key.as_deref().unwrap_or_default();
        if let Some(id) = store::job::by_key(tx, &job.kind, key).await? {
            return Ok(Enqueued { id, is_new: false });
        }
    }
    Err(StorageError::Locked { place: "a job's key".to_owned() }.into())
}

/// Adds a job as a change of rows that a command to an engine carries: it is there if and only if
/// the command is done. Where the job has a key, the unfinished one that has it stands for both.
#[must_use]
pub fn enqueuing(context: &Context, job: NewJob) -> RowChange {
    let now = context.now();
    let times = (now, job.run_at.map_or(now, |run_at| run_at.max(now)));
    let id = JobId::from_uuid(context.env.new_uuid());
    store::job::insertion(id, &job, times, context.correlation)
}

/// A job of the transaction's tenant.
///
/// # Errors
/// Where there is none.
pub async fn job(tx: &mut Tx, id: JobId) -> Result<Job, JobsError> {
    store::job::job(tx, id).await?.ok_or(JobsError::JobUnknown { id })
}

/// The jobs of the transaction's tenant, the latest first; those of one state, where it is said.
pub async fn jobs(
    tx: &mut Tx,
    state: Option<JobState>,
    page: &PageRequest,
) -> Result<Page<Job>, JobsError> {
    let malformed = || JobsError::field("cursor", "cursor", "it is not one that this list gave");
    let last = page.after.as_ref().and_then(|cursor| cursor.key.first());
    let before = last.map(|text| text.parse().map_err(|_| malformed())).transpose()?;
    let listed = Listed { state, before, count_max: usize::from(page.limit) + 1 };
    let items = store::job::list(tx, &listed).await?;
    let filter = page.filter;
    Ok(Page::cut(items, page.limit, |job| Cursor { filter, key: vec![job.id.to_string()] }))
}

/// Cancels a job. One that waits never runs; one that runs is asked to stop, and does so at its
/// next transaction, unless it is done before.
///
/// # Errors
/// Where there is none, or it is completed or dead.
pub async fn cancel(tx: &mut Tx, context: &Context, id: JobId) -> Result<Job, JobsError> {
    let unknown = || JobsError::JobUnknown { id };
    let found = store::job::job_locked(tx, id).await?.ok_or_else(unknown)?;
    match found.state {
        JobState::Scheduled | JobState::Available => {
            store::job::cancel_waiting(tx, id, context.now()).await?;
        }
        JobState::Running => {
            store::job::cancel_running(tx, id).await?;
        }
        JobState::Cancelled => return Ok(found),
        state @ (JobState::Completed | JobState::Dead) => {
            return Err(JobsError::WrongState { id, state, wanted: "cancelled" });
        }
    }
    tx.emit(context, &JobCancelled { job: id, kind: found.kind }).await?;
    job(tx, id).await
}

/// Takes back a job that waits for its time, as if it had never been enqueued; whether it did. For
/// whoever enqueued it: what is taken back is not told.
pub async fn withdraw(tx: &mut Tx, id: JobId) -> Result<bool, JobsError> {
    Ok(store::job::withdraw(tx, id).await?)
}

/// Lets a job be tried anew at once: one that is dead or cancelled, or waits for its time. Its
/// attempts are counted from the beginning.
///
/// # Errors
/// Where there is none, it runs or is completed, or another has its key meanwhile.
pub async fn retry(tx: &mut Tx, context: &Context, id: JobId) -> Result<Job, JobsError> {
    let unknown = || JobsError::JobUnknown { id };
    let found = store::job::job_locked(tx, id).await?.ok_or_else(unknown)?;
    match found.state {
        JobState::Scheduled | JobState::Cancelled | JobState::Dead => {}
        state @ (JobState::Available | JobState::Running | JobState::Completed) => {
            return Err(JobsError::WrongState { id, state, wanted: "retried" });
        }
    }
    if let Some(key) = &found.unique_key {
        let holder = store::job::by_key(tx, &found.kind, key).await?;
        if holder.is_some_and(|holder| holder != id) {
            return Err(JobsError::KeyTaken { id });
        }
    }
    match store::job::retry(tx, id, context.now()).await {
        Err(StorageError::Duplicate { .. }) => return Err(JobsError::KeyTaken { id }),
        outcome => outcome?,
    }
    tx.emit(context, &JobRetried { job: id, kind: found.kind }).await?;
    job(tx, id).await
}
