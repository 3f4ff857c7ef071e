//! Pictures made smaller, through a whole door, from a host over the network and from the door's own host.

use std::io::Cursor;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use banyan_edge::{AllowedHost, ImageSettings, Known, Purge, Question, Reach, RouteFile};
use image::{DynamicImage, ImageFormat, RgbImage};
use parking_lot::Mutex;

use crate::fixture::{Door, door, door_with_images, serve};

fn picture() -> Vec<u8> {
    let pixel = |x: u32, y: u32| image::Rgb([u8::try_from(x % 256).unwrap(), u8::try_from(y % 256).unwrap(), 90]);
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(RgbImage::from_fn(400, 200, pixel)).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[derive(Clone, Default)]
struct Host {
    asked: Arc<AtomicUsize>,
    heads: Arc<Mutex<Vec<HeaderMap>>>,
}

impl Host {
    fn answer(&self, request: &Request) -> Response {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.heads.lock().push(request.headers().clone());
        match request.uri().path() {
            "/media/private.png" if !request.headers().contains_key("authorization") => StatusCode::UNAUTHORIZED.into_response(),
            path if path.ends_with(".png") => ([("content-type", "image/png")], picture()).into_response(),
            "/media/moved" => (StatusCode::FOUND, [("location", "/media/a.png")]).into_response(),
            "/media/text" => "no picture".into_response(),
            "/media/large" => vec![b'x'; 300_000].into_response(),
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

async fn host() -> (SocketAddr, Host) {
    let host = Host::default();
    let known = host.clone();
    let router = Router::new().fallback(move |request: Request| {
        let answer = known.answer(&request);
        async move { answer }
    });
    (serve(router).await, host)
}

/// A door that makes images of the host's pictures, by its address and by a route of the door.
async fn painter() -> (Door, SocketAddr, Host) {
    let (address, host) = host().await;
    let allowed: AllowedHost = address.to_string().parse().unwrap();
    let settings = ImageSettings {
        hosts: vec![allowed.reaching(Reach::Private)],
        folders: vec!["/media/".parse().unwrap(), "/closed/".parse().unwrap()],
        largest_source: 200_000,
        ..ImageSettings::default()
    };
    let door = door_with_images(settings);
    let text = format!(
        r#"
        [upstreams.shop]
        endpoints = ["http://{address}"]
        [[routes]]
        name = "media"
        path = "/media/{{*rest}}"
        upstream = "shop"
        auth = "public"
        [[routes]]
        name = "closed"
        path = "/closed/{{*rest}}"
        upstream = "shop"
        "#
    );
    door.edge.apply(RouteFile::parse(&text, &Known::default()).unwrap_or_else(|faults| panic!("{faults:#?}")));
    (door, address, host)
}

const WEBP: (&str, &str) = ("accept", "image/avif,image/webp,*/*;q=0.8");

#[tokio::test]
async fn a_picture_is_made_once_for_all_who_accept_the_same() {
    let (door, address, host) = painter().await;
    let path = format!("/images?url=http://{address}/a.png&w=64&q=60");
    let first = door.get_with(&path, &[WEBP, ("cookie", "session=1"), ("authorization", "Bearer ada")]).await;
    assert_eq!((first.status, first.header("content-type")), (StatusCode::OK, "image/webp"), "{}", first.text());
    let made = image::load_from_memory_with_format(&first.body, ImageFormat::WebP).unwrap();
    assert_eq!((made.width(), made.height()), (64, 32));
    assert_eq!(first.header("content-security-policy"), "default-src 'none'; sandbox");
    assert!(first.header("cache-control").starts_with("public, max-age=3600"));
    // Other words for the same, another person, another language: the same picture, and nobody can have it made again.
    for more in [
        vec![("accept", "image/webp")],
        vec![("accept", "image/png;q=0.1, IMAGE/WEBP"), ("authorization", "Bearer fay"), ("accept-language", "id")],
        vec![WEBP, ("cache-control", "no-cache"), ("pragma", "no-cache")],
        vec![WEBP, ("cache-control", "no-store"), ("cookie", "session=2")],
    ] {
        let again = door.get_with(&path, &more).await;
        assert_eq!((again.body == first.body, host.asked.load(Ordering::SeqCst)), (true, 1), "{more:?}");
        assert!(again.header("cache-status").contains("hit"), "{more:?}: {}", again.header("cache-status"));
    }
    let known = door.get_with(&path, &[WEBP, ("if-none-match", first.header("etag"))]).await;
    assert_eq!((known.status.as_u16(), known.body.len()), (304, 0));
    let old = door.get_with(&path, &[("accept", "*/*")]).await;
    assert_eq!((old.header("content-type"), host.asked.load(Ordering::SeqCst)), ("image/jpeg", 2));
    let head = door.send("HEAD", &path, &[WEBP], Body::empty()).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    assert_eq!(door.send("POST", &path, &[WEBP], Body::empty()).await.problem().0, 405);
    // Nothing of who asks reaches the host.
    for head in host.heads.lock().iter() {
        let names: Vec<&str> = head.keys().map(|name| name.as_str()).collect();
        assert_eq!(names, ["host", "accept", "accept-encoding", "user-agent"]);
    }
    door.clock.advance_seconds(8_000);
    door.get_with(&path, &[WEBP]).await;
    assert_eq!(host.asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn many_who_ask_at_once_have_it_made_once() {
    let (door, address, host) = painter().await;
    let door = Arc::new(door);
    let asking: Vec<_> = (0..20)
        .map(|_| {
            let (door, path) = (door.clone(), format!("/images?url=http://{address}/a.png&w=128"));
            tokio::spawn(async move { door.get_with(&path, &[WEBP]).await.status })
        })
        .collect();
    for asked in asking {
        assert_eq!(asked.await.unwrap(), StatusCode::OK);
    }
    assert_eq!(host.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn pictures_of_the_own_host_come_through_its_routes_as_to_a_stranger() {
    let (door, _, host) = painter().await;
    let ada = [WEBP, ("authorization", "Bearer ada"), ("cookie", "session=1"), ("x-api-key", "ada")];
    let made = door.get_with("/images?url=/media/a.png%3Fv%3D2&w=32", &ada).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text());
    assert_eq!(image::load_from_memory(&made.body).unwrap().width(), 32);
    for head in host.heads.lock().iter() {
        for secret in ["authorization", "cookie", "x-api-key"] {
            assert!(!head.contains_key(secret), "{secret}");
        }
    }
    // What a stranger may not see is not there: neither by the door's rule nor by the upstream's.
    for path in ["/closed/a.png", "/media/private.png", "/media/none", "/nothing/a.png"] {
        let refused = door.get_with(&format!("/images?url={path}&w=32"), &ada).await;
        let expected = if path.starts_with("/nothing") { 400 } else { 404 };
        assert_eq!(refused.status.as_u16(), expected, "{path}: {}", refused.text());
        assert!(!door.get_with(&format!("/images?url={path}&w=32"), &ada).await.header("cache-status").contains("hit"), "{path}");
    }
}

#[tokio::test]
async fn a_purge_of_the_source_ends_what_was_made_of_it() {
    let (door, address, host) = painter().await;
    let elsewhere = format!("/images?url=http://{address}/a.png&w=64");
    let own = "/images?url=/media/a.png%3Fv%3D2&w=32";
    let shop = ("host", "shop.example.org");
    let ask = async |path: &str| {
        let before = host.asked.load(Ordering::SeqCst);
        let answer = door.get_with(path, &[WEBP, shop]).await;
        assert_eq!((answer.status, answer.header("cache-tag")), (StatusCode::OK, ""), "{path}: {}", answer.text());
        host.asked.load(Ordering::SeqCst) - before
    };
    assert_eq!((ask(&elsewhere).await, ask(own).await), (1, 1));
    let purge = async |address: String| door.edge.purge(&Purge::Address(address)).await;
    for other in [format!("{address}/b.png"), "other.example.org/media/a.png".to_owned(), format!("{address}/media/a.png")] {
        purge(other).await;
        assert_eq!((ask(&elsewhere).await, ask(own).await), (0, 0));
    }
    purge(format!("http://{address}/a.png")).await;
    assert_eq!((ask(&elsewhere).await, ask(own).await), (1, 0));
    purge("shop.example.org/media/a.png".to_owned()).await;
    assert_eq!((ask(&elsewhere).await, ask(own).await), (0, 1));
}

#[tokio::test]
async fn the_page_is_explained() {
    let question =
        |method: Method| Question { method, uri: "/images?url=/media/a.png&w=64".parse().unwrap(), headers: HeaderMap::new() };
    let (door, ..) = painter().await;
    let explained = door.edge.explain(&question(Method::GET));
    let route = explained.route.unwrap();
    assert_eq!((route.target.as_str(), route.auth.as_str(), route.origin.as_str()), ("images", "public", "built in"));
    assert!(explained.policies.iter().any(|policy| policy.starts_with("cache: ")), "{:?}", explained.policies);
    assert!(door.edge.routes().iter().any(|line| line.path == "/images" && line.target == "images"));
    let without = crate::fixture::door();
    assert_eq!(without.edge.explain(&question(Method::GET)).route, None);
    assert!(!without.edge.routes().iter().any(|line| line.path == "/images"));
}

#[tokio::test]
async fn what_is_not_allowed_is_refused_in_words() {
    let (door, address, host) = painter().await;
    let port = address.port();
    for (query, status) in [
        (String::new(), 400),
        ("url=/media/a.png&w=65".into(), 400),
        ("url=/media/a.png&w=64&q=0".into(), 400),
        ("url=/media/a.png&w=64&h=64".into(), 400),
        ("url=/media/../api/v1/me&w=64".into(), 400),
        ("url=/media/%2e%2e/api/v1/me&w=64".into(), 400),
        ("url=/media/%252e%252e/api/v1/me&w=64".into(), 400),
        ("url=//evil.example/a.png&w=64".into(), 400),
        ("url=/images%3Furl%3D/media/a.png%26w%3D64&w=64".into(), 400),
        ("url=/api/v1/me&w=64".into(), 400),
        ("url=file:///etc/passwd&w=64".into(), 400),
        ("url=https://evil.example/a.png&w=64".into(), 400),
        (format!("url=http://localhost:{port}/a.png&w=64"), 400),
        (format!("url=http://[::ffff:127.0.0.1]:{port}/a.png&w=64"), 400),
        (format!("url=http://{address}@evil.example/a.png&w=64"), 400),
        (format!("url=http://127.0.0.1:{}/a.png&w=64", port ^ 1), 400),
        ("url=http://169.254.169.254/latest/meta-data&w=64".into(), 400),
        ("url=/media/text&w=64".into(), 400),
        ("url=/media/large&w=64".into(), 503),
        ("url=/media/moved&w=64".into(), 503),
        ("url=/media/none&w=64".into(), 404),
    ] {
        let refused = door.get_with(&format!("/images?{query}"), &[WEBP]).await;
        assert_eq!(refused.problem().0, status, "{query}: {}", refused.text());
    }
    let paths: Vec<String> = host.heads.lock().iter().map(|head| format!("{:?}", head.get("host"))).collect();
    assert!(paths.len() <= 5, "only what lies in an open folder was fetched: {paths:?}");
    let said = door.get_with("/images?url=/media/a.png&w=65", &[("accept-language", "id")]).await;
    assert!(said.text().contains("1920"), "{}", said.text());
    assert_eq!(said.header("content-language"), "id-ID", "{}", said.text());
}

#[tokio::test]
async fn without_settings_there_is_no_such_page() {
    assert_eq!(door().get("/images?url=/media/a.png&w=64").await.problem(), (404, "not-found".into()));
}
