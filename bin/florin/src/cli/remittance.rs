//! The words of `florin saga`, `florin payee` and `florin remittance`.

use clap::{Args, Subcommand};

/// Sagas.
#[derive(Debug, Subcommand)]
pub enum Saga {
    /// The latest sagas
    List {
        /// running, stuck, done or undone
        #[arg(long, value_name = "STATUS")]
        status: Option<String>,
        #[command(flatten)]
        listed: Listed,
    },
    /// A saga with its story
    Show(One),
    /// Want a saga undone; it goes back unless that comes too late
    Undo(One),
    /// Have the step taken again of a saga that is stuck
    Retry(One),
}

/// Payees.
#[derive(Debug, Subcommand)]
pub enum Payee {
    /// Open an account to whoever is given the payee's id
    Open {
        /// The account
        account: String,
        /// What is shown to those who send
        #[arg(long, value_name = "NAME")]
        name: String,
        /// The account's book [default: the only one]
        #[arg(long, value_name = "BOOK")]
        book: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// The family's payees
    List(Listed),
    /// Whose a payee is that somebody gave, in their own words
    Show(One),
    /// Close a payee: nothing more can be sent to it
    Close(One),
}

/// Remittances.
#[derive(Debug, Subcommand)]
pub enum Remittance {
    /// Send from an account to a payee
    Send {
        /// How much: 250.00
        amount: String,
        /// To whom: payee_…
        payee: String,
        /// The account that gives
        #[arg(long, value_name = "ACCOUNT")]
        from: String,
        /// What it is for; both sides see it
        #[arg(long, value_name = "TEXT")]
        reference: Option<String>,
        /// The account's book [default: the only one]
        #[arg(long, value_name = "BOOK")]
        book: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// What was sent and what came, the latest first
    List {
        /// sent or received
        #[arg(long, value_name = "DIRECTION")]
        direction: Option<String>,
        #[command(flatten)]
        listed: Listed,
    },
    /// A remittance with all that is known of it
    Show(One),
    /// Want a remittance back; it comes back where it has not left yet
    Recall(One),
}

/// One of them.
#[derive(Debug, Args)]
pub struct One {
    /// Its id
    pub id: String,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// A list.
#[derive(Debug, Args)]
pub struct Listed {
    /// At most so many, 1 to 200
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub limit: u16,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
