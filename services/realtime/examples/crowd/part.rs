//! The crowd at one server: a process that does what it is told by lines, and answers each by a line of JSON.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Arguments;
use crate::delays::Delays;
use crate::listener::Crowd;
use crate::publisher::Load;

/// Everything that was sent arrives within this time, or does not.
const PATIENCE: Duration = Duration::from_secs(30);

/// All connections have come, or were refused.
#[derive(Deserialize, Serialize)]
pub(crate) struct Gathered {
    pub(crate) connections: usize,
    pub(crate) seconds: f64,
}

#[derive(Deserialize, Serialize)]
pub(crate) struct Spoke {
    pub(crate) published: u64,
}

/// All that was to be heard, or what came of it.
#[derive(Deserialize, Serialize)]
pub(crate) struct Heard {
    pub(crate) buckets: Vec<u64>,
    /// Connections that ended by themselves.
    pub(crate) lost: u64,
}

/// As the conductor has it.
pub(crate) struct Part {
    process: Child,
    says: ChildStdin,
    hears: BufReader<ChildStdout>,
}

impl Part {
    pub(crate) fn start(number: usize) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(std::env::args_os().skip(1)).args(["--part", &number.to_string()]);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (says, hears) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        Self { process, says, hears }
    }

    pub(crate) fn tell(&mut self, line: &str) {
        writeln!(self.says, "{line}").unwrap();
    }

    pub(crate) fn hear<T: DeserializeOwned>(&mut self) -> T {
        let mut line = String::new();
        self.hears.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Closing tens of thousands of connections one by one is nobody's measurement.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Is the part until the conductor has heard all.
pub(crate) fn be(arguments: &Arguments, number: usize) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (server, delays) = (arguments.servers[number].address, Arc::new(Delays::new()));
    let connections = arguments.share(arguments.listeners, number) * arguments.rooms;
    let crowd = Crowd { server, dialect: arguments.dialect, token: arguments.token.clone(), rooms: arguments.rooms };
    let begun = Instant::now();
    let came = runtime.block_on(crowd.gather(connections, &delays));
    answer(&Gathered { connections: came, seconds: begun.elapsed().as_secs_f64() });

    told();
    let load = Load {
        server,
        token: arguments.publisher.clone(),
        rooms: arguments.rooms,
        rate: arguments.rate.map(|rate| rate as f64 / arguments.servers.len() as f64),
        at_once: arguments.share(arguments.at_once, number).max(1),
        length: Duration::from_secs(arguments.seconds),
    };
    answer(&Spoke { published: runtime.block_on(load.run(arguments.dialect)) });

    let expected = told().parse::<u64>().unwrap();
    runtime.block_on(heard(&delays, expected));
    answer(&Heard { buckets: delays.buckets(), lost: delays.lost.load(Ordering::Relaxed) });
    // Until the others have heard all, too.
    std::thread::park();
}

async fn heard(delays: &Delays, expected: u64) {
    let deadline = Instant::now() + PATIENCE;
    while delays.count() < expected && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn told() -> String {
    std::io::stdin().lines().next().unwrap().unwrap()
}

fn answer(said: &impl Serialize) {
    println!("{}", serde_json::to_string(said).unwrap());
}
