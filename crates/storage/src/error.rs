//! What can go wrong between a module and its database.

use kernel::{ErrorKind, Problematic};

/// An error of the storage layer.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The database cannot be reached or opened.
    #[error("the database is unavailable: {text}")]
    Unavailable {
        /// What the driver said.
        text: String,
    },
    /// A statement failed.
    #[error("statement at {place} failed: {text}")]
    Statement {
        /// File and line of the statement.
        place: String,
        /// What the database said.
        text: String,
    },
    /// A row with this key is there already.
    #[error("statement at {place}: a row with this key is there already ({constraint})")]
    Duplicate {
        /// File and line of the statement.
        place: String,
        /// The constraint, as the database names it.
        constraint: String,
    },
    /// A statement that must touch a number of rows touched another.
    #[error("statement at {place} touched {touched} rows instead of {expected}")]
    Guard {
        /// File and line of the statement.
        place: String,
        /// How many rows it touched.
        touched: u64,
        /// How many it must.
        expected: u64,
    },
    /// A row stayed locked by somebody else for longer than may be waited.
    #[error("statement at {place}: the row is locked by another transaction")]
    Locked {
        /// File and line of the statement.
        place: String,
    },
    /// An earlier statement of the transaction failed, so it cannot be committed.
    #[error("the transaction has failed and can only be rolled back")]
    Poisoned,
    /// No turn to write within the time allowed; often a second write transaction in one task.
    #[error(
        "no write transaction could begin within {waited_ms} ms; is one still open in this task?"
    )]
    BeginTimeout {
        /// How long it waited.
        waited_ms: u64,
    },
    /// A statement ran past its time.
    #[error("statement at {place} took too long")]
    Timeout {
        /// File and line of the statement.
        place: String,
    },
    /// A cell is not of the type that was asked for.
    #[error("column {column} holds {found}, not {expected}")]
    Type {
        /// Its index.
        column: usize,
        /// What it holds.
        found: &'static str,
        /// What was asked for.
        expected: &'static str,
    },
    /// A statement that may only run at another level.
    #[error("statement at {place} may not run in a transaction bound to {level}")]
    Level {
        /// File and line of the statement.
        place: String,
        /// The transaction's level.
        level: String,
    },
    /// The migrations do not fit what the database holds.
    #[error("migration {module}/{number}: {text}")]
    Migration {
        /// The module.
        module: String,
        /// Its number.
        number: u32,
        /// What does not fit.
        text: String,
    },
    /// What is stored contradicts itself.
    #[error("stored data is damaged: {text}")]
    Damaged {
        /// Where and how.
        text: String,
    },
    /// A file or setting that Florin needs is not as it must be.
    #[error("{text}")]
    Configuration {
        /// What is wrong with it.
        text: String,
    },
    /// A reader asked for a position that is not reached within the time it may wait.
    #[error("the data here is older than the position asked for")]
    Stale,
    /// A commit whose outcome could not be learnt.
    #[error("it is not known whether the commit succeeded: {text}")]
    UnknownOutcome {
        /// What the driver said.
        text: String,
    },
}

impl Problematic for StorageError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "database_unavailable",
            Self::Duplicate { .. } => "duplicate",
            Self::Guard { .. } => "changed_meanwhile",
            Self::Locked { .. } => "locked",
            Self::BeginTimeout { .. } => "busy",
            Self::Timeout { .. } => "query_timeout",
            Self::Stale => "stale",
            Self::UnknownOutcome { .. } => "outcome_unknown",
            Self::Statement { .. }
            | Self::Poisoned
            | Self::Type { .. }
            | Self::Level { .. }
            | Self::Migration { .. }
            | Self::Configuration { .. }
            | Self::Damaged { .. } => "internal",
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unavailable { .. } | Self::BeginTimeout { .. } | Self::UnknownOutcome { .. } => {
                ErrorKind::Unavailable
            }
            Self::Duplicate { .. } | Self::Guard { .. } | Self::Locked { .. } => {
                ErrorKind::Conflict
            }
            Self::Timeout { .. } => ErrorKind::Timeout,
            Self::Stale => ErrorKind::Stale,
            Self::Statement { .. }
            | Self::Poisoned
            | Self::Type { .. }
            | Self::Level { .. }
            | Self::Migration { .. }
            | Self::Configuration { .. }
            | Self::Damaged { .. } => ErrorKind::Internal,
        }
    }
}
