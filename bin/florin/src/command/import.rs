//! `florin import`: previews and books statements.

use std::path::Path;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use kernel::Env;
use serde_json::{Value as Json, json};

use crate::cli::{Import, ImportOther};
use crate::command::{download, escape, file_name, print, read_file};
use crate::connection::{Call, Connection};

const FILE_BYTES_MAX: u64 = 16 << 20;

/// Imports file after file; the first that is refused ends it, and those before it are booked.
pub async fn run(connection: &mut Connection, asked: &Import) -> anyhow::Result<()> {
    if let Some(ImportOther::File { import, out }) = &asked.other {
        return download(connection, &format!("/imports/{}/file", escape(import)), out).await;
    }
    let bar = ProgressBar::new(asked.files.len() as u64 * 2);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    let mut imports = Vec::new();
    for file in &asked.files {
        bar.set_message(file_name(file));
        let import = one(connection, asked, file, &bar).await;
        let import = import.with_context(|| format!("{}", file.display()))?;
        if !asked.json {
            bar.suspend(|| print(&text(&import)))?;
        }
        imports.push(import);
    }
    bar.finish_and_clear();
    if asked.json {
        let json = json!({ "imports": imports });
        print(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
    }
    Ok(())
}

async fn one(
    connection: &mut Connection,
    asked: &Import,
    file: &Path,
    bar: &ProgressBar,
) -> anyhow::Result<Json> {
    let bytes = read_file(file, FILE_BYTES_MAX)?;
    let mut path = format!("/imports?file_name={}", escape(&file_name(file)));
    if let Some(mapping) = &asked.mapping {
        let text = String::from_utf8(read_file(mapping, 64 << 10)?).context("the mapping")?;
        path.push_str(&format!("&mapping={}", escape(&text)));
    }
    if let Some(asset) = &asked.asset {
        path.push_str(&format!("&account={}", escape(asset)));
    }
    let key = || Some(Env::system().random_uuid().to_string());
    let body = Some(("application/octet-stream", bytes));
    let staged = connection.json(Call { method: "POST", path: &path, body, key: key() }).await?;
    bar.inc(1);
    if asked.preview || staged["status"] == "booked" {
        bar.inc(1);
        return Ok(staged);
    }
    let id = staged["id"].as_str().context("the answer names no import")?;
    let path = format!("/imports/{id}/book");
    let body = serde_json::to_vec(&json!({ "partial": asked.partial }))?;
    let body = Some(("application/json", body));
    let booked = connection.json(Call { method: "POST", path: &path, body, key: key() }).await;
    if booked.is_err() {
        bar.suspend(|| print(&text(&staged)))?;
    }
    bar.inc(1);
    booked
}

/// What was found and what became of it.
fn text(import: &Json) -> String {
    let mut text = format!(
        "{}: {} {} ({})\n",
        word(&import["file_name"]),
        word(&import["format"]),
        word(&import["status"]),
        word(&import["id"])
    );
    for statement in import["statements"].as_array().into_iter().flatten() {
        text.push_str(&of_statement(statement));
    }
    for fault in import["faults"].as_array().into_iter().flatten() {
        text.push_str(&format!(
            "  line {}: {}: found {:?}, expected {}\n",
            fault["line"],
            word(&fault["field"]),
            word(&fault["found"]),
            word(&fault["expected"])
        ));
    }
    text
}

fn of_statement(statement: &Json) -> String {
    let count = |name: &str| statement[name].as_u64().unwrap_or(0);
    let mut text =
        format!("  {}: {} entries", word(&statement["account"]["label"]), count("entries"));
    for (name, what) in [
        ("booked", "booked"),
        ("new", "new"),
        ("known", "known already"),
        ("review", "to decide about"),
        ("pending", "pending at the bank"),
        ("skipped", "left out"),
        ("faulty", "faulty"),
    ] {
        if count(name) > 0 {
            text.push_str(&format!(", {} {what}", count(name)));
        }
    }
    text.push('\n');
    let difference = &statement["closing_check"]["difference"];
    if let Some(amount) = difference["amount"].as_str() {
        let agrees = amount.bytes().all(|byte| matches!(byte, b'0' | b'.' | b'-'));
        let currency = word(&difference["currency"]);
        // An opening balance that was inferred from the closing one agrees with it by itself.
        let inferred = statement["closing_check"]["inferred"] == true;
        text.push_str(&match (agrees, inferred) {
            (true, false) => "    the closing balance agrees\n".to_owned(),
            (true, true) => {
                "    the closing balance is the bank's; the next statement checks it\n".to_owned()
            }
            (false, _) => format!("    the closing balance differs by {amount} {currency}\n"),
        });
    }
    for note in statement["notes"].as_array().into_iter().flatten() {
        text.push_str(&format!("    note: {}\n", word(note)));
    }
    text
}

fn word(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
