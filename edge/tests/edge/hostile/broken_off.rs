//! Requests that are broken off in the middle of their body: what the upstream gets must not look whole.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::frames::{DATA, END_HEADERS, HEADERS, RST_STREAM, frame, honest_block};
use super::upstream::upstream;
use super::{exchange, honest, route_to, statuses};
use crate::fixture::door;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[tokio::test]
async fn half_a_body_never_looks_whole() {
    let (address, log) = upstream().await;
    let door = door();
    route_to(&door, address);
    let running = door.serve();
    let begun =
        [PREFACE, &frame(4, 0, 0, &[]), &frame(HEADERS, END_HEADERS, 1, &honest_block("/a")), &frame(DATA, 0, 1, b"half")];
    let begun = begun.concat();
    let reset = |code: u8| [&begun[..], &frame(RST_STREAM, 0, 1, &[0, 0, 0, code])].concat();
    let go_away = [&begun[..], &frame(7, 0, 0, &[0; 8])].concat();
    let chunked = b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n".to_vec();
    let counted = b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf".to_vec();
    let ways = [
        ("the connection ends", begun.clone()),
        ("a reset without error", reset(0)),
        ("a reset that cancels", reset(8)),
        ("a reset with an error", reset(2)),
        ("a GOAWAY", go_away),
        ("chunks without the last", chunked),
        ("fewer bytes than announced", counted),
    ];
    for (name, bytes) in ways {
        let mut stream = TcpStream::connect(running.local_addr()).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
        // Until the door has read it all and has begun to pass it on, as far as it does.
        tokio::time::sleep(Duration::from_millis(100)).await;
        drop(stream);
        assert_eq!(exchange(&running, &honest("/next")).await.map(|answer| statuses(&answer)), Ok(vec![200]), "{name}");
        let whole: Vec<_> =
            log.take().iter().map(super::upstream::Seen::text).filter(|text| !text.starts_with("GET /next ")).collect();
        assert!(whole.is_empty(), "{name}: {whole:?}");
    }
}
