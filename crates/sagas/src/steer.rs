//! What everybody may do with sagas: begin one, look, want it undone, have a step taken again.
//! Each takes the caller's transaction, whose tenant's sagas these are.

use jobs::NewJob;
use kernel::{Context, Cursor, Page, PageRequest, TenantId};
use serde_json::Value;
use storage::Tx;

use crate::error::SagasError;
use crate::event::SagaStarted;
use crate::model::{Line, SagaId, Status, StepShown, Story};
use crate::saga::{Next, Saga};
use crate::store::{self, Move};
use crate::tell::{self, TakeStep, Told, json};

/// Begins a saga in the caller's transaction: it is there if and only if the caller's rows are.
///
/// # Errors
/// [`SagasError::BeginsElsewhere`] where its first step is not in the rows of the transaction's
/// tenant.
pub async fn start<S: Saga>(
    tx: &mut Tx,
    context: &Context,
    id: SagaId,
    plan: &S::Plan,
) -> Result<(), SagasError> {
    let elsewhere = SagasError::BeginsElsewhere { kind: S::KIND };
    let Next::Step { state, step, tenant, seconds } = S::begin(plan).as_json()? else {
        return Err(elsewhere);
    };
    if tenant != context.tenant {
        return Err(elsewhere);
    }
    let plan = json("plan", plan)?;
    let (home, kind) = (context.tenant, S::KIND.to_owned());
    let job = TakeStep { home, saga: id, number: 0, kind, plan, step };
    let step = enqueue_step(tx, context, &job).await?;
    let late = enqueue_late(tx, context, (id, 0), seconds).await?;
    let moved = Move { state, status: Status::Running, step: Some(step), late: Some(late) };
    store::insert(tx, context, (id, S::KIND, &job.plan), &moved).await?;
    tx.emit(context, &SagaStarted { saga: id, kind: job.kind }).await?;
    Ok(())
}

/// A saga of the transaction's tenant.
///
/// # Errors
/// Where there is none.
pub async fn saga(tx: &mut Tx, id: SagaId) -> Result<Story, SagasError> {
    let found = store::one(tx, id).await?;
    Ok(found.ok_or(SagasError::SagaUnknown { id })?.story)
}

/// Its story, from the beginning.
pub async fn lines(tx: &mut Tx, id: SagaId) -> Result<Vec<Line>, SagasError> {
    Ok(store::lines(tx, id).await?)
}

/// The sagas of the transaction's tenant, the latest first; those that are doing so, where it is
/// said.
pub async fn sagas(
    tx: &mut Tx,
    status: Option<Status>,
    page: &PageRequest,
) -> Result<Page<Story>, SagasError> {
    let malformed = || SagasError::field("cursor", "cursor", "it is not one that this list gave");
    let last = page.after.as_ref().and_then(|cursor| cursor.key.first());
    let before = last.map(|text| text.parse().map_err(|_| malformed())).transpose()?;
    let items = store::list(tx, status, before, usize::from(page.limit) + 1).await?;
    let filter = page.filter;
    Ok(Page::cut(items, page.limit, |saga| Cursor { filter, key: vec![saga.id.to_string()] }))
}

/// Wants a saga undone. It hears of it in its turn, and goes back unless that comes too late: its
/// story tells.
///
/// # Errors
/// Where there is none, or it has ended.
pub async fn undo(tx: &mut Tx, context: &Context, id: SagaId) -> Result<Story, SagasError> {
    tell(tx, context, id, (Told::Undo, "undone")).await
}

/// Has the step taken again of a saga that is stuck.
///
/// # Errors
/// Where there is none, or it is not stuck.
pub async fn again(tx: &mut Tx, context: &Context, id: SagaId) -> Result<Story, SagasError> {
    tell(tx, context, id, (Told::Again, "tried again")).await
}

async fn tell(
    tx: &mut Tx,
    context: &Context,
    id: SagaId,
    (told, wanted): (Told, &'static str),
) -> Result<Story, SagasError> {
    let found = saga(tx, id).await?;
    let status = found.status;
    if status.is_ended() || (told == Told::Again && status != Status::Stuck) {
        return Err(SagasError::WrongStatus { id, status, wanted });
    }
    jobs::enqueue(tx, context, tell::job(context.tenant, id, None, told)?).await?;
    Ok(found)
}

/// How many sagas of all tenants are stuck; in a system transaction.
pub async fn stuck_count(tx: &mut Tx) -> Result<u64, SagasError> {
    Ok(store::stuck_count(tx).await?)
}

/// Enqueues the job of a step, in a transaction that is bound to the step's tenant.
pub(crate) async fn enqueue_step(
    tx: &mut Tx,
    context: &Context,
    take: &TakeStep,
) -> Result<StepShown, SagasError> {
    let tenant: TenantId = context.tenant;
    let enqueued = jobs::enqueue(tx, context, tell::step(take)?).await?;
    let step: Value = take.step.clone();
    Ok(StepShown { step, tenant, job: enqueued.id.uuid() })
}

/// Enqueues the job that tells a saga when a state is late.
pub(crate) async fn enqueue_late(
    tx: &mut Tx,
    context: &Context,
    (id, number): (SagaId, u64),
    seconds: i64,
) -> Result<(kernel::Timestamp, kernel::Uuid), SagasError> {
    let at = context.now().plus_seconds(seconds);
    let job: NewJob = tell::job(context.tenant, id, Some(number), Told::Late)?.at(at);
    let enqueued = jobs::enqueue(tx, context, job).await?;
    Ok((at, enqueued.id.uuid()))
}
