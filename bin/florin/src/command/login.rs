//! `florin login`: signs in to a server and keeps the tokens where only their owner reads them.

use std::io::{BufRead as _, IsTerminal as _};

use anyhow::Context as _;

use crate::config::Config;
use crate::connection::{agent, open_session};
use crate::lock::{Leader, lead};

/// Signs in.
pub fn run(config: &Config, server: Option<String>, email: &str) -> anyhow::Result<()> {
    let server = match server {
        Some(server) => server.trim_end_matches('/').to_owned(),
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
    let body = serde_json::json!({ "email": email, "password": password()? });
    let session = open_session(&agent(), &server, "/auth/login", &body)?;
    session.write()?;
    println!("signed in to {server} as {email}");
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
