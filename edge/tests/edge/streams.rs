//! Bodies that come in pieces are passed on piece by piece.

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::wires::{Certified, read_until, wired};

#[tokio::test]
async fn each_piece_of_an_answer_arrives_before_the_next_is_made() {
    let wired = wired(|_| ()).await;
    let certified = Certified::new();
    let running = certified.serve(&wired.door);
    // Who takes compressed answers gets events as they are; plain pieces as well when compression is not wished.
    for (path, accept) in [("/wires/events", "gzip, br, zstd"), ("/wires/text", "identity")] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\naccept-encoding: {accept}\r\n\r\n");
        let mut plain = TcpStream::connect(running.local_addr()).await.unwrap();
        plain.write_all(request.as_bytes()).await.unwrap();
        for at in 1..=3 {
            wired.signals.next.notify_one();
            read_until(&mut plain, &format!("piece {at}")).await;
        }
        let mut tls = certified.connect(&running, &["http/1.1"]).await.unwrap();
        tls.write_all(request.as_bytes()).await.unwrap();
        for at in 1..=3 {
            wired.signals.next.notify_one();
            read_until(&mut tls, &format!("piece {at}")).await;
        }
    }
}

#[tokio::test]
async fn a_compressed_piece_does_not_wait_for_the_next() {
    let wired = wired(|_| ()).await;
    let running = wired.door.serve();
    for (accept, magic) in [("gzip", "\u{1f}\u{8b}"), ("zstd", "(\u{b5}/\u{fd}"), ("br", "\r\n\r\n")] {
        let mut stream = TcpStream::connect(running.local_addr()).await.unwrap();
        let request = format!("GET /wires/text HTTP/1.1\r\nhost: localhost\r\naccept-encoding: {accept}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let head = read_until(&mut stream, "\r\n\r\n").await;
        assert!(head.contains(&format!("content-encoding: {accept}")), "{head}");
        for _ in 1..=3 {
            wired.signals.next.notify_one();
            // A chunk with something in it.
            let size = read_until(&mut stream, "\r\n").await;
            let bytes = usize::from_str_radix(size.trim(), 16).unwrap();
            assert!(bytes > 0, "{accept} {magic:?}");
            let mut chunk = vec![0; bytes + 2];
            tokio::io::AsyncReadExt::read_exact(&mut stream, &mut chunk).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_service_sees_the_first_piece_of_a_body_before_the_last_is_sent() {
    let wired = wired(|_| ()).await;
    let running = wired.door.serve();
    let mut stream = TcpStream::connect(running.local_addr()).await.unwrap();
    let head = "POST /wires/upload HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(format!("{head}5\r\nfirst\r\n").as_bytes()).await.unwrap();
    wired.signals.first.notified().await;
    stream.write_all(b"4\r\nlast\r\n0\r\n\r\n").await.unwrap();
    let answer = read_until(&mut stream, "\r\n\r\n9").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
