//! The command line.

mod admin;
mod alerts;
mod asyncapi;
mod audit;
mod backup;
mod cache;
mod calls;
mod certs;
mod channels;
mod cluster;
mod completions;
mod compliance;
mod config;
mod doctor;
mod events;
mod flags;
mod health;
mod installation;
mod jobs;
mod key;
mod listing;
mod locale;
mod migrate;
mod openapi;
mod password;
mod restore;
mod routes;
mod saga;
mod serve;
mod services;
mod strangle;
mod tenant;
pub(crate) mod terminal;
mod user;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::data::lock::InUse;
use crate::settings::SettingsError;

/// A whole application backend in one program.
///
/// `banyan serve --demo` starts a server with demo data in ./data; nothing has to be installed or configured. On PostgreSQL:
/// `banyan serve --database-url postgres://user:password@host/database`.
#[derive(Parser)]
#[command(name = "banyan", version, max_term_width = 110, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    failed, or something is wrong with what was looked at
  2    the command line or a setting is wrong
  3    another server works on the data directory
  4    the data was written by a newer Banyan
  5    the tables have to be made or migrated first, and this command may not: `banyan migrate`
  130  ended at once, by a second signal";

#[derive(Subcommand)]
enum Command {
    Serve(serve::Arguments),
    Migrate(migrate::Arguments),
    #[command(subcommand)]
    Tenant(tenant::Command),
    #[command(subcommand)]
    User(user::Command),
    #[command(subcommand)]
    Key(key::Command),
    Backup(backup::Arguments),
    Restore(restore::Arguments),
    Config(config::Arguments),
    Doctor(doctor::Arguments),
    #[command(subcommand)]
    Events(events::Command),
    #[command(subcommand)]
    Flags(flags::Command),
    #[command(subcommand)]
    Audit(audit::Command),
    #[command(subcommand)]
    Cache(cache::Command),
    #[command(subcommand)]
    Locale(locale::Command),
    #[command(subcommand)]
    Certs(certs::Command),
    #[command(subcommand)]
    Alerts(alerts::Command),
    #[command(subcommand)]
    Channels(channels::Command),
    Compliance(compliance::Arguments),
    #[command(subcommand)]
    Jobs(jobs::Command),
    #[command(subcommand)]
    Saga(saga::Command),
    Health(health::Arguments),
    #[command(subcommand)]
    Routes(routes::Command),
    Openapi(openapi::Arguments),
    Asyncapi(asyncapi::Arguments),
    #[command(subcommand)]
    Cluster(cluster::Command),
    Services(services::Arguments),
    #[command(subcommand)]
    Strangle(strangle::Command),
    Completions(completions::Arguments),
}

/// How a command that did not fail ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Well,
    /// What was looked at is not as it should be; it has been said.
    Wrong,
    /// By a second signal, before everything was finished.
    AtOnce,
}

/// Runs the command that the person gave.
pub(crate) fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match execute(arguments.command) {
        Ok(Ended::Well) => ExitCode::SUCCESS,
        Ok(Ended::Wrong) => ExitCode::FAILURE,
        Ok(Ended::AtOnce) => ExitCode::from(130),
        Err(error) => {
            terminal::complain(&format!("error: {error:#}"));
            ExitCode::from(code_of(&error))
        }
    }
}

fn execute(command: Command) -> Result<Ended> {
    match command {
        Command::Serve(arguments) => arguments.run(),
        Command::Migrate(arguments) => arguments.run(),
        Command::Tenant(command) => command.run(),
        Command::User(command) => command.run(),
        Command::Key(command) => command.run(),
        Command::Backup(arguments) => arguments.run(),
        Command::Restore(arguments) => arguments.run(),
        Command::Config(arguments) => arguments.run(),
        Command::Doctor(arguments) => arguments.run(),
        Command::Events(command) => command.run(),
        Command::Flags(command) => command.run(),
        Command::Audit(command) => command.run(),
        Command::Cache(command) => command.run(),
        Command::Locale(command) => command.run(),
        Command::Certs(command) => command.run(),
        Command::Alerts(command) => command.run(),
        Command::Channels(command) => command.run(),
        Command::Compliance(arguments) => arguments.run(),
        Command::Jobs(command) => command.run(),
        Command::Saga(command) => command.run(),
        Command::Health(arguments) => arguments.run(),
        Command::Routes(command) => command.run(),
        Command::Openapi(arguments) => arguments.run(),
        Command::Asyncapi(arguments) => arguments.run(),
        Command::Services(arguments) => arguments.run(),
        Command::Strangle(command) => command.run(),
        Command::Cluster(command) => command.run(),
        Command::Completions(arguments) => arguments.run(),
    }
}

fn code_of(error: &anyhow::Error) -> u8 {
    let is_newer = |cause: &(dyn std::error::Error + 'static)| {
        matches!(cause.downcast_ref(), Some(banyan_store::StoreError::Newer(_))) || cause.is::<crate::backup::NewerBackup>()
    };
    let is_outdated =
        |cause: &(dyn std::error::Error + 'static)| matches!(cause.downcast_ref(), Some(banyan_store::StoreError::Outdated(_)));
    if error.is::<SettingsError>() || error.is::<terminal::Usage>() {
        2
    } else if error.is::<InUse>() {
        3
    } else if error.chain().any(is_newer) {
        4
    } else if error.chain().any(is_outdated) {
        5
    } else {
        1
    }
}

/// Runs `work` on an event loop of this thread: enough for everything but serving.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn every_command_and_argument_has_a_help_text() {
        let mut unexplained = Vec::new();
        let mut commands = vec![Arguments::command()];
        while let Some(command) = commands.pop() {
            if command.get_about().is_none() {
                unexplained.push(command.get_name().to_owned());
            }
            for argument in command.get_arguments() {
                if argument.get_help().is_none() && argument.get_long_help().is_none() {
                    unexplained.push(format!("{} {}", command.get_name(), argument.get_id()));
                }
            }
            commands.extend(command.get_subcommands().cloned());
        }
        assert_eq!(unexplained, Vec::<String>::new());
        Arguments::command().debug_assert();
    }
}
