//! The words of `florin approvals`.

use clap::{Args, Subcommand};

/// Approvals.
#[derive(Debug, Subcommand)]
pub enum Approvals {
    /// The latest requests
    List {
        /// pending, approved, refused, expired, withdrawn or used
        #[arg(long, value_name = "STATE")]
        state: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// A request with the command that it is for, and what was said
    Show(OneApproval),
    /// Ask for approval to undo an import that was booked more than 30 days ago
    AskUndo {
        /// The import: imp_…
        import: String,
        /// Why; the import is then undone with the same reason
        #[arg(long)]
        reason: String,
    },
    /// Approve a request
    Approve {
        #[command(flatten)]
        one: OneApproval,
        /// Why
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Refuse a request
    Refuse {
        #[command(flatten)]
        one: OneApproval,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Withdraw a request of one's own
    Withdraw(OneApproval),
    /// Let another member decide with one's word, until a time
    Delegate {
        /// The member: user_…
        to: String,
        /// Until when, 90 days at most: 2026-04-30T00:00:00Z
        #[arg(long, value_name = "TIME")]
        until: String,
    },
    /// Words that are handed over now
    Delegations,
    /// Take one's word back
    EndDelegation {
        /// The delegation: delegation_…
        delegation: String,
    },
}

/// One request.
#[derive(Debug, Args)]
pub struct OneApproval {
    /// The request: approval_…
    pub approval: String,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
