//! The rows of sagas and their stories.

use kernel::{Context, TenantId, Timestamp, Uuid};
use serde_json::Value;
use storage::{Row, StorageError, Tx, params, sql};

use crate::limits::LINES_MAX;
use crate::model::{Line, SagaId, Status, StepShown, Story, name_of};

/// The columns of a saga in the order of [`saga_of`].
macro_rules! sagas {
    ($rest:literal) => {
        concat!(
            "SELECT id, kind, plan, state, status, step, step_tenant, step_job, late_at, \
                 error_code, error, correlation, started_at, changed_at, ended_at, number, place, \
                 late_job \
             FROM sagas_saga WHERE tenant = app_tenant() ",
            $rest
        )
    };
}

sql! {
    INSERT = "INSERT INTO sagas_saga (tenant, id, kind, plan, state, status, number, place, step,
                  step_tenant, step_job, late_at, late_job, correlation, started_at, changed_at)
              VALUES (app_tenant(), $1, $2, $3, $4, 'running', 0, 0, $5, $6, $7, $8, $9, $10, $11,
                  $11)";
    ONE = sagas!("AND id = $1");
    LOCKED = sagas!("AND id = $1 {lock}");
    LIST = sagas!("AND (id < $1 OR $1 IS NULL) ORDER BY id DESC LIMIT $2");
    LIST_OF_STATUS = sagas!("AND status = $3 AND (id < $1 OR $1 IS NULL)
                             ORDER BY id DESC LIMIT $2");
    CHANGE = "UPDATE sagas_saga SET state = $2, status = $3, number = number + 1,
                  place = place + 1, step = $4, step_tenant = $5, step_job = $6, late_at = $7,
                  late_job = $8, error_code = NULL, error = NULL, changed_at = $9, ended_at = $10
              WHERE tenant = app_tenant() AND id = $1";
    // The state stays, and with it whatever is under way.
    MARK = "UPDATE sagas_saga SET status = $2, place = place + 1, error_code = $3, error = $4,
                step_job = $5, changed_at = $6
            WHERE tenant = app_tenant() AND id = $1";
    TELL = "INSERT INTO sagas_line (tenant, saga, place, at, input, detail, state, step,
                step_tenant)
            VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7, $8)";
    LINES = "SELECT place, at, input, detail, state, step, step_tenant FROM sagas_line
             WHERE tenant = app_tenant() AND saga = $1 ORDER BY place LIMIT $2";
    STUCK_COUNT: system("the gauge counts over all tenants") =
        "SELECT count(*) FROM sagas_saga WHERE status = 'stuck'";
}

/// A saga, with what only this crate needs.
pub(crate) struct SagaRow {
    pub story: Story,
    pub number: u64,
    pub place: u64,
    pub late_job: Option<Uuid>,
}

/// Where a saga goes, with the jobs that were enqueued for that.
pub(crate) struct Move {
    pub state: Value,
    pub status: Status,
    pub step: Option<StepShown>,
    pub late: Option<(Timestamp, Uuid)>,
}

pub(crate) async fn insert(
    tx: &mut Tx,
    context: &Context,
    (id, kind, plan): (SagaId, &str, &Value),
    moved: &Move,
) -> Result<(), StorageError> {
    let step = moved.step.as_ref();
    let row = params![
        id.uuid(),
        kind,
        plan.to_string(),
        moved.state.to_string(),
        step.map(|step| step.step.to_string()),
        step.map(|step| step.tenant.uuid()),
        step.map(|step| step.job),
        moved.late.map(|(at, _)| at),
        moved.late.map(|(_, job)| job),
        context.correlation,
        context.now()
    ];
    tx.execute_one(&INSERT, row).await?;
    let told = ("started".to_owned(), None);
    line(tx, (id, 0), told, (&moved.state, step), context.now()).await
}

pub(crate) async fn one(tx: &mut Tx, id: SagaId) -> Result<Option<SagaRow>, StorageError> {
    tx.row(&ONE, params![id.uuid()]).await?.as_ref().map(saga_of).transpose()
}

/// A saga, which nobody else changes until the transaction ends.
pub(crate) async fn locked(tx: &mut Tx, id: SagaId) -> Result<Option<SagaRow>, StorageError> {
    tx.row(&LOCKED, params![id.uuid()]).await?.as_ref().map(saga_of).transpose()
}

pub(crate) async fn list(
    tx: &mut Tx,
    status: Option<Status>,
    before: Option<SagaId>,
    count_max: usize,
) -> Result<Vec<Story>, StorageError> {
    let before = before.map(SagaId::uuid);
    let rows = match status {
        None => tx.rows(&LIST, params![before, count_max]).await?,
        Some(status) => {
            tx.rows(&LIST_OF_STATUS, params![before, count_max, status.as_str()]).await?
        }
    };
    rows.iter().map(|row| Ok(saga_of(row)?.story)).collect()
}

/// Moves a saga on, with the line that tells of it.
pub(crate) async fn change(
    tx: &mut Tx,
    row: &SagaRow,
    told: (String, Option<String>),
    moved: &Move,
    now: Timestamp,
) -> Result<(), StorageError> {
    let step = moved.step.as_ref();
    let changed = params![
        row.story.id.uuid(),
        moved.state.to_string(),
        moved.status.as_str(),
        step.map(|step| step.step.to_string()),
        step.map(|step| step.tenant.uuid()),
        step.map(|step| step.job),
        moved.late.map(|(at, _)| at),
        moved.late.map(|(_, job)| job),
        now,
        moved.status.is_ended().then_some(now)
    ];
    tx.execute_one(&CHANGE, changed).await?;
    line(tx, (row.story.id, row.place + 1), told, (&moved.state, step), now).await
}

/// Notes how a saga is doing that stays in its state, with the line that tells of it.
pub(crate) async fn mark(
    tx: &mut Tx,
    row: &SagaRow,
    told: (String, Option<String>),
    now: Timestamp,
) -> Result<(), StorageError> {
    let Story { id, state, status, step, error, .. } = &row.story;
    let (code, text) = error.clone().unzip();
    let job = step.as_ref().map(|step| step.job);
    let marked = params![id.uuid(), status.as_str(), code, text, job, now];
    tx.execute_one(&MARK, marked).await?;
    line(tx, (*id, row.place + 1), told, (state, None), now).await
}

async fn line(
    tx: &mut Tx,
    (saga, place): (SagaId, u64),
    (input, detail): (String, Option<String>),
    (state, step): (&Value, Option<&StepShown>),
    now: Timestamp,
) -> Result<(), StorageError> {
    let row = params![
        saga.uuid(),
        place,
        now,
        input,
        detail,
        name_of(state),
        step.map(StepShown::name),
        step.map(|step| step.tenant.uuid())
    ];
    tx.execute_one(&TELL, row).await
}

pub(crate) async fn lines(tx: &mut Tx, saga: SagaId) -> Result<Vec<Line>, StorageError> {
    let rows = tx.rows(&LINES, params![saga.uuid(), LINES_MAX]).await?;
    let line = |row: &Row| {
        Ok(Line {
            place: row.get(0)?,
            at: row.get(1)?,
            input: row.get(2)?,
            detail: row.get(3)?,
            state: row.get(4)?,
            step: row.get(5)?,
            step_tenant: row.get::<Option<Uuid>>(6)?.map(TenantId::from_uuid),
        })
    };
    rows.iter().map(line).collect()
}

pub(crate) async fn stuck_count(tx: &mut Tx) -> Result<u64, StorageError> {
    tx.row(&STUCK_COUNT, params![]).await?.map_or(Ok(0), |row| row.get(0))
}

fn saga_of(row: &Row) -> Result<SagaRow, StorageError> {
    let damaged = |error: &dyn ToString| StorageError::Damaged { text: error.to_string() };
    let json = |text: String| serde_json::from_str(&text).map_err(|error| damaged(&error));
    let status: String = row.get(4)?;
    let step: Option<String> = row.get(5)?;
    let tenant: Option<Uuid> = row.get(6)?;
    let job: Option<Uuid> = row.get(7)?;
    let step = match (step, tenant, job) {
        (Some(step), Some(tenant), Some(job)) => {
            Some(StepShown { step: json(step)?, tenant: TenantId::from_uuid(tenant), job })
        }
        _ => None,
    };
    let code: Option<String> = row.get(9)?;
    let text: Option<String> = row.get(10)?;
    let story = Story {
        id: SagaId::from_uuid(row.get(0)?),
        kind: row.get(1)?,
        plan: json(row.get(2)?)?,
        state: json(row.get(3)?)?,
        status: status.parse().map_err(|error| damaged(&error))?,
        step,
        late_at: row.get(8)?,
        error: code.zip(text),
        correlation: row.get(11)?,
        started_at: row.get(12)?,
        changed_at: row.get(13)?,
        ended_at: row.get(14)?,
    };
    Ok(SagaRow { story, number: row.get(15)?, place: row.get(16)?, late_job: row.get(17)? })
}
