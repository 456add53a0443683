//! `florin approvals`: what another person must say yes to, looked at and decided.

use serde_json::{Value as Json, json};

use crate::cli::approvals::{Approvals, OneApproval};
use crate::command::jobs::show_one;
use crate::command::table::{table, word};
use crate::command::{ask, escape, print};
use crate::connection::Connection;

/// Does what is asked for with the family's approvals.
pub async fn run(connection: &mut Connection, asked: &Approvals) -> anyhow::Result<()> {
    match asked {
        Approvals::List { state, json } => {
            let state = state.as_deref().map(|state| format!("&state={}", escape(state)));
            let path = format!("/approvals?limit=50{}", state.unwrap_or_default());
            show_list(&ask(connection, "GET", &path, None).await?, *json)
        }
        Approvals::Show(one) => {
            let found = ask(connection, "GET", &path_of(one, ""), None).await?;
            show_one(&found, one.json)
        }
        Approvals::AskUndo { import, reason } => {
            let path = format!("/imports/{}/undo/approval", escape(import));
            let body = Some(json!({ "reason": reason }));
            show_one(&ask(connection, "POST", &path, body).await?, false)
        }
        Approvals::Approve { one, reason } => say(connection, (one, "/approve"), reason).await,
        Approvals::Refuse { one, reason } => say(connection, (one, "/refuse"), reason).await,
        Approvals::Withdraw(one) => {
            let found = ask(connection, "POST", &path_of(one, "/withdraw"), None).await?;
            show_one(&found, one.json)
        }
        Approvals::Delegate { to, until } => {
            let body = Some(json!({ "to": to, "until": until }));
            show_one(&ask(connection, "POST", "/approvals/delegations", body).await?, false)
        }
        Approvals::Delegations => {
            show_delegations(&ask(connection, "GET", "/approvals/delegations", None).await?)
        }
        Approvals::EndDelegation { delegation } => {
            let path = format!("/approvals/delegations/{}", escape(delegation));
            ask(connection, "DELETE", &path, None).await.map(drop)
        }
    }
}

async fn say(
    connection: &mut Connection,
    (one, word): (&OneApproval, &str),
    reason: &str,
) -> anyhow::Result<()> {
    let body = Some(json!({ "reason": reason }));
    show_one(&ask(connection, "POST", &path_of(one, word), body).await?, one.json)
}

fn path_of(one: &OneApproval, rest: &str) -> String {
    format!("/approvals/{}{rest}", escape(&one.approval))
}

fn show_list(page: &Json, json: bool) -> anyhow::Result<()> {
    if json {
        return print(&format!("{page:#}\n"));
    }
    let row = |one: &Json| {
        let mut cells = ["id", "kind", "state", "expires_at"].map(|name| word(&one[name])).to_vec();
        cells.push(word(&one["reason"]));
        let approved = one["decisions"].as_array().into_iter().flatten();
        let approved = approved.filter(|said| said["verdict"] == "approve").count();
        cells.push(format!("{approved}/{}", one["people"]));
        cells
    };
    let rows: Vec<_> = page["items"].as_array().into_iter().flatten().map(row).collect();
    print(&table(&["APPROVAL", "COMMAND", "STATE", "UNTIL", "REASON", "APPROVED"], &rows, 5))
}

fn show_delegations(page: &Json) -> anyhow::Result<()> {
    let names = ["id", "principal", "delegate", "until"];
    let row = |one: &Json| names.map(|name| word(&one[name])).to_vec();
    let rows: Vec<_> = page["items"].as_array().into_iter().flatten().map(row).collect();
    print(&table(&["DELEGATION", "WHOSE WORD", "WHO SAYS IT", "UNTIL"], &rows, 4))
}
