//! Fetching over the network: what a host on the list may answer, and where its name may lead.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use banyan_images::{AllowedHost, DirectFetch, Fetch, FetchError, Reach};
use bytes::Bytes;
use url::Url;

/// A server for one request, with the bytes that it is to answer. Gives its port, and later what it was asked.
fn server(answer: &'static [u8]) -> (u16, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
            request.push(byte[0]);
        }
        let _ = stream.write_all(answer);
        String::from_utf8(request).unwrap()
    });
    (port, asked)
}

async fn fetch(answer: &'static [u8], largest: usize) -> (Result<Bytes, FetchError>, String) {
    let (port, asked) = server(answer);
    let host = format!("127.0.0.1:{port}").parse::<AllowedHost>().unwrap().reaching(Reach::Private);
    let source = Url::parse(&format!("http://127.0.0.1:{port}/a%20b.png?v=1#part")).unwrap();
    let fetched = DirectFetch::new().unwrap().fetch(&source, &host, largest).await;
    (fetched, asked.join().unwrap())
}

#[tokio::test]
async fn a_source_is_fetched_with_nothing_of_the_caller() {
    let (fetched, asked) = fetch(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabcd", 4).await;
    assert_eq!(fetched.unwrap(), "abcd");
    let mut lines = asked.lines();
    assert_eq!(lines.next(), Some("GET /a%20b.png?v=1 HTTP/1.1"));
    let names: Vec<String> = lines.filter_map(|line| Some(line.split_once(':')?.0.to_ascii_lowercase())).collect();
    assert_eq!(names, ["host", "accept", "accept-encoding", "user-agent"]);
}

#[tokio::test]
async fn redirects_packing_and_length_are_refused() {
    let (fetched, _) = fetch(b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n", 9).await;
    assert!(matches!(fetched, Err(FetchError::Status(302))));
    let (fetched, _) = fetch(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx", 9).await;
    assert!(matches!(fetched, Err(FetchError::Status(415))));
    let (fetched, _) = fetch(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n", 9).await;
    assert!(matches!(fetched, Err(FetchError::TooLarge)));
    let (fetched, _) =
        fetch(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n5\r\nabcde\r\n0\r\n\r\n", 9).await;
    assert!(matches!(fetched, Err(FetchError::TooLarge)));
    let (fetched, _) = fetch(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort", 9).await;
    assert!(matches!(fetched, Err(FetchError::Unreachable(_))));
    let (fetched, _) = fetch(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", 9).await;
    assert!(matches!(fetched, Err(FetchError::NotFound)));
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    for name in ["localhost", "127.0.0.1", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"] {
        let source = Url::parse(&format!("http://{name}:{port}/")).unwrap();
        let host: AllowedHost = format!("{name}:{port}").parse().unwrap();
        let fetched = DirectFetch::new().unwrap().fetch(&source, &host, 9).await;
        assert!(matches!(fetched, Err(FetchError::ForbiddenAddress | FetchError::Unreachable(_))), "{name}: {fetched:?}");
    }
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "nobody may have called");
}
