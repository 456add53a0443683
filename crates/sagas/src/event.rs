//! The events that this module emits: that a saga began, stands still, and how it ended. What its
//! steps did is told by what they changed.

use serde::Serialize;
use storage::log::{EventBody, ObjectRef};

use crate::model::SagaId;

/// A saga began.
#[derive(Clone, Debug, Serialize)]
pub struct SagaStarted {
    /// The saga.
    pub saga: SagaId,
    /// What it is called.
    pub kind: String,
}

/// A saga stands still: a step failed as often as it may, or its time is over.
#[derive(Clone, Debug, Serialize)]
pub struct SagaStuck {
    /// The saga.
    pub saga: SagaId,
    /// What it is called.
    pub kind: String,
    /// The name of the state that it stands in.
    pub state: String,
    /// Why.
    pub code: String,
}

/// A saga ended.
#[derive(Clone, Debug, Serialize)]
pub struct SagaEnded {
    /// The saga.
    pub saga: SagaId,
    /// What it is called.
    pub kind: String,
    /// `done` or `undone`.
    pub status: String,
}

macro_rules! about_a_saga {
    ($event:ty, $type:literal) => {
        impl EventBody for $event {
            const TYPE: &'static str = $type;
            const VERSION: u16 = 1;

            fn objects(&self) -> Vec<ObjectRef> {
                vec![ObjectRef::new("saga", self.saga)]
            }
        }
    };
}

about_a_saga!(SagaStarted, "sagas.saga.started");
about_a_saga!(SagaStuck, "sagas.saga.stuck");
about_a_saga!(SagaEnded, "sagas.saga.ended");
