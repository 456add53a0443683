//! `florin payee`: accounts that others may send to.

use serde_json::{Value as Json, json};

use crate::cli::remittance::{Listed, Payee};
use crate::command::jobs::show_one;
use crate::command::ledger::Book;
use crate::command::table::{table, word};
use crate::command::{escape, get, post, print};
use crate::connection::Connection;

/// Does what is asked for with the family's payees.
pub async fn run(connection: &mut Connection, asked: &Payee) -> anyhow::Result<()> {
    match asked {
        Payee::Open { account, name, book, json } => {
            let book = Book::of(connection, book.as_deref()).await?;
            let account = book.account(connection, account).await?;
            let body = json!({ "book": book.0, "account": account, "name": name });
            show_one(&post(connection, "/payees", &body).await?, *json)
        }
        Payee::List(Listed { limit, json }) => {
            show_list(&get(connection, &format!("/payees?limit={limit}")).await?, *json)
        }
        Payee::Show(one) => {
            let path = format!("/payees/lookup?payee={}", escape(&one.id));
            show_one(&get(connection, &path).await?, one.json)
        }
        Payee::Close(one) => {
            let path = format!("/payees/{}/close", escape(&one.id));
            show_one(&post(connection, &path, &json!({})).await?, one.json)
        }
    }
}

fn show_list(page: &Json, json: bool) -> anyhow::Result<()> {
    if json {
        return print(&format!("{page:#}\n"));
    }
    let names = ["id", "name", "commodity", "account", "opened_at", "closed_at"];
    let row = |one: &Json| names.map(|name| word(&one[name])).to_vec();
    let rows: Vec<_> = page["items"].as_array().into_iter().flatten().map(row).collect();
    let head = ["PAYEE", "NAME", "TAKES", "ACCOUNT", "OPENED", "CLOSED"];
    print(&table(&head, &rows, head.len()))
}
