//! `florin ledger statement`: what happened on an account in a period.

use serde_json::Value as Json;

use super::{Book, Names, print_json};
use crate::cli::ledger::LedgerStatement;
use crate::command::table::{amount, table, word};
use crate::command::{escape, get, print};
use crate::connection::Connection;

/// Asks, and prints the answer.
pub async fn run(connection: &mut Connection, asked: &LedgerStatement) -> anyhow::Result<()> {
    let book = Book::of(connection, asked.asking.book.as_deref()).await?;
    let account = escape(&book.account(connection, &asked.account).await?);
    let (from, to) = (escape(&asked.from), escape(&asked.to));
    let path = book.path(&format!("accounts/{account}/statement?from={from}&to={to}"));
    let answer = get(connection, &path).await?;
    if asked.asking.json {
        return print_json(&answer);
    }
    let mut names = Names::default();
    let name = names.of(connection, &book, &answer["account"]).await?;
    let mut rows = vec![end("opening balance", &answer["opening"], &answer)];
    for line in answer["lines"].as_array().into_iter().flatten() {
        let other = names.of(connection, &book, &line["other"]).await?;
        rows.push(vec![
            word(&line["effective"]),
            other,
            word(&line["purpose"]),
            word(&line["reference"]),
            amount(&line["amount"], &Json::Null),
            amount(&line["balance"], &answer["commodity"]),
        ]);
    }
    rows.push(end("closing balance", &answer["closing"], &answer));
    let head = ["DATE", "WITH", "PURPOSE", "REFERENCE", "AMOUNT", "BALANCE"];
    let text = table(&head, &rows, 4);
    print(&format!("{name}, {} to {}\n\n{text}", word(&answer["from"]), word(&answer["to"])))
}

fn end(name: &str, balance: &Json, answer: &Json) -> Vec<String> {
    let none = String::new;
    let balance = amount(balance, &answer["commodity"]);
    vec![none(), name.to_owned(), none(), none(), none(), balance]
}
