//! PostgreSQL for tests, benchmarks and trying things by hand.
//!
//! - `binaries`: finds the programs, or installs them.
//! - `account`: the ordinary user that the server runs as (PostgreSQL refuses root).
//! - `cluster`: one data directory and its server.
//! - `throwaway`: a server for one run, removed with it.
//! - `by_hand`: the server that stays, for `cargo xtask postgres …` and `up --postgres`.

mod account;
mod binaries;
mod by_hand;
mod cluster;
mod throwaway;

use anyhow::Result;
use clap::Subcommand;

pub(crate) use account::{Account, base_folder};
pub(crate) use binaries::Binaries;
pub(crate) use by_hand::ByHand;
pub(crate) use cluster::{Cluster, Durability};
pub(crate) use throwaway::Throwaway;

/// Start, stop and use the PostgreSQL test server by hand.
///
/// `cargo xtask test` starts servers of its own. This one is for working on a single crate:
///
///   export BANYAN_TEST_POSTGRES_URL=$(cargo xtask postgres start)
///   cargo test -p banyan-store
///
/// For reading from a replica there is a pair of servers that are as durable as in production:
///
///   eval "$(cargo xtask postgres replica)"
///   banyan serve
///
/// It belongs to this checkout, listens on loopback only and keeps its data until `stop --remove`.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start the server (a running one is left as it is) and print its URL.
    Start,
    /// Start a primary and a replica that follows it (running ones are left as they are), and print the variables that make `banyan serve`
    /// use both. A replica that does not run is made anew.
    Replica,
    /// Stop the server, and the pair.
    Stop {
        /// Also delete their data.
        #[arg(long)]
        remove: bool,
    },
    /// Print the URL of the running server; fails if it does not run.
    Url,
    /// Open psql on the running server.
    Shell {
        /// Arguments for psql, such as `-c "select 1"`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.command {
        Command::Start => println!("{}", ByHand::start()?.cluster().url("postgres")),
        Command::Replica => {
            let pair = ByHand::pair()?;
            println!("export DATABASE_URL={}", pair.primary.url("postgres"));
            println!("export BANYAN_DATABASE_REPLICAS={}", pair.replica.url("postgres"));
        }
        Command::Stop { remove: false } => ByHand::stop()?,
        Command::Stop { remove: true } => ByHand::remove()?,
        Command::Url => println!("{}", ByHand::running()?.cluster().url("postgres")),
        Command::Shell { arguments } => ByHand::running()?.shell(arguments)?,
    }
    Ok(())
}
