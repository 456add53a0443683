//! Schedules: a job that is enqueued again and again, at the times of a cron expression.
//!
//! What must stay true:
//! - each time that comes enqueues one job, whichever of several nodes sees it first: the
//!   schedule's next time moves in the transaction that enqueues;
//! - times that passed while nobody was there are made up for by one job, not by one each;
//! - while a schedule's job is not finished, the next time enqueues no second one.

use kernel::{Actor, Context, TenantId, Timestamp};
use storage::{Level, Tx};

use crate::cron::Cron;
use crate::error::JobsError;
use crate::event::ScheduleRun;
use crate::limits::NAME_BYTES_MAX;
use crate::model::{Enqueued, JobId, NewJob, Priority};
use crate::queue::enqueue;
use crate::store;

/// A schedule that is to be there.
#[derive(Clone, Debug)]
pub struct NewSchedule {
    pub(crate) name: String,
    pub(crate) cron: Cron,
    pub(crate) job: NewJob,
}

/// A schedule as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Whose it is; [`TenantId::COMMON`] for the system's.
    pub tenant: TenantId,
    /// Its name, which no other of the tenant has.
    pub name: String,
    /// What is to be done.
    pub kind: String,
    /// With what, as JSON.
    pub args: String,
    /// When: five fields of a crontab.
    pub cron: String,
    /// In which time zone.
    pub zone: String,
    /// Which goes first.
    pub priority: Priority,
    /// How often each of its jobs may be tried.
    pub attempts_max: u32,
    /// When it enqueues next; nothing where no day will come.
    pub next_at: Option<Timestamp>,
    /// When it enqueued last.
    pub last_at: Option<Timestamp>,
    /// The job that it enqueued last.
    pub last_job: Option<JobId>,
}

impl NewSchedule {
    /// A schedule of the times of `cron`. Its name is made of lower-case letters, digits, `.`, `_`
    /// and `-`.
    ///
    /// # Errors
    /// Where the name is none.
    pub fn new(name: &str, cron: Cron, job: NewJob) -> Result<Self, JobsError> {
        let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
        if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(is_plain) {
            let detail = format!("a name has 1 to {NAME_BYTES_MAX} of a-z 0-9 . _ -");
            return Err(JobsError::field("name", "name", detail));
        }
        let name = name.to_owned();
        Ok(Self { job: NewJob { schedule: Some(name.clone()), ..job }, name, cron })
    }
}

/// Makes a schedule, or changes the one of this name. One whose times stay the same keeps its next
/// time, so that a start of the program neither skips nor repeats one.
///
/// # Errors
/// Where the tenant has too many.
pub async fn put_schedule(
    tx: &mut Tx,
    context: &Context,
    schedule: &NewSchedule,
) -> Result<(), JobsError> {
    if store::schedule::is_full(tx, &schedule.name).await? {
        return Err(JobsError::TooManySchedules);
    }
    let next_at = schedule.cron.next_after(context.now());
    Ok(store::schedule::put(tx, schedule, next_at).await?)
}

/// Removes a schedule; whether there was one. Jobs that it enqueued stay.
pub async fn remove_schedule(tx: &mut Tx, name: &str) -> Result<bool, JobsError> {
    Ok(store::schedule::remove(tx, name).await?)
}

/// The schedules of the transaction's tenant, by name.
pub async fn schedules(tx: &mut Tx) -> Result<Vec<Schedule>, JobsError> {
    Ok(store::schedule::all(tx).await?)
}

/// Enqueues a schedule's job now, besides its times; the one that is not finished, where there is.
///
/// # Errors
/// Where there is no such schedule.
pub async fn run_schedule(
    tx: &mut Tx,
    context: &Context,
    name: &str,
) -> Result<Enqueued, JobsError> {
    let unknown = || JobsError::ScheduleUnknown { name: name.chars().take(64).collect() };
    let schedule = store::schedule::one(tx, name).await?.ok_or_else(unknown)?;
    let enqueued = enqueue(tx, context, schedule.job()).await?;
    store::schedule::ran_by_hand(tx, name, context.now(), enqueued.id).await?;
    let event = ScheduleRun { schedule: name.to_owned(), job: enqueued.id };
    tx.emit(context, &event).await?;
    Ok(enqueued)
}

/// Enqueues the jobs of all tenants' schedules whose time has come; how many schedules that were.
pub(crate) async fn fire(tx: &mut Tx, now: Timestamp) -> Result<usize, JobsError> {
    let due = store::schedule::due(tx, now).await?;
    for schedule in &due {
        tx.bind(Level::of(schedule.tenant))?;
        let (env, actor) = (tx.database().env().clone(), Actor::system("schedule"));
        let context = Context::new(env, schedule.tenant, actor);
        let (next_at, job) = match Cron::parse(&schedule.cron, &schedule.zone) {
            Ok(cron) => {
                let enqueued = enqueue(tx, &context, schedule.job()).await?;
                (cron.next_after(now), Some(enqueued.id))
            }
            // The zone may have gone from the machine's database: it stands still, and is shown so.
            Err(error) => {
                tracing::error!(schedule = schedule.name, %error, "a schedule cannot be read");
                (None, None)
            }
        };
        store::schedule::ran(tx, schedule, next_at, (now, job)).await?;
    }
    tx.bind(Level::System)?;
    Ok(due.len())
}

impl Schedule {
    /// The job that it enqueues: one at a time.
    fn job(&self) -> NewJob {
        NewJob {
            kind: self.kind.clone(),
            args: self.args.clone(),
            priority: self.priority,
            run_at: None,
            attempts_max: self.attempts_max,
            unique_key: Some(format!("schedule:{}", self.name)),
            schedule: Some(self.name.clone()),
        }
    }
}
