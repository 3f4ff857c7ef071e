//! What a broken or hostile upstream answers.

use std::net::SocketAddr;
use std::sync::Arc;

use banyan_edge::Running;
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{corpus, exchange, honest, memory, route_to, statuses};
use crate::fixture::door;

const CORPUS: &str = include_str!("../../hostile/answers.toml");

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    each: Vec<String>,
    answer: String,
    #[serde(default)]
    then: Then,
    client: Client,
    #[serde(default)]
    lacks: Vec<String>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Then {
    #[default]
    Close,
    Hold,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Client {
    Status(u16),
    Word(Word),
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Cut,
}

/// Answers `/case/N` with the case of that number, everything else honestly and with its own path.
async fn hostile(cases: Arc<Vec<Case>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, cases.clone()));
        }
    });
    address
}

async fn serve(mut stream: TcpStream, cases: Arc<Vec<Case>>) {
    let mut buffer = Vec::new();
    loop {
        let end = loop {
            if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if !stream.read_buf(&mut buffer).await.is_ok_and(|read| read > 0) {
                return;
            }
        };
        let head = String::from_utf8(buffer.drain(..end).collect()).unwrap();
        let path = head.split(' ').nth(1).unwrap();
        let Some(number) = path.strip_prefix("/case/") else {
            let honest = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{path}", path.len());
            stream.write_all(honest.as_bytes()).await.unwrap();
            continue;
        };
        let case = &cases[number.parse::<usize>().unwrap()];
        // The door may hang up as soon as it has seen enough.
        let _ = stream.write_all(&corpus::bytes(&case.answer)).await;
        match case.then {
            Then::Close => return,
            Then::Hold => {}
        }
    }
}

fn cases() -> Vec<Case> {
    let corpus = corpus::read::<Case>(CORPUS);
    let variants = corpus.variants.iter().flat_map(|case| {
        let one = |one: &String| Case {
            name: format!("{}: {one}", case.name),
            answer: case.answer.replacen("{}", one, 1),
            ..case.clone()
        };
        case.each.iter().map(one)
    });
    corpus.cases.iter().cloned().chain(variants).collect()
}

async fn faults(case: &Case, number: usize, running: &Running) -> Vec<String> {
    let answer = match exchange(running, &honest(&format!("/case/{number}"))).await {
        Ok(answer) => answer,
        Err(fault) => return vec![fault],
    };
    let text = String::from_utf8_lossy(&answer).to_ascii_lowercase();
    let mut faults = Vec::new();
    match &case.client {
        Client::Status(status) if statuses(&answer) == [*status] => {}
        // Whole would be: as long as it says, or ended by the last chunk.
        Client::Word(Word::Cut) if statuses(&answer) == [200] && text.contains("half") && !text.ends_with("\r\n0\r\n\r\n") => {}
        _ => faults.push(format!("the client got {:?}", text.get(..400).unwrap_or(&text))),
    }
    faults.extend(case.lacks.iter().filter(|lacks| text.contains(*lacks)).map(|lacks| format!("{lacks:?} is there")));
    // Several, so that a connection that was spoilt is found wherever it was put.
    for path in ["/one", "/two", "/three"] {
        let next = exchange(running, &honest(path)).await.unwrap_or_default();
        if statuses(&next) != [200] || !next.ends_with(path.as_bytes()) {
            faults.push(format!("the answer to {path} was {:?}", String::from_utf8_lossy(&next)));
        }
    }
    faults
}

#[tokio::test]
async fn an_evil_answer_harms_nobody_else() {
    let cases = Arc::new(cases());
    let address = hostile(cases.clone()).await;
    let door = door();
    route_to(&door, address);
    let running = door.serve();
    let before = memory();
    let mut failed = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let faults = faults(case, number, &running).await;
        if !faults.is_empty() {
            failed.push(format!("{}\n    {}", case.name.get(..120).unwrap_or(&case.name), faults.join("\n    ")));
        }
    }
    assert!(failed.is_empty(), "{} of {} cases:\n{}", failed.len(), cases.len(), failed.join("\n"));
    let grown = memory().saturating_sub(before);
    assert!(grown < 64 * 1024 * 1024, "{grown} bytes more");
}
