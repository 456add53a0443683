//! Meters: what was used is written down once, in the transaction of the use, and summed by hour
//! and month; what a tenant may use follows from its plan and what it was granted, and says why.
//!
//! # What it owns
//! - `meters_usage`: what was used, by whom, once for each reason to say so;
//! - `meters_sum`: how much of it in each hour and month;
//! - `meters_plan`, `meters_grant`: what tenants may use, beside what is usual;
//! - `meters_gate`: held by whoever uses something of which there is so much.
//!
//! # What must stay true
//! - A use is recorded if and only if its transaction was committed, and once for its key.
//! - Each record is in the sums once: it is marked in the transaction that adds it, so that a crash
//!   at any moment loses and doubles nothing.
//! - How much was used is told of one moment, counted or not.
//! - Of something that is limited no two transactions take what is left at once.
//! - What the rules of retention take away, the log says.
//! - What somebody may use follows from the strongest word that is not over: theirs, the tenant's,
//!   the plan's, what is usual. All words are shown.
//!
//! # What it emits
//! `meters.plan.changed`, `meters.feature.granted`, `meters.data.forgotten`. It listens to nothing.

mod entitle;
mod error;
pub mod event;
pub mod limits;
mod model;
mod retain;
mod span;
mod store;
mod usage;

pub use entitle::{Meters, entitlement, grant, set_plan, spend};
pub use error::MetersError;
pub use model::{Allowance, Entitlement, Feature, Plan, Said, Source, Span, Sum, Usage, UsageKind};
pub use retain::{DataForgotten, ForgetUsage, Forgets, RetentionRule, retain};
pub use usage::{Count, CountUsage, count, forget, record, sums};

/// The tables of this module.
pub const MODULE: storage::Module =
    storage::migrations!("meters", 1 "usage and entitlements" = "0001_meters.sql");
