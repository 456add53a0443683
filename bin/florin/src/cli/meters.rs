//! The words of `florin meters`.

use clap::Subcommand;

/// Meters.
#[derive(Debug, Subcommand)]
pub enum Meters {
    /// What was used, by month
    Usage {
        /// By hour, of the last day
        #[arg(long)]
        hours: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// What may be used, and why
    Entitlements {
        /// One person beside the family: user_…
        #[arg(long, value_name = "USER")]
        user: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Give the family another plan, on the database directly
    Plan {
        /// home or starter
        plan: String,
    },
    /// Grant the family, or one person, something else than the plan says, on the database directly
    Grant {
        /// The feature: imports
        feature: String,
        /// How much in a month; without it, as much as there is
        #[arg(long, value_name = "COUNT")]
        limit: Option<u64>,
        /// To this person alone: user_…
        #[arg(long, value_name = "USER")]
        user: Option<String>,
        /// Until when: 2026-04-30T00:00:00Z
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
    },
}

impl Meters {
    /// Whether it asks the API.
    pub const fn calls_the_api(&self) -> bool {
        match self {
            Self::Usage { .. } | Self::Entitlements { .. } => true,
            Self::Plan { .. } | Self::Grant { .. } => false,
        }
    }
}
