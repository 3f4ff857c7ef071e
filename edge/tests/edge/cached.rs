//! Routes whose answers the door keeps.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use banyan_edge::{Known, RouteFile};

use crate::fixture::{Door, door, eventually, serve};

/// A door before an upstream that numbers its answers.
async fn numbered() -> (Door, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counting = asked.clone();
    let upstream = Router::new().fallback(move || {
        let number = counting.fetch_add(1, Ordering::SeqCst) + 1;
        async move { ([("content-type", "text/plain")], number.to_string()).into_response() }
    });
    let address = serve(upstream).await;
    let text = format!(
        "[upstreams.legacy]\nendpoints = [\"http://{address}\"]\n[[routes]]\nname = \"beta\"\npath = \"/news/{{*rest}}\"\nheaders = {{ x-beta = \"1\" }}\nupstream = \"legacy\"\nauth = \"public\"\ncache = {{ keep = \"1m\" }}\n[[routes]]\nname = \"news\"\npath = \"/news/{{*rest}}\"\nupstream = \"legacy\"\nauth = \"public\"\ncache = {{ keep = \"1m\" }}\n"
    );
    let door = door();
    door.edge.apply(RouteFile::parse(&text, &Known::default()).unwrap_or_else(|faults| panic!("{faults:#?}")));
    (door, asked)
}

#[tokio::test]
async fn a_route_with_a_cache_asks_once_until_it_is_over_or_changed() {
    let (door, _) = numbered().await;
    assert_eq!(door.get("/news/1").await.text(), "1");
    let hit = door.get("/news/1").await;
    assert_eq!((hit.text().as_str(), hit.header("cache-status")), ("1", "Banyan; hit; ttl=60"));
    assert_eq!(door.get_with("/news/1", &[("x-beta", "1")]).await.text(), "2", "another route of the same address");
    door.clock.advance_seconds(61);
    assert_eq!(door.get("/news/1").await.text(), "3");
    door.send("POST", "/news/1", &[], Body::empty()).await;
    assert_eq!(door.get("/news/1").await.text(), "5");
}

#[tokio::test]
async fn an_answer_for_a_person_or_another_tenant_is_not_shared() {
    let (door, asked) = numbered().await;
    let ada = [("authorization", "Bearer ada")];
    for _ in 0..2 {
        door.get_with("/news/1", &ada).await;
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert_eq!(door.get("/news/1").await.text(), "3");
    door.get_with("/news/1", &ada).await;
    assert_eq!(asked.load(Ordering::SeqCst), 4);
    let other = door.get_with("/news/1", &[("x-tenant", "fittracker")]).await;
    assert!(!other.header("cache-status").contains("hit"));
}

fn apply(door: &Door, text: &str) {
    door.edge.apply(RouteFile::parse(text, &Known::default()).unwrap_or_else(|faults| panic!("{faults:#?}")));
}

async fn saying(word: &'static str) -> std::net::SocketAddr {
    serve(Router::new().fallback(move || async move { ([("content-type", "text/plain")], word) })).await
}

fn to(address: std::net::SocketAddr, more: &str) -> String {
    format!(
        "[upstreams.news]\nendpoints = [\"http://{address}\"]\n[[routes]]\nname = \"news\"\npath = \"/news/{{*rest}}\"\nupstream = \"news\"\nauth = \"public\"\n{more}\n"
    )
}

const KEPT: &str = "cache = { keep = \"10m\" }";

#[tokio::test]
async fn an_answer_does_not_outlive_a_change_of_its_route() {
    let (old, new) = (saying("old").await, saying("new").await);
    let door = door();
    let said = async || door.get("/news/1").await.text();
    apply(&door, &to(old, KEPT));
    assert_eq!(said().await, "old");
    // The same again is no change, nor is how an answer is fetched, or where the route stands.
    apply(&door, &to(old, KEPT));
    assert!(door.get("/news/1").await.header("cache-status").contains("hit"));
    apply(&door, &format!("# a note\n\n{}timeout = \"9s\"\nbody_limit = \"1MiB\"\n", to(old, KEPT)));
    assert!(door.get("/news/1").await.header("cache-status").contains("hit"));
    apply(&door, &to(new, KEPT));
    assert_eq!(said().await, "new", "another address of the same upstream");
    for more in [
        "rewrite = \"/v2/{rest}\"",
        "response = { set = { x-edition = \"2\" } }",
        "query_rewrite = { set = { edition = \"3\" } }",
        "host = \"endpoint\"",
        "cache = { keep = \"9m\" }",
    ] {
        let more = if more.starts_with("cache") { more.to_owned() } else { format!("{KEPT}\n{more}") };
        apply(&door, &to(new, &more));
        let first = door.get("/news/1").await;
        assert!(first.header("cache-status").contains("fwd="), "{more}: {}", first.header("cache-status"));
        assert!(door.get("/news/1").await.header("cache-status").contains("hit"), "{more}");
    }
}

#[tokio::test]
async fn an_old_target_that_answers_late_is_not_kept_for_the_new_one() {
    let (begun, release) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
    let (told, waiting) = (begun.clone(), release.clone());
    let slow = Router::new().fallback(move || {
        let (told, waiting) = (told.clone(), waiting.clone());
        async move {
            told.notify_one();
            waiting.notified().await;
            "old"
        }
    });
    let (old, new) = (serve(slow).await, saying("new").await);
    let door = Arc::new(door());
    apply(&door, &to(old, KEPT));
    let asking = door.clone();
    let late = tokio::spawn(async move { asking.get("/news/1").await.text() });
    begun.notified().await;
    apply(&door, &to(new, KEPT));
    release.notify_one();
    assert_eq!(late.await.unwrap(), "old", "who asked before is answered as before");
    assert_eq!(door.get("/news/1").await.text(), "new");
    assert_eq!(door.get("/news/1").await.text(), "new");
}

#[tokio::test]
async fn a_change_by_a_route_that_keeps_nothing_ends_what_another_keeps() {
    let door = door();
    let asked = Arc::new(AtomicUsize::new(0));
    let counting = asked.clone();
    let upstream = serve(Router::new().fallback(move |request: axum::extract::Request| {
        let number = counting.fetch_add(1, Ordering::SeqCst) + 1;
        let gone = request.uri().path().starts_with("/fails");
        async move { if gone { axum::http::StatusCode::CONFLICT.into_response() } else { number.to_string().into_response() } }
    }))
    .await;
    let reading = format!(
        "[upstreams.legacy]\nendpoints = [\"http://{upstream}\"]\n[[routes]]\nname = \"read\"\npath = \"/{{*rest}}\"\nmethods = [\"GET\"]\nupstream = \"legacy\"\nauth = \"public\"\n{KEPT}\n"
    );
    let writing = "[[routes]]\nname = \"write\"\npath = \"/{*rest}\"\nmethods = [\"POST\", \"DELETE\"]\nupstream = \"legacy\"\nauth = \"public\"\n";
    apply(&door, &format!("{reading}{writing}"));
    assert_eq!(
        (door.get("/a").await.text(), door.get("/a?x").await.text(), door.get("/fails").await.status.as_u16()),
        ("1".into(), "2".into(), 409)
    );
    assert_eq!(door.get("/a").await.text(), "1");
    door.send("DELETE", "/a", &[("host", "other.example.org")], Body::empty()).await;
    assert_eq!(door.get("/a").await.text(), "1", "another host's");
    door.send("POST", "/fails", &[], Body::empty()).await;
    assert_eq!(door.get("/a").await.text(), "1", "another address, and no success");
    door.send("DELETE", "/a", &[], Body::empty()).await;
    assert_eq!((door.get("/a").await.text(), door.get("/a?x").await.text()), ("7".into(), "8".into()));
    // What changes while nothing is kept has ended when keeping begins again.
    apply(&door, &format!("{}{writing}", reading.replace(KEPT, "")));
    door.send("POST", "/a", &[], Body::empty()).await;
    apply(&door, &format!("{reading}{writing}"));
    assert_eq!(door.get("/a").await.text(), "10");
}

#[tokio::test]
async fn a_kept_answer_is_compressed_once() {
    let body = "A kept answer is compressed once for each coding. ".repeat(200);
    let plain = body.clone();
    let text = Router::new().fallback(move || {
        let body = body.clone();
        async move { ([("content-type", "text/plain"), ("etag", "\"1\"")], body) }
    });
    let address = serve(text).await;
    let door = door();
    apply(&door, &to(address, KEPT));
    assert_eq!(door.get("/news/1").await.text(), plain);
    for coding in ["gzip", "br", "zstd"] {
        let with = [("accept-encoding", coding)];
        let first = door.get_with("/news/1", &with).await;
        assert_eq!((first.header("content-encoding"), first.header("content-length")), (coding, ""), "it was not there yet");
        // It is put beside the answer by a task of its own.
        eventually(async || !door.get_with("/news/1", &with).await.header("content-length").is_empty()).await;
        let again = door.get_with("/news/1", &with).await;
        assert_eq!(again.body, first.body);
        assert_eq!(again.header("content-length"), again.body.len().to_string());
        assert!(again.header("vary").contains("accept-encoding") && again.header("accept-ranges").is_empty());
        let head = door.send("HEAD", "/news/1", &with, Body::empty()).await;
        assert!(head.body.is_empty());
        let none = door.get_with("/news/1", &[("accept-encoding", coding), ("if-none-match", "\"1\"")]).await;
        assert_eq!((none.status.as_u16(), none.body.len()), (304, 0));
        let part = door.get_with("/news/1", &[("accept-encoding", coding), ("range", "bytes=0-3")]).await;
        assert_eq!((part.status.as_u16(), part.text().as_str(), part.header("content-encoding")), (206, "A ke", ""));
    }
    assert_eq!(door.get("/news/1").await.text(), plain, "who asks for none gets none");
    // A new answer is not told by the compressed form of the one before.
    door.clock.advance_seconds(601);
    assert_eq!(door.get_with("/news/1", &[("accept-encoding", "gzip")]).await.header("content-length"), "");
}
