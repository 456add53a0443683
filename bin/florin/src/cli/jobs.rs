//! The words of `florin jobs` and `florin schedules`.

use clap::{Args, Subcommand};

/// Jobs.
#[derive(Debug, Subcommand)]
pub enum Jobs {
    /// The latest jobs
    List {
        /// scheduled, available, running, completed, cancelled or dead
        #[arg(long, value_name = "STATE")]
        state: Option<String>,
        /// At most so many, 1 to 200
        #[arg(long, value_name = "COUNT", default_value_t = 50)]
        limit: u16,
        #[command(flatten)]
        whose: Whose,
    },
    /// A job with all that is known of it
    Show(OneJob),
    /// Cancel a job; one that runs is asked to stop
    Cancel(OneJob),
    /// Try a job anew, at once
    Retry(OneJob),
}

/// Schedules.
#[derive(Debug, Subcommand)]
pub enum Schedules {
    /// All schedules, with their next times
    List {
        #[command(flatten)]
        whose: Whose,
    },
    /// Enqueue a schedule's job now, besides its times
    Run {
        /// The schedule's name
        name: String,
        #[command(flatten)]
        whose: Whose,
    },
}

/// One job.
#[derive(Debug, Args)]
pub struct OneJob {
    /// The job: job_…
    pub job: String,
    #[command(flatten)]
    pub whose: Whose,
}

/// Whose jobs, and how they are shown.
#[derive(Debug, Args)]
pub struct Whose {
    /// Those of the system instead of the family's, on the database directly
    #[arg(long)]
    pub system: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

impl Jobs {
    /// Whose jobs.
    pub const fn whose(&self) -> &Whose {
        match self {
            Self::List { whose, .. } => whose,
            Self::Show(one) | Self::Cancel(one) | Self::Retry(one) => &one.whose,
        }
    }
}

impl Schedules {
    /// Whose schedules.
    pub const fn whose(&self) -> &Whose {
        match self {
            Self::List { whose } | Self::Run { whose, .. } => whose,
        }
    }
}
