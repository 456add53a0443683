//! The two jobs that move sagas: one takes a step, in the rows of the tenant it is about; one tells
//! the saga what came of it, and enqueues the next.
//!
//! What must stay true:
//! - a step's effect and the job that tells of it are one commit;
//! - what is told, the state that follows and the job of its step are one commit, whosever rows
//!   they stand in;
//! - what was meant for an earlier state is passed over.

use jobs::{Done, Failure, Handler, JobId, LastError, Run};
use kernel::{Context, TenantId};
use serde_json::Value;
use storage::{Level, Tx};

use crate::error::SagasError;
use crate::event::{SagaEnded, SagaStuck};
use crate::kinds::Sagas;
use crate::model::{Status, Story};
use crate::saga::{Act, Input, Next, Taken};
use crate::steer::{enqueue_late, enqueue_step};
use crate::store::{self, Move, SagaRow};
use crate::tell::{TakeStep, TellSaga, Told};

/// Takes steps.
pub struct TakeSteps(pub Sagas);

/// Tells sagas what came of their steps.
pub struct TellSagas(pub Sagas);

impl Handler for TakeSteps {
    type Args = TakeStep;
    const RUN_SECONDS_MAX: u64 = 300;

    async fn run(&self, run: &Run, args: TakeStep) -> Result<Done, Failure> {
        let TakeStep { home, saga, number, kind, plan, step } = args;
        let plan = plan.to_string();
        let act = Act { run, saga, home, number, plan: &plan };
        let kind = self.0.kind(&kind).map_err(|error| Failure::of(&error))?;
        let (tx, brought) = match kind.take(&act, step).await {
            Ok(Taken::Carried) => return Ok(Done::Carried),
            Ok(Taken::In(tx, brought)) => (tx, brought),
            Ok(Taken::Brought(brought)) => (run.begin().await?, brought),
            Err(failure) => {
                if let Some(error) = last(run, &failure) {
                    let (code, detail) = (error.code.clone(), error.detail.clone());
                    let tx = tell(run.begin().await?, &act, Told::Failed { code, detail }).await?;
                    tx.commit().await?;
                }
                return Err(failure);
            }
        };
        Ok(Done::In(tell(tx, &act, Told::Brought(brought)).await?))
    }
}

impl Handler for TellSagas {
    type Args = TellSaga;
    const RUN_SECONDS_MAX: u64 = 60;

    async fn run(&self, run: &Run, args: TellSaga) -> Result<Done, Failure> {
        let TellSaga { home, saga, number, told } = args;
        let mut tx = run.begin_across_tenants().await?;
        tx.bind(Level::of(home))?;
        let row = store::locked(&mut tx, saga).await?;
        // One that is over, or has gone on since, is told nothing.
        let is_meant = |row: &SagaRow| {
            !row.story.status.is_ended() && number.is_none_or(|number| number == row.number)
        };
        if let Some(row) = row.filter(is_meant) {
            let correlation = row.story.correlation;
            let context = Context { tenant: home, correlation, ..run.context().clone() };
            let heard = Hearing { sagas: &self.0, context, row };
            heard.hear(&mut tx, told).await.map_err(|error| Failure::of(&error))?;
        }
        Ok(Done::In(tx))
    }
}

/// Why a step is given up with this attempt, if it is.
fn last<'a>(run: &Run, failure: &'a Failure) -> Option<&'a LastError> {
    let lease = run.lease();
    match failure {
        Failure::Final(error) => Some(error),
        Failure::Again(error) if lease.attempt >= lease.attempts_max => Some(error),
        Failure::Again(_) | Failure::Cancelled | Failure::LeaseLost => None,
    }
}

/// Adds the job that tells the saga to the step's transaction.
async fn tell(mut tx: Tx, act: &Act<'_>, told: Told) -> Result<Tx, Failure> {
    let job = act.telling(told).map_err(|error| Failure::of(&error))?;
    jobs::enqueue(&mut tx, act.context(), job).await?;
    Ok(tx)
}

/// A saga that is told something, in a transaction of the system that is bound to its home and
/// holds its row.
struct Hearing<'a> {
    sagas: &'a Sagas,
    context: Context,
    row: SagaRow,
}

impl Hearing<'_> {
    async fn hear(mut self, tx: &mut Tx, told: Told) -> Result<(), SagasError> {
        let input = match &told {
            Told::Failed { code, detail } => {
                let error = (code.clone(), detail.clone());
                return self.stick(tx, &told, error).await;
            }
            Told::Again => return self.again(tx, &told).await,
            Told::Brought(brought) => Input::Brought(brought.clone()),
            Told::Late => Input::Late,
            Told::Undo => Input::Undo,
        };
        let Story { kind, plan, state, .. } = &self.row.story;
        match self.sagas.kind(kind)?.decide(plan, state, input)? {
            Next::Step { state, step, tenant, seconds } => {
                let next = (state, step);
                self.go(tx, &told, next, (tenant, seconds)).await
            }
            Next::Done(state) => self.end(tx, &told, (state, Status::Done)).await,
            Next::Undone(state) => self.end(tx, &told, (state, Status::Undone)).await,
            Next::Stay if told == Told::Undo => {
                Ok(store::mark(tx, &self.row, told.shown(), self.context.now()).await?)
            }
            Next::Stay => {
                let text = "its time is over, and it is not known what became of the step";
                self.stick(tx, &told, ("late".to_owned(), text.to_owned())).await
            }
        }
    }

    /// To a state in which a step is taken, perhaps in another tenant's rows.
    async fn go(
        self,
        tx: &mut Tx,
        told: &Told,
        (state, step): (Value, Value),
        (tenant, seconds): (TenantId, i64),
    ) -> Result<(), SagasError> {
        self.forget_late(tx).await?;
        let number = self.row.number + 1;
        let step = self.enqueue(tx, (number, step), tenant).await?;
        let late = enqueue_late(tx, &self.context, (self.row.story.id, number), seconds).await?;
        let moved = Move { state, status: Status::Running, step: Some(step), late: Some(late) };
        Ok(store::change(tx, &self.row, told.shown(), &moved, self.context.now()).await?)
    }

    async fn end(
        self,
        tx: &mut Tx,
        told: &Told,
        (state, status): (Value, Status),
    ) -> Result<(), SagasError> {
        self.forget_late(tx).await?;
        let moved = Move { state, status, step: None, late: None };
        store::change(tx, &self.row, told.shown(), &moved, self.context.now()).await?;
        let Story { id, kind, .. } = self.row.story;
        let ended = SagaEnded { saga: id, kind, status: status.to_string() };
        tx.emit(&self.context, &ended).await?;
        Ok(())
    }

    /// It stands still until somebody does something about it.
    async fn stick(
        &mut self,
        tx: &mut Tx,
        told: &Told,
        error: (String, String),
    ) -> Result<(), SagasError> {
        let code = error.0.clone();
        self.row.story.status = Status::Stuck;
        self.row.story.error = Some(error);
        store::mark(tx, &self.row, told.shown(), self.context.now()).await?;
        let (saga, kind) = (self.row.story.id, self.row.story.kind.clone());
        let state = self.row.story.state_name();
        tx.emit(&self.context, &SagaStuck { saga, kind, state, code }).await?;
        Ok(())
    }

    /// The step is taken again, unless it is still under way.
    async fn again(mut self, tx: &mut Tx, told: &Told) -> Result<(), SagasError> {
        let Some(step) = self.row.story.step.clone() else { return Ok(()) };
        let step = self.enqueue(tx, (self.row.number, step.step), step.tenant).await?;
        self.row.story.step = Some(step);
        self.row.story.status = Status::Running;
        self.row.story.error = None;
        Ok(store::mark(tx, &self.row, told.shown(), self.context.now()).await?)
    }

    /// Enqueues a step with the tenant whose rows it changes.
    async fn enqueue(
        &self,
        tx: &mut Tx,
        (number, step): (u64, Value),
        tenant: TenantId,
    ) -> Result<crate::model::StepShown, SagasError> {
        let Story { id, kind, plan, .. } = &self.row.story;
        let home = self.context.tenant;
        let (kind, plan) = (kind.clone(), plan.clone());
        let take = TakeStep { home, saga: *id, number, kind, plan, step };
        let context = Context { tenant, ..self.context.clone() };
        tx.bind(Level::of(tenant))?;
        let step = enqueue_step(tx, &context, &take).await?;
        tx.bind(Level::of(home))?;
        Ok(step)
    }

    async fn forget_late(&self, tx: &mut Tx) -> Result<(), SagasError> {
        if let Some(job) = self.row.late_job {
            jobs::withdraw(tx, JobId::from_uuid(job)).await?;
        }
        Ok(())
    }
}
