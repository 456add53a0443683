//! `florin audit`: whether log and journal are as they were written.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use kernel::Env;
use storage::audit::{Report, Witness};
use storage::crypto::PublicKey;
use storage::{Database, Limits};

use crate::command::print;
use crate::config::Config;
use crate::platform::head_key;

/// What `audit verify` was asked.
pub struct Verify {
    /// The copies of the heads.
    pub heads: Option<PathBuf>,
    /// The key that signed them.
    pub key: Option<String>,
    /// Whether to print JSON.
    pub json: bool,
}

/// Walks log and journal. It only reads, so it may run beside a server.
pub async fn verify(config: &Config, asked: Verify) -> anyhow::Result<()> {
    let env = Env::system();
    // Opening would make it, and an empty database looks like one from which all was taken.
    if let Some(file) = config.database_url().strip_prefix("sqlite:") {
        let file = Path::new(file.trim_start_matches("//"));
        ensure!(file.exists(), "there is no database {}", file.display());
    }
    let database = Database::open(config.database_url(), env.clone(), Limits::default())?;
    let key: PublicKey = match &asked.key {
        Some(text) => {
            text.parse().context("--key is not a public key; `florin audit key` prints one")?
        }
        None => head_key(config, &env)?.public(),
    };
    let heads = asked.heads.unwrap_or_else(|| config.heads_dir());
    let witness = Witness { heads, keys: vec![key] };
    let report = storage::audit::verify(&database, Some(&witness)).await?;
    if asked.json {
        print(&format!("{}\n", serde_json::to_string_pretty(&report)?))?;
    } else {
        print(&text(&report))?;
    }
    ensure!(report.is_intact(), "log or journal is not as it was written");
    Ok(())
}

/// Prints the public key, to be kept where the owner of the database has no hand.
pub fn key(config: &Config) -> anyhow::Result<()> {
    print(&format!("{}\n", head_key(config, &Env::system())?.public()))
}

fn text(report: &Report) -> String {
    let Report { log, journal, heads_compared, newer_than_heads, .. } = report;
    let mut text = format!(
        "log      {} records in {} streams\n\
         journal  {} records in {} streams\n\
         heads    {} compared; {newer_than_heads} records are newer than them\n",
        log.records,
        log.streams,
        journal.records,
        journal.streams,
        heads_compared.unwrap_or(0)
    );
    for finding in &report.findings {
        let stream = finding.stream.map(|stream| format!(" stream {stream}")).unwrap_or_default();
        let (table, seq, what) = (&finding.table, finding.seq, &finding.what);
        text.push_str(&format!("BROKEN   {table}{stream} number {seq}: {what}\n"));
    }
    if report.further_findings > 0 {
        text.push_str(&format!("         and {} more\n", report.further_findings));
    }
    text.push_str(if report.is_intact() { "intact\n" } else { "NOT INTACT\n" });
    text
}
