//! Cases: what a person must look at and decide. Each is about one thing of another module, has
//! somebody who looks at it and a time by which it is decided, and keeps all that happened to it.
//!
//! # What it owns
//! - `cases_case`: what is to be decided, by whom, until when, and what was;
//! - `cases_entry`: all that happened to it, in its order, with what people said.
//!
//! # What must stay true
//! - A case is there if and only if the rows of what it is about are, and of one thing there is one
//!   open case of a kind.
//! - What is decided is done in the transaction that decides, by the module whose kind it is: both,
//!   or neither, and once.
//! - Nobody sees a case whose role is not among its readers, and nobody decides it whose role is
//!   not among its kind's deciders.
//! - Its history only grows. What people said is sealed for the tenant's party, and stands in no
//!   event.
//! - A case that is due is escalated once for each time that it becomes due.
//!
//! # What it emits
//! `cases.case.opened`, `cases.case.changed`. It listens to nothing.
//!
//! ```no_run
//! use cases::{Applies, CaseKind, Case, Priority};
//! use futures_util::future::BoxFuture;
//! use identity::Role;
//! use kernel::{Context, Problem};
//! use storage::{Tx, log::ObjectRef};
//!
//! static LEAK: CaseKind = CaseKind {
//!     name: "house.leak",
//!     choices: &["mend", "leave"],
//!     readers: &[Role::Owner, Role::Adult],
//!     deciders: &[Role::Owner],
//!     priority: Priority::High,
//!     due_seconds: 2 * 86_400,
//! };
//!
//! /// Has a leak mended.
//! struct Mend;
//!
//! impl Applies for Mend {
//!     fn kind(&self) -> &'static CaseKind {
//!         &LEAK
//!     }
//!
//!     fn apply<'a>(
//!         &'a self,
//!         _tx: &'a mut Tx,
//!         _context: &'a Context,
//!         (_case, _choice): (&'a Case, &'a str),
//!     ) -> BoxFuture<'a, Result<(), Problem>> {
//!         // … changes rows in the transaction …
//!         Box::pin(async { Ok(()) })
//!     }
//! }
//!
//! # async fn example(mut tx: Tx, context: Context) -> Result<(), cases::CasesError> {
//! // In the transaction of what happened:
//! cases::open(&mut tx, &context, &LEAK, &ObjectRef::new("roof", "north")).await?;
//! # Ok(()) }
//! ```

mod decide;
mod error;
mod escalate;
pub mod event;
mod history;
mod kind;
pub mod limits;
mod model;
mod open;
mod store;
mod tell;
mod work;

pub use decide::decide;
pub use error::CasesError;
pub use escalate::{Escalate, EscalateCase};
pub use history::{CaseFilter, case, cases, history};
pub use kind::{Applies, CaseKind, Cases};
pub use model::{Case, CaseId, CaseState, Entry, Priority, Step};
pub use open::{close, closing, open};
pub use tell::NOTICES;
pub use work::{assign, attach, comment, postpone, prioritise};

/// The tables of this module.
pub const MODULE: storage::Module =
    storage::migrations!("cases", 1 "cases and their history" = "0001_cases.sql");

/// Its sealed columns.
pub static SEALED: &[vault::SealedTable] = &store::SEALED;
