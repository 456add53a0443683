//! `florin backup` and `florin restore`: the embedded database, kept and put back.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use backup::Taker;
use kernel::{Env, Timestamp};
use storage::{Database, Limits};

use crate::command::print;
use crate::config::Config;

/// What `backup` was asked.
pub struct Take {
    /// Where to.
    pub folder: PathBuf,
    /// How often, in seconds; once where it is left out.
    pub every: Option<u64>,
    /// The generations that are kept.
    pub generations: usize,
}

/// What `restore` was asked.
pub struct Restore {
    /// Where from.
    pub folder: PathBuf,
    /// Where the database is to be; the configured one where it is left out.
    pub to: Option<PathBuf>,
    /// As it was then; the last one where it is left out.
    pub until: Option<String>,
}

/// Takes a backup, or one after the other.
pub async fn take(config: &Config, asked: Take) -> anyhow::Result<()> {
    let (env, database) = (Env::system(), embedded(config)?);
    ensure!(database.exists(), "there is no database {}", database.display());
    let key = backup::open_key(&config.backup_key_file(), &env, true)?;
    let mut taker = Taker::open(env, key, &database, &asked.folder, asked.generations)?;
    loop {
        if let Some(taken) = taker.take()? {
            let what = if taken.is_whole { "a whole copy" } else { "what changed" };
            print(&format!(
                "{} {what}: {} bytes of {}\n",
                taken.at, taken.bytes, taken.database_bytes
            ))?;
        } else if asked.every.is_none() {
            print("nothing changed since the last backup\n")?;
        }
        let Some(seconds) = asked.every else { return Ok(()) };
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(seconds.max(1))) => {}
            ended = tokio::signal::ctrl_c() => return Ok(ended?),
        }
    }
}

/// Puts a database back, and walks its log and journal.
pub async fn restore(config: &Config, asked: Restore) -> anyhow::Result<()> {
    let env = Env::system();
    let to = asked.to.map_or_else(|| embedded(config), Ok)?;
    let until = asked.until.as_deref().map(str::parse::<Timestamp>).transpose();
    let until = until.context("--until is a time as 2026-03-31T12:00:00Z")?;
    let projections = to.with_extension("projections.db");
    if projections.exists() {
        bail!(
            "{} is there still: it is made from the database, and made again at the next start; \
             take it away first",
            projections.display()
        );
    }
    let key = backup::open_key(&config.backup_key_file(), &env, false)?;
    let restored = backup::restore(&key, &asked.folder, until, &to)?;
    let url = format!("sqlite:{}", to.display());
    let database = Database::open(&url, env, Limits::default())?;
    let report = storage::audit::verify(&database, None).await?;
    print(&format!(
        "{} as it was at {}: {} bytes of {} segments; {} records of the log and {} of the \
         journal, {}\n",
        to.display(),
        restored.taken_at,
        restored.bytes,
        restored.segments,
        report.log.records,
        report.journal.records,
        if report.is_intact() { "intact" } else { "NOT INTACT" },
    ))?;
    ensure!(report.is_intact(), "log or journal is not as it was written; florin audit verify");
    Ok(())
}

fn embedded(config: &Config) -> anyhow::Result<PathBuf> {
    let path = config.database_url().strip_prefix("sqlite:");
    let path = path.map(|path| Path::new(path.trim_start_matches("//")).to_owned());
    path.context("a PostgreSQL is backed up by its own programs: docs/backup.md says how")
}
