//! `florin ledger`: the books of a family, looked at, written out and filled.

mod accounts;
mod changes;
mod chart;
mod export;
mod import;
mod show;
mod statement;
mod transfers;

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde_json::{Value as Json, json};

use crate::cli::ledger::Ledger;
use crate::command::table::word;
use crate::command::{escape, get, print};
use crate::connection::Connection;

/// The most items of a page of the API.
const PAGE_ITEMS_MAX: usize = 200;

/// A book of the family: its id.
pub(super) struct Book(pub(super) String);

/// What accounts are called, where somebody has asked.
#[derive(Default)]
struct Names(BTreeMap<String, String>);

/// Does what is asked for.
pub async fn run(connection: &mut Connection, asked: &Ledger) -> anyhow::Result<()> {
    match asked {
        Ledger::Chart(asked) => chart::run(connection, asked).await,
        Ledger::Accounts(asked) => accounts::run(connection, asked).await,
        Ledger::Statement(asked) => statement::run(connection, asked).await,
        Ledger::Transfers(asked) => transfers::run(connection, asked).await,
        Ledger::Show(asked) => show::run(connection, asked).await,
        Ledger::Changes(asked) => changes::run(connection, asked).await,
        Ledger::Export(asked) => export::run(connection, asked).await,
        Ledger::Import(asked) => import::run(connection, asked).await,
    }
}

impl Book {
    /// The book that is named, or the only one of the family.
    pub(super) async fn of(
        connection: &mut Connection,
        named: Option<&str>,
    ) -> anyhow::Result<Self> {
        if let Some(book) = named {
            return Ok(Self(escape(book)));
        }
        let answer = get(connection, "/books").await?;
        let books = answer["items"].as_array().context("the answer lists no books")?;
        match books.as_slice() {
            [only] => Ok(Self(escape(&word(&only["id"])))),
            _ => anyhow::bail!("there are {} books; name one with --book", books.len()),
        }
    }

    fn path(&self, below: &str) -> String {
        format!("/books/{}/{below}", self.0)
    }

    /// The id of an account that is named by its id, its path or its alias.
    pub(super) async fn account(
        &self,
        connection: &mut Connection,
        named: &str,
    ) -> anyhow::Result<String> {
        if named.starts_with("acct_") {
            return Ok(named.to_owned());
        }
        // A name with a colon is a path; one without may be either.
        let ways: &[&str] = if named.contains(':') { &["path"] } else { &["path", "alias"] };
        for way in ways {
            let path = self.path(&format!("accounts?{way}={}", escape(named)));
            let found = get(connection, &path).await?;
            if let Some(account) = found["items"].get(0) {
                return Ok(word(&account["id"]));
            }
        }
        anyhow::bail!("there is no account at {named:?}, nor one with that alias")
    }
}

impl Names {
    /// What an account is called: its name, or its id where it has none.
    async fn of(
        &mut self,
        connection: &mut Connection,
        book: &Book,
        account: &Json,
    ) -> anyhow::Result<String> {
        let id = word(account);
        if let Some(name) = self.0.get(&id) {
            return Ok(name.clone());
        }
        let found = get(connection, &book.path(&format!("accounts/{}", escape(&id)))).await?;
        let name = called(&found);
        self.0.insert(id, name.clone());
        Ok(name)
    }
}

/// What an account is called: its path, else its name, else its id.
fn called(account: &Json) -> String {
    let names = ["path", "name", "id"].map(|field| word(&account[field]));
    names.into_iter().find(|name| !name.is_empty()).unwrap_or_default()
}

/// The items of a list, page after page, up to a limit.
async fn items(
    connection: &mut Connection,
    path: &str,
    filter: &[(&str, Option<String>)],
    limit: usize,
) -> anyhow::Result<Vec<Json>> {
    let mut query = String::new();
    for (name, value) in filter {
        if let Some(value) = value {
            query.push_str(&format!("&{name}={}", escape(value)));
        }
    }
    let (mut found, mut cursor) = (Vec::new(), String::new());
    while found.len() < limit {
        let count = PAGE_ITEMS_MAX.min(limit - found.len());
        let page = get(connection, &format!("{path}?limit={count}{query}{cursor}")).await?;
        found.extend(page["items"].as_array().cloned().unwrap_or_default());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={}", escape(next)),
            None => break,
        }
    }
    Ok(found)
}

/// `KEY=VALUE` as the two parameters of a search.
fn pair(metadata: Option<&str>) -> anyhow::Result<(Option<String>, Option<String>)> {
    let Some(text) = metadata else { return Ok((None, None)) };
    let (key, value) = text.split_once('=').context("--metadata takes KEY=VALUE")?;
    Ok((Some(key.to_owned()), Some(value.to_owned())))
}

fn print_json(value: &Json) -> anyhow::Result<()> {
    print(&format!("{}\n", serde_json::to_string_pretty(value)?))
}

fn list(items: Vec<Json>) -> Json {
    json!({ "items": items })
}
