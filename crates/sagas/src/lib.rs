//! Sagas: flows over several commits, engines and tenants, that end in their goal or undone,
//! whatever dies between two steps.
//!
//! A kind of saga is a file with an enum of its states and one pure function that says where a saga
//! goes when something is told to it ([`Saga::decide`]); its steps are jobs of the tenants whose
//! rows they change.
//!
//! What must stay true:
//! - a saga that began ends as done or undone, or is seen as stuck, with the step at fault;
//! - a step's effect and the job that tells of it are one commit, and so are what is told, the next
//!   state and the job of its step: a process may die anywhere;
//! - a step is one tenant's; what crosses to another is a job, which is enqueued in the saga's own
//!   transaction ([`TellSagas`]), and holds ids and choices only;
//! - what was meant for an earlier state is passed over, however late it comes.
//!
//! It emits `sagas.saga.started`, `sagas.saga.stuck` and `sagas.saga.ended`; it listens to nothing.

mod error;
pub mod event;
mod kinds;
pub mod limits;
mod model;
mod saga;
mod steer;
mod store;
mod tell;
mod work;

pub use error::SagasError;
pub use kinds::Sagas;
pub use model::{Line, SagaId, Status, StepShown, Story};
pub use saga::{Act, Input, Next, Saga, Taken};
pub use steer::{again, lines, saga, sagas, start, stuck_count, undo};
pub use tell::{TakeStep, TellSaga};
pub use work::{TakeSteps, TellSagas};

/// The tables of this module.
pub const MODULE: storage::Module =
    storage::migrations!("sagas", 1 "sagas and their stories" = "0001_sagas.sql");
