//! What the bank states of accounts and the ledger does not have.

use serde_json::{Value as Json, json};

use super::word;
use crate::command::{escape, print};
use crate::connection::{Call, Connection};

/// Shows the gaps of one asset, or of all.
pub async fn show(
    connection: &mut Connection,
    asset: Option<&str>,
    json: bool,
) -> anyhow::Result<()> {
    let assets = match asset {
        Some(asset) => vec![json!({ "id": asset, "name": asset })],
        None => {
            let page = get(connection, "/assets?limit=200").await?;
            page["items"].as_array().cloned().unwrap_or_default()
        }
    };
    let mut all = Vec::new();
    let mut shown = String::new();
    for asset in &assets {
        let gaps =
            get(connection, &format!("/assets/{}/gaps", escape(&word(&asset["id"])))).await?;
        shown.push_str(&text(&word(&asset["name"]), &gaps));
        all.push(gaps);
    }
    if json {
        return print(&format!("{}\n", serde_json::to_string_pretty(&json!({ "gaps": all }))?));
    }
    print(if shown.is_empty() { "nothing is missing\n" } else { &shown })
}

async fn get(connection: &mut Connection, path: &str) -> anyhow::Result<Json> {
    connection.json(Call { method: "GET", path, body: None, key: None }).await
}

/// Nothing where nothing is missing.
fn text(name: &str, gaps: &Json) -> String {
    let mut text = String::new();
    if gaps["opening_unknown"] == true {
        text.push_str("  the opening balance is not known: zero stands for it\n");
    }
    for gap in gaps["items"].as_array().into_iter().flatten() {
        let after = gap["after"].as_str().map(|day| format!("after {day}, "));
        let within = gap["within"].as_str().map(|import| format!(" (within {import})"));
        text.push_str(&format!(
            "  {}until {}: {} {} are missing{}\n",
            after.unwrap_or_default(),
            word(&gap["until"]),
            word(&gap["amount"]["amount"]),
            word(&gap["amount"]["currency"]),
            within.unwrap_or_default()
        ));
    }
    match gaps["undecided"].as_u64() {
        Some(count) if count > 0 => text.push_str(&format!("  {count} lines to decide about\n")),
        _ => {}
    }
    if text.is_empty() { text } else { format!("{name}:\n{text}") }
}
