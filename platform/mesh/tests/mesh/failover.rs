//! Two nodes of a service, and another that calls them while one dies.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::any;
use banyan_kernel::{Caller, Ids, OsRandom, RequestId, Role, Roles, SystemClock, Uuid};
use banyan_mesh::caller::{ClusterSecret, Signer, Verifier};
use banyan_mesh::receiver::{Offered, Receiver};
use banyan_mesh::{Balance, Call, Mesh, Protocol, ServiceHandle, Upstream};
use http::Method;
use tokio::net::TcpListener;

use crate::fixture::{SOON, Served, get, mesh, serve_on, text, until, upstream};

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

fn secret() -> ClusterSecret {
    ClusterSecret::new(SECRET).unwrap()
}

/// A node whose own mesh answers `goals` and says who called.
async fn node(name: &'static str) -> Served {
    node_on(TcpListener::bind("127.0.0.1:0").await.unwrap(), name)
}

fn node_on(listener: TcpListener, name: &'static str) -> Served {
    let mesh = mesh();
    let goals = Router::new().route(
        "/goals",
        any(move |request: Request| async move {
            let caller = request.extensions().get::<Caller>().unwrap();
            let left = banyan_mesh::Deadline::present().unwrap().remaining().as_millis();
            format!("{name} for {} with {}, {}", caller.user_id().unwrap(), caller.tenant, left > 0)
        }),
    );
    mesh.register("goals", goals, ["/goals"]).unwrap();
    // What comes from other nodes goes through the mesh, as what comes from here does.
    let through_mesh = Router::new().fallback(move |request: Request| {
        let inside = mesh.clone();
        async move { inside.call("goals", request, SOON).await.unwrap() }
    });
    let clock = Arc::new(SystemClock);
    let verifier = Verifier::new("goals", &[secret()], clock.clone()).remembering(100_000);
    let ids = Ids::new(clock, Arc::new(OsRandom));
    serve_on(listener, Receiver::new([Offered { name: "goals", router: through_mesh, verifier }], &["goals"], ids))
}

fn calling(mesh: &Mesh, addresses: &[SocketAddr], protocol: Protocol) -> ServiceHandle {
    let signer = Signer::new("goals", &secret(), Arc::new(SystemClock), Arc::new(OsRandom));
    let rules = Upstream { caller: Some(Arc::new(signer)), protocol, balance: Balance::PeakEwma, ..upstream(addresses) };
    mesh.declare("goals", rules).unwrap()
}

fn request(method: Method) -> Request {
    let mut request = Request::builder().method(method).uri("/goals").body(Body::empty()).unwrap();
    let roles = Roles::from_iter([Role::User]);
    request.extensions_mut().insert(Caller::user(Uuid::from_u128(1), Uuid::from_u128(2), roles, RequestId(Uuid::from_u128(3))));
    request
}

#[tokio::test]
async fn one_of_two_dies_under_load_and_no_idempotent_call_fails() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let (one, two) = (node("one").await, node("two").await);
        let mesh = mesh();
        let goals = calling(&mesh, &[one.address, two.address], protocol);
        let (done, failed, ending) =
            (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let callers: Vec<_> = (0..32)
            .map(|number| {
                let (goals, done, failed, ending) = (goals.clone(), done.clone(), failed.clone(), ending.clone());
                tokio::spawn(async move {
                    while !ending.load(Ordering::SeqCst) {
                        let method = if number % 2 == 0 { Method::GET } else { Method::PUT };
                        let outcome = goals.send(request(method), Call::within(SOON)).await;
                        let good = match outcome {
                            Ok(answer) if answer.response.status().is_success() => {
                                // An answer whose head is there must also be whole, or the client has seen half of one.
                                http_body_util::BodyExt::collect(answer.response.into_body()).await.is_ok()
                            }
                            _ => false,
                        };
                        if good { &done } else { &failed }.fetch_add(1, Ordering::SeqCst);
                    }
                })
            })
            .collect();
        until("both are called", || goals.report().instances.iter().all(|instance| instance.calls > 100)).await;
        one.kill().await;
        let at_death = done.load(Ordering::SeqCst);
        until("the other one goes on", || done.load(Ordering::SeqCst) > at_death + 2_000).await;
        ending.store(true, Ordering::SeqCst);
        for caller in callers {
            caller.await.unwrap();
        }
        let report = goals.report();
        assert_eq!(failed.load(Ordering::SeqCst), 0, "{protocol:?}: {report:?}");
        assert!(report.retries > 0, "it was really under load: {report:?}");
    }
}

#[tokio::test]
async fn the_caller_arrives_and_nobody_can_pretend() {
    let node = node("one").await;
    let mesh = mesh();
    let goals = calling(&mesh, &[node.address], Protocol::Http1);
    let mut forged = request(Method::GET);
    forged.headers_mut().insert("banyan-caller", "eyJyb2xlcyI6WyJvd25lciJdfQ".parse().unwrap());
    let answer = goals.send(forged, Call::within(SOON)).await.unwrap();
    let said = text(answer.response.into_body()).await;
    assert_eq!(said, format!("one for {} with {}, true", Uuid::from_u128(2), Uuid::from_u128(1)));

    // Who has no key gets nowhere, whatever it says.
    let stranger = mesh.declare("stranger", upstream(&[node.address])).unwrap();
    for (fields, status, code) in [
        (&[][..], 502, "service-unknown"),
        (&[("banyan-service", "goals")][..], 401, "unauthenticated"),
        (
            &[("banyan-service", "goals"), ("banyan-caller", "eyJ9"), ("signature", "x"), ("signature-input", "x")][..],
            401,
            "unauthenticated",
        ),
    ] {
        let bytes =
            fields.iter().fold("GET /goals HTTP/1.1\r\nhost: a\r\nconnection: close\r\n".to_owned(), |head, (name, value)| {
                format!("{head}{name}: {value}\r\n")
            });
        let answer = raw_exchange(node.address, &format!("{bytes}\r\n")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(code), "{answer}");
    }
    // The mesh takes such fields out, so this one does not even name a service.
    let answer = stranger.send(get("/goals"), Call::within(SOON)).await.unwrap();
    assert_eq!(answer.response.status(), 502);
}

async fn raw_exchange(address: SocketAddr, bytes: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
