//! The words of `florin cases`.

use clap::{Args, Subcommand};

/// Cases.
#[derive(Debug, Subcommand)]
pub enum Cases {
    /// The latest cases
    List {
        /// open, decided or closed
        #[arg(long, value_name = "STATE")]
        state: Option<String>,
        /// Those that this member looks at: user_…
        #[arg(long, value_name = "USER")]
        assignee: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// A case with all that is known of it
    Show(OneCase),
    /// All that happened to a case, the earliest first
    History(OneCase),
    /// Say something to a case
    Comment {
        #[command(flatten)]
        one: OneCase,
        /// What to say
        text: String,
    },
    /// Attach a file to a case
    Attach {
        #[command(flatten)]
        one: OneCase,
        /// The file: object_…
        object: String,
        /// What to say to it
        #[arg(long, default_value = "")]
        comment: String,
    },
    /// Give a case to a member who may decide it, or to nobody
    Assign {
        #[command(flatten)]
        one: OneCase,
        /// The member: user_…
        #[arg(long, value_name = "USER", required_unless_present = "nobody")]
        to: Option<String>,
        /// Take it from whoever has it
        #[arg(long, conflicts_with = "to")]
        nobody: bool,
    },
    /// Say how much a case matters, or when it is due
    Set {
        #[command(flatten)]
        one: OneCase,
        /// urgent, high, normal or low
        #[arg(long, value_name = "PRIORITY")]
        priority: Option<String>,
        /// A time within a year: 2026-04-30T00:00:00Z
        #[arg(long, value_name = "TIME")]
        due: Option<String>,
    },
    /// Decide a case: one of its choices
    Decide {
        #[command(flatten)]
        one: OneCase,
        /// The choice
        choice: String,
        /// What to say to it
        #[arg(long, default_value = "")]
        comment: String,
    },
}

/// One case.
#[derive(Debug, Args)]
pub struct OneCase {
    /// The case: case_…
    pub case: String,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
