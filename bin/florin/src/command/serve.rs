//! `florin serve` and `florin demo`: the API and the page, until somebody asks for the end.

use anyhow::{Context as _, bail};
use gateway::{Ended, Gateway};
use kernel::Env;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::{Config, Flags};
use crate::demo;
use crate::lock::{Leader, Lock, lead};
use crate::platform::Platform;

/// Serves what the configuration names.
pub async fn serve(config: &Config) -> anyhow::Result<()> {
    let mut lock = take_lead(config)?;
    let mut platform = Platform::open(config, Env::system()).await?;
    platform.work(config).await?;
    let (listener, address) = bind(config, "--listen").await?;
    lock.serves_at(&address)?;
    tracing::info!(address, "serving");
    run(platform, config, listener).await
}

/// Serves the demo family from a folder that is gone afterwards, on this machine only.
pub async fn demo(port: u16) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("florin-demo-").tempdir()?;
    let config = Config::load(&Flags {
        data_dir: Some(folder.path().join("data")),
        listen: Some(format!("127.0.0.1:{port}")),
        outside: Some(folder.path().to_owned()),
        ..Flags::default()
    })?;
    let mut lock = take_lead(&config)?;
    let env = demo::environment();
    let mut platform = Platform::open(&config, env).await?;
    let (listener, address) = bind(&config, "--port").await?;
    println!("==> founding the demo family: a year of statements, houses, rates");
    let sign_in = demo::found(&platform).await?;
    platform.work(&config).await?;
    lock.serves_at(&address)?;
    println!("\n  Florin shows a made-up family, at its own date.\n");
    println!("  open      {address}/");
    println!("  e-mail    {}", sign_in.email);
    println!("  password  {}\n", sign_in.password);
    println!("  Ctrl-C ends it, and nothing of it is kept.\n");
    run(platform, &config, listener).await
}

async fn run(mut platform: Platform, config: &Config, listener: TcpListener) -> anyhow::Result<()> {
    let gateway = Gateway::new(platform.services(config));
    platform.take_commands(config, &gateway)?;
    let ended = gateway.serve(listener, end_asked()).await;
    tracing::info!("ending: finishing what is under way");
    platform.close().await;
    match ended {
        Ended::Finished => Ok(()),
        Ended::GaveUp => bail!("some requests took longer than they may, and were given up"),
    }
}

fn take_lead(config: &Config) -> anyhow::Result<Lock> {
    match lead(&config.data_dir())? {
        Leader::Us(lock) => Ok(lock),
        Leader::Other { address } => bail!(
            "{} runs on {} already",
            address.as_deref().unwrap_or("another process"),
            config.data_dir().display()
        ),
    }
}

async fn bind(config: &Config, flag: &str) -> anyhow::Result<(TcpListener, String)> {
    let place = || format!("cannot serve on {} (choose with {flag})", config.listen());
    let listener = TcpListener::bind(config.listen()).await.with_context(place)?;
    let address = format!("http://{}", listener.local_addr()?);
    Ok((listener, address))
}

/// Ends when the process is asked to: Ctrl-C, or what a service manager sends.
async fn end_asked() {
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        tracing::warn!("signals cannot be heard; only a kill ends this process");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
