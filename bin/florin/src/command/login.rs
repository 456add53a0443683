//! `florin login`: signs in to a server and keeps the tokens where only their owner reads them.

use std::io::{BufRead as _, IsTerminal as _};

use anyhow::Context as _;

use crate::cli::Global;
use crate::config::Config;
use crate::connection::{agent, open_session};
use crate::lock::{Leader, lead};

/// Signs in, to the family that `--tenant` names or the first that the user joined.
pub fn run(global: &Global, config: &Config, email: &str) -> anyhow::Result<()> {
    let server = match global.server() {
        Some(server) => server.to_owned(),
        None => match lead(&config.data_dir())? {
            Leader::Other { address: Some(address) } => address,
            Leader::Other { address: None } | Leader::Us(_) => {
                anyhow::bail!(
                    "no server runs on {}; name one with --server",
                    config.data_dir().display()
                )
            }
        },
    };
    let mut body = serde_json::json!({ "email": email, "password": password()? });
    if let Some(tenant) = &global.tenant {
        body["tenant"] = tenant.as_str().into();
    }
    let session = open_session(&agent(), &server, "/auth/login", &body)?;
    session.write()?;
    println!("signed in to {server} as {email}");
    if global.server().is_some() {
        println!("it is called where --server {server} is given");
    }
    Ok(())
}

/// From the terminal without showing it, or from standard input.
fn password() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        return rpassword::prompt_password("password: ").context("the terminal");
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
