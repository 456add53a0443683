//! What a kind of saga is: one pure function over its states, and what its steps do.

use std::future::Future;

use jobs::{Failure, Run};
use kernel::{Context, TenantId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use storage::Tx;
use storage::journal::RowChange;

use crate::error::SagasError;
use crate::model::SagaId;
use crate::tell::{self, Told};

/// A kind of saga. Plans, states, steps and what they bring hold ids and choices, never names or
/// secrets: they stand in rows of jobs and stories, which whoever operates them reads. States and
/// steps are enums, whose variants' names tell the story.
pub trait Saga: Send + Sync + 'static {
    /// What it is called: module and deed (`remittances.remit`).
    const KIND: &'static str;

    /// What it is about, which does not change.
    type Plan: Serialize + DeserializeOwned + Send + Sync;
    /// Where it is on its way.
    type State: Serialize + DeserializeOwned + Send;
    /// What is done next.
    type Step: Serialize + DeserializeOwned + Send;
    /// What came of a step.
    type Brought: Serialize + DeserializeOwned + Send;

    /// The first state and step, in the rows of the tenant that begins it.
    fn begin(plan: &Self::Plan) -> Next<Self::State, Self::Step>;

    /// Where a saga goes from a state when something is told to it. Undoing is a state like any
    /// other, so that it is tried, waits and shows as the rest does.
    fn decide(
        plan: &Self::Plan,
        state: &Self::State,
        input: Input<Self::Brought>,
    ) -> Next<Self::State, Self::Step>;

    /// Takes a step, in one commit with what it brings. It may be taken again after a failure or a
    /// lost worker, also where it was done: it must then bring the same.
    ///
    /// # Errors
    /// A [`Failure`] is tried again, and at last leaves the saga stuck; what was refused for a
    /// reason that the saga knows an answer to is no failure, but brought.
    fn take(
        &self,
        act: &Act<'_>,
        step: Self::Step,
    ) -> impl Future<Output = Result<Taken<Self::Brought>, Failure>> + Send;
}

/// What is told to a saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<B> {
    /// What the state's step brought.
    Brought(B),
    /// The time of the state is over. The step may still be under way, and may have been done.
    Late,
    /// Somebody wants it undone. The step may still be under way, and may have been done.
    Undo,
}

/// Where a saga goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next<S, T> {
    /// To a state in which a step is taken.
    Step {
        /// The state.
        state: S,
        /// The step.
        step: T,
        /// Whose rows the step changes.
        tenant: TenantId,
        /// After how many seconds the saga is told that it is late.
        seconds: i64,
    },
    /// To its goal.
    Done(S),
    /// Back where it began.
    Undone(S),
    /// Nowhere: what is told comes too late to be heeded.
    Stay,
}

/// How a step was taken.
pub enum Taken<B> {
    /// What it did is in this transaction, which is committed with what it brings.
    In(Tx, B),
    /// A command carried [`Act::carried`], so that what it brings is told with what it did.
    Carried,
    /// Nothing is left to commit but what it brings.
    Brought(B),
}

/// A step that is taken.
pub struct Act<'a> {
    pub(crate) run: &'a Run,
    pub(crate) saga: SagaId,
    pub(crate) home: TenantId,
    pub(crate) number: u64,
    pub(crate) plan: &'a str,
}

impl Act<'_> {
    /// The saga.
    #[must_use]
    pub const fn saga(&self) -> SagaId {
        self.saga
    }

    /// The tenant that began it.
    #[must_use]
    pub const fn home(&self) -> TenantId {
        self.home
    }

    /// Who acts, for the tenant whose rows the step changes.
    #[must_use]
    pub const fn context(&self) -> &Context {
        self.run.context()
    }

    /// The job's attempt.
    #[must_use]
    pub const fn run(&self) -> &Run {
        self.run
    }

    /// Begins a transaction on the rows of the step's tenant that only the holder of the job can
    /// commit.
    ///
    /// # Errors
    /// As [`Run::begin`].
    pub async fn begin(&self) -> Result<Tx, Failure> {
        self.run.begin().await
    }

    /// What a saga's kind knows of what it is about.
    ///
    /// # Errors
    /// Where this program cannot read it.
    pub fn plan<S: Saga>(&self) -> Result<S::Plan, Failure> {
        serde_json::from_str(self.plan)
            .map_err(|error| Failure::of(&SagasError::unread(S::KIND, error)))
    }

    /// What a command to an engine carries, so that the step's end and what it brings are told in
    /// the commit of what it did, by the holder of the job or not at all.
    ///
    /// # Errors
    /// Where what it brings is too long.
    pub fn carried(&self, brought: &impl Serialize) -> Result<[RowChange; 2], Failure> {
        let told = Told::brought(brought).map_err(|error| Failure::of(&error))?;
        let job = self.telling(told).map_err(|error| Failure::of(&error))?;
        let context = self.context();
        Ok([self.run.completion(context.now()), jobs::enqueuing(context, job)])
    }

    /// The job that tells the saga.
    pub(crate) fn telling(&self, told: Told) -> Result<jobs::NewJob, SagasError> {
        tell::job(self.home, self.saga, Some(self.number), told)
    }
}
