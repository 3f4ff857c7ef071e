//! `cargo xtask`: the commands by which people build, try, test and measure Banyan.
//!
//! It is a plain blocking program with few dependencies, because everyone who runs a command waits
//! for it to compile first.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a command-line tool speaks to its user, reads its environment and waits for processes"
)]

mod advisories;
mod bench;
mod broker;
mod cache_tests;
mod channel_tests;
mod cli;
mod client;
mod deps;
mod documents;
mod flag_clients;
mod lint;
mod locale_compare;
mod nats;
mod openapi_fuzz;
mod outside;
mod postgres;
mod process;
mod rabbitmq;
mod realtime_clients;
mod redis;
mod release;
mod server;
mod test;
mod tools;
mod up;
mod workspace;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    if let Err(error) = process::listen_for_signals() {
        return report(&error);
    }
    match cli::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error),
    }
}

/// Prints why the command failed and chooses the exit code: 130 after Ctrl-C, as shells do.
fn report(error: &anyhow::Error) -> ExitCode {
    if error.is::<process::Interrupted>() {
        eprintln!("interrupted");
        return ExitCode::from(130);
    }
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}
