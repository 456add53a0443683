//! The engine of one book: a deterministic state machine in memory.
//!
//! What must stay true, after every command:
//! - for each commodity, debits equal credits;
//! - a group's balance is the sum of those of the accounts below it;
//! - no account and no group is beyond its limits because of a command that was accepted under
//!   them;
//! - a rejected command has changed nothing but the memory of its key;
//! - no clock, no randomness, no input or output, no floating point.
//!
//! `ids` and `keys` know what was there before, in memory that is bounded; of what they forget a
//! `filter` keeps a trace, and the tables the rest.
//!
//! `decide`, `limits` and `regroup` hold the rules and only look; `apply` changes and asks nothing;
//! `codec`, `step` and `transfer` are how both are written down. `machine` puts them together: a
//! step is decided, applied and written before the next, and recovery reads what was written and
//! applies it.

mod accounts;
mod apply;
mod codec;
mod decide;
mod fields;
mod filter;
mod ids;
mod keys;
mod limits;
mod machine;
mod regroup;
mod snapshot;
mod state;
mod step;
mod transfer;
mod tree;

pub use codec::{Entry, decode_entries};
pub(crate) use codec::{Fact, key_state, origin_of, read_facts};
pub use decide::STEPS_MAX;
pub(crate) use decide::reversal_of;
pub(crate) use ids::{made_ms, ms};
pub use state::Book;
pub(crate) use step::Written;
pub(crate) use transfer::{Moved, WrittenTransfer};
pub use tree::GROUP_DEPTH_MAX;
