//! The program: reads the command line and the configuration, puts the modules together, and runs
//! one command. It holds no rules of its own.

mod broker;
mod cli;
mod command;
mod config;
mod connection;
mod demo;
mod exchange;
mod lock;
mod plans;
mod platform;
mod retention;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use tracing_subscriber::EnvFilter;

use cli::{Audit, Cli, Command, Rates};
use config::Config;
use connection::Connection;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(code) => code,
        Err(error) => {
            // The cause of an error often says more than the error.
            eprintln!("florin: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    let done = |()| ExitCode::SUCCESS;
    match &cli.command {
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "florin", &mut text);
            return command::print(&String::from_utf8(text)?).map(done);
        }
        Command::Man => {
            let mut text = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut text)?;
            return command::print(&String::from_utf8(text)?).map(done);
        }
        Command::Quant(asked) => return command::quant::run(asked).map(done),
        Command::Statement(asked) => return command::statement::run(asked),
        _ => {}
    }
    let listen = match &cli.command {
        Command::Serve { listen } => listen.clone(),
        _ => None,
    };
    if let Some(server) = cli.global.server() {
        anyhow::ensure!(
            cli.command.calls_the_api(),
            "--server {server}: this command works on the database, not through a server"
        );
    }
    let config = Config::load(&cli.global.flags(listen))?;
    start_log(&config, &cli.command)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(dispatch(cli, &config)).map(done)
}

async fn dispatch(cli: &Cli, config: &Config) -> anyhow::Result<()> {
    match &cli.command {
        Command::Serve { .. } => command::serve::serve(config).await,
        Command::Demo { port } => command::serve::demo(*port).await,
        Command::Rates(Rates::Import { files, own: false }) => {
            command::rates::import_common(config, files).await
        }
        Command::Rates(Rates::Import { files, own: true }) => {
            command::rates::import_own(&cli.global, config, files).await
        }
        Command::Audit(Audit::Verify { heads, key, json }) => {
            let (heads, key, json) = (heads.clone(), key.clone(), *json);
            command::audit::verify(config, command::audit::Verify { heads, key, json }).await
        }
        Command::Backup { folder, every, generations } => {
            let (folder, every, generations) = (folder.clone(), *every, *generations);
            let asked = command::backup::Take { folder, every, generations };
            command::backup::take(config, asked).await
        }
        Command::Restore { folder, to, until } => {
            let (folder, to, until) = (folder.clone(), to.clone(), until.clone());
            command::backup::restore(config, command::backup::Restore { folder, to, until }).await
        }
        Command::Audit(Audit::Key) => command::audit::key(config),
        Command::Login { email } => command::login::run(&cli.global, config, email),
        Command::Config => command::print(&config.report()),
        Command::Jobs(asked) if asked.whose().system => {
            command::system_jobs::jobs(config, asked).await
        }
        Command::Schedules(asked) if asked.whose().system => {
            command::system_jobs::schedules(config, asked).await
        }
        Command::Vault(asked) if !asked.calls_the_api() => {
            command::vault::run_for_all(config, asked).await
        }
        Command::Meters(asked) if !asked.calls_the_api() => {
            command::meters::change(config, cli.global.tenant.as_deref(), asked).await
        }
        Command::Import(_)
        | Command::NetWorth(_)
        | Command::Ledger(_)
        | Command::Jobs(_)
        | Command::Schedules(_)
        | Command::Saga(_)
        | Command::Payee(_)
        | Command::Remittance(_)
        | Command::Vault(_)
        | Command::Object(_)
        | Command::Notice(_)
        | Command::Approvals(_)
        | Command::Cases(_)
        | Command::Meters(_)
        | Command::Api(_) => over_the_api(cli, config).await,
        Command::Completions { .. } | Command::Man | Command::Quant(_) | Command::Statement(_) => {
            Ok(())
        }
    }
}

/// Does what asks the API, of a server or of the program itself.
async fn over_the_api(cli: &Cli, config: &Config) -> anyhow::Result<()> {
    let mut connection = Connection::open(&cli.global, config).await?;
    let outcome = match &cli.command {
        Command::Import(import) => command::import::run(&mut connection, import).await,
        Command::NetWorth(asked) => command::net_worth::run(&mut connection, asked).await,
        Command::Ledger(asked) => command::ledger::run(&mut connection, asked).await,
        Command::Jobs(asked) => command::jobs::run(&mut connection, asked).await,
        Command::Schedules(asked) => command::jobs::run_schedules(&mut connection, asked).await,
        Command::Saga(asked) => command::saga::run(&mut connection, asked).await,
        Command::Payee(asked) => command::payee::run(&mut connection, asked).await,
        Command::Remittance(asked) => command::remittance::run(&mut connection, asked).await,
        Command::Vault(asked) => command::vault::run(&mut connection, asked).await,
        Command::Object(asked) => command::object::run(&mut connection, asked).await,
        Command::Notice(asked) => command::notice::run(&mut connection, asked).await,
        Command::Approvals(asked) => command::approvals::run(&mut connection, asked).await,
        Command::Cases(asked) => command::cases::run(&mut connection, asked).await,
        Command::Meters(asked) => command::meters::run(&mut connection, asked).await,
        Command::Api(api) => command::api::run(&mut connection, api).await,
        _ => Ok(()),
    };
    connection.close().await;
    outcome
}

/// Servers log what they do; a command at a terminal says only what went wrong, unless it is asked
/// for more.
fn start_log(config: &Config, command: &Command) -> anyhow::Result<()> {
    let serves = matches!(command, Command::Serve { .. });
    let level = if serves || config.log_is_set() { config.log() } else { "warn" };
    let filter =
        EnvFilter::try_new(level).map_err(|error| anyhow::anyhow!("log is {level:?}: {error}"))?;
    let terminal = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if config.log_is_json(terminal) {
        log.json().init();
    } else {
        log.with_ansi(terminal).with_target(false).init();
    }
    Ok(())
}
