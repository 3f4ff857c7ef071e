//! What strangers, and upstreams, send to do harm. The cases stand as text in `tests/hostile`; to add one, write it there.

mod answers;
mod broken_off;
mod corpus;
mod floods;
mod frames;
mod requests;
mod upstream;

use std::net::SocketAddr;
use std::time::Duration;

use banyan_edge::{Known, RouteFile, Running};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::fixture::Door;

const PATIENCE: Duration = Duration::from_secs(20);

/// Puts routes before the upstream: all paths for everybody, and some that do more.
pub(crate) fn route_to(door: &Door, upstream: SocketAddr) {
    let text = format!(
        r#"
        [upstreams.raw]
        endpoints = ["http://{upstream}"]
        strip_headers = ["x-user-*"]
        retry = "off"
        breaker = "off"
        ejection = "off"
        timeouts = {{ connect = "10s", per_try = "3s", total = "3s", body_idle = "2s" }}
        [[routes]]
        name = "all"
        path = "/{{*rest}}"
        upstream = "raw"
        auth = "public"
        [[routes]]
        name = "copy"
        path = "/copy/{{what}}"
        upstream = "raw"
        auth = "public"
        request = {{ set = {{ x-copy = "{{what}} {{host}} {{path}}" }} }}
        response = {{ set = {{ x-copy = "{{what}}" }} }}
        "#
    );
    door.edge.apply(RouteFile::parse(&text, &Known::default()).unwrap_or_else(|faults| panic!("{faults:#?}")));
}

/// Sends the bytes as they are, and reads until the other end closes.
pub(crate) async fn exchange(running: &Running, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut stream = TcpStream::connect(running.local_addr()).await.map_err(|error| error.to_string())?;
    let (mut reading, mut writing) = stream.split();
    let mut answer = Vec::new();
    // Who refuses need not read it all, and a reset after the answer is the other end's right.
    let both = async { tokio::join!(writing.write_all(bytes), reading.read_to_end(&mut answer)) };
    match tokio::time::timeout(PATIENCE, both).await {
        Ok(_) => Ok(answer),
        Err(_) => Err(format!("the connection was left open after {:?}", String::from_utf8_lossy(&answer))),
    }
}

/// The statuses of all final answers.
pub(crate) fn statuses(answer: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(answer);
    let heads = text.split("HTTP/1.").skip(1).filter_map(|head| head.get(2..5)?.parse().ok());
    heads.filter(|status| *status >= 200).collect()
}

/// Honest, and the last of its connection.
pub(crate) fn honest(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").into_bytes()
}

/// Resident memory of this process, in bytes: door and upstream run in it.
pub(crate) fn memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0 kB");
    line.split_whitespace().next().and_then(|number| number.parse::<usize>().ok()).unwrap_or(0) * 1024
}
