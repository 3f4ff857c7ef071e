//! RabbitMQ for trying things by hand: one broker on a free port, with files and a register of names of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::broker::{self, Action, Broker, Server};
use crate::{process, tools};

const RABBITMQ: Broker = Broker { name: "rabbitmq", scheme: "amqp", answers, start };

/// Start and stop a RabbitMQ broker by hand.
///
/// Tests start brokers of their own. This one is for trying what programs outside see:
///
///   export BANYAN_EVENTS_RABBITMQ_URL=$(cargo xtask rabbitmq start)
///   cargo xtask up
///
/// It belongs to this checkout, listens on loopback only, needs some seconds to start, and keeps its messages until it is stopped.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Action,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    RABBITMQ.by_hand(&arguments.command)
}

fn start(folder: &Path) -> Result<Server> {
    let program = tools::RABBITMQ.require()?;
    let (port, nodes, names) = (process::free_port()?, process::free_port()?, process::free_port()?.to_string());
    let file = |name: &str, text: &str| -> Result<PathBuf> {
        let path = folder.join(name);
        fs::write(&path, text)?;
        Ok(path)
    };
    let mut server = Command::new(program);
    // Its cookie, too, stands in what it takes for its home.
    server.current_dir(folder).env("HOME", folder).env("ERL_EPMD_PORT", &names).env("RABBITMQ_DIST_PORT", nodes.to_string());
    server.env("RABBITMQ_NODENAME", format!("banyan-{port}@localhost"));
    server.env("RABBITMQ_NODE_PORT", port.to_string()).env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1");
    server.env("RABBITMQ_MNESIA_BASE", folder.join("store")).env("RABBITMQ_LOG_BASE", folder.join("log"));
    server.env("RABBITMQ_ENABLED_PLUGINS_FILE", file("plugins", "[].\n")?);
    server.env("RABBITMQ_CONFIG_FILE", file("rabbitmq.conf", "")?).env("RABBITMQ_CONF_ENV_FILE", file("environment", "")?);
    server.env("RABBITMQ_PID_FILE", folder.join("pid"));
    // The script becomes the broker.
    server.env("RABBITMQ_ALLOW_INPUT", "1").env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-noinput");
    let mut register = Command::new("epmd");
    register.args(["-port", &names, "-address", "127.0.0.1"]);
    RABBITMQ.spawn(vec![register, server], port, Some(folder.to_owned()))
}

/// To a version that it does not speak it answers with its own.
fn answers(port: u16) -> bool {
    broker::say(port, "AMQP\u{0}\u{0}\u{0}\u{0}").starts_with(b"AMQP")
}
