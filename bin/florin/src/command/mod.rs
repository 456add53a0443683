//! The commands, one file each.

pub mod api;
pub mod approvals;
pub mod audit;
pub mod backup;
pub mod cases;
pub mod import;
pub mod jobs;
pub mod ledger;
pub mod login;
pub mod meters;
pub mod net_worth;
pub mod notice;
pub mod object;
pub mod payee;
pub mod quant;
pub mod rates;
pub mod remittance;
pub mod saga;
pub mod serve;
pub mod statement;
pub mod system_jobs;
pub mod table;
pub mod vault;

use kernel::Env;
use serde_json::Value as Json;

use crate::connection::{Call, Connection};

/// Prints a text. A reader who has seen enough (`| head`) is no failure.
pub fn print(text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Asks the API.
pub async fn get(connection: &mut Connection, path: &str) -> anyhow::Result<Json> {
    connection.json(Call { method: "GET", path, body: None, key: None }).await
}

/// Tells the API, under a key of its own; a body of null is none.
pub async fn post(connection: &mut Connection, path: &str, body: &Json) -> anyhow::Result<Json> {
    let key = Some(Env::system().random_uuid().to_string());
    let body = (!body.is_null()).then(|| ("application/json", body.to_string().into_bytes()));
    connection.json(Call { method: "POST", path, body, key }).await
}

/// The bytes of a file, up to what may be imported at once.
pub fn read_file(path: &std::path::Path, bytes_max: u64) -> anyhow::Result<Vec<u8>> {
    use anyhow::Context as _;
    let place = || format!("{}", path.display());
    let length = std::fs::metadata(path).with_context(place)?.len();
    anyhow::ensure!(length <= bytes_max, "{} has more than {bytes_max} bytes", place());
    std::fs::read(path).with_context(place)
}

/// Saves an answer as a new file. Where it breaks off, nothing is left of it.
pub async fn download(
    connection: &mut Connection,
    path: &str,
    out: &std::path::Path,
) -> anyhow::Result<()> {
    use anyhow::Context as _;
    let place = || format!("{}", out.display());
    let mut file = std::fs::File::create_new(out).with_context(place)?;
    let copied = connection.copy(Call { method: "GET", path, body: None, key: None }, &mut file);
    let copied = copied.await.and_then(|()| file.sync_all().with_context(place));
    if copied.is_err() {
        drop(file);
        let _ = std::fs::remove_file(out);
    }
    copied
}

/// Asks the API, with a body of JSON where there is one; a POST gets a key of its own.
pub async fn ask(
    connection: &mut Connection,
    method: &str,
    path: &str,
    body: Option<serde_json::Value>,
) -> anyhow::Result<serde_json::Value> {
    let key = (method == "POST").then(|| kernel::Env::system().random_uuid().to_string());
    let body = body.map(|body| ("application/json", body.to_string().into_bytes()));
    connection.json(Call { method, path, body, key }).await
}

/// The name of a file without its folders.
pub fn file_name(path: &std::path::Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// A value of a query, with everything but letters and digits escaped.
pub fn escape(value: &str) -> String {
    let escaped = value.bytes().map(|byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    });
    escaped.collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_value_of_a_query_is_escaped() {
        // RFC 3986, section 2.1: percent, two hexadecimal digits, over the bytes of UTF-8.
        assert_eq!(super::escape("Kontoauszug Jän&1=2.csv"), "Kontoauszug%20J%C3%A4n%261%3D2.csv");
    }
}
