//! The lines of an import: listing, explaining and deciding about them.

use anyhow::{Context as _, bail};
use serde_json::{Value as Json, json};

use super::word;
use crate::cli::import::Decision;
use crate::command::table::table;
use crate::command::{escape, print};
use crate::connection::{Call, Connection};

/// Lists the lines of an import, page by page.
pub async fn list(
    connection: &mut Connection,
    (import, status): (&str, Option<&str>),
    json: bool,
) -> anyhow::Result<()> {
    let status = status.map(|status| format!("&status={}", escape(status))).unwrap_or_default();
    let mut cursor = String::new();
    let mut lines = Vec::new();
    loop {
        let path = format!("/imports/{}/lines?limit=200{status}{cursor}", escape(import));
        let page = get(connection, &path).await?;
        lines.extend(page["items"].as_array().into_iter().flatten().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={}", escape(next)),
            None => break,
        }
    }
    if json {
        return print(&format!("{}\n", serde_json::to_string_pretty(&json!({ "lines": lines }))?));
    }
    let head = ["line", "booked", "status", "what", "amount"];
    let rows = lines.iter().map(|line| {
        vec![
            line["line"].to_string(),
            word(&line["booked"]),
            word(&line["status"]),
            said(line),
            amount(line),
        ]
    });
    print(&table(&head, &rows.collect::<Vec<_>>(), 4))
}

/// Prints why a line is what it is.
pub async fn explain(connection: &mut Connection, line: &str, json: bool) -> anyhow::Result<()> {
    let path = match line.split_once(':') {
        Some(_) => path_of(line)?,
        None if line.starts_with("xfer_") => {
            format!("/transactions/{}/explanation", escape(line))
        }
        None => bail!("{line:?} is neither a line, as imp_…:7, nor a transfer, as xfer_…"),
    };
    let why = get(connection, &path).await?;
    if json {
        return print(&format!("{}\n", serde_json::to_string_pretty(&why)?));
    }
    print(&text(&why))
}

/// Decides about a line, and prints what it is then.
pub async fn decide(
    connection: &mut Connection,
    line: &str,
    decision: Decision,
) -> anyhow::Result<()> {
    let decision = match decision {
        Decision::Book => "book",
        Decision::Skip => "skip",
    };
    let body = serde_json::to_vec(&json!({ "decision": decision }))?;
    let (path, body) = (path_of(line)?, Some(("application/json", body)));
    let decided = connection.json(Call { method: "PUT", path: &path, body, key: None }).await?;
    let (amount, said, status) = (amount(&decided), said(&decided), word(&decided["status"]));
    print(&format!("{line}: {amount} {said}: {status}\n"))
}

async fn get(connection: &mut Connection, path: &str) -> anyhow::Result<Json> {
    connection.json(Call { method: "GET", path, body: None, key: None }).await
}

/// `imp_…:7` as a path of the API.
fn path_of(line: &str) -> anyhow::Result<String> {
    let (import, number) = line.split_once(':').context("a line is named as imp_…:7")?;
    let number: u32 = number.parse().with_context(|| format!("{number:?} is no line"))?;
    Ok(format!("/imports/{}/lines/{number}", escape(import)))
}

fn text(why: &Json) -> String {
    let line = &why["line"];
    let mut text = format!(
        "{}:{} ({}, line {} of it): {} {} {}: {}\n",
        word(&why["import"]),
        line["line"],
        word(&why["file_name"]),
        line["file_line"],
        word(&line["booked"]),
        amount(line),
        said(line),
        word(&line["status"])
    );
    match (line["why"].as_str(), why["question"].as_u64()) {
        (Some(said), Some(question)) => text.push_str(&format!("  {said} (question {question})\n")),
        (Some(said), None) => text.push_str(&format!("  {said}\n")),
        (None, _) => text.push_str("  no line like it was there\n"),
    }
    for (name, what) in [("found", "it is"), ("told", "compared with")] {
        let found = &why[name];
        if found.is_object() {
            text.push_str(&format!(
                "  {what} {}:{} ({}, line {} of it)\n",
                word(&found["import"]),
                found["line"]["line"],
                word(&found["file_name"]),
                found["line"]["file_line"]
            ));
        }
    }
    for compared in why["compared"].as_array().into_iter().flatten() {
        let side = |name: &str| compared[name].as_str().unwrap_or("nothing").to_owned();
        let (field, agreement) = (word(&compared["field"]), word(&compared["agreement"]));
        text.push_str(&format!("    {field}: {} | {}: {agreement}\n", side("here"), side("there")));
    }
    for taken in why["decisions"].as_array().into_iter().flatten() {
        let by = &taken["by"];
        let by = by["id"].as_str().or_else(|| by["name"].as_str()).or_else(|| by["kind"].as_str());
        text.push_str(&format!(
            "  {} {} decided: {}; it was {}, and is {}\n",
            word(&taken["at"]),
            by.unwrap_or_default(),
            word(&taken["decision"]),
            word(&taken["from"]),
            word(&taken["to"])
        ));
    }
    text
}

/// What the bank says of a line.
fn said(line: &Json) -> String {
    let texts = ["counterparty", "purpose"].iter().filter_map(|name| line[*name].as_str());
    texts.collect::<Vec<_>>().join(", ")
}

fn amount(line: &Json) -> String {
    format!("{} {}", word(&line["amount"]["amount"]), word(&line["amount"]["currency"]))
}
