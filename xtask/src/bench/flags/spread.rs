//! How long a change takes from the call that makes it to the streams of three nodes.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde::Serialize;

use super::installation::Installation;

const FLAG: &str = "flag-0";
const PATIENCE: Duration = Duration::from_secs(10);

/// Milliseconds.
#[derive(Serialize)]
pub(super) struct Delay {
    p50: f64,
    pub(super) p99: f64,
    most: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Spread {
    changes: u32,
    /// From before the call until its answer.
    answered: Delay,
    /// From before the call until a client of the node has the change; the first node is the one that was called.
    nodes: Vec<Delay>,
    /// Until the last of them has it.
    pub(super) everywhere: Delay,
}

pub(super) fn measure(installation: &Installation, changes: u32) -> Result<Spread> {
    let (heard, hears) = channel();
    for (number, node) in installation.nodes.iter().enumerate() {
        listen(number, node.url(), &installation.client, heard.clone())?;
    }
    let nodes = installation.nodes.len();
    wait(&hears, nodes)?;
    let (mut answered, mut everywhere, mut each) = (Vec::new(), Vec::new(), vec![Vec::new(); nodes]);
    for change in 0..changes {
        let began = Instant::now();
        installation.turn(FLAG, if change % 2 == 0 { "off" } else { "on" })?;
        answered.push(began.elapsed());
        let mut last = Duration::ZERO;
        for (number, at) in wait(&hears, nodes)? {
            let took = at.saturating_duration_since(began);
            each[number].push(took);
            last = last.max(took);
        }
        everywhere.push(last);
    }
    let nodes = each.into_iter().map(delay).collect();
    Ok(Spread { changes, answered: delay(answered), nodes, everywhere: delay(everywhere) })
}

/// One word of each node.
fn wait(hears: &Receiver<(usize, Instant)>, nodes: usize) -> Result<Vec<(usize, Instant)>> {
    (0..nodes).map(|_| hears.recv_timeout(PATIENCE).context("a node did not hear of a change")).collect()
}

/// Tells of each event of the node's stream, the first one too.
fn listen(number: usize, url: &str, token: &str, heard: Sender<(usize, Instant)>) -> Result<()> {
    let address = url.strip_prefix("http://").context("a node without an address")?;
    let mut connection = TcpStream::connect(address)?;
    write!(
        connection,
        "GET /api/client/streaming HTTP/1.1\r\nhost: {address}\r\nauthorization: {token}\r\nunleash-client-spec: 5.2.0\r\n\r\n"
    )?;
    let mut lines = BufReader::new(connection).lines();
    let status = lines.next().context("no answer")??;
    if !status.contains(" 200 ") {
        bail!("the stream of node {number} answers {status}");
    }
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if line.starts_with("event: unleash-") && heard.send((number, Instant::now())).is_err() {
                return;
            }
        }
    });
    Ok(())
}

fn delay(mut times: Vec<Duration>) -> Delay {
    times.sort_unstable();
    let at = |share: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a short list")]
        let place = ((times.len().saturating_sub(1)) as f64 * share).round() as usize;
        times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    Delay { p50: at(0.5), p99: at(0.99), most: at(1.0) }
}

pub(super) fn table(spread: &Spread) -> String {
    let mut text = format!("{} changes of a flag, from the call to the streams of clients\n\n", spread.changes);
    let _infallible = writeln!(text, "{:<42} {:>8} {:>8} {:>8}", "", "p50 ms", "p99 ms", "most");
    let mut line = |name: &str, delay: &Delay| {
        let _infallible = writeln!(text, "{name:<42} {:>8.1} {:>8.1} {:>8.1}", delay.p50, delay.p99, delay.most);
    };
    line("answered", &spread.answered);
    for (number, delay) in spread.nodes.iter().enumerate() {
        line(if number == 0 { "at the node that was called" } else { "at another node" }, delay);
    }
    line("everywhere", &spread.everywhere);
    text
}
