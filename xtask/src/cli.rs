//! The commands and their help texts.

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::{
    advisories, bench, cache_tests, channel_tests, client, deps, documents, flag_clients, lint, locale_compare, nats, outside,
    postgres, rabbitmq, realtime_clients, redis, release, test, up,
};

/// The commands by which people build, try, test and measure Banyan.
///
/// New here? `cargo xtask up` starts a server with demo data, `cargo xtask test` runs everything.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Up(up::Arguments),
    Test(test::Arguments),
    Lint(lint::Arguments),
    Bench(bench::Arguments),
    Release(release::Arguments),
    Openapi(documents::OpenapiArguments),
    Docs(documents::Arguments),
    Advisories(advisories::Arguments),
    Postgres(postgres::Arguments),
    Redis(redis::Arguments),
    Nats(nats::Arguments),
    Rabbitmq(rabbitmq::Arguments),
    FlagClients(flag_clients::Arguments),
    RealtimeClients(realtime_clients::Arguments),
    Outside(outside::Arguments),
    Deps(deps::Arguments),
    CacheTests(cache_tests::Arguments),
    ChannelTests(channel_tests::Arguments),
    LocaleCompare(locale_compare::Arguments),
    Client(client::Arguments),
}

/// Runs the command that the user gave.
pub(crate) fn run(arguments: Arguments) -> Result<()> {
    match arguments.command {
        Command::Up(arguments) => up::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Lint(arguments) => lint::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Release(arguments) => release::run(&arguments),
        Command::Openapi(arguments) => documents::run_openapi(&arguments),
        Command::Docs(arguments) => documents::run(&arguments),
        Command::Advisories(arguments) => advisories::run(&arguments),
        Command::Postgres(arguments) => postgres::run(&arguments),
        Command::Redis(arguments) => redis::run(&arguments),
        Command::Nats(arguments) => nats::run(&arguments),
        Command::Rabbitmq(arguments) => rabbitmq::run(&arguments),
        Command::FlagClients(arguments) => flag_clients::run(&arguments),
        Command::RealtimeClients(arguments) => realtime_clients::run(&arguments),
        Command::Outside(arguments) => outside::run(&arguments),
        Command::Deps(arguments) => deps::run(&arguments),
        Command::CacheTests(arguments) => cache_tests::run(&arguments),
        Command::ChannelTests(arguments) => channel_tests::run(&arguments),
        Command::LocaleCompare(arguments) => locale_compare::run(&arguments),
        Command::Client(arguments) => client::run(&arguments),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Arguments;

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
