//! The words of the command line.

pub mod approvals;
pub mod cases;
pub mod import;
pub mod jobs;
pub mod ledger;
pub mod meters;
pub mod notice;
pub mod object;
pub mod quant;
pub mod remittance;
pub mod statement;
pub mod vault;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::Flags;

/// Florin: what a family is worth, over one ledger and one log.
#[derive(Debug, Parser)]
#[command(name = "florin", version, propagate_version = true)]
pub struct Cli {
    /// What is set for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Args)]
pub struct Global {
    /// The configuration file [default: florin.toml in the configuration directory]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the embedded database is
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// sqlite:PATH or postgres://USER@HOST/NAME
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// The family, where there are several: its id, or without a server its name
    #[arg(long, global = true, value_name = "TENANT")]
    pub tenant: Option<String>,
    /// Call this server [default: the one that runs on the data directory, if any]
    #[arg(long, global = true, value_name = "URL")]
    server: Option<String>,
}

impl Global {
    /// The server that was named, as a session keeps it.
    pub fn server(&self) -> Option<&str> {
        self.server.as_deref().map(|server| server.trim_end_matches('/'))
    }

    /// As the configuration takes them.
    pub fn flags(&self, listen: Option<String>) -> Flags {
        Flags {
            file: self.config.clone(),
            data_dir: self.data_dir.clone(),
            database_url: self.database_url.clone(),
            listen,
            outside: None,
        }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API and the page
    Serve {
        /// The address and port to serve on
        #[arg(long, value_name = "ADDRESS:PORT")]
        listen: Option<String>,
    },
    /// Serve a made-up family of Australia and Mongolia, at its own date, on this machine only
    Demo {
        /// The port to serve on
        #[arg(long, default_value_t = 7450)]
        port: u16,
    },
    /// Import statements of banks: OFX, QIF, CAMT, MT940, MT942, BAI2, XLSX, CSV, PDF
    Import(import::Import),
    /// Files of banks, read without booking anything
    #[command(subcommand)]
    Statement(statement::Statement),
    /// Rates of exchange
    #[command(subcommand)]
    Rates(Rates),
    /// What the family is worth, on any day, in any currency
    NetWorth(NetWorth),
    /// Indicators, sweeps and tear sheets over prices of one's own
    #[command(subcommand)]
    Quant(quant::Quant),
    /// The books of the ledger
    #[command(subcommand)]
    Ledger(ledger::Ledger),
    /// Jobs: what is done later or again, and what became of it
    #[command(subcommand)]
    Jobs(jobs::Jobs),
    /// Schedules: jobs that come again and again
    #[command(subcommand)]
    Schedules(jobs::Schedules),
    /// Sagas: flows over several books, and how each came to where it is
    #[command(subcommand)]
    Saga(remittance::Saga),
    /// Payees: accounts that others may send to
    #[command(subcommand)]
    Payee(remittance::Payee),
    /// Remittances: value that goes from one family's book to another's
    #[command(subcommand)]
    Remittance(remittance::Remittance),
    /// Keys, what is sealed with them, and erasing a party
    #[command(subcommand)]
    Vault(vault::Vault),
    /// Files: uploads, downloads, and what keeps them
    #[command(subcommand)]
    Object(object::Object),
    /// Notices: what one is told, how and where, and what became of it
    #[command(subcommand)]
    Notice(notice::Notice),
    /// Approvals: what another person must say yes to before it is done
    #[command(subcommand)]
    Approvals(approvals::Approvals),
    /// Cases: what somebody must look at and decide
    #[command(subcommand)]
    Cases(cases::Cases),
    /// Meters: what was used, and what may be
    #[command(subcommand)]
    Meters(meters::Meters),
    /// Keep the embedded database elsewhere, while it runs: what changed, encrypted
    Backup {
        /// Where to
        folder: PathBuf,
        /// Go on, and take one every so many seconds
        #[arg(long, value_name = "SECONDS")]
        every: Option<u64>,
        /// The whole copies that are kept, each with what changed after it
        #[arg(long, default_value_t = 2)]
        generations: usize,
    },
    /// Put the embedded database back, and walk its log and journal
    Restore {
        /// Where the backups are
        folder: PathBuf,
        /// Where the database is to be [default: the configured place]
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
        /// As it was then, as 2026-03-31T12:00:00Z [default: at the last backup]
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
    },
    /// Log and journal
    #[command(subcommand)]
    Audit(Audit),
    /// Call the API: florin api GET /assets
    Api(Api),
    /// Sign in to a server; the token is kept with strict permissions
    Login {
        /// The e-mail address; the password is read from the terminal or standard input
        #[arg(long)]
        email: String,
    },
    /// What is in force, and where each value came from
    Config,
    /// Completions for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// The manual page, as roff
    Man,
}

impl Command {
    /// Whether it asks the API, so that a server can be named.
    pub const fn calls_the_api(&self) -> bool {
        match self {
            Self::Jobs(asked) => !asked.whose().system,
            Self::Schedules(asked) => !asked.whose().system,
            Self::Vault(asked) => asked.calls_the_api(),
            Self::Meters(asked) => asked.calls_the_api(),
            Self::Import(_)
            | Self::NetWorth(_)
            | Self::Ledger(_)
            | Self::Saga(_)
            | Self::Payee(_)
            | Self::Remittance(_)
            | Self::Object(_)
            | Self::Notice(_)
            | Self::Approvals(_)
            | Self::Cases(_)
            | Self::Api(_)
            | Self::Login { .. }
            | Self::Rates(Rates::Import { own: true, .. }) => true,
            Self::Serve { .. }
            | Self::Demo { .. }
            | Self::Rates(Rates::Import { own: false, .. })
            | Self::Backup { .. }
            | Self::Restore { .. }
            | Self::Audit(_)
            | Self::Quant(_)
            | Self::Statement(_)
            | Self::Config
            | Self::Completions { .. }
            | Self::Man => false,
        }
    }
}

/// Rates of exchange.
#[derive(Debug, Subcommand)]
pub enum Rates {
    /// Import the ECB's history (CSV, XML or zip) or a CSV of date, base, quote, rate
    Import {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Keep them for one family only
        #[arg(long)]
        own: bool,
    },
}

/// What the family is worth.
#[derive(Debug, Args)]
pub struct NetWorth {
    /// The currency
    #[arg(long = "in", value_name = "CURRENCY")]
    pub currency: String,
    /// The day [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<String>,
    /// As it was known at this time
    #[arg(long, value_name = "TIME")]
    pub known_at: Option<String>,
    /// How old a rate or price may be, in days
    #[arg(long, value_name = "DAYS")]
    pub rate_age_days_max: Option<u32>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Show what each figure is made of
    #[arg(long)]
    pub explain: bool,
}

/// Log and journal.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Walk both from their beginning, compare with the signed heads, name the first broken link
    Verify {
        /// The copies of the heads [default: heads_dir]
        #[arg(long, value_name = "DIR")]
        heads: Option<PathBuf>,
        /// The public key that signed them [default: that of keys_dir]
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the public key that checks the heads
    Key,
}

/// A call of the API.
#[derive(Debug, Args)]
pub struct Api {
    /// GET, POST, PUT, PATCH or DELETE
    pub method: String,
    /// The path below /api/v1, with its query
    pub path: String,
    /// The body: JSON, or @FILE for a file's bytes
    #[arg(long, value_name = "JSON|@FILE")]
    pub data: Option<String>,
    /// The Idempotency-Key of a POST [default: a new one]
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
}
