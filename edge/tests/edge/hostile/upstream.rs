//! An upstream that keeps every byte, and reads as strictly as nobody does: what it takes, every reader takes in the same way.

use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A request that came whole.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) bytes: Vec<u8>,
    /// What in it could be read differently.
    pub(crate) faults: Vec<String>,
}

#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<Seen>>>);

impl Log {
    pub(crate) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.0.lock())
    }
}

impl Seen {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

pub(crate) async fn upstream() -> (SocketAddr, Log) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, log) = (listener.local_addr().unwrap(), Log::default());
    let kept = log.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, kept.clone()));
        }
    });
    (address, log)
}

async fn serve(mut stream: TcpStream, log: Log) {
    let mut buffer = Vec::new();
    while let Some(length) = whole(&mut stream, &mut buffer).await {
        let bytes: Vec<u8> = buffer.drain(..length).collect();
        let head = &bytes[..end_of_head(&bytes).unwrap()];
        let body = if head.starts_with(b"HEAD ") { "" } else { "ok" };
        let faults = faults_of(head);
        log.0.lock().push(Seen { bytes, faults });
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{body}");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// How long the next request is, once it is whole; none if it never is.
async fn whole(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<usize> {
    loop {
        if let Some(length) = length_of(buffer) {
            return Some(length);
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

fn field<'h>(head: &'h str, name: &str) -> Vec<&'h str> {
    let fields = head.split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
    fields.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
}

fn length_of(bytes: &[u8]) -> Option<usize> {
    let end = end_of_head(bytes)?;
    let head = String::from_utf8_lossy(&bytes[..end]);
    if field(&head, "transfer-encoding").is_empty() {
        let length = field(&head, "content-length").first().and_then(|length| length.parse().ok()).unwrap_or(0);
        return (bytes.len() >= end + length).then_some(end + length);
    }
    let mut at = end;
    loop {
        let line = bytes[at..].windows(2).position(|two| two == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[at..at + line]).ok()?, 16).ok()?;
        at += line + 2 + size + 2;
        if bytes.len() < at || &bytes[at - 2..at] != b"\r\n" {
            return None;
        }
        if size == 0 {
            return Some(at);
        }
    }
}

/// What another reader could read in another way.
fn faults_of(head: &[u8]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut fault = |what: String| faults.push(what);
    let Ok(text) = std::str::from_utf8(head) else { return vec!["bytes of no alphabet".into()] };
    let mut lines = text.strip_suffix("\r\n\r\n").unwrap_or(text).split("\r\n");
    let request: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
    match request[..] {
        [method, target, "HTTP/1.1"] => {
            if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
                fault(format!("method {method:?}"));
            }
            let path = target.split('?').next().unwrap_or_default();
            let graphic = target.bytes().all(|byte| byte.is_ascii_graphic());
            if !path.starts_with('/') || !graphic || path.contains("//") || path.contains(['\\', ';', '#']) {
                fault(format!("target {target:?}"));
            }
        }
        _ => fault(format!("request line {request:?}")),
    }
    for line in lines {
        let Some((name, value)) = line.split_once(':') else {
            fault(format!("line {line:?}"));
            continue;
        };
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"-!#$%&'*+.^`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(token) {
            fault(format!("name {name:?}"));
        }
        if value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
            fault(format!("value {value:?}"));
        }
    }
    let count = |name| field(text, name).len();
    if count("host") != 1 || field(text, "host")[0].is_empty() {
        fault(format!("hosts {:?}", field(text, "host")));
    }
    let (lengths, codings) = (field(text, "content-length"), field(text, "transfer-encoding"));
    let plain = |length: &str| !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    if lengths.len() + codings.len() > 1
        || !lengths.iter().all(|length| plain(length))
        || codings.iter().any(|one| *one != "chunked")
    {
        fault(format!("framing {lengths:?} {codings:?}"));
    }
    for name in
        ["connection", "keep-alive", "te", "trailer", "upgrade", "proxy-connection", "proxy-authorization", "expect", "proxy"]
    {
        if count(name) > 0 {
            fault(format!("field for one hop {name}"));
        }
    }
    for name in ["x-forwarded-for", "x-real-ip", "forwarded", "banyan-caller", "signature", "signature-input", "cookie"] {
        if count(name) > 1 {
            fault(format!("several {name}"));
        }
    }
    faults
}

#[test]
fn the_strict_reader_finds_what_is_wrong() {
    let good = "POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\n\r\n";
    assert_eq!(faults_of(good.as_bytes()), Vec::<String>::new());
    for (from, to) in [
        ("POST", "post"),
        ("/a", "//a"),
        ("/a", "a"),
        ("HTTP/1.1", "HTTP/1.0"),
        ("host: h", "host: h\r\nhost: i"),
        ("host: h", "x: y"),
        ("host: h", "host: h\r\nx_y: z"),
        ("host: h", "host: h\r\nx : z"),
        ("host: h", "host: h\r\nx: a\rb"),
        ("host: h", "host: h\r\nx: a\nb"),
        ("host: h", "host: h\r\n folded"),
        ("host: h", "host: h\r\ntransfer-encoding: chunked"),
        ("length: 1", "length: +1"),
        ("host: h", "host: h\r\nte: trailers"),
    ] {
        assert!(!faults_of(good.replace(from, to).as_bytes()).is_empty(), "{to:?}");
    }
    assert_eq!(length_of(b"GET / HTTP/1.1\r\nhost: h\r\n\r\nGET"), Some(27));
    assert_eq!(length_of(b"P / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"), Some(55));
    assert_eq!(length_of(b"P / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx: y\r\n\r\n"), None);
}
