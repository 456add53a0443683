//! The journal: what engines decided, and the writer that commits it.
//!
//! An *engine* is a deterministic [`Machine`] in memory, one for each stream (a book, a venue). The
//! [`Engine`] hands the commands of many callers to one writer, which decides them in order,
//! appends one record for each stream and commits all of it at once, together with the row changes
//! that commands carry. A [`Projection`] turns records into tables that plain SQL may read.
//!
//! What must stay true:
//! - nothing is acknowledged before its record is durable;
//! - a record holds each command with its outcome, rejections included, and recovery applies
//!   outcomes without deciding again;
//! - `UNIQUE (stream, seq)` is the fence: of two writers of a stream, one fails;
//! - a command whose carried rows cannot be changed as it said leaves no trace but its rejection,
//!   and the next one is decided as if it had never been.

mod engine;
mod lineage;
mod machine;
mod projector;
mod record;
mod round;
mod shard;
mod snapshot;
mod store;
mod tables;
mod writer;

pub use engine::{Engine, EngineLimits, Outcomes, Submitted};
pub use lineage::compare_projections;
pub use machine::{Archive, Committed, Executed, Machine, NoArchive, Refusal};
pub use projector::{POSITION_WAIT, Progress, Projector};
pub use record::{ByteReader, Record, RecordHeader, put_varint, unzigzag, zigzag};
pub use snapshot::SnapshotHead;
pub use store::{Carried, Commit, JournalStore, SqlJournal};
pub use tables::{ProjectedTables, Projection, SqlTables, wait_for_tables};

use crate::statement::Statement;
use crate::value::Params;

/// Runs a task that blocks on a thread of its own.
fn block_on(task: impl Future<Output = ()>) {
    match tokio::runtime::Builder::new_current_thread().enable_time().build() {
        Ok(runtime) => runtime.block_on(task),
        // Whoever waits for the task then hears that it has ended.
        Err(error) => tracing::error!(%error, "a thread of the journal could not start"),
    }
}

/// A change of rows that a command carries: it happens in the commit of the command's outcome, or
/// neither does.
#[derive(Clone)]
pub struct RowChange {
    /// What to run.
    pub statement: &'static Statement,
    /// With what.
    pub params: Params,
    /// How many rows it must touch; where it touches another number the command is rejected.
    pub rows: Option<u64>,
    /// The step of the command that it goes with, where each stands on its own.
    pub step: Option<u32>,
}

impl RowChange {
    /// A change that must touch exactly one row.
    #[must_use]
    pub const fn one(statement: &'static Statement, params: Params) -> Self {
        Self { statement, params, rows: Some(1), step: None }
    }

    /// A row that is added beside the command and decides nothing.
    #[must_use]
    pub const fn unguarded(statement: &'static Statement, params: Params) -> Self {
        Self { statement, params, rows: None, step: None }
    }
}
