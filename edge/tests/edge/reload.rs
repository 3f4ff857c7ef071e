//! Routes change while requests are under way.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::Router;
use axum::routing::get;
use banyan_edge::Known;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::fixture::{Door, door, serve};

const RELOADS: usize = 100;

/// `/x` leads to `/a` or to `/b`, among other routes that come and go.
fn file(upstream: SocketAddr, letter: char, others: usize) -> String {
    let mut text = format!(
        "[upstreams.legacy]\nendpoints = [\"http://{upstream}\"]\n[[routes]]\nname = \"x\"\npath = \"/x\"\nupstream = \"legacy\"\nauth = \"public\"\nrewrite = \"/{letter}\"\n"
    );
    for other in 0..others {
        text.push_str(&format!(
            "[[routes]]\nname = \"other-{other}\"\npath = \"/other/{other}\"\nrespond = {{ status = 204 }}\n"
        ));
    }
    text
}

fn loaded(door: &Door, text: &str) -> usize {
    match door.edge.load(text, &Known::default()) {
        Ok(()) => 0,
        Err(faults) => faults.len(),
    }
}

/// Asks `/x` on one connection until told to stop; every answer must be whole and right.
async fn ask_on(address: SocketAddr, stop: Arc<AtomicBool>, asked: Arc<AtomicUsize>) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut answer = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        stream.write_all(b"GET /x HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        answer.clear();
        while !(answer.ends_with(b"\r\n\r\na") || answer.ends_with(b"\r\n\r\nb")) {
            assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "closed after {}", String::from_utf8_lossy(&answer));
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
        asked.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_reloads_fail_no_request() {
    let door = door();
    let upstream = Router::new().route("/a", get(|| async { "a" })).route("/b", get(|| async { "b" }));
    let upstream = serve(upstream).await;
    assert_eq!(loaded(&door, &file(upstream, 'a', 0)), 0);
    let running = door.serve();
    let (stop, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (0..8).map(|_| tokio::spawn(ask_on(running.local_addr(), stop.clone(), asked.clone()))).collect();
    for turn in 0..RELOADS {
        let letter = if turn % 2 == 0 { 'b' } else { 'a' };
        assert_eq!(loaded(&door, &file(upstream, letter, turn)), 0);
        assert!(loaded(&door, "[[routes]]\nname = \"x\"\n") > 0, "a bad file changes nothing");
        // Each set of routes serves somebody before it goes.
        let before = asked.load(Ordering::Relaxed);
        while asked.load(Ordering::Relaxed) < before + 8 {
            tokio::task::yield_now().await;
        }
    }
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    let metrics = door.edge.metrics().render().unwrap();
    assert!(metrics.contains(&format!("edge_route_reloads_total{{result=\"applied\"}} {}", RELOADS + 1)), "{metrics}");
    assert!(metrics.contains(&format!("edge_route_reloads_total{{result=\"refused\"}} {RELOADS}")));
}

#[tokio::test]
async fn who_is_under_way_ends_with_the_routes_that_it_began_with() {
    let door = door();
    let slow = |more: &str| {
        format!(
            "[[routes]]\nname = \"slow\"\npath = \"/slow\"\nservice = \"toy\"\nrewrite = \"/api/v1/slow\"\nresponse = {{ set = {{ x-file = \"{more}\" }} }}\n"
        )
    };
    let known = Known { services: ["toy".to_owned()].into(), ..Known::default() };
    door.edge.load(&slow("first"), &known).unwrap();
    let edge = door.edge.clone();
    let under_way = tokio::spawn(async move {
        let request = crate::fixture::request("GET", "/slow", &[], axum::body::Body::empty());
        edge.handle(request, banyan_edge::Peer::in_process()).await
    });
    door.begun.notified().await;
    door.edge.load("", &known).unwrap();
    assert_eq!(door.get("/slow").await.status.as_u16(), 404);
    door.release.notify_one();
    assert_eq!(under_way.await.unwrap().headers()["x-file"], "first");
}
