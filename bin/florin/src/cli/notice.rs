//! The words of `florin notice`.

use clap::{Args, Subcommand};

/// Notices.
#[derive(Debug, Subcommand)]
pub enum Notice {
    /// The latest notices
    List {
        /// Only those that are not read
        #[arg(long)]
        unread: bool,
        /// en, de or mn [default: that of the preferences]
        #[arg(long, value_name = "LANGUAGE")]
        language: Option<String>,
        /// At most so many, 1 to 200
        #[arg(long, value_name = "COUNT", default_value_t = 50)]
        limit: u16,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// A notice, with where it went and each attempt
    Show {
        /// The notice: notice_…
        notice: String,
        /// en, de or mn [default: that of the preferences]
        #[arg(long, value_name = "LANGUAGE")]
        language: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Mark a notice as read, or with --all all up to it
    Read {
        /// The notice: notice_…
        notice: String,
        /// And all before it
        #[arg(long)]
        all: bool,
    },
    /// Show the preferences, or change what is said
    Preferences(Preferences),
    /// Where one is told: e-mail addresses, webhooks, telephones
    #[command(subcommand)]
    Address(Address),
    /// Send a test to an address
    Test {
        /// The address: addr_…
        address: String,
        #[command(flatten)]
        whose: Scope,
    },
    /// Send a notice to one of its addresses once more, under the same id
    Replay {
        /// The notice: notice_…
        notice: String,
        /// Its delivery: dlv_…
        delivery: String,
    },
}

/// Whose preferences and addresses.
#[derive(Debug, Args)]
pub struct Scope {
    /// Those of the household instead of one's own
    #[arg(long)]
    pub household: bool,
}

/// What is to be changed.
#[derive(Debug, Args)]
pub struct Preferences {
    /// en, de or mn
    #[arg(long, value_name = "LANGUAGE")]
    pub language: Option<String>,
    /// By whose clocks: Asia/Ulaanbaatar
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    /// When nothing but what is urgent is sent: 22:00-07:00, or never
    #[arg(long, value_name = "HH:MM-HH:MM")]
    pub quiet: Option<String>,
    /// When digests come: 08:00
    #[arg(long, value_name = "HH:MM")]
    pub digest_at: Option<String>,
    /// On which day weekly ones come, 0 (Sunday) to 6
    #[arg(long, value_name = "DAY")]
    pub digest_weekday: Option<u8>,
    /// From which change within a day the net worth is told, in percent; 0 is never
    #[arg(long, value_name = "PERCENT")]
    pub worth_change: Option<String>,
    /// KIND CHANNEL MODE: '*' email daily. Modes are off, at_once, daily, weekly
    #[arg(long, num_args = 3, value_names = ["KIND", "CHANNEL", "MODE"])]
    pub choose: Vec<String>,
    #[command(flatten)]
    pub whose: Scope,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Where one is told.
#[derive(Debug, Subcommand)]
pub enum Address {
    /// All addresses
    List {
        #[command(flatten)]
        whose: Scope,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Add one; whoever reads an e-mail or a telephone is asked first
    Add {
        /// email, webhook, sms or whatsapp
        channel: String,
        /// The address
        address: String,
        #[command(flatten)]
        whose: Scope,
    },
    /// Remove one
    Remove {
        /// The address: addr_…
        address: String,
        #[command(flatten)]
        whose: Scope,
    },
    /// Ask again whoever reads at one that is not confirmed
    Ask {
        /// The address: addr_…
        address: String,
        #[command(flatten)]
        whose: Scope,
    },
    /// Confirm one by the code that was sent there
    Confirm {
        /// The address: addr_…
        address: String,
        /// The six digits
        code: String,
        #[command(flatten)]
        whose: Scope,
    },
    /// Use one again that is suspended or unsubscribed
    Resume {
        /// The address: addr_…
        address: String,
        #[command(flatten)]
        whose: Scope,
    },
}

impl Scope {
    /// As the API takes it.
    pub const fn query(&self) -> &'static str {
        if self.household { "scope=household" } else { "scope=own" }
    }
}
