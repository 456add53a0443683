//! TigerBeetle beside the bench `engine`, where its program is on the PATH: its own `benchmark`, in
//! the same shapes. It makes a data file, starts a server, calls it, and says what it took.
//!
//! The options are those of its source (`src/tigerbeetle/cli.zig`, `Benchmark`).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench fails where it breaks")]

use std::io::ErrorKind;
use std::process::{Command, Stdio};

const ACCOUNTS: &str = "--account-count=10000";

/// A line of `engine`'s table: how many transfers, and what says it to TigerBeetle.
const SHAPES: [(&str, u64, &[&str]); 6] = [
    ("batches", 2_000_000, &[]),
    ("batches, with history", 2_000_000, &["--flag-history"]),
    ("batches, one account hot", 2_000_000, &["--account-count-hot=1"]),
    ("1 session, one transfer a call", 2_000, &["--transfer-batch-size=1"]),
    ("8 sessions", 8_000, &["--transfer-batch-size=1", "--clients=8"]),
    ("64 sessions", 16_000, &["--transfer-batch-size=1", "--clients=64"]),
];

fn main() {
    match Command::new("tigerbeetle").arg("version").stdout(Stdio::piped()).output() {
        Ok(version) => print!("{}", String::from_utf8_lossy(&version.stdout)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            println!("tigerbeetle is not on the PATH: it is not measured");
            return;
        }
        Err(error) => panic!("tigerbeetle: {error}"),
    }
    for (shape, count, words) in SHAPES {
        println!("{shape}");
        let before = children_ticks();
        let output = Command::new("tigerbeetle")
            .args(["benchmark", ACCOUNTS, "--query-count=0", &format!("--transfer-count={count}")])
            .args(words)
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", output.status);
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            println!("    {line}");
        }
        // A tick is 10 ms on Linux.
        let used_ns = (children_ticks() - before) * 10_000_000;
        println!("    {} ns of CPU a transfer, client and accounts included", used_ns / count);
    }
}

/// The processor time of the children that ended, and of theirs.
fn children_ticks() -> u64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[13..15].iter().map(|field| field.parse::<u64>().unwrap()).sum()
}
