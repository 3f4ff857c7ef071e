//! Requests in HTTP/2 that HTTP/1.1 could misread, written frame by frame: no library would send them.

use std::time::Duration;

use banyan_edge::Running;
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::upstream::{Log, upstream};
use super::{PATIENCE, corpus, exchange, honest, route_to, statuses};
use crate::fixture::door;

const CORPUS: &str = include_str!("../../hostile/frames.toml");
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PING: u8 = 6;
pub(super) const GOAWAY: u8 = 7;
pub(super) const CONTINUATION: u8 = 9;
pub(super) const END_STREAM: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    each: Vec<Vec<String>>,
    #[serde(default)]
    fields: Vec<String>,
    #[serde(default)]
    data: Option<String>,
    #[serde(default)]
    after: Vec<String>,
    #[serde(default)]
    refused: bool,
    #[serde(default)]
    lacks: Vec<String>,
}

pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A field as a literal that nobody indexes (RFC 7541 §6.2.2).
pub(super) fn literal(name: &[u8], value: &[u8]) -> Vec<u8> {
    [&[0][..], &text(name), &text(value)].concat()
}

/// Without Huffman's coding (RFC 7541 §5.2).
fn text(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut left = bytes.len();
    if left < 127 {
        out.push(u8::try_from(left).unwrap());
    } else {
        out.push(127);
        left -= 127;
        while left >= 128 {
            out.push(u8::try_from(left % 128).unwrap() | 128);
            left /= 128;
        }
        out.push(u8::try_from(left).unwrap());
    }
    out.extend_from_slice(bytes);
    out
}

/// An honest request's fields.
pub(super) fn honest_block(path: &str) -> Vec<u8> {
    block(&[format!(":path {path}")])
}

fn block(fields: &[String]) -> Vec<u8> {
    let parse = |field: &String| {
        let (name, value) = field.split_once(' ').unwrap_or((field, ""));
        (corpus::unescaped(name), corpus::unescaped(value))
    };
    let given: Vec<(Vec<u8>, Vec<u8>)> = fields.iter().map(parse).collect();
    let mut out = Vec::new();
    for (name, value) in [(":method", "GET"), (":scheme", "http"), (":authority", "h"), (":path", "/a")] {
        let named = given.iter().any(|(given, _)| given == name.as_bytes() || given == format!("-{name}").as_bytes());
        if !named {
            out.extend(literal(name.as_bytes(), value.as_bytes()));
        }
    }
    for (name, value) in given.iter().filter(|(name, _)| !name.starts_with(b"-:")) {
        out.extend(literal(name, value));
    }
    out
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Ok,
    /// An answer that is not 200, a reset, or the end of the connection.
    Refused,
}

/// What becomes of the stream.
async fn outcome(stream: &mut TcpStream, number: u32) -> Outcome {
    loop {
        let mut head = [0; 9];
        if stream.read_exact(&mut head).await.is_err() {
            return Outcome::Refused;
        }
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let mut payload = vec![0; length];
        if stream.read_exact(&mut payload).await.is_err() {
            return Outcome::Refused;
        }
        let about = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        match head[3] {
            GOAWAY => return Outcome::Refused,
            RST_STREAM if about == number => return Outcome::Refused,
            HEADERS if about == number => {
                // A change of the table's size may stand first; then comes `:status 200` as the table has it.
                let mut fields = &payload[..];
                while let [size, rest @ ..] = fields
                    && size & 0xe0 == 0x20
                {
                    fields = match size & 0x1f {
                        0x1f => &rest[rest.iter().position(|byte| byte & 128 == 0).unwrap() + 1..],
                        _ => rest,
                    };
                }
                return if fields.first() == Some(&0x88) { Outcome::Ok } else { Outcome::Refused };
            }
            _ => {}
        }
    }
}

async fn faults(case: &Case, running: &Running, log: &Log) -> Vec<String> {
    let mut bytes = [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat();
    let end = if case.data.is_none() { END_STREAM } else { 0 };
    bytes.extend(frame(HEADERS, END_HEADERS | end, 1, &block(&case.fields)));
    if let Some(data) = &case.data {
        let end = if case.after.is_empty() { END_STREAM } else { 0 };
        bytes.extend(frame(DATA, end, 1, &corpus::unescaped(data)));
    }
    if !case.after.is_empty() {
        let fields = case.after.iter().map(|field| field.split_once(' ').unwrap());
        let block: Vec<u8> = fields.flat_map(|(name, value)| literal(name.as_bytes(), value.as_bytes())).collect();
        bytes.extend(frame(HEADERS, END_HEADERS | END_STREAM, 1, &block));
    }
    let mut stream = TcpStream::connect(running.local_addr()).await.unwrap();
    stream.write_all(&bytes).await.unwrap();
    let Ok(outcome) = tokio::time::timeout(PATIENCE, outcome(&mut stream, 1)).await else { return vec!["no answer".into()] };
    let seen = log.take();
    let mut faults: Vec<String> = seen.iter().flat_map(|seen| seen.faults.clone()).collect();
    let expected = if case.refused { (Outcome::Refused, 0) } else { (Outcome::Ok, 1) };
    if (&outcome, seen.len()) != (&expected.0, expected.1) {
        faults.push(format!("{outcome:?}, and {} requests reached the upstream", seen.len()));
    }
    let texts: String = seen.iter().map(|seen| seen.text().to_ascii_lowercase()).collect();
    faults.extend(case.lacks.iter().filter(|lacks| texts.contains(*lacks)).map(|lacks| format!("{lacks:?} is there")));
    if !faults.is_empty() {
        faults.push(format!("the upstream got: {texts}"));
    }
    faults
}

#[tokio::test]
async fn nothing_of_http_2_reaches_an_upstream_that_it_could_misread() {
    let (address, log) = upstream().await;
    let door = door();
    route_to(&door, address);
    let running = door.serve();
    let corpus = corpus::read::<Case>(CORPUS);
    let variants = corpus.variants.iter().flat_map(|case| {
        let one =
            |fields: &Vec<String>| Case { name: format!("{}: {fields:?}", case.name), fields: fields.clone(), ..case.clone() };
        case.each.iter().map(one)
    });
    let mut failed = Vec::new();
    for case in corpus.cases.iter().cloned().chain(variants) {
        let mut faults = faults(&case, &running, &log).await;
        let next = exchange(&running, &honest("/next")).await.map(|answer| statuses(&answer));
        if next != Ok(vec![200]) {
            faults.push(format!("the next request: {next:?}"));
        }
        log.take();
        if !faults.is_empty() {
            failed.push(format!("{}\n    {}", case.name, faults.join("\n    ")));
        }
    }
    assert!(failed.is_empty(), "{} cases:\n{}", failed.len(), failed.join("\n"));
}

/// Writes until the door has had enough, and says how many bytes that took; none if it took them all.
pub(super) async fn pour(running: &Running, first: &[u8], piece: &[u8], most: usize) -> Option<usize> {
    let mut stream = TcpStream::connect(running.local_addr()).await.unwrap();
    stream.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[]), first].concat()).await.unwrap();
    let (mut reading, mut writing) = stream.split();
    let mut written = 0;
    let pouring = async {
        while written < most {
            if writing.write_all(piece).await.is_err() {
                return true;
            }
            written += piece.len();
        }
        false
    };
    let mut answers = vec![0; 64 * 1024];
    let ended = async { while reading.read(&mut answers).await.is_ok_and(|read| read > 0) {} };
    let refused = tokio::select! {
        refused = pouring => refused,
        () = ended => true,
        () = tokio::time::sleep(Duration::from_secs(60)) => panic!("neither taken nor refused"),
    };
    refused.then_some(written)
}
