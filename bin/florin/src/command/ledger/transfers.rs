//! `florin ledger transfers`: transfers by what they say, the latest first.

use super::{Book, Names, items, list, pair, print_json};
use crate::cli::ledger::LedgerTransfers;
use crate::command::print;
use crate::command::table::{amount, table, word};
use crate::connection::Connection;

/// Asks, and prints the answer.
pub async fn run(connection: &mut Connection, asked: &LedgerTransfers) -> anyhow::Result<()> {
    let book = Book::of(connection, asked.asking.book.as_deref()).await?;
    let account = match &asked.account {
        None => None,
        Some(named) => Some(book.account(connection, named).await?),
    };
    let (key, value) = pair(asked.metadata.as_deref())?;
    let filter = [
        ("account", account),
        ("hold", asked.hold.clone()),
        ("reference", asked.reference.clone()),
        ("code", asked.code.map(|code| code.to_string())),
        ("metadata_key", key),
        ("metadata_value", value),
        ("effective_from", asked.from.clone()),
        ("effective_to", asked.to.clone()),
        ("booked_from", asked.booked_from.clone()),
        ("booked_before", asked.booked_before.clone()),
        ("amount_min", asked.amount_min.clone()),
        ("amount_max", asked.amount_max.clone()),
    ];
    let found = items(connection, &book.path("transfers"), &filter, asked.limit).await?;
    if asked.asking.json {
        return print_json(&list(found));
    }
    let (mut names, mut rows) = (Names::default(), Vec::with_capacity(found.len()));
    for one in &found {
        rows.push(vec![
            word(&one["id"]),
            word(&one["effective"]),
            word(&one["type"]),
            names.of(connection, &book, &one["debit"]).await?,
            names.of(connection, &book, &one["credit"]).await?,
            word(&one["purpose"]),
            amount(&one["amount"], &one["commodity"]),
        ]);
    }
    let head = ["TRANSFER", "DATE", "TYPE", "DEBIT", "CREDIT", "PURPOSE", "AMOUNT"];
    print(&table(&head, &rows, 6))
}
