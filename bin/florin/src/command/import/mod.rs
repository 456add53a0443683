//! `florin import`: previews and books statements.

mod gaps;
mod lines;
mod watch;

use std::path::Path;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use kernel::Env;
use serde_json::{Value as Json, json};
use statements::{CsvMapping, Question};

use crate::cli::import::{How, Import, ImportOther};
use crate::command::statement::answers;
use crate::command::{download, escape, file_name, print, read_file};
use crate::connection::{Call, Connection};

const FILE_BYTES_MAX: u64 = 16 << 20;

/// Imports file after file; the first that is refused ends it, and those before it are booked.
pub async fn run(connection: &mut Connection, asked: &Import) -> anyhow::Result<()> {
    if let Some(other) = &asked.other {
        return run_other(connection, other).await;
    }
    if let Some(folder) = &asked.watch {
        return watch::run(connection, &asked.how, (folder, asked.once)).await;
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

async fn run_other(connection: &mut Connection, other: &ImportOther) -> anyhow::Result<()> {
    let partial = |partial: &bool| json!({ "partial": partial });
    match other {
        ImportOther::File { import, out } => {
            download(connection, &format!("/imports/{}/file", escape(import)), out).await
        }
        ImportOther::Lines { import, status, json } => {
            lines::list(connection, (import, status.as_deref()), *json).await
        }
        ImportOther::Explain { line, json } => lines::explain(connection, line, *json).await,
        ImportOther::Decide { line, decision } => lines::decide(connection, line, *decision).await,
        ImportOther::Gaps { asset, json } => gaps::show(connection, asset.as_deref(), *json).await,
        ImportOther::Book { import, partial: asked } => {
            change(connection, (import, "book"), &partial(asked)).await
        }
        ImportOther::Undo { import, reason } => {
            change(connection, (import, "undo"), &json!({ "reason": reason })).await
        }
        ImportOther::Redo { import, partial: asked } => {
            change(connection, (import, "redo"), &partial(asked)).await
        }
    }
}

/// Does something with an import as a whole, and shows what became of it.
async fn change(
    connection: &mut Connection,
    (import, what): (&str, &str),
    body: &Json,
) -> anyhow::Result<()> {
    let path = format!("/imports/{}/{what}", escape(import));
    print(&text(&post(connection, &path, body, new_key()).await?))
}

async fn post(
    connection: &mut Connection,
    path: &str,
    body: &Json,
    key: String,
) -> anyhow::Result<Json> {
    let body = Some(("application/json", serde_json::to_vec(body)?));
    connection.json(Call { method: "POST", path, body, key: Some(key) }).await
}

async fn one(
    connection: &mut Connection,
    asked: &Import,
    file: &Path,
    bar: &ProgressBar,
) -> anyhow::Result<Json> {
    let bytes = read_file(file, FILE_BYTES_MAX)?;
    let staged = stage(connection, &asked.how, (&file_name(file), bytes), new_key()).await?;
    bar.inc(1);
    if asked.preview || staged["status"] == "booked" {
        bar.inc(1);
        return Ok(staged);
    }
    let body = json!({ "partial": asked.how.partial });
    let booked = book(connection, &staged, &body, new_key()).await;
    if booked.is_err() {
        bar.suspend(|| print(&text(&staged)))?;
    }
    bar.inc(1);
    booked
}

async fn stage(
    connection: &mut Connection,
    how: &How,
    (name, bytes): (&str, Vec<u8>),
    key: String,
) -> anyhow::Result<Json> {
    let said = match &how.mapping {
        Some(file) => Some(String::from_utf8(read_file(file, 64 << 10)?).context("the mapping")?),
        None => None,
    };
    let path = |mapping: Option<&str>| {
        let mut path = format!("/imports?file_name={}", escape(name));
        if let Some(mapping) = mapping {
            path.push_str(&format!("&mapping={}", escape(mapping)));
        }
        if let Some(asset) = &how.asset {
            path.push_str(&format!("&account={}", escape(asset)));
        }
        path
    };
    let staged = send(connection, &path(said.as_deref()), bytes.clone(), key.clone()).await?;
    let Ok(found) = serde_json::from_value::<CsvMapping>(staged["mapping"].clone()) else {
        return Ok(staged);
    };
    let Some(answered) = answers::given(&how.table, &found) else { return Ok(staged) };
    // Read anew with the answers; what was read without them is forgotten.
    let answered = serde_json::to_string(&answered)?;
    let again = send(connection, &path(Some(&answered)), bytes, format!("{key}-answered")).await?;
    if staged["status"] != "booked" && staged["id"] != again["id"] {
        let path = format!("/imports/{}", word(&staged["id"]));
        connection.call(Call { method: "DELETE", path: &path, body: None, key: None }).await?;
    }
    Ok(again)
}

async fn send(
    connection: &mut Connection,
    path: &str,
    bytes: Vec<u8>,
    key: String,
) -> anyhow::Result<Json> {
    let body = Some(("application/octet-stream", bytes));
    connection.json(Call { method: "POST", path, body, key: Some(key) }).await
}

/// Books what was staged.
async fn book(
    connection: &mut Connection,
    staged: &Json,
    body: &Json,
    key: String,
) -> anyhow::Result<Json> {
    let id = staged["id"].as_str().context("the answer names no import")?;
    post(connection, &format!("/imports/{id}/book"), body, key).await
}

fn new_key() -> String {
    Env::system().random_uuid().to_string()
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
    let mapping = serde_json::from_value::<CsvMapping>(import["mapping"].clone()).ok();
    for question in import["questions"].as_array().into_iter().flatten() {
        if let Ok(question) = serde_json::from_value::<Question>(question.clone()) {
            text.push_str(&format!(
                "  question: {}\n",
                answers::asked(&question, mapping.as_ref())
            ));
        }
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
        ("undone", "taken back"),
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
