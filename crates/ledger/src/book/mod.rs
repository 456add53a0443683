//! The engine of one book: a deterministic state machine in memory.
//!
//! What must stay true, after every command:
//! - for each commodity, debits equal credits;
//! - no account is beyond its limits because of a command that was accepted under them;
//! - a rejected command has changed nothing but the memory of its key;
//! - no clock, no randomness, no input or output, no floating point.
//!
//! `decide` holds the rules and only looks; `apply` changes and asks nothing; `codec` and `step`
//! are how both are written down. `machine` puts them together: a step is decided, applied and
//! written before the next, and recovery reads what was written and applies it.

mod accounts;
mod apply;
mod codec;
mod decide;
mod ids;
mod machine;
mod state;
mod step;

pub(crate) use codec::{Done, read_done};
pub use codec::{Entry, decode_entries};
pub use decide::STEPS_MAX;
pub(crate) use decide::reversal_of;
pub(crate) use ids::{made_ms, ms};
pub use state::Book;
pub(crate) use step::{Moved, Written, WrittenTransfer};
