//! `florin jobs` and `florin schedules`: what is done later or again, looked at and steered.

use serde_json::Value as Json;

use crate::cli::jobs::{Jobs, Schedules};
use crate::command::table::{table, word};
use crate::command::{escape, get, post, print};
use crate::connection::Connection;

/// Does what is asked for with the family's jobs.
pub async fn run(connection: &mut Connection, asked: &Jobs) -> anyhow::Result<()> {
    let json = asked.whose().json;
    match asked {
        Jobs::List { state, limit, .. } => {
            let state = state.as_deref().map(|state| format!("&state={}", escape(state)));
            let path = format!("/jobs?limit={limit}{}", state.unwrap_or_default());
            show_list(&get(connection, &path).await?, json)
        }
        Jobs::Show(one) => {
            let path = format!("/jobs/{}", escape(&one.job));
            show_one(&get(connection, &path).await?, json)
        }
        Jobs::Cancel(one) => {
            let path = format!("/jobs/{}/cancel", escape(&one.job));
            show_one(&post(connection, &path, &Json::Null).await?, json)
        }
        Jobs::Retry(one) => {
            let path = format!("/jobs/{}/retry", escape(&one.job));
            show_one(&post(connection, &path, &Json::Null).await?, json)
        }
    }
}

/// Does what is asked for with the family's schedules.
pub async fn run_schedules(connection: &mut Connection, asked: &Schedules) -> anyhow::Result<()> {
    let json = asked.whose().json;
    match asked {
        Schedules::List { .. } => show_schedules(&get(connection, "/schedules").await?, json),
        Schedules::Run { name, .. } => {
            let path = format!("/schedules/{}/run", escape(name));
            show_one(&post(connection, &path, &Json::Null).await?, json)
        }
    }
}

/// Prints a page of jobs.
pub fn show_list(page: &Json, json: bool) -> anyhow::Result<()> {
    if json {
        return print(&format!("{page:#}\n"));
    }
    let row = |job: &Json| {
        let mut cells = ["id", "kind", "state", "run_at"].map(|name| word(&job[name])).to_vec();
        cells.push(word(&job["error"]["detail"]));
        cells.push(format!("{}/{}", job["attempt"], job["attempts_max"]));
        cells
    };
    let rows: Vec<_> = page["items"].as_array().into_iter().flatten().map(row).collect();
    print(&table(&["JOB", "KIND", "STATE", "NOT BEFORE", "LAST ERROR", "ATTEMPT"], &rows, 5))
}

/// Prints a job.
pub fn show_one(job: &Json, json: bool) -> anyhow::Result<()> {
    if json {
        return print(&format!("{job:#}\n"));
    }
    let mut text = String::new();
    for (name, value) in job.as_object().into_iter().flatten() {
        let value = if value.is_string() { word(value) } else { value.to_string() };
        text.push_str(&format!("{name:18}{value}\n"));
    }
    print(&text)
}

/// Prints schedules.
pub fn show_schedules(page: &Json, json: bool) -> anyhow::Result<()> {
    if json {
        return print(&format!("{page:#}\n"));
    }
    let names = ["name", "cron", "zone", "next_at", "last_at", "last_job"];
    let row = |one: &Json| names.map(|name| word(&one[name])).to_vec();
    let rows: Vec<_> = page["items"].as_array().into_iter().flatten().map(row).collect();
    let head = ["SCHEDULE", "TIMES", "ZONE", "NEXT", "LAST", "LAST JOB"];
    print(&table(&head, &rows, head.len()))
}
