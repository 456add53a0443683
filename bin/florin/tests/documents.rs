//! The documents' examples, run as their reader runs them: the shell blocks of a page from top to
//! bottom, in one shell, with the real program, a home of its own and nothing in it.
//!
//! What must stay true: each block says by its label what it is. `sh` is run and succeeds; of
//! `sh fails` the last command fails; `output` behind one is all that the block prints, where `…`
//! stands for an id, a time or a hash, and a line of `…` alone for any lines. Others are not run.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

#[allow(dead_code, reason = "other tests call what fails")]
mod user;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use user::User;

/// Something to run.
struct Block {
    /// Where it begins in the page, from 1.
    line: usize,
    fails: bool,
    script: String,
    output: Option<String>,
}

/// The blocks of a page that are run.
fn blocks(page: &str, text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut lines = (1..).zip(text.lines());
    // Whether only blank lines were between the last block that is run and here.
    let mut follows = false;
    while let Some((line, text)) = lines.next() {
        let Some(label) = text.strip_prefix("```") else {
            follows &= text.is_empty();
            continue;
        };
        let body = lines.by_ref().map(|(_, text)| text).take_while(|text| *text != "```");
        let body = body.fold(String::new(), |body, line| body + line + "\n");
        assert!(!label.is_empty(), "{page}:{line}: a block without a label: is it run?");
        if label == "output" {
            assert!(follows, "{page}:{line}: what prints this?");
            blocks.last_mut().unwrap().output = Some(body);
        } else if ["sh", "sh fails"].contains(&label) {
            let fails = label == "sh fails";
            blocks.push(Block { line, fails, script: body, output: None });
        }
        follows = label.starts_with("sh");
    }
    blocks
}

/// The program of a shell that runs the blocks, and writes what each prints into a file.
fn program(blocks: &[Block]) -> String {
    let mut program = String::from("set -eu\n");
    for Block { line, fails, script, .. } in blocks {
        let (before, behind) = match fails {
            false => ("{", ""),
            true => ("if {", "; then echo it succeeds > failed; exit 1; fi"),
        };
        let told = format!("> \"$TOLD/{line}\" 2>&1");
        writeln!(program, "echo {line} > \"$TOLD/line\"\n{before}\n{script}}} {told}{behind}")
            .unwrap();
    }
    program
}

/// Runs a page of the documents.
fn run(page: &str) {
    let text = std::fs::read_to_string(root().join(page)).unwrap();
    let blocks = blocks(page, &text);
    let user = User::new();
    let told = tempfile::tempdir().unwrap();
    // Examples may read made-up files of the repository, and leave nothing in it.
    for folder in ["bin", "crates"] {
        std::os::unix::fs::symlink(root().join(folder), user.home.path().join(folder)).unwrap();
    }
    let binaries = Path::new(env!("CARGO_BIN_EXE_florin")).parent().unwrap();
    let mut shell = std::process::Command::new("sh");
    shell.env_clear().env("HOME", user.home.path()).env("TOLD", told.path());
    shell.env("PATH", format!("{}:/usr/bin:/bin", binaries.display()));
    let ended = shell.current_dir(user.home.path()).arg("-c").arg(program(&blocks)).output();
    let ended = ended.unwrap();
    let read = |name: &str| std::fs::read_to_string(told.path().join(name)).unwrap_or_default();
    if !ended.status.success() {
        let line = read("line");
        let (line, said) = (line.trim(), String::from_utf8_lossy(&ended.stderr).into_owned());
        panic!("{page}:{line}: {} {said}{}", ended.status, read(line));
    }
    for Block { line, output, .. } in blocks {
        let (found, Some(output)) = (read(&line.to_string()), output) else { continue };
        let fits = fits(&lines(&output), &lines(&found));
        assert!(fits, "{page}:{line} shows\n{output}\nand this was printed:\n{found}");
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim_end).collect()
}

/// Whether lines are those that a page shows.
fn fits(shown: &[&str], found: &[&str]) -> bool {
    match (shown, found) {
        ([], []) => true,
        (["…", rest @ ..], _) => (0..=found.len()).any(|from| fits(rest, &found[from..])),
        ([one, shown @ ..], [other, found @ ..]) => line_fits(one, other) && fits(shown, found),
        ([_, ..], []) | ([], [_, ..]) => false,
    }
}

fn line_fits(shown: &str, found: &str) -> bool {
    let Some((before, after)) = shown.split_once('…') else { return shown == found };
    let Some(rest) = found.strip_prefix(before) else { return false };
    let is_part = |one: &u8| one.is_ascii_alphanumeric() || b"_-:.".contains(one);
    let reach = rest.bytes().take_while(|one| is_part(one)).count();
    (1..=reach).any(|end| line_fits(after, &rest[end..]))
}

#[test]
fn the_ledgers_page_does_what_it_says() {
    run("docs/ledger.md");
}

#[test]
fn the_tour_does_what_it_says() {
    run("README.md");
}

#[test]
fn the_command_lines_page_does_what_it_says() {
    run("docs/command-line.md");
}

#[test]
fn the_page_of_imports_does_what_it_says() {
    run("docs/import.md");
}

#[test]
fn the_page_of_jobs_does_what_it_says() {
    run("docs/jobs.md");
}

#[test]
fn the_page_of_the_vault_does_what_it_says() {
    run("docs/vault.md");
}

#[test]
fn the_page_of_files_does_what_it_says() {
    run("docs/objects.md");
}

#[test]
fn the_page_of_notices_does_what_it_says() {
    run("docs/notices.md");
}

#[test]
fn the_page_of_remittances_does_what_it_says() {
    run("docs/remittances.md");
}

#[test]
fn the_page_of_sagas_does_what_it_says() {
    run("docs/sagas.md");
}

#[test]
fn the_page_of_approvals_does_what_it_says() {
    run("docs/approvals.md");
}

#[test]
fn the_page_of_cases_does_what_it_says() {
    run("docs/cases.md");
}

#[test]
fn the_page_of_meters_does_what_it_says() {
    run("docs/meters.md");
}

#[test]
fn every_command_of_the_list_is_there() {
    let text = std::fs::read_to_string(root().join("docs/command-line.md")).unwrap();
    let (_, list) = text.split_once("```text\n").unwrap();
    let (list, _) = list.split_once("```").unwrap();
    let user = User::new();
    for line in list.lines() {
        // What it does stands behind the words, two spaces away.
        let named = line.split("  ").next().unwrap_or_default().split_whitespace().skip(1);
        let mut words: Vec<&str> = named.take_while(is_word).collect();
        words.push("--help");
        let help = user.ok(&words);
        let flags = line.split([' ', ',', ';']).filter(|word| word.starts_with("--"));
        flags.for_each(|flag| assert!(help.contains(flag), "{line}: {flag}"));
    }
    assert!(list.lines().count() > 20, "{list}");
}

fn is_word(word: &&str) -> bool {
    !word.starts_with('-') && word.chars().all(|c| c.is_ascii_lowercase() || c == '-')
}

#[test]
fn every_page_with_something_to_run_is_run() {
    let run = [
        "docs/ledger.md",
        "README.md",
        "docs/command-line.md",
        "docs/import.md",
        "docs/jobs.md",
        "docs/vault.md",
        "docs/objects.md",
        "docs/notices.md",
        "docs/remittances.md",
        "docs/sagas.md",
        "docs/approvals.md",
        "docs/cases.md",
        "docs/meters.md",
    ];
    let files = std::fs::read_dir(root().join("docs")).unwrap();
    let names = files.map(|file| format!("docs/{}", file.unwrap().file_name().display()));
    for page in names.filter(|name| name.ends_with(".md")).chain(["README.md".to_owned()]) {
        let text = std::fs::read_to_string(root().join(&page)).unwrap();
        let is_run = run.contains(&page.as_str());
        assert_eq!(is_run, !blocks(&page, &text).is_empty(), "{page}");
    }
}

#[test]
fn every_proof_of_a_guarantee_is_there() {
    let page = std::fs::read_to_string(root().join("docs/ledger.md")).unwrap();
    let (_, section) = page.split_once("\n## Guarantees\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let mut sources = String::new();
    ["bin", "crates"].iter().for_each(|folder| read_sources(&root().join(folder), &mut sources));
    let mut count = 0;
    for line in section.lines().filter(|line| line.starts_with("| **")) {
        let proofs = line.trim_matches('|').rsplit('|').next().unwrap();
        for proof in proofs.split('`').skip(1).step_by(2) {
            assert!(sources.contains(&format!("fn {proof}(")), "{proof}");
            count += 1;
        }
    }
    assert!(count > 30, "{count}");
}

fn read_sources(folder: &Path, sources: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_sources(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn a_page_that_shows_something_else_is_noticed() {
    let shown = ["id  acct_…  10.00", "…", "end"];
    for (found, expected) in [
        (&["id  acct_01m7  10.00", "end"][..], true),
        (&["id  acct_01m7  10.00", "more", "and more", "end"], true),
        (&["id  acct_01m7  10.01", "end"], false),
        (&["id  acct_  10.00", "end"], false),
        (&["id  acct_01m7 x  10.00", "end"], false),
        (&["id  acct_01m7  10.00", "more"], false),
        (&["id  acct_01m7  10.00", "end", "more"], false),
    ] {
        assert_eq!(fits(&shown, found), expected, "{found:?}");
    }
}
