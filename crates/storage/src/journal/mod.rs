//! The journal: what engines decided, and the writer that commits it.

use crate::statement::Statement;
use crate::value::Params;

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
}

impl RowChange {
    /// A change that must touch exactly one row.
    #[must_use]
    pub const fn one(statement: &'static Statement, params: Params) -> Self {
        Self { statement, params, rows: Some(1) }
    }

    /// A row that is added beside the command and decides nothing.
    #[must_use]
    pub const fn unguarded(statement: &'static Statement, params: Params) -> Self {
        Self { statement, params, rows: None }
    }
}
