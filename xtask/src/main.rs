//! `cargo xtask`: the workshop's own tool.
//!
//! Owns the checks that need to know this repository: [`tidy`] holds the house rules that a machine
//! can hold, [`plant`] asks the tests whether they would notice a fault. It depends on no crate of
//! ours, so that it still builds when one of them does not.

mod edges;
mod manifests;
mod plant;
mod tidy;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

const HELP: &str = "\
cargo xtask COMMAND

  tidy    hold the house rules: dependency edges, lengths, banned words and calls,
          file names, links in the documents, paths that only one machine has
  plant   plant the faults of xtask/plants.txt one by one in a copy of the tree, and see
          whether the tests notice; `plant WORD` only those whose name holds the word
  help    print this text";

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["tidy"] => tidy::run(),
        ["plant", words @ ..] => {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
            plant::run(root.unwrap_or(Path::new(".")), &words.join(" "))?;
            Ok(ExitCode::SUCCESS)
        }
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            eprintln!("xtask: no such command: {}\n\n{HELP}", arguments.join(" "));
            Ok(ExitCode::from(2))
        }
    }
}
