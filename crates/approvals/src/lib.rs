//! Approvals: some commands need the word of another person before they are done. What is approved
//! is one command, by the hash of its canonical form, and it is done once.
//!
//! # What it owns
//! - `approvals_request`: what was asked for, by whom, what it needs, and how it stands;
//! - `approvals_decision`: who said what to it;
//! - `approvals_delegation`: who decides for whom, until when.
//!
//! # What must stay true
//! - Who asked does not approve; nobody decides twice, and no word counts twice.
//! - An approval is good for the command whose hash it has, and for no other: where an argument, or
//!   the version of what it acts on, is another, it is void.
//! - It is used up in the commit that does its command, by a guarded change of its row, or not at
//!   all; of two at once, one is refused.
//! - After its time it is neither decided nor used, whether or not a job has noted that.
//! - The command and all reasons are sealed for the tenant's party, and stand in no event.
//! - A command that is done without approval, because there is nobody to give it, says so in the
//!   log.
//!
//! # What it emits
//! `approvals.request.asked`, `approvals.request.decided`, `approvals.request.ended`,
//! `approvals.request.used`, `approvals.command.waived`, `approvals.word.delegated`,
//! `approvals.word.returned`. It listens to nothing.
//!
//! ```no_run
//! use approvals::{Command, CommandKind, Rule, Short};
//! use identity::Role;
//! use notices::{Kind, Language, ParamType, Severity};
//! use storage::log::ObjectRef;
//!
//! static SELL_ASKED: Kind = Kind {
//!     name: "house.sell_asked",
//!     severity: Severity::Info,
//!     params: &[("until", ParamType::Date)],
//!     texts: &[(Language::En, "== house.sell_asked\nMay the house be sold?\n\nUntil {until}.\n")],
//! };
//! static SELL: CommandKind = CommandKind {
//!     name: "house.sell",
//!     rules: &[Rule { from: None, people: 1, roles: &[Role::Owner] }],
//!     short: Short::Barred,
//!     seconds_max: 7 * 86_400,
//!     asked: &SELL_ASKED,
//! };
//!
//! # async fn example(
//! #     mut tx: storage::Tx,
//! #     context: kernel::Context,
//! # ) -> Result<(), approvals::ApprovalsError> {
//! let house = ObjectRef::new("house", "home");
//! let command = Command::new(&SELL, house, &serde_json::json!({ "price": "1950.00 AUD" }))?;
//! // Once, by whoever wants it:
//! approvals::ask(&mut tx, &context, &command, "we move to Darkhan").await?;
//! // Later, in the plan of the command itself; the rows travel with it:
//! let rows = approvals::clear(&mut tx, &context, &command).await?;
//! # drop(rows);
//! # Ok(()) }
//! ```

mod ask;
mod canonical;
mod clear;
mod command;
mod decide;
mod delegate;
mod error;
pub mod event;
mod expire;
pub mod limits;
mod model;
mod people;
mod read;
mod store;
mod tell;

pub use ask::{ask, withdraw};
pub use clear::clear;
pub use command::{Command, CommandKind, Rule, Short, Threshold};
pub use decide::decide;
pub use delegate::{delegate, delegations, end_delegation};
pub use error::ApprovalsError;
pub use expire::{Expire, ExpireApproval};
pub use model::{
    Approval, ApprovalId, ApprovalState, Content, Decision, Delegation, DelegationId, Verdict,
};
pub use read::{approval, approvals, decidable};
pub use tell::NOTICES;

/// The tables of this module.
pub const MODULE: storage::Module =
    storage::migrations!("approvals", 1 "requests and words" = "0001_approvals.sql");

/// Its sealed columns.
pub static SEALED: &[vault::SealedTable] = &store::SEALED;
