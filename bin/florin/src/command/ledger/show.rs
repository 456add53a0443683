//! `florin ledger show`: a transfer with everything behind it.

use serde_json::{Value as Json, json};

use super::{Book, Names, items, print_json};
use crate::cli::ledger::LedgerShow;
use crate::command::table::{amount, word};
use crate::command::{escape, get, print};
use crate::connection::Connection;

/// The captures of a hold that are shown.
const CAPTURES_MAX: usize = 1_000;

/// Asks, and prints the answer.
pub async fn run(connection: &mut Connection, asked: &LedgerShow) -> anyhow::Result<()> {
    let book = Book::of(connection, asked.asking.book.as_deref()).await?;
    let path = book.path(&format!("transfers/{}", escape(&asked.transfer)));
    let transfer = get(connection, &path).await?;
    let record = get(connection, &format!("{path}/record")).await?;
    let captures = match transfer["type"] == "hold" {
        false => Vec::new(),
        true => {
            let of_it = [("hold", Some(asked.transfer.clone()))];
            items(connection, &book.path("transfers"), &of_it, CAPTURES_MAX).await?
        }
    };
    if asked.asking.json {
        let captures = Json::Array(captures);
        let all = json!({ "transfer": transfer, "captures": captures, "record": record });
        return print_json(&all);
    }
    let mut names = Names::default();
    let debit = names.of(connection, &book, &transfer["debit"]).await?;
    let credit = names.of(connection, &book, &transfer["credit"]).await?;
    print(&text(&transfer, [&debit, &credit], &captures, &record))
}

/// A line for each thing that is known.
fn text(transfer: &Json, [debit, credit]: [&str; 2], captures: &[Json], record: &Json) -> String {
    let of = |amount_of: &Json| match amount_of.is_null() {
        true => String::new(),
        false => amount(amount_of, &transfer["commodity"]),
    };
    let metadata = match &transfer["metadata"] {
        Json::Null => String::new(),
        other => other.to_string(),
    };
    let number = |value: &Json| value.as_u64().map(|number| number.to_string());
    let mut lines = vec![
        ("transfer", word(&transfer["id"])),
        ("number", number(&transfer["number"]).unwrap_or_default()),
        ("type", word(&transfer["type"]).replace('_', " ")),
        ("amount", of(&transfer["amount"])),
        ("at most", of(&transfer["maximum"])),
        ("balancing", word(&transfer["balancing"])),
        ("debit", format!("{}  {debit}", word(&transfer["debit"]))),
        ("credit", format!("{}  {credit}", word(&transfer["credit"]))),
        ("closed", word(&transfer["closed"])),
        ("effective", word(&transfer["effective"])),
        ("booked at", word(&transfer["booked_at"])),
        ("code", number(&transfer["code"]).filter(|code| code != "0").unwrap_or_default()),
        ("reference", word(&transfer["reference"])),
        ("purpose", word(&transfer["purpose"])),
        ("counterparty", word(&transfer["counterparty"])),
        ("metadata", metadata),
        ("of the hold", word(&transfer["hold"])),
        ("its rest", word(&transfer["rest"])),
        ("expires at", word(&transfer["expires_at"])),
        ("still held", of(&transfer["left"])),
    ];
    for one in captures {
        let what = if one["type"] == "void_hold" { "voided by" } else { "posted by" };
        lines.push((what, format!("{}  {}", word(&one["id"]), of(&one["amount"]))));
    }
    lines.extend([
        ("reverses", word(&transfer["reverses"])),
        ("reversed by", word(&transfer["reversed_by"])),
        ("record", number(&record["seq"]).unwrap_or_default()),
        ("hash", word(&record["hash"])),
        ("sent by", sender(record)),
        ("for", word(&record["on_behalf_of"])),
        ("as part of", word(&record["correlation"])),
    ]);
    let line = |(name, value): (&str, String)| format!("{name:12}  {value}\n");
    lines.into_iter().filter(|(_, value)| !value.trim().is_empty()).map(line).collect()
}

fn sender(record: &Json) -> String {
    let actor = &record["actor"];
    let words = ["kind", "id", "name"].map(|field| word(&actor[field]));
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
