//! Redis for tests and trying things by hand: one process on a free port, without a file, that ends with the run.

use std::process::Command;

use anyhow::Result;

use crate::broker::{self, Action, Broker};
use crate::postgres::{Account, base_folder};
use crate::{process, tools};

pub(crate) use crate::broker::Server;

const REDIS: Broker = Broker { name: "redis", scheme: "redis", answers, start: |_| start(Keeps::Nothing) };

/// Start and stop the Redis test server by hand.
///
/// `cargo xtask test` starts a server of its own. This one is for working on a single crate, and for trying what programs outside see:
///
///   export BANYAN_TEST_REDIS_URL=$(cargo xtask redis start)
///   cargo test -p banyan-edge
///
///   export BANYAN_EVENTS_REDIS_URL=$(cargo xtask redis start)
///   cargo xtask up
///
/// It belongs to this checkout, listens on loopback only and keeps nothing.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Action,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    REDIS.by_hand(&arguments.command)
}

/// What is kept while it runs.
#[derive(Clone, Copy)]
pub(crate) enum Keeps {
    Nothing,
    /// Each write is on the disk before it is answered.
    Everything,
}

/// Finds the program, or installs it where that is allowed, and waits until it answers.
pub(crate) fn start(keeps: Keeps) -> Result<Server> {
    let program = tools::REDIS.require()?;
    let account = Account::choose()?;
    let port = process::free_port()?;
    let mut command = Command::new(program);
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--databases", "64"]);
    command.args(["--loglevel", "warning"]);
    let folder = match keeps {
        Keeps::Nothing => {
            command.args(["--appendonly", "no", "--dir", "/tmp"]);
            None
        }
        Keeps::Everything => {
            let folder = base_folder()?.join(format!("redis-{port}"));
            account.create_folder(&folder)?;
            command.args(["--appendonly", "yes", "--appendfsync", "always", "--dir"]).arg(&folder);
            Some(folder)
        }
    };
    account.apply(&mut command, &base_folder()?);
    REDIS.spawn(vec![command], port, folder)
}

fn answers(port: u16) -> bool {
    broker::say(port, "PING\r\n").starts_with(b"+PONG")
}
