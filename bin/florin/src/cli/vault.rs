//! The words of `florin vault`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Keys, and what is sealed with them.
#[derive(Debug, Subcommand)]
pub enum Vault {
    /// How the family's keys stand, and which parties there are
    Status {
        /// The master keys instead, and how many keys of all families each wraps
        #[arg(long)]
        system: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Replace the key that wraps the keys of the family's parties
    Rotate(Rotate),
    /// Destroy the keys of a party, and with them all names and texts that are held about it
    Erase {
        /// The party: party_…
        party: String,
        /// It cannot be taken back: say that it is meant
        #[arg(long)]
        yes: bool,
    },
    /// Print all that is held about a party, a line of JSON each
    Export {
        /// The party: party_…
        party: String,
        /// Save its files here, each under its id and name; nothing that is there is overwritten
        #[arg(long, value_name = "DIR")]
        files: Option<PathBuf>,
    },
    /// Print a new master key, for FLORIN_MASTER_KEY or a file of them
    NewMasterKey,
}

/// Which keys to replace.
#[derive(Debug, Args)]
pub struct Rotate {
    /// The keys of all parties too: everything is sealed anew
    #[arg(long)]
    pub parties: bool,
    /// The master key instead: a new one is put in front of those in its file
    #[arg(long, conflicts_with = "parties")]
    pub master: bool,
}

impl Vault {
    /// Whether it is about the family, and so asks the API.
    pub const fn calls_the_api(&self) -> bool {
        match self {
            Self::Status { system, .. } => !*system,
            Self::Rotate(rotate) => !rotate.master,
            Self::Erase { .. } | Self::Export { .. } => true,
            Self::NewMasterKey => false,
        }
    }
}
