//! The words of `florin object`.

use std::path::PathBuf;

use clap::Subcommand;

/// Files.
#[derive(Debug, Subcommand)]
pub enum Object {
    /// The latest files
    List {
        /// Only those of this party: party_…
        #[arg(long, value_name = "PARTY")]
        party: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// A file, without its content
    Show {
        /// The file: obj_…
        object: String,
    },
    /// Upload a file, or go on with an upload that broke off
    Put {
        /// The file
        file: PathBuf,
        /// The upload to go on with: obj_…
        #[arg(long, value_name = "OBJECT")]
        resume: Option<String>,
        /// For whom it is sealed [default: the family itself]
        #[arg(long, value_name = "PARTY", conflicts_with = "resume")]
        party: Option<String>,
    },
    /// Download a file
    Get {
        /// The file: obj_…
        object: String,
        /// Where to save it; nothing that is there is overwritten
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Keep a file no longer for its own sake: it goes a day later, where nothing else needs it
    Remove {
        /// The file: obj_…
        object: String,
    },
    /// Keep a file until a time, whether or not anything needs it; it can only be prolonged
    Retain {
        /// The file: obj_…
        object: String,
        /// 2036-12-31T00:00:00Z
        #[arg(long, value_name = "TIME")]
        until: String,
    },
    /// Place a legal hold: nothing takes the file away, and its party cannot be erased
    Hold {
        /// The file: obj_…
        object: String,
        /// What it is for: a code of a-z 0-9 . _ -
        #[arg(long)]
        matter: String,
    },
    /// Release a legal hold
    Release {
        /// The file: obj_…
        object: String,
        /// What it was for
        #[arg(long)]
        matter: String,
    },
}
