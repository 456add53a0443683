//! The kinds of sagas that a program knows, whatever their types.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use jobs::Failure;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::SagasError;
use crate::saga::{Act, Input, Next, Saga, Taken};
use crate::tell::json;

/// The kinds of sagas that a program knows.
#[derive(Clone, Default)]
pub struct Sagas {
    kinds: BTreeMap<&'static str, Arc<dyn AnySaga>>,
}

/// A kind of saga, with everything as JSON.
pub(crate) trait AnySaga: Send + Sync {
    fn decide(
        &self,
        plan: &Value,
        state: &Value,
        input: Input<Value>,
    ) -> Result<Next<Value, Value>, SagasError>;

    fn take<'a>(
        &'a self,
        act: &'a Act<'a>,
        step: Value,
    ) -> BoxFuture<'a, Result<Taken<Value>, Failure>>;
}

impl Sagas {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// And this kind.
    #[must_use]
    pub fn with<S: Saga>(mut self, saga: S) -> Self {
        self.kinds.insert(S::KIND, Arc::new(saga));
        self
    }

    pub(crate) fn kind(&self, kind: &str) -> Result<&dyn AnySaga, SagasError> {
        let unknown = || SagasError::unread(kind, "this program does not know the kind");
        self.kinds.get(kind).map(|saga| &**saga).ok_or_else(unknown)
    }
}

impl<S: Saga> AnySaga for S {
    fn decide(
        &self,
        plan: &Value,
        state: &Value,
        input: Input<Value>,
    ) -> Result<Next<Value, Value>, SagasError> {
        let (plan, state) = (read::<S, S::Plan>(plan)?, read::<S, S::State>(state)?);
        let input = match input {
            Input::Brought(brought) => Input::Brought(read::<S, S::Brought>(&brought)?),
            Input::Late => Input::Late,
            Input::Undo => Input::Undo,
        };
        S::decide(&plan, &state, input).as_json()
    }

    fn take<'a>(
        &'a self,
        act: &'a Act<'a>,
        step: Value,
    ) -> BoxFuture<'a, Result<Taken<Value>, Failure>> {
        Box::pin(async move {
            let failed = |error: SagasError| Failure::of(&error);
            let step = read::<S, S::Step>(&step).map_err(failed)?;
            Ok(match Saga::take(self, act, step).await? {
                Taken::In(tx, brought) => Taken::In(tx, json("brought", &brought).map_err(failed)?),
                Taken::Carried => Taken::Carried,
                Taken::Brought(brought) => {
                    Taken::Brought(json("brought", &brought).map_err(failed)?)
                }
            })
        })
    }
}

impl<S: Serialize, T: Serialize> Next<S, T> {
    pub(crate) fn as_json(&self) -> Result<Next<Value, Value>, SagasError> {
        Ok(match self {
            Self::Step { state, step, tenant, seconds } => Next::Step {
                state: json("state", state)?,
                step: json("step", step)?,
                tenant: *tenant,
                seconds: *seconds,
            },
            Self::Done(state) => Next::Done(json("state", state)?),
            Self::Undone(state) => Next::Undone(json("state", state)?),
            Self::Stay => Next::Stay,
        })
    }
}

fn read<S: Saga, T: DeserializeOwned>(value: &Value) -> Result<T, SagasError> {
    T::deserialize(value).map_err(|error| SagasError::unread(S::KIND, error))
}
