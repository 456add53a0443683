//! `florin object`: files, up and down, and what keeps them.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use anyhow::{Context as _, ensure};
use serde_json::{Value as Json, json};

use crate::cli::object::Object;
use crate::command::jobs::show_one;
use crate::command::table::{table, word};
use crate::command::{ask, download, escape, file_name, print};
use crate::connection::{Call, Connection};

/// What is sent at a time, in bytes: whole chunks, and less than a request may have.
const PIECE_BYTES: u64 = 8 << 20;

/// Does what is asked for with the family's files.
pub async fn run(connection: &mut Connection, asked: &Object) -> anyhow::Result<()> {
    match asked {
        Object::List { party, json } => {
            let party = party.as_deref().map(|party| format!("&party={}", escape(party)));
            let path = format!("/objects?limit=200{}", party.unwrap_or_default());
            show_list(&ask(connection, "GET", &path, None).await?, *json)
        }
        Object::Show { object } => {
            show_one(&ask(connection, "GET", &path_of(object, ""), None).await?, false)
        }
        Object::Put { file, resume, party } => {
            let object = match resume {
                Some(object) => ask(connection, "GET", &path_of(object, ""), None).await?,
                None => begin(connection, file, party.as_deref()).await?,
            };
            show_one(&put(connection, file, object).await?, false)
        }
        Object::Get { object, out } => {
            download(connection, &path_of(object, "/content"), out).await
        }
        Object::Remove { object } => {
            ask(connection, "DELETE", &path_of(object, ""), None).await.map(drop)
        }
        Object::Retain { object, until } => {
            let body = Some(json!({ "until": until }));
            show_one(&ask(connection, "PUT", &path_of(object, "/retention"), body).await?, false)
        }
        Object::Hold { object, matter } => {
            let path = path_of(object, &format!("/holds/{}", escape(matter)));
            show_holds(&ask(connection, "PUT", &path, None).await?)
        }
        Object::Release { object, matter } => {
            let path = path_of(object, &format!("/holds/{}", escape(matter)));
            show_holds(&ask(connection, "DELETE", &path, None).await?)
        }
    }
}

async fn begin(
    connection: &mut Connection,
    file: &Path,
    party: Option<&str>,
) -> anyhow::Result<Json> {
    let size = std::fs::metadata(file).with_context(|| place(file))?.len();
    let body = json!({ "name": file_name(file), "size": size, "party": party });
    ask(connection, "POST", "/objects", Some(body)).await
}

/// Sends a file from where its upload ended.
async fn put(connection: &mut Connection, path: &Path, mut object: Json) -> anyhow::Result<Json> {
    let id = word(&object["id"]);
    let mut file = File::open(path).with_context(|| place(path))?;
    let length = file.metadata().with_context(|| place(path))?.len();
    let size = object["size"].as_u64().unwrap_or_default();
    ensure!(length == size, "{} has {length} bytes, and {id} is of {size}", place(path));
    while object["state"] == "uploading" {
        let offset = object["received"].as_u64().context("the answer says no offset")?;
        file.seek(SeekFrom::Start(offset)).with_context(|| place(path))?;
        let mut piece = Vec::new();
        file.by_ref().take(PIECE_BYTES).read_to_end(&mut piece).with_context(|| place(path))?;
        let target = path_of(&id, &format!("?offset={offset}"));
        let body = Some(("application/octet-stream", piece));
        let call = Call { method: "PATCH", path: &target, body, key: None };
        let sent = connection.json(call).await;
        object = sent.with_context(|| format!("go on with --resume {id}"))?;
    }
    Ok(object)
}

/// Prints a page of files.
fn show_list(page: &Json, json: bool) -> anyhow::Result<()> {
    if json {
        return print(&format!("{page:#}\n"));
    }
    let row = |object: &Json| {
        let names = ["id", "state", "media_type", "created_at", "name"];
        let mut cells = names.map(|name| word(&object[name])).to_vec();
        cells.push(object["size"].to_string());
        cells
    };
    let rows: Vec<_> = page["items"].as_array().into_iter().flatten().map(row).collect();
    print(&table(&["FILE", "STATE", "TYPE", "SINCE", "NAME", "BYTES"], &rows, 5))
}

fn show_holds(page: &Json) -> anyhow::Result<()> {
    let row = |hold: &Json| ["matter", "placed_at"].map(|name| word(&hold[name])).to_vec();
    let rows: Vec<_> = page["items"].as_array().into_iter().flatten().map(row).collect();
    print(&table(&["MATTER", "SINCE"], &rows, 2))
}

fn path_of(object: &str, rest: &str) -> String {
    format!("/objects/{}{rest}", escape(object))
}

fn place(path: &Path) -> String {
    path.display().to_string()
}
