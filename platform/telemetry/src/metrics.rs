//! Counting and showing. Rooms add their own metrics to [`Metrics`]; what counts on every request lives in cells that
//! each worker has to itself, and is added up when somebody looks.

mod cells;
mod histogram;
mod http;
mod process;
mod slow;
mod statements;

use std::fmt;
use std::sync::Arc;

use banyan_kernel::Clock;
use parking_lot::RwLock;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

pub use cells::{Count, PerWorker};
pub use histogram::{DurationHistogram, HTTP_BOUNDS, STATEMENT_BOUNDS};
pub use http::{HttpMetrics, InFlight, RouteMeter};
pub use prometheus_client as prometheus;
pub use slow::SlowStatements;
pub use statements::{StatementKind, StatementMetrics};

use crate::BuildInfo;

/// The media type of [`Metrics::render`].
pub const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All metrics of the process. Cheap to clone.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: RwLock<Registry>,
    http: Arc<HttpMetrics>,
    statements: Arc<statements::Statements>,
}

impl Metrics {
    /// HTTP, database and process metrics, and what runs. `slow` is from which duration a statement is logged.
    pub fn new(build: &BuildInfo, clock: &Arc<dyn Clock>, slow: SlowStatements) -> Self {
        let http = Arc::new(HttpMetrics::default());
        let statements = Arc::new(statements::Statements::new(slow));
        let mut registry = Registry::default();
        let info = Info::new(vec![("version", build.version.clone()), ("commit", build.commit.clone())]);
        registry.register("banyan_build", "What runs here", info);
        registry.register_collector(Box::new(http.clone()));
        registry.register_collector(Box::new(statements.clone()));
        registry.register_collector(Box::new(process::Process::started_at(clock.clone())));
        Self(Arc::new(Inner { registry: RwLock::new(registry), http, statements }))
    }

    /// Requests by route, method and status.
    pub fn http(&self) -> &Arc<HttpMetrics> {
        &self.0.http
    }

    /// The statements of one service's database; the same for the same name.
    pub fn statements(&self, service: &'static str) -> Arc<StatementMetrics> {
        self.0.statements.service(service)
    }

    /// Adds a room's own metrics. Labels must come from a small closed set: never an id, a path or a text of a request.
    pub fn add(&self, register: impl FnOnce(&mut Registry)) {
        register(&mut self.0.registry.write());
    }

    /// Adds metrics that are read at the moment when somebody looks.
    pub fn add_collector(&self, collector: impl Collector) {
        self.0.registry.write().register_collector(Box::new(collector));
    }

    /// All of it as OpenMetrics 1.0 text ([`OPENMETRICS`]), which Prometheus reads.
    ///
    /// # Errors
    /// When a room's collector fails to write itself.
    pub fn render(&self) -> Result<String, fmt::Error> {
        let mut text = String::with_capacity(16 * 1024);
        text::encode(&mut text, &self.0.registry.read())?;
        Ok(text)
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::http::{Method, StatusCode};
    use banyan_kernel::{ErrorCode, TestClock, Timestamp};
    use prometheus_client::metrics::counter::Counter;
    use std::time::Duration;

    fn metrics() -> (Metrics, TestClock) {
        let clock = TestClock::at(Timestamp::from_seconds(1_000));
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let build = BuildInfo::new("1.2.3").with_commit("abc");
        (Metrics::new(&build, &shared, SlowStatements::after(Duration::from_millis(100), shared.clone())), clock)
    }

    #[test]
    fn requests_are_counted_by_route_method_and_status() {
        let (metrics, _) = metrics();
        let route = metrics.http().route("/api/v1/goals/{id}");
        route.record(&Method::GET, StatusCode::OK, None, Duration::from_millis(2));
        route.record(&Method::GET, StatusCode::OK, None, Duration::from_millis(600));
        route.record(&Method::GET, StatusCode::FORBIDDEN, Some(ErrorCode::Forbidden), Duration::from_secs(20));
        let text = metrics.render().unwrap();
        for line in [
            r#"http_requests_total{method="GET",route="/api/v1/goals/{id}",status="200"} 2"#,
            r#"http_requests_total{method="GET",route="/api/v1/goals/{id}",status="403"} 1"#,
            r#"http_errors_total{method="GET",route="/api/v1/goals/{id}",error_type="forbidden"} 1"#,
            r#"http_request_duration_seconds_bucket{le="0.0025",method="GET",route="/api/v1/goals/{id}",status="200"} 1"#,
            r#"http_request_duration_seconds_bucket{le="0.7",method="GET",route="/api/v1/goals/{id}",status="200"} 2"#,
            r#"http_request_duration_seconds_bucket{le="10.0",method="GET",route="/api/v1/goals/{id}",status="403"} 0"#,
            r#"http_request_duration_seconds_bucket{le="+Inf",method="GET",route="/api/v1/goals/{id}",status="403"} 1"#,
            r#"http_request_duration_seconds_count{method="GET",route="/api/v1/goals/{id}",status="200"} 2"#,
            r#"http_server_request_duration_seconds_count{http_request_method="GET",http_route="/api/v1/goals/{id}",http_response_status_code="200"} 2"#,
            r#"banyan_build_info{version="1.2.3",commit="abc"} 1"#,
        ] {
            assert!(text.contains(line), "{line} is not in:\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn each_family_stands_once_and_together() {
        let (metrics, _) = metrics();
        for route in ["/a", "/b"] {
            metrics.http().route(route).record(&Method::GET, StatusCode::OK, None, Duration::ZERO);
            metrics.http().route(route).record(&Method::POST, StatusCode::BAD_REQUEST, None, Duration::ZERO);
        }
        let text = metrics.render().unwrap();
        let mut seen = std::collections::HashSet::new();
        for line in text.lines().filter(|line| line.starts_with("# TYPE")) {
            assert!(seen.insert(line.to_owned()), "twice: {line}");
        }
        assert!(text.contains(r#"error_type="unclassified""#), "{text}");
    }

    #[test]
    fn counts_from_many_threads_add_up() {
        let (metrics, _) = metrics();
        let route = metrics.http().route("/x");
        std::thread::scope(|threads| {
            for _ in 0..8 {
                threads.spawn(|| {
                    for _ in 0..1_000 {
                        let _running = metrics.http().start();
                        route.record(&Method::GET, StatusCode::OK, None, Duration::from_micros(5));
                    }
                });
            }
        });
        let text = metrics.render().unwrap();
        assert!(text.contains(r#"http_requests_total{method="GET",route="/x",status="200"} 8000"#), "{text}");
        assert!(text.contains("http_requests_in_flight 0\n"), "{text}");
    }

    #[test]
    fn strange_methods_and_statuses_do_not_grow_the_label_set() {
        let (metrics, _) = metrics();
        let route = metrics.http().route("/x");
        for name in ["BREW", "WHEN", "PROPFIND"] {
            route.record(&Method::from_bytes(name.as_bytes()).unwrap(), StatusCode::OK, None, Duration::ZERO);
        }
        let text = metrics.render().unwrap();
        assert!(text.contains(r#"http_requests_total{method="_OTHER",route="/x",status="200"} 3"#), "{text}");
    }

    #[test]
    fn routes_beyond_the_limit_share_one_name() {
        let (metrics, _) = metrics();
        for number in 0..5_000 {
            metrics.http().route(&format!("/{number}")).record(&Method::GET, StatusCode::OK, None, Duration::ZERO);
        }
        let text = metrics.render().unwrap();
        let routes = text.lines().filter(|line| line.starts_with("http_requests_total{")).count();
        assert!(routes <= http::MOST_ROUTES + 1, "{routes}");
        assert!(text.contains(r#"route="_other""#));
    }

    #[test]
    fn statements_are_counted_by_service_and_kind() {
        let (metrics, _) = metrics();
        let goals = metrics.statements("goals");
        goals.record("SELECT 1", 400, false);
        goals.record("  insert into goals values (?)", 2_000, true);
        assert!(Arc::ptr_eq(&goals, &metrics.statements("goals")));
        let text = metrics.render().unwrap();
        for line in [
            r#"db_statement_duration_seconds_count{service="goals",kind="select"} 1"#,
            r#"db_statement_duration_seconds_bucket{le="0.0005",service="goals",kind="select"} 1"#,
            r#"db_statement_errors_total{service="goals",kind="insert"} 1"#,
            r#"db_client_operation_duration_seconds_count{db_namespace="goals",db_operation_name="insert"} 1"#,
        ] {
            assert!(text.contains(line), "{line} is not in:\n{text}");
        }
    }

    #[test]
    fn a_room_adds_its_own_and_uptime_follows_the_clock() {
        let (metrics, clock) = metrics();
        let streaks: Counter = Counter::default();
        metrics.add(|registry| registry.register("goals_streaks", "Streaks begun", streaks.clone()));
        streaks.inc();
        clock.advance_seconds(90);
        let text = metrics.render().unwrap();
        assert!(text.contains("goals_streaks_total 1"), "{text}");
        assert!(text.contains("process_start_time_seconds 1000.0"), "{text}");
        assert!(text.contains("process_uptime_seconds 90.0"), "{text}");
        if cfg!(target_os = "linux") {
            for name in ["process_resident_memory_bytes ", "process_cpu_seconds_total ", "process_threads "] {
                assert!(text.contains(name), "{name} is not in:\n{text}");
            }
        }
    }
}
