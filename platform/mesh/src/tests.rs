use super::*;
use axum::body::Body;
use axum::http::StatusCode;
use axum::routing::get;
use banyan_kernel::{ErrorCode, TestClock, Timestamp};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;

const SOON: Duration = Duration::from_secs(5);
const NO_PATHS: [&str; 0] = [];

fn mesh() -> (Mesh, TestClock) {
    let clock = TestClock::at(Timestamp::from_seconds(1_000));
    (Mesh::new(Arc::new(clock.clone()), Place::new("id-jk", "jkt-1")), clock)
}

fn answering(status: StatusCode) -> Router {
    Router::new().route("/x", get(move || async move { status }))
}

fn request(path: &str) -> Request {
    Request::builder().uri(path).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_service_is_called_by_its_name() {
    let (mesh, _) = mesh();
    mesh.register("goals", answering(StatusCode::ACCEPTED), NO_PATHS).unwrap();
    let response = mesh.call("goals", request("/x"), SOON).await.unwrap();
    assert_eq!(response.status(), StatusCode::ACCEPTED);
}

#[tokio::test]
async fn unknown_and_unavailable_are_told_apart() {
    let (mesh, _) = mesh();
    let goals = mesh.register("goals", answering(StatusCode::OK), NO_PATHS).unwrap();
    let unknown = mesh.call("gaols", request("/x"), SOON).await.unwrap_err();
    assert_eq!(unknown.code(), ErrorCode::ServiceUnknown);
    goals.stop();
    let stopped = mesh.call("goals", request("/x"), SOON).await.unwrap_err();
    assert!(matches!(&stopped, CallError::ServiceUnavailable { name } if name == "goals"), "{stopped}");
    assert_eq!(stopped.code(), ErrorCode::ServiceUnavailable);
    assert_eq!(mesh.services()[0].health, InstanceHealth::Down);
    goals.resume();
    assert!(mesh.call("goals", request("/x"), SOON).await.is_ok());
}

#[tokio::test]
async fn a_call_ends_at_its_deadline_and_its_work_is_dropped() {
    let (mesh, _) = mesh();
    let slow = Router::new().route("/x", get(std::future::pending::<StatusCode>));
    mesh.register("slow", slow, NO_PATHS).unwrap();
    let error = mesh.call("slow", request("/x"), Duration::from_millis(5)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::DeadlineExceeded);
    let report = &mesh.services()[0].instances[0];
    assert_eq!((report.load, report.calls, report.failures), (0, 1, 1));
    let error = mesh.call("slow", request("/x"), Duration::ZERO).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::DeadlineExceeded);
}

#[tokio::test]
async fn a_call_within_a_call_has_only_the_time_that_is_left() {
    let (mesh, _) = mesh();
    let inner = Router::new()
        .route("/left", get(|| async { Deadline::present().map_or(0, |deadline| deadline.remaining().as_millis()).to_string() }));
    let caller = mesh.clone();
    let outer = Router::new().route(
        "/x",
        get(move || async move { caller.call("inner", request("/left"), Duration::from_secs(3_600)).await.unwrap() }),
    );
    mesh.register("inner", inner, NO_PATHS).unwrap();
    mesh.register("outer", outer, NO_PATHS).unwrap();
    let response = mesh.call("outer", request("/x"), SOON).await.unwrap();
    let body = axum::body::to_bytes(response.into_body(), 100).await.unwrap();
    let left: u128 = std::str::from_utf8(&body).unwrap().parse().unwrap();
    assert!((1..=5_000).contains(&left), "{left}");
    assert!(Deadline::present().is_none());
}

#[tokio::test]
async fn the_idle_instance_gets_the_call_and_a_dropped_call_is_not_in_flight() {
    let (mesh, _) = mesh();
    let (first, second) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let entered = Arc::new(Notify::new());
    for seen in [first.clone(), second.clone()] {
        let entered = entered.clone();
        let hangs = move || async move {
            seen.fetch_add(1, Ordering::SeqCst);
            entered.notify_one();
            std::future::pending::<StatusCode>().await
        };
        mesh.register("goals", Router::new().route("/x", get(hangs)), NO_PATHS).unwrap();
    }
    let call = |mesh: Mesh| tokio::spawn(async move { mesh.call("goals", request("/x"), SOON).await });
    let one = call(mesh.clone());
    entered.notified().await;
    let other = call(mesh.clone());
    entered.notified().await;
    assert_eq!((first.load(Ordering::SeqCst), second.load(Ordering::SeqCst)), (1, 1));
    let load = |mesh: &Mesh| mesh.services()[0].instances.iter().map(|instance| instance.load).sum::<u32>();
    assert_eq!(load(&mesh), 2);
    one.abort();
    other.abort();
    assert!(one.await.unwrap_err().is_cancelled() && other.await.unwrap_err().is_cancelled());
    assert_eq!(load(&mesh), 0);
    assert!(mesh.services()[0].instances.iter().all(|instance| instance.failures == 0));
}

#[tokio::test]
async fn the_report_has_what_the_ledger_asks_for() {
    let (mesh, clock) = mesh();
    let moving = clock.clone();
    let router = Router::new().route(
        "/x",
        get(move || async move {
            moving.advance_seconds(2);
            StatusCode::INTERNAL_SERVER_ERROR
        }),
    );
    mesh.register("goals", router, NO_PATHS).unwrap();
    mesh.call("goals", request("/x"), SOON).await.unwrap();
    let json = serde_json::to_value(mesh.services()).unwrap();
    let instance = &json[0]["instances"][0];
    assert_eq!(json[0]["name"], "goals");
    assert_eq!(instance["address"], "in-process");
    assert_eq!(instance["health"], "up");
    assert_eq!(instance["load"], 0);
    assert_eq!(instance["latencyMs"], 2_000.0);
    assert_eq!((instance["region"].as_str(), instance["dataCentre"].as_str()), (Some("id-jk"), Some("jkt-1")));
    assert_eq!((instance["calls"].as_u64(), instance["failures"].as_u64()), (Some(1), Some(1)));
}

#[test]
fn a_path_finds_its_owner() {
    let (mesh, _) = mesh();
    let router = || Router::new();
    mesh.register("goals", router(), ["/api/v1/goals", "/api/v1/goals/{id}"]).unwrap();
    mesh.register("docs", router(), ["/docs", "/docs/{*rest}"]).unwrap();
    let owner = |path: &str| mesh.route(path).map(|route| (route.service.to_string(), route.pattern.to_string()));
    assert_eq!(owner("/api/v1/goals/7"), Some(("goals".into(), "/api/v1/goals/{id}".into())));
    assert_eq!(owner("/docs/a/b"), Some(("docs".into(), "/docs/{*rest}".into())));
    for path in ["/", "/api/v1/goals/", "/api/v1/goals/7/tasks", "/api/v1/habits", "/apiv1/goals"] {
        assert_eq!(owner(path), None, "{path}");
    }
    assert_eq!(mesh.routes().len(), 4);
}

#[test]
fn a_path_has_one_owner_only() {
    let (mesh, _) = mesh();
    mesh.register("goals", Router::new(), ["/api/v1/goals/{id}"]).unwrap();
    mesh.register("goals", Router::new(), ["/api/v1/goals/{id}"]).expect("a second instance has the same paths");
    let taken = mesh.register("habits", Router::new(), ["/api/v1/goals/{id}"]).unwrap_err();
    assert!(taken.to_string().contains("belongs to the service `goals`"), "{taken}");
    assert!(mesh.register("habits", Router::new(), ["/api/v1/goals/{other}"]).is_err());
    assert!(mesh.register("habits", Router::new(), ["/api/{v1"]).is_err());
    assert!(mesh.service("habits").is_none(), "a refused registration leaves nothing behind");
    assert_eq!(mesh.services()[0].instances.len(), 2);
}
