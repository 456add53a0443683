//! The words of `florin ledger`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// The books of the ledger.
#[derive(Debug, Subcommand)]
pub enum Ledger {
    /// The chart of accounts with its balances
    Chart(LedgerChart),
    /// Accounts, found by what they say
    Accounts(LedgerAccounts),
    /// What happened on an account in a period, with the balance after each line
    Statement(LedgerStatement),
    /// Transfers, found by what they say, the latest first
    Transfers(LedgerTransfers),
    /// A transfer with everything behind it
    Show(LedgerShow),
    /// Every change of a book in order, with the balances after it
    Changes(LedgerChanges),
    /// Write a book for other programs
    Export(LedgerExport),
    /// Read lines into a book: an export in JSON lines, or transfers, an object on each line
    Import(LedgerImport),
}

/// What every question about a book takes.
#[derive(Debug, Args)]
pub struct Asking {
    /// The book, where there are several
    #[arg(long, value_name = "BOOK")]
    pub book: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// The chart of accounts.
#[derive(Debug, Args)]
pub struct LedgerChart {
    /// Only this group and what is below it: assets:bank
    #[arg(long, value_name = "PATH")]
    pub below: Option<String>,
    #[command(flatten)]
    pub asking: Asking,
}

/// Which accounts; all that is said must hold.
#[derive(Debug, Args)]
pub struct LedgerAccounts {
    /// asset, liability, equity, income or expense
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    /// What they count
    #[arg(long, value_name = "CODE")]
    pub commodity: Option<String>,
    /// In whose name this stands
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// The one at a path: assets:bank:khan:savings
    #[arg(long, value_name = "PATH")]
    pub path: Option<String>,
    /// The one with this other name
    #[arg(long, value_name = "ALIAS")]
    pub alias: Option<String>,
    /// With this number of the caller's own
    #[arg(long, value_name = "NUMBER")]
    pub code: Option<u16>,
    /// Whose metadata has this
    #[arg(long, value_name = "KEY=VALUE")]
    pub metadata: Option<String>,
    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub limit: usize,
    #[command(flatten)]
    pub asking: Asking,
}

/// A statement of account.
#[derive(Debug, Args)]
pub struct LedgerStatement {
    /// The account: its id, its path or its alias
    pub account: String,
    /// The first effective date
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub from: String,
    /// The last effective date
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub to: String,
    #[command(flatten)]
    pub asking: Asking,
}

/// Which transfers; all that is said must hold.
#[derive(Debug, Args)]
pub struct LedgerTransfers {
    /// Those that touch an account: its id, its path or its alias
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<String>,
    /// Those that post or void this hold
    #[arg(long, value_name = "TRANSFER")]
    pub hold: Option<String>,
    /// With this reference
    #[arg(long, value_name = "TEXT")]
    pub reference: Option<String>,
    /// With this number of the caller's own
    #[arg(long, value_name = "NUMBER")]
    pub code: Option<u16>,
    /// Whose metadata has this
    #[arg(long, value_name = "KEY=VALUE")]
    pub metadata: Option<String>,
    /// From this effective date
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub from: Option<String>,
    /// Up to this effective date
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub to: Option<String>,
    /// Booked at this time or later
    #[arg(long, value_name = "TIME")]
    pub booked_from: Option<String>,
    /// Booked before this time
    #[arg(long, value_name = "TIME")]
    pub booked_before: Option<String>,
    /// Of at least so much
    #[arg(long, value_name = "AMOUNT")]
    pub amount_min: Option<String>,
    /// Of at most so much
    #[arg(long, value_name = "AMOUNT")]
    pub amount_max: Option<String>,
    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub limit: usize,
    #[command(flatten)]
    pub asking: Asking,
}

/// A transfer.
#[derive(Debug, Args)]
pub struct LedgerShow {
    /// Its id
    #[arg(value_name = "TRANSFER")]
    pub transfer: String,
    #[command(flatten)]
    pub asking: Asking,
}

/// The changes of a book.
#[derive(Debug, Args)]
pub struct LedgerChanges {
    /// Go on behind a change: its place, or the number of a transfer
    #[arg(long, value_name = "PLACE")]
    pub after: Option<String>,
    /// Wait for what comes, until you end it
    #[arg(long)]
    pub follow: bool,
    /// The book, where there are several
    #[arg(long, value_name = "BOOK")]
    pub book: Option<String>,
    /// Print each change as a line of JSON
    #[arg(long)]
    pub json: bool,
}

/// Writing a book.
#[derive(Debug, Args)]
pub struct LedgerExport {
    /// How
    #[arg(long, value_enum)]
    pub format: LedgerFormat,
    /// The book, where there are several
    #[arg(long, value_name = "BOOK")]
    pub book: Option<String>,
    /// Where to [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Filling a book.
#[derive(Debug, Args)]
pub struct LedgerImport {
    /// The file, or - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The book, where there are several
    #[arg(long, value_name = "BOOK")]
    pub book: Option<String>,
    /// Print what came of it as JSON
    #[arg(long)]
    pub json: bool,
}

/// How a book is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LedgerFormat {
    /// A table of all transfers
    Csv,
    /// Everything, an object on each line
    Jsonl,
    /// What moved, for beancount
    Beancount,
    /// What moved, for hledger
    Hledger,
}

impl LedgerFormat {
    /// As the API calls it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Beancount => "beancount",
            Self::Hledger => "hledger",
        }
    }
}
