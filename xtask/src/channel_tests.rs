//! What leaves Banyan, read by other people's libraries: npm's `standardwebhooks`, Python's `http-ece` and `py-vapid`.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::process::{self, Guarded};
use crate::tools;
use crate::workspace;

const START_LIMIT: Duration = Duration::from_secs(60);
/// What the receiver of webhooks is given.
const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// It brings `http-ece`, `py-vapid` and `cryptography`.
const PYTHON: &str = "pywebpush==2.5.0";
const SENT: &str = "\
webhook msg_1 delivered
webhook msg_1 delivered
webhook msg_2 delivered
webhook msg_3 delivered
webhook msg_4 temporary: answered 401
push 20 delivered
push 500 delivered
push 3993 delivered
";
const TAKEN: &str = "\
taken msg_1 goal.reached
again msg_1
taken msg_2 goal.reached
taken msg_3 goal.reached
refused
";

/// Check signed webhooks and Web Push with the libraries that receivers use: npm's `standardwebhooks`, Python's `pywebpush`
#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments) -> Result<()> {
    let receiver = workspace::root().join("docs/examples/webhook-receiver");
    tools::install_node_libraries(&receiver)?;
    let node = tools::find("node").context("npm is here but node is not: install Node.js 20 or newer")?;
    let python = tools::python_environment("pywebpush", PYTHON)?.join("python");
    process::run(workspace::cargo().args(["build", "--quiet", "--package", "banyan-channels", "--example", "to_others"]))?;
    let folder = workspace::target_directory()?.join("channel-tests");
    fs::create_dir_all(&folder)?;

    let (heard, opened) = (folder.join("receiver.out"), folder.join("browser.out"));
    let mut command = Command::new(node);
    command.arg("receiver.mjs").env("WEBHOOK_SECRET", KEY).current_dir(&receiver).stdout(Stdio::from(fs::File::create(&heard)?));
    let _receiver = Guarded::spawn(&mut command)?;
    let mut command = Command::new(python);
    command.arg(workspace::root().join("platform/channels/tests/channels/browser.py"));
    let _browser = Guarded::spawn(command.stdout(Stdio::from(fs::File::create(&opened)?)))?;
    let (address, subscription) = (first_line(&heard)?, first_line(&opened)?);

    let mut sender = Command::new(workspace::target_directory()?.join("debug/examples/to_others"));
    let sent = process::output(sender.args([&address, KEY, &subscription]))?;
    print_and_compare("sent", &sent, SENT)?;
    print_and_compare("taken", rest(&fs::read_to_string(heard)?), TAKEN)?;
    let opened = fs::read_to_string(opened)?;
    let lengths: Vec<&str> = rest(&opened).lines().filter_map(|line| line.strip_prefix("opened ")?.split(' ').next()).collect();
    ensure!(lengths == ["20", "500", "3993"], "the browser could not open everything:\n{}", rest(&opened));
    println!("opened {}", lengths.join(", "));
    Ok(())
}

fn print_and_compare(what: &str, found: &str, expected: &str) -> Result<()> {
    print!("{found}");
    ensure!(found.trim() == expected.trim(), "{what} is not what it should be:\n{expected}");
    Ok(())
}

fn rest(text: &str) -> &str {
    text.split_once('\n').map_or("", |(_, rest)| rest)
}

/// What a program prints when it listens.
fn first_line(file: &Path) -> Result<String> {
    let began = Instant::now();
    loop {
        let text = fs::read_to_string(file)?;
        if let Some((line, _)) = text.split_once('\n') {
            return Ok(line.to_owned());
        }
        ensure!(began.elapsed() < START_LIMIT, "{} stayed empty", file.display());
        process::pause(Duration::from_millis(20))?;
    }
}
