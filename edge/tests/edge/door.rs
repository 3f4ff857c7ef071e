//! What every request and answer gets, asked without a socket.

use std::time::Duration;

use axum::body::Body;
use banyan_edge::{ClassRules, LimitPolicy, Quota, RateLimits, TransportSecurity};
use futures_util::StreamExt;
use serde_json::json;

use crate::fixture::{door, door_with};

#[tokio::test]
async fn an_answer_names_the_request_and_its_trace() {
    let door = door();
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let answer = door.get_with("/api/v1/me", &[("traceparent", parent), ("x-request-id", "mine")]).await;
    let id = answer.header("x-request-id");
    assert_eq!(id.parse::<uuid::Uuid>().map(|id| id.get_version_num()), Ok(7), "a client's own id is not taken over");
    assert_eq!(answer.json()["request"], id);
    assert!(answer.header("traceparent").starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
    assert_ne!(answer.header("traceparent"), parent, "our own span");
    assert_eq!(answer.header("api-version"), "v1");
    let other = door.get_with("/api/v1/me", &[("traceparent", "nonsense")]).await;
    assert_eq!(other.header("traceparent").len(), 55);
    assert!(!other.header("traceparent").contains("4bf92f35"));
}

#[tokio::test]
async fn security_headers_are_on_every_answer() {
    let door = door();
    let policy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; font-src 'self'; \
                  media-src 'self'; connect-src 'self'; object-src 'none'; frame-src 'none'; frame-ancestors 'none'; \
                  base-uri 'self'; form-action 'self'";
    for path in ["/", "/api/v1/me", "/nothing", "/health", "/api/v1/headers", "/a//b"] {
        let answer = door.get(path).await;
        assert_eq!(answer.header("content-security-policy"), policy, "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("referrer-policy"), "strict-origin-when-cross-origin", "{path}");
        for absent in ["server", "x-powered-by", "keep-alive", "strict-transport-security"] {
            assert!(!answer.headers.contains_key(absent), "{path}: {absent}");
        }
    }
    let always = door_with(|settings| {
        settings.transport_security = TransportSecurity::Always;
        settings.api_origins = vec!["https://api.example.org".into()];
    });
    let answer = always.get("/").await;
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000; includeSubDomains; preload");
    assert!(answer.header("content-security-policy").contains("connect-src 'self' https://api.example.org;"));
}

#[tokio::test]
async fn only_a_trusted_proxy_speaks_for_the_client() {
    let said = [("x-forwarded-proto", "https"), ("x-forwarded-for", "203.0.113.9"), ("x-real-ip", "203.0.113.9")];
    let stranger = door().get_with("/api/v1/me", &said).await;
    assert!(!stranger.headers.contains_key("strict-transport-security"));
    assert_eq!(stranger.json()["address"], "127.0.0.1");
    let door = door_with(|settings| settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]);
    let trusted = door.get_with("/api/v1/me", &said).await;
    assert!(trusted.headers.contains_key("strict-transport-security"));
    assert_eq!(trusted.json()["address"], "203.0.113.9");
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let door = door();
    for path in ["/nothing", "/api/v1/me/", "/api/v1/things", "/metrics", "/api/v9/me"] {
        assert_eq!(door.get(path).await.problem(), (404, "not-found".into()), "{path}");
    }
    assert_eq!(door.get("/api/v0/me").await.problem(), (410, "unsupported-version".into()));
    let answer = door.send("PUT", "/api/v1/things/1", &[], Body::empty()).await;
    assert_eq!(answer.problem(), (405, "method-not-allowed".into()));
    assert!(answer.header("allow").contains("DELETE"), "{}", answer.header("allow"));
    assert_eq!(door.send("DELETE", "/", &[], Body::empty()).await.problem().0, 405);
    assert_eq!(door.send("TRACE", "/", &[], Body::empty()).await.problem().0, 405);
    assert_eq!(door.get("/api/me").await.json()["tenant"], "upcoach", "without a version it is the current one");
}

#[tokio::test]
async fn tricks_with_paths_are_refused() {
    let door = door();
    for path in [
        "/api/v1//me",
        "/api/../api/v1/me",
        "/api/v1/%2e%2e/me",
        "/api%2fv1/me",
        "/api/v1/me%00",
        "/api\\v1/me",
        "/api/v1/things/%ff",
    ] {
        assert_eq!(door.get(path).await.problem(), (400, "malformed-request".into()), "{path}");
    }
    let long = format!("/api/v1/me?q={}", "a".repeat(9_000));
    assert_eq!(door.get(&long).await.problem(), (414, "uri-too-long".into()));
    let cookie = "a".repeat(20_000);
    assert_eq!(door.get_with("/", &[("cookie", &cookie)]).await.problem(), (431, "headers-too-large".into()));
}

#[tokio::test]
async fn head_and_options_say_what_get_would() {
    let door = door();
    let head = door.send("HEAD", "/api/v1/things/1", &[], Body::empty()).await;
    assert_eq!((head.status.as_u16(), head.header("content-length"), head.body.len()), (200, "5", 0));
    let head = door.send("HEAD", "/robots.txt", &[], Body::empty()).await;
    let get = door.get("/robots.txt").await;
    assert_eq!(head.header("content-length"), get.body.len().to_string());
    assert!(head.body.is_empty() && get.text().contains("Disallow: /api/"));
    let options = door.send("OPTIONS", "/api/v1/things/1", &[], Body::empty()).await;
    assert_eq!(options.status.as_u16(), 204);
    for method in ["GET", "DELETE", "OPTIONS"] {
        assert!(options.header("allow").contains(method), "{}", options.header("allow"));
    }
    assert_eq!(door.send("OPTIONS", "/", &[], Body::empty()).await.header("allow"), "GET,HEAD,OPTIONS");
    assert_eq!(door.send("OPTIONS", "*", &[], Body::empty()).await.status.as_u16(), 204);
}

#[tokio::test]
async fn what_is_meant_for_one_hop_does_not_pass() {
    let door = door();
    let answer = door
        .get_with(
            "/api/v1/headers",
            &[
                ("connection", "keep-alive, x-mine"),
                ("keep-alive", "1"),
                ("x-mine", "1"),
                ("x-other", "1"),
                ("forwarded", "for=1.1.1.1"),
            ],
        )
        .await;
    assert_eq!(answer.json(), json!(["x-other"]));
}

#[tokio::test]
async fn bodies_have_a_size() {
    let door = door_with(|settings| settings.limits.body_bytes = 1_000);
    let announced = door.send("POST", "/api/v1/echo", &[("content-length", "10000000")], Body::from("x")).await;
    assert_eq!(announced.problem(), (413, "payload-too-large".into()));
    let pieces = || futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>("x".repeat(100))).take(20);
    let streamed = door.send("POST", "/api/v1/echo", &[], Body::from_stream(pieces())).await;
    assert_eq!(streamed.problem(), (413, "payload-too-large".into()));
    let fits = door.send("POST", "/api/v1/echo", &[], Body::from("x".repeat(1_000))).await;
    assert_eq!((fits.status.as_u16(), fits.body.len()), (200, 1_000));
    let unread = door.send("POST", "/api/v1/ignore", &[], Body::from_stream(pieces())).await;
    assert_eq!(unread.status.as_u16(), 204, "nobody read it, so nothing was broken");
}

#[tokio::test]
async fn bodies_have_a_time() {
    let door = door_with(|settings| settings.deadlines.body = Duration::from_millis(5));
    let endless = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    assert_eq!(door.send("POST", "/api/v1/echo", &[], endless).await.problem(), (408, "request-timeout".into()));
}

#[tokio::test]
async fn services_that_hang_break_or_are_away_have_their_codes() {
    let door = door_with(|settings| settings.deadlines.call = Duration::from_millis(5));
    assert_eq!(door.get("/api/v1/slow").await.problem(), (504, "deadline-exceeded".into()));
    assert_eq!(door.get("/api/v1/panic").await.problem(), (500, "internal".into()));
    assert!(!door.get("/api/v1/panic").await.text().contains("toy broke"));
    door.toy.stop();
    let away = door.get("/api/v1/me").await;
    assert_eq!(away.problem(), (503, "service-unavailable".into()));
    assert!(!away.header("retry-after").is_empty());
    assert_eq!(door.get("/").await.status.as_u16(), 200, "the rest still answers");
}

#[tokio::test]
async fn too_much_at_once_is_shed_and_probes_still_answer() {
    let door = door_with(|settings| settings.limits.in_flight = 1);
    let slow = tokio::spawn({
        let edge = door.edge.clone();
        async move {
            edge.handle(crate::fixture::request("GET", "/api/v1/slow", &[], Body::empty()), banyan_edge::Peer::in_process()).await
        }
    });
    door.begun.notified().await;
    let shed = door.send("POST", "/api/v1/echo", &[], Body::from("x")).await;
    assert_eq!(shed.problem(), (503, "overloaded".into()));
    assert_eq!(shed.header("retry-after"), "1");
    assert_eq!(door.get("/livez").await.status.as_u16(), 200);
    door.release.notify_one();
    assert_eq!(slow.await.unwrap().status().as_u16(), 200);
    assert_eq!(door.get("/api/v1/me").await.status.as_u16(), 200);
}

#[tokio::test]
async fn attempts_to_sign_in_are_limited() {
    let door = door_with(|settings| settings.rate_limits = RateLimits::default());
    let login = || door.send("POST", "/api/v1/auth/login", &[], Body::empty());
    for left in (0..5).rev() {
        let answer = login().await;
        assert_eq!(answer.status.as_u16(), 200);
        assert_eq!(answer.header("ratelimit-policy"), "\"auth\";q=5;w=900");
        assert!(answer.header("ratelimit").starts_with(&format!("\"auth\";r={left};t=")), "{}", answer.header("ratelimit"));
    }
    let refused = login().await;
    assert_eq!(refused.problem(), (429, "rate-limited".into()));
    let json = refused.json();
    assert_eq!(json["error"], "Too many requests");
    assert_eq!(json["retryAfter"], "2024-01-15T10:03:00Z");
    assert_eq!(refused.header("retry-after"), "180");
    assert_eq!(refused.header("ratelimit"), "\"auth\";r=0;t=180");
    assert!(refused.headers.keys().all(|name| !name.as_str().starts_with("x-ratelimit")));
    assert_eq!(
        door.send("POST", "/api/auth/login", &[], Body::empty()).await.status.as_u16(),
        429,
        "another spelling is no way round"
    );
    let elsewhere = door.send("POST", "/api/v1/auth/login", &[("x-tenant", "fittracker")], Body::empty()).await;
    assert_eq!(elsewhere.status.as_u16(), 200, "another tenant's accounts are others");
    for _ in 0..10 {
        assert_eq!(door.send("POST", "/api/v1/auth/refresh", &[], Body::empty()).await.status.as_u16(), 200);
    }
    door.clock.advance_seconds(180);
    assert_eq!(login().await.status.as_u16(), 200);
}

fn one_a_minute() -> LimitPolicy {
    let auth = ClassRules { anonymous: Quota::new(1, 60), ..ClassRules::default() };
    LimitPolicy { classes: [("auth".to_owned(), auth)].into(), ..LimitPolicy::default() }
}

#[tokio::test]
async fn the_operators_limit_goes_before_the_manifests() {
    let door = door_with(|settings| settings.rate_limits = RateLimits::On(one_a_minute()));
    let login = || door.send("POST", "/api/v1/auth/login", &[("accept-language", "id")], Body::empty());
    assert_eq!(login().await.header("ratelimit-policy"), "\"auth\";q=1;w=60");
    let refused = login().await;
    assert_eq!(refused.status.as_u16(), 429);
    assert_eq!(refused.json()["error"], "Too many requests", "for programs, in every language");
    assert_eq!(refused.header("content-language"), "id-ID");
}

#[tokio::test]
async fn long_answers_are_compressed_but_secret_ones_are_not() {
    let door = door();
    let gzip = [("accept-encoding", "gzip")];
    let answer = door.get_with("/api/v1/long", &gzip).await;
    assert_eq!(answer.header("content-encoding"), "gzip");
    assert!(answer.header("vary").contains("accept-encoding") && answer.body.len() < 500);
    let plain = door.get_with("/api/v1/long", &[("accept-encoding", "gzip"), ("x-no-compression", "true")]).await;
    assert_eq!((plain.header("content-encoding"), plain.header("vary")), ("", "accept-encoding"));
    let login = door.send("POST", "/api/v1/auth/login", &gzip, Body::empty()).await;
    assert_eq!((login.header("content-encoding"), login.body.len()), ("", 3_000));
    assert_eq!(door.get_with("/api/v1/me", &gzip).await.header("content-encoding"), "");
}

#[tokio::test]
async fn pages_of_listed_origins_may_call() {
    let off = door().get_with("/api/v1/me", &[("origin", "https://app.example.org")]).await;
    assert!(!off.headers.contains_key("access-control-allow-origin"));
    let door = door_with(|settings| settings.cors_origins = vec!["https://app.example.org".into()]);
    let asks = [
        ("origin", "https://app.example.org"),
        ("access-control-request-method", "DELETE"),
        ("access-control-request-headers", "authorization"),
    ];
    let preflight = door.send("OPTIONS", "/api/v1/things/1", &asks, Body::empty()).await;
    assert_eq!(preflight.status.as_u16(), 204);
    assert_eq!(preflight.header("access-control-allow-origin"), "https://app.example.org");
    assert!(preflight.header("access-control-allow-methods").contains("DELETE"));
    assert_eq!(preflight.header("access-control-allow-headers"), "authorization");
    let answer = door.get_with("/api/v1/me", &[("origin", "https://app.example.org")]).await;
    assert_eq!(answer.header("access-control-allow-origin"), "https://app.example.org");
    assert!(answer.header("vary").contains("origin"));
    assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    for other in ["https://evil.example", "null", "https://app.example.org.evil.example"] {
        let answer = door.get_with("/api/v1/me", &[("origin", other)]).await;
        assert!(!answer.headers.contains_key("access-control-allow-origin"), "{other}");
    }
}

#[tokio::test]
async fn the_first_page_speaks_the_callers_language() {
    let door = door();
    let english = door.get("/").await;
    assert_eq!((english.status.as_u16(), english.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(english.text().contains("<html lang=\"en-US\" dir=\"ltr\">"), "{}", english.text());
    assert!(english.text().contains("Banyan is running") && english.text().contains("UpCoach"));
    assert!(english.text().contains("<span>toy</span>"));
    let indonesian = door.get_with("/", &[("accept-language", "id-ID,id;q=0.9"), ("host", "fittracker.localhost")]).await;
    assert_eq!(indonesian.header("content-language"), "id-ID");
    assert!(indonesian.header("vary").contains("accept-language"));
    assert!(indonesian.text().contains("Banyan sedang berjalan") && indonesian.text().contains("FitTracker"));
    let chosen = door.get("/?lang=id-ID").await;
    assert!(chosen.header("set-cookie").starts_with("locale=id-ID;"));
    assert_eq!(door.get_with("/", &[("cookie", "a=b; locale=id-ID")]).await.header("content-language"), "id-ID");
    for page in [&english, &indonesian] {
        let text = page.text();
        for outside in ["http://", "https://", "<script", "style=", "{{", "src=\"//"] {
            assert!(!text.contains(outside), "{outside} is in\n{text}");
        }
    }
}

#[tokio::test]
async fn every_link_of_the_first_page_leads_somewhere() {
    let door = door();
    let text = door.get("/").await.text();
    let links: Vec<&str> = text.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let stylesheet = links.iter().find(|link| link.starts_with("/assets/banyan.") && link.ends_with(".css"));
    assert!(links.contains(&"/health") && stylesheet.is_some() && !links.contains(&"/docs"), "{links:?}");
    let asset = door.get_with(stylesheet.unwrap(), &[("accept-encoding", "br")]).await;
    assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!((asset.header("content-encoding"), asset.header("vary")), ("br", "accept-encoding"));
    assert!(asset.body.len() < 1_500, "{}", asset.body.len());
    assert_eq!(door.get("/assets/banyan.css").await.header("cache-control"), "no-cache");
    assert_eq!(door.get("/assets/none.css").await.problem(), (404, "not-found".into()));
    for link in links {
        assert_eq!(door.get(link).await.status.as_u16(), 200, "{link}");
    }
}

#[tokio::test]
async fn probes_and_services_answer_as_the_ledger_says() {
    let door = door();
    let health = door.get("/health").await.json();
    assert_eq!((health["status"].as_str(), health["services"]["toy"]["status"].as_str()), (Some("up"), Some("up")));
    assert!(health["version"].is_string() && health["uptime"].is_number());
    let services = door.get("/services").await.json();
    let instance = &services["services"][0]["instances"][0];
    for key in ["address", "health", "load", "latencyMs", "region"] {
        assert!(!instance[key].is_null(), "{key} is missing in {services}");
    }
    door.toy.stop();
    let health = door.get("/health").await;
    assert_eq!(health.status.as_u16(), 200);
    assert_eq!(health.json()["degraded"], json!(["toy"]));
    assert_eq!(door.get("/readyz").await.status.as_u16(), 200);
    door.edge.health().enter(banyan_telemetry::Phase::Draining);
    for path in ["/ready", "/readyz"] {
        assert_eq!(door.get(path).await.status.as_u16(), 503, "{path}");
    }
    assert_eq!(door.get("/livez").await.status.as_u16(), 200);
    assert_eq!(door.send("POST", "/health", &[], Body::empty()).await.status.as_u16(), 405);
}

#[tokio::test]
async fn requests_are_counted_by_their_route() {
    let door = door();
    for id in 0..3 {
        door.get(&format!("/api/v1/things/{id}")).await;
    }
    door.get("/api/things/9").await;
    door.get("/secret-path").await;
    door.get("/a//b").await;
    door.send("DELETE", "/api/v1/things/1", &[], Body::empty()).await;
    let text = door.edge.metrics().render().unwrap();
    for line in [
        r#"http_requests_total{method="GET",route="/api/v1/things/{id}",status="200"} 4"#,
        r#"http_requests_total{method="GET",route="_unmatched",status="404"} 1"#,
        r#"http_requests_total{method="GET",route="_refused",status="400"} 1"#,
        r#"http_errors_total{method="DELETE",route="/api/v1/things/{id}",error_type="forbidden"} 1"#,
        r#"http_errors_total{method="GET",route="_unmatched",error_type="not-found"} 1"#,
        "http_requests_in_flight 0",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("secret-path"));
}

#[tokio::test]
async fn a_service_that_comes_later_is_reached_after_a_reload() {
    let door = door();
    assert_eq!(door.get("/late").await.status.as_u16(), 404);
    let late = axum::Router::new().route("/late", axum::routing::get(|| async { "here" }));
    door.edge.mesh().register("late", late, ["/late"]).unwrap();
    door.edge.reload();
    assert_eq!(door.get("/late").await.text(), "here");
}
