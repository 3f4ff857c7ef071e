//! What reaches an upstream, byte for byte, and what comes back.

use axum::body::Body;
use axum::extract::Request;
use banyan_mesh::{Call, Context, HostRule, Protocol, Upstream};
use http::Method;

use crate::fixture::{SOON, get, mesh, recording, serve, text, upstream};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// The head that the upstream got, in lower case.
async fn head_of(request: Request, change: impl FnOnce(Upstream) -> Upstream) -> String {
    let (address, heads) = recording(OK).await;
    let service = mesh().declare("legacy", change(upstream(&[address]))).unwrap();
    let answer = service.send(request, Call::within(SOON)).await.unwrap();
    assert_eq!(text(answer.response.into_body()).await, "ok");
    let head = heads.lock()[0].to_ascii_lowercase();
    head.replace(&address.to_string(), "endpoint")
}

fn with(fields: &[(&str, &str)]) -> Request {
    fields
        .iter()
        .fold(Request::builder().uri("/a?b=c"), |request, (name, value)| request.header(*name, *value))
        .body(Body::empty())
        .unwrap()
}

#[tokio::test]
async fn what_is_for_one_hop_ends_here() {
    let request = with(&[
        ("host", "app.example"),
        ("connection", "keep-alive, X-Secret, authorization, cookie, x-forwarded-for"),
        ("keep-alive", "timeout=5"),
        ("x-secret", "1"),
        ("proxy-connection", "keep-alive"),
        ("proxy-authorization", "Basic eDp5"),
        ("te", "gzip"),
        ("upgrade", "websocket"),
        ("transfer-encoding", "chunked"),
        ("authorization", "Bearer x"),
        ("cookie", "a=b"),
        ("x-forwarded-for", "1.1.1.1"),
        ("x-kept", "1"),
    ]);
    let head = head_of(request, |upstream| Upstream { context: Context::Withheld, ..upstream }).await;
    let mut lines: Vec<_> = head.lines().filter(|line| !line.is_empty()).collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "authorization: bearer x",
            "cookie: a=b",
            "get /a?b=c http/1.1",
            "host: app.example",
            "x-forwarded-for: 1.1.1.1",
            "x-kept: 1"
        ]
    );
}

#[tokio::test]
async fn nobody_speaks_for_us() {
    let request = with(&[("banyan-caller", "eyJ9"), ("banyan-deadline", "999999"), ("banyan-service", "goals"), ("host", "a")]);
    let head = head_of(request, |upstream| Upstream { context: Context::Withheld, ..upstream }).await;
    assert_eq!(head, "get /a?b=c http/1.1\r\nhost: a\r\n\r\n");
}

#[tokio::test]
async fn the_time_that_is_left_goes_along() {
    let head = head_of(with(&[("host", "a")]), |upstream| upstream).await;
    let left = head.lines().find_map(|line| line.strip_prefix("banyan-deadline: ")).unwrap();
    assert!((1..=10_000).contains(&left.parse::<u64>().unwrap()), "{left}");
}

#[tokio::test]
async fn the_host_is_the_one_that_the_rule_names() {
    let fixed = || HostRule::Fixed("legacy.internal".parse().unwrap());
    let of = |rule: HostRule| move |upstream| Upstream { host: rule, ..upstream };
    for (request, rule, expected) in [
        (with(&[("host", "app.example")]), HostRule::Keep, "app.example"),
        (with(&[]), HostRule::Keep, "endpoint"),
        (with(&[("host", "app.example"), ("host", "evil.example")]), HostRule::Keep, "app.example"),
        (get("http://app.example:81/a"), HostRule::Keep, "app.example:81"),
        (with(&[("host", "app.example")]), HostRule::Endpoint, "endpoint"),
        (with(&[("host", "app.example"), ("host", "evil.example")]), HostRule::Endpoint, "endpoint"),
        (with(&[("host", "app.example")]), fixed(), "legacy.internal"),
    ] {
        let head = head_of(request, of(rule.clone())).await;
        let hosts: Vec<_> = head.lines().filter(|line| line.starts_with("host:")).collect();
        assert_eq!(hosts, [format!("host: {expected}")], "{rule:?}");
        assert!(head.starts_with("get /a"), "the path alone, never the whole address: {head}");
    }
}

#[tokio::test]
async fn over_http2_the_host_is_the_authority() {
    let who = axum::Router::new().fallback(|request: Request| async move {
        format!("{:?} {} host={}", request.version(), request.uri(), request.headers().contains_key("host"))
    });
    let served = serve(who).await;
    let service = mesh().declare("h2", Upstream { protocol: Protocol::Http2, ..upstream(&[served.address]) }).unwrap();
    let request = with(&[("host", "app.example"), ("connection", "x-secret"), ("x-secret", "1")]);
    let answer = service.send(request, Call::within(SOON)).await.unwrap();
    assert_eq!(text(answer.response.into_body()).await, "HTTP/2.0 http://app.example/a?b=c host=false");
}

#[tokio::test]
async fn an_announced_body_keeps_its_length_and_an_open_one_is_chunked() {
    let post = |body: Body| Request::builder().method(Method::POST).uri("/").header("host", "a").body(body).unwrap();
    let head = head_of(post(Body::from("12345")), |upstream| Upstream { context: Context::Withheld, ..upstream }).await;
    assert!(head.contains("content-length: 5\r\n") && !head.contains("transfer-encoding"), "{head}");
    let open = Body::from_stream(futures_util::stream::iter([Ok::<_, std::io::Error>("12345")]));
    let head = head_of(post(open), |upstream| Upstream { context: Context::Withheld, ..upstream }).await;
    assert!(head.contains("transfer-encoding: chunked\r\n") && !head.contains("content-length"), "{head}");
}

#[tokio::test]
async fn an_answer_loses_what_is_for_one_hop() {
    let (address, _) = recording(
        "HTTP/1.1 200 OK\r\nconnection: keep-alive, x-hop\r\nkeep-alive: timeout=5\r\nx-hop: 1\r\nproxy-connection: x\r\nupgrade: h2c\r\n\
         set-cookie: a=b\r\ntransfer-encoding: chunked\r\nx-kept: 1\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    )
    .await;
    let service = mesh().declare("legacy", upstream(&[address])).unwrap();
    let answer = service.send(get("/"), Call::within(SOON)).await.unwrap();
    let mut names: Vec<_> = answer.response.headers().keys().map(|name| name.as_str().to_owned()).collect();
    names.sort_unstable();
    assert_eq!(names, ["set-cookie", "x-kept"]);
    assert_eq!(text(answer.response.into_body()).await, "ok");
}

#[tokio::test]
async fn two_lengths_never_become_an_answer_with_two_meanings() {
    for bad in [
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok!",
        "HTTP/1.1 200 OK\r\ncontent-length: 2, 3\r\n\r\nok!",
        "HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\nok",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/3.7 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nbad header: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
        "nonsense\r\n\r\n",
    ] {
        let (address, _) = recording(bad).await;
        let service = mesh().declare("odd", upstream(&[address])).unwrap();
        let request = Request::builder().method(Method::POST).uri("/").body(Body::empty()).unwrap();
        let error = service.send(request, Call::within(SOON)).await.map(|answer| answer.response.status()).unwrap_err();
        assert_eq!(error.code(), banyan_kernel::ErrorCode::UpstreamFailed, "{bad:?}: {error}");
    }
    // A length beside a transfer coding is dropped (RFC 9112 §6.3), whichever comes first.
    let (address, _) =
        recording("HTTP/1.1 200 OK\r\ncontent-length: 50\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n").await;
    let service = mesh().declare("both", upstream(&[address])).unwrap();
    let answer = service.send(get("/"), Call::within(SOON)).await.unwrap();
    assert!(!answer.response.headers().contains_key("content-length"));
    assert_eq!(text(answer.response.into_body()).await, "ok");
}
