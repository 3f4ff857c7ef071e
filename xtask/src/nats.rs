//! NATS for trying things by hand and for measuring: one process with JetStream on a free port.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::broker::{self, Action, Broker, Server};
use crate::{process, tools};

const NATS: Broker = Broker { name: "nats", scheme: "nats", answers, start };

/// Start and stop a NATS server with JetStream by hand.
///
/// Tests start servers of their own. This one is for trying what programs outside see:
///
///   export BANYAN_EVENTS_NATS_URL=$(cargo xtask nats start)
///   cargo xtask up
///
/// It belongs to this checkout, listens on loopback only, and keeps its messages until it is stopped.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Action,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    NATS.by_hand(&arguments.command)
}

/// One that ends with the value; its messages stand below `folder`, which goes with it.
pub(crate) fn start(folder: &Path) -> Result<Server> {
    let program = tools::NATS.require()?;
    let port = process::free_port()?;
    fs::create_dir_all(folder)?;
    let mut command = Command::new(program);
    command.args(["-js", "-a", "127.0.0.1", "-p", &port.to_string(), "-sd"]).arg(folder.join("store"));
    command.arg("-l").arg(folder.join("log"));
    NATS.spawn(vec![command], port, Some(folder.to_owned()))
}

/// It greets whoever connects with `INFO`.
fn answers(port: u16) -> bool {
    broker::say(port, "").starts_with(b"INFO")
}
