//! The words of `florin import`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::statement::TableAnswers;

/// Importing statements.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Import {
    /// What else to do with imports.
    #[command(subcommand)]
    pub other: Option<ImportOther>,
    /// The files (./file for one that is called as a subcommand)
    #[arg(required_unless_present = "watch", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Take the files of a folder as they appear, and move them to done or refused in it
    #[arg(long, value_name = "DIR", conflicts_with_all = ["files", "preview", "json"])]
    pub watch: Option<PathBuf>,
    /// Take what is in the folder now, and end
    #[arg(long, requires = "watch")]
    pub once: bool,
    /// How they are imported.
    #[command(flatten)]
    pub how: How,
    /// Show what would be booked, and book nothing
    #[arg(long)]
    pub preview: bool,
    /// Print the imports as JSON
    #[arg(long)]
    pub json: bool,
}

/// How files are imported.
#[derive(Clone, Debug, Args)]
pub struct How {
    /// Book what is sound of a faulty file, and list the rest
    #[arg(long)]
    pub partial: bool,
    /// Book onto this asset, whatever account the file names
    #[arg(long, value_name = "ASSET")]
    pub asset: Option<String>,
    /// How to read the columns of a CSV file, as JSON (a preview prints what was found)
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// What a table may leave open.
    #[command(flatten)]
    pub table: TableAnswers,
}

/// What else to do with imports.
#[derive(Debug, Subcommand)]
pub enum ImportOther {
    /// Save the file that an import was read from, as the bank sent it
    File {
        /// The import: imp_…
        import: String,
        /// Where to save it; nothing that is there is overwritten
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// List the lines of an import, and what becomes of each
    Lines {
        /// The import: imp_…
        import: String,
        /// Only those of this status, such as review
        #[arg(long)]
        status: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Say why a line is new, known, up for review, left out or booked
    Explain {
        /// The line, as imp_…:LINE, or the transfer that books it, as xfer_…
        line: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Decide about a line, whatever was found about it; of a booked import it is done at once
    Decide {
        /// The line, as imp_…:LINE
        line: String,
        /// What is to be done with it
        decision: Decision,
    },
    /// Say what the bank states of an account and the ledger does not have
    Gaps {
        /// The asset; of all of them where none is named
        asset: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Book an import that is staged
    Book {
        /// The import: imp_…
        import: String,
        /// Book what is sound of a faulty file, and list the rest
        #[arg(long)]
        partial: bool,
    },
    /// Take an import back, by reversing what it booked
    Undo {
        /// The import: imp_…
        import: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Book an import again that was undone
    Redo {
        /// The import: imp_…
        import: String,
        /// Book what is sound of a faulty file, and list the rest
        #[arg(long)]
        partial: bool,
    },
}

/// What is to be done with a line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Decision {
    /// It is a line of its own
    Book,
    /// It is there already, or is to be left out
    Skip,
}
