//! `florin ledger accounts`: accounts by what they say.

use serde_json::Value as Json;

use super::{Book, items, list, pair, print_json};
use crate::cli::ledger::LedgerAccounts;
use crate::command::print;
use crate::command::table::{amount, table, word};
use crate::connection::Connection;

/// Asks, and prints the answer.
pub async fn run(connection: &mut Connection, asked: &LedgerAccounts) -> anyhow::Result<()> {
    let book = Book::of(connection, asked.asking.book.as_deref()).await?;
    let (key, value) = pair(asked.metadata.as_deref())?;
    let filter = [
        ("type", asked.kind.clone()),
        ("commodity", asked.commodity.clone()),
        ("name", asked.name.clone()),
        ("path", asked.path.clone()),
        ("alias", asked.alias.clone()),
        ("code", asked.code.map(|code| code.to_string())),
        ("metadata_key", key),
        ("metadata_value", value),
    ];
    let found = items(connection, &book.path("accounts"), &filter, asked.limit).await?;
    if asked.asking.json {
        return print_json(&list(found));
    }
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    let head = ["ACCOUNT", "NAME", "PATH", "TYPE", "STATE", "BALANCE", "AVAILABLE"];
    print(&table(&head, &rows, 5))
}

fn row(account: &Json) -> Vec<String> {
    let state = match (account["closed"] == true, account["frozen"] == true) {
        (true, _) => "closed",
        (false, true) => "frozen",
        (false, false) => "open",
    };
    let (balance, commodity) = (&account["balance"], &account["commodity"]);
    vec![
        word(&account["id"]),
        word(&account["name"]),
        word(&account["path"]),
        word(&account["type"]),
        state.to_owned(),
        amount(&balance["posted"], commodity),
        amount(&balance["available"], commodity),
    ]
}
