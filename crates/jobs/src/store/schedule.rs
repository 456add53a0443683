//! The rows of schedules.

use kernel::{TenantId, Timestamp};
use storage::{Row, StorageError, Tx, params, sql};

use crate::limits::{SCHEDULES_MAX, UPKEEP_ROWS_MAX};
use crate::model::{JobId, Priority};
use crate::schedule::{NewSchedule, Schedule};

sql! {
    // One that stays as it is keeps its next time, so that no start of the program skips it.
    PUT = "INSERT INTO jobs_schedule (tenant, name, kind, args, cron, zone, priority, attempts_max,
               next_at)
           VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7, $8)
           ON CONFLICT (tenant, name) DO UPDATE SET
               kind = excluded.kind, args = excluded.args, cron = excluded.cron,
               zone = excluded.zone, priority = excluded.priority,
               attempts_max = excluded.attempts_max,
               next_at = CASE WHEN jobs_schedule.cron = excluded.cron
                                   AND jobs_schedule.zone = excluded.zone
                                   AND jobs_schedule.next_at IS NOT NULL
                              THEN jobs_schedule.next_at ELSE excluded.next_at END
           WHERE jobs_schedule.tenant = app_tenant()";
    COUNT_OTHERS = "SELECT count(*) FROM jobs_schedule
                    WHERE tenant = app_tenant() AND name <> $1";
    REMOVE = "DELETE FROM jobs_schedule WHERE tenant = app_tenant() AND name = $1";
    ONE = "SELECT tenant, name, kind, args, cron, zone, priority, attempts_max, next_at, last_at,
                  last_job
           FROM jobs_schedule WHERE tenant = app_tenant() AND name = $1";
    ALL = "SELECT tenant, name, kind, args, cron, zone, priority, attempts_max, next_at, last_at,
                  last_job
           FROM jobs_schedule WHERE tenant = app_tenant() ORDER BY name LIMIT $1";
    DUE: system("schedules of all tenants whose time has come") =
        "SELECT tenant, name, kind, args, cron, zone, priority, attempts_max, next_at, last_at,
                last_job
         FROM jobs_schedule WHERE next_at <= $1 ORDER BY next_at LIMIT $2 {skip_locked}";
    RAN = "UPDATE jobs_schedule SET next_at = $3, last_at = $4, last_job = $5
           WHERE tenant = app_tenant() AND name = $1 AND next_at = $2";
    RAN_BY_HAND = "UPDATE jobs_schedule SET last_at = $2, last_job = $3
                   WHERE tenant = app_tenant() AND name = $1";
}

pub(crate) async fn put(
    tx: &mut Tx,
    schedule: &NewSchedule,
    next_at: Option<Timestamp>,
) -> Result<(), StorageError> {
    let job = &schedule.job;
    let row = params![
        schedule.name.as_str(),
        job.kind.as_str(),
        job.args.as_str(),
        schedule.cron.text(),
        schedule.cron.zone(),
        job.priority.number(),
        job.attempts_max,
        next_at
    ];
    tx.execute_one(&PUT, row).await
}

/// Whether one of this name would be one too many.
pub(crate) async fn is_full(tx: &mut Tx, name: &str) -> Result<bool, StorageError> {
    let row = tx.row(&COUNT_OTHERS, params![name]).await?;
    let others: u64 = row.map_or(Ok(0), |row| row.get(0))?;
    Ok(others >= u64::from(SCHEDULES_MAX))
}

pub(crate) async fn remove(tx: &mut Tx, name: &str) -> Result<bool, StorageError> {
    Ok(tx.execute(&REMOVE, params![name]).await? == 1)
}

pub(crate) async fn one(tx: &mut Tx, name: &str) -> Result<Option<Schedule>, StorageError> {
    tx.row(&ONE, params![name]).await?.map(|row| schedule_of(&row)).transpose()
}

pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Schedule>, StorageError> {
    tx.rows(&ALL, params![SCHEDULES_MAX]).await?.iter().map(schedule_of).collect()
}

/// Those of all tenants whose time has come.
pub(crate) async fn due(tx: &mut Tx, now: Timestamp) -> Result<Vec<Schedule>, StorageError> {
    tx.rows(&DUE, params![now, UPKEEP_ROWS_MAX]).await?.iter().map(schedule_of).collect()
}

/// Notes that a schedule's job was enqueued; whether it still stood at the time that came.
pub(crate) async fn ran(
    tx: &mut Tx,
    schedule: &Schedule,
    next_at: Option<Timestamp>,
    (at, job): (Timestamp, Option<JobId>),
) -> Result<bool, StorageError> {
    let (name, job) = (schedule.name.as_str(), job.or(schedule.last_job));
    let row = params![name, schedule.next_at, next_at, at, job.map(JobId::uuid)];
    Ok(tx.execute(&RAN, row).await? == 1)
}

/// Notes that somebody asked for a schedule's job before its time.
pub(crate) async fn ran_by_hand(
    tx: &mut Tx,
    name: &str,
    at: Timestamp,
    job: JobId,
) -> Result<(), StorageError> {
    tx.execute_one(&RAN_BY_HAND, params![name, at, job.uuid()]).await
}

fn schedule_of(row: &Row) -> Result<Schedule, StorageError> {
    let damaged = || StorageError::Damaged { text: "the priority of a schedule".to_owned() };
    let last_job: Option<kernel::Uuid> = row.get(10)?;
    Ok(Schedule {
        tenant: TenantId::from_uuid(row.get(0)?),
        name: row.get(1)?,
        kind: row.get(2)?,
        args: row.get(3)?,
        cron: row.get(4)?,
        zone: row.get(5)?,
        priority: Priority::of_number(row.get(6)?).ok_or_else(damaged)?,
        attempts_max: row.get(7)?,
        next_at: row.get(8)?,
        last_at: row.get(9)?,
        last_job: last_job.map(JobId::from_uuid),
    })
}
