//! `florin vault`: keys, parties, and what is held about one.

use std::path::Path;

use anyhow::{Context as _, ensure};
use kernel::Env;
use serde_json::{Value as Json, json};
use storage::keys::master_key_counts;
use vault::master;

use crate::cli::vault::{Rotate, Vault};
use crate::command::jobs::show_one;
use crate::command::table::{table, word};
use crate::command::{download, escape, get, post, print};
use crate::config::Config;
use crate::connection::Connection;
use crate::platform::{master_keys, open_database};

/// Does what is asked for with the family's keys and parties.
pub async fn run(connection: &mut Connection, asked: &Vault) -> anyhow::Result<()> {
    match asked {
        Vault::Status { json, .. } => status(connection, *json).await,
        Vault::Rotate(Rotate { parties, .. }) => {
            let body = json!({ "parties": parties });
            let job = post(connection, "/vault/rotate", &body).await?;
            show_one(&job, false)
        }
        Vault::Erase { party, yes } => {
            ensure!(*yes, "what is erased cannot be brought back: say --yes where it is meant");
            let path = format!("/vault/parties/{}/erase", escape(party));
            show_one(&post(connection, &path, &json!({})).await?, false)
        }
        Vault::Export { party, files } => {
            export(connection, party).await?;
            match files {
                Some(folder) => save_files(connection, party, folder).await,
                None => Ok(()),
            }
        }
        Vault::NewMasterKey => Ok(()),
    }
}

/// Does what needs no family: master keys.
pub async fn run_for_all(config: &Config, asked: &Vault) -> anyhow::Result<()> {
    match asked {
        Vault::NewMasterKey => print(&format!("{}\n", *master::new_line(&Env::system()))),
        Vault::Rotate(_) => {
            ensure!(
                config.master_key().is_none(),
                "the master key is given as FLORIN_MASTER_KEY: put a new one in front of it, with \
                 a comma between them (florin vault new-master-key)"
            );
            let path = config.master_key_file();
            let id = master::add_to_file(&path, &Env::system())?;
            print(&format!("{id} wraps from the next start of a server on\n"))
        }
        Vault::Status { json, .. } => masters(config, *json).await,
        Vault::Erase { .. } | Vault::Export { .. } => Ok(()),
    }
}

async fn status(connection: &mut Connection, json: bool) -> anyhow::Result<()> {
    let mut status = get(connection, "/vault").await?;
    status["parties"] = get(connection, "/vault/parties?limit=200").await?["items"].take();
    if json {
        return print(&format!("{status:#}\n"));
    }
    let number = |value: &Json| value.as_u64().map_or("-".to_owned(), |number| number.to_string());
    print(&format!("wrapping key {}\n", number(&status["wrapping_key"])))?;
    let row = |party: &Json| {
        let keys = number(&party["keys"]);
        vec![word(&party["id"]), word(&party["created_at"]), word(&party["erased_at"]), keys]
    };
    let rows: Vec<_> = status["parties"].as_array().into_iter().flatten().map(row).collect();
    print(&table(&["PARTY", "SINCE", "ERASED", "KEYS"], &rows, 3))
}

/// Prints all that is held, page by page.
async fn export(connection: &mut Connection, party: &str) -> anyhow::Result<()> {
    let path = format!("/vault/parties/{}/export?limit=200", escape(party));
    let mut cursor = String::new();
    loop {
        let page = get(connection, &format!("{path}{cursor}")).await?;
        for item in page["items"].as_array().into_iter().flatten() {
            print(&format!("{item}\n"))?;
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={}", escape(next)),
            None => return Ok(()),
        }
    }
}

/// Saves the files that are held about a party.
async fn save_files(connection: &mut Connection, party: &str, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let path = format!("/objects?limit=200&party={}", escape(party));
    let mut cursor = String::new();
    loop {
        let page = get(connection, &format!("{path}{cursor}")).await?;
        let items = page["items"].as_array().into_iter().flatten();
        for object in items.filter(|object| object["state"] == "stored") {
            let id = word(&object["id"]);
            let out = folder.join(format!("{id}-{}", plain(&word(&object["name"]))));
            download(connection, &format!("/objects/{id}/content"), &out).await?;
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={}", escape(next)),
            None => return Ok(()),
        }
    }
}

/// A name as a file may have it, whoever gave it.
fn plain(name: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_. ".contains(c);
    name.chars().take(100).map(|c| if is_plain(c) { c } else { '_' }).collect()
}

/// The master keys that are open, and how many keys of tenants each wraps.
async fn masters(config: &Config, json: bool) -> anyhow::Result<()> {
    use storage::keys::MasterKeys as _;
    let database = open_database(config, &Env::system()).await?;
    let open = master_keys(config, &database).await.context("the master keys are not open")?;
    let counts = master_key_counts(&database).await?;
    let current = open.current();
    let mut items = Vec::new();
    for id in open.ids() {
        let count = counts.iter().find(|(other, _)| *other == id).map_or(0, |(_, count)| *count);
        let state = match (id == current, count) {
            (true, _) => "current",
            (false, 0) => "not needed",
            (false, _) => "needed",
        };
        items.push(json!({ "id": id.as_str(), "state": state, "keys": count }));
    }
    if json {
        return print(&format!("{:#}\n", json!({ "items": items })));
    }
    let row = |one: &Json| vec![word(&one["id"]), word(&one["state"]), one["keys"].to_string()];
    let rows: Vec<_> = items.iter().map(row).collect();
    print(&table(&["MASTER KEY", "STATE", "WRAPS"], &rows, 2))
}
