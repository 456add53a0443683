//! `florin api`: any call of the contract.

use anyhow::Context as _;
use kernel::Env;

use crate::cli::Api;
use crate::command::{print, read_file};
use crate::connection::{Call, Connection};

const FILE_BYTES_MAX: u64 = 16 << 20;

/// Calls, prints the answer, and fails where the answer is a problem.
pub async fn run(connection: &mut Connection, api: &Api) -> anyhow::Result<()> {
    let method = api.method.to_ascii_uppercase();
    let path = api.path.strip_prefix("/api/v1").unwrap_or(&api.path);
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let body = match api.data.as_deref() {
        None => None,
        Some(data) => Some(match data.strip_prefix('@') {
            Some(file) => {
                let bytes = read_file(std::path::Path::new(file), FILE_BYTES_MAX)?;
                ("application/octet-stream", bytes)
            }
            None => {
                serde_json::from_str::<serde_json::Value>(data).context("--data is not JSON")?;
                ("application/json", data.as_bytes().to_vec())
            }
        }),
    };
    let key = api.key.clone().or_else(|| Some(Env::system().random_uuid().to_string()));
    let key = key.filter(|_| method == "POST");
    let answer = connection.call(Call { method: &method, path: &path, body, key }).await?;
    match serde_json::from_slice::<serde_json::Value>(&answer.body) {
        Ok(json) => print(&format!("{}\n", serde_json::to_string_pretty(&json)?))?,
        Err(_) => print(&String::from_utf8_lossy(&answer.body))?,
    }
    anyhow::ensure!(answer.status < 400, "{method} {path} was answered with {}", answer.status);
    Ok(())
}
