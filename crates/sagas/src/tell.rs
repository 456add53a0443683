//! Telling a saga something: a job, which may be one of another tenant's, where a step was taken.

use jobs::{JobArgs, NewJob, Priority};
use kernel::TenantId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::SagasError;
use crate::limits::{JSON_BYTES_MAX, STEP_ATTEMPTS_MAX, TELL_ATTEMPTS_MAX};
use crate::model::SagaId;

/// Tells a saga something.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TellSaga {
    /// Whose saga.
    pub(crate) home: TenantId,
    pub(crate) saga: SagaId,
    /// The number of the state that it is meant for; whichever it is in, where nothing is said.
    pub(crate) number: Option<u64>,
    pub(crate) told: Told,
}

/// Takes a step of a saga, in the rows of the job's tenant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TakeStep {
    /// Whose saga.
    pub(crate) home: TenantId,
    pub(crate) saga: SagaId,
    /// The number of the state whose step it is.
    pub(crate) number: u64,
    pub(crate) kind: String,
    pub(crate) plan: Value,
    pub(crate) step: Value,
}

/// What is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Told {
    /// What its step brought.
    Brought(Value),
    /// Its step failed as often as it may.
    Failed { code: String, detail: String },
    /// The time of its state is over.
    Late,
    /// Somebody wants it undone.
    Undo,
    /// Somebody wants its step taken again.
    Again,
}

impl JobArgs for TellSaga {
    const KIND: &'static str = "sagas.tell";
}

impl JobArgs for TakeStep {
    const KIND: &'static str = "sagas.step";
}

impl Told {
    pub(crate) fn brought(brought: &impl Serialize) -> Result<Self, SagasError> {
        Ok(Self::Brought(json("brought", brought)?))
    }

    /// What it is called in a story, and what more there is to say.
    pub(crate) fn shown(&self) -> (String, Option<String>) {
        match self {
            Self::Brought(value) => {
                let inner = value.as_object().and_then(|object| object.values().next());
                let detail = inner.and_then(|inner| match inner {
                    Value::String(text) => Some(text.clone()),
                    Value::Object(fields) => {
                        fields.values().find_map(Value::as_str).map(Into::into)
                    }
                    _ => None,
                });
                (crate::model::name_of(value), detail)
            }
            Self::Failed { code, .. } => ("failed".to_owned(), Some(code.clone())),
            Self::Late => ("late".to_owned(), None),
            Self::Undo => ("undo".to_owned(), None),
            Self::Again => ("again".to_owned(), None),
        }
    }
}

/// The job that tells a saga something.
pub(crate) fn job(
    home: TenantId,
    saga: SagaId,
    number: Option<u64>,
    told: Told,
) -> Result<NewJob, SagasError> {
    let job = NewJob::of(&TellSaga { home, saga, number, told })?;
    Ok(job.with_attempts_max(TELL_ATTEMPTS_MAX).with_priority(Priority::High))
}

/// The job that takes a step: one at a time for each state of a saga.
pub(crate) fn step(step: &TakeStep) -> Result<NewJob, SagasError> {
    let key = format!("{}.{}", step.saga, step.number);
    Ok(NewJob::of(step)?.unique(&key)?.with_attempts_max(STEP_ATTEMPTS_MAX))
}

/// What is kept as JSON.
pub(crate) fn json(field: &str, value: &impl Serialize) -> Result<Value, SagasError> {
    let unfit = |detail: String| SagasError::field(field, "form", detail);
    let value = serde_json::to_value(value).map_err(|error| unfit(error.to_string()))?;
    if value.to_string().len() > JSON_BYTES_MAX {
        return Err(unfit(format!("it has more than {JSON_BYTES_MAX} bytes")));
    }
    Ok(value)
}
