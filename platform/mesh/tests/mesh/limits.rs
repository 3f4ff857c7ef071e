//! Time, number and repetition of tries.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::{any, get as on_get};
use banyan_kernel::{ErrorCode, TestClock, Timestamp};
use banyan_mesh::{
    Balance, Breaker, BreakerState, Call, CallError, Change, Concurrency, Ejection, Hedge, InstanceHealth, Mesh, Observer, Place,
    Repeatable, Retry, Timeouts, Tries, Upstream,
};
use http::{Method, StatusCode};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::fixture::{SOON, get, mesh, raw, read_head, serve, text, until, upstream};

/// Nobody listens there.
async fn dead() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// Breaks off the first `times` connections after it has read the head, then answers; counts the requests.
async fn breaking(times: usize) -> (SocketAddr, Arc<AtomicUsize>) {
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = requests.clone();
    let address = raw(move |number, mut stream| {
        let counted = counted.clone();
        async move {
            let head = read_head(&mut stream).await;
            counted.fetch_add(1, Ordering::SeqCst);
            if number < times {
                return;
            }
            let mut body = vec![0; if head.to_ascii_lowercase().contains("content-length: 4") { 4 } else { 0 }];
            stream.read_exact(&mut body).await.unwrap();
            let body = String::from_utf8(body).unwrap();
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    })
    .await;
    (address, requests)
}

fn request(method: Method, fields: &[(&str, &str)], body: impl Into<Body>) -> Request {
    let builder = Request::builder().method(method).uri("/");
    fields.iter().fold(builder, |request, (name, value)| request.header(*name, *value)).body(body.into()).unwrap()
}

fn patient(addresses: &[SocketAddr]) -> Upstream {
    Upstream { ejection: Ejection::never(), breaker: Breaker::never(), ..upstream(addresses) }
}

#[tokio::test]
async fn only_what_may_be_repeated_is_repeated() {
    let keyed = [("idempotency-key", "7")];
    for (method, fields, repeatable, tries) in [
        (Method::GET, &[][..], None, 3),
        (Method::PUT, &[][..], None, 3),
        (Method::DELETE, &[][..], None, 3),
        (Method::POST, &[][..], None, 1),
        (Method::PATCH, &[][..], None, 1),
        (Method::POST, &keyed[..], None, 1),
        (Method::POST, &keyed[..], Some(Repeatable::OrKeyed), 3),
        (Method::POST, &[][..], Some(Repeatable::OrKeyed), 1),
    ] {
        let (address, requests) = breaking(100).await;
        let service = mesh().declare("breaks", patient(&[address])).unwrap();
        let mut call = Call::within(SOON);
        call.repeatable = repeatable;
        let error = service.send(request(method.clone(), fields, ""), call).await.unwrap_err();
        assert!(matches!(error, CallError::Broken { .. }) && error.code() == ErrorCode::UpstreamFailed, "{error}");
        assert_eq!(requests.load(Ordering::SeqCst), tries, "{method} {fields:?}");
    }
}

#[tokio::test]
async fn a_small_body_is_sent_again_and_a_large_one_is_not() {
    let (address, requests) = breaking(2).await;
    let service = mesh().declare("breaks", patient(&[address])).unwrap();
    let answer = service.send(request(Method::PUT, &[], "body"), Call::within(SOON)).await.unwrap();
    assert_eq!(answer.tries, 3);
    assert_eq!(text(answer.response.into_body()).await, "body");
    assert_eq!((requests.load(Ordering::SeqCst), service.report().retries), (3, 2));

    let (address, requests) = breaking(2).await;
    let retry = Retry { buffer_bytes: 3, ..Retry::default() };
    let service = mesh().declare("breaks", Upstream { retry, ..patient(&[address]) }).unwrap();
    assert!(service.send(request(Method::PUT, &[], "body"), Call::within(SOON)).await.is_err());
    assert_eq!(requests.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_was_never_sent_is_sent_elsewhere_whatever_it_is() {
    let served = serve(Router::new().route("/", any(|body: String| async move { body }))).await;
    let dead = dead().await;
    let rules = Upstream { balance: Balance::RoundRobin, ..patient(&[dead, served.address]) };
    let service = mesh().declare("half", rules).unwrap();
    for _ in 0..10 {
        let answer = service.send(request(Method::POST, &[], "once"), Call::within(SOON)).await.unwrap();
        assert_eq!(text(answer.response.into_body()).await, "once");
    }
}

#[tokio::test]
async fn nobody_there_is_said_so() {
    let service = mesh().declare("dead", patient(&[dead().await])).unwrap();
    let error = service.send(get("/"), Call::within(SOON)).await.unwrap_err();
    assert!(matches!(error, CallError::Unreachable { .. }) && error.had_no_effect(), "{error}");
    assert_eq!(error.code(), ErrorCode::ServiceUnavailable);
    let none = mesh().declare("none", upstream(&[])).unwrap();
    assert!(matches!(none.send(get("/"), Call::within(SOON)).await.unwrap_err(), CallError::ServiceUnavailable { .. }));
}

#[tokio::test]
async fn a_try_and_the_call_have_limits_of_their_own() {
    let silent = raw(|_, mut stream| async move {
        read_head(&mut stream).await;
        std::future::pending::<()>().await;
    })
    .await;
    let quick = serve(Router::new().route("/", on_get(|| async { "quick" }))).await;
    let timeouts = Timeouts { per_try: Duration::from_millis(50), ..Timeouts::default() };
    let rules = Upstream { timeouts, balance: Balance::RoundRobin, ..patient(&[silent, quick.address]) };
    let service = mesh().declare("mixed", rules).unwrap();
    for _ in 0..4 {
        let answer = service.send(get("/"), Call::within(SOON)).await.unwrap();
        assert_eq!(text(answer.response.into_body()).await, "quick");
    }
    let service = mesh().declare("silent", patient(&[silent])).unwrap();
    let error = service.send(get("/"), Call::within(Duration::from_millis(50))).await.unwrap_err();
    assert!(matches!(error, CallError::DeadlineExceeded { .. }) && error.code() == ErrorCode::DeadlineExceeded, "{error}");
    assert_eq!(service.report().instances[0].calls, 1, "there was no time for another");
    let timeouts = Timeouts { total: Duration::from_millis(50), ..Timeouts::default() };
    let service = mesh().declare("silent", Upstream { timeouts, ..patient(&[silent]) }).unwrap();
    assert!(matches!(service.send(get("/"), Call::within(SOON)).await.unwrap_err(), CallError::DeadlineExceeded { .. }));
}

#[tokio::test]
async fn an_answer_that_says_try_elsewhere_is_tried_elsewhere() {
    let busy = serve(Router::new().route("/", any(|| async { StatusCode::SERVICE_UNAVAILABLE }))).await;
    let well = serve(Router::new().route("/", any(|| async { "well" }))).await;
    let rules = Upstream { balance: Balance::RoundRobin, ..patient(&[busy.address, well.address]) };
    let service = mesh().declare("mixed", rules).unwrap();
    for _ in 0..6 {
        assert_eq!(service.send(get("/"), Call::within(SOON)).await.unwrap().response.status(), StatusCode::OK);
    }
    let statuses = [(); 4].map(|()| service.send(get("/"), Call::within(SOON).tried(Tries::Once)));
    let statuses = futures_util::future::join_all(statuses).await;
    let busy = statuses.iter().filter(|answer| answer.as_ref().unwrap().response.status() == StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(busy.count(), 2, "tried once, the answer is what it is");
}

#[tokio::test]
async fn the_budget_ends_repetition() {
    let (address, requests) = breaking(1_000).await;
    let retry = Retry { budget: 0.2, budget_per_second: 0, ..Retry::default() };
    let service = mesh().declare("breaks", Upstream { retry, ..patient(&[address]) }).unwrap();
    for _ in 0..50 {
        service.send(get("/"), Call::within(SOON)).await.unwrap_err();
    }
    assert_eq!(requests.load(Ordering::SeqCst), 60, "50 and a fifth of them");
    assert_eq!(service.report().retries, 10);
}

#[tokio::test]
async fn a_slow_first_try_is_joined_by_a_second_and_the_first_is_cancelled() {
    let gone = Arc::new(Notify::new());
    let told = gone.clone();
    let silent = raw(move |_, mut stream| {
        let told = told.clone();
        async move {
            read_head(&mut stream).await;
            let _ = stream.read_u8().await;
            told.notify_one();
        }
    })
    .await;
    let quick = serve(Router::new().route("/", any(|| async { "quick" }))).await;
    let rules = Upstream {
        balance: Balance::Sticky,
        hedge: Some(Hedge { after: Duration::from_millis(20) }),
        ..patient(&[silent, quick.address])
    };
    let service = mesh().declare("hedged", rules).unwrap();
    let silent_key = banyan_mesh::key_of(silent.to_string().as_bytes());
    let answer = service.send(get("/"), Call::within(SOON).keyed(silent_key)).await.unwrap();
    assert_eq!((answer.tries, answer.instance.as_str()), (2, quick.address.to_string().as_str()));
    assert_eq!(text(answer.response.into_body()).await, "quick");
    tokio::time::timeout(SOON, gone.notified()).await.expect("the first try is cancelled");
    assert_eq!(service.report().hedges, 1);
    service.send(request(Method::POST, &[], "x"), Call::within(SOON).keyed(silent_key)).await.unwrap_err();
    assert_eq!(service.report().hedges, 1, "what may not be repeated is not doubled either");
}

#[tokio::test]
async fn too_many_calls_are_shed_at_once_and_typed() {
    let release = Arc::new(Notify::new());
    let (entered, waits) = (Arc::new(AtomicUsize::new(0)), release.clone());
    let enters = entered.clone();
    let handler = move || async move {
        enters.fetch_add(1, Ordering::SeqCst);
        waits.notified().await;
        "done"
    };
    let served = serve(Router::new().route("/", on_get(handler))).await;
    for (concurrency, limit) in [(Concurrency { upstream: 2, instance: 100 }, 2), (Concurrency { upstream: 100, instance: 2 }, 2)]
    {
        entered.store(0, Ordering::SeqCst);
        let service = mesh().declare("full", Upstream { concurrency, ..patient(&[served.address]) }).unwrap();
        let call = || {
            let service = service.clone();
            tokio::spawn(async move { service.send(get("/"), Call::within(SOON)).await.map(|answer| answer.into_response()) })
        };
        let calls = [call(), call()];
        until("both are in", || entered.load(Ordering::SeqCst) == 2).await;
        let error = service.send(get("/"), Call::within(SOON)).await.unwrap_err();
        assert!(matches!(error, CallError::Overloaded { limit: found, .. } if found == limit), "{error}");
        assert_eq!((error.code(), service.report().shed), (ErrorCode::Overloaded, 1));
        release.notify_waiters();
        for call in calls {
            assert_eq!(text(call.await.unwrap().unwrap().into_body()).await, "done");
        }
        until("there is room again", || service.report().load == 0).await;
    }
}

#[derive(Default)]
struct Seen(Mutex<Vec<Change>>);

impl Observer for Seen {
    fn changed(&self, _: &str, change: &Change) {
        self.0.lock().push(change.clone());
    }
}

#[tokio::test]
async fn the_breaker_opens_and_the_report_and_the_observer_know() {
    let served = serve(Router::new().route("/", any(|| async { StatusCode::BAD_GATEWAY }))).await;
    let breaker = Breaker { least_calls: 5, ..Breaker::default() };
    let rules = Upstream { breaker, ejection: Ejection::never(), retry: Retry::never(), ..upstream(&[served.address]) };
    let mesh = mesh();
    let seen = Arc::new(Seen::default());
    mesh.observe(seen.clone());
    let service = mesh.declare("bad", rules).unwrap();
    // Only statuses that are listed say something about the instance.
    for _ in 0..5 {
        assert_eq!(service.send(get("/missing"), Call::within(SOON)).await.unwrap().response.status(), StatusCode::NOT_FOUND);
    }
    assert_eq!(service.report().breaker, BreakerState::Closed);
    let retry = Retry { statuses: vec![StatusCode::BAD_GATEWAY], tries: 1, ..Retry::default() };
    let breaker = Breaker { least_calls: 5, failure_rate: 0.4, ..Breaker::default() };
    let rules = Upstream { breaker, ejection: Ejection::never(), retry, ..upstream(&[served.address]) };
    mesh.declare("bad", rules).unwrap();
    let mut outcome = None;
    for _ in 0..20 {
        if let Err(error) = service.send(get("/"), Call::within(SOON)).await {
            outcome = Some(error);
            break;
        }
    }
    let error = outcome.expect("it opens");
    assert!(matches!(error, CallError::CircuitOpen { .. }) && error.had_no_effect(), "{error}");
    assert_eq!(mesh.services()[0].breaker, BreakerState::Open);
    assert!(seen.0.lock().contains(&Change::Breaker(BreakerState::Open)));
}

#[tokio::test]
async fn a_dead_instance_is_ejected_and_shown() {
    let served = serve(Router::new().route("/", any(|| async { "well" }))).await;
    let dead = dead().await;
    let rules = Upstream { balance: Balance::RoundRobin, breaker: Breaker::never(), ..upstream(&[dead, served.address]) };
    let clock = TestClock::at(Timestamp::from_seconds(1_700_000_000));
    let mesh = Mesh::new(Arc::new(clock.clone()), Place::default());
    let service = mesh.declare("half", rules).unwrap();
    let ask = async || {
        assert_eq!(service.send(get("/"), Call::within(SOON)).await.unwrap().response.status(), StatusCode::OK);
        let report = mesh.services().remove(0);
        assert_eq!(report.health, InstanceHealth::Up);
        report.instances.into_iter().find(|instance| instance.address == dead.to_string()).unwrap()
    };
    for _ in 0..10 {
        ask().await;
    }
    let gone = ask().await;
    assert_eq!((gone.health, gone.calls, gone.ejections), (InstanceHealth::Down, 1, 0), "nobody asks again at once: {gone:?}");
    for _ in 0..15 {
        clock.advance_seconds(1);
        ask().await;
    }
    let gone = ask().await;
    assert_eq!((gone.health, gone.calls, gone.ejections), (InstanceHealth::Down, 3, 1), "{gone:?}");
    assert!(gone.ejected_for_ms.unwrap() > 15_000, "{gone:?}");
}
