//! `florin remittance`: value that goes from one book to another.

use serde_json::{Value as Json, json};

use crate::cli::remittance::{Listed, Remittance};
use crate::command::jobs::show_one;
use crate::command::ledger::Book;
use crate::command::table::{amount, table, word};
use crate::command::{escape, get, post, print};
use crate::connection::Connection;

/// Does what is asked for with the family's remittances.
pub async fn run(connection: &mut Connection, asked: &Remittance) -> anyhow::Result<()> {
    match asked {
        Remittance::Send { amount, payee, from, reference, book, json } => {
            let book = Book::of(connection, book.as_deref()).await?;
            let account = book.account(connection, from).await?;
            let body = json!({
                "book": book.0, "account": account, "payee": payee, "amount": amount,
                "reference": reference,
            });
            show_one(&post(connection, "/remittances", &body).await?, *json)
        }
        Remittance::List { direction, listed } => {
            let Listed { limit, json } = listed;
            let direction = direction.as_deref();
            let direction = direction.map(|one| format!("&direction={}", escape(one)));
            let path = format!("/remittances?limit={limit}{}", direction.unwrap_or_default());
            show_list(&get(connection, &path).await?, *json)
        }
        Remittance::Show(one) => {
            let path = format!("/remittances/{}", escape(&one.id));
            show_one(&get(connection, &path).await?, one.json)
        }
        Remittance::Recall(one) => {
            let path = format!("/remittances/{}/recall", escape(&one.id));
            show_one(&post(connection, &path, &json!({})).await?, one.json)
        }
    }
}

fn show_list(page: &Json, json: bool) -> anyhow::Result<()> {
    if json {
        return print(&format!("{page:#}\n"));
    }
    let row = |one: &Json| {
        let names = ["id", "direction", "status", "counterparty", "reference", "code"];
        let mut cells = names.map(|name| word(&one[name])).to_vec();
        cells.push(amount(&one["amount"], &one["commodity"]));
        cells
    };
    let rows: Vec<_> = page["items"].as_array().into_iter().flatten().map(row).collect();
    let head = ["REMITTANCE", "DIRECTION", "STATUS", "OTHER SIDE", "REFERENCE", "WHY", "AMOUNT"];
    print(&table(&head, &rows, 6))
}
