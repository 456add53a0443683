//! `cargo xtask tidy`: the house rules that a machine can hold.
//!
//! Each rule lives in a file of its own and turns text into [`Violation`]s, which say where, what,
//! and what to do instead. What the tree had before a rule came stands counted in
//! `xtask/tidy-allow.txt`, a list that may only shrink.

mod allow;
mod calls;
mod docs;
mod lengths;
mod names;
mod source;
mod tree;
mod violation;
mod words;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;

use crate::{edges, manifests};

pub use tree::{File, Tree};
pub use violation::Violation;

/// Prints every violation of the tree; the exit code tells whether there was one.
pub fn run() -> Result<ExitCode> {
    let started = Instant::now();
    let tree = Tree::read()?;
    let mut violations = edges::check(&tree)?;
    violations.extend(check(&tree));
    let mut left = allow::apply(violations, tree.text(allow::PATH).unwrap_or_default());
    left.sort();

    for violation in &left {
        println!("{violation}");
    }
    let count = tree.files().count();
    let duration_ms = started.elapsed().as_millis();
    if left.is_empty() {
        println!("tidy: {count} files, nothing to remark ({duration_ms} ms)");
        return Ok(ExitCode::SUCCESS);
    }
    println!("tidy: {count} files, {} remarks ({duration_ms} ms)", left.len());
    Ok(ExitCode::FAILURE)
}

/// Everything that can be told from the files alone.
fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    let test_modules: Vec<String> = tree.files().flat_map(source::test_modules).collect();
    for file in tree.files() {
        violations.extend(words::check(file));
        violations.extend(names::check(file));
        violations.extend(lengths::check(file));
        violations.extend(calls::check(file, &test_modules));
        violations.extend(manifests::check(file));
        violations.extend(docs::check(file, tree));
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every rule once, end to end: a planted file, and the remark that it must get.
    #[test]
    fn every_rule_catches_what_is_planted() {
        let long = format!("//! A.\n{}\n", "// line\n".repeat(500));
        let cases: &[(&str, &str, &str)] = &[
            ("crates/a/src/a.rs", "//! A.\nfn f() { x().unwrap(); }\n", "2: call"),
            ("crates/a/src/a.rs", "fn f() {}\n", "1: opening"),
            ("crates/a/src/utils.rs", "//! A.\n", "1: file-name"),
            ("crates/a/src/a.rs", &long, "501: file-length"),
            ("docs/a.md", "# A\n\n[b](b.md)\n", "3: link"),
            ("docs/a.md", "no heading\n", "1: heading"),
            ("scripts/a.sh", concat!("# FIX", "ME later\n"), "1: marker"),
            ("docs/a.md", concat!("# A\n\nSee `/ho", "me/me/x`.\n"), "3: machine-path"),
            ("web/package-lock.json", concat!("https://registry.", "npmjs.org/x\n"), "1: host"),
            ("crates/a/Cargo.toml", "[dependencies]\nserde = \"1\"\n", "2: manifest"),
        ];
        for (path, text, expected) in cases {
            let tree = Tree::of(&[(path, text)]);
            let lines: Vec<String> = check(&tree).iter().map(ToString::to_string).collect();
            let wanted = format!("{path}:{expected}: ");
            assert!(
                lines.iter().any(|line| line.starts_with(&wanted)),
                "{wanted} is missing in {lines:?}"
            );
        }
    }

    #[test]
    fn sound_files_get_no_remark() {
        let tree = Tree::of(&[
            ("crates/a/src/a.rs", "//! What a owns.\n\n/// Adds.\npub fn f() -> u8 {\n    1\n}\n"),
            ("docs/a.md", "# A\n\n[b](b.md#two-words)\n"),
            ("docs/b.md", "# B\n\n## Two words\n"),
        ]);
        assert_eq!(check(&tree), Vec::new());
    }
}
