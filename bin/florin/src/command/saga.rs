//! `florin saga`: flows over several books, looked at, undone, helped on.

use serde_json::{Value as Json, json};

use crate::cli::remittance::{Listed, One, Saga};
use crate::command::jobs::show_one;
use crate::command::table::{table, word};
use crate::command::{escape, get, post, print};
use crate::connection::Connection;

/// Does what is asked for with the family's sagas.
pub async fn run(connection: &mut Connection, asked: &Saga) -> anyhow::Result<()> {
    match asked {
        Saga::List { status, listed } => {
            let Listed { limit, json } = listed;
            let status = status.as_deref().map(|status| format!("&status={}", escape(status)));
            let path = format!("/sagas?limit={limit}{}", status.unwrap_or_default());
            show_list(&get(connection, &path).await?, *json)
        }
        Saga::Show(one) => {
            show_story(&get(connection, &format!("/sagas/{}", escape(&one.id))).await?, one.json)
        }
        Saga::Undo(one) => steer(connection, one, "undo").await,
        Saga::Retry(one) => steer(connection, one, "retry").await,
    }
}

async fn steer(connection: &mut Connection, one: &One, how: &str) -> anyhow::Result<()> {
    let path = format!("/sagas/{}/{how}", escape(&one.id));
    show_one(&post(connection, &path, &json!({})).await?, one.json)
}

fn show_list(page: &Json, json: bool) -> anyhow::Result<()> {
    if json {
        return print(&format!("{page:#}\n"));
    }
    let row = |saga: &Json| {
        let cells = ["id", "kind", "status", "state", "started_at"].map(|name| word(&saga[name]));
        [&cells[..], &[word(&saga["error"]["code"])]].concat()
    };
    let rows: Vec<_> = page["items"].as_array().into_iter().flatten().map(row).collect();
    let head = ["SAGA", "KIND", "STATUS", "STATE", "STARTED", "ERROR"];
    print(&table(&head, &rows, head.len()))
}

/// How it stands, and what was told to it, a line each.
fn show_story(saga: &Json, json: bool) -> anyhow::Result<()> {
    if json {
        return print(&format!("{saga:#}\n"));
    }
    let row = |line: &Json| {
        let told = format!("{} {}", word(&line["input"]), word(&line["detail"]));
        let elsewhere = line["elsewhere"] == true;
        let step = word(&line["step"]) + if elsewhere { " (the other side)" } else { "" };
        vec![word(&line["at"]), told.trim_end().to_owned(), word(&line["state"]), step]
    };
    let rows: Vec<_> = saga["story"].as_array().into_iter().flatten().map(row).collect();
    let mut text =
        format!("{} {} is {}\n", word(&saga["kind"]), word(&saga["id"]), word(&saga["status"]));
    if saga["error"].is_object() {
        let (code, detail) = (word(&saga["error"]["code"]), word(&saga["error"]["detail"]));
        text.push_str(&format!("{code}: {detail}\n"));
    }
    let head = ["TIME", "TOLD", "STATE", "STEP BEGUN"];
    print(&format!("{text}\n{}", table(&head, &rows, head.len())))
}
