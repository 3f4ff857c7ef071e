//! Routes whose answers the door keeps.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use banyan_edge::{Known, RouteFile};

use crate::fixture::{Door, door, serve};

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
