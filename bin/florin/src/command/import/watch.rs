//! `florin import --watch DIR`: files are taken as they appear, booked, and moved to `done` or
//! `refused` with a note beside them.
//!
//! What must stay true: a file is only taken once nobody writes it any more; it is moved after it
//! was booked and never before, and what was sent once is sent again under the same key, so that
//! whatever ends the program in between, the next one finds what the first one made.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use serde_json::json;
use storage::crypto::{hex, sha256};

use super::{FILE_BYTES_MAX, book, stage, text};
use crate::cli::import::How;
use crate::command::{file_name, print, read_file};
use crate::connection::{Connection, Refused};

/// How long nobody may have written a file before it is taken, and how often is looked.
const QUIET: Duration = Duration::from_secs(2);
/// Ends of names of files that are still being written.
const UNFINISHED: [&str; 4] = ["part", "tmp", "crdownload", "partial"];
/// The most files of one name that are kept.
const COPIES_MAX: u32 = 10_000;

/// What tells one state of a file from another.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    bytes: u64,
    changed: SystemTime,
}

/// Takes what is in a folder: once, or for as long as the program runs.
pub async fn run(
    connection: &mut Connection,
    how: &How,
    (folder, once): (&Path, bool),
) -> anyhow::Result<()> {
    for name in ["done", "refused"] {
        fs::create_dir_all(folder.join(name))
            .with_context(|| format!("{}", folder.join(name).display()))?;
    }
    let mut before = BTreeMap::new();
    loop {
        let now = look(folder)?;
        for (file, seen) in &now {
            if once || before.get(file) == Some(seen) {
                take(connection, how, (folder, file, *seen)).await?;
            }
        }
        if once {
            return Ok(());
        }
        before = now;
        tokio::time::sleep(QUIET).await;
    }
}

/// The files in a folder, without those that are hidden or still being written.
fn look(folder: &Path) -> anyhow::Result<BTreeMap<PathBuf, Look>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{}", folder.display()))? {
        let path = entry?.path();
        // One that went in the meantime is none.
        let Ok(about) = fs::metadata(&path) else { continue };
        let end = path.extension().map(|end| end.to_string_lossy().to_lowercase());
        let is_unfinished = end.is_some_and(|end| UNFINISHED.contains(&end.as_str()));
        if about.is_file() && !is_unfinished && !file_name(&path).starts_with('.') {
            found.insert(path, Look { bytes: about.len(), changed: about.modified()? });
        }
    }
    Ok(found)
}

/// Imports a file and moves it. Where the server cannot be asked, it stays for the next time.
async fn take(
    connection: &mut Connection,
    how: &How,
    (folder, file, seen): (&Path, &Path, Look),
) -> anyhow::Result<()> {
    let name = file_name(file);
    let (place, note) = match import(connection, how, (file, seen)).await {
        Ok(note) => ("done", note),
        Err(error) if Refused::is_final(&error) => ("refused", format!("{error:#}\n")),
        Err(error) => return print(&format!("{name}: {error:#}: it stays for the next time\n")),
    };
    let to = free(&folder.join(place), &name)?;
    // The note first: a file that was moved has one.
    let beside = to.with_file_name(format!("{}.txt", file_name(&to)));
    fs::write(&beside, &note).with_context(|| format!("{}", beside.display()))?;
    fs::rename(file, &to).with_context(|| format!("{}", file.display()))?;
    print(&format!("{place}: {note}"))
}

async fn import(
    connection: &mut Connection,
    how: &How,
    (file, seen): (&Path, Look),
) -> anyhow::Result<String> {
    let bytes = read_file(file, FILE_BYTES_MAX)?;
    let changed = seen.changed.duration_since(UNIX_EPOCH).unwrap_or_default();
    let name = file_name(file);
    let key = |what: &str| {
        let parts: [&[u8]; 5] = [
            b"florin.import.watch",
            what.as_bytes(),
            name.as_bytes(),
            &changed.as_nanos().to_be_bytes(),
            &bytes,
        ];
        hex(&sha256(&parts)[..16])
    };
    let staged = stage(connection, how, (&name, bytes.clone()), key("stage")).await?;
    if staged["status"] == "booked" {
        return Ok(text(&staged));
    }
    let body = json!({ "partial": how.partial });
    let booked = book(connection, &staged, &body, key("book")).await;
    booked.map(|booked| text(&booked)).with_context(|| text(&staged))
}

/// A path in a folder that nothing has yet.
fn free(folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let (stem, end) = name.rsplit_once('.').map_or((name, ""), |(stem, end)| (stem, end));
    let point = if end.is_empty() { "" } else { "." };
    let names = (1..COPIES_MAX).map(|number| match number {
        1 => name.to_owned(),
        number => format!("{stem} ({number}){point}{end}"),
    });
    let mut free = names.map(|name| folder.join(name)).filter(|path| !path.exists());
    free.next().with_context(|| format!("{} has too many files of this name", folder.display()))
}
