//! `florin rates import`: the ECB's history for everybody, or a family's own rates.

use std::path::PathBuf;

use kernel::{Actor, Context, Env, TenantId};
use markets::RateFile;

use crate::cli::Global;
use crate::command::{file_name, print, read_file};
use crate::config::Config;
use crate::connection::{Call, Connection};
use crate::lock::make_data_dir;
use crate::platform::open_database;

const FILE_BYTES_MAX: u64 = 16 << 20;

/// Imports rates for everybody. No engine is asked, so it may run beside a server.
pub async fn import_common(config: &Config, files: &[PathBuf]) -> anyhow::Result<()> {
    let env = Env::system();
    make_data_dir(&config.data_dir())?;
    let database = open_database(config, &env).await?;
    let context = Context::new(env, TenantId::COMMON, Actor::Owner);
    for file in files {
        let rates = RateFile::new(file_name(file), read_file(file, FILE_BYTES_MAX)?);
        let came = markets::import_common(&database, &context, rates).await?;
        let (added, known) = (came.added, came.known);
        print(&format!("{}: {added} rates added, {known} known\n", file.display()))?;
    }
    Ok(())
}

/// Imports a family's own rates.
pub async fn import_own(global: &Global, config: &Config, files: &[PathBuf]) -> anyhow::Result<()> {
    let mut connection = Connection::open(global, config).await?;
    for file in files {
        let bytes = read_file(file, FILE_BYTES_MAX)?;
        let answer = connection
            .json(Call {
                method: "POST",
                path: "/fx/rates",
                body: Some(("text/csv", bytes)),
                key: Some(Env::system().random_uuid().to_string()),
            })
            .await?;
        let (added, known) = (&answer["added"], &answer["known"]);
        print(&format!("{}: {added} rates added, {known} known\n", file.display()))?;
    }
    connection.close().await;
    Ok(())
}
