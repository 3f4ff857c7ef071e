//! Much of what is allowed in small numbers: memory stays bounded, and the others go on.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::frames::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PING, PREFACE, RST_STREAM, SETTINGS, frame, honest_block, literal, pour,
};
use super::upstream::upstream;
use super::{PATIENCE, exchange, honest, memory, route_to, statuses};
use crate::fixture::{door, door_with};

/// What a flood may cost at most, in bytes of resident memory. Each writes as much or more.
const BOUND: usize = 48 * 1024 * 1024;
const FLOOD: usize = 64 * 1024 * 1024;

#[tokio::test]
async fn floods_of_frames_are_bounded() {
    let (address, log) = upstream().await;
    let door = door();
    route_to(&door, address);
    let running = door.serve();
    let endless = frame(HEADERS, END_STREAM, 1, &honest_block("/a"));
    let field = literal(b"x-filler", &[b'y'; 1_000]);
    let large: Vec<u8> = field.repeat(15);
    // A field that is put into the table once, and then named again and again by one byte each (RFC 7541 §7.3).
    let mut bomb = honest_block("/a");
    bomb.extend([&[0x40][..], &literal(b"x-bomb", &[b'z'; 3_900])[1..]].concat());
    bomb.extend(vec![0xbe; 12_000]);
    let many = frame(DATA, 0, 1, &[]);
    let floods: [(&str, Vec<u8>, Vec<u8>, bool); 7] = [
        ("CONTINUATION without end", endless.clone(), frame(CONTINUATION, 0, 1, &large), true),
        ("empty CONTINUATION", endless, frame(CONTINUATION, 0, 1, &[]).repeat(1_000), true),
        ("a bomb of fields", Vec::new(), frame(HEADERS, END_HEADERS | END_STREAM, 1, &bomb), true),
        ("PING", Vec::new(), frame(PING, 0, 0, &[0; 8]).repeat(1_000), false),
        ("SETTINGS", Vec::new(), frame(SETTINGS, 0, 0, &[0, 4, 0, 1, 0, 0]).repeat(1_000), false),
        ("empty DATA", frame(HEADERS, END_HEADERS, 1, &honest_block("/a")), many.repeat(1_000), false),
        ("frames of no kind", Vec::new(), frame(0xfa, 0, 0, &[0; 100]).repeat(100), false),
    ];
    let before = memory();
    for (name, first, piece, must_refuse) in floods {
        let most = if must_refuse { FLOOD } else { FLOOD / 16 };
        let refused = pour(&running, &first, &piece, most).await;
        assert!(refused.is_some() || !must_refuse, "{name} was taken without end");
        let grown = memory().saturating_sub(before);
        assert!(grown < BOUND, "{name}: {grown} bytes more");
        assert_eq!(exchange(&running, &honest("/next")).await.map(|answer| statuses(&answer)), Ok(vec![200]), "{name}");
    }
    assert!(log.take().iter().all(|seen| seen.bytes.starts_with(b"GET /next ")), "a flood reached the upstream");
}

/// Requests that are taken back at once (CVE-2023-44487) end the connection before they cost much. The socket may take all of them before the
/// door has said so; what counts is that it ends the connection, and how many it began.
#[tokio::test]
async fn requests_that_are_taken_back_end_the_connection() {
    let (address, log) = upstream().await;
    let door = door();
    route_to(&door, address);
    let running = door.serve();
    let pair = |number: u32| {
        let asked = frame(HEADERS, END_HEADERS | END_STREAM, number, &honest_block("/a"));
        [asked, frame(RST_STREAM, 0, number, &[0, 0, 0, 8])].concat()
    };
    let mut stream = TcpStream::connect(running.local_addr()).await.unwrap();
    stream.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).await.unwrap();
    let (mut reading, mut writing) = stream.split();
    let pouring = async {
        for piece in 0..400_u32 {
            let pairs: Vec<u8> = (0..50).flat_map(|at| pair(2 * (50 * piece + at) + 1)).collect();
            if writing.write_all(&pairs).await.is_err() {
                return;
            }
        }
    };
    let mut answers = vec![0; 64 * 1024];
    let ended = async { while reading.read(&mut answers).await.is_ok_and(|read| read > 0) {} };
    let both = async { tokio::join!(pouring, ended) };
    tokio::time::timeout(PATIENCE, both).await.expect("20,000 resets were taken, and the connection is still open");
    let reached = log.take().len();
    assert!(reached < 2_000, "{reached} requests reached the upstream");
    assert_eq!(exchange(&running, &honest("/next")).await.map(|answer| statuses(&answer)), Ok(vec![200]));
}

/// An answer that nobody takes is not read from the upstream either, and its connection ends.
#[tokio::test]
async fn who_reads_slowly_costs_no_memory() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let large = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = [0; 1024];
        let _ = stream.read(&mut asked).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n").await.unwrap();
        let piece = vec![b'x'; 64 * 1024];
        let mut written = 0_usize;
        while written < 1_000_000_000 && stream.write_all(&piece).await.is_ok() {
            written += piece.len();
        }
        written
    });
    let door = door_with(|settings| settings.deadlines.write = Duration::from_millis(500));
    route_to(&door, address);
    let running = door.serve();
    let before = memory();
    let mut slow = TcpStream::connect(running.local_addr()).await.unwrap();
    slow.write_all(&honest("/large")).await.unwrap();
    let written = tokio::time::timeout(PATIENCE, large).await.expect("the door gives up").unwrap();
    assert!(written < 64 * 1024 * 1024, "{written} bytes were read ahead");
    let grown = memory().saturating_sub(before);
    assert!(grown < BOUND, "{grown} bytes more");
    drop(slow);
}

/// Many heads that never end: each costs what it has sent, and all are told to go.
#[tokio::test]
async fn many_slow_heads_are_all_told_to_go() {
    let (address, log) = upstream().await;
    let door = door_with(|settings| settings.deadlines.header = Duration::from_secs(2));
    route_to(&door, address);
    let running = door.serve();
    let mut slow = Vec::new();
    for _ in 0..200 {
        let mut stream = TcpStream::connect(running.local_addr()).await.unwrap();
        stream.write_all(b"GET /a HTTP/1.1\r\nHost: h\r\nX-1: y\r\n").await.unwrap();
        slow.push(stream);
    }
    assert_eq!(exchange(&running, &honest("/meanwhile")).await.map(|answer| statuses(&answer)), Ok(vec![200]));
    for mut stream in slow {
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("told to go");
        assert_eq!(statuses(&answer), [408]);
    }
    assert_eq!(log.take().len(), 1, "only the honest one arrived");
}
