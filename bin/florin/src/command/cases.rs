//! `florin cases`: what somebody must look at, worked on and decided.

use serde_json::{Value as Json, json};

use crate::cli::cases::{Cases, OneCase};
use crate::command::jobs::show_one;
use crate::command::table::{table, word};
use crate::command::{ask, escape, print};
use crate::connection::Connection;

/// Does what is asked for with the family's cases.
pub async fn run(connection: &mut Connection, asked: &Cases) -> anyhow::Result<()> {
    let (one, rest, body) = match asked {
        Cases::List { state, assignee, json } => {
            let state = state.as_deref().map(|state| format!("&state={}", escape(state)));
            let assignee = assignee.as_deref().map(|one| format!("&assignee={}", escape(one)));
            let filters = [state, assignee].into_iter().flatten().collect::<String>();
            let path = format!("/cases?limit=50{filters}");
            return show_list(&ask(connection, "GET", &path, None).await?, *json);
        }
        Cases::Show(one) => {
            let found = ask(connection, "GET", &path_of(one, ""), None).await?;
            return show_one(&found, one.json);
        }
        Cases::History(one) => {
            let found = ask(connection, "GET", &path_of(one, "/entries"), None).await?;
            return show_history(&found, one.json);
        }
        Cases::Comment { one, text } => (one, "/comments", json!({ "comment": text })),
        Cases::Attach { one, object, comment } => {
            (one, "/comments", json!({ "comment": comment, "object": object }))
        }
        Cases::Assign { one, to, .. } => (one, "/assign", json!({ "to": to })),
        Cases::Set { one, priority, due } => {
            (one, "/change", json!({ "priority": priority, "due_at": due }))
        }
        Cases::Decide { one, choice, comment } => {
            (one, "/decide", json!({ "choice": choice, "comment": comment }))
        }
    };
    let found = ask(connection, "POST", &path_of(one, rest), Some(body)).await?;
    show_one(&found, one.json)
}

fn path_of(one: &OneCase, rest: &str) -> String {
    format!("/cases/{}{rest}", escape(&one.case))
}

fn show_list(page: &Json, json: bool) -> anyhow::Result<()> {
    if json {
        return print(&format!("{page:#}\n"));
    }
    let row = |one: &Json| {
        let mut cells =
            ["id", "kind", "state", "priority", "due_at"].map(|name| word(&one[name])).to_vec();
        let subject = &one["subject"];
        cells.push(format!("{} {}", word(&subject["kind"]), word(&subject["id"])));
        cells
    };
    let rows: Vec<_> = page["items"].as_array().into_iter().flatten().map(row).collect();
    print(&table(&["CASE", "KIND", "STATE", "PRIORITY", "DUE", "ABOUT"], &rows, 6))
}

fn show_history(page: &Json, json: bool) -> anyhow::Result<()> {
    if json {
        return print(&format!("{page:#}\n"));
    }
    let names = ["step", "happened_at", "actor", "detail", "comment"];
    let row = |one: &Json| names.map(|name| word(&one[name])).to_vec();
    let rows: Vec<_> = page["items"].as_array().into_iter().flatten().map(row).collect();
    print(&table(&["STEP", "WHEN", "WHO", "DETAIL", "SAID"], &rows, 5))
}
