//! `cargo xtask up`: try Banyan.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::postgres::ByHand;
use crate::process::Guarded;
use crate::server::{self, Profile};
use crate::workspace;

/// Database of `up --postgres` in the test server of this checkout.
const DATABASE: &str = "banyan_up";

/// Build and serve Banyan with demo data, in the foreground.
///
/// Uses the embedded store in `./data`; nothing has to be installed. The server prints its
/// addresses, demo log-ins and three commands to try. Ctrl-C stops it, and the data stays.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Build for speed; compiling takes longer.
    #[arg(long)]
    release: bool,
    /// Delete the data of earlier runs first.
    #[arg(long)]
    fresh: bool,
    /// Serve on PostgreSQL, which is found or installed, instead of the embedded store.
    #[arg(long)]
    postgres: bool,
    /// Port of the server; metrics and administration listen on the next one.
    #[arg(long, default_value_t = 3000, value_parser = clap::value_parser!(u16).range(1..=65534))]
    port: u16,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    // Before the build: nobody wants to wait for a minute to learn that.
    check_port(arguments.port, arguments.port)?;
    check_port(arguments.port + 1, arguments.port)?;
    let data = workspace::root().join("data");
    if arguments.fresh {
        delete_data(&data)?;
    }
    let profile = if arguments.release { Profile::Release } else { Profile::Dev };
    let binary = server::build(profile)?;

    let mut serve = Command::new(binary);
    serve.current_dir(workspace::root());
    serve.args(["serve", "--demo", "--data", "data"]);
    serve.args(["--listen", &format!("127.0.0.1:{}", arguments.port)]);
    serve.args(["--admin-listen", &format!("127.0.0.1:{}", arguments.port + 1)]);
    let postgres = if arguments.postgres { Some(ByHand::start()?) } else { None };
    if let Some(postgres) = &postgres {
        serve.env("DATABASE_URL", prepare_database(postgres, arguments.fresh)?);
    }

    let status = Guarded::spawn(&mut serve)?.wait(None);
    if postgres.is_some() {
        ByHand::stop()?;
    }
    match status {
        Ok(status) if !status.success() => bail!("the server ended with an error ({status})"),
        Ok(_) => Ok(()),
        // Ctrl-C is how this command is meant to end.
        Err(error) if error.is::<crate::process::Interrupted>() => Ok(()),
        Err(error) => Err(error),
    }
}

fn check_port(port: u16, chosen: u16) -> Result<()> {
    if TcpListener::bind(("127.0.0.1", port)).is_ok() {
        return Ok(());
    }
    let other = if chosen < 60_000 { chosen + 100 } else { 3000 };
    bail!("port {port} is taken by another program: try `cargo xtask up --port {other}`")
}

/// Deletes the data directory, unless a server works on it.
fn delete_data(data: &Path) -> Result<()> {
    if let Some(address) = server::running_on(data) {
        bail!("a server runs on {} ({address}): stop it before `--fresh`", data.display());
    }
    match fs::remove_dir_all(data) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot delete {}", data.display()))
        }
        _ => Ok(()),
    }
}

/// The URL of the database, which is made if it is missing or is to be fresh.
fn prepare_database(postgres: &ByHand, fresh: bool) -> Result<String> {
    let cluster = postgres.cluster();
    let found = cluster.query("postgres", &format!("SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"))?;
    if fresh || found.is_empty() {
        cluster.recreate_database(DATABASE)?;
    }
    Ok(cluster.url(DATABASE))
}
